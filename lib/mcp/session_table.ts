/**
 * The live sessions of the revisions up to 2025-11-25: who may use one, and when it is over.
 *
 * @module
 */
import type { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { Sandbox } from "../sandbox.ts";
import type { McpCaller, McpMode } from "./caller.ts";
import type { Profile } from "./profile.ts";
import { idOf, rpcErrorResponse, SERVER_ERROR, SESSION_NOT_FOUND } from "./rpc.ts";

/** A session that nobody used for this long, on its sandbox's clock, has ended. */
export const SESSION_IDLE_MS = 60 * 60 * 1000;
/** Above it the session that was idle the longest has to go. */
export const MAX_SESSIONS = 10_000;

/** Whoever presents a session id. */
export interface Presenter {
  /** The world the request was sent to. */
  readonly sandbox: Sandbox;
  /** The endpoint it was sent to. */
  readonly mode: McpMode;
  /** Who its route says it comes from. */
  readonly caller: McpCaller;
}

/** A live session. */
export interface Session {
  /** What `Mcp-Session-Id` carries. */
  readonly id: string;
  /** Who began it: only the same may go on. */
  readonly beginner: Presenter;
  /** What its server shows. */
  readonly profile: Profile;
  /**
   * Answers what does not go the short way.
   *
   * @internal
   */
  readonly transport: Pick<WebStandardStreamableHTTPServerTransport, "handleRequest" | "close">;
  /** The negotiated revision. */
  readonly revision: () => string;
  /** When it was used last, in milliseconds since 1970 on its sandbox's clock. */
  lastUsedMs: number;
  /** Standing streams that the client holds open: as long as there is one, the session is in use. */
  openStreams: number;
}

/** The sessions of one app. */
export interface SessionTable {
  /** The session that a request names, if it is alive and the presenter's; else the answer that says so. */
  readonly find: (request: Request, presenter: Presenter, body?: unknown) => Session | Response;
  /** Takes up a session, or notes that it was used. */
  readonly touch: (session: Session) => void;
  /** Says whether a session is alive. */
  readonly has: (id: string) => boolean;
  /** Forgets a session that ended by itself. */
  readonly forget: (id: string) => void;
  /** Ends sessions whose time is over, or that are too many; costs nothing when there are none. */
  readonly sweep: () => void;
  /** Ends all sessions. */
  readonly close: () => Promise<void>;
}

/**
 * Makes the session table of one app.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management}
 */
export function createSessionTable(): SessionTable {
  // In order of last use, so that the first is the one that was idle the longest.
  const sessions = new Map<string, Session>();

  function touch(session: Session): void {
    session.lastUsedMs = session.beginner.sandbox.now();
    sessions.delete(session.id);
    sessions.set(session.id, session);
  }

  async function end(session: Session): Promise<void> {
    sessions.delete(session.id);
    await session.transport.close();
  }

  function sweep(): void {
    for (const session of sessions.values()) {
      if (!isOver(session)) break;
      void end(session);
    }
    while (sessions.size > MAX_SESSIONS) {
      const idlest = sessions.values().find(({ openStreams }) => openStreams === 0) ?? [...sessions.values()][0];
      if (idlest) void end(idlest);
    }
  }

  function find(request: Request, presenter: Presenter, body?: unknown): Session | Response {
    const id = request.headers.get("mcp-session-id");
    if (!id) {
      const message = "Bad Request: Mcp-Session-Id header is required";
      return rpcErrorResponse(400, SERVER_ERROR, message, { id: idOf(body) });
    }
    const session = sessions.get(id);
    if (!session || isOver(session) || !isSame(session.beginner, presenter)) {
      return rpcErrorResponse(404, SESSION_NOT_FOUND, "Session not found", { id: idOf(body) });
    }
    touch(session);
    return session;
  }

  return {
    find,
    touch,
    sweep,
    has: (id) => sessions.has(id),
    forget: (id) => void sessions.delete(id),
    close: async () => {
      await Promise.all([...sessions.values()].map(end));
    },
  };
}

function isOver({ beginner, lastUsedMs, openStreams }: Session): boolean {
  return openStreams === 0 && beginner.sandbox.now() - lastUsedMs > SESSION_IDLE_MS;
}

/** Without a token nobody can be told from anybody else, and `/bearer` takes any: there the id alone is the key. */
function isSame(a: Presenter, b: Presenter): boolean {
  if (a.sandbox.id !== b.sandbox.id || a.mode !== b.mode) return false;
  return a.mode !== "oauth" || a.caller.owner === b.caller.owner;
}
