// The words of forms (`application/x-www-form-urlencoded`), and of queries, which are written alike.
import { detached } from "../runtime/own_text.ts";

/** Names and values in their order; a name may come more than once. */
export type FormFields = Iterable<readonly [name: string, value: string]>;

/** What stands in a form as a name or value; as it is where that cannot be decoded. */
export function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/**
 * Reads a form as `URLSearchParams` does, in a third of the time.
 *
 * @see {@link https://url.spec.whatwg.org/#urlencoded-parsing}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseFields("a=b%20c+d&&e"), [["a", "b c d"], ["e", ""]]);
 * ```
 */
export function parseFields(text: string): readonly (readonly [name: string, value: string])[] {
  const fields: (readonly [string, string])[] = [];
  for (let from = 0; from < text.length;) {
    const next = text.indexOf("&", from);
    const to = next === -1 ? text.length : next;
    if (to > from) fields.push(fieldOf(text.slice(from, to)));
    from = to + 1;
  }
  return fields;
}

function fieldOf(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  const [name, value] = equals === -1 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
  // Some values outlive the request, which must not stay with them.
  if (!text.includes("%") && !text.includes("+")) return [name, detached(value)];
  try {
    return [decoded(name), decoded(value)];
  } catch {
    // Half a percent sign, or bytes that are not UTF-8: rare, and the standard says what to make of them.
    return new URLSearchParams(text).entries().next().value ?? [name, value];
  }
}

/** @throws URIError where `decodeURIComponent` does. */
function decoded(text: string): string {
  return decodeURIComponent(text.includes("+") ? text.replaceAll("+", " ") : text);
}
