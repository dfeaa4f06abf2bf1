// Rules on the headers of 2026-07-28 that repeat parts of a message: how values are written, and which arguments a tool asks
// to be repeated.

import {
  argumentAt,
  decodeHeader,
  encodeHeader,
  type MarkedArgument,
  marksOf,
  needsBase64,
} from "../../../http/mcp_headers.ts";
import { isObject, type JsonObject } from "../../../http/json.ts";
import { headerOf } from "../../../recorder/exchange.ts";
import { messagesOf, rpcErrorOf, textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import { gaplessCalls, type View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2026_07 } from "../rule.ts";

const HTTP = "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http";

/** What 2026-07-28 calls headers that differ from the body. */
const HEADER_MISMATCH = -32020;

/** The member of a message's parameters that `Mcp-Name` repeats, by method. */
const named: ReadonlyMap<string | undefined, string> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
]);

/** A call of a tool in 2026-07-28. */
interface ToolCall {
  readonly call: McpStep;
  readonly tool: string;
  readonly args: unknown;
  /** Schemas that the tool was listed with before, the latest last. */
  readonly schemas: readonly JsonObject[];
}

function isModern({ channel, versions: { offered } }: McpStep): boolean {
  return channel === undefined && offered !== undefined && offered >= "2026-07-28";
}

function paramsOf({ exchange }: McpStep): JsonObject | undefined {
  const [message, second] = messagesOf(exchange.request);
  return second === undefined && isObject(message?.params) ? message.params : undefined;
}

/** Calls of tools, with what was known of each tool by then. */
function toolCallsOf(calls: readonly McpStep[]): readonly ToolCall[] {
  const listed = new Map<string, JsonObject[]>();
  return calls.flatMap((call): readonly ToolCall[] => {
    if (call.method === "tools/list") learnTools(call, listed);
    const params = call.method === "tools/call" && isModern(call) ? paramsOf(call) : undefined;
    const tool = textOf(params, "name");
    if (tool === undefined) return [];
    return [{ call, tool, args: params?.arguments, schemas: [...listed.get(`${call.address} ${tool}`) ?? []] }];
  });
}

function learnTools({ address, exchange }: McpStep, listed: Map<string, JsonObject[]>): void {
  for (const { result } of messagesOf(exchange.response)) {
    const tools = isObject(result) && Array.isArray(result.tools) ? result.tools.filter(isObject) : [];
    for (const { name, inputSchema } of tools) {
      if (typeof name !== "string" || !isObject(inputSchema)) continue;
      const key = `${address} ${name}`;
      listed.set(key, [...listed.get(key) ?? [], inputSchema]);
    }
  }
}

/** A value that a header has to carry, and the header as it came. */
interface Carried {
  readonly call: McpStep;
  readonly header: string;
  readonly value: string;
  readonly sent: string | undefined;
}

function textOfValue(value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "boolean") return String(value);
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

function carriedFor({ call, args }: ToolCall, marked: readonly MarkedArgument[]): readonly Carried[] {
  return marked.flatMap(({ path, header }) => {
    const value = textOfValue(argumentAt(args, path));
    const sent = headerOf(call.exchange.request, header.toLowerCase());
    return value === undefined || isRedacted(value, sent) ? [] : [{ call, header, value, sent }];
  });
}

/** Whether a part of a value, or of the header that repeats it, is not on record as it came. */
function isRedacted(value: string, sent = ""): boolean {
  return value.includes("…") || sent.includes("…");
}

/** What the headers of a call have to carry by each schema that its tool was listed with. */
function carriedBySchema(call: ToolCall): readonly (readonly Carried[])[] {
  return call.schemas.map(marksOf).filter(({ problem }) => problem === undefined)
    .map(({ marked }) => carriedFor(call, marked));
}

