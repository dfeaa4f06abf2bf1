/** The official conformance suite's `authorization` command against the app. */
import assert from "node:assert/strict";
import type { App } from "../../main.ts";
import { runSuite } from "./authorization_suite.ts";
import { startServer } from "./server.ts";

/** The lines of the closing summary: a scenario that was skipped would stand there with nothing passed. */
function summaryOf(report: string): readonly string[] {
  return report.slice(report.indexOf("=== SUMMARY ===")).split("\n").slice(1).filter((line) => line !== "");
}

/** An app whose answers to the browser name another issuer. */
function misnamed(app: App): App {
  return async (request, info) => {
    const response = await app(request, info);
    const location = response.headers.get("location");
    if (location === null) return response;
    const url = new URL(location);
    url.searchParams.set("iss", "https://other.example");
    return new Response(null, { status: response.status, headers: { location: url.href } });
  };
}

Deno.test("the authorization suite passes with iss, and nothing is skipped (conformance 0.2.0-alpha.12)", async (t) => {
  for (const withResource of [false, true]) {
    await t.step(withResource ? "for the resource" : "for no resource", async () => {
      await using server = await startServer();
      const { code, report, answer } = await runSuite(
        server,
        withResource ? ["--resource", `${server.origin}/oauth`] : [],
      );
      assert.deepEqual(summaryOf(report), [
        "✓ authorization-server-metadata-endpoint: 2 passed, 0 failed",
        "✓ authorization-code-grant: 1 passed, 0 failed",
        "Total: 3 passed, 0 failed",
      ], report);
      assert.equal(code, 0, report);
      assert.deepEqual(answer.getAll("iss"), [server.origin]);
    });
  }
});

Deno.test("the authorization suite has looked at iss, for it fails with another one (RFC 9207 2.4)", async () => {
  await using server = await startServer(misnamed);
  const { code, report, answer } = await runSuite(server);
  assert.equal(answer.get("iss"), "https://other.example");
  assert.match(report, /✗ authorization-code-grant: 0 passed, 1 failed/);
  assert.equal(code, 1, report);
});
