/** The inspector in process: its frame, and what its scripts make of exchanges and reports that the app itself records. */
import { flowEndpoints } from "../../routes/pages/inspect.tsx";
import assert from "node:assert/strict";
import { z } from "zod";
import {
  brokenByLine,
  clientVerdict,
  flowsOf,
  groupsOf,
  isFailure,
  isOfClient,
  lineOf,
  missingText,
  pathOf,
  searchedText,
  verdictText,
} from "../../views/inspect/model.js";
import { stopsOf, toldOf } from "../../views/inspect/summary.js";
import { answerText, curlOf, durationText, sentText } from "../../views/inspect/text.js";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { type ReachOutcome, stationNames } from "../../lib/judge/progress.ts";
import type { Report } from "../../lib/judge/report.ts";
import type { ClientReport, Finding } from "../../lib/judge/verdict.ts";
import {
  authorizeQuery,
  callOauth,
  codeFields,
  getTokens,
  origin,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";
import { plain } from "../scenarios/scenario_samples.ts";

const html = { accept: "text/html" };

const exchange: Exchange = {
  sequence: 7,
  receivedAtMs: 0,
  startedAtMs: 0,
  method: "GET",
  url: `${origin}/nowhere`,
  peer: "p",
  request: { headers: [], truncated: false },
  status: 200,
  response: { headers: [], truncated: false },
  durationMs: 1,
  shapedBy: [],
};

const finding: Finding = {
  rule: "C11",
  name: "pkce",
  title: "A client protects its code.",
  level: "MUST",
  status: "broken",
  isExpected: false,
  evidence: [3, 7],
  detail: "It did not",
  link: "https://spec.example/",
  official: [],
};

const reason = "It broke C1 (MUST): It did not";
const client: ClientReport = {
  id: "c1",
  settled: [],
  progress: { stations: [], outcome: "reached", sentence: "It made a call" },
  exchanges: [3, 7],
  findings: [finding],
  failures: ["C1"],
  warnings: [],
  verdict: "fail",
  reason,
};
const report: Report = {
  sandbox: "main",
  expects: [],
  limits: {},
  record: { isWhole: true, cut: 0, leftOut: 0, dropped: 0, unjudged: 0 },
  clients: [client],
  verdict: "fail",
  reason,
};

Deno.test("a person who looks around with a browser is not taken for a client, and a client in a browser is (issue 16)", () => {
  const browser = ["user-agent", "Mozilla/5.0 (X11; Linux x86_64)"] as const;
  const page = [["accept", "text/html,application/xhtml+xml,*/*;q=0.8"], browser] as const;
  const cases: readonly (readonly [string, boolean, Partial<Exchange>, Exchange["request"]["headers"]])[] = [
    ["a path that is not there", false, { url: `${origin}/oauth/tokn` }, page],
    ["a document", false, { route: "authorization_server_metadata" }, page],
    ["what developer tools look for", false, {}, [["accept", "*/*"], browser]],
    ["a login", true, { route: "authorize" }, page],
    ["a decision", true, { route: "decide", method: "POST" }, page],
    ["a page's client", true, { route: "register", method: "POST" }, [["accept", "*/*"], browser]],
    ["such a one, astray", true, {}, [["accept", "*/*"], ["origin", "https://app.example"], browser]],
    ["a client astray", true, { url: `${origin}/oauth/tokn` }, [["user-agent", "node"]]],
    ["one without a name", true, {}, []],
  ];
  for (const [name, expected, what, headers] of cases) {
    assert.equal(
      isOfClient({ ...exchange, ...what, request: { headers, truncated: false } }, flowEndpoints),
      expected,
      name,
    );
  }
});

Deno.test("GET /inspect is a frame that says where everything is to be had, also without scripts (issue 7)", async () => {
  await using test = await testApp({ scenarios: [plain] });
  for (const prefix of ["", "/s/plain-sample~a1"]) {
    const page = await (await test.get(`${prefix}/inspect`, html)).text();
    const [, data = ""] = / data-urls="([^"]+)"/.exec(page) ?? [];
    const urls = z.record(z.string(), z.string()).parse(JSON.parse(data.replaceAll("&quot;", '"')));
    assert.deepEqual(Object.keys(urls).sort(), ["events", "exchanges", "report"]);
    for (const [name, path] of Object.entries(urls)) {
      const response = await test.get(path);
      assert.equal(response.status, 200, `${name} ${path}`);
      await response.body?.cancel();
    }
    for (const href of [...page.matchAll(/href="([^"]*\/control\/[^"]+)"/g)].map(([, href = ""]) => href)) {
      const response = await test.get(href.replaceAll("&amp;", "&"));
      assert.equal(response.status, 200, href);
      await response.body?.cancel();
    }
    assert.equal(page.includes(`scenario <a href="${prefix}/scenarios#plain-sample"`), prefix !== "");
    assert.match(page, /<noscript>/);
  }
});

