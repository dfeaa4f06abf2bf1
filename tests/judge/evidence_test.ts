/** What falls off the record is not forgotten: a verdict stays, and the report says how much it was made without. */
import assert from "node:assert/strict";
import { z } from "zod";
import { createEvidence, MAX_EVIDENCE } from "../../lib/recorder/tape/evidence.ts";
import { keepFindings } from "../../lib/judge/keep_findings.ts";
import { type Likened, likenessOf } from "../../lib/recorder/tape/likeness.ts";
import { buildReport, type Report } from "../../lib/judge/report.ts";
import type { Finding } from "../../lib/judge/verdict.ts";
import type { HeldExchange } from "../../lib/recorder/tape/ring.ts";
import { MAX_EXCHANGES } from "../../lib/recorder/tape/rings.ts";
import { runDouble, type Slip } from "../interop/double/double.ts";
import { json, origin, testApp } from "../helpers.ts";
import { asks, make, registers, resourceUrl, server, speaks } from "../recorder/made_exchanges.ts";

const shape = z.object({
  verdict: z.string(),
  record: z.object({ isWhole: z.boolean(), dropped: z.number(), unjudged: z.number() }),
  clients: z.array(z.object({
    id: z.string(),
    verdict: z.string(),
    findings: z.array(
      z.object({ rule: z.string(), status: z.string(), detail: z.string(), evidence: z.array(z.number()) }),
    ),
  })),
});

/** What a client does wrong, and where: each fills a record of its own, so there are no more than it takes. */
const cases: readonly { readonly shared: boolean; readonly slips: readonly (Slip | undefined)[] }[] = [
  { shared: false, slips: [undefined, "skips resource metadata", "sends no challenge", "forgets its token"] },
  { shared: true, slips: ["puts its token into the URL"] },
];

for (const { shared, slips } of cases) {
  const where = shared ? "a record that processes share" : "the record of a process alone";
  Deno.test(`GET /control/report: a verdict stays when its exchanges have fallen off ${where}`, async (t) => {
    for (const slip of slips) {
      await t.step(slip ?? "does right", async () => {
        await using test = await testApp({ loopbackOnly: true, shared });
        const send = (request: Request): Promise<Response> => test.app(request);
        const sent: Request[] = [];
        await runDouble({
          send: (request) => {
            sent.push(request.clone());
            return send(request);
          },
          version: "2025-11-25",
          // What follows is in its session.
          staysOpen: true,
          slip,
        });
        const read = async (): Promise<z.infer<typeof shape>> =>
          shape.parse(await json(await test.fetch("/control/report")));
        const before = await read();
        // A notification that came a thousand times would be a mistake of its own.
        const bodies = await Promise.all(sent.map((request) => request.clone().text()));
        const at = bodies.findLastIndex((text, index) =>
          text.includes('"id":') && (sent[index]?.headers.has("authorization") ?? false)
        );
        const [last = sent.at(-1), body = ""] = [sent[at], bodies.at(at)];
        assert.equal(before.verdict, slip === undefined ? "pass" : "fail");
        assert.equal(before.record.dropped, 0);
        for (let count = 0; count < MAX_EXCHANGES + 50; count++) {
          assert(last);
          const again = new Request(last.clone(), {
            method: "POST",
            headers: last.headers,
            body: body.replace(/"id":\d+/, `"id":${1000 + count}`),
          });
          await (await send(again)).body?.cancel();
        }
        const after = await read();
        assert.equal(after.verdict, before.verdict);
        assert.deepEqual(after.clients.map(({ id }) => id), before.clients.map(({ id }) => id));
        const decided = ({ clients }: z.infer<typeof shape>, status: string): readonly string[] =>
          clients.flatMap(({ findings }) =>
            findings.filter((found) => found.status === status).map(({ rule }) => rule)
          );
        assert.deepEqual(decided(after, "broken"), decided(before, "broken"));
        // What was sent meanwhile may have shown more.
        const kept = decided(after, "kept");
        assert.deepEqual(decided(before, "kept").filter((rule) => !kept.includes(rule)), []);
        assert(after.record.dropped >= 50, String(after.record.dropped));
        assert.deepEqual([after.record.isWhole, after.record.unjudged], [false, 0]);
      });
    }
  });
}

