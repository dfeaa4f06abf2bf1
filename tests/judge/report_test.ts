/** The verdict: who is who, what they speak, what it comes to, and the forms it is written in. */
import assert from "node:assert/strict";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { buildHar } from "../../lib/judge/formats/har.ts";
import type { ClientReport } from "../../lib/judge/verdict.ts";
import { buildReport, type Report } from "../../lib/judge/report.ts";
import { type Revision, revisions } from "../../lib/judge/settled.ts";
import { renderJunit } from "../../lib/judge/formats/junit.ts";
import { renderMarkdown } from "../../lib/judge/formats/markdown.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { ALWAYS } from "../../lib/judge/rules/rule.ts";
import { runDouble } from "../interop/double/double.ts";
import { origin } from "../helpers.ts";
import {
  asks,
  type Made,
  make,
  reads,
  registers,
  resourceUrl,
  server,
  serverUrl,
  speaks,
} from "../recorder/made_exchanges.ts";
import { recordedApp, SANDBOX } from "../recorder/recorded_app.ts";

/** Judges by rules alone: most of these clients did no more than look around. */
function judge(exchanges: readonly Exchange[], expects: readonly string[] = [], isWhole = true): Report {
  return buildReport(exchanges, { sandbox: "main", hasOrigin: true, isWhole, expects, reaches: "discovery" });
}

function clientsOf(exchanges: readonly Exchange[]): unknown {
  return judge(exchanges).clients.map(({ id, name, exchanges: own }) => [id, name, own]);
}

Deno.test("what a client does before it has a client_id belongs to it, and so does what its browser does", () => {
  assert.deepEqual(clientsOf(make(reads(), registers("A", "a"), asks("a"))), [["a", "A", [1, 2, 3]]]);
  assert.deepEqual(clientsOf(make(reads(), asks("given"))), [["given", undefined, [1, 2]]]);
});

Deno.test("clients at one address are told apart by their names, and one that registers again stays one client", () => {
  assert.deepEqual(
    clientsOf(make(reads(), registers("A", "a"), reads(), registers("B", "b"), asks("b"), asks("a"))),
    [["a", "A", [1, 2, 6]], ["b", "B", [3, 4, 5]]],
  );
  assert.deepEqual(clientsOf(make(reads(), registers("A", "a"), reads(), registers("A", "a2"), asks("a2"))), [
    ["a", "A", [1, 2, 3, 4, 5]],
  ]);
  assert.deepEqual(clientsOf(make(reads("p"), reads("q"), registers("A", "b", "q"), registers("A", "a", "p"))), [
    ["a", "A", [1, 4]],
    ["b", "A", [2, 3]],
  ]);
});

Deno.test("a client without a client_id is identified by its address, and by the name that it gives in MCP", () => {
  assert.deepEqual(clientsOf(make(speaks("2025-11-25"))), [["unidentified p", "Raw", [1]]]);
  assert.deepEqual(clientsOf(make(["http://localhost/guide"], [resourceUrl, { method: "OPTIONS" }])), []);
});

const resource: readonly [string, Made] = [resourceUrl, { answered: {} }];

function judged(
  revisions: readonly string[],
  ...steps: readonly (readonly [string, Made?])[]
): readonly ClientReport[] {
  return buildReport(make(...steps), { sandbox: SANDBOX, hasOrigin: true, isWhole: true, revisions }).clients;
}