Deno.test("lineOf says of every step of a flow who is asked for what, and what comes of it (issue 7)", async () => {
  await using test = await testApp();
  await walk(test);
  const lines = (await exchangesOf(test)).map((own) => {
    const { to, asks, gets } = lineOf(own, flowEndpoints);
    return [to, `${own.method} ${asks}`, `${own.status} ${gets}`.trim()];
  });
  assert.deepEqual(lines, [
    ["mcp", "POST initialize", "401 invalid_token"],
    ["mcp", "GET /.well-known/oauth-protected-resource/oauth", "200"],
    ["as", "GET /.well-known/oauth-authorization-server", "200"],
    ["as", "POST register a client: Test client", "201"],
    ["as", "GET authorize, in a browser", "302 a code"],
    ["as", "POST token for authorization_code", "200 tokens"],
    ["mcp", "POST initialize", "200"],
    ["as", "GET authorize, in a browser", "302 invalid_scope"],
    ["as", "POST token for authorization_code", "400 invalid_grant"],
  ]);
});

Deno.test("lineOf copes with what a client under test can send (issue 4)", () => {
  for (
    const body of [undefined, "", "{", "{}", "[]", "null", '{"method":5}', '{"method":"x","params":null}', "\u0000"]
  ) {
    const message = { headers: [], truncated: true, ...(body === undefined ? {} : { body }) };
    const line = lineOf({ ...exchange, request: message, response: message }, flowEndpoints);
    assert.equal(typeof line.asks, "string", body);
    assert.equal(typeof line.gets, "string", body);
  }
});

Deno.test("groupsOf gives each client its own, by flow, and keeps apart what nobody has claimed (issue 7)", async () => {
  await using test = await testApp();
  await walk(test);
  const exchanges = await exchangesOf(test);
  const [group, ...others] = groupsOf(exchanges, await reportOf(test), flowEndpoints);
  assert.equal(group?.name, "Test client");
  assert.deepEqual(others, []);
  assert.deepEqual(group.flows.map(({ title, exchanges }) => [title, exchanges.length]), [["flow 1", 7], [
    "flow 2",
    2,
  ]]);
  const [unknown] = groupsOf(exchanges, undefined, flowEndpoints);
  assert.deepEqual([unknown?.id, unknown?.report, unknown?.flows[0]?.exchanges.length], ["", undefined, 9]);
  assert.deepEqual(groupsOf([], report, flowEndpoints), [], "a client whose exchanges are gone has no section");
});

