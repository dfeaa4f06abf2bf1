// What the MCP endpoints are given, and what they offer: only types, which everything in this folder builds on.
import type { Chance } from "../runtime/chance.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Sleep } from "../runtime/sleep.ts";
import type { Catalogue } from "../scenarios/mcp_catalogue.ts";
import type { Policy } from "../scenarios/plan.ts";
import type { Store } from "../store/store.ts";
import type { SessionAsk, SessionFacts } from "../faults/matches.ts";
import type { ListChange } from "./client_link.ts";
import type { ElicitationRecord } from "./elicitation_table.ts";
import type { McpCaller, McpMode } from "./caller.ts";
import type { Guide, Stages } from "./guide.ts";
import type { SessionHandle, SessionRecord } from "./sessions/session_table.ts";

/** Takes a failure that is the server's own. */
export type Log = (message: string, error: unknown) => void;

/** What the endpoints work with. */
export interface McpOptions {
  readonly store: Store;
  readonly chance: Chance;
  readonly version: string;
  /** Told of the server's own failures, never of a client's mistake. */
  readonly log?: Log;
  readonly sleep: Sleep;
  /** Milliseconds between two signs of life on an open stream; 15,000 if not given. */
  readonly keepAliveMs?: number;
}

/** Where a request was sent, by whom, and how the server behaves for it. */
export interface McpCall {
  readonly sandbox: Sandbox;
  readonly mode: McpMode;
  readonly caller: McpCaller;
  readonly policy: Policy;
  /** What the server declares, instead of or besides its own; absent for its own alone. */
  readonly catalogue?: Catalogue;
  /** What leads its client through the scenario; absent where there is nothing to lead through. */
  readonly guide?: Guide;
  /** The stages of the gauntlet that it was sent to; absent where it was sent to none. */
  readonly stages?: Stages;
}

/** A stream of HTTP+SSE that is asked for. */
export interface SseOpening extends McpCall {
  /** Where the client sends its messages, as the first event says; the session is added to its query. */
  readonly messagesUrl: string;
}

/** A message for a stream of HTTP+SSE. */
export interface SseMessage extends McpCall {
  readonly request: Request;
  /** What the query of the URL says; null for nothing. */
  readonly sessionId: string | null;
}

/** A session, wherever it is used. */
export interface LivingSession extends SessionRecord {
  /** Streams that its client holds open in this process. */
  readonly openStreams: number;
}

/** What answers requests, which needs the SDK. */
export interface McpDispatcher {
  /** Says that a request will be handed over if its token is good, so that what it needs can be on its way meanwhile. */
  readonly expect: (request: Request, sandbox: Sandbox) => void;
  /**
   * Answers one request of either protocol era. The request's body must not have been read. Never rejects for anything
   * a client sends.
   */
  readonly handle: (request: Request, call: McpCall) => Promise<Response>;
  /** Opens a stream of HTTP+SSE (2024-11-05), whose first event names the URL for the client's messages. */
  readonly openSse: (opening: SseOpening) => Promise<Response>;
  /** Takes one message for such a stream, which the answer comes on. The request's body must not have been read. */
  readonly receive: (message: SseMessage) => Promise<Response>;
  /** Tells the clients of a sandbox that lists have changed, as far as they are connected to this process. */
  readonly announce: (sandbox: Sandbox, changes: readonly ListChange[]) => Promise<void>;
  /** Ends all of `subscriptions/listen`, and refuses it from then on; everything else continues. */
  readonly endListening: () => Promise<void>;
  /** Ends all streams and sessions of a sandbox that was reset or has ended. */
  readonly forget: (sandboxId: string) => Promise<void>;
  /** Closes all streams and answers later requests with 503. Sessions continue where the store is used again. */
  readonly close: () => Promise<void>;
}

/** The MCP endpoints of an app. */
export interface McpEndpoint extends McpDispatcher {
  /** The sessions of a sandbox that are alive, by their handles. */
  readonly sessionsOf: (sandbox: Sandbox) => Promise<ReadonlyMap<SessionHandle, LivingSession>>;
  /** Ends a session for good, in all processes; streams that are open in others end with their next sign of life. */
  readonly endSession: (sandbox: Sandbox, handle: SessionHandle) => Promise<void>;
  /** What a person is asked on a page, in URL mode; undefined where there is no such page. */
  readonly elicitationOf: (sandbox: Sandbox, id: string) => Promise<ElicitationRecord | undefined>;
  /** Notes that a person has answered there, and tells the client that asked for it if it is connected to this process. */
  readonly answerElicitation: (sandbox: Sandbox, id: string) => Promise<void>;
  /** What faults ask of the session that a request names. */
  readonly sessionFactsOf: (request: Request, sandbox: Sandbox, asked: SessionAsk) => Promise<SessionFacts>;
}