Deno.test("GET /control/report says in every format how much fell off, and clearing forgets that", async () => {
  await using test = await testApp({ loopbackOnly: true });
  await runDouble({ send: (request) => test.app(request), version: "2025-11-25", slip: "skips resource metadata" });
  for (let count = 0; count < MAX_EXCHANGES; count++) await (await test.get("/oauth")).body?.cancel();
  const text = async (format: string): Promise<string> =>
    await (await test.get(`/control/report?format=${format}`)).text();
  assert.match(await text("markdown"), /^# fail: main$/m);
  assert.match(
    await text("markdown"),
    /^\d+ exchanges were dropped from the record to make room for later ones; the verdict counts them\.$/m,
  );
  assert.match(await text("junit"), /<property name="exchanges no longer on record" value="\d+"\/>/);
  assert.match(
    await (await test.get("/control/exchanges?format=har")).text(),
    /"comment":"Of all exchanges: \d+ no longer on record"/,
  );
  assert.match(
    await (await test.get("/inspect", { accept: "text/html" })).text(),
    /the oldest exchanges are no longer kept \(\d+; the verdict counts them\)/,
    "also without scripts",
  );
  await test.fetch("/control/exchanges", { method: "DELETE" });
  const { verdict, clients, record } = shape.parse(await json(await test.get("/control/report")));
  assert.deepEqual([verdict, clients, record.dropped, record.unjudged], ["incomplete", [], 0, 0]);
});

const url = "http://localhost/oauth";
const call: Likened = {
  method: "POST",
  url,
  status: 200,
  route: "oauth_post",
  sent: (name) => name === "authorization" ? "Bearer a" : undefined,
  body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"one"}}',
};

Deno.test("exchanges are alike if they differ in nothing that a rule looks at", () => {
  const like = (change: Partial<Likened>): boolean => likenessOf({ ...call, ...change }) === likenessOf(call);
  assert(like({ body: '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"two"}}' }));
  for (
    const change of [
      { status: 401 },
      { url: `${url}?access_token=x` },
      { sent: () => undefined },
      { sent: (name: string) => name === "authorization" ? "Bearer b" : undefined },
      { body: '{"jsonrpc":"2.0","id":2,"method":"tools/list"}' },
      { method: "DELETE" },
      { route: "bearer_post" },
      { sent: (name: string) => name === "accept" ? "*/*" : call.sent(name) },
    ]
  ) assert(!like(change), JSON.stringify(change));
  const nothing = { ...call, method: "GET", status: 404, route: undefined, body: undefined };
  assert.equal(likenessOf({ ...nothing, url: `${url}/1` }), likenessOf({ ...nothing, url: `${url}/2` }));
  const token = {
    ...call,
    url: "http://localhost/oauth/token",
    route: "token",
    body: "grant_type=authorization_code&code=x",
  };
  assert.equal(likenessOf(token), undefined, "it brings a token");
  assert.equal(likenessOf({ ...token, status: 400 }), likenessOf({ ...token, status: 400, body: `${token.body}y` }));
  const refreshed = { ...token, status: 400, body: "grant_type=refresh_token&refresh_token=x" };
  assert.notEqual(likenessOf({ ...token, status: 400 }), likenessOf(refreshed));
  assert.equal(likenessOf({ ...call, method: "GET", url: asks("a")[0], body: undefined }), undefined);
});

Deno.test("what an exchange is like does not depend on how many of other kinds have come between", () => {
  const kinds = Array.from({ length: 20 }, (_, at) => ({ ...call, url: `${url}?kind=${at}` }));
  const first = kinds.map(likenessOf);
  assert.equal(new Set(first).size, kinds.length);
  assert.deepEqual(kinds.map(likenessOf), first);
});

Deno.test("what long exchanges are like is short, as hundreds of such texts are kept of each sandbox", () => {
  const long = { ...call, url: `${url}?${"x".repeat(60_000)}` };
  assert.equal(likenessOf(long), likenessOf({ ...long }));
  assert.notEqual(likenessOf(long), likenessOf({ ...long, url: `${long.url}y` }));
  assert((likenessOf(long)?.length ?? 0) <= 1000);
});

function entry(sequence: number, likeness: string | undefined, bytes = 100): HeldExchange {
  return {
    sequence,
    bytes,
    measure: () => bytes,
    likeness: () => likeness,
    hold: () => {},
    exchange: () => assert.fail("nobody looks"),
  };
}

