/** `{p}/control/report`, `/exchanges` and `/events`: what a test asks after its client has run. */
import assert from "node:assert/strict";
import { z } from "zod";
import { limitTable } from "../../lib/judge/limits.ts";
import { type DoubleOptions, runDouble } from "../interop/double/double.ts";
import { assertOAuthError, below, json, origin, register, type TestApp, testApp } from "../helpers.ts";

/** Lets the client work on an app as it is. */
async function work({ app }: TestApp, options: Partial<DoubleOptions> = {}): Promise<void> {
  await runDouble({ send: (request) => app(request), ...options });
}

/** What an event stream says until something is in it. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, wanted: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(wanted)) {
    const { done, value } = await reader.read();
    assert(!done, `The stream ended without ${wanted}: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

function readerOf(response: Response): ReadableStreamDefaultReader<Uint8Array> {
  assert(response.body);
  return response.body.getReader();
}

const shape = z.object({
  sandbox: z.string(),
  scenario: z.string(),
  expects: z.array(z.string()),
  verdict: z.string(),
  clients: z.array(z.object({
    id: z.string(),
    name: z.string().optional(),
    revision: z.string().optional(),
    verdict: z.string(),
    exchanges: z.array(z.int()),
    findings: z.array(z.object({ rule: z.string(), status: z.string(), level: z.string(), link: z.url() })),
  })),
});

Deno.test("GET /control/report judges what a client has done, and ?strict shows it in the status", async () => {
  await using test = await testApp({ loopbackOnly: true });
  const nothing = await test.get("/control/report?strict");
  assert.equal(nothing.status, 422);
  assert.equal(shape.parse(await json(nothing)).verdict, "incomplete");
  await work(test);
  const response = await test.get("/control/report?strict");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const report = shape.parse(await json(response));
  assert.deepEqual([response.status, report.verdict, report.sandbox, report.scenario], [
    200,
    "pass",
    "main",
    "standard",
  ]);
  assert(report.expects.includes("C11"));
  assert.deepEqual(
    report.clients.map(({ name, revision, verdict, exchanges }) => [name, revision, verdict, exchanges]),
    [
      ["double", "2026-07-28", "pass", [2, 3, 4, 5, 6, 7, 8, 9]],
    ],
  );
  await work(test, { slip: "sends no challenge" });
  const [lenient, strict] = [await test.get("/control/report?strict=false"), await test.get("/control/report?strict")];
  assert.deepEqual([lenient.status, strict.status], [200, 422]);
  assert.deepEqual(
    shape.parse(await json(strict)).clients[0]?.findings.filter(({ status }) => status === "broken").map(({ rule }) =>
      rule
    ),
    ["C11"],
  );
  await lenient.body?.cancel();
});

Deno.test("GET /control/report?revision judges the same exchanges by that revision, and the next report by its own again", async () => {
  await using test = await testApp({ loopbackOnly: true });
  await work(test, { version: "2025-11-25" });
  const judged = async (query: string): Promise<unknown> => {
    const report = await json(await test.get(`/control/report${query}`));
    const { clients: [client] } = shape.parse(report);
    const hasRule = client?.findings.some(({ rule }) => rule === "C25");
    return [z.object({ judgedBy: z.string().optional() }).parse(report).judgedBy, client?.revision, hasRule];
  };
  assert.deepEqual(await judged(""), [undefined, "2025-11-25", false]);
  assert.deepEqual(await judged("?revision=2026-07-28"), ["2026-07-28", "2026-07-28", true]);
  assert.deepEqual(await judged("?wait=1&revision=2025-06-18"), ["2025-06-18", "2025-06-18", false]);
  assert.deepEqual(await judged(""), [undefined, "2025-11-25", false]);
});

Deno.test("GET /control/report comes as JUnit XML and as Markdown", async () => {
  await using test = await testApp({ loopbackOnly: true });
  await work(test, { slip: "uses plain" });
  const junit = await test.get("/control/report?strict&format=junit");
  assert.deepEqual([junit.status, junit.headers.get("content-type")], [422, "application/xml; charset=utf-8"]);
  assert.match(
    await junit.text(),
    /<testcase classname="mock-oauth\.main" name="C12 pkce-s256"><failure message="It used plain"/,
  );
  const markdown = await test.get("/control/report?format=markdown");
  assert.deepEqual([markdown.status, markdown.headers.get("content-type")], [200, "text/markdown; charset=utf-8"]);
  assert.match(await markdown.text(), /^# fail: main\n/);
});

Deno.test("GET /control/report?wait waits until a client has come and gone quiet, at most as long as it says", async () => {
  let waitedMs = 0;
  await using test = await testApp({
    loopbackOnly: true,
    // The client comes in the second second.
    sleep: async (ms) => {
      if (ms !== 100) return;
      waitedMs += ms;
      if (waitedMs === 1500) await work(test);
    },
  });
  assert.equal(shape.parse(await json(await test.get("/control/report?wait=60"))).verdict, "pass");
  assert(waitedMs >= 1900 && waitedMs < 2500, `${waitedMs} ms`);
  waitedMs = 10_000;
  const idle = shape.parse(await json(await test.get("/s/standard~idle/control/report?wait=2")));
  assert.deepEqual([idle.verdict, waitedMs], ["incomplete", 12_000]);
});

Deno.test("GET /control/exchanges shows what was recorded, in part if asked, and as a HAR", async () => {
  await using test = await testApp({ loopbackOnly: true });
  await work(test);
  const list = z.object({
    sandbox: z.literal("main"),
    exchanges: z.array(
      z.object({ sequence: z.int(), route: z.string().optional(), url: z.string(), client: z.string().optional() }),
    ),
  });
  const all = list.parse(await json(await test.get("/control/exchanges"))).exchanges;
  assert.deepEqual(all.map(({ route }) => route), [
    "oauth_post",
    "protected_resource_metadata",
    "authorization_server_metadata",
    "authorize",
    "token",
    "oauth_post",
    "oauth_post",
    "oauth_post",
  ]);
  assert.equal(all[0]?.url, `${origin}/oauth`);
  const { clients } = shape.parse(await json(await test.get("/control/report")));
  assert.deepEqual(
    new Set(all.map(({ client }) => client)),
    new Set([clients[0]?.id]),
    "all are of the client reported on",
  );
  const some = list.parse(await json(await test.get("/control/exchanges?after=2&limit=3"))).exchanges;
  assert.deepEqual(some.map(({ sequence }) => sequence), [3, 4, 5]);
  const har = await test.get("/control/exchanges?format=har");
  assert.equal(har.headers.get("content-disposition"), 'attachment; filename="main.har"');
  const entries = z.array(z.object({ comment: z.string() }));
  const { log } = z.object({ log: z.object({ version: z.literal("1.2"), entries }) }).parse(await json(har));
  assert.deepEqual(
    log.entries.map(({ comment }) => comment),
    all.map(({ sequence, client }) => `exchange ${sequence} of ${client}; secrets are redacted`),
  );
});

Deno.test("DELETE /control/exchanges forgets one sandbox's and no other's", async () => {
  await using test = await testApp();
  const [one, two] = [below(test, "/s/standard~one"), below(test, "/s/standard~two")];
  await register(one);
  await register(two);
  const cleared = await one.fetch("/control/exchanges", { method: "DELETE" });
  assert.equal(cleared.status, 204);
  const count = async (path: string): Promise<number> =>
    z.array(z.unknown()).parse((await json(await test.get(`${path}/control/exchanges`))).exchanges).length;
  assert.deepEqual([await count("/s/standard~one"), await count("/s/standard~two"), await count("")], [0, 1, 0]);
});

Deno.test("pages and the control API are not recorded, but a client's mistaken requests to a page are", async () => {
  await using test = await testApp();
  for (const path of ["/", "/guide", "/health", "/control/exchanges"]) await (await test.get(path)).body?.cancel();
  await (await test.postJson("/", { jsonrpc: "2.0", id: 1, method: "ping" })).body?.cancel();
  await (await test.get("/nowhere")).body?.cancel();
  const { exchanges } = await json(await test.get("/control/exchanges"));
  const urls = z.array(z.object({ url: z.string(), status: z.int() })).parse(exchanges).map((
    { url, status },
  ) => [url, status]);
  assert.deepEqual(urls, [[`${origin}/`, 405], [`${origin}/nowhere`, 404]]);
});

/** Waits that are short are none, long ones last as long as somebody reads. */
function hurry(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms < 500) return Promise.resolve();
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

