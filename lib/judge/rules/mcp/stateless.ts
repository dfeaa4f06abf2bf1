// Rules on 2026-07-28, which has no handshake: what each request carries in `_meta` and repeats in headers, and what is no
// longer there.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { decodeHeader, needsBase64 } from "../../../http/mcp_headers.ts";
import { headerOf } from "../../../recorder/exchange.ts";
import { conversationIn, FIRST_STATELESS, type Request, type Said, threadOf } from "../../conversation.ts";
import { textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { type Outcome, type Rule, SINCE_2026_07 } from "../rule.ts";
import { holdEach, shown } from "./each.ts";

const BASE = "https://modelcontextprotocol.io/specification/2026-07-28/basic";
const HTTP = `${BASE}/transports/streamable-http`;
const NONE = "It sent no request of 2026-07-28 that is on record whole";
const VERSION = "io.modelcontextprotocol/protocolVersion";

function statelessIn({ calls }: View): readonly Request[] {
  return conversationIn(calls).requests.filter(({ era }) => era === "stateless");
}

/** Those over Streamable HTTP: HTTP+SSE, where a client of both eras may try its luck, has none of its headers. */
function overHttp(view: View): readonly Request[] {
  return statelessIn(view).filter(({ step }) => step.channel === undefined);
}

function metaOf({ params }: Request): JsonObject {
  return isObject(params?._meta) ? params._meta : {};
}

function checkMeta(view: View): Outcome {
  return holdEach(statelessIn(view), {
    wrong: (request) => {
      const meta = metaOf(request);
      if (typeof meta[VERSION] !== "string") return lacks(request, VERSION);
      const capabilities = "io.modelcontextprotocol/clientCapabilities";
      return isObject(meta[capabilities]) ? undefined : lacks(request, capabilities);
    },
    kept: "The _meta of every request named its revision and its capabilities",
    none: NONE,
  });
}

function lacks({ method }: Request, key: string): string {
  return `It sent ${method} without ${key} in _meta, or with one of the wrong type`;
}

function checkClientInfo(view: View): Outcome {
  return holdEach(statelessIn(view), {
    wrong: (request) => {
      const info = metaOf(request)["io.modelcontextprotocol/clientInfo"];
      const isNamed = isObject(info) && textOf(info, "name") !== undefined && textOf(info, "version") !== undefined;
      return isNamed ? undefined : `It sent ${request.method} without its name and version in _meta`;
    },
    kept: "The _meta of every request named the client and its version",
    none: NONE,
  });
}

/** All that it said without a handshake over Streamable HTTP, in order. */
function allStateless({ calls }: View): readonly Said[] {
  const { requests, notifications, responses } = conversationIn(calls);
  return [...requests, ...notifications, ...responses].filter(({ era, step }) =>
    era === "stateless" && step.channel === undefined
  ).sort((one, other) => one.step.at - other.step.at);
}

function checkVersionHeader(view: View): Outcome {
  return holdEach(allStateless(view), {
    wrong: ({ step: { versions: { inHeader }, method = "a message" } }) =>
      inHeader === undefined ? `It sent ${method} without an MCP-Protocol-Version header` : undefined,
    kept: "Every request had an MCP-Protocol-Version header",
    none: NONE,
  });
}

function checkVersionsMatch(view: View): Outcome {
  const both = overHttp(view).filter((request) =>
    request.step.versions.inHeader !== undefined && typeof metaOf(request)[VERSION] === "string"
  );
  return holdEach(both, {
    wrong: (request) => {
      const [named, inHeader] = [metaOf(request)[VERSION], request.step.versions.inHeader];
      return named === inHeader
        ? undefined
        : `It sent ${request.method} with MCP-Protocol-Version: ${inHeader}, and ${shown(named)} in _meta`;
    },
    kept: "Every MCP-Protocol-Version header named the revision that is in _meta",
    none: NONE,
  });
}

function checkMethodHeader(view: View): Outcome {
  return holdEach(overHttp(view), {
    wrong: ({ method, step: { exchange: { request } } }) => {
      const named = headerOf(request, "mcp-method");
      if (named === undefined) return `It sent ${method} without an Mcp-Method header`;
      return named === method ? undefined : `It sent ${method} with Mcp-Method: ${named}`;
    },
    kept: "The Mcp-Method header of every request named its method",
    none: NONE,
  });
}

/** What `Mcp-Name` repeats, by method. */
const named: ReadonlyMap<string, "name" | "uri"> = new Map([
  ["tools/call", "name"],
  ["prompts/get", "name"],
  ["resources/read", "uri"],
]);

function nameIn({ method, params }: Request): string | undefined {
  return textOf(params, named.get(method) ?? "");
}

function checkNameHeader(view: View): Outcome {
  return holdEach(overHttp(view).filter((request) => nameIn(request) !== undefined), {
    wrong: (request) => {
      const { method, step: { exchange } } = request;
      const header = headerOf(exchange.request, "mcp-name");
      const name = nameIn(request) ?? "";
      if (header === undefined) return `It sent ${method} without an Mcp-Name header`;
      // What was redacted cannot be compared; how names are written that headers cannot carry as they are, is M45.
      return needsBase64(name) || /…/.test(header + name) || decodeHeader(header) === name
        ? undefined
        : `It sent ${method} of ${shown(name)} with Mcp-Name: ${header}`;
    },
    kept: "Every Mcp-Name header repeated the name or URI that the request is about",
    none: "It called no tool, read no resource and got no prompt in 2026-07-28",
  });
}

function checkNoResponses(view: View): Outcome {
  return holdEach(allStateless(view), {
    wrong: ({ message }) =>
      "method" in message ? undefined : `It sent a response, to ${shown(message.id)}, where clients send none`,
    kept: "It sent requests alone, and no response",
    none: NONE,
  });
}

/** Methods that 2026-07-28 has removed. */
const removed: ReadonlySet<string | undefined> = new Set([
  "ping",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
  "notifications/roots/list_changed",
]);

/** What of earlier revisions a request uses that says it is of 2026-07-28, as the end of a sentence. */
function relicIn(step: McpStep): string | undefined {
  const { exchange: { request }, verb, method } = step;
  if (isBare(step)) return verb;
  for (const name of ["mcp-session-id", "last-event-id"]) {
    if (headerOf(request, name) !== undefined) return `${method ?? verb} with the header ${name}`;
  }
  return removed.has(method) ? method : undefined;
}

/** A GET or DELETE, outside a session, that says that it is of 2026-07-28. */
function isBare(step: McpStep): boolean {
  return step.verb !== "POST" && threadOf(step) === undefined && (step.versions.inHeader ?? "") >= FIRST_STATELESS;
}

function checkRelics(view: View): Outcome {
  const own = [...new Set([...allStateless(view).map(({ step }) => step), ...view.calls.filter(isBare)])];
  return holdEach(own.map((step) => ({ step })), {
    wrong: ({ step }) => {
      const relic = relicIn(step);
      return relic === undefined ? undefined : `It sent ${relic}, which is not part of 2026-07-28`;
    },
    kept: "It used nothing that 2026-07-28 has removed",
    none: NONE,
  });
}

/** What the rules here have in common. */
const COMMON = { level: "MUST", revisions: SINCE_2026_07, isOfMessages: true, isOfMcp: true } as const;

/** Rules on requests without a handshake. */
export const statelessRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M39",
    name: "request-meta",
    title: "The _meta of each request names the protocol's revision and the client's capabilities.",
    link: `${BASE}#meta`,
    official: ["sep-2575-client-populates-meta"],
    check: checkMeta,
  },
  {
    ...COMMON,
    id: "M40",
    name: "request-client-info",
    title: "The _meta of each request names the client and its version.",
    level: "SHOULD",
    link: `${BASE}#meta`,
    official: ["sep-2575-client-sends-client-info"],
    check: checkClientInfo,
  },
  {
    ...COMMON,
    id: "M41",
    name: "version-header",
    title: "Each POST has an MCP-Protocol-Version header.",
    link: `${HTTP}#protocol-version-header`,
    official: ["sep-2575-http-client-sends-version-header"],
    check: checkVersionHeader,
  },
  {
    ...COMMON,
    id: "M42",
    name: "version-header-as-in-meta",
    title: "The MCP-Protocol-Version header names the revision that _meta names.",
    link: `${HTTP}#protocol-version-header`,
    official: ["sep-2575-http-version-header-matches-meta"],
    check: checkVersionsMatch,
  },
  {
    ...COMMON,
    id: "M43",
    name: "method-header",
    title: "The Mcp-Method header of each request names its method.",
    link: `${HTTP}#standard-request-headers`,
    official: ["sep-2243-client-includes-standard-headers"],
    check: checkMethodHeader,
  },
  {
    ...COMMON,
    id: "M44",
    name: "name-header",
    title: "The Mcp-Name header repeats the name of the tool or prompt, or the URI of the resource.",
    link: `${HTTP}#standard-request-headers`,
    official: ["sep-2243-client-includes-standard-headers"],
    check: checkNameHeader,
  },
  {
    ...COMMON,
    id: "M50",
    name: "no-responses",
    title: "A client sends no JSON-RPC responses: what a server asks is answered in a new request.",
    link: `${HTTP}#sending-messages`,
    official: [],
    check: checkNoResponses,
  },
  {
    ...COMMON,
    id: "M51",
    name: "no-relics",
    title: "A client uses no session id, GET stream, DELETE, Last-Event-ID or method that 2026-07-28 has removed.",
    level: "SHOULD",
    link: `${HTTP}#earlier-streamable-http-revisions`,
    official: [],
    check: checkRelics,
  },
];
