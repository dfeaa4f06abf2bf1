/** JSON that a person wrote: they are told where it stops being JSON, and nothing of it is shown. */
import assert from "node:assert/strict";
import { parseJsonFile } from "../../lib/http/json_file.ts";

Deno.test("a file that is not JSON is refused with the line and column from which on it is none", () => {
  const rows: readonly (readonly [text: string, line: number, column: number])[] = [
    ["", 1, 1],
    ["  \n", 2, 1],
    ["{", 1, 2],
    ["[1,]", 1, 4],
    ["[,1]", 1, 2],
    ['{"a":1,}', 1, 8],
    ['{"a" 1}', 1, 6],
    ["{'a':1}", 1, 2],
    ['{"a":}', 1, 6],
    ['{"a":1 "b":2}', 1, 8],
    ['[\n  "a"\n  "b"\n]', 3, 3],
    ['[\n "open\n]', 2, 2],
    ['["\\x"]', 1, 2],
    ["[01]", 1, 2],
    ["[1.]", 1, 2],
    ["[truely]", 1, 2],
    ["[1}", 1, 3],
    ['{"a":1]', 1, 7],
    ["[1] [2]", 1, 5],
    ["1 2", 1, 3],
    ["// a comment\n{}", 1, 1],
    ["\ufeff[]", 1, 1],
    ["undefined", 1, 1],
  ];
  for (const [text, line, column] of rows) {
    assert.throws(() => parseJsonFile(text), {
      message: `the file is not JSON: see line ${line}, column ${column} on`,
    }, JSON.stringify(text));
  }
});

Deno.test("a file that is JSON is read as JSON.parse reads it", () => {
  for (const value of [{ a: [1, -2.5e3, 'x"\\\n', true, null, {}, []] }, "text", 0, null]) {
    assert.deepEqual(parseJsonFile(JSON.stringify(value, null, 2)), value);
  }
});
