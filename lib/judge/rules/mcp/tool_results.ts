// Rules on what a client makes of results of tools and of errors. Most of it happens within the client: a tool of the
// scenarios lets it report what it took an answer for.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { REPORT_TOOL } from "../../../scenarios/reporting_tools.ts";
import { conversationIn, type Request } from "../../conversation.ts";
import { textOf } from "../../reading.ts";
import { fitOf } from "../../schema_fit.ts";
import type { McpStep } from "../../step.ts";
import { type ToolCall, toolTalkIn } from "../../tools.ts";
import type { View } from "../../view.ts";
import { broken, brokenBy, kept, notObserved, type Outcome, positionsOf, type Rule } from "../rule.ts";
import { SINCE_2025_06, SINCE_2025_11, SINCE_2026_07 } from "../rule.ts";
import { shown } from "./each.ts";
import { reactionTo } from "./reactions.ts";

const TOOLS = "https://modelcontextprotocol.io/specification/2026-07-28/server/tools";

/** What a client has reported of a call. */
interface Reported {
  readonly call: ToolCall;
  readonly report: ToolCall;
  readonly outcome: "result" | "error";
}

/** Calls of which the client has reported what it took their answer for, before it called the same tool again. */
function reportedIn({ calls }: View): readonly Reported[] {
  const all = toolTalkIn(calls).calls;
  return all.flatMap((call, index): readonly Reported[] => {
    if (call.name === REPORT_TOOL) return [];
    for (const later of all.slice(index + 1)) {
      if (later.server !== call.server) continue;
      if (later.name === call.name) return [];
      if (later.name !== REPORT_TOOL || later.args.tool !== call.name) continue;
      const { outcome } = later.args;
      return outcome === "result" || outcome === "error" ? [{ call, report: later, outcome }] : [];
    }
    return [];
  });
}

/** What a rule says of calls whose answer a client had to take for one of the two. */
interface Taking {
  readonly calls: readonly Reported[];
  readonly right: Reported["outcome"];
  readonly wrong: (call: ToolCall) => string;
  readonly kept: string;
  readonly none: string;
}

function holdReports({ calls, right, wrong, kept: keptDetail, none }: Taking): Outcome {
  const bad = calls.find(({ outcome }) => outcome !== right);
  if (bad) {
    const { call, report } = bad;
    return brokenBy(report.request.message, wrong(call), [call.request.step.at, report.request.step.at]);
  }
  return calls.length === 0
    ? notObserved(none)
    : kept(keptDetail, positionsOf(calls.flatMap(({ call, report }) => [call.request.step, report.request.step])));
}

/** Why the structured content of a result fits no outputSchema that its tool was listed with. */
function outputProblem({ listings, result }: ToolCall): string | undefined {
  if (!result || result.isError === true || !("structuredContent" in result)) return undefined;
  const schemas = listings.flatMap(({ outputSchema }) => isObject(outputSchema) ? outputSchema : []);
  if (schemas.length === 0 || schemas.length < listings.length) return undefined;
  const fits = schemas.map((schema) => fitOf(result.structuredContent, schema));
  return fits.includes(null) || fits.includes(undefined) ? undefined : fits.at(-1) ?? undefined;
}

function checkOutput(view: View): Outcome {
  return holdReports({
    calls: reportedIn(view).filter(({ call }) => outputProblem(call) !== undefined),
    right: "error",
    wrong: (call) =>
      `It took the result of ${shown(call.name)} for good, though its structured content does not fit: ${
        outputProblem(call)
      }`,
    kept: "It refused structured content that does not fit the tool's outputSchema",
    none: `It reported of no result that does not fit the tool's outputSchema (${REPORT_TOOL})`,
  });
}

function hasAnyValue({ result, listings }: ToolCall): boolean {
  if (!result || !("structuredContent" in result) || isObject(result.structuredContent)) return false;
  return listings.every(({ outputSchema }) =>
    outputSchema === undefined || fitOf(result.structuredContent, outputSchema) === null
  );
}

function checkAnyValue(view: View): Outcome {
  return holdReports({
    calls: reportedIn(view).filter(({ call }) => hasAnyValue(call)),
    right: "result",
    wrong: (call) => `It took the result of ${shown(call.name)} for an error, as its structured content is no object`,
    kept: "It took structured content that is no object",
    none: `It reported of no result whose structured content is something else than an object (${REPORT_TOOL})`,
  });
}

const plain: ReadonlySet<unknown> = new Set(["text", "image"]);
/** What else the schema has. */
const others: ReadonlySet<unknown> = new Set(["audio", "resource", "resource_link"]);

/** Content that not every client knows what to do with. */
function oddContentIn({ result }: ToolCall): readonly JsonObject[] {
  const content = Array.isArray(result?.content) ? result.content.filter(isObject) : [];
  return content.filter(({ type }) => !plain.has(type));
}

/** Whether a result has content of a type that no revision has: nothing says what a client does with that. */
function isOfNoRevision(call: ToolCall): boolean {
  return oddContentIn(call).some(({ type }) => !others.has(type));
}

function linksIn(call: ToolCall): readonly string[] {
  return oddContentIn(call).flatMap((part) => part.type === "resource_link" ? textOf(part, "uri") ?? [] : []);
}

