// Rules on the JSON Schemas of tools: nothing of them is lost, nothing is fetched for them, and none stops the client.

import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject } from "../../../http/json.ts";
import { headerOf } from "../../../recorder/exchange.ts";
import { ECHO_TOOL, SCHEMA_TOOL } from "../../../scenarios/reporting_tools.ts";
import { conversationIn } from "../../conversation.ts";
import { endOf } from "../../moments.ts";
import { addressOf, textOf } from "../../reading.ts";
import { isHeavy, isHeavyText, leadsOut, networkRefs, weightOf } from "../../schemas.ts";
import type { McpStep } from "../../step.ts";
import { type ToolCall, type ToolPage, toolTalkIn } from "../../tools.ts";
import type { View } from "../../view.ts";
import { broken, brokenBy, kept, notObserved, type Outcome, positionsOf, type Rule } from "../rule.ts";
import { SINCE_2025_11, SINCE_2026_07 } from "../rule.ts";
import { shown } from "./each.ts";

const SCHEMAS = "https://modelcontextprotocol.io/specification/2026-07-28/basic";

/** Where what a client has handed back differs from what it was given: what it adds by itself is no loss. */
function lossIn(given: unknown, back: unknown, at = ""): string | undefined {
  if (isObject(given)) {
    if (!isObject(back)) return at || "all of it";
    for (const [name, value] of Object.entries(given)) {
      const path = at === "" ? name : `${at}.${name}`;
      const loss = Object.hasOwn(back, name) ? lossIn(value, back[name], path) : path;
      if (loss !== undefined) return loss;
    }
    return undefined;
  }
  if (Array.isArray(given)) {
    if (!Array.isArray(back) || back.length < given.length) return at;
    return given.map((item, index) => lossIn(item, back[index], `${at}[${index}]`)).find((loss) => loss !== undefined);
  }
  return isDeepStrictEqual(given, back) ? undefined : at;
}

/** The schemas with which a server had listed a tool before a call. */
function schemasOf(pages: readonly ToolPage[], name: string, { server, request }: ToolCall): readonly JsonObject[] {
  return pages.filter((page) => page.server === server && page.request.step.at < request.step.at)
    .flatMap(({ tools }) => tools.filter((tool) => tool.name === name))
    .map(({ inputSchema }) => inputSchema).filter(isObject);
}

function checkKeywords({ calls }: View): Outcome {
  const { pages, calls: made } = toolTalkIn(calls);
  const right: ToolCall[] = [];
  for (const call of made) {
    if (call.name !== ECHO_TOOL || !isObject(call.args.schema)) continue;
    const given = schemasOf(pages, textOf(call.args, "tool") ?? SCHEMA_TOOL, call);
    const losses = given.map((schema) => lossIn(schema, call.args.schema));
    if (losses.includes(undefined)) right.push(call);
    else if (losses.length > 0) {
      const { step, message } = call.request;
      return brokenBy(message, `Its schema of ${SCHEMA_TOOL} lacks or changes ${losses.at(-1)}`, [step.at]);
    }
  }
  return right.length === 0 ? notObserved(`It handed no schema back (${ECHO_TOOL})`) : kept(
    "It has every keyword of the schema that it was given",
    positionsOf(right.map(({ request }) => request.step)),
  );
}

/** Names that nobody can own (RFC 2606): a dialect of that name is none. */
const nobodys = /^https?:\/\/(?:[\w.-]+\.)?(?:example\.(?:com|net|org)|[\w-]+\.(?:example|invalid|test))(?:[:/]|$)/i;

/** The dialect of a tool that no client can know. */
function oddDialect({ inputSchema }: JsonObject): string | undefined {
  const dialect = isObject(inputSchema) ? textOf(inputSchema, "$schema") : undefined;
  return dialect !== undefined && nobodys.test(dialect) ? dialect : undefined;
}

