/** Judging recordings of other tools, as far as `tests/judge/rules_test.ts` does not: several servers, several clients, gaps. */
import assert from "node:assert/strict";
import { lacking } from "../../lib/archive/lacking.ts";
import type { Report } from "../../lib/judge/report.ts";
import { type DoubleOptions, runDouble } from "../interop/double/double.ts";
import { recordedApp, SANDBOX } from "../recorder/recorded_app.ts";
import { cases } from "../judge/cases/all.ts";
import { recordCase } from "../judge/cases/play.ts";
import { foreignHar } from "./foreign.ts";
import { altered, entry, har, type HarEntry } from "./hars.ts";
import { elsewhere, judge, recorded, statusOf } from "./judged.ts";

/** Entries put before and behind those of an archive. */
function among(text: string, before: readonly unknown[], behind: readonly unknown[] = []): string {
  const { log } = JSON.parse(text);
  return JSON.stringify({ log: { ...log, entries: [...before, ...log.entries, ...behind] } });
}

Deno.test("a client that does right passes, and one that does not fails, wherever its servers are", async () => {
  const right = await judge(foreignHar(await recorded({}), elsewhere));
  assert.deepEqual([right.verdict, right.sandbox, right.clients.length], ["pass", "a.har", 1], right.reason);
  assert.equal(right.note, "What its clients did before the recording began is not known");
  const wrong = await judge(foreignHar(await recorded({ slip: "sends no challenge" }), elsewhere));
  assert.deepEqual([wrong.verdict, wrong.clients[0]?.failures], ["fail", ["C11"]]);
});

