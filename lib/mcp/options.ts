/**
 * What the MCP endpoints are given, and what they give: types alone, on which all of this room stands.
 *
 * @module
 */
import type { Chance } from "../chance.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Sleep } from "../sleep.ts";
import type { Store } from "../store/kv.ts";
import type { McpCaller, McpMode } from "./caller.ts";

/** Takes a failure that is the server's own. */
export type Log = (message: string, error: unknown) => void;

/** What the endpoints work with. */
export interface McpOptions {
  /** Keeps the notes. */
  readonly store: Store;
  /** Session ids and note ids are drawn from it. */
  readonly chance: Chance;
  /** Version the servers give as theirs. */
  readonly version: string;
  /** Told of failures that are the server's own; never of a client's mistake. */
  readonly log?: Log;
  /** What `mock_delay` waits with. */
  readonly sleep: Sleep;
}

/** The three MCP endpoints of an app. */
export interface McpEndpoint {
  /**
   * Answers one request of either protocol era. The request's body must not have been read. Never rejects for anything
   * a client sends.
   */
  readonly handle: (
    request: Request,
    sandbox: Sandbox,
    mode: McpMode,
    caller: McpCaller,
  ) => Promise<Response>;
  /** Ends all sessions and open streams; whoever calls afterwards gets 503. */
  readonly close: () => Promise<void>;
}
