/**
 * The sweep: every scenario of the catalogue shows what it declares, and nobody beside it notices. It walks the catalogue,
 * so that an entry without a probe fails, and so does a probe without an entry.
 */
import assert from "node:assert/strict";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { parseAddress } from "../../lib/sandbox/sandbox.ts";
import type { Fault } from "../../lib/scenarios/fault.ts";
import { ruleIds } from "../../lib/scenarios/vocabulary.ts";
import { type Scenario, scenarioGroups } from "../../lib/scenarios/scenario.ts";
import { json, origin, type TestApp, testApp, text } from "../helpers.ts";
import { authorizationProbes } from "./sweep_authorization.ts";
import { cacheProbes } from "./sweep_caches.ts";
import { discoveryProbes } from "./sweep_discovery.ts";
import { mcpServerProbes } from "./sweep_mcp_server.ts";
import { messageProbes, timeProbes } from "./sweep_time.ts";
import { pageProbes } from "./sweep_pages.ts";
import { officialProbes } from "./sweep_official.ts";
import { type Probe, type ProbeSandbox, probeSandbox } from "./sweep_probe.ts";
import { questionProbes } from "./sweep_questions.ts";
import { providerProbes } from "./sweep_providers.ts";
import { refreshProbes } from "./sweep_refresh.ts";
import { registrationProbes } from "./sweep_registration.ts";
import { roundProbes } from "./sweep_rounds.ts";
import { appOf, logIn, refresh, statusOf } from "./sweep_steps.ts";
import { sessionProbes } from "./sweep_sessions.ts";
import { streamProbes } from "./sweep_streams.ts";
import { taskProbes } from "./sweep_tasks.ts";
import { tokenProbes } from "./sweep_token.ts";
import { tokenClaimsProbes } from "./sweep_token_claims.ts";
import { versionProbes } from "./sweep_versions.ts";
import { toolProbes } from "./sweep_tools.ts";
import { transportProbes } from "./sweep_transport.ts";

/** Probes by the name of the scenario, one table a part of the catalogue. */
const tables: readonly Readonly<Record<string, Probe>>[] = [
  { standard: isHealthy },
  discoveryProbes,
  registrationProbes,
  authorizationProbes,
  tokenProbes,
  refreshProbes,
  mcpServerProbes,
  versionProbes,
  pageProbes,
  toolProbes,
  cacheProbes,
  messageProbes,
  timeProbes,
  taskProbes,
  questionProbes,
  roundProbes,
  sessionProbes,
  streamProbes,
  tokenClaimsProbes,
  transportProbes,
  providerProbes,
  officialProbes,
];
const probes = new Map(tables.flatMap((table) => Object.entries(table)));

/** The process's own sandbox, as a probe sees others. */
function mainOf(test: TestApp): ProbeSandbox {
  const { get, fetch, postForm, postJson, clock } = test;
  const wellKnown: ProbeSandbox["wellKnown"] = (name, rest = "") => get(`/.well-known/${name}${rest}`);
  return { test, mcp: "/oauth", prefix: "", origin, clock, get, fetch, postForm, postJson, wellKnown };
}

/** What a sandbox says of itself: metadata, challenge and refusals, as `main` would say it. */
async function selfDescription(at: ProbeSandbox): Promise<unknown> {
  const responses = await Promise.all([
    at.wellKnown("oauth-authorization-server"),
    at.wellKnown("openid-configuration"),
    at.wellKnown("oauth-protected-resource"),
    at.wellKnown("oauth-protected-resource", "/oauth"),
    at.get("/oauth"),
    at.get("/oauth/authorize"),
    at.postForm("/oauth/token", {}),
    at.get("/nowhere"),
  ]);
  return await Promise.all(responses.map(async (response) => {
    const said = [response.status, [...response.headers], await response.text()];
    return JSON.stringify(said).replaceAll(at.origin, origin).replaceAll(at.prefix || "/s/", "");
  }));
}

/** A whole flow: tokens as they should be, an MCP request, a refresh. */
async function isHealthy(at: ProbeSandbox): Promise<void> {
  const app = appOf(at);
  const login = await logIn(app, { request: { scope: "mcp:read", resource: `${at.origin}${at.prefix}/oauth` } });
  assert.deepEqual(Object.keys(login.tokens), ["access_token", "token_type", "refresh_token", "scope"]);
  assert.equal(login.tokens.token_type, "Bearer");
  assert.equal(await statusOf(app, login.access), 200);
  const refreshed = await json(await refresh(app, login));
  assert.equal(await statusOf(app, text(refreshed, "access_token")), 200);
}

