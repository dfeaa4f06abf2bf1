// Which requests an answer of the original is for: all that it is likely for, not only the one that it was seen at.
import { addressOf, pathOf, textOf } from "../judge/reading.ts";
import { isObject } from "../http/json.ts";
import { headerOf } from "../recorder/exchange.ts";
import type { Match } from "../scenarios/match.ts";
import type { Catalogue } from "../scenarios/mcp_catalogue.ts";
import { mcpMethods } from "../scenarios/schema/fault_aim.ts";
import { mcpRevisions } from "../scenarios/vocabulary.ts";
import { grantOf } from "./login.ts";
import { accessOf, messageOf, methodOf, type Observed } from "./observed.ts";
import type { UrlMap } from "./urls.ts";

/** What no server has: whatever else it does not have, it answers alike. */
export const unknown = {
  method: "mock/unknown",
  name: "mock-oauth-clone-unknown",
  uri: "mock-oauth-clone://unknown",
} as const;

/** What tells which requests are alike. */
export interface Aiming {
  readonly map: UrlMap;
  /** What the clone lists. */
  readonly catalogue: Catalogue | undefined;
  /** Whether nobody was ever refused. */
  readonly isOpen: boolean;
}

const [MODERN, ...SESSIONS] = mcpRevisions;
const metadata = ["resource_metadata", "server_metadata"] as const;
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/**
 * The requests, first all that such an answer is likely for, last only those that it was seen at.
 *
 * @param clone What the clone has answered so far.
 */
export function aimsOf(original: Observed, clone: Observed, aiming: Aiming): readonly Match[] {
  const { urls } = aiming.map;
  const { status } = clone;
  const method = methodName(clone.method);
  const address = addressOf(clone.url);
  if (address === urls.oauth) {
    return method === "OPTIONS" ? [{ endpoint: "mcp", method, status }] : ofMcp(original, clone, aiming);
  }
  const grant = address === urls.token && status < 300 ? grantOf(original)?.get("grant_type") : undefined;
  const one: Match = {
    path: pathOf(address),
    method,
    status,
    ...(typeof grant === "string" ? { grant_type: grant } : {}),
  };
  if (status === 404) return [{ endpoint: [...metadata, "unknown"], method, status }, one];
  const isOfLogin = address === urls.token || address === urls.register;
  return method === "OPTIONS" && !isOfLogin ? [{ endpoint: metadata, method, status }, one] : [one];
}

/** All requests to the MCP endpoint that have a token, or all that have none. */
export function toMcp(original: Observed, { isOpen }: Aiming): Match {
  return { endpoint: "mcp", ...(isOpen ? {} : { authorized: accessOf(original) !== "none" }) };
}

function ofMcp(original: Observed, clone: Observed, aiming: Aiming): readonly Match[] {
  const { status } = clone;
  const rpc = methodOf(original);
  const all: Match = { ...toMcp(original, aiming), status };
  const ofMethod: Match = { ...all, method: methodName(clone.method) };
  const ofMessage: Match = { ...ofMethod, ...(rpc === undefined ? { not_rpc_method: "*" } : { rpc_method: rpc }) };
  const fine = clone.method === "POST" ? ofMessage : ofMethod;
  // Who may call, and whether there is such a session, does not depend on what is asked.
  if (status === 401 || status === 404) return [all, fine];
  if (rpc === unknown.method) return [{ ...ofMethod, not_rpc_method: [...mcpMethods, "notifications/*"] }, fine];
  if (rpc !== undefined && rpc !== "initialize" && status === 400 && isWithoutSession(original)) {
    const headers = { "mcp-session-id": null, "mcp-protocol-version": [...SESSIONS, null] };
    return [{ ...ofMethod, rpc_method: "*", not_rpc_method: "initialize", headers }, fine];
  }
  return isOfUnknown(original) ? [{ ...fine, ...unknownTo(aiming.catalogue, rpc) }, fine] : [fine];
}

function isWithoutSession({ request }: Observed): boolean {
  return headerOf(request, "mcp-session-id") === undefined && headerOf(request, "mcp-protocol-version") !== MODERN;
}

function isOfUnknown(original: Observed): boolean {
  const params = messageOf(original)?.params;
  return isObject(params) && (textOf(params, "name") === unknown.name || textOf(params, "uri") === unknown.uri);
}

/** That a method is asked for something that is not there. */
function unknownTo(
  { tools = [], resources = [], resourceTemplates = [], prompts = [] }: Catalogue = {},
  rpc = "",
): Match {
  const made = resourceTemplates.map(({ uriTemplate }) => `${uriTemplate.split("{", 1)[0]}*`);
  const [path, known] = rpc === "resources/read"
    ? ["params.uri", [...resources.map(({ uri }) => uri), ...made]] as const
    : ["params.name", (rpc === "tools/call" ? tools : prompts).map(({ name }) => name)] as const;
  return known.length === 0 ? {} : { not_message: { [path]: known } };
}

/** A text of an answer, in which what was asked for is whatever is asked for. */
export function asAsked(text: string): string {
  return text.replaceAll(unknown.method, "{message.method}").replaceAll(unknown.name, "{message.params.name}")
    .replaceAll(unknown.uri, "{message.params.uri}");
}

function methodName(method: string): typeof methods[number] {
  return methods.find((name) => name === method) ?? "GET";
}
