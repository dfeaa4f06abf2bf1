/** The minute of `deno task schemathesis` in CI, from a seed that stays. */
import assert from "node:assert/strict";
import { testWithToolchain } from "../host/toolchains.ts";
import { canInstall, needs } from "./python.ts";
import { run } from "./schemathesis.ts";

testWithToolchain({
  name: "no answer is one that is not described, in status or shape (schemathesis: control API, OAuth endpoints)",
  needs,
  isThere: await canInstall("schemathesis", "schemathesis.txt"),
  fn: async () => {
    for (const { title, isRight, text } of await run(60, 1)) assert(isRight, `${title}\n${text}`);
  },
});
