/** The log of requests: what a line says of each kind of request, and when broken rules are told. */
import assert from "node:assert/strict";
import { describeEvent, type LogEvent } from "../../lib/cli/log.ts";
import { createFindingTeller } from "../../lib/cli/tell_findings.ts";
import type { Report } from "../../lib/judge/report.ts";
import { plainJson } from "../../lib/runtime/plain_text.ts";
import { authorizeQuery, publicClient, redirectOf, type TestApp, testApp } from "../helpers.ts";

const emptyReport: Report = {
  sandbox: "",
  expects: [],
  limits: {},
  clients: [],
  verdict: "incomplete",
  reason: "",
  record: { isWhole: true, cut: 0, leftOut: 0, dropped: 0, unjudged: 0 },
};

/** Has broken one rule. */
const careless: Report["clients"][number] = {
  id: "a",
  settled: [],
  progress: { stations: [], outcome: "short", sentence: "" },
  exchanges: [1],
  findings: [{
    rule: "C23",
    name: "token-not-in-url",
    title: "",
    level: "MUST",
    status: "broken",
    isExpected: false,
    evidence: [1],
    detail: "",
    link: "",
    official: [],
  }],
  failures: ["C23"],
  warnings: [],
  verdict: "fail",
  reason: "",
};

type Exchange = Extract<LogEvent, { event: "exchange" }>;

async function exchangesOf(drive: (test: TestApp) => Promise<unknown>): Promise<readonly Exchange[]> {
  const events: LogEvent[] = [];
  await using test = await testApp({ log: (event) => void events.push(event) });
  await drive(test);
  return events.filter((event) => event.event === "exchange");
}

const cases: Readonly<
  Record<string, readonly [drive: (test: TestApp) => Promise<unknown>, last: Partial<Exchange>]>
> = {
  "a refusal of the token endpoint": [
    (test) => test.postForm("/oauth/token", { grant_type: "nothing", client_id: "x" }),
    { path: "/oauth/token", error: "unsupported_grant_type" },
  ],
  "a token that is wrong": [
    (test) => test.get("/oauth/userinfo", { authorization: "Bearer x.y.z" }),
    { error: "invalid_token", status: 401 },
  ],
  "a token that is wrong at an MCP endpoint, by its challenge alone": [
    async (test) => {
      const headers = { "www-authenticate": 'Bearer error="invalid_token"' };
      await test.postJson("/control/faults", {
        match: { endpoint: "mcp" },
        answer: { status: 401, headers, body: { message: "no" } },
      });
      await test.postJson("/oauth", {});
    },
    { error: "invalid_token", status: 401 },
  ],
  "a refusal that goes back by redirect": [
    async (test) => {
      const registered = await (await test.postJson("/oauth/register", publicClient)).json();
      redirectOf(await test.get(authorizeQuery(registered.client_id, { auto_approve: "true", scope: "nonsense " })));
      redirectOf(
        await test.get(authorizeQuery(registered.client_id, { auto_approve: "true", response_type: "token" })),
      );
    },
    { path: "/oauth/authorize", error: "unsupported_response_type" },
  ],
  "a client with a name, by its id": [
    async (test) => {
      const body = { ...publicClient, client_name: "Acme Notes" };
      const registered = await (await test.postJson("/oauth/register", body)).json();
      await test.postForm("/oauth/token", { grant_type: "authorization_code", client_id: registered.client_id });
    },
    { client: "Acme Notes", path: "/oauth/token" },
  ],
  "a client with a name, by its id in HTTP Basic": [
    async (test) => {
      const body = { ...publicClient, token_endpoint_auth_method: "client_secret_basic", client_name: "Acme Notes" };
      const registered = await (await test.postJson("/oauth/register", body)).json();
      const authorization = `Basic ${btoa(`${registered.client_id.replace("_", "%5F")}:x`)}`;
      await test.postForm("/oauth/token", { grant_type: "client_credentials" }, { authorization });
    },
    { client: "Acme Notes", path: "/oauth/token", error: "invalid_client" },
  ],
  "a client with a user agent alone": [
    (test) => test.get("/oauth/jwks", { "user-agent": "acme-http/2.1 (linux)" }),
    { client: "acme-http" },
  ],
  "a browser": [
    (test) => test.get("/oauth/jwks", { "user-agent": "Mozilla/5.0 (X11; Linux x86_64)" }),
    { client: "browser" },
  ],
  "a fault that answers in an endpoint's place": [
    async (test) => {
      await test.get("/oauth?fault=jwks:503");
      await test.get("/oauth/jwks");
    },
    { status: 503, error: "temporarily_unavailable", shapedBy: ["jwks:503"] },
  ],
  "a client with a name whose registration a scenario has rewritten": [
    async (test) => {
      const body = { ...publicClient, client_name: "Acme Notes" };
      const { client_id } = await (await test.postJson("/s/step-up/oauth/register", body)).json();
      await test.postForm("/s/step-up/oauth/token", { grant_type: "authorization_code", client_id });
    },
    { client: "Acme Notes", error: "invalid_request" },
  ],
  "a fault of a scenario": [
    async (test) => {
      const { client_id } = await (await test.postJson("/s/iss-missing/oauth/register", publicClient)).json();
      await test.get(`/s/iss-missing${authorizeQuery(client_id, { auto_approve: "true" })}`);
    },
    { status: 302, shapedBy: ["iss-missing"] },
  ],
  "a page": [(test) => test.get("/health"), { isOwn: true }],
  "the control API": [(test) => test.get("/control/clock"), { isOwn: true }],
};