function checkEncoding(view: View): Outcome {
  const calls = gaplessCalls(view);
  const names = calls.flatMap((call): readonly Carried[] => {
    const value = isModern(call) ? textOf(paramsOf(call), named.get(call.method) ?? "") : undefined;
    const sent = headerOf(call.exchange.request, "mcp-name");
    return value === undefined || isRedacted(value, sent) ? [] : [{ call, header: "Mcp-Name", value, sent }];
  });
  const params = toolCallsOf(calls).flatMap((call) => carriedBySchema(call).at(-1) ?? []);
  // What is not there at all is for other rules.
  const unsafe = [...names, ...params].filter(({ value, sent }) => needsBase64(value) && sent !== undefined);
  const wrong = unsafe.find(({ value, sent }) => sent !== encodeHeader(value));
  if (wrong) {
    const { call, header, sent = "" } = wrong;
    const isPlain = !/^=\?base64\?.*\?=$/.test(sent);
    return broken(
      isPlain
        ? `It sent a value in ${header} as it is that has to be sent in Base64`
        : `What it sent in ${header} is not the Base64 of the value in the body`,
      [call.at],
    );
  }
  return unsafe.length === 0
    ? notObserved("No value that it sent has to be encoded")
    : kept("It sent in Base64 what a header cannot carry as it is", positionsOf(unsafe.map(({ call }) => call)));
}

/** Whether a header carries its value; one that has to be encoded is for another rule. */
function isCarried({ value, sent }: Carried): boolean {
  if (sent === undefined) return false;
  return needsBase64(value) || decodeHeader(sent) === value;
}

function checkMarked(view: View): Outcome {
  const right: McpStep[] = [];
  for (const toolCall of toolCallsOf(gaplessCalls(view))) {
    const bySchema = carriedBySchema(toolCall);
    const latest = bySchema.at(-1) ?? [];
    if (latest.length === 0) continue;
    // It may have been under way when the tool was listed anew.
    if (bySchema.some((carried) => carried.every(isCarried))) {
      right.push(toolCall.call);
      continue;
    }
    const missing = latest.find((carried) => !isCarried(carried));
    if (!missing) continue;
    const { call, header, sent } = missing;
    return broken(
      sent === undefined
        ? `It called ${toolCall.tool} without ${header}, which the tool asks for`
        : `It called ${toolCall.tool} with another value in ${header} than in the arguments`,
      [call.at],
    );
  }
  return right.length === 0
    ? notObserved("It called no tool with an argument that is to be repeated in a header")
    : kept("It repeated in headers what tools ask for", positionsOf(right));
}

function checkAbsent(view: View): Outcome {
  const right: McpStep[] = [];
  for (const { call, tool, args, schemas } of toolCallsOf(gaplessCalls(view))) {
    const bySchema = schemas.map(marksOf).filter(({ problem }) => problem === undefined)
      .map(({ marked }) => marked.filter(({ path }) => (argumentAt(args, path) ?? null) === null));
    if ((bySchema.at(-1) ?? []).length === 0) continue;
    const isSent = ({ header }: MarkedArgument): boolean =>
      headerOf(call.exchange.request, header.toLowerCase()) !== undefined;
    const sent = bySchema.at(-1)?.find(isSent);
    if (sent && bySchema.every((absent) => absent.some(isSent))) {
      return broken(`It called ${tool} with ${sent.header}, for an argument that is null or absent`, [call.at]);
    }
    if (!sent) right.push(call);
  }
  return right.length === 0
    ? notObserved("It left out no argument that is to be repeated in a header")
    : kept("It sent no header for an argument that is null or absent", positionsOf(right));
}

function checkInvalid(view: View): Outcome {
  const calls = gaplessCalls(view);
  const isBad = (schema: JsonObject): boolean => marksOf(schema).problem !== undefined;
  const toolCalls = toolCallsOf(calls);
  const wrong = toolCalls.find(({ schemas }) => schemas.length > 0 && schemas.every(isBad));
  if (wrong) {
    const { call, tool, schemas } = wrong;
    return broken(`It called ${tool}, of whose schema ${marksOf(schemas.at(-1)).problem}`, [call.at]);
  }
  const lists = calls.filter(({ method, exchange }) =>
    method === "tools/list" &&
    messagesOf(exchange.response).some(({ result }) =>
      isObject(result) && Array.isArray(result.tools) &&
      result.tools.some((tool) => isObject(tool) && isObject(tool.inputSchema) && isBad(tool.inputSchema))
    )
  );
  const after = toolCalls.filter(({ call, schemas }) => schemas.length > 0 && call.at > (lists[0]?.at ?? Infinity));
  return after.length === 0
    ? notObserved("It called no tool after it was shown one that it has to leave out")
    : kept("It left out the tools with an invalid mark, and called others", [
      ...positionsOf(lists),
      ...positionsOf(after.map(({ call }) => call)),
    ]);
}

