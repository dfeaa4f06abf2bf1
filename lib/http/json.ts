// The one way in for JSON from outside: bodies, parameters, tokens, links, files and fetched documents. Depth is bounded here,
// far below what any recursive reader (schemas, `JSON.stringify`, V8's own serialiser) fails at.

/** Levels of arrays and objects that JSON from outside may have; no request of any standard served here needs ten. */
export const MAX_NESTING = 100;

/** JSON that is refused; the message says why, and continues a sentence: `is not JSON`. */
export class JsonError extends Error {
  /** Whether it is JSON, but nested too deep. */
  readonly isTooDeep: boolean;

  /**
   * Makes one.
   *
   * @param cause What the parser says, which may quote the text.
   */
  constructor(isTooDeep: boolean, cause?: unknown) {
    super(isTooDeep ? `is JSON nested deeper than ${MAX_NESTING} levels` : "is not JSON", { cause });
    this.name = "JsonError";
    this.isTooDeep = isTooDeep;
  }
}

/**
 * Parses JSON.
 *
 * @param text What came in; its size is bounded where it was read.
 * @throws JsonError for what is not JSON, or is nested deeper than {@link MAX_NESTING}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseJson("[1]"), [1]);
 * assert.throws(() => parseJson("{"), /is not JSON/);
 * assert.throws(() => parseJson("[".repeat(101) + "]".repeat(101)), /nested deeper than 100 levels/);
 * ```
 */
export function parseJson(text: string): unknown {
  if (isNestedTooDeep(text)) throw new JsonError(true);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new JsonError(false, error);
  }
}

/**
 * What is wrong with JSON that {@link parseJson} refused, to continue a sentence with.
 *
 * @throws The same, if it is anything else.
 */
export function problemOf(error: unknown): string {
  if (error instanceof JsonError) return error.message;
  throw error;
}

const [QUOTE, BACKSLASH, ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether JSON is nested deeper than {@link MAX_NESTING}. It looks at the text, since parsing two million brackets takes a second.
 */
export function isNestedTooDeep(json: string): boolean {
  if (hasFewBrackets(json)) return false;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json.charCodeAt(at);
    if (char === QUOTE) {
      at = endOfString(json, at + 1);
    } else if (char === ARRAY || char === OBJECT) {
      if (++depth > MAX_NESTING) return true;
    } else if (char === ARRAY_END || char === OBJECT_END) depth--;
  }
  return false;
}

/** Whether there are so few brackets, in strings or not, that nothing can be too deep: nearly always, and seen much faster. */
function hasFewBrackets(json: string): boolean {
  let count = 0;
  for (const bracket of ["{", "["] as const) {
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1)) {
      if (++count > MAX_NESTING) return false;
    }
  }
  return true;
}

/** Where the quote stands that ends a string. */
function endOfString(json: string, start: number): number {
  for (let at = start; at < json.length; at++) {
    const char = json.charCodeAt(at);
    if (char === BACKSLASH) at++;
    else if (char === QUOTE) return at;
  }
  return json.length;
}

/** A JSON object of unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Says whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Whether two JSON values are the same, in whichever order their members stand.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert(isSameJson({ a: 1, b: [2] }, { b: [2], a: 1 }));
 * assert(!isSameJson([1, 2], [2, 1]));
 * ```
 */
export function isSameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(inOrder(one)) === JSON.stringify(inOrder(other));
}

/** A JSON value whose members stand in the order of their names. */
export function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1).map(([name, member]) => [name, inOrder(member)]),
  );
}
