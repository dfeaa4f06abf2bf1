/** The README's tables of scenarios are what the catalogue and the clients say today. */
import assert from "node:assert/strict";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { markers, renderTables, walkAll } from "../matrix/table.ts";

Deno.test("the README says of every scenario how the clients of both SDKs fare in it", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const [begin, end] = markers;
  const rows = (text: string): readonly string[] =>
    text.split("\n").map((line) => line.replaceAll(/ +/g, " ").trim()).filter((line) => line.startsWith("| `"));
  const written = rows(readme.split(begin)[1]?.split(end)[0] ?? "");
  assert.deepEqual(rows(renderTables(await walkAll(catalogue))), written, "deno task matrix writes them anew");
});
