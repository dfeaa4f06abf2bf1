// What a fault may do to an answer: give another one instead, or edit the one there is.

/**
 * What is done to a finished response. Texts may hold templates (`templates.ts`); in a header, what a header cannot hold is
 * percent-encoded. Any members go together: the delay comes first, then `json` and `encode`, `location`, `headers` and
 * `content_type`, `body`, `status`, then `stream`, and last what breaks the body. An edit that would change nothing of a
 * response is not made, and is not met by it; an event stream is met as it begins.
 */
export interface Edit {
  /** Another status; one without a body (204, 205, 304) removes the body, and an error ends a stream that would stay open. */
  readonly status?: number;
  /** Headers to set; null removes one. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /**
   * Members of a JSON body, or of each message of an event stream: those to keep (all, if not said), to remove, to set, and
   * in which order they come, others behind (that of `keep`, if not said). What is removed or set in a JSON-RPC message may be named by its path, such as
   * `result.capabilities`.
   */
  readonly json?: {
    readonly keep?: readonly string[];
    readonly remove?: readonly string[];
    readonly set?: Readonly<Record<string, unknown>>;
    readonly order?: readonly string[];
  };
  /** Parameters of the URL that a redirect goes to; null removes one. */
  readonly location?: Readonly<Record<string, string | null>>;
  readonly body?: string;
  readonly content_type?: string;
  /** A JSON body as a form. */
  readonly encode?: "form";
  /** Time the response is held back, in milliseconds. */
  readonly delay_ms?: number;
  /** The connection ends instead of the body; a status without a body becomes 200, as nothing else could end early. */
  readonly drop?: boolean;
  /** The connection ends as soon as so many bytes of the body have been sent, at the body's end at the latest. */
  readonly truncate_bytes?: number;
  /** The body comes in pieces of so many bytes, with a pause before each. */
  readonly trickle?: { readonly bytes: number; readonly every_ms: number };
  /** Nothing is sent, not even a status, until the client leaves or the sandbox is reset. */
  readonly hold?: boolean;
  readonly stream?: StreamEdit;
}

/**
 * What is done to an answer of an MCP endpoint as a stream of events. An answer in JSON becomes one, unless all
 * there is to do is `on_get`, or `via` where no such stream is open; a response that is neither is left alone.
 */
export interface StreamEdit {
  /** The form of the answer; in JSON a stream is the last of its messages. */
  readonly form?: "events" | "json";
  /** What comes before the first event. */
  readonly before?: readonly StreamEvent[];
  /** What comes after the last event, before the stream ends. */
  readonly after?: readonly StreamEvent[];
  /** Fields that each event gets; null removes one. */
  readonly fields?: {
    readonly event?: string | null;
    readonly id?: string | null;
    readonly retry_ms?: number | null;
  };
  /** Each message comes on several lines of data, with a comment between. */
  readonly split?: boolean;
  /** Each message comes twice. */
  readonly twice?: boolean;
  /** What is put on the GET streams of the same session before the answer begins. */
  readonly on_get?: readonly StreamEvent[];
  /** The messages go out on the GET stream of the same session, where one is open, and the answer ends without any. */
  readonly via?: "get";
  readonly end?: StreamCut;
}

/** How a stream ends too early. */
export interface StreamCut {
  /** Behind so many events, comments not counted; at its beginning, if nothing is said. */
  readonly after_events?: number;
  /** So many milliseconds later; alone, so long after the beginning, whatever goes by until then. */
  readonly after_ms?: number;
  /** As a stream that has ended, as a connection that breaks, or not at all: nothing more comes. */
  readonly how: "close" | "cut" | "hold";
}

/** An event that a fault puts on a stream: a comment, a message, other data, or any text. */
export interface StreamEvent {
  /** Time to wait before it, in milliseconds. */
  readonly wait_ms?: number;
  readonly comment?: string;
  readonly event?: string;
  readonly id?: string;
  readonly retry_ms?: number;
  /** Something to be sent as JSON. */
  readonly message?: unknown;
  /** Data that need not be JSON. */
  readonly data?: string;
  /** Text that stands on the stream as it is written, right or wrong. */
  readonly text?: string;
  /** It comes again and again, at this interval in milliseconds. */
  readonly every_ms?: number;
  /** How often, with `every_ms`; until the client leaves, if not said. */
  readonly times?: number;
}

/** A response that replaces the handler's. */
export interface Answer {
  readonly status: number;
  /** Headers; templates as in {@link Edit}. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, or something to be sent as JSON; templates as in {@link Edit}. */
  readonly body?: unknown;
}
