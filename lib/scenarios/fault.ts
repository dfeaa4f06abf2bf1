// A fault: which requests it is for, how often, and what it changes. Scenarios are made of them, tests add their own, and
// both look the same in JSON, which is why their members have the names they have on the wire.
import type { EndpointKind } from "../http/endpoints.ts";
import type { Answer, Edit } from "./edit.ts";
import type { PlanPatch } from "./plan.ts";

/** Which requests; everything that is said must be true. */
export interface Match {
  /** One of these endpoints. */
  readonly endpoint?: EndpointKind | readonly EndpointKind[];
  /** This HTTP method. */
  readonly method?: string;
  /** This path, below the sandbox's prefix, as it was sent. */
  readonly path?: string;
  /** This `client_id`, in the query or a form; a `*` at the end stands for anything. */
  readonly client_id?: string;
  /** This `grant_type`. */
  readonly grant_type?: string;
  /** This method of a JSON-RPC message, or one of several; a `*` at the end stands for anything. */
  readonly rpc_method?: string | readonly string[];
  /** A method that a JSON-RPC message must not have, or several, written the same way. */
  readonly not_rpc_method?: string | readonly string[];
  /** A scope that is asked for. */
  readonly scope?: string;
  /** A parameter in the query or a form that must be there. */
  readonly has_param?: string;
  /** A parameter that must not be there. */
  readonly lacks_param?: string;
  /** A header that must be there. */
  readonly has_header?: string;
  /** Whether there is an `authorization` header. */
  readonly authorized?: boolean;
  /** A media type that the `accept` header must not name. */
  readonly not_accepting?: string;
  /** A revision of MCP that `mcp-protocol-version` must be later than. */
  readonly revision_after?: string;
  /** A status of the response, or one of several. */
  readonly status?: number | readonly number[];
}

/** A change with a life. */
export interface Fault extends PlanPatch {
  /** What to call it, unique in its scenario or sandbox. */
  readonly name: string;
  /** Which requests. */
  readonly match: Match;
  /** The first of the requests it matches that counts, from 1. */
  readonly nth?: number;
  /** How many of them count from there; absent for all, and `Infinity` for all of them and a count of how many they were. */
  readonly times?: number;
  /** When it ends, in milliseconds since 1970 on the sandbox's clock. */
  readonly until_ms?: number;
  /** It begins only after so many other requests have come (one, if not said). */
  readonly after?: { readonly match: Match; readonly times?: number };
  /** A response that replaces the handler's. */
  readonly answer?: Answer;
  /** What is done to the response. */
  readonly edit?: Edit;
}

/** Whether a fault has to remember how many requests it has seen. */
export function isCounted({ nth, times, after }: Fault): boolean {
  return nth !== undefined || times !== undefined || after !== undefined;
}
