// Letting pages of any origin read a response.
import { noteText } from "./seen_text.ts";

/** Names of headers in lower case, and their values. */
type Fields = Readonly<Record<string, string>>;

/** Headers that let any page read a response; a mock has no cookies that a page could misuse. */
const anyOrigin: Fields = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "www-authenticate, mcp-session-id, mcp-protocol-version, retry-after, dpop-nonce",
};

/** A response in JSON that any page may read from the start, and whose head can be kept without all that a response is. */
export class OpenResponse extends Response {
  /** What is known of it without looking at its headers; to read those makes Deno's HTTP server prepare it twice. */
  readonly head: OpenHead;

  /**
   * @param json Its body.
   * @param fields Its other headers.
   */
  constructor(json: string, fields: Fields, status = 200) {
    super(json, { status, headers: { "content-type": JSON_TYPE } });
    // One by one: Deno prepares a response with only a type at once, and checks one with many at length.
    const headers = super.headers;
    for (const all of [fields, anyOrigin]) for (const name in all) headers.append(name, all[name] ?? "");
    this.head = new OpenHead(fields);
    noteText(this, json);
  }

  override get headers(): Headers {
    return this.head.touched = super.headers;
  }
}

const JSON_TYPE = "application/json";

/** The headers of an open response: those that it was made with, or, once anybody has touched them, as they are. */
class OpenHead {
  readonly #fields: Fields;
  touched: Headers | undefined;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  get headers(): Pick<Headers, "get"> & { readonly forEach: (each: (value: string, name: string) => void) => void } {
    return this.touched ?? this;
  }

  get(name: string): string | null {
    const all: Fields = this.#all();
    return Object.hasOwn(all, name) ? all[name] ?? null : null;
  }

  /** As `Headers` has it: sorted by name. */
  forEach(each: (value: string, name: string) => void): void {
    const all = this.#all();
    for (const name of Object.keys(all).sort()) each(all[name] ?? "", name);
  }

  #all(): Fields {
    return { "content-type": JSON_TYPE, ...this.#fields, ...anyOrigin };
  }
}

/** Lets any page read a response. */
export function allowOrigin(response: Response): void {
  if (response instanceof OpenResponse) return;
  for (const [name, value] of Object.entries(anyOrigin)) response.headers.set(name, value);
}