Deno.test("a client is judged by its own revision in every scenario, and one that is for later ones alone stays incomplete", () => {
  const outcomeOf = (revisions: readonly string[] | undefined, ...versions: readonly string[]): unknown => {
    const [client] =
      buildReport(make(...versions.map((version) => speaks(version)), resource, reads(), registers("A", "a")), {
        sandbox: SANDBOX,
        hasOrigin: true,
        isWhole: true,
        reaches: "registration",
        ...(revisions ? { revisions } : {}),
      }).clients;
    return [client?.revision, client?.verdict, client?.findings.find(({ rule }) => rule === "C8")?.status];
  };
  assert.deepEqual(outcomeOf(["2026-07-28"], "2026-07-28"), ["2026-07-28", "fail", "broken"]);
  assert.deepEqual(outcomeOf(["2026-07-28"], "2025-11-25"), ["2025-11-25", "incomplete", "not observed"]);
  assert.deepEqual(outcomeOf(["2025-11-25", "2026-07-28"], "2025-06-18"), ["2025-06-18", "incomplete", undefined]);
  assert.deepEqual(
    outcomeOf(["2026-07-28"], "2026-07-28", "2025-11-25"),
    ["2025-11-25", "pass", undefined],
    "it speaks both",
  );
  assert.deepEqual(outcomeOf(["2025-03-26"], "2026-07-28"), ["2026-07-28", "fail", "broken"]);
  assert.deepEqual(outcomeOf(undefined, "2025-11-25"), ["2025-11-25", "pass", undefined]);
  assert.deepEqual(outcomeOf(["2026-07-28"], "DRAFT"), [undefined, "pass", undefined]);
});

Deno.test("a client that is too old for a scenario is told so, and still fails by what its own revision requires", () => {
  const [wrong] = [...judged(["2026-07-28"], speaks("2025-11-25"), registers("A", "a"))];
  assert.deepEqual([wrong?.verdict, wrong?.failures], ["fail", ["C1"]]);
  const [right] = [
    ...judged(["2025-11-25", "2026-07-28"], speaks("2025-06-18"), resource, reads(), registers("A", "a")),
  ];
  assert.equal(
    right?.reason,
    "It began to speak MCP, and went no further. " +
      "The scenario is for clients of 2025-11-25 and 2026-07-28, and this one speaks 2025-06-18",
  );
  assert.equal(right?.progress.stations.find(({ station }) => station === "registered")?.reached, true);
});

Deno.test("a report by another revision has that one's rules and verdicts, whatever was settled, and says so", () => {
  const exchanges = make(speaks("2025-11-25"), resource, reads(), registers("A", "a"));
  const by = (judgedBy?: Revision, version?: string): Report =>
    buildReport(version === undefined ? exchanges : make(speaks(version), resource, reads(), registers("A", "a")), {
      sandbox: "main",
      hasOrigin: true,
      isWhole: true,
      expects: ["C8"],
      reaches: "discovery",
      revisions: ["2026-07-28"],
      ...(judgedBy ? { judgedBy } : {}),
    });
  const outcomeOf = ({ verdict, clients: [client] }: Report): unknown => [
    verdict,
    client?.revision,
    client?.settled.map(({ version }) => version),
    client?.findings.find(({ rule }) => rule === "C8")?.status,
  ];
  assert.deepEqual(outcomeOf(by()), ["incomplete", "2025-11-25", ["2025-11-25"], "not observed"]);
  assert.deepEqual(outcomeOf(by("2026-07-28")), ["fail", "2026-07-28", ["2025-11-25"], "broken"]);
  assert.deepEqual(outcomeOf(by("2025-11-25", "2026-07-28")), [
    "incomplete",
    "2025-11-25",
    ["2026-07-28"],
    "not observed",
  ]);
  assert.match(
    by("2025-11-25", "2026-07-28").reason,
    /is for clients of 2026-07-28, and this one is judged by 2025-11-25/,
  );
  for (const revision of revisions) {
    assert.deepEqual(
      by(revision).clients[0]?.findings.map(({ rule }) => rule),
      by(undefined, revision).clients[0]?.findings.map(({ rule }) => rule),
      `the rules of ${revision} are those of clients that speak it`,
    );
  }
  assert.equal(by().judgedBy, undefined);
  assert.doesNotMatch(renderMarkdown(by()), /Judged by/);
  assert.match(renderMarkdown(by("2026-07-28")), /^Judged by MCP 2026-07-28, whichever revision a client speaks\.$/m);
});