for (const [name, [drive, expected]] of Object.entries(cases)) {
  Deno.test(`the log tells of ${name} (README)`, async () => {
    const last = (await exchangesOf(drive)).at(-1);
    for (const [member, value] of Object.entries(expected)) {
      assert.deepEqual(Object.entries(last ?? {}).find(([key]) => key === member)?.[1], value, JSON.stringify(last));
    }
  });
}

Deno.test("the log names no fault where there was none", async () => {
  const [last] = await exchangesOf((test) => test.get("/oauth/jwks"));
  assert(last && !("shapedBy" in last));
});

Deno.test("a line for people has time, client, call, status, error and duration (README)", () => {
  const exchange = { event: "exchange", sequence: 1, startedAtMs: 0, method: "POST", path: "/oauth" } as const;
  const lines = [
    { ...exchange, status: 200, durationMs: 3.1, client: "Acme", call: "tools/call userInfo" },
    { ...exchange, status: 401, durationMs: 12.3, client: "Acme", error: "invalid_token" },
    { ...exchange, status: 503, durationMs: 1, client: "Acme", shapedBy: ["mcp:503", "slow"] },
  ].map((event) => describeEvent(event, "20:16:45"));
  assert.deepEqual(lines, [
    "20:16:45  Acme  tools/call userInfo → 200  3.1 ms\n",
    "20:16:45  Acme  POST /oauth → 401 invalid_token  12 ms\n",
    "20:16:45  Acme  POST /oauth → 503  1 ms  (shaped by mcp:503, slow)\n",
  ]);
});

const HOSTILE = "evil\x1b[2J\x1b]0;title\x07\n pass: 9 clients: all good\x9b\u202e\u{e0001}";

Deno.test("what a client calls itself or sends neither commands a terminal nor begins a line (README)", () => {
  const of = { sandbox: "main", client: HOSTILE, link: "l" } as const;
  const events: readonly (readonly [LogEvent, lines: number])[] = [
    [{ event: "error", message: HOSTILE }, 1],
    [{ event: "finding", ...of, rule: "C6", level: "MUST", isWarning: false, detail: HOSTILE }, 2],
    [{
      event: "summary",
      ...of,
      ...{ clients: 1, broken: {}, breaking: 0, verdict: "fail", reason: "", report: "r" },
      judged: [{ client: HOSTILE, verdict: "fail", reason: HOSTILE, warnings: [] }],
    }, 2],
    [{
      event: "exchange",
      ...{ sequence: 1, startedAtMs: 0, status: 200, durationMs: 1, client: HOSTILE },
      ...{ method: HOSTILE, path: HOSTILE, call: HOSTILE, error: HOSTILE, shapedBy: [HOSTILE] },
    }, 1],
  ];
  for (const [event, lines] of events) {
    const text = describeEvent(event, "20:16:45");
    assert.doesNotMatch(text, /[^\P{Cc}\n]|\p{Cf}/u);
    assert.equal(text.split("\n").length, lines + 1, text);
    assert.match(text, /evil␛\[2J␛\]0;title␇␊ pass/);
    const json = plainJson(JSON.stringify(event, null, 2));
    assert.doesNotMatch(json, /[^\P{Cc}\n]|\p{Cf}/u);
    assert.deepEqual(JSON.parse(json), event);
  }
});

