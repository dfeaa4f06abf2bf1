// What a fault may do to an answer: give another one instead, or edit the one there is.

/**
 * What is done to a finished response. Texts may hold templates (`templates.ts`); in a header, what a header cannot hold is
 * percent-encoded. Any members go together: the delay comes first, then `json` and `encode`, `location`, `headers` and
 * `content_type`, `body`, `status`, and last what breaks the body. An edit that would change nothing of a response is not
 * made, and is not met by it.
 */
export interface Edit {
  /** Another status; one without a body (204, 205, 304) removes the body. */
  readonly status?: number;
  /** Headers to set; null removes one. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Members of a JSON body: those to keep (all, if not said), to remove, to set. */
  readonly json?: {
    readonly keep?: readonly string[];
    readonly remove?: readonly string[];
    readonly set?: Readonly<Record<string, unknown>>;
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
}

/** A response that replaces the handler's. */
export interface Answer {
  readonly status: number;
  /** Headers; templates as in {@link Edit}. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, or something to be sent as JSON; templates as in {@link Edit}. */
  readonly body?: unknown;
}
