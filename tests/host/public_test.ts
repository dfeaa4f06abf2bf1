/** Limits as the program and `deno serve` are told of them. */
import assert from "node:assert/strict";
import { rates } from "../../lib/limits/limits.ts";
import { startServer } from "./program.ts";

Deno.test("--public and MOCK_PUBLIC put limits on the program, and nothing else does (README, host it)", async (t) => {
  const ways = [
    { args: ["--public"], env: {}, isLimited: true },
    { args: [], env: { MOCK_PUBLIC: "true" }, isLimited: true },
    { args: [], env: {}, isLimited: false },
  ] as const;
  for (const { args, env, isLimited } of ways) {
    await t.step(JSON.stringify([args, env]), async () => {
      await using server = await startServer(["--db", ":memory:", ...args], { env });
      const { fetch } = server.client;
      const page = await (await fetch("/", { headers: { accept: "text/html" } })).text();
      assert.equal(page.includes("public-notice"), isLimited);
      // As many at once as an address may send, and some more; a busy machine gives some back meanwhile, 20 a second.
      const responses = await Promise.all(
        Array.from({ length: rates.address.burst + 40 }, async () => {
          const response = await fetch("/robots.txt");
          await response.body?.cancel();
          return response;
        }),
      );
      const refused = responses.filter(({ status }) => status === 429);
      assert.equal(refused.length > 0, isLimited, `${refused.length} were refused`);
      for (const { headers } of refused) assert.equal(headers.get("retry-after"), "1");
      await server.stop();
    });
  }
});
