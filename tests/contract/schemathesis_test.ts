/** The minute of `deno task schemathesis` in CI, from a seed that stays. */
import assert from "node:assert/strict";
import { testWithToolchain, works } from "../host/toolchains.ts";
import { canInstall, run } from "./schemathesis.ts";

testWithToolchain({
  name: "no answer is one that is not described, in status or shape (schemathesis: control API, OAuth endpoints)",
  needs: "Python 3.10 with a registry of packages",
  isThere: works(["python3", "-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"]) &&
    await canInstall(),
  fn: async () => {
    for (const { title, isRight, text } of await run(60, 1)) assert(isRight, `${title}\n${text}`);
  },
});
