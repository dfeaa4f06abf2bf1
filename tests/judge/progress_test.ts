/** How far a client came, whether that is as far as a scenario wants it to, and what it has to do if not. */
import assert from "node:assert/strict";
import { type Exchange, MAX_BODY_LENGTH } from "../../lib/recorder/exchange.ts";
import { buildReport, type Report, type ReportOptions } from "../../lib/judge/report.ts";
import { type DoubleOptions, runDouble } from "../interop/double/double.ts";
import { origin } from "../helpers.ts";
import { asks, type Made, make, reads, registers, resourceUrl, server, speaks } from "../recorder/made_exchanges.ts";
import { recordedApp } from "../recorder/recorded_app.ts";

type Row = readonly [url: string, made?: Made];

function judge(rows: readonly Row[], options: Partial<ReportOptions> = {}): Report {
  return buildReport(make(...rows), { sandbox: "main", hasOrigin: true, isWhole: true, ...options });
}

const readsResource: Row = [resourceUrl, { answered: { resource: `${origin}/oauth` } }];
const comesBack: Row = [
  `${asks("a")[0]}&code_challenge=x&code_challenge_method=S256&state=s&resource=${origin}/oauth`,
  { peer: "browser", status: 302, answeredHeaders: [["location", "http://localhost/cb?code=c0&state=s"]] },
];
const comesBackAgain = (count: number): Row => [`${comesBack[0]}&again=${count}`, { ...comesBack[1] }];
const getsToken = (token: string, fields: Record<string, string> = {}, made: Made = {}): Row => [
  server.token_endpoint,
  {
    method: "POST",
    sent: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: "a",
      resource: `${origin}/oauth`,
      ...fields,
    }).toString(),
    answered: { access_token: token, token_type: "Bearer", expires_in: 60, refresh_token: "r" },
    ...made,
  },
];
const version = ["mcp-protocol-version", "2025-11-25"] as const;
const calls = (method: string, token: string, made: Made = {}): Row => [
  `${origin}/oauth`,
  {
    method: "POST",
    sent: { jsonrpc: "2.0", id: 2, method, params: { name: "echo" } },
    headers: [["authorization", `Bearer ${token}`], ["mcp-session-id", "s1"], version],
    ...made,
  },
];
const opens: Row = [speaks("2025-11-25")[0], {
  ...speaks("2025-11-25")[1],
  answeredHeaders: [["mcp-session-id", "s1"]],
}];
const ends: Row = [`${origin}/oauth`, {
  method: "DELETE",
  route: "oauth_delete",
  headers: [["mcp-session-id", "s1"], version],
  status: 204,
}];
const login = [speaks("2025-11-25", 401), readsResource, reads(), registers("A", "a"), comesBack, getsToken("t1")];

function stationsOf({ clients: [client] }: Report): string {
  return client?.progress.stations.map(({ station, reached, at }) => reached ? `${station} ${at}` : `no ${station}`)
    .join(", ") ?? "";
}

Deno.test("progress has a client's stations in order, each with the exchange by which it was reached", () => {
  assert.equal(
    stationsOf(judge([...login, opens, calls("tools/list", "t1"), calls("tools/call", "t1"), ends])),
    "found_resource 2, found_server 3, registered 4, authorized 5, token 6, connected 7, listed 8, called 9, " +
      "no refreshed, ended 10",
  );
  assert.equal(
    stationsOf(judge(login.slice(0, 3))),
    "found_resource 2, found_server 3, no registered, no authorized, no token, no connected, no listed, no called",
  );
});

Deno.test("progress leaves out the stations that are not on a client's way", () => {
  const open = judge([opens, calls("tools/call", "")].map(([url, made]) => [url, { ...made, status: 200 }]));
  assert.equal(stationsOf(open), "connected 1, no listed, called 2, no ended", "where no login is needed");
  const alone = judge([reads(), getsToken("t1", { grant_type: "client_credentials" })]);
  assert(!stationsOf(alone).includes("authorized"), "for a client that acts for itself");
  const early = judge([speaks("2025-03-26", 401), reads()]);
  assert(!stationsOf(early).includes("found_resource"), "in a revision that knows no such metadata");
});

