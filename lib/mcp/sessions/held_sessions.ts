// The sessions of the revisions up to 2025-11-25: who may use one, and when it ends. What was agreed is in the store, which
// every request reads once, so a session continues in any process, and one that was ended anywhere has ended everywhere.
// What a process keeps in memory (a transport, the events of its streams) can be dropped at any time.
import { Buffer } from "node:buffer";
import type { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Entry } from "../../store/store.ts";
import { createRequestIds, type RequestIds } from "./request_ids.ts";
import type { SessionRecord, SessionTable } from "./session_table.ts";
import type { McpCall } from "../contract.ts";
import type { Profile } from "../profile.ts";
import { idOf, rpcErrorResponse, SERVER_ERROR, SESSION_NOT_FOUND } from "../rpc.ts";

/** A session that nobody has used for this long, on its sandbox's clock, may end. */
export const SESSION_IDLE_MS = 60 * 60 * 1000;
/** It ends this much later at the latest; in exchange its row is written at most once in this time. */
export const SESSION_SLACK_MS = 5 * 60 * 1000;
/** Above it the session that was idle the longest leaves the memory of the process. */
export const MAX_SESSIONS = 10_000;
/** The same for what the clients of all held sessions have said of themselves, in bytes of JSON. */
export const MAX_SESSIONS_BYTES = 32 * 1024 ** 2;

/** The request that presents a session id: where it was sent, and by whom. */
export interface Presenter extends McpCall {
  readonly profile: Profile;
}

/** What a session uses of the SDK's transport, and has to tell it. */
export interface SessionTransport extends Pick<WebStandardStreamableHTTPServerTransport, "handleRequest" | "close"> {
  /** Ends what is left of a request that the client has cancelled. */
  readonly cancelled: (requestId: string | number) => Promise<void>;
}

/** A session in the memory of this process. */
export interface Session {
  /** What `Mcp-Session-Id` carries. */
  readonly id: string;
  readonly sandbox: Sandbox;
  readonly profile: Profile;
  readonly record: SessionRecord;
  /** What that takes, as JSON. */
  readonly bytes: number;
  /** Answers what does not go the short way; made when something first does not. */
  transport?: Promise<SessionTransport>;
  /** Ids that its requests have in use here. */
  readonly requestIds: RequestIds;
  /** When this process used it last, in milliseconds since 1970 on its sandbox's clock. */
  lastUsedMs: number;
  /** Streams that the client holds open here: as long as there is one, the session is in use. */
  openStreams: number;
}

/** The sessions of one app. */
export interface Sessions {
  readonly begin: (
    id: string,
    presenter: Presenter,
    agreed: Omit<SessionRecord, "mode" | "expiresAtMs">,
  ) => Promise<void>;
  /** Begins to read the row of the session that a request names, while the request is still being checked. */
  readonly expect: (request: Request, sandbox: Sandbox) => void;
  /** The session that a request names, if it is alive and the presenter's; else the answer that says so. */
  readonly find: (request: Request, presenter: Presenter, body?: unknown) => Promise<Session | Response>;
  /** Asks the store whether a session with an open stream still exists, and closes its streams if it does not. */
  readonly check: (session: Session) => Promise<void>;
  readonly end: (session: Session) => Promise<void>;
  /** Drops all sessions of a sandbox that has ended, and ends what they do. */
  readonly forget: (sandboxId: string) => Promise<void>;
  /** Drops sessions that have expired, or are too many; costs nothing when there are none. */
  readonly sweep: () => void;
  /** Closes all streams. The sessions themselves go on in other processes, and after a restart. */
  readonly close: () => Promise<void>;
  readonly size: () => number;
}

/** The sessions in the memory of this process. */
interface HeldSessions {
  readonly get: (of: SessionName) => Session | undefined;
  /** Takes a session up, or notes that it was used. */
  readonly touch: (session: Session) => void;
  /** Drops a session and closes its streams. */
  readonly letGo: (session: Session) => Promise<void>;
  readonly letGoOf: (sandboxId: string) => Promise<void>;
  readonly sweep: () => void;
  readonly letAllGo: () => Promise<void>;
  readonly size: () => number;
}

/** What tells sessions apart: an id is valid in one sandbox. */
type SessionName = Pick<Session, "sandbox" | "id">;

/**
 * Makes the sessions of one app.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management}
 */