/** A URI as those see it who write it anew. */
function rewritten(uri: string): string {
  try {
    return decodeURIComponent(uri).toLowerCase().replace(/\/+$/, "");
  } catch {
    return uri.toLowerCase();
  }
}

function checkContent(view: View): Outcome {
  const { requests } = conversationIn(view.calls);
  const odd = toolTalkIn(view.calls).calls.filter((call) => oddContentIn(call).length > 0);
  const refused = reportedIn(view).find(({ call, outcome }) =>
    outcome === "error" && oddContentIn(call).length > 0 && !isOfNoRevision(call) &&
    outputProblem(call) === undefined && call.result?.isError !== true
  );
  if (refused) {
    const types = [...new Set(oddContentIn(refused.call).map(({ type }) => shown(type)))].join(", ");
    return brokenBy(
      refused.report.request.message,
      `It took the result of ${shown(refused.call.name)} for an error, which has content of the type ${types}`,
      [refused.call.request.step.at, refused.report.request.step.at],
    );
  }
  const linked = new Set(odd.flatMap(linksIn));
  for (const { method, params, step, message } of requests) {
    const uri = method === "resources/read" ? textOf(params, "uri") : undefined;
    if (uri === undefined || linked.has(uri) || uri.includes("…")) continue;
    const meant = [...linked].find((one) => rewritten(one) === rewritten(uri));
    if (meant === undefined || isNamedBefore(requests, uri, step)) continue;
    return brokenBy(message, `It read ${shown(uri)}, where a tool had linked to ${shown(meant)}`, [step.at]);
  }
  const survived = odd.filter(({ request }) => requests.some(({ step }) => step.at > request.step.at));
  return survived.length === 0
    ? notObserved("It did nothing after a result with other content than text and images")
    : kept("It went on after content of any type", positionsOf(survived.map(({ request }) => request.step)));
}

/** Whether anything that the server had said names a URI: then nobody has written it anew. */
function isNamedBefore(requests: readonly Request[], uri: string, { at }: McpStep): boolean {
  const earlier = requests.filter(({ step, answer }) => step.at < at && answer !== undefined);
  return earlier.some(({ answer }) => JSON.stringify(answer?.message).includes(JSON.stringify(uri)));
}

function checkToolErrors(view: View): Outcome {
  return holdReports({
    calls: reportedIn(view).filter(({ call }) => call.result?.isError === true),
    right: "error",
    wrong: (call) => `It took the result of ${shown(call.name)} for good, though the tool says that it has failed`,
    kept: "It took for an error what a tool says has failed",
    none: `It reported of no result in which a tool says that it has failed (${REPORT_TOOL})`,
  });
}

/** The codes of a resource that does not exist: the one of 2026-07-28, and the one before. */
const missing: ReadonlySet<unknown> = new Set([-32602, -32002]);

function checkMissing(view: View): Outcome {
  const right = new Map<unknown, Request>();
  for (const request of conversationIn(view.calls).requests) {
    const error = isObject(request.answer?.message.error) ? request.answer.message.error : {};
    if (request.method !== "resources/read" || request.era !== "stateless" || !missing.has(error.code)) continue;
    const { next, done, isIts } = reactionTo(request, view);
    if (next && isIts) {
      return broken(
        `It ${done} after resources/read got ${shown(error.code)}, which says only that there is no such resource`,
        positionsOf([request.step, next]),
      );
    }
    if (next?.kind === "mcp" && done === undefined) right.set(error.code, request);
  }
  return right.size < missing.size
    ? notObserved("It did not read missing resources with both codes that say so, -32602 and -32002, and go on")
    : kept("It took -32602 and -32002 alike for a missing resource", [...right.values()].map(({ step }) => step.at));
}

/** Rules on what a client makes of results. */
export const toolResultRules: readonly Rule[] = [
  {
    id: "M121",
    name: "output-checked",
    title: "A client checks structured content against the tool's outputSchema.",
    level: "SHOULD",
    revisions: SINCE_2025_06,
    isOfMcp: true,
    link: `${TOOLS}#output-schema`,
    official: [],
    check: checkOutput,
  },
  {
    id: "M122",
    name: "any-structured-content",
    title: "A client takes structured content of any kind: a list, a text, a number, null.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    link: `${TOOLS}#structured-content`,
    official: [],
    check: checkAnyValue,
  },
  {
    id: "M123",
    name: "any-content",
    title: "Content of any type that MCP has does a client no harm, and it reads a link by the URI that the tool gave.",
    level: "SHOULD",
    revisions: SINCE_2025_06,
    isOfMcp: true,
    link: `${TOOLS}#resource-links`,
    official: [],
    check: checkContent,
  },
  {
    id: "M124",
    name: "tool-errors-told",
    title: "A client passes on that a tool has failed, so that whoever called it can do better.",
    level: "SHOULD",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: `${TOOLS}#error-handling`,
    official: [],
    check: checkToolErrors,
  },
  {
    id: "M130",
    name: "missing-resource",
    title: "A client takes both -32602 and -32002 for a resource that does not exist.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMessages: true,
    isOfMcp: true,
    link: "https://modelcontextprotocol.io/specification/2026-07-28/server/resources#error-handling",
    official: [],
    check: checkMissing,
  },
];