Deno.test("a summary says what came of each client, and warnings apart from what fails it (README)", () => {
  const report = "http://127.0.0.1:8789/control/report";
  const shared = { event: "summary", sandbox: "main", broken: {}, breaking: 0, reason: "", report } as const;
  const right = { client: "Acme", verdict: "pass", reason: "It made a call", warnings: ["C6"] } as const;
  const judged = [
    right,
    { client: "Blind", verdict: "fail", reason: "It broke C12 (MUST): It used plain", warnings: [] },
    { client: "Idle", verdict: "incomplete", reason: "It got a token, but did not call", warnings: ["C6", "C17"] },
  ] as const;
  assert.equal(
    describeEvent({ ...shared, clients: 3, verdict: "fail", judged }),
    `fail: 3 clients: ${report}\n` +
      "  Acme: pass (warning: C6)\n" +
      "  Blind: fail: It broke C12 (MUST): It used plain\n" +
      "  Idle: incomplete: It got a token, but did not call (warnings: C6, C17)\n",
  );
  const many = Array.from({ length: 25 }, () => right);
  const lines = describeEvent({ ...shared, clients: 25, verdict: "pass", judged: many }).split("\n");
  assert.deepEqual([lines.length, lines.at(-2)], [23, "  and 5 more"]);
});

Deno.test("a broken rule that fails no client is told as a warning (README)", () => {
  const finding = {
    event: "finding",
    sandbox: "main",
    client: "Acme",
    rule: "C6",
    detail: "It registered",
    link: "l",
  } as const;
  assert.deepEqual(
    [
      describeEvent({ ...finding, level: "SHOULD", isWarning: true }, "12:00:00"),
      describeEvent({ ...finding, level: "MUST", isWarning: false }, "12:00:00"),
    ],
    [
      "          warning C6 SHOULD  Acme: It registered\n            l\n",
      "          ✗ C6 MUST  Acme: It registered\n            l\n",
    ],
  );
});

Deno.test("a rule that a client breaks is told once, when it has been quiet, and summed up at the end (README)", async () => {
  const told: string[] = [];
  const nowMs = { value: 0 };
  let wake = (): void => {};
  const teller = createFindingTeller({
    tell: ({ client, rule, level }) => void told.push(`${client} ${rule} ${level}`),
    monotonicMs: () => nowMs.value,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        wake = () => {
          nowMs.value += ms;
          resolve();
        };
      }),
  });
  await using test = await testApp({ teller });
  const tokenInUrl = async (): Promise<void> =>
    void await test.app(
      new Request("http://localhost:8789/oauth?access_token=x", { method: "POST", headers: { "user-agent": "acme" } }),
    );
  await tokenInUrl();
  assert.equal(told.length, 0);
  wake();
  const summaries = await teller.finish();
  assert.match(told.filter((line) => line.includes("C23")).join("\n"), /^unidentified \S+ C23 MUST$/);
  assert.deepEqual(
    summaries.map(({ sandbox, clients, breaking, broken, report }) => ({
      sandbox,
      clients,
      breaking,
      c23: broken["C23"],
      report,
    })),
    [{ sandbox: "main", clients: 1, breaking: 1, c23: 1, report: "http://localhost:8789/control/report" }],
  );
});

Deno.test("a broken rule is told once, when it has been quiet for half a second, and not before (README)", async () => {
  let nowMs = 0;
  let slept = Promise.withResolvers<(atMs: number) => void>();
  const sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      signal?.addEventListener("abort", () => resolve(), { once: true });
      slept.resolve((atMs) => {
        nowMs = atMs;
        resolve();
      });
    });
  const wakeAt = async (atMs: number): Promise<void> => {
    const wake = await slept.promise;
    slept = Promise.withResolvers();
    wake(atMs);
  };
  const toldAtMs: number[] = [];
  const told = Promise.withResolvers<void>();
  const tell = (): void => {
    toldAtMs.push(nowMs);
    told.resolve();
  };
  const teller = createFindingTeller({ tell, monotonicMs: () => nowMs, sleep });
  await using test = await testApp({ teller });
  teller.judgeWith(() => Promise.resolve({ ...emptyReport, clients: [careless] }));
  await test.get("/oauth/jwks");
  nowMs = 400;
  await test.get("/oauth/jwks");
  await wakeAt(500);
  await wakeAt(1000);
  await told.promise;
  await test.get("/oauth/jwks");
  const [summary] = await teller.finish();
  assert.deepEqual(toldAtMs, [1000]);
  assert.deepEqual(summary?.broken, { C23: 1 });
  assert.deepEqual(summary?.judged, [{ client: "a", verdict: "fail", reason: "", warnings: [] }]);
});

Deno.test("a server that stops has all its sandboxes judged together, not one after the other (README)", async () => {
  let underWay = 0;
  let most = 0;
  // Never quiet, so that all that is judged is judged at the end.
  const sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));
  let nowMs = 0;
  const teller = createFindingTeller({ tell: () => {}, monotonicMs: () => nowMs++, sleep });
  await using test = await testApp({ teller });
  teller.judgeWith(async () => {
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay--;
    return emptyReport;
  });
  for (const label of ["a", "b", "c"]) await test.get(`/s/standard~${label}/oauth/jwks`);
  await teller.finish();
  assert.equal(most, 3);
});