Deno.test("no client passes a scenario whose expected rules were not observed, as a later revision requires them", () => {
  const outcomeOf = (version: string, expects: readonly string[], sent: Record<string, string> = {}): unknown => {
    const [url, made] = registers("A", "a");
    const redirect_uris = ["http://localhost/cb"];
    const resource: readonly [string, Made] = [resourceUrl, { answered: {} }];
    const report = judge(
      make(speaks(version), resource, reads(), [url, { ...made, sent: { redirect_uris, ...sent } }]),
      expects,
    );
    return [report.verdict, report.clients[0]?.findings.find(({ rule }) => rule === "C8")?.status];
  };
  const native = { application_type: "native" };
  assert.deepEqual(outcomeOf("2025-11-25", ["C8"]), ["incomplete", "not observed"]);
  assert.deepEqual(outcomeOf("2025-11-25", ["C8"], native), ["pass", "kept"]);
  assert.deepEqual(outcomeOf("2025-11-25", ["C6", "C8"]), ["pass", undefined]);
  assert.deepEqual(outcomeOf("2025-11-25", []), ["pass", undefined]);
  assert.deepEqual(outcomeOf("2026-07-28", ["C8"]), ["fail", "broken"]);
  assert.deepEqual(outcomeOf("2026-07-28", ["C8"], native), ["pass", "kept"]);
});

Deno.test("a client that authenticates only with an assertion was given its client_id before (RFC 7523 2.2)", () => {
  const gets = (fields: Record<string, string>, status = 200): readonly [string, Made] => [
    server.token_endpoint,
    { method: "POST", status, sent: new URLSearchParams({ grant_type: "client_credentials", ...fields }).toString() },
  ];
  const statusOf = (...steps: readonly (readonly [string, Made?])[]): unknown =>
    judge(make(speaks("2025-11-25"), reads(), ...steps)).clients[0]?.findings.find(({ rule }) => rule === "C29")
      ?.status;
  assert.equal(statusOf(gets({ client_assertion: "header.payload.signature" })), "kept");
  assert.equal(statusOf(gets({ client_assertion: "header.payload.signature" }, 401)), "not observed");
  assert.equal(statusOf(gets({})), "not observed");
});

Deno.test("a client that does not request offline_access keeps its rule, whichever metadata lists the scopes", () => {
  const statusOf = (scopes: readonly string[] | undefined): unknown =>
    judge(make(
      speaks("2026-07-28"),
      [serverUrl, { answered: { ...server, scopes_supported: scopes } }],
      asks("a"),
    )).clients[0]?.findings.find(({ rule }) => rule === "C21")?.status;
  assert.equal(statusOf(["mcp:basic", "offline_access"]), "kept");
  assert.equal(statusOf(["mcp:basic"]), "kept");
  assert.equal(statusOf(undefined), "not observed");
});

Deno.test("a client is judged by the revision it speaks: the negotiated one, else the one it named last", () => {
  const revisionOf = (...steps: readonly (readonly [string, Made?])[]): unknown =>
    judge(make(...steps)).clients[0]?.revision;
  assert.equal(
    revisionOf(speaks("2026-07-28", 200, { jsonrpc: "2.0", id: 1, result: { protocolVersion: "2025-06-18" } })),
    "2025-06-18",
  );
  assert.equal(revisionOf(speaks("2025-11-25", 401)), "2025-11-25");
  assert.equal(revisionOf(speaks("2024-11-05")), "2025-03-26");
  assert.equal(revisionOf(speaks("2027-01-01")), "2026-07-28");
  assert.equal(revisionOf(speaks("DRAFT")), undefined);
  assert.equal(
    revisionOf(speaks("2025-11-25"), [`${origin}/oauth`, {
      method: "POST",
      status: 400,
      sent: { jsonrpc: "2.0" },
      headers: [["mcp-protocol-version", "2026-07-28"]],
    }]),
    "2025-11-25",
  );
  const ids = (version: string): readonly string[] =>
    judge(make(speaks(version))).clients[0]?.findings.map(({ rule }) => rule) ?? [];
  const idsOf = (revision: Revision): readonly string[] =>
    rules.filter(({ revisions }) => revisions.includes(revision)).map(({ id }) => id);
  const ofAll = rules.filter(({ revisions }) => revisions.length === ALWAYS.length).map(({ id }) => id);
  assert.deepEqual(ids("2025-03-26"), idsOf("2025-03-26"));
  assert.deepEqual(ofAll.slice(0, 8), ["C9", "C11", "C12", "C15", "C16", "C22", "C23", "C28"]);
  assert(!ids("2025-06-18").includes("C13") && ids("2025-06-18").includes("C14"));
  assert(ids("2025-11-25").includes("C13") && !ids("2025-11-25").includes("C25"));
  // What is offered counts as settled where the answer cannot be read, so this one speaks 2026-07-28 alone.
  assert.deepEqual(ids("2026-07-28"), idsOf("2026-07-28"));
  assert.deepEqual(ids("DRAFT"), ids("2025-06-18"), "who has not shown what it speaks is judged by what all ask for");
});

