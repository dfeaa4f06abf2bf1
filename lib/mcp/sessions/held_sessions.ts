// The sessions of the revisions up to 2025-11-25: who may use one, and when it ends. What was agreed is in the store, which
// every request reads once, so a session continues in any process, and one that was ended anywhere has ended everywhere.
// What a process keeps in memory (a transport, the events of its streams) can be dropped at any time.
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Entry } from "../../store/store.ts";
import {
  createSessionMemory,
  endFrom,
  openSession,
  type Presenter,
  type Session,
  SESSION_IDLE_MS,
  type SessionName,
} from "./session_memory.ts";
import { createHandles, type SessionHandle, type SessionRecord, type SessionTable } from "./session_table.ts";
import { holderOf } from "../caller.ts";
import type { LivingSession } from "../contract.ts";
import { idOf, rpcErrorResponse, SERVER_ERROR, SESSION_NOT_FOUND } from "../rpc.ts";

/** What a client and the server agree on when a session begins. */
export type Agreed = Pick<SessionRecord, "owner" | "revision" | "capabilities" | "clientInfo">;

/** The sessions of one app. */
export interface Sessions {
  readonly begin: (id: string, presenter: Presenter, agreed: Agreed) => Promise<void>;
  /** Begins to read the row of the session that a request names, while the request is still being checked. */
  readonly expect: (request: Request, sandbox: Sandbox) => void;
  /** The session that a request names, if it is alive and the presenter's; else the answer that says so. */
  readonly find: (request: Request, presenter: Presenter, body?: unknown) => Promise<Session | Response>;
  /** Asks the store whether a session with an open stream still exists, and closes its streams if it does not. */
  readonly check: (session: Session) => Promise<void>;
  /** Ends a session for good; its streams in other processes end with their next sign of life. */
  readonly end: (of: SessionName) => Promise<void>;
  /** The sessions of a sandbox that are alive, by their handles; of so many rows, if not of all. */
  readonly list: (sandbox: Sandbox, limit?: number) => Promise<ReadonlyMap<SessionHandle, LivingSession>>;
  /** A session that is alive, with nothing done to it. */
  readonly peek: (of: SessionName) => Promise<LivingSession | undefined>;
  /** Counts a request in a session; gives how many were counted before. */
  readonly count: (of: SessionName) => Promise<number>;
  /** Those of a sandbox that are held here. */
  readonly of: (sandboxId: string) => readonly Session[];
  /** Drops all sessions of a sandbox that has ended, and ends what they do. */
  readonly forget: (sandboxId: string) => Promise<void>;
  /** Drops sessions that have expired, or are too many; costs nothing when there are none. */
  readonly sweep: () => void;
  /** Closes all streams. The sessions themselves go on in other processes, and after a restart. */
  readonly close: () => Promise<void>;
  readonly size: () => number;
}

/** More than a process could hold. */
const ALL = 1_000_000;

/**
 * Makes the sessions of one app.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management}
 */
