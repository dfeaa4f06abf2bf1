/** Scenarios that somebody brings along: in a request, in a file, in a link. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { z } from "zod";
import { createApp, startMockServer } from "../../main.ts";
import {
  buildScenarioLink,
  contentName,
  decodeScenario,
  encodeScenario,
} from "../../lib/scenarios/schema/scenario_link.ts";
import { describeScenario, parseScenario, parseScenariosFile } from "../../lib/scenarios/schema/scenario_schema.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { control, listOf, send } from "./helpers.ts";
import { requireShape } from "../../lib/http/json_body.ts";
import { driverOf } from "../../lib/scenarios/driver.ts";
import { describeStep } from "../../lib/scenarios/driver_words.ts";
import { driverSchema } from "../../lib/scenarios/schema/driver_schema.ts";
import { assertOAuthError, below, json, origin, register, type TestApp, testApp, text } from "../helpers.ts";
import { runDouble } from "../interop/double/double.ts";

const mine = {
  name: "iss-wrong",
  story: "The issuer is another",
  client: "Does not use the metadata",
  plan: {
    policy: { code_ttl_seconds: 5 },
    mint: { claims: { tenantId: 7 } },
    faults: [{
      name: "issuer",
      match: { endpoint: "server_metadata" },
      edit: { json: { set: { issuer: "{issuer}/" } } },
      policy: { send_iss: false },
    }],
  },
  layout: { issuer_path: "/tenant1" },
  clients: [{ client_id: "known", token_endpoint_auth_method: "none", grant_types: ["authorization_code"] }],
  expects: ["C5"],
  links: [{ label: "RFC 8414 3.3", url: "https://www.rfc-editor.org/rfc/rfc8414.html#section-3.3" }],
};

Deno.test("POST /control/scenarios gives a scenario a URL, at which the server behaves so", async () => {
  await using test = await testApp();
  const [defined = {}] = listOf(await control(test, "POST /control/scenarios", mine), "scenarios");
  const name = text(defined, "name");
  assert.match(name, /^x-iss-wrong-[0-9a-f]{8}$/);
  assert.deepEqual([defined.url, defined.mcp_url], [`${origin}/s/${name}`, `${origin}/s/${name}/oauth`]);
  const resource = await json(await test.get(`/.well-known/oauth-protected-resource/s/${name}/oauth`));
  assert.deepEqual(resource.authorization_servers, [`${origin}/s/${name}/tenant1`]);
  const { issuer } = await json(await test.get(`/.well-known/oauth-authorization-server/s/${name}/tenant1`));
  assert.equal(issuer, `${origin}/s/${name}/tenant1/`);
  const minted = await control(test, `POST /s/${name}~label/control/tokens`);
  assert.equal(z.record(z.string(), z.unknown()).parse(minted.claims).tenantId, 7);
  const own = await test.get(`http://${name}.localhost:8789/health`);
  assert.equal(own.status, 200);
  await own.body?.cancel();
});

Deno.test("a scenario's name follows from all it says: the same one is the same, another is another", async () => {
  await using test = await testApp();
  const { plan, story, ...rest } = mine;
  const answers = await control(test, "POST /control/scenarios", [
    mine,
    { plan, ...rest, story },
    { ...mine, story: "Another" },
    { ...mine, plan: { ...plan, policy: { code_ttl_seconds: 6 } } },
  ]);
  const names = listOf(answers, "scenarios").map(({ name }) => name);
  assert.equal(names[0], names[1]);
  assert.equal(new Set(names).size, 3);
});

Deno.test("a scenario outlives the process that it was brought to, and an unknown one is refused", async () => {
  using kv = await Deno.openKv(":memory:");
  await using first = await testApp({ kv });
  const [defined = {}] = listOf(await control(first, "POST /control/scenarios", mine), "scenarios");
  const second = createApp({ kv });
  assert.equal((await second(new Request(`${text(defined, "url")}/health`))).status, 200);
  await assertOAuthError(await second(new Request(`${origin}/s/x-iss-wrong-00000000/health`)), 404, "not_found");
});

Deno.test("the script of every scenario is one that a scenario of one's own may have, from connecting to the end", async (t) => {
  for (const scenario of catalogue) {
    await t.step(scenario.name, () => {
      const driver = driverOf(scenario);
      assert.deepEqual(requireShape(driver, driverSchema), driver);
      assert.deepEqual([driver.at(0)?.do, driver.at(-1)?.do], ["connect", "end"]);
      assert.match(driver.map(describeStep).join("; "), /^connect; .*disconnect$/);
    });
  }
  await using test = await testApp();
  const odd = { name: "odd", plan: {}, driver: [{ do: "connect" }, { do: "call", tol: "mock_echo" }] };
  const said = await assertOAuthError(await send(test, "POST /control/scenarios", odd), 400, "invalid_request");
  assert.match(said, /driver\.1/);
});

Deno.test("a link carries the whole of a scenario, and nothing else can be read from one", async () => {
  const scenario = parseScenario(mine);
  const link = new URL(await buildScenarioLink(origin, scenario) ?? "");
  assert.equal(link.pathname, "/scenarios");
  const carried = link.searchParams.get("define") ?? "";
  assert.match(carried, /^[\w-]+$/);
  assert.deepEqual(await decodeScenario(carried), scenario);
  assert.equal(contentName(await decodeScenario(carried)), contentName(scenario));
  const pack = async (text: string): Promise<string> =>
    Buffer.from(
      await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer(),
    ).toString("base64url");
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["", /does not contain a scenario/],
    ["not-deflated", /does not contain a scenario/],
    [await pack("no JSON"), /does not contain a scenario/],
    [await pack("{}"), /^name /],
    [await pack(JSON.stringify({ ...mine, more: 1 })), /^more is not a known member/],
    // A few bytes that would become ten megabytes.
    [await pack(" ".repeat(10_000_000)), /does not contain a scenario; received 'more than 32768 bytes'/],
  ];
  for (const [text, expected] of wrong) await assert.rejects(decodeScenario(text), (error) => matches(error, expected));
});

function matches(error: unknown, expected: RegExp): boolean {
  assert(error instanceof Error);
  const detail = "detail" in error ? JSON.stringify(error.detail) : "";
  const received = /"received":"([^"]*)"/.exec(detail)?.[1];
  assert.match(received === undefined ? error.message : `${error.message}; received '${received}'`, expected);
  return true;
}

Deno.test("a scenario that cannot be is refused, with the member that is wrong", async (t) => {
  await using test = await testApp();
  const fault = { name: "a", match: {}, edit: { drop: true } };
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ ...mine, name: "Has Capitals" }, /^name .*'Has Capitals'.*letters a-z/],
    [{ ...mine, plan: undefined }, /^plan .*expected an object/],
    [{ ...mine, plan: { faults: [fault, fault] } }, /^plan\.faults .*unique names/],
    [
      { ...mine, plan: { faults: [{ ...fault, time: 1 }] } },
      /^plan\.faults\.0\.time is not a known member.*times/,
    ],
    [{ ...mine, layout: { issuer_path: "tenant" } }, /^layout\.issuer_path .*\/tenant1/],
    [{ ...mine, links: [{ label: "x", url: "javascript:alert(1)" }] }, /^links\.0\.url .*http or https/],
    [{ ...mine, expects: ["D1"] }, /^expects\.0 /],
    [
      { ...mine, plan: { faults: [{ ...fault, edit: { headers: { "a b": "c" } } }] } },
      /^plan\.faults\.0\.edit\.headers/,
    ],
    [{ ...mine, plan: { faults: [{ ...fault, answer: { status: 204, body: "x" } }] } }, /answer\.body .*no body/],
  ];
  for (const [body, expected] of cases) {
    await t.step(String(expected), async () => {
      const response = await send(test, "POST /control/scenarios", body);
      assert.match(await assertOAuthError(response, 400, "invalid_request"), expected);
    });
  }
  const large = await send(test, "POST /control/scenarios", { ...mine, story: "x".repeat(33_000) });
  assert.match(await assertOAuthError(large, 413, "invalid_request"), /too large.*32768/);
});

Deno.test("every scenario of the catalogue can be told and brought along again as it is", async () => {
  for (const scenario of catalogue) {
    const { group: _, official: _o, ...rest } = scenario;
    const again = parseScenario(describeScenario({ ...rest, group: "Custom" }));
    assert.deepEqual(again, { ...rest, group: "Custom" }, scenario.name);
    assert.deepEqual(await decodeScenario(await encodeScenario(again)), again);
  }
});

Deno.test("a file of --scenarios holds one or a list, under names of their own", () => {
  assert.deepEqual(parseScenariosFile(JSON.stringify(mine)).map(({ name }) => name), ["iss-wrong"]);
  const two = [mine, { name: "second", plan: {} }];
  assert.deepEqual(parseScenariosFile(JSON.stringify(two)).map(({ name }) => name), ["iss-wrong", "second"]);
  assert.throws(() => parseScenariosFile(JSON.stringify([mine, mine])), /iss-wrong is declared twice/);
  assert.throws(
    () => parseScenariosFile(JSON.stringify([mine, { name: "x", plan: { police: {} } }])),
    /1\.plan\.police/,
  );
  assert.throws(() => parseScenariosFile("{"), /JSON/);
});

Deno.test("an app can be of a scenario that it was given by name, and of no other", async () => {
  using kv = await Deno.openKv(":memory:");
  const scenarios = [parseScenario({ name: "short", plan: { policy: { code_ttl_seconds: 1 } } })];
  const app = createApp({ kv, control: "open", scenarios, scenario: "short" });
  const plan = await json(await app(new Request(`${origin}/control/plan`)));
  assert.equal(Object(plan.plan).policy.code_ttl_seconds, 1);
  assert.throws(
    () => createApp({ kv, scenario: "nothing" }),
    /There is no scenario nothing; \/scenarios of a running server lists all/,
  );
});

Deno.test("every definition of GET /scenarios can be posted under another name (README)", async (t) => {
  await using test = await testApp();
  const listed = listOf(await json(await test.get("/scenarios", { accept: "application/json" })), "scenarios");
  assert.equal(listed.length, catalogue.length);
  for (const { name, definition } of listed) {
    await t.step(String(name), async () => {
      const own = { ...Object(definition), name: "mine" };
      const [defined = {}] = listOf(await control(test, "POST /control/scenarios", own), "scenarios");
      assert.deepEqual(defined.definition, own, "told as it was sent");
    });
  }
});

Deno.test("the faults of a scenario are written like those of POST /control/faults: as text, without a name, with a life (README)", async (t) => {
  const answer = { status: 503 };
  const cases: readonly (readonly [written: unknown, lives: readonly unknown[], names: readonly string[]])[] = [
    ["jwks:503", ["next"], ["jwks:503"]],
    ["jwks:503*2,token:drop*always", [{ times: 2 }, "always"], ["jwks:503*2", "token:drop*always"]],
    [{ match: { endpoint: "jwks" }, answer }, ["always"], ["fault-1"]],
    [{ match: { endpoint: "jwks" }, life: "next", answer }, ["next"], ["fault-1"]],
    [{ match: { endpoint: "jwks" }, life: { times: 3 }, answer }, [{ times: 3 }], ["fault-1"]],
    [{ name: "down", match: { endpoint: "jwks" }, life: "always", answer }, ["always"], ["down"]],
    [{ match: { endpoint: "jwks" }, life: { until: 4e12 }, answer }, [{ until: 4e12 }], ["fault-1"]],
  ];
  for (const [written, lives, names] of cases) {
    await t.step(JSON.stringify(written), async () => {
      const own = { name: "mine", plan: { faults: [written] } };
      for (const scenario of [own, parseScenariosFile(JSON.stringify(own))[0]]) {
        await using test = await testApp();
        const [defined = {}] = listOf(await control(test, "POST /control/scenarios", scenario), "scenarios");
        const faults = listOf(await control(test, `GET /s/${defined.name}/control/faults`), "faults");
        assert.deepEqual(faults.map(({ life }) => life), lives);
        assert.deepEqual(faults.map(({ name }) => name), names);
        assert.equal(
          (await decodeScenario(new URL(text(defined, "link")).searchParams.get("define") ?? "")).name,
          "mine",
        );
      }
      await using mock = await startMockServer({ scenario: Object(own) });
      const { faults } = await json(await mock.fetch("/control/faults"));
      assert.deepEqual(
        listOf({ faults }, "faults").map(({ life, name }) => [life, name]),
        lives.map((life, index) => [life, names[index]]),
      );
      assert.equal((await mock.fetch("/oauth/jwks")).status, 503);
    });
  }
  await t.step("what cannot be read", async () => {
    await using test = await testApp();
    const wrong = { name: "mine", plan: { faults: ["token:oops"] } };
    const refused = await send(test, "POST /control/scenarios", wrong);
    assert.match(await assertOAuthError(refused, 400, "invalid_request"), /^plan\.faults.*token:503/);
    const both = { name: "mine", plan: { faults: [{ match: {}, times: 1, life: "next", answer }] } };
    const twice = await send(test, "POST /control/scenarios", both);
    assert.match(await assertOAuthError(twice, 400, "invalid_request"), /life, or times and until_ms, not both/);
  });
});

/** A client that goes on though nothing says that the server supports PKCE; the ids of the rules that it breaks. */
async function brokenIn(test: TestApp, base: string): Promise<readonly unknown[]> {
  await runDouble({ send: test.app, base, slip: "needs no proof of PKCE" });
  const clients = listOf(await json(await test.get(`${base}/control/report`)), "clients");
  return clients.flatMap((client) =>
    listOf(client, "findings").filter(({ status }) => status === "broken").map(({ rule }) => rule)
  );
}

