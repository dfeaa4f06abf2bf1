/** Clones of servers in process, which are scenarios of ours: they must come out as they are. */
import assert from "node:assert/strict";
import { describeDifferences } from "../../lib/cli/clone_text.ts";
import { createAsker, MAX_REQUESTS } from "../../lib/clone/ask.ts";
import { type Clone, cloneServer, differencesFrom } from "../../lib/clone/clone.ts";
import { differencesOf } from "../../lib/clone/differences.ts";
import { editFor } from "../../lib/clone/faults.ts";
import { messageWith, type Observed, resultOf } from "../../lib/clone/observed.ts";
import { readPlaces } from "../../lib/clone/places.ts";
import { probe } from "../../lib/clone/probe.ts";
import { openSessions } from "../../lib/clone/sessions.ts";
import { mapUrls } from "../../lib/clone/urls.ts";
import { isObject, type JsonObject } from "../../lib/http/json.ts";
import { headerOf } from "../../lib/recorder/exchange.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { defineScenario, parseScenariosFile } from "../../lib/scenarios/schema/scenario_schema.ts";
import type { Fault } from "../../lib/scenarios/fault.ts";
import { mcpMethods } from "../../lib/scenarios/schema/fault_aim.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import { startClone } from "../../routes/clone.ts";
import { control } from "../control/helpers.ts";
import { callOauth, testApp, text } from "../helpers.ts";

const origin = "https://mcp.example.com";
/** Nobody is late, and on a stream nothing more comes. */
const sleep = (ms: number): Promise<void> => ms > 5000 ? new Promise(() => {}) : Promise.resolve();
const resolveDns = (): Promise<readonly string[]> => Promise.resolve(["93.184.215.14"]);

function scenarioOf(name: string): Scenario {
  const found = catalogue.find((scenario) => scenario.name === name);
  assert(found, name);
  return found;
}

/** Clones a scenario that somebody else's server behaves by. */
async function cloneOf(
  scenario: Scenario,
  options: { readonly withToken?: boolean } = {},
): Promise<Clone & { readonly left: readonly string[]; readonly observed: readonly Observed[] }> {
  await using test = await testApp({ scenario });
  const minted = options.withToken ? await control(test, `POST ${origin}/control/tokens`) : {};
  const asker = createAsker({ fetch: (request) => test.app(request), resolveDns, sleep, local: false });
  const url = `${origin}/oauth`;
  const token = options.withToken ? text(minted, "access_token") : undefined;
  const left = await probe({ url, register: true, token }, asker);
  assert.deepEqual(asker.problems, []);
  const clone = await cloneServer({ observed: asker.observed, url }, startClone);
  const [read] = parseScenariosFile(JSON.stringify(defineScenario(clone.scenario)));
  assert.deepEqual(read, { ...clone.scenario, group: "Custom" });
  return { ...clone, left, observed: asker.observed };
}

/** The tools of a scenario. */
function catalogueNames({ catalogue: { tools = [] } = {} }: Scenario): readonly string[] {
  return tools.map(({ name }) => name);
}

/** Scenarios of which all is seen without a token. */
const seen = [
  ...[
    "standard",
    "issuer-path",
    "issuer-slash",
    "issuer-extra-path",
    "oidc-only",
    "no-pkce-list",
    "no-cors",
    "prm-html",
  ],
  ...["challenge-missing", "prm-only-in-challenge", "challenge-twice", "no-prm", "spa-catch-all", "metadata-text-404"],
  ...[
    "no-registration",
    "dcr-forbidden",
    "dcr-html",
    "dcr-method-changed",
    "iss-missing",
    "cognito",
    "google",
    "http-sse-only",
  ],
] as const;

for (const name of seen) {
  Deno.test(`a clone answers as its original: ${name}`, async () => {
    const { differences, compared, scenario } = await cloneOf(scenarioOf(name));
    assert(compared > 10, `${compared} answers were compared`);
    assert.equal(describeDifferences(differences, compared), `All ${compared} answers compared are alike.\n`, name);
    assert.equal(scenario.name, "mcp-example-com");
  });
}

Deno.test("a clone of the standard server needs no faults", async () => {
  const { scenario } = await cloneOf(scenarioOf("standard"));
  assert.deepEqual(scenario.plan.faults, undefined);
});

