/** A client that does everything right passes every scenario: no rule is broken by what only the server does wrong. */
import assert from "node:assert/strict";
import { z } from "zod";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import { type DoubleOptions, runDouble } from "../interop/client_double.ts";
import { json, origin, testApp } from "../helpers.ts";

/** What cannot be seen of this client, because it has no keys, and brings no assertions. */
const keyless = new Set(["dpop", "dpop-nonce", "client-credentials-jwt", "enterprise-managed", "workload-identity"]);

/** Where this client stops half way, as it does not know how to go on or did not wait until its token expired. */
const halfWay = new Set([
  "authorize-url-query",
  "dcr-no-secret-expiry",
  "dcr-method-changed",
  "client-secret-expires",
  "client-forgotten",
  "invalid-client-400",
  "no-custom-schemes",
  "token-200-error",
  "expires-in-missing",
  "clock-skew",
  "secret-in-body-only",
  "secret-in-header-only",
  "auth-methods-unlisted",
  "refresh-lost-response",
  "refresh-grace",
  "refresh-refused",
  "refresh-refused-401",
  "refresh-refuses-resource",
  "refresh-needs-consent",
  "expired-403",
  "expired-500",
  "expired-tool-error",
  "newer-revision-400",
  "revocation-fails",
  "token-truncated",
  "token-dropped",
  "atlassian",
]);

const shape = z.object({
  verdict: z.string(),
  clients: z.array(z.object({
    findings: z.array(z.object({ rule: z.string(), status: z.string(), isExpected: z.boolean(), detail: z.string() })),
  })),
});

/** Those that it speaks, the best first. */
const versions = ["2026-07-28", "2025-11-25", "2025-03-26"] as const;

/** How the client is set up for a scenario: by what its person knows of the server, not by what is tested. */
function setUpFor({ clients = [], plan, revisions, group }: Scenario): Partial<DoubleOptions> {
  const [given] = clients;
  // Where registration is for administrators, one has registered it.
  const isClosed = plan.policy?.registration === "off" || group === "Providers" ||
    given?.grant_types[0] === "client_credentials";
  return {
    version: versions.find((version) => revisions?.includes(version) ?? true) ?? "2025-03-26",
    refresh: group === "Refresh",
    tools: ["mock_echo", "mock_create_note"],
    alone: given?.grant_types[0] === "client_credentials",
    ...(given && isClosed
      ? {
        given: {
          clientId: given.client_id,
          ...(given.client_secret === undefined ? {} : { secret: given.client_secret }),
        },
      }
      : {}),
  };
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

for (const [how, agentOf] of Object.entries(libraries)) {
  Deno.test(`a client ${how} that does everything right passes every scenario, and shows what each expects`, async (t) => {
    await using test = await testApp({ loopbackOnly: true, sleep: () => Promise.resolve() });
    const send = (request: Request): Promise<Response> => {
      const asked = new Request(request);
      asked.headers.set("user-agent", agentOf(new URL(request.url).pathname));
      return test.app(asked);
    };
    for (const scenario of catalogue) {
      const { name, needs_origin } = scenario;
      await t.step(name, async () => {
        const base = needs_origin ? `http://${name}.localhost:8789` : `${origin}/s/${name}`;
        await runDouble({ send, base, ...setUpFor(scenario) });
        const report = shape.parse(await json(await test.fetch(`${base}/control/report`)));
        const findings = report.clients.flatMap((client) => client.findings);
        assert.equal(report.clients.length, 1);
        assert.deepEqual(findings.filter(({ status }) => status === "broken"), []);
        const missing = findings.filter(({ status, isExpected }) => isExpected && status === "not observed");
        if (keyless.has(name) || halfWay.has(name)) assert.equal(report.verdict, "incomplete");
        else assert.deepEqual([report.verdict, missing], ["pass", []]);
      });
    }
  });
}

/** Where nothing but its metadata document will do. */
const documentsOnly = new Set(["client-document"]);

Deno.test("a client that does everything right, but has no metadata document, fails only the scenarios of documents", async (t) => {
  await using test = await testApp({ loopbackOnly: true, sleep: () => Promise.resolve() });
  for (const scenario of catalogue) {
    const { name, needs_origin } = scenario;
    await t.step(name, async () => {
      const base = needs_origin ? `http://${name}.localhost:8789` : `${origin}/s/${name}`;
      await runDouble({ send: (request) => test.app(request), base, ...setUpFor(scenario), slip: "always registers" });
      const { verdict } = shape.parse(await json(await test.fetch(`${base}/control/report`)));
      assert.equal(verdict === "fail", documentsOnly.has(name), verdict);
    });
  }
});
