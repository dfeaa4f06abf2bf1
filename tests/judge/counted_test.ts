/** How reports count. */
import assert from "node:assert/strict";
import { counted, times } from "../../lib/judge/rules/counted.ts";

Deno.test("one is counted in the singular", () => {
  assert.deepEqual([times(1), times(3)], ["once", "3 times"]);
  assert.deepEqual([counted(1, "message"), counted(0, "message"), counted(2, "message")], [
    "1 message",
    "0 messages",
    "2 messages",
  ]);
});
