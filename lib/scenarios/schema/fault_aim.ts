// What stands before the colon of a fault as text: an endpoint, and at an MCP endpoint one HTTP method or one method of
// JSON-RPC, such as `mcp.GET` and `mcp.tools/call`.
import { closest } from "../../http/did_you_mean.ts";
import { type EndpointKind, endpointKinds } from "../../http/place.ts";
import { isMcp, type Match } from "../match.ts";

/** Where something can go wrong. */
export const faultable: readonly EndpointKind[] = endpointKinds.filter((name) => name !== "control");

/** HTTP methods of an MCP endpoint (MCP basic/transports). */
export const mcpHttpMethods: readonly string[] = ["GET", "POST", "DELETE"];

/** What a client may ask or tell a server, in any revision of MCP. */
export const mcpMethods: readonly string[] = [
  "initialize",
  "ping",
  "server/discover",
  "tools/list",
  "tools/call",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "subscriptions/listen",
  "prompts/list",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
  "tasks/get",
  "tasks/list",
  "tasks/result",
  "tasks/update",
  "tasks/cancel",
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/roots/list_changed",
  "notifications/tasks/status",
];

/** Which requests a text means. */
export interface Aim {
  readonly endpoint: EndpointKind;
  /** The HTTP method that it names. */
  readonly method?: string;
  /** The method of JSON-RPC that it names; a `*` at the end stands for anything. */
  readonly rpcMethod?: string;
}

/** Reads what stands before the colon; undefined for what is not known. */
export function readAim(text: string): Aim | undefined {
  const [, name, at] = /^([a-z_]+)(?:\.(.+))?$/.exec(text) ?? [];
  const endpoint = faultable.find((known) => known === name);
  if (endpoint === undefined || at === undefined) return endpoint && { endpoint };
  if (!isMcp(endpoint)) return undefined;
  if (mcpHttpMethods.includes(at)) return { endpoint, method: at };
  const isKnown = at.endsWith("*")
    ? mcpMethods.some((method) => method.startsWith(at.slice(0, -1)))
    : mcpMethods.includes(at);
  return isKnown ? { endpoint, rpcMethod: at } : undefined;
}

/** What was meant by what cannot be read. */
export function closestAim(text: string): string | undefined {
  const [name = "", ...rest] = text.split(".");
  const endpoint = faultable.find((known) => known === name) ?? closest(name, faultable);
  if (endpoint === undefined || rest.length === 0 || !isMcp(endpoint)) return endpoint;
  const at = closest(rest.join("."), [...mcpMethods, ...mcpHttpMethods]);
  return at === undefined ? undefined : `${endpoint}.${at}`;
}

/** The requests that a text means, as a fault matches them. */
export function matchOf({ endpoint, method, rpcMethod }: Aim): Match {
  return {
    endpoint,
    ...(method === undefined ? {} : { method }),
    ...(rpcMethod === undefined ? {} : { rpc_method: rpcMethod }),
  };
}