function checkDialects({ calls }: View): Outcome {
  const { pages, calls: made } = toolTalkIn(calls);
  const odd = pages.filter(({ tools }) => tools.some((tool) => oddDialect(tool) !== undefined));
  const first = odd[0];
  if (!first) return notObserved("No tool was listed with a dialect of JSON Schema that there is not");
  for (const { listings, request, name } of made) {
    const dialect = listings.length > 0 && listings.every((tool) => oddDialect(tool) !== undefined)
      ? oddDialect(listings.at(-1) ?? {})
      : undefined;
    if (dialect === undefined) continue;
    return {
      ...brokenBy(
        request.message,
        `It called ${shown(name)}, whose schema is of the dialect ${shown(dialect)}, which nobody has`,
        [request.step.at],
      ),
      level: "SHOULD",
    };
  }
  const others = made.filter(({ listings, request }) => listings.length > 0 && request.step.at > first.request.step.at);
  return others.length === 0
    ? notObserved("It called no tool after one was listed with a dialect that there is not")
    : kept(
      "It called other tools than the one with a dialect that there is not",
      positionsOf([first.request.step, ...others.map(({ request }) => request.step)]),
    );
}

/** The pages that name a reference to a network, with the addresses they name. */
function pagesWithRefs({ calls }: View): readonly (readonly [page: ToolPage, addresses: ReadonlySet<string>])[] {
  return toolTalkIn(calls).pages.flatMap((page) => {
    const refs = page.tools.flatMap(({ inputSchema, outputSchema }) =>
      [inputSchema, outputSchema].flatMap(networkRefs)
    );
    return refs.length === 0 ? [] : [[page, new Set(refs.map(addressOf))] as const];
  });
}

function checkRefs(view: View): Outcome {
  const naming = pagesWithRefs(view);
  for (const { address, at, method, exchange } of view.canaries) {
    // A person may look at what is there.
    if (headerOf(exchange.request, "sec-fetch-mode") === "navigate") continue;
    const [page] = naming.find(([{ request }, addresses]) => request.step.at < at && addresses.has(address)) ?? [];
    if (!page) continue;
    return broken(`It sent ${method} to a URL that is only a $ref in the schema of a tool`, [page.request.step.at, at]);
  }
  const later = naming.flatMap(([{ request }]) =>
    view.calls.some(({ at }) => at > request.step.at) ? [request.step] : []
  );
  return later.length === 0
    ? notObserved("It did nothing after a tool was listed whose schema has a $ref to a URL")
    : kept("It fetched no URL that is a $ref in a schema", positionsOf(later));
}

/** Whether a call brings an argument whose schema nobody has, by every schema that its tool was listed with. */
function fillsUnknown({ args, listings }: ToolCall): boolean {
  return listings.length > 0 && listings.every(({ inputSchema }) => {
    if (!isObject(inputSchema)) return false;
    const { properties, ...rest } = inputSchema;
    const isWholeUnknown = ["$ref", "allOf", "anyOf", "oneOf"].some((name) =>
      name in rest && leadsOut({ [name]: rest[name] }, inputSchema)
    );
    return isWholeUnknown ||
      Object.keys(args).some((name) => isObject(properties) && leadsOut(properties[name], inputSchema));
  });
}

function checkUnresolved(view: View): Outcome {
  const { pages, calls } = toolTalkIn(view.calls);
  const isUnread = ({ inputSchema }: JsonObject): boolean => leadsOut(inputSchema, inputSchema);
  const first = pages.find(({ tools }) => tools.some(isUnread));
  if (!first) return notObserved("No tool was listed whose schema refers to another one that is not there");
  const wrong = calls.find(fillsUnknown);
  if (wrong) {
    const { request: { step, message }, name } = wrong;
    const detail = `It called ${
      shown(name)
    } with an argument whose schema it cannot have: its $ref is not in the schema`;
    return brokenBy(message, detail, [step.at]);
  }
  const others = calls.filter(({ request, listings }) =>
    listings.length > 0 && request.step.at > first.request.step.at
  );
  return others.length === 0
    ? notObserved("It called no tool after one was listed whose schema it cannot have all of")
    : kept("It sent no argument whose schema it cannot have", positionsOf(others.map(({ request }) => request.step)));
}

