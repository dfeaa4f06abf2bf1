/**
 * A client that does everything right passes every scenario of logging in with any mix of HTTP libraries, and without a
 * metadata document. That it passes each with one library, in every revision, is in walk_test.ts.
 */
import assert from "node:assert/strict";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import { assertRight, bestFor, missingIn, openWorld, playScenario } from "./scenario_world.ts";

/** Which HTTP libraries a client works with: many take one for MCP and another for OAuth, some more than two. */
const libraries: Readonly<Record<string, (path: string) => string>> = {
  "with one for MCP and another for OAuth": (path) =>
    path.endsWith("/oauth") && !isMetadata(path) ? "ai-sdk/2.0" : "node",
  "with one for each of MCP, both kinds of metadata, and OAuth": (path) =>
    path.includes("oauth-protected-resource") ? "a" : isMetadata(path) ? "b" : path.endsWith("/oauth") ? "c" : "d",
};

function isMetadata(path: string): boolean {
  return path.includes("/.well-known/");
}

/** Groups about how MCP is spoken: what a client logs in with makes no difference there. */
const ofMcp: ReadonlySet<Scenario["group"]> = new Set([
  "Sessions",
  "Versions and eras",
  "Streams",
  "Pages",
  "Time and cancellation",
  "Tools and schemas",
  "Questions",
  "Changes and caches",
  "Tasks",
]);
const ofLogin = catalogue.filter(({ group }) => !ofMcp.has(group));

for (const [how, agentOf] of Object.entries(libraries)) {
  Deno.test(`a client ${how} that does everything right passes every scenario of logging in, and shows what each expects`, async (t) => {
    await using test = await openWorld();
    const send = (request: Request): Promise<Response> => {
      const asked = new Request(request);
      asked.headers.set("user-agent", agentOf(new URL(request.url).pathname));
      return test.app(asked);
    };
    for (const scenario of ofLogin) {
      const { name } = scenario;
      await t.step(name, async () => {
        const report = await playScenario(test, scenario, { send, version: bestFor(scenario) });
        assertRight(report);
        assert.deepEqual(missingIn(report), []);
      });
    }
  });
}

/** Where nothing but its metadata document will do. */
const documentsOnly = new Set(["client-document"]);

Deno.test("a client that does everything right, but has no metadata document, fails, of those of logging in, only the scenarios of documents", async (t) => {
  await using test = await openWorld();
  for (const scenario of ofLogin) {
    const { name } = scenario;
    await t.step(name, async () => {
      const version = bestFor(scenario);
      const { verdict, reason } = await playScenario(test, scenario, { version, slip: "always registers" });
      assert.equal(verdict === "fail", documentsOnly.has(name), reason);
    });
  }
});