Deno.test("the login of a page, other JSON-RPC, and whatever else a browser sends, are nobody's steps", async () => {
  const issuer = "https://accounts.page.example";
  const json = (document: unknown): Record<string, unknown> => ({
    response: { content: { mimeType: "application/json", text: JSON.stringify(document) } },
  });
  const form = (text: string): Record<string, unknown> => ({
    postData: { mimeType: "application/x-www-form-urlencoded", text },
  });
  const aside = [
    entry({ url: "https://page.example/", response: { content: { mimeType: "text/html", text: "<p>" } } }),
    entry({
      url: `${issuer}/.well-known/openid-configuration`,
      ...json({ issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t` }),
    }),
    entry({ url: `${issuer}/a?response_type=token&client_id=page`, status: 302 }),
    entry({
      method: "POST",
      url: `${issuer}/t`,
      request: form("grant_type=password&username=a"),
      ...json({ access_token: "x" }),
    }),
    entry({
      method: "POST",
      url: "https://rpc.page.example/",
      request: { postData: { text: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_call" }) } },
      ...json({ jsonrpc: "2.0", id: 1, result: "0x" }),
    }),
    entry({ url: "https://page.example/aborted", status: 0 }),
  ];
  const text = foreignHar(await recorded({}), elsewhere);
  const [plain, mixed] = [await judge(text), await judge(among(text, aside, aside))];
  const seen = ({ verdict, clients }: Report): unknown => [
    verdict,
    clients.map(({ id, findings }) => [id, findings.map(({ rule, status }) => [rule, status])]),
  ];
  assert.deepEqual(seen(mixed), seen(plain));
});

Deno.test("pages between an authorization request and its answer belong to it, on whatever origin (RFC 6749 4.1.1)", async () => {
  const text = foreignHar(await recorded({}), elsewhere);
  const { log } = JSON.parse(text);
  const urls: string[] = log.entries.map((one: { request: { url: string } }) => one.request.url);
  const at = urls.findLastIndex((url) => url.includes("authorize-x"));
  const asked = log.entries[at];
  // Every second product sends people to a page that logs them in, and that sends them back to where they came from.
  const back = `${asked.request.url}&login_verifier=abc`;
  const hop = (url: string, to: string, more = {}): unknown => ({
    ...asked,
    request: { ...asked.request, method: "GET", url, ...more },
    response: { status: 302, headers: [{ name: "location", value: to }], content: { size: 0, mimeType: "" } },
  });
  const login = "https://people.vendor.example/login?challenge=abc";
  const before = [hop(asked.request.url, login), hop(login, back, { method: "POST" })];
  const last = { ...asked, request: { ...asked.request, url: back } };
  const report = await judge(
    JSON.stringify({ log: { ...log, entries: log.entries.toSpliced(at, 1, ...before, last) } }),
  );
  assert.equal(report.verdict, "pass", report.reason);
  const reached = report.clients[0]?.progress.stations.filter((station) => station.reached).map(({ station }) =>
    station
  );
  assert(reached?.includes("authorized"));
  assert.equal(statusOf(report, "C15"), "kept");
});

Deno.test("several clients in one recording are told apart, each with its own findings", async () => {
  const [right, wrong] = await Promise.all(
    [{}, { slip: "sends no challenge" as const }].map(async (one) => foreignHar(await recorded(one), elsewhere)),
  );
  const other = wrong?.replaceAll("double", "other").replaceAll("2026-01-02T03:04", "2026-01-02T03:44") ?? "";
  const { clients } = await judge(among(right ?? "", [], JSON.parse(other).log.entries));
  assert.deepEqual(clients.map(({ verdict, failures }) => [verdict, failures]), [["pass", []], ["fail", ["C11"]]]);
});

Deno.test("two clients that no credentials tell apart are not blamed for each other's registrations", async () => {
  const world = cases.find(({ rule }) => rule === "C8");
  assert(world);
  const [older, newer] = await Promise.all([
    recordCase(world, "2025-11-25", "registers without a type"),
    recordCase(world, "2026-07-28"),
  ]);
  const [first, second] = [older, newer].map(({ exchanges }) =>
    foreignHar(exchanges, { ...elsewhere, isSanitized: true })
  );
  const later = second?.replaceAll("2026-01-02T03:04", "2026-01-02T03:44") ?? "";
  const report = await judge(among(first ?? "", [], JSON.parse(later).log.entries));
  assert.deepEqual([report.verdict, statusOf(report, "C8")], ["pass", "not observed"], report.reason);
});

Deno.test("what a recording lacks is not observed, and says why", async () => {
  const report = await judge(foreignHar(await recorded({}), { ...elsewhere, isSanitized: true }));
  const findings = report.clients.flatMap((client) => client.findings);
  const needing = findings.filter(({ rule }) => lacking.credentials.rules.some((id) => id === rule));
  assert(needing.length > 10);
  for (const { status, detail } of needing) {
    assert.deepEqual([status, detail], ["not observed", lacking.credentials.reason]);
  }
  assert.equal(report.verdict, "pass");
});

Deno.test("a request that was not answered leaves a gap, before which nothing is taken for missing", async () => {
  const text = foreignHar(await recorded({}), elsewhere);
  const report = await judge(among(text, [], [entry({ url: "https://mcp.vendor.example:8443/v1/mcp", status: 0 })]));
  assert.deepEqual([report.record.isWhole, report.record.leftOut, report.verdict], [false, 1, "pass"]);
  // What was not answered elsewhere is no gap.
  const aside = await judge(among(text, [], [entry({ url: "https://page.example/", status: 0 })]), true);
  assert.deepEqual([aside.record.isWhole, aside.record.leftOut], [true, 0]);
});

Deno.test("an archive without any client of MCP or OAuth says so", async () => {
  const report = await judge(har([entry({ url: "https://page.example/" })]));
  assert.deepEqual([report.verdict, report.clients], ["incomplete", []]);
});

Deno.test("bodies that are nested deeper than a reader can go are taken for missing, and end nothing", async () => {
  const deep = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":${"[".repeat(300_000)}${"]".repeat(300_000)}}`;
  const content = { mimeType: "text/event-stream", text: `data: ${deep}\n\n` };
  const post = entry({
    method: "POST",
    request: { postData: { mimeType: "application/json", text: deep }, headers: [{ name: "mcp-method", value: "x" }] },
    response: { content },
  });
  assert.equal((await judge(har([post]))).verdict, "incomplete");
});

/** Archives of several servers at once, each of which answers when the one before has, in turn. */
function interleaved(...texts: readonly string[]): string {
  const lists: readonly Record<string, unknown>[][] = texts.map((text) => JSON.parse(text).log.entries);
  const longest = Math.max(...lists.map((list) => list.length));
  const mixed = Array.from({ length: longest }, (_, index) => lists.map((list) => list[index])).flat();
  const begun = Date.parse("2026-01-02T03:04:05.000Z");
  const timings = { send: 0, wait: 1, receive: 0 };
  return har(
    mixed.filter((one) => one !== undefined).map((one, index) => {
      return { ...one, startedDateTime: new Date(begun + index * 10).toISOString(), time: 1, timings };
    }),
  );
}

/** The same at another MCP server, with an authorization server of its own or not. */
function elsewhereAgain(text: string, isSharedLogin: boolean): string {
  const moved = text.replaceAll("mcp.vendor.example", "mcp.other.example");
  return isSharedLogin ? moved : moved.replaceAll("login.vendor.example", "login.other.example");
}

/** What each of two clients of one server did, one after the other. */
async function recordedApart(...clients: readonly Partial<DoubleOptions>[]): Promise<readonly string[]> {
  await using app = await recordedApp();
  const ends: number[] = [0];
  for (const client of clients) {
    await runDouble({ send: app.send, version: "2025-11-25", ...client });
    ends.push((await app.recording.read(SANDBOX)).exchanges.length);
  }
  const { exchanges } = await app.recording.read(SANDBOX);
  return clients.map((_, index) => foreignHar(exchanges.slice(ends[index], ends[index + 1]), elsewhere));
}

for (const version of ["2025-06-18", "2025-11-25", "2026-07-28"] as const) {
  Deno.test(`a client of ${version} that talks to two servers at once is judged at each apart`, async () => {
    const [one, right, wrong] = await recordedApart({ version }, { version }, { version, slip: "sends no challenge" });
    assert(one && right && wrong);
    for (const isSharedLogin of [false, true]) {
      for (const isWhole of [undefined, true]) {
        const both = await judge(interleaved(one, elsewhereAgain(right, isSharedLogin)), isWhole);
        assert.deepEqual([both.verdict, both.clients.length], ["pass", 2], both.reason);
        const mixed = await judge(interleaved(elsewhereAgain(wrong, isSharedLogin), one), isWhole);
        assert.deepEqual(mixed.clients.map(({ failures }) => failures), [["C11"], []]);
      }
    }
  });
}

/** An archive in which entries have user agents. */
function sentBy(text: string, agentFor: (entry: HarEntry) => string): string {
  return altered(text, ({ request, ...one }) => {
    const headers = Array.isArray(request.headers) ? request.headers : [];
    const agent = { name: "User-Agent", value: agentFor({ request, ...one }) };
    return { ...one, request: { ...request, headers: [...headers, agent] } };
  });
}

const isPersons = ({ request }: HarEntry): boolean => request.url.includes("authorize");
const isPosted = ({ request }: HarEntry): boolean => JSON.stringify(request.postData ?? "").includes("jsonrpc");

/** What a program sends its requests with; its person's browser brings the authorization request. */
const libraries: Readonly<Record<string, (program: string) => (entry: HarEntry) => string>> = {
  "one library": (program) => (one) => isPersons(one) ? "Mozilla/5.0" : program,
  "a library for messages, and one for the login": (program) => (one) =>
    isPersons(one) ? "Mozilla/5.0" : isPosted(one) ? program : `${program}-oauth`,
  "a library for messages, and one for the login that others have, too": (program) => (one) =>
    isPersons(one) ? "Mozilla/5.0" : isPosted(one) ? program : "node",
  "a page, and a program behind it": (program) => (one) => isPosted(one) ? program : "Mozilla/5.0",
};

for (const [what, agentFor] of Object.entries(libraries)) {
  Deno.test(`a program that has ${what} is one client, and two of them at one server at once are two`, async () => {
    const [version, slip] = ["2025-11-25", "uses an id again"] as const;
    const [right, open, wrong] = await recordedApart(
      { version },
      { version, endpoint: "/no-auth" },
      { version, endpoint: "/no-auth", slip },
    );
    assert(right && open && wrong);
    for (const isWhole of [undefined, true]) {
      const alone = await judge(sentBy(right, agentFor("one")), isWhole);
      assert.deepEqual([alone.verdict, alone.clients.length], ["pass", 1], alone.reason);
      const both = await judge(interleaved(sentBy(right, agentFor("one")), sentBy(open, agentFor("two"))), isWhole);
      assert.deepEqual([both.verdict, both.clients.length], ["pass", 2], both.reason);
      const mixed = await judge(interleaved(sentBy(right, agentFor("one")), sentBy(wrong, agentFor("two"))), isWhole);
      assert.deepEqual(mixed.clients.map(({ failures }) => failures), [[], ["M3"]], mixed.reason);
    }
  });
}

Deno.test("two programs that have a document each are two clients, though neither says who sends a request", async () => {
  const [right, wrong] = await recordedApart({}, { slip: "sends no challenge" });
  assert(right && wrong);
  const { clients } = await judge(interleaved(right, wrong.replaceAll("double", "other")));
  const failuresOf = (name: string): readonly string[] | undefined =>
    clients.find(({ id }) => id.includes(name))?.failures;
  assert.deepEqual([failuresOf("double.json"), failuresOf("other.json")], [[], ["C11"]]);
});

Deno.test("a client that calls another server at the same origin meanwhile logs in for the one that refused it (RFC 9728 3.3)", async () => {
  const [right, open] = await recordedApart({}, { endpoint: "/no-auth" });
  assert(right && open);
  const report = await judge(interleaved(open, right));
  assert.deepEqual([report.verdict, statusOf(report, "C14")], ["pass", "kept"], report.reason);
});

Deno.test("messages that follow the stream of HTTP+SSE to another origin are of the client that was sent there", async () => {
  const world = cases.find(({ slips }) => slips.includes("takes any endpoint"));
  assert(world);
  const { exchanges } = await recordCase(world, "2025-11-25", "takes any endpoint");
  const report = await judge(foreignHar(exchanges, elsewhere), true);
  assert.deepEqual([report.clients.length, statusOf(report, "M38")], [1, "broken"]);
});

Deno.test("a client is not held to what its revision did not require yet when it did it (2025-03-26 has no resource metadata)", async () => {
  const everything = { refresh: true, logout: true, listens: true };
  const [old, young] = [{ version: "2025-03-26", ...everything }, { version: "2025-11-25", ...everything }] as const;
  const first = await recorded(old);
  const both = await recorded(old, young);
  const text = foreignHar(both, { ...elsewhere, isOneOrigin: true });
  const { log } = JSON.parse(text);
  const at = (one: HarEntry): number => Date.parse(String(one.startedDateTime));
  const moved = (one: HarEntry, ms: number): HarEntry => ({
    ...one,
    startedDateTime: new Date(at(one) + ms).toISOString(),
  });
  const early: readonly HarEntry[] = log.entries.slice(0, first.length);
  const late: readonly HarEntry[] = log.entries.slice(first.length);
  const apart = at(late[0] ?? assert.fail()) - at(early[0] ?? assert.fail());
  const orders = {
    "one after the other": [...early, ...late],
    "the later one first": [...late, ...early.map((one) => moved(one, 10 * apart))],
    "at the same time": [...early, ...late.map((one) => moved(one, 5 - apart))],
    "the later one a little later": [...early, ...late.map((one) => moved(one, 55 - apart))],
  };
  for (const [order, entries] of Object.entries(orders)) {
    for (const isWhole of [undefined, true]) {
      const { verdict, reason } = await judge(har(entries.toSorted((one, other) => at(one) - at(other))), isWhole);
      assert.equal(verdict, "pass", `${order}: ${reason}`);
    }
  }
  // Nor where it is recorded here.
  await using app = await recordedApp();
  for (const client of [old, young]) await runDouble({ send: app.send, ...client });
  assert.equal((await app.report()).verdict, "pass");
});
