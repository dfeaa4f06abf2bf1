/** A client that does everything right passes every scenario: no rule is broken by what only the server does wrong. */
import assert from "node:assert/strict";
import type { Revision } from "../../lib/judge/settled.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import { openWorld, playScenario } from "./scenario_world.ts";

/** Those that it speaks, the best first. */
const versions: readonly Revision[] = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"];

function bestFor({ revisions }: Scenario): Revision {
  return versions.find((version) => revisions?.includes(version) ?? true) ?? "2025-03-26";
}

/** Which HTTP libraries a client works with: many take one for MCP and another for OAuth, some more than two. */
const libraries: Readonly<Record<string, (path: string) => string>> = {
  "with one HTTP library": () => "double/1",
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
]);
const ofLogin = catalogue.filter(({ group }) => !ofMcp.has(group));

for (const [index, [how, agentOf]] of Object.entries(libraries).entries()) {
  const which = index === 0 ? "every scenario" : "every scenario of logging in";
  Deno.test(`a client ${how} that does everything right passes ${which}, and shows what each expects`, async (t) => {
    await using test = await openWorld();
    const send = (request: Request): Promise<Response> => {
      const asked = new Request(request);
      asked.headers.set("user-agent", agentOf(new URL(request.url).pathname));
      return test.app(asked);
    };
    for (const scenario of index === 0 ? catalogue : ofLogin) {
      const { name } = scenario;
      await t.step(name, async () => {
        const report = await playScenario(test, scenario, { send, version: bestFor(scenario) });
        const findings = report.clients.flatMap((client) => client.findings);
        assert.equal(report.clients.length, 1);
        assert.deepEqual(findings.filter(({ status }) => status === "broken"), []);
        const missing = findings.filter(({ status, isExpected }) => isExpected && status === "not observed");
        assert.deepEqual([report.verdict, missing], ["pass", []], report.reason);
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