Deno.test("a client that stops half way is incomplete, and the reason says what is missing and what to do", () => {
  const sentences = Array.from({ length: login.length }, (_, index) => judge(login.slice(0, index + 1)))
    .map(({ verdict, reason }) =>
      `${verdict}: ${reason.replace(". Let it make a call, and ask for the report again", "")}`
    );
  assert.deepEqual(sentences, [
    "incomplete: It did not find the resource's metadata",
    "incomplete: It found the resource's metadata, but did not find the authorization server's metadata",
    "incomplete: It found the authorization server's metadata, but did not get a client_id",
    "incomplete: It got a client_id, but did not get authorization",
    "incomplete: It was authorized, but did not get a token",
    "incomplete: It got a token, but did not begin to speak MCP",
  ]);
});

const lost = calls("tools/call", "t1", { status: 404 });
const lacksScope = calls("tools/call", "t1", {
  status: 403,
  answeredHeaders: [["www-authenticate", 'Bearer error="insufficient_scope", scope="b"']],
});
const noStream: Row = [`${origin}/oauth`, {
  route: "oauth_get",
  status: 405,
  headers: [["accept", "text/event-stream"], ["authorization", "Bearer t1"], ["mcp-session-id", "s1"], version],
}];

/** What a client does after its login, how far the scenario wants it to come, and whether it came as far. */
const reaches: readonly (readonly [ReportOptions["reaches"], string, readonly Row[], string])[] = [
  ["call", "a call", [opens, calls("tools/call", "t1")], "reached"],
  ["call", "a resource that is read", [opens, calls("resources/read", "t1")], "reached"],
  ["call", "a list", [opens, calls("tools/list", "t1")], "short"],
  ["call", "a call that is refused", [opens, calls("tools/call", "t1", { status: 500 })], "short"],
  ["call", "one more that is refused", [opens, calls("tools/call", "t1"), lost], "reached"],
  ["call", "two more that are refused", [opens, calls("tools/call", "t1"), lost, lost], "short"],
  [
    "call",
    "two more that are refused, and a new session",
    [opens, calls("tools/call", "t1"), lost, lost, opens, calls("tools/list", "t1")],
    "reached",
  ],
  [
    "call",
    "two more for which a scope is missing",
    [opens, calls("tools/call", "t1"), lacksScope, lacksScope],
    "reached",
  ],
  ["call_after_refusal", "a stream that is refused", [opens, noStream, calls("tools/call", "t1")], "short"],
  ["call_after_refusal", "a call between refusals", [opens, lost, calls("tools/call", "t1"), lost], "short"],
  ["call_after_refusal", "no refusal", [opens, calls("tools/call", "t1")], "short"],
  ["call_after_refusal", "a refusal", [opens, calls("tools/call", "t1", { status: 503 })], "short"],
  [
    "call_after_refusal",
    "a refusal and a call",
    [opens, calls("tools/call", "t1", { status: 404 }), calls("tools/call", "t1")],
    "reached",
  ],
  ["call_after_expiry", "one token", [opens, calls("tools/call", "t1")], "short"],
  ["call_after_expiry", "a refusal", [opens, calls("tools/call", "t1", { status: 401 })], "short"],
  [
    "call_after_expiry",
    "a refresh before the token expires",
    [opens, getsToken("t2", { grant_type: "refresh_token", refresh_token: "r" }), calls("tools/call", "t2")],
    "reached",
  ],
  [
    "call_after_expiry",
    "a refresh, and no call after it",
    [opens, getsToken("t2", { grant_type: "refresh_token", refresh_token: "r" })],
    "short",
  ],
  [
    "call_after_expiry",
    "a new login after a refusal",
    [opens, calls("tools/call", "t1", { status: 401 }), comesBack, getsToken("t2"), calls("tools/call", "t2")],
    "reached",
  ],
  [
    "call_after_expiry",
    "a new login for more scope",
    [
      opens,
      calls("tools/call", "t1", {
        status: 403,
        answeredHeaders: [["www-authenticate", 'Bearer error="insufficient_scope", scope="b"']],
      }),
      comesBack,
      getsToken("t2"),
      calls("tools/call", "t2"),
    ],
    "short",
  ],
  ["expiry", "a call", [opens, calls("tools/call", "t1")], "short"],
  ["expiry", "a refusal", [opens, calls("tools/call", "t1", { status: 401 })], "reached"],
  ["logout", "a call", [opens, calls("tools/call", "t1")], "short"],
  ["logout", "a revocation that fails", [[
    `${origin}/oauth/revoke`,
    { method: "POST", route: "revoke", status: 503, sent: "token=r&client_id=a" },
  ]], "reached"],
  ["token", "nothing", [], "reached"],
  [{ gives_up_within: 2 }, "no refusal", [opens, calls("tools/call", "t1")], "short"],
  [{ gives_up_within: 2 }, "a refusal", [calls("tools/list", "t1", { status: 401 })], "reached"],
  [
    { gives_up_within: 2 },
    "two more logins",
    [
      calls("initialize", "t1", { status: 401 }),
      comesBackAgain(1),
      comesBackAgain(2),
    ],
    "beyond",
  ],
  [
    { gives_up_within: 2 },
    "three refreshes",
    [1, 2, 3].flatMap((round): readonly Row[] => [
      calls("initialize", `t${round}`, { status: 401 }),
      getsToken(`t${round + 1}`, { grant_type: "refresh_token", refresh_token: "r" }),
    ]),
    "beyond",
  ],
  [{ refuses_before: "token" }, "a token request", [], "beyond"],
];