Deno.test("a bug report holds what was broken, what shows it, and a link that shows the same on another server", async () => {
  await using test = await testApp();
  const base = `${origin}/s/standard~bug`;
  await control(test, `POST ${base}/control/faults`, {
    match: { endpoint: "server_metadata" },
    life: "always",
    edit: { json: { remove: ["code_challenge_methods_supported"] } },
  });
  assert.deepEqual(await brokenIn(test, base), ["C13"]);
  const response = await test.get(`${base}/control/report?format=issue`);
  assert.equal(response.headers.get("content-type"), "text/markdown; charset=utf-8");
  const issue = await response.text();
  assert.match(issue, /^# fail in standard: /);
  assert.match(issue, /\*\*\[C13\]\(https:[^)]+\) /);
  assert.match(issue, /<summary>GET http[^ ]+oauth-authorization-server[^ ]*: 200<\/summary>\n\n```http\nGET /);
  const [, link = ""] = /\((http[^)]+define=[^)]+)\)/.exec(issue) ?? [];
  // Whoever gets it has a server at another place.
  await using other = await testApp();
  const { pathname, search } = new URL(link);
  const { definition } = await json(await other.get(pathname + search, { accept: "application/json" }));
  const [defined = {}] = listOf(await control(other, "POST /control/scenarios", definition), "scenarios");
  assert.deepEqual(await brokenIn(other, text(defined, "url")), ["C13"]);
  const [, file = ""] = /```json\n([\s\S]*?)\n```/.exec(issue) ?? [];
  assert.equal(parseScenariosFile(file)[0]?.name, "standard");
});

Deno.test("a bug report of a scenario of the catalogue names it, and cannot be made to say other things", async () => {
  await using test = await testApp();
  const base = `${origin}/s/no-pkce-list~bug`;
  await register(below(test, "/s/no-pkce-list~bug"), { client_name: "</summary>```` [x](http://x)" });
  await brokenIn(test, base);
  const issue = await (await test.get(`${base}/control/report?format=issue`)).text();
  assert(issue.includes(`\`${origin}/s/no-pkce-list~bug-report/oauth\``));
  assert(!issue.includes("define="));
});

Deno.test("a scenario that is too long for a link is defined without one, and it is said", async () => {
  await using test = await testApp();
  const noise = Array.from({ length: 400 }, (_, at) => hash("sha256", String(at), "base64url"));
  const tools = noise.map((description, at) => ({ name: `t${at}`, description, inputSchema: { type: "object" } }));
  const [defined = {}] = listOf(
    await control(test, "POST /control/scenarios", {
      name: "long",
      plan: {},
      catalogue: { tools: tools.slice(0, 250) },
    }),
    "scenarios",
  );
  assert.equal(defined.link, undefined);
  assert.equal(defined.note, "A link would be longer than 8000 characters: share a file");
});