Deno.test("GET /control/events sends exchanges and findings as they come, and resumes where a reader left (HTML, server-sent events)", async () => {
  await using test = await testApp({ loopbackOnly: true, sleep: hurry });
  await (await test.get("/oauth")).body?.cancel();
  const response = await test.get("/control/events");
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = readerOf(response);
  const past = await readUntil(reader, "event: exchange");
  const [, record] = /^id: ([\w-]+)\.1\nevent: exchange\ndata: \{"sequence":1,/.exec(past) ?? [];
  assert(record, past);
  await work(test, { slip: "uses plain" });
  const live = await readUntil(reader, '"status":"broken"');
  assert.match(
    live,
    /event: findings\ndata: \{"verdict":"fail","reason":"It broke C12 [^"]*","clients":\[\{.*\{"rule":"C12",[^}]*"status":"broken"/,
  );
  await reader.cancel();
  const resumed = readerOf(await test.get("/control/events", { "last-event-id": `${record}.3` }));
  assert.match(await readUntil(resumed, "event: exchange"), new RegExp(`^id: ${record}\\.4\\n`));
  await resumed.cancel();
  // The server was started anew, say, and numbers from one.
  for (const id of ["gone.3", "3"]) {
    const stranger = readerOf(await test.get("/control/events", { "last-event-id": id }));
    assert.match(
      await readUntil(stranger, "event: exchange"),
      new RegExp(`^event: cleared\\ndata: {}\\n\\nid: ${record}\\.1\\n`),
    );
    await stranger.cancel();
  }
});

Deno.test("GET /control/events says when earlier events are void, and continues with what comes after", async () => {
  // As long as this is shut nobody looks whether there was a reset.
  const gate = Promise.withResolvers<void>();
  let looks = 0;
  await using test = await testApp({
    loopbackOnly: true,
    sleep: (ms, signal) => ms === 500 && ++looks === 1 ? gate.promise : hurry(ms, signal),
  });
  const ask = async (query: string): Promise<void> => await (await test.get(`/oauth/jwks?${query}`)).body?.cancel();
  const reader = readerOf(await test.get("/control/events"));
  await ask("before");
  await readUntil(reader, "?before");
  assert.equal((await test.fetch("/control/exchanges", { method: "DELETE" })).status, 204);
  await ask("cleared");
  assert.match(await readUntil(reader, "?cleared"), /event: cleared\ndata: \{\}\n\n[^]*\.4\nevent: exchange\n/);
  assert.equal((await test.fetch("/control/reset", { method: "POST" })).status, 200);
  await ask("reset");
  gate.resolve();
  assert.match(await readUntil(reader, "?reset"), /event: cleared\ndata: \{\}\n\n[^]*\.1\nevent: exchange\n/);
  await reader.cancel();
});

Deno.test("event streams end with the server", async () => {
  const stop = new AbortController();
  await using test = await testApp({
    signal: stop.signal,
    sleep: (_, signal) => new Promise((_, reject) => signal?.addEventListener("abort", reject)),
  });
  const reader = readerOf(await test.get("/control/events"));
  stop.abort();
  assert.equal((await reader.read()).done, true);
});

Deno.test("an invalid parameter of a report is refused", async () => {
  await using test = await testApp();
  for (
    const path of [
      "report?format=xml",
      "report?wait=x",
      "report?wait=121",
      "report?limits=crossing_ms:soon",
      "report?limits=crossing",
      "report?limits=",
      "report?revision=2026-01-01",
      "report?revision=",
      "exchanges?after=-1",
      "exchanges?format=junit",
      "events?after=x",
    ]
  ) {
    await assertOAuthError(await test.get(`/control/${path}`), 400, "invalid_request");
  }
});

Deno.test("an app that is told not to record says so, and serves clients as usual", async () => {
  await using test = await testApp({ record: false, loopbackOnly: true });
  await work(test);
  for (const path of ["report", "exchanges", "events"]) {
    assert.match(await assertOAuthError(await test.get(`/control/${path}`), 404, "not_found"), /^Nothing is recorded/);
  }
});

Deno.test("a sandbox's report knows its scenario, what that expects and the faults that shaped an answer", async () => {
  await using test = await testApp({
    loopbackOnly: true,
    scenarios: [{
      name: "slow-start",
      group: "Custom",
      story: "",
      client: "",
      plan: {
        faults: [{
          name: "first-fails",
          match: { endpoint: "server_metadata" },
          answer: { status: 503 },
        }],
      },
      expects: ["C13"],
      links: [],
    }],
  });
  const sandbox = below(test, "/s/slow-start");
  await (await test.get("/.well-known/oauth-authorization-server/s/slow-start")).body?.cancel();
  const { exchanges } = await json(await sandbox.get("/control/exchanges"));
  assert.deepEqual(
    z.array(z.object({ status: z.int(), shapedBy: z.array(z.string()) })).parse(exchanges).map((
      { status, shapedBy },
    ) => [status, shapedBy]),
    [
      [503, ["first-fails"]],
    ],
  );
  const report = shape.parse(await json(await sandbox.get("/control/report")));
  assert.deepEqual([report.sandbox, report.scenario, report.expects, report.verdict], ["slow-start", "slow-start", [
    "C13",
  ], "incomplete"]);
});

Deno.test("GET /control/report?limits= sets limits, says which it went by, and what can be set", async () => {
  await using test = await testApp({ loopbackOnly: true });
  const limitsOf = async (query: string): Promise<unknown> =>
    (await json(await test.get(`/control/report${query}`))).limits;
  const usual = Object.fromEntries(Object.entries(limitTable).map(([name, { value }]) => [name, value]));
  assert.deepEqual(await limitsOf(""), usual);
  assert.deepEqual(await limitsOf("?limits=completions_per_second:0.5"), { ...usual, completions_per_second: 0.5 });
  const refused = await assertOAuthError(await test.get("/control/report?limits=completion:1"), 400, "invalid_request");
  assert.match(refused, /completion is not a known limit/);
  assert.match(JSON.stringify(await json(await test.get("/control/report?limits=nonsense:1"))), /crossing_ms/);
});
