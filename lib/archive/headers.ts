// The headers of an entry of an HTTP archive. What stands there instead of a secret is beyond Latin-1, which `Headers` refuses.
import type { HeaderPair, SeenHeaders } from "../recorder/exchange.ts";
import type { JsonObject } from "../http/json.ts";
import { cutText } from "../runtime/own_text.ts";
import { objectsIn, textIn } from "./members.ts";

/** The most that is read of a header, in characters. */
const MAX_LENGTH = 16 * 1024;
/** What Chromium and Firefox take for the type of what has none. */
const UNKNOWN_TYPE = /^(?:application\/)?x-unknown/;
/** The most headers of one message. */
const MAX_HEADERS = 200;
/** A name that HTTP knows (RFC 9110 5.6.2); those that HTTP/2 begins with a colon are of the first line. */
const NAME = /^[\w!#$%&'*+.^`|~-]{1,200}$/;

/**
 * The headers of a message. Several of one name, some tools put into several lines of one.
 *
 * @param message The request or response.
 * @param mediaType What the tool says that its body is, where no header does.
 */
export function headersIn(message: JsonObject | undefined, mediaType: string | undefined): SeenHeaders {
  const pairs = objectsIn(message, "headers").slice(0, MAX_HEADERS).flatMap((header): readonly HeaderPair[] => {
    const [name = "", value = ""] = [textIn(header, "name")?.toLowerCase(), textIn(header, "value")];
    if (!NAME.test(name)) return [];
    return cutText(value, MAX_LENGTH).split(/[\r\n]+/).map((line) => [name, line.trim()]);
  });
  const isTyped = !mediaType || UNKNOWN_TYPE.test(mediaType) || pairs.some(([name]) => name === "content-type");
  return createSeenHeaders(isTyped ? pairs : [...pairs, ["content-type", mediaType]]);
}

/** What every request has on the wire, in one of the versions of HTTP, and no program sets itself. */
const OF_WIRE: ReadonlySet<string> = new Set(["host", ":authority"]);

/**
 * Whether the headers of a request are those that were sent. Browsers show those that a page has asked for where they do not know,
 * such as of what was cancelled, or came from a cache.
 */
export function areOfWire(request: JsonObject | undefined): boolean {
  return objectsIn(request, "headers").some((header) => OF_WIRE.has(textIn(header, "name")?.toLowerCase() ?? ""));
}

function createSeenHeaders(pairs: readonly HeaderPair[]): SeenHeaders {
  const values = new Map<string, string>();
  const cookies: HeaderPair[] = [];
  for (const [name, value] of pairs) {
    const before = values.get(name);
    if (name === "set-cookie") cookies.push([name, value]);
    else values.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const sorted = [...values, ...cookies].sort(([one], [other]) => one < other ? -1 : one > other ? 1 : 0);
  return {
    get: (name) => values.get(name) ?? null,
    forEach: (each) => sorted.forEach(([name, value]) => each(value, name)),
  };
}