export function createSessions(table: SessionTable): Sessions {
  const held = createHeldSessions();
  const expected = createExpectedRows(table);
  let closed = false;

  /** Reads the row, moves its end if that is due, and forgets a session that has none. */
  async function confirm(
    name: SessionName,
    row = table.find(name.sandbox.id, name.id),
  ): Promise<SessionRecord | undefined> {
    const entry = await row;
    const session = held.get(name);
    const now = name.sandbox.now();
    const record = entry.value;
    if (!record || (record.expiresAtMs < now && !session?.openStreams)) {
      if (session) await held.letGo(session);
      return undefined;
    }
    if (record.expiresAtMs - now < SESSION_IDLE_MS) await table.extend(entry, endFrom(now));
    return record;
  }

  async function find(request: Request, presenter: Presenter, body?: unknown): Promise<Session | Response> {
    const { sandbox } = presenter;
    const id = request.headers.get("mcp-session-id");
    if (!id) {
      const message = "Bad Request: Mcp-Session-Id header is required";
      return rpcErrorResponse(400, SERVER_ERROR, message, { id: idOf(body) });
    }
    const record = await confirm({ sandbox, id }, expected.of(request));
    if (closed) return rpcErrorResponse(503, SERVER_ERROR, "The server is shutting down", { id: idOf(body) });
    if (!record || !mayUse(record, presenter)) {
      return rpcErrorResponse(404, SESSION_NOT_FOUND, "Session not found", { id: idOf(body) });
    }
    const session = held.get({ sandbox, id }) ?? openSession(id, presenter, record);
    held.touch(session);
    held.sweep();
    return session;
  }

  return {
    begin: async (id, presenter, agreed) => {
      const { sandbox, mode } = presenter;
      const record = { mode, ...agreed, expiresAtMs: endFrom(sandbox.now()) };
      await table.begin(sandbox.id, id, record);
      held.touch(openSession(id, presenter, record));
      held.sweep();
    },
    expect: expected.expect,
    find,
    check: async (session) => void await confirm(session),
    end: async (session) => {
      await table.end(session.sandbox.id, session.id);
      await held.letGo(session);
    },
    forget: held.letGoOf,
    sweep: held.sweep,
    close: async () => {
      closed = true;
      await held.letAllGo();
    },
    size: held.size,
  };
}

/** Rows that are being read while the requests that name them are still being checked. */
function createExpectedRows(table: SessionTable): {
  readonly expect: Sessions["expect"];
  readonly of: (request: Request) => Promise<Entry<SessionRecord>> | undefined;
} {
  const rows = new WeakMap<Request, Promise<Entry<SessionRecord>>>();
  return {
    expect: (request, sandbox) => {
      const id = request.headers.get("mcp-session-id");
      if (!id) return;
      const row = table.find(sandbox.id, id);
      // A request that needs the row is told of a failure; one that is refused before that never asks.
      row.catch(() => {});
      rows.set(request, row);
    },
    of: (request) => rows.get(request),
  };
}

function createHeldSessions(): HeldSessions {
  // In order of last use, so that the first is the one that was idle the longest.
  const held = new Map<string, Session>();
  let heldBytes = 0;

  function touch(session: Session): void {
    session.lastUsedMs = session.sandbox.now();
    if (!held.delete(keyOf(session))) heldBytes += session.bytes;
    held.set(keyOf(session), session);
  }

  async function letGo(session: Session): Promise<void> {
    if (held.delete(keyOf(session))) heldBytes -= session.bytes;
    // One that could not be made has failed its request already, and leaves nothing to close.
    await session.transport?.then((transport) => transport.close(), () => {});
  }

  function sweep(): void {
    for (const session of held.values()) {
      if (session.sandbox.now() <= endFrom(session.lastUsedMs)) break;
      if (session.openStreams > 0) touch(session);
      else void letGo(session);
    }
    while (held.size > MAX_SESSIONS || heldBytes > MAX_SESSIONS_BYTES) {
      const idlest = held.values().find(({ openStreams }) => openStreams === 0) ?? [...held.values()][0];
      if (idlest) void letGo(idlest);
    }
  }

  return {
    get: (name) => held.get(keyOf(name)),
    touch,
    letGo,
    letGoOf: async (sandboxId) => {
      await Promise.all([...held.values()].filter(({ sandbox }) => sandbox.id === sandboxId).map(letGo));
    },
    sweep,
    letAllGo: async () => {
      await Promise.all([...held.values()].map(letGo));
    },
    size: () => held.size,
  };
}

function openSession(id: string, { sandbox, profile }: Presenter, record: SessionRecord): Session {
  const bytes = Buffer.byteLength(JSON.stringify(record));
  return { id, sandbox, profile, record, bytes, requestIds: createRequestIds(), lastUsedMs: 0, openStreams: 0 };
}

/** When a session ends that is used at a time and never again. */
function endFrom(usedMs: number): number {
  return usedMs + SESSION_IDLE_MS + SESSION_SLACK_MS;
}

function keyOf({ sandbox, id }: SessionName): string {
  return `${sandbox.id} ${id}`;
}

/** Without a token callers cannot be told apart, and `/bearer` takes any token: there only the id is checked. */
function mayUse(record: SessionRecord, { mode, caller }: Presenter): boolean {
  return record.mode === mode && (record.owner === undefined || record.owner === caller.owner);
}
