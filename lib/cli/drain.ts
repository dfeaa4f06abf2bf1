// Draining a server that is to stop: requests in progress may finish, new ones are refused, and those whose bodies do not
// arrive are abandoned.
import { isBodyAwaited } from "../http/request_body.ts";
import { notedText } from "../http/seen_text.ts";
import { withEnd } from "../http/stream.ts";
import type { Sleep } from "../runtime/sleep.ts";

/** How long the rest of a body may take once the server drains, in milliseconds: as long as reading an answer may. */
const BODY_MS = 1000;

/** A function from request to response. */
export type Handler<Info> = (request: Request, info?: Info) => Promise<Response>;

/** A handler that can be drained. */
interface Drain<Info> {
  /** Answers a request, or refuses it with 503 once the server drains. */
  readonly enter: Handler<Info>;
  /**
   * Refuses new requests; resolves when the last one in progress is answered, or has waited for its body in vain: to
   * whether any was answered meanwhile.
   */
  readonly close: () => Promise<boolean>;
}

/**
 * Counts the requests that come in and the answers that go out. An answer that is a stream of events to a POST has gone
 * out when the stream ends; a standing stream (a GET) has nothing under way.
 *
 * @param handler What answers; where it rejects, the request counts as answered.
 */
export function createDrain<Info>(handler: Handler<Info>, sleep: Sleep): Drain<Info> {
  const empty = Promise.withResolvers<boolean>();
  const underWay = new Set<Request>();
  let isClosing = false;
  let isAnswered = false;

  function leave(request: Request): void {
    isAnswered ||= isClosing && underWay.has(request);
    remove(request);
  }

  function remove(request: Request): void {
    underWay.delete(request);
    if (underWay.size === 0 && isClosing) empty.resolve(isAnswered);
  }

  async function giveUpBodies(): Promise<void> {
    await sleep(BODY_MS);
    for (const request of underWay) if (isBodyAwaited(request)) remove(request);
  }

  return {
    enter: (request, info) => {
      if (isClosing) return Promise.resolve(new Response(null, { status: 503, headers: { connection: "close" } }));
      underWay.add(request);
      return handler(request, info).then((response) => {
        const events = request.method === "POST" ? eventsOf(response) : null;
        if (events) return new Response(withEnd(events, () => leave(request)), response);
        leave(request);
        return response;
      }, (error) => {
        leave(request);
        throw error;
      });
    },
    close: () => {
      isClosing = true;
      if (underWay.size === 0) empty.resolve(false);
      else void giveUpBodies();
      return empty.promise;
    },
  };
}

/** The events of an answer; to look at the headers of one whose whole text is known makes the HTTP server prepare it twice. */
function eventsOf(response: Response): ReadableStream<Uint8Array> | null {
  const isStream = notedText(response) === undefined && response.headers.get("content-type") === "text/event-stream";
  return isStream ? response.body : null;
}