/** Groups in which every scenario is another server than the well-behaved one: their probes must not pass there. */
function deviates({ group }: Scenario): boolean {
  return group !== "Well-behaved";
}

Deno.test("every scenario shows what it declares, and no other sandbox is affected", async (t) => {
  await using untouched = await testApp();
  const usual = await selfDescription(mainOf(untouched));
  for (const scenario of catalogue) {
    await t.step(scenario.name, async () => {
      const probe = probes.get(scenario.name);
      assert(probe, "there is no probe for this scenario");
      await using test = await testApp();
      // Two of its sandboxes, since what is counted in one must not be over in the other.
      for (const label of ["one", "two"]) await probe(probeSandbox(test, { ...scenario, label }));
      const bystander = probeSandbox(test, { ...scenario, name: "standard", label: "bystander" });
      for (const other of [mainOf(test), bystander]) {
        assert.deepEqual(await selfDescription(other), usual);
        await isHealthy(other);
      }
      if (deviates(scenario)) await assert.rejects(probe(bystander), "the probe passes on a well-behaved server");
      // A probe that fails leaves behind what it has asked for besides.
      await test.answered();
    });
  }
});

/** Whether a scenario is about MCP alone, so that its login could be left out. */
function isOfMcpAlone({ name, story }: Scenario): boolean {
  // The servers of the official suite that have other tools have them at one endpoint.
  if (["add-numbers", "standard-headers"].includes(name) || /behind (a|the) login/i.test(story)) return false;
  return [sessionProbes, timeProbes, messageProbes, cacheProbes, toolProbes, questionProbes].some((table) =>
    name in table
  ) ||
    ["mcp-truncated", "mcp-dropped"].includes(name);
}

Deno.test("what is about MCP and not about tokens happens without a login as well (README, Break things)", async (t) => {
  const open = catalogue.filter(isOfMcpAlone);
  assert(open.length > 30);
  for (const scenario of open) {
    await t.step(scenario.name, async () => {
      await using test = await testApp();
      await probes.get(scenario.name)?.(probeSandbox(test, { ...scenario, label: "open", mcp: "/no-auth" }));
      await test.answered();
    });
  }
});

Deno.test("every probe has a scenario, and every scenario a name of its own that URLs can hold", () => {
  const names = catalogue.map(({ name }) => name);
  assert.deepEqual(names.filter((name, index) => names.indexOf(name) !== index), []);
  const probed = tables.flatMap((table) => Object.keys(table));
  assert.deepEqual(probed.filter((name, index) => probed.indexOf(name) !== index || !names.includes(name)), []);
  for (const name of names) {
    const hosts = [`${origin}/s/${name}~a/oauth`, `http://${name}--a.localhost:8789/oauth`];
    for (const url of hosts) {
      const { scenario, label, path } = parseAddress(new URL(url), (found) => found === name) ?? {};
      assert.deepEqual([scenario, label, path], [name, "a", "/oauth"], url);
    }
    // A label in a host name is at most as long as DNS lets it be, and it shares that with the name.
    assert(name.length <= 40, `${name} leaves no room for a label in a host name`);
  }
});

Deno.test("every scenario says what it is in one line, what it tests, and where to read on", async (t) => {
  for (const { name, group, story, client, expects, links, plan, revisions = [] } of catalogue) {
    await t.step(name, () => {
      assert(scenarioGroups.includes(group));
      for (const line of [story, client]) assert.match(line, /^[A-Za-z/][^\n]{10,118}[^.\n]$/, line);
      for (const rule of expects) assert.ok(ruleIds.includes(rule), rule);
      assert.equal(new Set(expects).size, expects.length);
      assert(links.length > 0);
      for (const { label, url } of links) {
        assert.equal(new URL(url).protocol, "https:");
        assert(label.length > 3);
      }
      const faults = (plan.faults ?? []).map((fault) => fault.name);
      assert.equal(new Set(faults).size, faults.length, "two of its faults have one name");
      for (const revision of revisions) assert.match(revision, /^20\d\d-\d\d-\d\d$/);
    });
  }
});

Deno.test("every fault is in the catalogue once, and scenarios that share it share the object", () => {
  const known = new Map<string, Fault>();
  // Those of the official suite are made of what its servers have in common, each in a form of its own.
  for (const scenario of catalogue.filter(({ group }) => group !== "Official suite")) {
    for (const fault of scenario.plan.faults ?? []) {
      const { name, ...change } = fault;
      for (const key of [name, JSON.stringify(change)]) {
        assert.equal(
          known.get(key) ?? fault,
          fault,
          `${scenario.name} has a fault of its own that another has: ${key}`,
        );
        known.set(key, fault);
      }
    }
  }
});