/** The headers of a call that repeat parts of it. */
function repeatingHeaders({ exchange }: McpStep): string {
  return JSON.stringify(exchange.request.headers.filter(([name]) => /^mcp-(name$|param-)/.test(name)));
}

function checkMismatch(view: View): Outcome {
  const calls = gaplessCalls(view);
  const right: McpStep[] = [];
  const toolCalls = toolCallsOf(calls);
  for (const { call, tool, args } of toolCalls) {
    if (rpcErrorOf(call) !== HEADER_MISMATCH) continue;
    const again = toolCalls.find((next) =>
      next.call.at > call.at && next.tool === tool && JSON.stringify(next.args) === JSON.stringify(args)
    );
    const listed = calls.find(({ at, method }) => method === "tools/list" && at > call.at);
    if (!again) continue;
    if (listed && listed.at < again.call.at) right.push(call, listed, again.call);
    else if (repeatingHeaders(again.call) === repeatingHeaders(call)) {
      return broken(
        `It called ${tool} again with the headers that were refused, without listing the tools first`,
        positionsOf([call, again.call]),
      );
    }
  }
  return right.length === 0
    ? notObserved("It did not repeat a call that was refused for its headers")
    : kept("It listed the tools again before it repeated a call that was refused for its headers", positionsOf(right));
}

/** What all of them have in common. */
const COMMON = { revisions: SINCE_2026_07, isOfMessages: true, isOfMcp: true } as const;

/** The rules on these headers. */
export const requestHeaderRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M45",
    name: "header-values-encoded",
    title: "A client sends in Base64 what a header cannot carry as it is, and what looks like Base64 already.",
    level: "MUST",
    link: `${HTTP}#value-encoding`,
    official: ["sep-2243-client-base64-unsafe"],
    check: checkEncoding,
  },
  {
    ...COMMON,
    id: "M46",
    name: "arguments-in-headers",
    title: "A client repeats in headers the arguments that a tool has marked with x-mcp-header.",
    level: "MUST",
    link: `${HTTP}#custom-headers-from-tool-parameters`,
    official: ["sep-2243-client-mirrors-designated-params", "sep-2243-client-encode-values"],
    check: checkMarked,
  },
  {
    ...COMMON,
    id: "M47",
    name: "no-header-for-nothing",
    title: "A client sends no such header for an argument that is null or absent.",
    level: "MUST",
    link: `${HTTP}#server-behavior-for-custom-headers`,
    official: ["sep-2243-client-omit-null"],
    check: checkAbsent,
  },
  {
    ...COMMON,
    id: "M48",
    name: "invalid-marks-left-out",
    title: "A client leaves out tools with an invalid x-mcp-header, and keeps the others.",
    level: "MUST",
    link: `${HTTP}#schema-extension`,
    official: [
      "sep-2243-client-reject-invalid-tool",
      "sep-2243-x-mcp-header-charset",
      "sep-2243-x-mcp-header-not-empty",
      "sep-2243-x-mcp-header-primitive-only",
      "sep-2243-x-mcp-header-unique",
    ],
    check: checkInvalid,
  },
  {
    ...COMMON,
    id: "M49",
    name: "lists-after-mismatch",
    title: "A client whose call is refused for its headers lists the tools again, and then repeats the call.",
    level: "SHOULD",
    link: `${HTTP}#client-behavior`,
    official: [],
    check: checkMismatch,
  },
];