Deno.test("a clone that never answers is not waited for: each answer that does not come in time is a difference", async () => {
  const { scenario, observed } = await cloneOf(scenarioOf("prm-html"));
  const silent = { ...startClone(scenario), fetch: () => new Promise<never>(() => {}), sleep: () => Promise.resolve() };
  const { differences, compared } = await differencesFrom(scenario, { observed, url: `${origin}/oauth` }, () => silent);
  assert.equal(differences.length, compared);
  assert(compared > 10);
  assert.match(describeDifferences(differences.slice(0, 1), 1), /401.*no answer in time/s);
});

/** A server of somebody else's that numbers its sessions, answers on streams, and has none for GET. */
function numbering(): (request: Request) => Promise<Response> {
  const sessions = new Set<string>();
  return async (request) => {
    if (new URL(request.url).pathname !== "/oauth") return new Response("nf", { status: 404 });
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const { id, method, params }: JsonObject = JSON.parse(await request.text());
    const said = (answer: object, headers = {}): Response =>
      new Response(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n\n`, {
        headers: { "content-type": "text/event-stream", ...headers },
      });
    if (method === "initialize") {
      const session = `s${sessions.size}`;
      sessions.add(session);
      const result = {
        protocolVersion: "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "q", version: "0" },
      };
      return said({ result }, { "mcp-session-id": session });
    }
    if (!sessions.has(request.headers.get("mcp-session-id") ?? "")) return new Response("No", { status: 400 });
    if (id === undefined) return new Response(null, { status: 202 });
    const tool = (name: string): object => ({ name, inputSchema: { type: "object" } });
    const isSecond = isObject(params) && params.cursor !== undefined;
    if (method === "tools/list") {
      return said({ result: isSecond ? { tools: [tool("c")] } : { tools: [tool("a"), tool("b")], nextCursor: "p2" } });
    }
    return said({ error: { code: -32601, message: "MNF" } });
  };
}

Deno.test("sessions of a clone go on, however short the original calls its own, and an id that is frozen is a difference", async () => {
  const server = numbering();
  const asker = createAsker({ fetch: server, resolveDns, sleep, local: false });
  const url = `${origin}/oauth`;
  await probe({ url }, asker);
  const { observed } = asker;
  const { scenario, differences, compared } = await cloneServer({ observed, url }, startClone);
  assert.equal(describeDifferences(differences, compared), `All ${compared} answers compared are alike.\n`);
  assert.deepEqual(scenario.catalogue?.pages?.tools, { page_sizes: [2], cursors: ["p2"] });
  const frozen: Fault = { name: "frozen", match: { rpc_method: "tools/list" }, edit: { json: { set: { id: 10 } } } };
  const plan = { ...scenario.plan, faults: [...scenario.plan.faults ?? [], frozen] };
  const { differences: found } = await differencesFrom({ ...scenario, plan }, { observed, url }, startClone);
  assert.deepEqual(found.map(({ differences: [one] }) => one?.name), ["id", "id"]);
});

Deno.test("a clone says of itself what its original says: texts that look like templates, and its own URLs as those of the clone", async () => {
  const texts = [
    "see {canary_url} and {{other_canary_url}}",
    "{long_text.5}",
    "{{long_text.5}}",
    "{issuer} {arguments.a}",
  ];
  const written = [
    "see {{canary_url}} and {{{other_canary_url}}}",
    "{{long_text.5}}",
    "{{{long_text.5}}}",
    texts[3] ?? "",
  ];
  const original: Scenario = {
    ...scenarioOf("standard"),
    catalogue: {
      serverInfo: { name: "own", version: "1", websiteUrl: `${origin}/about` },
      instructions: `${written[0]}, ${origin}/help`,
      tools: written.map((description, at) => ({ name: `t${at}`, description, inputSchema: { type: "object" } })),
    },
  };
  const { differences, compared, scenario, observed } = await cloneOf(original, { withToken: true });
  const listed = observed.map(resultOf).map((result) => result?.tools).find(Array.isArray);
  assert.deepEqual(listed?.map(({ description }: { description: string }) => description), texts);
  assert.equal(describeDifferences(differences, compared), `All ${compared} answers compared are alike.\n`);
  assert.deepEqual(scenario.catalogue?.tools?.map(({ description }) => description), written);
  await using there = await testApp({ scenario });
  const token = text(await control(there, "POST /control/tokens"), "access_token");
  const said = await (await callOauth(there, token)).text();
  assert.match(said, /"websiteUrl":"http:\/\/localhost:8789\/about"/);
  assert.match(said, /http:\/\/localhost:8789\/help/);
});

Deno.test("two tools of one name are in a clone's list, and it is said that calls reach the first", async () => {
  const { differences, compared, unseen } = await cloneOf(scenarioOf("names-equal"), { withToken: true });
  assert.equal(describeDifferences(differences, compared), `All ${compared} answers compared are alike.\n`);
  assert(unseen.includes("tools.fetch_page: calls of all but the first of that name"), unseen.join("\n"));
});

Deno.test("a body that is written as a whole fits every request: the id of its message is a template", () => {
  const asked = messageWith(new Headers(), '{"jsonrpc":"2.0","id":10,"method":"ping"}');
  const answer = '{"jsonrpc":"2.0","id":10,"result":{"items":[{"id":10}]}}';
  const places = readPlaces(`${origin}/oauth`, []);
  const map = mapUrls(places, undefined);
  const bodyFor = (type: string, body: string): string | undefined => {
    const response = messageWith(new Headers({ "content-type": type }), body);
    const original = { method: "POST", url: `${origin}/oauth`, request: asked, status: 200, response };
    const clone = { ...original, response: messageWith(new Headers(), "Not found") };
    const known = { toOurs: map.toOurs, letsPagesIn: new Set<string>() };
    return editFor({ original, clone, differences: differencesOf(original, clone, known), alike: [] }, map)?.body;
  };
  const template = answer.replace('"id":10', '"id":{rpc_id}');
  assert.equal(bodyFor("application/json", answer), template);
  const ping = '{"jsonrpc":"2.0","id":10,"method":"ping"}';
  assert.equal(
    bodyFor("text/event-stream", `data: ${ping}\n\ndata: ${answer}\n\n`),
    `data: ${ping}\n\ndata: ${template}\n\n`,
  );
});

/** Scenarios of what comes after the login. */
const inside = [
  "standard",
  "pages",
  "no-session-id",
  "no-get-stream",
  "get-stream-404",
  "end-session-405",
  "offers-older",
  "declares-nothing",
  "content-of-any-type",
  "resource-missing",
  "tool-error-with-hint",
] as const;

for (const name of inside) {
  Deno.test(`a clone made with a token answers as its original: ${name}`, async () => {
    const { differences, compared, unseen } = await cloneOf(scenarioOf(name), { withToken: true });
    assert.equal(describeDifferences(differences, compared), `All ${compared} answers compared are alike.\n`, name);
    assert(!unseen.some((line) => line.includes("after the login")));
  });
}

Deno.test("what was seen of one message is taken for what it says of others: lost sessions, names and methods that are not there", async () => {
  const lost = { error: { code: -32000, message: "No such session" }, id: null };
  const original = scenarioOf("pages");
  const names = catalogueNames(original);
  const faults: readonly Fault[] = [
    { name: "lost", match: { endpoint: "mcp", status: 404 }, edit: { status: 400, json: { set: lost } } },
    {
      name: "unknown tool",
      match: { endpoint: "mcp", rpc_method: "tools/call", not_message: { "params.name": names } },
      edit: {
        json: {
          remove: ["error"],
          set: { result: { isError: true, content: [{ type: "text", text: "no {message.params.name}" }] } },
        },
      },
    },
    {
      name: "unknown method",
      match: { endpoint: "mcp", not_rpc_method: [...mcpMethods, "notifications/*"], status: 200 },
      edit: { json: { set: { error: { code: -32601, message: "no {message.method}" } } } },
    },
    {
      name: "exposed",
      match: { endpoint: "mcp", method: "POST" },
      edit: { headers: { "access-control-expose-headers": "mcp-session-id" } },
    },
    { name: "closed", match: { endpoint: "mcp" }, edit: { headers: { "access-control-allow-origin": null } } },
    {
      name: "open to who asks",
      match: { endpoint: "server_metadata" },
      edit: { headers: { "access-control-allow-origin": "http://localhost:6274" } },
    },
  ];
  const { scenario, differences } = await cloneOf({ ...original, plan: { ...original.plan, faults } }, {
    withToken: true,
  });
  assert.deepEqual(differences, []);
  await using clone = await testApp({ scenario });
  const token = text(await control(clone, "POST /control/tokens"), "access_token");
  const opened = await callOauth(clone, token);
  await opened.body?.cancel();
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  const session = opened.headers.get("mcp-session-id") ?? "";
  const send = (message: object, id = session): Promise<Response> =>
    clone.fetch("/oauth", {
      method: "POST",
      headers: { ...headers, "mcp-session-id": id },
      body: JSON.stringify({ jsonrpc: "2.0", id: 7, ...message }),
    });
  const tool = await send({ method: "tools/call", params: { name: "a_tool", arguments: {} } });
  assert.equal(tool.headers.get("access-control-expose-headers"), "mcp-session-id");
  assert.equal(tool.headers.get("access-control-allow-origin"), null);
  const metadata = await clone.get("/.well-known/oauth-authorization-server");
  await metadata.body?.cancel();
  assert.equal(metadata.headers.get("access-control-allow-origin"), "*");
  assert.match(await tool.text(), /"isError":true.*"no a_tool"|"no a_tool".*"isError":true/);
  assert.doesNotMatch(await (await send({ method: "tools/call", params: { name: names[0] } })).text(), /no /);
  assert.match(await (await send({ method: "a/method" })).text(), /"no a\/method"/);
  for (const method of ["tools/list", "ping", "a/method"]) {
    const answer = await send({ method }, "another");
    assert.equal(answer.status, 400, method);
    assert.match(await answer.text(), /"No such session"/);
  }
  const gone = await clone.fetch("/oauth", { method: "DELETE", headers: { ...headers, "mcp-session-id": "another" } });
  assert.equal(gone.status, 400);
  assert.match(await gone.text(), /"No such session"/);
});

Deno.test("each list is cut into the pages that it has there", async () => {
  const resources = ["a", "b", "c"].map((name) => ({ uri: `mem://${name}`, name }));
  const pages = { resources: { page_sizes: [2], cursors: ["r2"] }, tools: { page_size: 1 } };
  const tools = ["x", "y"].map((name) => ({ name, inputSchema: { type: "object" as const } }));
  const clone = await cloneOf({ ...scenarioOf("standard"), catalogue: { tools, resources, pages } }, {
    withToken: true,
  });
  assert.deepEqual(clone.differences, []);
  assert.deepEqual(clone.scenario.catalogue?.pages?.resources, { page_sizes: [2], cursors: ["r2"] });
});

Deno.test("each session that was opened is ended, and what the server does not let go of is said", async (t) => {
  const open = (name: string): Scenario => {
    const { plan, ...scenario } = scenarioOf(name);
    return { ...scenario, plan: { ...plan, policy: { ...plan.policy, protectedMessages: "none" } } };
  };
  const opened = (observed: readonly Observed[]): number =>
    new Set(observed.map(({ response }) => headerOf(response, "mcp-session-id")).filter((id) => id !== undefined)).size;
  const rows: Readonly<Record<string, readonly string[]>> = {
    "standard": [],
    "end-session-405": ["2 MCP sessions: DELETE was answered with 405"],
    "pages-of-one": [],
  };
  for (const [name, left] of Object.entries(rows)) {
    await t.step(name, async () => {
      const clone = await cloneOf(open(name));
      assert.deepEqual(clone.left.slice(1), left);
      assert.equal(opened(clone.observed), 2);
      assert.equal(clone.observed.filter(({ method }) => method === "DELETE").length, 2);
      assert(clone.observed.length <= MAX_REQUESTS);
    });
  }
  const { left } = await cloneOf(scenarioOf("standard"), { withToken: true });
  assert.deepEqual(left.map((line) => line.replace(/ as .*/, "")), ["a client that is registered"]);
  await t.step("within the limit of requests", async () => {
    const fetch = (): Promise<Response> =>
      Promise.resolve(new Response("{}", { headers: { "mcp-session-id": crypto.randomUUID() } }));
    const asker = createAsker({ fetch, resolveDns, sleep: () => new Promise(() => {}), local: false });
    const body = '{"jsonrpc":"2.0","id":1,"method":"initialize"}';
    for (let asked = 0; asked < MAX_REQUESTS; asked++) await asker.ask({ method: "POST", url: origin, body });
    for (const { headers } of openSessions(asker.observed)) await asker.ask({ method: "DELETE", url: origin, headers });
    assert.deepEqual([asker.observed.length, openSessions(asker.observed)], [MAX_REQUESTS, []]);
  });
});

Deno.test("no secret of a server is in its clone, nor in what is said of it", async () => {
  const faults = [{
    name: "secret",
    match: { endpoint: "register" as const, status: 201 },
    edit: { json: { set: { client_secret: "s3cret" } } },
  }];
  const { scenario, differences, compared } = await cloneOf({ ...scenarioOf("standard"), plan: { faults } });
  const told = describeDifferences(differences, compared);
  assert(!(JSON.stringify(scenario) + told).includes("s3cret"));
  assert.match(told, /member client_secret: "…" there, nothing here/);
});

Deno.test("a clone says what it has not seen of a server: pages beyond the first, what follows the login", async () => {
  const { unseen, differences } = await cloneOf(scenarioOf("pages-of-one"), { withToken: true });
  assert(unseen.some((line) => line === "the pages of tools/list behind the 8 that were read"), unseen.join("\n"));
  assert.equal(differences.length, 1);
  const outside = await cloneOf(scenarioOf("standard"));
  assert(outside.unseen.some((line) => line.startsWith("what the MCP server says after the login")));
});

Deno.test("a server is asked one question at a time, 40 at most, by who says what it is, and no redirect is followed", async () => {
  let [running, most] = [0, 0];
  const requests: Request[] = [];
  const asker = createAsker({
    fetch: async (request) => {
      requests.push(request);
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return new Response(null, { status: 302, headers: { location: "http://127.0.0.1/" } });
    },
    resolveDns,
    sleep: () => new Promise(() => {}),
    local: false,
  });
  for (let asked = 0; asked < MAX_REQUESTS + 2; asked++) await asker.ask({ method: "GET", url: `${origin}/${asked}` });
  assert.deepEqual([most, requests.length, asker.observed.length], [1, 40, 40]);
  assert.match(asker.problems[0] ?? "", /not asked, as 40 requests are the limit/);
  for (const request of requests) assert.match(request.headers.get("user-agent") ?? "", /^mock-oauth-clone\//);
});

Deno.test("a stream is read until it has answered, whatever comes before, and the user's token is not kept where a server repeats it", async () => {
  const note = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: { error: "none" } } };
  const answer = { jsonrpc: "2.0", id: 1, result: { instructions: "You sent s3cret" } };
  const parts = [note, answer].map((message) => new TextEncoder().encode(`data: ${JSON.stringify(message)}\n\n`));
  const asker = createAsker({
    fetch: () => {
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const part = parts.shift();
          if (part) controller.enqueue(part);
        },
      }, { highWaterMark: 0 });
      return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
    },
    resolveDns,
    sleep: () => new Promise(() => {}),
    local: false,
    secret: "s3cret",
  });
  const headers = { authorization: "Bearer s3cret" };
  const answered = await asker.ask({ method: "POST", url: origin, headers, body: "{}" });
  assert.equal(answered?.response.body?.match(/^data:/gm)?.length, 2);
  assert.match(answered.response.body ?? "", /You sent TOKEN/);
});

Deno.test("nothing private is asked, unless the server is on this machine itself", async () => {
  const asked: string[] = [];
  const fetch = (request: Request): Promise<Response> => {
    asked.push(request.url);
    return Promise.resolve(new Response("{}"));
  };
  const deps = { fetch, resolveDns: () => Promise.resolve(["10.0.0.7"]), sleep: () => new Promise<void>(() => {}) };
  const urls = [
    "https://10.0.0.7/",
    "https://169.254.169.254/",
    "https://inside.example/",
    "http://localhost/",
    "http://192.168.1.1/",
  ];
  for (const local of [false, true]) {
    const asker = createAsker({ ...deps, local });
    for (const url of urls) await asker.ask({ method: "GET", url });
    assert.equal(asker.problems.length, local ? 4 : 5, asker.problems.join("\n"));
  }
  assert.deepEqual(asked, ["http://localhost/"]);
});