Deno.test("evidence keeps the first informative exchanges and a few of those that are alike, and counts the rest", () => {
  const evidence = createEvidence({ maxEntries: 8, maxSandboxBytes: 10_000, maxBytes: 1500 });
  const numbers = (sandboxId: string): readonly number[] =>
    evidence.of(sandboxId).entries.map(({ sequence }) => sequence);
  evidence.add("a", [1, 2, 3, 4, 5, 6].map((number) => entry(number, "call")));
  assert.deepEqual(numbers("a"), [1, 2, 3, 4]);
  evidence.add("a", [entry(7, undefined), entry(8, "call"), entry(9, "other")]);
  assert.deepEqual(numbers("a"), [1, 2, 3, 4, 7, 8, 9]);
  assert.deepEqual([evidence.of("a").dropped, evidence.of("a").unjudged], [9, 0]);
  evidence.add("a", [entry(10, undefined), entry(11, undefined), entry(12, undefined)]);
  assert.deepEqual(numbers("a"), [1, 2, 3, 4, 7, 8, 9, 10]);
  assert.deepEqual([evidence.of("a").dropped, evidence.of("a").unjudged], [12, 2]);
  evidence.add("b", [entry(1, undefined, 1000)]);
  assert.deepEqual([numbers("a"), evidence.of("a").unjudged, numbers("b")], [[], 10, [1]], "the oldest gives way");
  evidence.clear("b");
  assert.deepEqual(evidence.of("b"), { entries: [], dropped: 0, unjudged: 0 });
  assert.equal(MAX_EVIDENCE, 1000);
});

function kept(finding: Finding): Finding {
  return { ...finding, status: "kept" };
}

Deno.test("a finding stays when its evidence is gone, and is judged again while the evidence exists", () => {
  const stateless = make(speaks("2025-06-18", 401), [resourceUrl, { answered: {} }], registers("A", "a"), [
    `${server.authorization_endpoint}?response_type=code&client_id=a&code_challenge=x`,
    { peer: "browser", status: 302 },
  ]);
  const judge = (from: number, ...names: readonly string[]): Report =>
    buildReport([
      ...stateless.slice(from),
      ...make(registers("B", "b", "q")).map((exchange) => ({ ...exchange, sequence: 9 })).slice(0, names.length),
    ], { sandbox: "main", hasOrigin: true, isWhole: false });
  const past = judge(0);
  const c15 = ({ clients }: Report): unknown => clients[0]?.findings.find(({ rule }) => rule === "C15")?.status;
  assert.equal(c15(past), "broken");
  const gone = keepFindings(judge(4, "B"), past, new Set([9]));
  assert.deepEqual(gone.clients.map(({ id }) => id), ["a", "b"]);
  assert.equal(c15(gone), "broken");
  const mended = { ...past, clients: past.clients.map((one) => ({ ...one, findings: one.findings.map(kept) })) };
  assert.equal(c15(keepFindings(mended, past, new Set([9]))), "broken", "what it does later mends nothing");
  assert.equal(c15(keepFindings(mended, past, new Set([1, 2, 3, 4]))), "kept", "all of it was judged again");
  const none = { ...past, clients: past.clients.map((one) => ({ ...one, findings: [] })) };
  assert.equal(c15(keepFindings(past, none, new Set([1, 2, 3, 4]))), "broken");
  const half = keepFindings(judge(2), past, new Set([3, 4]));
  assert.deepEqual(
    half.clients[0]?.findings.find(({ rule }) => rule === "C1")?.status,
    "kept",
    "what it had read is gone",
  );
});

Deno.test("M107 says so where the page before lacks resultType, over which a client may have stumbled (scenario result-kind-missing)", async () => {
  for (const [scenario, isSaid] of [["result-kind-missing", true], ["pages", false]] as const) {
    await using test = await testApp({ loopbackOnly: true });
    await runDouble({
      send: test.app,
      version: "2026-07-28",
      slip: "takes the first page for all",
      base: `${origin}/s/${scenario}~kind`,
    });
    const { clients } = shape.parse(await json(await test.fetch(`/s/${scenario}~kind/control/report`)));
    const found = clients.flatMap(({ findings }) => findings).find(({ rule }) => rule === "M107");
    assert.equal(found?.status, "broken");
    assert.equal(/no resultType, which means complete$/.test(found.detail), isSaid, found.detail);
  }
});
