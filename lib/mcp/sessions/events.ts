// The messages of a session's streams, kept for clients that lose the connection and resume with `Last-Event-ID`. They
// are kept in memory within a budget of bytes for each session, each sandbox and the process; where one is spent, the
// oldest events leave first.
import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

/** A client that lost more than this many messages starts a new session. */
export const MAX_EVENTS_PER_SESSION = 100;

/** The most that events may hold, in bytes of JSON: in a session one message of the largest that can be asked for. */
export const MAX_EVENT_BYTES = { session: 4 * 1024 ** 2, sandbox: 16 * 1024 ** 2, process: 64 * 1024 ** 2 } as const;

/** The events of one session. */
export interface SessionEvents extends EventStore {
  /** Whether a stream can be resumed from an event. */
  readonly keeps: (eventId: string) => boolean;
  /** Forgets them all, once the session's streams are closed. */
  readonly drop: () => void;
}

/** The events of all sessions of one app. */
export interface EventShelves {
  readonly open: (sandboxName: string) => SessionEvents;
}

interface StoredEvent {
  readonly streamId: string;
  readonly json: Uint8Array;
  /** Takes it off every shelf. */
  readonly remove: () => void;
}

/** Events in the order they came, by id. */
interface Shelf {
  readonly events: Map<string, StoredEvent>;
  readonly maxBytes: number;
  bytes: number;
}

/**
 * Makes the event stores of one app.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery}
 */
export function createEventShelves(): EventShelves {
  const ofProcess = createShelf(MAX_EVENT_BYTES.process);
  const ofSandboxes = new Map<string, Shelf>();
  let count = 0;

  function put(
    eventId: string,
    shelves: readonly Shelf[],
    event: Omit<StoredEvent, "remove">,
    onEmpty: () => void,
  ): void {
    const { length } = event.json;
    const remove = (): void => {
      for (const shelf of shelves) if (shelf.events.delete(eventId)) shelf.bytes -= length;
      onEmpty();
    };
    for (const shelf of shelves) {
      shelf.events.set(eventId, { ...event, remove });
      shelf.bytes += length;
    }
    for (const shelf of shelves) while (shelf.bytes > shelf.maxBytes) removeOldest(shelf);
  }

  return {
    open: (sandboxName) => {
      const own = createShelf(MAX_EVENT_BYTES.session);
      const forgetEmpty = (): void => {
        if (ofSandboxes.get(sandboxName)?.events.size === 0) ofSandboxes.delete(sandboxName);
      };
      const storeEvent = (streamId: string, message: JSONRPCMessage): Promise<string> => {
        const eventId = `${++count}_${streamId}`;
        const ofSandbox = ofSandboxes.get(sandboxName) ?? createShelf(MAX_EVENT_BYTES.sandbox);
        ofSandboxes.set(sandboxName, ofSandbox);
        const json = Buffer.from(JSON.stringify(message));
        put(eventId, [own, ofSandbox, ofProcess], { streamId, json }, forgetEmpty);
        if (own.events.size > MAX_EVENTS_PER_SESSION) removeOldest(own);
        return Promise.resolve(eventId);
      };
      return {
        storeEvent,
        keeps: (eventId) => own.events.has(eventId),
        drop: () => {
          for (const { remove } of own.events.values()) remove();
        },
        getStreamIdForEventId: (eventId) => Promise.resolve(own.events.get(eventId)?.streamId),
        replayEventsAfter: (lastEventId, { send }) => replay(own, lastEventId, send),
      };
    },
  };
}

function createShelf(maxBytes: number): Shelf {
  return { events: new Map(), maxBytes, bytes: 0 };
}

function removeOldest({ events }: Shelf): void {
  const [oldest] = events.values();
  oldest?.remove();
}

async function replay(
  { events }: Shelf,
  lastEventId: string,
  send: (eventId: string, message: JSONRPCMessage) => Promise<void>,
): Promise<string> {
  const streamId = events.get(lastEventId)?.streamId ?? "";
  let passed = false;
  for (const [eventId, event] of [...events]) {
    // The event that opens a stream carries no message: it only gives the client an id to resume from.
    if (passed && event.streamId === streamId && event.json.length > EMPTY_BYTES) {
      await send(eventId, JSON.parse(Buffer.from(event.json).toString()));
    }
    passed ||= eventId === lastEventId;
  }
  return streamId;
}

const EMPTY_BYTES = "{}".length;
