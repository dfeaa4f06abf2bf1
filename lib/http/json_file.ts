// JSON that a person wrote into a file: where it is not JSON, they are told the line and the column. The parser of the
// runtime tells them only sometimes, and shows what stands there, which may be a password.

import { JsonError, parseJson, problemOf } from "./json.ts";

/** White space, then a token (RFC 8259 2, 6, 7); a token that is missing or wrong does not match. */
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)))/y;

/**
 * Parses a file.
 *
 * @throws Error whose message says in one line where it stops being JSON, and shows nothing of it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseJsonFile("[1]"), [1]);
 * assert.throws(() => parseJsonFile('[\n  "a"\n  "b"\n]'), { message: "the file is not JSON: see line 3, column 3 on" });
 * ```
 */
export function parseJsonFile(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError) || error.isTooDeep) throw new Error(`the file ${problemOf(error)}`);
    const lines = text.slice(0, faultOffset(text)).split("\n");
    throw new Error(`the file is not JSON: see line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1} on`);
  }
}

/** What may come next: a value, the name of a member, a colon, or what follows a value. */
type Position = "value" | "first value" | "name" | "first name" | "colon" | "after";

/** Where a text stops being JSON. */
function faultOffset(text: string): number {
  const open: string[] = [];
  let position: Position = "value";
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const [token = "", mark, scalar] = TOKEN.exec(text) ?? [];
    const next = nextPosition(position, mark ?? (scalar?.startsWith('"') ? "text" : scalar && "scalar"), open);
    if (next === undefined) return at + (/^[ \t\n\r]*/.exec(text.slice(at))?.[0].length ?? 0);
    at += token.length;
    position = next;
  }
}

/** Where a token leads to; undefined where it may not stand. */
function nextPosition(position: Position, token: string | undefined, open: string[]): Position | undefined {
  const inside = open.at(-1);
  switch (token) {
    case "{":
    case "[":
      if (position !== "value" && position !== "first value") return undefined;
      open.push(token);
      return token === "{" ? "first name" : "first value";
    case "}":
      return position === "first name" || (position === "after" && inside === "{") ? closed(open) : undefined;
    case "]":
      return position === "first value" || (position === "after" && inside === "[") ? closed(open) : undefined;
    case ",":
      return position === "after" && inside !== undefined ? (inside === "{" ? "name" : "value") : undefined;
    case ":":
      return position === "colon" ? "value" : undefined;
    case "text":
      if (position === "name" || position === "first name") return "colon";
      return position === "value" || position === "first value" ? "after" : undefined;
    case "scalar":
      return position === "value" || position === "first value" ? "after" : undefined;
    default:
      return undefined;
  }
}

function closed(open: string[]): Position {
  open.pop();
  return "after";
}
