// What a fault may do to an answer: give another one instead, or edit the one there is.

/**
 * What is done to a finished response. Text may hold templates: `{issuer}`, `{origin}`, `{host}`, `{prefix}`, the name of
 * an endpoint's URL such as `{token_url}`, and of the message itself `{body.name}`, `{query.name}`, `{location.name}`; in a
 * header, what a header cannot hold is percent-encoded. Any members go together: the delay comes first, then `json` and
 * `encode`, `location`, `headers` and `content_type`, `body`, `status`, and last what breaks the body.
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
  /** The body ends after so many bytes, and the connection with it. */
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