Deno.test("flowsOf begins a flow where a client that has tokens sets out for new ones, not before", () => {
  const challenge = { ...exchange, route: "oauth_post", status: 401 };
  const call = { ...exchange, route: "oauth_post", status: 200 };
  const metadata = { ...exchange, route: "authorization_server_metadata" };
  const token = { ...exchange, route: "token" };
  const refused = { ...token, status: 400 };
  const lengths = (...all: readonly Exchange[]): readonly number[] =>
    flowsOf([...all], flowEndpoints).map(({ exchanges }) => exchanges.length);
  assert.deepEqual(lengths(challenge, metadata, token, call, call), [5]);
  assert.deepEqual(lengths(challenge, token, call, challenge, metadata, token, call), [3, 4]);
  assert.deepEqual(lengths(metadata, token, token, call), [4], "a refresh is no new flow");
  assert.deepEqual(lengths(challenge, refused, challenge, refused), [4], "without tokens it is still the same");
  assert.deepEqual(lengths(), []);
});

Deno.test("brokenByLine puts a broken rule beside the last of the lines that prove it (issue 7)", () => {
  assert.deepEqual([...brokenByLine(report)], [[7, [finding]]]);
  assert.deepEqual([...brokenByLine(undefined)], []);
  const kept = { ...report, clients: [{ ...client, findings: [{ ...finding, status: "kept" as const }] }] };
  assert.deepEqual([...brokenByLine(kept)], []);
});

Deno.test("missingText says how many exchanges fell off the record, and what of them the verdict does not count", () => {
  const dropping = (dropped: number, unjudged: number): string =>
    missingText({ isWhole: false, cut: 0, leftOut: 0, dropped, unjudged });
  assert.equal(
    dropping(50, 0),
    "Not all of it is here: the oldest exchanges are no longer kept (50; the verdict counts them).",
  );
  assert.equal(
    dropping(9000, 12),
    "Not all of it is here: the oldest exchanges are no longer kept (9000; the verdict does not count 12 of them).",
  );
});

Deno.test("verdictText tells broken rules from warnings, as the verdict does (issue 16)", () => {
  const advice: Finding = { ...finding, level: "SHOULD" };
  assert.deepEqual([finding, advice, { ...advice, isExpected: true }].map(isFailure), [true, false, true]);
  const of = (verdict: Report["verdict"], ...findings: readonly Finding[]): string =>
    verdictText({ ...report, verdict, clients: [{ ...client, findings }] });
  assert.equal(of("fail", finding), "fail: 1 rule broken");
  assert.equal(of("fail", finding, finding, advice), "fail: 2 rules broken, with 1 warning");
  assert.equal(of("pass"), "pass: every rule that could be checked was kept");
  assert.equal(of("pass", advice, advice), "pass, with 2 warnings: nothing but recommendations was broken");
  assert.equal(of("incomplete"), "incomplete: not enough was seen to decide");
  assert.equal(of("incomplete", advice), "incomplete, with 1 warning: not enough was seen to decide");
  assert.equal(clientVerdict({ ...client, verdict: "pass", findings: [advice] }), "pass, with 1 warning");
  assert.equal(clientVerdict({ ...client, findings: [finding] }), "fail");
  assert.equal(of("fail"), "fail: a client went on where it has to stop");
});

Deno.test("stopsOf names what comes next only for a client that stopped short (issue 18)", () => {
  const cases: readonly (readonly [ReachOutcome, string, string])[] = [
    ["short", "+found_server", "server metadata reached"],
    ["short", "+found_server -token -connected", "server metadata reached, token next, MCP not reached"],
    // It may leave out what lies between.
    ["short", "+connected -listed -called", "MCP reached, lists not reached, call next"],
    ["short", "+connected -called +refreshed", "MCP reached, call next, refresh reached"],
    ["short", "-found_resource +registered -token", "resource metadata not reached, client id reached, token next"],
    ["short", "-found_resource -called", "resource metadata next, call not reached"],
    ["short", "+called -refreshed -ended", "call reached, refresh not reached, end not reached"],
    ["reached", "+authorized -token", "authorization reached, token not reached"],
    ["beyond", "+token -connected", "token reached, MCP not reached"],
  ];
  for (const [outcome, way, expected] of cases) {
    const stations = stationNames.flatMap((station) => {
      const [sign] = way.split(" ").find((own) => own.slice(1) === station) ?? "";
      return sign === undefined ? [] : [{ station, reached: sign === "+" }];
    });
    const stops = stopsOf({ stations, outcome, sentence: "" });
    assert.equal(stops.map(({ label, state }) => `${label} ${state}`).join(", "), expected, way);
  }
  const labels = stopsOf({
    stations: stationNames.map((station) => ({ station, reached: false })),
    outcome: "short",
    sentence: "",
  }).map(({ label }) => label);
  assert.equal(new Set(labels).size, stationNames.length, "each has a label of its own");
});