/** Whether answers list a tool with a heavy schema, so that each is weighed once; gone with the exchange. */
const weighed = new WeakMap<object, boolean>();

function weighOnce(answer: object, weigh: () => boolean): boolean {
  const found = weighed.get(answer) ?? weigh();
  weighed.set(answer, found);
  return found;
}

/** Lists of tools with a heavy schema, as far as the record has them, and when they were there. */
function heavyLists({ calls }: View): readonly { readonly step: McpStep; readonly atMs: number }[] {
  const pages = new Map(toolTalkIn(calls).pages.map((page) => [page.request.step, page.tools]));
  return conversationIn(calls).requests.flatMap(({ method, step, answer }) => {
    const { response } = step.exchange;
    if (method !== "tools/list" || step.status >= 300) return [];
    const tools = pages.get(step);
    const isHeavyList = tools && answer
      ? weighOnce(answer.message, () => tools.some(({ inputSchema }) => isHeavy(weightOf(inputSchema))))
      : response.truncated && weighOnce(response, () => isHeavyText(response.body ?? ""));
    return isHeavyList ? [{ step, atMs: answer?.atMs ?? endOf(step.exchange) }] : [];
  });
}

function checkHeavy(view: View): Outcome {
  const limitMs = view.limits.of("schema_ms");
  const survived: McpStep[] = [];
  for (const { step, atMs } of heavyLists(view)) {
    const next = view.calls.find(({ at, exchange }) => at > step.at && exchange.receivedAtMs >= atMs);
    if (!next) continue;
    const tookMs = Math.round(next.exchange.receivedAtMs - atMs);
    if (tookMs > limitMs) {
      return broken(
        `It took ${tookMs} ms until it said anything after a list with a heavy schema, and may take ${limitMs} ms`,
        [step.at, next.at],
        view.limits.levelBy("schema_ms"),
      );
    }
    survived.push(step);
  }
  return survived.length === 0
    ? notObserved("It did nothing after a list with a heavy schema")
    : kept("It went on after a list with a heavy schema", positionsOf(survived));
}

/** Rules on the schemas of tools. */
export const schemaRules: readonly Rule[] = [
  {
    id: "M125",
    name: "schema-keywords-kept",
    title: "A client takes a schema for JSON Schema 2020-12 unless it says otherwise, and loses no keyword of it.",
    level: "MUST",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: `${SCHEMAS}#implementation-requirements`,
    official: [
      "json-schema-2020-12-client-$schema-preserved",
      "json-schema-2020-12-client-$defs-preserved",
      "json-schema-2020-12-client-additionalProperties-preserved",
      "sep-2106-client-composition-keywords-preserved",
      "sep-2106-client-conditional-keywords-preserved",
      "sep-2106-client-anchor-keyword-preserved",
    ],
    check: checkKeywords,
  },
  {
    id: "M126",
    name: "unknown-dialect",
    title: "A client calls no tool whose schema is of a dialect that it cannot know, and goes on with the others.",
    level: "MUST",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: `${SCHEMAS}#implementation-requirements`,
    official: [],
    check: checkDialects,
  },
  {
    id: "M127",
    name: "no-ref-fetched",
    title: "A client fetches no URL that is a $ref in a schema.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    link: `${SCHEMAS}#ref-resolution`,
    official: ["sep-2106-no-network-ref-deref"],
    check: checkRefs,
  },
  {
    id: "M128",
    name: "unresolved-ref",
    title: "A client does not take a schema for good whose $ref leads to one that it does not have.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    link: `${SCHEMAS}#ref-resolution`,
    official: [],
    check: checkUnresolved,
  },
  {
    id: "M129",
    name: "heavy-schemas",
    title: "A client bounds its work on schemas that are deep, large, or hard to match, and goes on.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    goesByTime: true,
    link: `${SCHEMAS}#composition-keyword-resource-use`,
    official: [],
    check: checkHeavy,
  },
];
