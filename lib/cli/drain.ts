/**
 * The way in and out of a server that is to stop: requests under way are let finish, new ones are turned away.
 *
 * @module
 */
import { withEnd } from "../http/stream.ts";

/** A function from request to response. */
export type Handler<Info> = (request: Request, info?: Info) => Promise<Response>;

/** A handler that can be closed. */
export interface Door<Info> {
  /** Answers a request, or turns it away with 503 once the door is closing. */
  readonly enter: Handler<Info>;
  /** Turns new requests away; resolves when the last one under way is answered. */
  readonly close: () => Promise<void>;
}

/**
 * Counts the requests that come in and the answers that go out. An answer that is a stream of events to a POST has gone
 * out when the stream ends; a standing stream (a GET) has nothing under way.
 *
 * @param handler What answers; where it rejects, the request counts as answered.
 */
export function createDoor<Info>(handler: Handler<Info>): Door<Info> {
  const empty = Promise.withResolvers<void>();
  let underWay = 0;
  let isClosing = false;

  function leave(): void {
    if (--underWay === 0 && isClosing) empty.resolve();
  }

  return {
    enter: async (request, info) => {
      if (isClosing) return new Response(null, { status: 503, headers: { connection: "close" } });
      underWay++;
      const response = await handler(request, info).catch((error: unknown) => {
        leave();
        throw error;
      });
      const isStream = request.method === "POST" && response.headers.get("content-type") === "text/event-stream";
      if (isStream && response.body) return new Response(withEnd(response.body, leave), response);
      leave();
      return response;
    },
    close: () => {
      isClosing = true;
      if (underWay === 0) empty.resolve();
      return empty.promise;
    },
  };
}
