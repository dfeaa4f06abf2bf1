/** The README's tables of the suite's verdicts and ours are what both say today, and they agree but for reasons given. */
import assert from "node:assert/strict";
import { compareAll, findProblems, markers, renderAgreement } from "../agreement/table.ts";

/** Lines without the padding of columns. */
function linesOf(text: string): readonly string[] {
  return text.split("\n").map((line) => line.replaceAll(/ +/g, " ").replaceAll(/-+/g, "-").trim()).filter(Boolean);
}

Deno.test("our verdicts on the clients of both SDKs are the official suite's, check by check (conformance 0.2.0-alpha.12)", async () => {
  const all = await compareAll();
  assert.deepEqual(findProblems(all), []);
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const [begin, end] = markers;
  const written = readme.split(begin)[1]?.split(end)[0] ?? "";
  assert.deepEqual(linesOf(renderAgreement(all)), linesOf(written), "deno task agreement writes them anew");
});
