// Rules on calling tools: by the names they were listed with, with arguments that fit, at the server that has them.

import { fitOf } from "../../schema_fit.ts";
import { serverAt, type ToolCall, type ToolPage, toolTalkIn } from "../../tools.ts";
import { conversationIn } from "../../conversation.ts";
import type { View } from "../../view.ts";
import { ALWAYS, brokenBy, kept, notObserved, type Outcome, positionsOf } from "../rule.ts";
import { type Rule, SINCE_2025_11, SINCE_2026_07 } from "../rule.ts";
import { shown } from "./each.ts";

const TOOLS = "https://modelcontextprotocol.io/specification/2026-07-28/server/tools";

/** Whether a name is on record as it was sent. */
function isReadable({ name }: ToolCall): boolean {
  return !name.includes("…");
}

/** Servers whose lists are known from the first page to the last, by where in the record they were. */
function wholeLists(view: View): ReadonlyMap<string, number> {
  const { pages } = toolTalkIn(view.calls);
  const lists = conversationIn(view.calls).requests.filter(({ method }) => method === "tools/list");
  const whole = new Map<string, number>();
  for (const [server, own] of Map.groupBy(pages, (page) => page.server)) {
    const asked = lists.filter(({ step }) => serverAt(step) === server);
    // A list without any tool may be that of a server that does not tell.
    const isTelling = own.some(({ tools }) => tools.length > 0);
    if (!isTelling || asked.length !== own.length || !isReadToTheEnd(own)) continue;
    whole.set(server, Math.max(...own.map(({ request }) => request.step.at)));
  }
  return whole;
}

function isReadToTheEnd(pages: readonly ToolPage[]): boolean {
  const followed = new Set(pages.map(({ cursor }) => cursor));
  return pages.every(({ next }) => next === undefined || followed.has(next));
}

function checkNames(view: View): Outcome {
  const calls = toolTalkIn(view.calls).calls.filter(isReadable);
  const right = calls.filter(({ listings }) => listings.length > 0);
  if (view.isWhole && view.isGapless) {
    const whole = wholeLists(view);
    for (const { request, server, name, listings, elsewhere } of calls) {
      // What another server has listed is for another rule.
      if (listings.length > 0 || elsewhere.length > 0) continue;
      const alike = namesBefore(view, request.step.at, server).find((one) => fold(one) === fold(name));
      if (alike !== undefined) {
        return brokenBy(
          request.message,
          `It called ${shown(name)}, where the tool was listed as ${shown(alike)}`,
          [request.step.at],
        );
      }
      if ((whole.get(server) ?? Infinity) < request.step.at) {
        return brokenBy(
          request.message,
          `It called ${shown(name)}, which the server had not listed`,
          [request.step.at],
        );
      }
    }
  }
  return right.length === 0
    ? notObserved("It called no tool that is known to have been listed")
    : kept("It called tools by the names they were listed with", positionsOf(right.map(({ request }) => request.step)));
}

/** Letters as those see them who take no notice of case. */
function fold(name: string): string {
  return name.normalize("NFKC").toLowerCase().trim();
}

function namesBefore({ calls }: View, at: number, server: string): readonly string[] {
  const pages = toolTalkIn(calls).pages.filter((page) => page.server === server && page.request.step.at < at);
  return pages.flatMap(({ tools }) => tools.flatMap(({ name }) => typeof name === "string" ? name : []));
}

/** What is wrong with the arguments by every schema that a tool was listed with; null where they fit one. */
function misfit(
  { args }: ToolCall,
  listings: readonly { readonly inputSchema?: unknown }[],
): string | null | undefined {
  const fits = listings.map(({ inputSchema }) => fitOf(args, inputSchema));
  if (fits.includes(null)) return null;
  return fits.includes(undefined) ? undefined : fits.at(-1);
}

/** How a call shows that it is meant for another server that has a tool of this name; undefined if nothing shows it. */
function meantElsewhere(call: ToolCall): string | undefined {
  const { name, listings, elsewhere } = call;
  if (elsewhere.length === 0) return undefined;
  if (listings.length === 0) return `It called ${shown(name)} at a server that has not listed it, where another has`;
  const problem = misfit(call, listings);
  if (typeof problem !== "string" || misfit(call, elsewhere) !== null) return undefined;
  return `It called ${shown(name)} with arguments for another server's tool of that name: ${problem}`;
}

function checkArguments({ calls }: View): Outcome {
  const right: ToolCall[] = [];
  for (const call of toolTalkIn(calls).calls) {
    const problem = misfit(call, call.listings);
    const { request } = call;
    if (problem === null) right.push(call);
    if (typeof problem !== "string" || meantElsewhere(call) !== undefined) continue;
    return brokenBy(request.message, `It called ${shown(call.name)} with arguments that do not fit: ${problem}`, [
      request.step.at,
    ]);
  }
  return right.length === 0
    ? notObserved("It called no tool whose schema and arguments are known")
    : kept("Its arguments fit the tools' schemas", positionsOf(right.map(({ request }) => request.step)));
}

function checkServers(view: View): Outcome {
  const calls = toolTalkIn(view.calls).calls.filter(isReadable);
  const whole = view.isWhole && view.isGapless ? wholeLists(view) : new Map<string, number>();
  for (const call of calls) {
    const { request: { step, message }, server, listings } = call;
    const problem = meantElsewhere(call);
    // A list that is not known to its end may have the tool.
    if (problem === undefined || (listings.length === 0 && (whole.get(server) ?? Infinity) > step.at)) continue;
    return brokenBy(message, problem, [step.at]);
  }
  const right = calls.filter(({ listings, elsewhere }) => listings.length > 0 && elsewhere.length > 0);
  return right.length === 0
    ? notObserved("It called no tool whose name two servers have")
    : kept("It called each tool at a server that has it", positionsOf(right.map(({ request }) => request.step)));
}

/** Rules on calling tools. */
export const toolCallRules: readonly Rule[] = [
  {
    id: "M118",
    name: "names-as-listed",
    title: "A client calls tools by the names they were listed with, letter case included.",
    level: "SHOULD",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: `${TOOLS}#tool-names`,
    official: [],
    check: checkNames,
  },
  {
    id: "M119",
    name: "arguments-fit",
    title: "The arguments of a call fit the schema that the tool was listed with.",
    level: "SHOULD",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${TOOLS}#tool`,
    official: [],
    check: checkArguments,
  },
  {
    id: "M120",
    name: "tool-of-its-server",
    title: "A client calls a tool at the server that has it, also where two have tools of one name.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    link: `${TOOLS}#tool-names`,
    official: [],
    check: checkServers,
  },
];