for (const [reach, what, rows, outcome] of reaches) {
  Deno.test(`a client that has to come to ${JSON.stringify(reach)}, with ${what}, is ${outcome} (issue 18)`, () => {
    const { clients: [client], verdict, reason } = judge([...login, ...rows], reach ? { reaches: reach } : {});
    assert.equal(client?.progress.outcome, outcome, reason);
    assert.equal(verdict, { reached: "pass", short: "incomplete", beyond: "fail" }[outcome], reason);
  });
}

Deno.test("a client that comes short is told what its last request was refused with", () => {
  const reasonOf = (...rows: readonly Row[]): string => judge([...login, ...rows]).reason;
  assert.equal(
    reasonOf(opens, calls("tools/call", "t1", { status: 503 })),
    "It began to speak MCP, but did not make a call. " +
      "Its last request, tools/call, was refused with 503. Let it make a call, and ask for the report again",
  );
  assert.match(
    judge([...login.slice(0, -1), getsToken("", {}, { status: 429 })]).reason,
    /^It was authorized, but did not get a token\. Its last request, POST \/oauth\/token, was refused with 429\. /,
  );
  assert.match(
    reasonOf(opens, calls("tools/call", "t1", { answered: { jsonrpc: "2.0", id: 2, error: { code: -32602 } } })),
    /did not make a call\. Its last request, tools\/call, was answered with the error -32602\. /,
  );
  const { registration_endpoint: _, ...closed } = server;
  const knock = judge([...login.slice(0, 2), [reads()[0], { answered: closed }]]).reason;
  assert.match(knock, /did not get a client_id\. Nobody can register here: give it the client_id of a client in GET/);
  assert.match(
    reasonOf(opens, calls("tools/call", "t1"), lost, lost, lost),
    /Its last 3 requests to the MCP server were all refused, the last with 404\. Let it go on until a call succeeds/,
  );
});