Deno.test("toldOf tells what fails a client from what only warns, each with the line that broke it (issue 18)", () => {
  const advice = { ...finding, rule: "C15", name: "state-verified", evidence: [] };
  const two = { ...client, findings: [finding, advice], failures: ["C11"], warnings: ["C15"] };
  assert.deepEqual(toldOf(two), [
    { kind: "failures", heading: "1 rule broken: ", rules: [{ text: "C11 pkce", at: 7 }] },
    {
      kind: "warnings",
      heading: "1 warning, which does not fail it: ",
      rules: [{ text: "C15 state-verified", at: undefined }],
    },
  ]);
  assert.deepEqual(toldOf({ ...client, failures: [], warnings: [] }), []);
  const [both] = toldOf({ ...two, failures: [], warnings: ["C11", "C15"] });
  assert.equal(both?.heading, "2 warnings, which do not fail it: ");
});

Deno.test("missingText says what a report was made without (issue 16)", () => {
  assert.equal(missingText({ isWhole: true, cut: 0, leftOut: 0, dropped: 0, unjudged: 0 }), "");
  const cleared = (dropped: number): string =>
    missingText({ isWhole: false, isCleared: true, cut: 0, leftOut: 0, dropped, unjudged: 0 });
  assert.equal(cleared(0), "Not all of it is here: the record was cleared.");
  assert.equal(
    cleared(3),
    "Not all of it is here: the record was cleared; the oldest exchanges are no longer kept (3; the verdict counts them).",
  );
  assert.equal(
    missingText({ isWhole: false, cut: 2, leftOut: 1, dropped: 0, unjudged: 0 }),
    "Not all of it is here: the oldest exchanges are no longer kept; 1 exchange never came on record; " +
      "2 exchanges too large to be kept whole.",
  );
});

Deno.test("a duration has as many digits as tell something (issue 16)", () => {
  const shown = [0.04, 3.24, 9.94, 9.96, 312.4, 999.4, 999.6, 4120, 9949, 9950, 61_000].map(durationText);
  assert.deepEqual(shown, [
    "0.0 ms",
    "3.2 ms",
    "9.9 ms",
    "10 ms",
    "312 ms",
    "999 ms",
    "1.0 s",
    "4.1 s",
    "9.9 s",
    "10 s",
    "61 s",
  ]);
});

Deno.test("GET /inspect lists the latest exchanges and the verdict for a browser without scripts (issue 16)", async () => {
  await using test = await testApp();
  const listOf = async (path: string): Promise<string> => {
    const page = await (await test.get(path, html)).text();
    return /<noscript>(.*?)<\/noscript>/s.exec(page.slice(page.indexOf('id="inspect"')))?.[1] ?? "";
  };
  assert.doesNotMatch(await listOf("/inspect"), /class="listed"/);
  await walk(test);
  const list = await listOf("/inspect");
  assert.equal(list.match(/class="listed"/g)?.length, 9);
  assert.match(list, /class="verdict verdict-\w+">(pass|fail|incomplete)/);
  assert.match(list, /<h2>Test client<\/h2>/);
  assert.ok(list.indexOf("invalid_grant") < list.indexOf("invalid_token"), "the latest first");
  for (let call = 0; call < 50; call++) await (await callOauth(test, "nothing")).body?.cancel();
  const [, older = ""] = /href="([^"]+)">older ones/.exec(await listOf("/inspect")) ?? [];
  assert.match(older, /^\/inspect\?before=\d+$/);
  assert.equal((await listOf(older)).match(/class="listed"/g)?.length, 9);
});