export function createSessions(table: SessionTable): Sessions {
  const held = createSessionMemory();
  const { handleOf, ...expected } = createExpectedRows(table);
  let closed = false;

  /** Reads the row, moves its end if that is due, and forgets a session that has none. */
  async function confirm(
    name: SessionName,
    row = table.find(name.sandbox.id, name.handle),
  ): Promise<SessionRecord | undefined> {
    const entry = await row;
    const session = held.get(name);
    const now = name.sandbox.now();
    const record = entry.value;
    if (!record || !isAlive(record, now, session)) {
      await held.letGo(name);
      return undefined;
    }
    if (record.expiresAtMs - now < SESSION_IDLE_MS) await table.extend(entry, endFrom(now));
    return record;
  }

  async function find(request: Request, presenter: Presenter, body?: unknown): Promise<Session | Response> {
    const { sandbox } = presenter;
    const id = request.headers.get("mcp-session-id");
    if (!id) return refuse(400, SERVER_ERROR, "Bad Request: Mcp-Session-Id header is required", body);
    const name = { sandbox, handle: handleOf(id) };
    const record = await confirm(name, expected.of(request));
    if (closed) return refuse(503, SERVER_ERROR, "The server is shutting down", body);
    const isOwn = record !== undefined && mayUse(record, presenter);
    const isEnd = isOwn && endsNow(record, presenter);
    if (isEnd) await end(name);
    if (!isOwn || isEnd) return refuse(404, SESSION_NOT_FOUND, "Session not found", body);
    const session = held.get(name) ?? openSession(id, presenter, record);
    held.touch(session);
    held.sweep();
    return session;
  }

  async function end({ sandbox, handle }: SessionName): Promise<void> {
    await table.end(sandbox.id, handle);
    await held.letGo({ sandbox, handle });
  }

  function living(name: SessionName, record: SessionRecord | undefined): LivingSession | undefined {
    const here = held.get(name);
    if (!record || !isAlive(record, name.sandbox.now(), here)) return undefined;
    return { ...record, openStreams: here?.openStreams ?? 0 };
  }

  return {
    begin: async (id, presenter, agreed) => {
      const session = openSession(id, presenter, recordOf(presenter, agreed));
      await table.begin(presenter.sandbox.id, session.handle, session.record);
      held.touch(session);
      held.sweep();
    },
    expect: expected.expect,
    find,
    check: async (session) => void await confirm(session),
    end,
    list: async (sandbox, limit = ALL) =>
      new Map(
        [...await table.list(sandbox.id, limit)].flatMap(([handle, record]) => {
          const session = living({ sandbox, handle }, record);
          return session ? [[handle, session] as const] : [];
        }),
      ),
    peek: async (name) => living(name, (await table.find(name.sandbox.id, name.handle)).value),
    count: ({ sandbox, handle }) => table.count(sandbox.id, handle),
    of: held.of,
    forget: held.letGoOf,
    sweep: held.sweep,
    close: async () => {
      closed = true;
      await held.letAllGo();
    },
    size: held.size,
  };
}

function refuse(status: number, code: number, message: string, body: unknown): Response {
  return rpcErrorResponse(status, code, message, { id: idOf(body) });
}

/** Rows that are being read while the requests that name them are still being checked. */
function createExpectedRows(table: SessionTable): {
  readonly handleOf: (id: string) => SessionHandle;
  readonly expect: Sessions["expect"];
  readonly of: (request: Request) => Promise<Entry<SessionRecord>> | undefined;
} {
  const rows = new WeakMap<Request, Promise<Entry<SessionRecord>>>();
  const handleOf = createHandles();
  return {
    handleOf,
    expect: (request, sandbox) => {
      const id = request.headers.get("mcp-session-id");
      if (!id) return;
      const row = table.find(sandbox.id, handleOf(id));
      // A request that needs the row is told of a failure; one that is refused before that never asks.
      row.catch(() => {});
      rows.set(request, row);
    },
    of: (request) => rows.get(request),
  };
}

/** What is kept of a session that begins. */
function recordOf({ sandbox, mode, caller: { token }, policy }: Presenter, agreed: Agreed): SessionRecord {
  const { sessionTtlSeconds, sessionEndsWithToken } = policy;
  const startedAtMs = sandbox.now();
  return {
    mode,
    ...agreed,
    ...(token && { clientId: token.clientId }),
    ...(token && sessionEndsWithToken && { tokenId: token.id }),
    startedAtMs,
    ...(sessionTtlSeconds !== undefined && { endsAtMs: startedAtMs + sessionTtlSeconds * 1000 }),
    expiresAtMs: endFrom(startedAtMs),
  };
}

/** Whether a session goes on: it is used, or was a short time ago, and its life has not ended. */
function isAlive(
  { expiresAtMs, endsAtMs = Infinity }: SessionRecord,
  nowMs: number,
  here: Session | undefined,
): boolean {
  return nowMs < endsAtMs && (nowMs <= expiresAtMs || (here?.openStreams ?? 0) > 0);
}

/** Whether a request is the end of the session that it names. */
function endsNow({ tokenId }: SessionRecord, { caller: { token }, policy: { endsSession } }: Presenter): boolean {
  return endsSession === "before" || (tokenId !== undefined && tokenId !== token?.id);
}

/** Without a token callers cannot be told apart, and `/bearer` takes any token: there only the id is checked. */
function mayUse(record: SessionRecord, { mode, caller }: Presenter): boolean {
  return record.mode === mode && (record.owner === undefined || record.owner === holderOf(caller));
}