Deno.test("a broken MUST fails, a broken SHOULD fails only if the scenario tests it, and too little evidence is incomplete", () => {
  const stateless = make(speaks("2025-06-18", 401), [resourceUrl, { answered: {} }], reads(), registers("A", "a"), [
    `${origin}/oauth/authorize?response_type=code&client_id=a&code_challenge=x&code_challenge_method=S256`,
    { peer: "browser", status: 302 },
  ]);
  const statusOf = (report: Report, id: string): unknown =>
    report.clients[0]?.findings.find(({ rule }) => rule === id)?.status;
  assert.equal(statusOf(judge(stateless), "C15"), "broken");
  assert.equal(judge(stateless).verdict, "pass");
  assert.equal(judge(stateless, ["C15"]).verdict, "fail");
  assert.equal(judge(stateless, ["C11"]).verdict, "pass");
  assert.equal(judge(stateless, ["C22"]).verdict, "incomplete");
  assert.equal(judge(stateless.toSpliced(1, 1)).verdict, "fail");
  assert.equal(judge([]).verdict, "incomplete");
  assert.equal(judge(make(speaks("2025-11-25"))).verdict, "incomplete");
  const visited = [
    ...stateless,
    ...make([resourceUrl, { peer: "curl" }]).map((exchange) => ({ ...exchange, sequence: 9 })),
  ];
  assert.equal(judge(visited).clients.length, 2);
  assert.equal(judge(visited).verdict, "pass", "who only looked at a document is no client");
});

Deno.test("a rule on tokens is not observed if exchanges are missing from the record", () => {
  const call = make([`${origin}/oauth`, {
    method: "POST",
    status: 401,
    sent: { jsonrpc: "2.0", id: 1, method: "ping" },
    headers: [["authorization", "Bearer …8…x"]],
  }]);
  const statusOf = (isWhole: boolean): unknown =>
    judge(call, [], isWhole).clients[0]?.findings.find(({ rule }) => rule === "C24")?.status;
  assert.equal(statusOf(true), "broken");
  assert.equal(statusOf(false), "not observed");
});

/** One for each rule of the client's revision, and one for how far it came. */
const CASES = rules.filter(({ revisions }) => revisions.includes("2026-07-28")).length + 1;