Deno.test("a call whose response a fault broke off is none, and one whose response is too long to be kept is one", () => {
  const outcomeOf = (response: Partial<Exchange["response"]>, shapedBy: readonly string[]): unknown => {
    const exchanges = make(...login, opens, calls("tools/call", "t1"));
    const broken = exchanges.map((exchange, index) =>
      index < exchanges.length - 1
        ? exchange
        : { ...exchange, shapedBy, response: { ...exchange.response, truncated: true, ...response } }
    );
    return buildReport(broken, { sandbox: "main", hasOrigin: true, isWhole: true }).clients[0]?.progress.outcome;
  };
  assert.equal(outcomeOf({ body: '{"jsonrpc":' }, ["mcp-truncated"]), "short");
  assert.equal(outcomeOf({}, ["mcp-dropped"]), "short");
  assert.equal(outcomeOf({ body: "a".repeat(MAX_BODY_LENGTH) }, ["a-header"]), "reached");
  assert.equal(outcomeOf({ body: "a" }, []), "reached");
});

/** What a right or a careless client does in a server in order that it is told to refuse. */
async function refuse(options: Partial<DoubleOptions>, report: Partial<ReportOptions>): Promise<Report> {
  await using recorded = await recordedApp();
  await runDouble({ send: recorded.send, ...options });
  return await recorded.report(report);
}

Deno.test("a client that goes on where it has to stop fails, unless its revision lets it or its rule saw nothing wrong", async () => {
  const outcomeOf = async (rule: "C13" | "C11", version: "2025-06-18" | "2026-07-28"): Promise<unknown> => {
    const report = await refuse({ version }, { reaches: { refuses_before: "authorization", rule } });
    return [report.clients[0]?.progress.outcome, report.verdict];
  };
  assert.deepEqual(await outcomeOf("C13", "2026-07-28"), ["beyond", "fail"], "nothing shows that it kept the rule");
  assert.deepEqual(await outcomeOf("C13", "2025-06-18"), ["reached", "pass"], "its revision does not have the rule");
  assert.deepEqual(
    await outcomeOf("C11", "2026-07-28"),
    ["short", "incomplete"],
    "it kept the rule as far as was seen",
  );
});

Deno.test("a clock that moves on makes a token expire: what comes then is a call after its expiry", () => {
  const rows = [...login, opens, comesBack, getsToken("t2"), calls("tools/call", "t2")];
  const exchanges = make(...rows).map((exchange, index) => ({
    ...exchange,
    startedAtMs: index < login.length + 1 ? 0 : 60_000,
    url: index === login.length + 1 ? `${exchange.url}&again=1` : exchange.url,
  }));
  const { clients: [client] } = buildReport(exchanges, {
    sandbox: "main",
    hasOrigin: true,
    isWhole: true,
    reaches: "call_after_expiry",
  });
  assert.equal(client?.progress.outcome, "reached", client?.progress.sentence);
});

Deno.test("a client of another revision is told that the scenario is not for it", () => {
  const { verdict, reason } = judge([...login, opens, calls("tools/call", "t1")], {
    reaches: "call_after_refusal",
    revisions: ["2025-03-26"],
  });
  assert.equal(verdict, "incomplete");
  assert.match(reason, /The scenario is for clients of 2025-03-26, and this one speaks 2025-11-25$/);
});

Deno.test("a client that has offered a revision of the scenario is told what is missing, though another was settled", () => {
  const opensOlder: Row = [origin + "/oauth", { ...opens[1], answered: { result: { protocolVersion: "2025-03-26" } } }];
  const { verdict, reason } = judge([...login, opensOlder], { revisions: ["2025-06-18", "2025-11-25"] });
  assert.equal(verdict, "incomplete");
  assert.doesNotMatch(reason, /The scenario is for clients of/);
  assert.match(reason, /Let it make a call/);
});

Deno.test("a client that is too new for a scenario did not meet what it is about, and does not pass", () => {
  const { verdict, reason } = judge([...login, opens, calls("tools/call", "t1")], { revisions: ["2025-03-26"] });
  assert.equal(verdict, "incomplete");
  assert.match(reason, /The scenario is for clients of 2025-03-26, and this one speaks 2025-11-25$/);
});
