/** A database that is a server, as far as that can be shown without one: what is asked for before it is called. */
import assert from "node:assert/strict";
import { run } from "./program.ts";

Deno.test("--db with the URL of a KV server asks for its token, and calls it with one (README, host it)", async (t) => {
  // Nothing listens on port 1.
  const ask = (token: string): ReturnType<typeof run> =>
    run(["--db", "http://127.0.0.1:1"], { env: { DENO_KV_ACCESS_TOKEN: token } });
  await t.step("with a token it is called", async () => {
    const { code, stdout, stderr } = await ask("a-token");
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^mock-oauth: The database http:\/\/127\.0\.0\.1:1 cannot be opened: .*connect[^\n]*\n$/);
  });
});
