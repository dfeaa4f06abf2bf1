/** The tables of scenarios in `tests/matrix/README.md` are what the catalogue and the clients say today. */
import assert from "node:assert/strict";
import { markers, path, renderTables, walkAll } from "../matrix/table.ts";

Deno.test("tests/matrix/README.md says of every scenario how the clients of both SDKs fare in it", async () => {
  const document = await Deno.readTextFile(path);
  const [begin, end] = markers;
  const rows = (text: string): readonly string[] =>
    text.split("\n").map((line) => line.replaceAll(/ +/g, " ").trim()).filter((line) => line.startsWith("| `"));
  const written = rows(document.split(begin)[1]?.split(end)[0] ?? "");
  assert.deepEqual(rows(renderTables(await walkAll())), written, "deno task matrix writes them anew");
});
