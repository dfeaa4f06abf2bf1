/**
 * The messages of a session's streams, kept for clients that lose the connection and resume with `Last-Event-ID`.
 *
 * @module
 */
import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

/** A client that lost more than this many messages starts a new session. */
export const MAX_EVENTS_PER_SESSION = 100;

interface StoredEvent {
  readonly streamId: string;
  readonly message: JSONRPCMessage;
}

/**
 * Makes the event store of one session, in memory, where the oldest events leave first.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery}
 * @internal
 */
export function createEventStore(): EventStore {
  const events = new Map<string, StoredEvent>();
  let count = 0;

  return {
    storeEvent: (streamId, message) => {
      const eventId = `${++count}_${streamId}`;
      events.set(eventId, { streamId, message });
      const [oldest] = events.keys();
      if (events.size > MAX_EVENTS_PER_SESSION && oldest !== undefined) {
        events.delete(oldest);
      }
      return Promise.resolve(eventId);
    },
    getStreamIdForEventId: (eventId) => Promise.resolve(events.get(eventId)?.streamId),
    replayEventsAfter: async (lastEventId, { send }) => {
      const streamId = events.get(lastEventId)?.streamId ?? "";
      let passed = false;
      for (const [eventId, event] of [...events]) {
        // The event that opens a stream carries no message: it only gives the client an id to resume from.
        const carries = event.streamId === streamId &&
          Object.keys(event.message).length > 0;
        if (passed && carries) await send(eventId, event.message);
        passed ||= eventId === lastEventId;
      }
      return streamId;
    },
  };
}