Deno.test("JUnit XML counts failures, errors and skipped tests, and nothing a client sends can break it", async () => {
  await using recorded = await recordedApp();
  await runDouble({ send: recorded.send, slip: "sends no state" });
  const report = await recorded.report({ expects: ["C15", "C27"], scenario: "odd" });
  const hostile = {
    ...report,
    sandbox: '<&"\u0001',
    clients: report.clients.map((client) => ({ ...client, name: "</testsuite>]]>" })),
  };
  const xml = renderJunit(hostile);
  const [, tests, failures, errors, skipped] =
    /tests="(\d+)" failures="(\d+)" errors="(\d+)" skipped="(\d+)"/.exec(xml) ?? [];
  const count = (pattern: RegExp): number => [...xml.matchAll(pattern)].length;
  assert.deepEqual([Number(tests), Number(failures), Number(errors)], [CASES, 1, 1]);
  assert.deepEqual([count(/<testcase /g), count(/<failure /g), count(/<error /g), count(/<skipped /g)], [
    CASES,
    1,
    1,
    Number(skipped),
  ]);
  assert.match(
    xml,
    /name="C15 state-verified"><failure message="It requested authorization without state" type="SHOULD">/,
  );
  assert.match(xml, /name="C27 iss-error-ignored"><error message="[^"]+" type="incomplete">/);
  assert.match(xml, /<testsuite name="&lt;&amp;&quot;\ufffd: &lt;\/testsuite&gt;\]\]&gt;"/);
  assert.equal(count(/<\/testsuite>/g), 1);
  assert.match(renderJunit(judge([])), /tests="1" failures="0" errors="1"/);
});

Deno.test("Markdown begins with the verdict, lists broken rules first, and shows what a client sends as text", async () => {
  await using recorded = await recordedApp();
  await runDouble({ send: recorded.send, slip: "sends no challenge" });
  const report = await recorded.report({ scenario: "standard", expects: ["C11"] });
  const text = renderMarkdown({
    ...report,
    clients: report.clients.map((client) => ({ ...client, name: "a|b <img> @me\x1b me@here" })),
  });
  const lines = text.split("\n");
  assert.equal(lines[0], "# fail: main");
  assert.equal(lines[2], "It broke C11 (MUST): It requested authorization without a code\\_challenge.");
  assert.equal(lines[4], "Scenario `standard`, which tests C11.");
  assert.equal(lines[6], "## fail: a\\|b \\<img\\> @\u200bme␛ me@here");
  assert.equal(lines[8], lines[2]);
  assert.match(
    lines.find((line) => line.includes("**broken**")) ?? "",
    /^\| \[C11\]\(https:[^)]+\) pkce \(expected\) \| MUST \| \*\*broken\*\* \| It requested authorization without a code\\_challenge \| 4 \|$/,
  );
  assert.equal(lines.filter((line) => line.includes("**broken**")).length, 1);
  assert.match(renderMarkdown(judge([])), /^# incomplete: main\n\nNo client has sent a request\.\n/);
});

Deno.test("the HAR of a flow has what HAR 1.2 requires", async () => {
  await using recorded = await recordedApp();
  await runDouble({ send: recorded.send });
  const { exchanges } = await recorded.recording.read(SANDBOX);
  const { log } = buildHar(exchanges, "1.2.3");
  assert.deepEqual([log.version, log.creator], ["1.2", { name: "mock oauth server", version: "1.2.3" }]);
  assert.equal(log.entries.length, exchanges.length);
  assert.equal(log.entries[0]?.startedDateTime, "2026-01-02T03:04:05.010Z");
  for (const [index, { startedDateTime, time, request, response, timings }] of log.entries.entries()) {
    assert.equal(Date.parse(startedDateTime), exchanges[index]?.startedAtMs);
    assert.equal(time, timings.send + timings.wait + timings.receive);
    for (
      const name of ["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"]
    ) {
      assert(name in request, name);
    }
    for (
      const name of [
        "status",
        "statusText",
        "httpVersion",
        "cookies",
        "headers",
        "content",
        "redirectURL",
        "headersSize",
        "bodySize",
      ]
    ) {
      assert(name in response, name);
    }
  }
  const authorize = log.entries.find(({ request }) => String(request.url).includes("/oauth/authorize?"));
  assert.deepEqual(Array.isArray(authorize?.request.queryString) && authorize.request.queryString[0], {
    name: "response_type",
    value: "code",
  });
  assert.match(String(authorize?.response.redirectURL), /^http:\/\/127\.0\.0\.1:3999\/callback\?code=code…/);
});
