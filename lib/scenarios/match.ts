// Which requests a fault is for: the conditions there are, and what each says in documents. All that a match names must hold.
import type { EndpointKind } from "../http/endpoints.ts";

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
  readonly scope?: string;
  readonly has_param?: string;
  readonly lacks_param?: string;
  readonly has_header?: string;
  readonly headers?: Readonly<Record<string, string | null | readonly (string | null)[]>>;
  readonly authorized?: boolean;
  readonly not_accepting?: string;
  readonly revision_after?: string;
  readonly status?: number | readonly number[];
}

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
  scope: "a scope that is asked for",
  has_param: "a parameter in the query or a form that must be there",
  lacks_param: "a parameter that must not be there",
  has_header: "a header that must be there",
  headers: "headers by their name, each with the value it must have, or a list of them; `*` and null as in `message`",
  authorized: "whether there is an `authorization` header",
  not_accepting: "a media type that the `accept` header must not name",
  revision_after: "a revision of MCP that `mcp-protocol-version` must be later than",
  status: "a status of the response, or one of several",
};

/** The members of a JSON-RPC message, with one of which a path in `message` begins (JSON-RPC 2.0, sections 4 and 5). */
export const messageMembers = ["jsonrpc", "id", "method", "params", "result", "error"] as const;

/** Whether an endpoint speaks MCP. */
export function isMcp(endpoint: string): boolean {
  return endpoint === "mcp" || endpoint === "open_mcp";
}
