// Which requests a fault is for: the conditions there are, and what each says in documents. All that a match names must hold.
import type { EndpointKind } from "../http/place.ts";

/** A value that a part of a request has: a text may end with `*` for any rest, and null stands for a part that is absent. */
export type Wanted = string | number | boolean | null;

/** Which requests; everything that is said must be true. */
export interface Match {
  readonly endpoint?: EndpointKind | readonly EndpointKind[];
  readonly method?: string;
  readonly path?: string;
  readonly client_id?: string;
  readonly grant_type?: string;
  readonly rpc_method?: string | readonly string[];
  readonly not_rpc_method?: string | readonly string[];
  readonly message?: Readonly<Record<string, Wanted | readonly Wanted[]>>;
  readonly not_message?: Readonly<Record<string, Wanted | readonly Wanted[]>>;
  readonly scope?: string;
  readonly has_param?: string;
  readonly lacks_param?: string;
  readonly has_header?: string;
  readonly headers?: Readonly<Record<string, string | null | readonly (string | null)[]>>;
  readonly authorized?: boolean;
  readonly not_accepting?: string;
  readonly revision_after?: string;
  readonly session?: SessionMatch;
  readonly status?: number | readonly number[];
}

/** Which sessions of Streamable HTTP: all but the last condition are about the one that the request names, if it is alive. */
export interface SessionMatch {
  readonly older_than_seconds?: number;
  readonly after_requests?: number;
  readonly has_stream?: boolean;
  readonly alive_at_least?: number;
}

/** What each condition on sessions says. */
export const sessionConditions: Readonly<Record<keyof SessionMatch, string>> = {
  older_than_seconds: "the session that the request names began more than so many seconds ago",
  after_requests: "so many requests, or more, have come in that session before, counted while a fault asks for them",
  has_stream: "whether its client holds a stream open, in the process that is asked",
  alive_at_least: "so many sessions, or more, are alive in the sandbox",
};

/** What each condition says. */
export const conditions: Readonly<Record<keyof Match, string>> = {
  endpoint: "one of these endpoints, such as `mcp` (the one behind the login) or `open_mcp` (the others)",
  method: "this HTTP method",
  path: "this path, below the sandbox's prefix, as it was sent",
  client_id: "this `client_id`, in the query or a form; a `*` at the end stands for anything",
  grant_type: "this `grant_type`",
  rpc_method: "this method of a JSON-RPC message, or one of several; a `*` at the end stands for anything",
  not_rpc_method: "a method that a JSON-RPC message must not have, or several",
  message:
    "members of the JSON-RPC message by their path, such as `params.name`, each with the value it must have or a " +
    "list of them; a `*` at the end of a text stands for anything, null for a member that is absent",
  not_message:
    "members of the JSON-RPC message that it must have with other values than these, written as in `message`",
  scope: "a scope that is asked for",
  has_param: "a parameter in the query or a form that must be there",
  lacks_param: "a parameter that must not be there",
  has_header: "a header that must be there",
  headers: "headers by their name, each with the value it must have, or a list of them; `*` and null as in `message`",
  authorized: "whether there is an `authorization` header",
  not_accepting: "a media type that the `accept` header must not name",
  revision_after: "a revision of MCP that `mcp-protocol-version` must be later than",
  session:
    "the session that the request names, if it is alive: `older_than_seconds`, `after_requests` in it, `has_stream` if its " +
    "client holds one open; or `alive_at_least` so many in the sandbox, whichever the request names",
  status: "a status of the response, or one of several",
};

/** The members of a JSON-RPC message, with one of which a path in `message` begins (JSON-RPC 2.0, sections 4 and 5). */
export const messageMembers = ["jsonrpc", "id", "method", "params", "result", "error"] as const;

/** Whether an endpoint speaks MCP. */
export function isMcp(endpoint: string): boolean {
  return endpoint === "mcp" || endpoint === "open_mcp";
}
