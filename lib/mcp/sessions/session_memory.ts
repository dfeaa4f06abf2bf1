// The sessions in the memory of a process: their transports, the ids that their requests have in use, and when they leave.
import type { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { ListChange } from "../client_link.ts";
import type { McpCall } from "../contract.ts";
import type { Profile } from "../profile.ts";
import { createRequestIds, type RequestIds } from "./request_ids.ts";
import { handleOf, type SessionHandle, type SessionRecord } from "./session_table.ts";

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
  /** Tells the client that a list has changed. */
  readonly tell: (change: ListChange) => Promise<void>;
  /** Tells the client, if it was asked for that, that a person has done what they were asked for in URL mode. */
  readonly complete: (elicitationId: string) => Promise<void>;
}

/** A session in the memory of this process. */
export interface Session {
  /** What `Mcp-Session-Id` carries. */
  readonly id: string;
  /** That, as headers of a response. */
  readonly headers: Readonly<Record<string, string>>;
  readonly handle: SessionHandle;
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

/** The sessions in the memory of this process. */
export interface SessionMemory {
  readonly get: (of: SessionName) => Session | undefined;
  /** Takes a session up, or notes that it was used. */
  readonly touch: (session: Session) => void;
  /** Drops a session, if it is held here, and closes its streams. */
  readonly letGo: (of: SessionName) => Promise<void>;
  /** Those of a sandbox. */
  readonly of: (sandboxId: string) => readonly Session[];
  readonly letGoOf: (sandboxId: string) => Promise<void>;
  readonly sweep: () => void;
  readonly letAllGo: () => Promise<void>;
  readonly size: () => number;
}

/** What tells sessions apart: an id is valid in one sandbox. */
export type SessionName = Pick<Session, "sandbox" | "handle">;

/** Makes the memory of one app, empty at first. */
export function createSessionMemory(): SessionMemory {
  // In order of last use, so that the first is the one that was idle the longest.
  const held = new Map<string, Session>();
  let heldBytes = 0;

  function touch(session: Session): void {
    session.lastUsedMs = session.sandbox.now();
    if (!held.delete(keyOf(session))) heldBytes += session.bytes;
    held.set(keyOf(session), session);
  }

  async function letGo(name: SessionName): Promise<void> {
    const session = held.get(keyOf(name));
    if (!session) return;
    held.delete(keyOf(name));
    heldBytes -= session.bytes;
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

  const of = (sandboxId: string): Session[] => [...held.values()].filter(({ sandbox }) => sandbox.id === sandboxId);

  return {
    get: (name) => held.get(keyOf(name)),
    touch,
    letGo,
    of,
    letGoOf: async (sandboxId) => {
      await Promise.all(of(sandboxId).map(letGo));
    },
    sweep,
    letAllGo: async () => {
      await Promise.all([...held.values()].map(letGo));
    },
    size: () => held.size,
  };
}

/** Makes what a process holds of a session. */
export function openSession(id: string, { sandbox, profile }: Presenter, record: SessionRecord): Session {
  const bytes = Buffer.byteLength(JSON.stringify(record));
  const requestIds = createRequestIds();
  const [handle, headers] = [handleOf(id), { "mcp-session-id": id }];
  return { id, headers, handle, sandbox, profile, record, bytes, requestIds, lastUsedMs: 0, openStreams: 0 };
}

/** When a session ends that is used at a time and never again. */
export function endFrom(usedMs: number): number {
  return usedMs + SESSION_IDLE_MS + SESSION_SLACK_MS;
}

function keyOf({ sandbox, handle }: SessionName): string {
  return `${sandbox.id} ${handle}`;
}