Deno.test("GET /inspect says without scripts why nothing is listed (issue 16)", async (t) => {
  for (
    const [name, options, reason] of [
      ["a server that is controlled by a token", { control: { token: "secret" } }, /The control token is missing/],
      ["a server that records nothing", { record: false }, /Nothing is recorded/],
    ] as const
  ) {
    await t.step(name, async () => {
      await using test = await testApp(options);
      const page = await (await test.get("/inspect", html)).text();
      assert.match(page, reason);
      assert.match(page, /id="empty" hidden/);
    });
  }
});

Deno.test("a recorded exchange is laid out for reading, and as curl without what curl adds by itself (issue 7)", () => {
  const recorded: Exchange = {
    ...exchange,
    method: "POST",
    url: `${origin}/oauth/token?a=1`,
    request: {
      headers: [["content-length", "9"], ["content-type", "application/x-www-form-urlencoded"], ["host", "x"]],
      body: "a=b&c=d",
      truncated: false,
    },
    response: { headers: [["content-type", "application/json"]], body: '{"error":"it\'s"}', truncated: true },
  };
  const headers = "content-length: 9\ncontent-type: application/x-www-form-urlencoded\nhost: x";
  assert.equal(sentText(recorded), `POST ${origin}/oauth/token\n  ?a=1\n${headers}\n\na=b\n&c=d`);
  assert.equal(
    answerText(recorded),
    '200\ncontent-type: application/json\n\n{\n  "error": "it\'s"\n}\n\n(not all of it is kept)',
  );
  assert.equal(
    curlOf(recorded),
    `curl -i '${origin}/oauth/token?a=1' \\\n  -H 'content-type: application/x-www-form-urlencoded' \\\n  -d 'a=b&c=d'`,
  );
  assert.match(curlOf({ ...recorded, method: "DELETE" }), / -X DELETE /);
  const quoted = { ...recorded, request: { ...recorded.request, headers: [["accept", "a'b"] as const] } };
  assert.match(curlOf(quoted), / -H 'accept: a'\\''b' /);
});

Deno.test("searchedText has what a person would filter by", () => {
  const own = { ...exchange, route: "token", shapedBy: ["refresh-refused"] };
  assert.equal(
    searchedText(own, lineOf(own, flowEndpoints)),
    `get ${origin}/nowhere 200 /nowhere  authorization server refresh-refused`,
  );
  assert.equal(pathOf(`${origin}/a?b=c#d`), "/a?b=c#d");
});

/** A flow as a good client walks it, and the beginning of another that goes wrong. */
async function walk(test: TestApp): Promise<void> {
  const drain = async (response: Promise<Response>): Promise<void> => void await (await response).body?.cancel();
  await drain(callOauth(test, "nothing"));
  await drain(test.get("/.well-known/oauth-protected-resource/oauth"));
  await drain(test.get("/.well-known/oauth-authorization-server"));
  const { clientId } = await register(test);
  const tokens = await getTokens(test, clientId);
  await drain(callOauth(test, text(tokens, "access_token")));
  await drain(test.get(authorizeQuery(clientId, { auto_approve: "true", scope: "\\" })));
  await drain(test.postForm("/oauth/token", codeFields(clientId, "made-up")));
}

async function exchangesOf({ get }: TestApp): Promise<Exchange[]> {
  const { exchanges } = await (await get("/control/exchanges")).json();
  return exchanges;
}

async function reportOf({ get }: TestApp): Promise<Report> {
  return await (await get("/control/report")).json();
}
