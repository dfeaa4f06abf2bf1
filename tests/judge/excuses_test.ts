/**
 * What looks like a mistake and is none: answers that were lost, calls side by side, several processes, scopes that are
 * missing, a clock that was moved. Each stands beside what it is mistaken for, which is broken.
 */
import assert from "node:assert/strict";
import { buildReport } from "../../lib/judge/report.ts";
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { type Made, make, resourceUrl, server, serverUrl } from "../recorder/made_exchanges.ts";
import { origin } from "../helpers.ts";

/** An exchange, and when it came, how long it took, and what became of its answer. */
interface Moment {
  readonly url: string;
  readonly made: Made;
  readonly ms: number;
  readonly took: number;
  readonly isLost?: boolean;
  /** By how much the sandbox's clock was moved. */
  readonly moved?: number;
}

const POST = { method: "POST" } as const;
const form = (fields: Record<string, string>): string => new URLSearchParams({ client_id: "a", ...fields }).toString();
const at = (ms: number, [url, made]: readonly [string, Made], more: Partial<Moment> = {}): Moment => ({
  url,
  made,
  ms,
  took: 10,
  ...more,
});

type Sent = readonly [string, Made];
const lists = (token: string | undefined, status = 200, challenge = 'Bearer error="invalid_token"', id = 1): Sent => [
  `${origin}/oauth`,
  {
    ...POST,
    route: "oauth_post",
    status,
    sent: { jsonrpc: "2.0", id, method: "tools/list" },
    headers: token === undefined ? [] : [["authorization", `Bearer ${token}`]],
    answeredHeaders: status >= 400 ? [["www-authenticate", challenge]] : [],
  },
];
const gets = (session: string, status: number): Sent => [
  `${origin}/oauth`,
  { route: "oauth_get", status, headers: [["mcp-session-id", session]] },
];
const getsBare: Sent = [`${origin}/oauth`, { route: "oauth_get", status: 405 }];
const comesBack = (round: number): Sent => [
  `${origin}/oauth/authorize?response_type=code&client_id=a&state=${round}`,
  { status: 302, answeredHeaders: [["location", `http://localhost/cb?error=access_denied&state=${round}`]] },
];
const token = (fields: Record<string, string>, status: number, answered: unknown, more: Made = {}): Sent => [
  server.token_endpoint,
  { ...POST, status, sent: form(fields), answered, ...more },
];
const issued = (name: string): unknown => ({ access_token: name, refresh_token: `R-${name}`, scope: "read" });
const logsIn = (name: string): Sent => token({ grant_type: "authorization_code", code: name }, 200, issued(name));
const logsInFor = (name: string, seconds: number): Sent =>
  token({ grant_type: "authorization_code", code: name }, 200, { access_token: name, expires_in: seconds });
const refreshes = (from: string, to: string): Sent =>
  token({ grant_type: "refresh_token", refresh_token: `R-${from}` }, 200, issued(to));
const fails = (from: string, error = "invalid_grant", status = 400): Sent =>
  token({ grant_type: "refresh_token", refresh_token: `R-${from}` }, status, { error });
const asksWith = (state: string): Sent => [
  `${origin}/oauth/authorize?response_type=code&client_id=a&scope=read&state=${state}`,
  { status: 302 },
];
const asks = asksWith("s");
const reads = (more: Record<string, unknown> = {}): Sent => [serverUrl, { answered: { ...server, ...more } }];
const busy = (seconds: string): Sent => [serverUrl, { status: 503, answeredHeaders: [["retry-after", seconds]] }];
const missing: Sent = [resourceUrl, { status: 404 }];
const registers = (status: number): Sent => [
  server.registration_endpoint,
  { ...POST, status, sent: { redirect_uris: ["http://localhost/cb"] }, answered: { error: "invalid_redirect_uri" } },
];
const polls: Sent = token({ grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: "d" }, 400, {
  error: "authorization_pending",
});

/** Every so many milliseconds. */
function every(ms: number, count: number, sent: Sent, more: Partial<Moment> = {}): readonly Moment[] {
  return Array.from({ length: count }, (_, index) => at(ms * (index + 1), sent, more));
}

function statusOf(moments: readonly Moment[], rule: string): string | undefined {
  const sent = make(...moments.map(({ url, made }): Sent => [url, made]));
  const exchanges = sent.map((exchange, index): Exchange => {
    const { ms, took, moved = 0, isLost = false } = moments[index] ?? { ms: 0, took: 0 };
    const response = isLost ? { headers: exchange.response.headers, truncated: true } : exchange.response;
    const shapedBy = isLost ? ["lost"] : [];
    return { ...exchange, receivedAtMs: ms, startedAtMs: ms + moved, durationMs: took, response, shapedBy };
  });
  const report = buildReport(exchanges, { sandbox: "main", hasOrigin: true, isWhole: true });
  assert.equal(report.clients.length, 1);
  return report.clients[0]?.findings.find((finding) => finding.rule === rule)?.status;
}

const start = [at(0, reads()), at(20, logsIn("A")), at(40, lists("A"))];
const later = (...moments: readonly Moment[]): readonly Moment[] => [
  ...start,
  ...moments.map((moment) => ({ ...moment, ms: moment.ms + 1000 })),
];

const begins: Sent = [
  `${origin}/oauth`,
  {
    ...POST,
    sent: { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-11-25" } },
    answered: { jsonrpc: "2.0", id: 1, result: { protocolVersion: "2025-11-25" } },
    answeredHeaders: [["mcp-session-id", "session-1"]],
  },
];
const looksForStream: Sent = [`${origin}/oauth`, { route: "oauth_get", status: 401 }];

interface Excuse {
  readonly rule: string;
  readonly what: string;
  readonly excused: readonly Moment[];
  /** The mistake that it is like. */
  readonly mistake: readonly Moment[];
}

const race = later(at(0, refreshes("A", "B"), { took: 50 }), at(20, fails("A"), { took: 50 }));
const replaced = later(at(0, refreshes("A", "B")), at(20, lists("B")), at(40, refreshes("A", "C")));
const refused = at(0, lists("A", 401));

const excuses: readonly Excuse[] = [
  {
    rule: "C22",
    what: "it has dropped a token that has expired and could not be refreshed",
    excused: later(at(0, lists("A")), at(20, fails("A")), at(40, lists(undefined, 401))),
    mistake: later(at(0, lists("A")), at(40, lists(undefined, 401))),
  },
  {
    rule: "C22",
    what: "it has dropped a token that has expired, and had nothing to refresh it with",
    excused: later(at(0, logsInFor("B", 600)), at(20, lists("B")), at(601_000, lists(undefined, 401))),
    mistake: later(at(0, logsInFor("B", 600)), at(20, lists("B")), at(400_000, lists(undefined, 401))),
  },
  {
    rule: "C22",
    what: "it takes a token for expired a while before it has, as rmcp does",
    excused: later(at(0, logsInFor("B", 60)), at(20, lists("B")), at(33_000, lists(undefined, 401))),
    mistake: later(at(0, logsInFor("B", 600)), at(20, lists("B")), at(530_000, lists(undefined, 401))),
  },
  {
    rule: "C33",
    what: "the first refresh failed, and is tried again",
    excused: later(at(0, fails("A", "server_error", 503)), at(20, refreshes("A", "B"))),
    mistake: race,
  },
  {
    rule: "C33",
    what: "the first refresh was never answered in time",
    excused: later(at(0, refreshes("A", "B"), { took: 9000 }), at(6000, refreshes("A", "C"))),
    mistake: later(at(0, refreshes("A", "B"), { took: 9000 }), at(20, refreshes("A", "C"))),
  },
  {
    rule: "C34",
    what: "the answer with the new token was lost",
    excused: later(at(0, refreshes("A", "B"), { isLost: true }), at(9000, refreshes("A", "C"))),
    mistake: later(at(0, refreshes("A", "B")), at(9000, refreshes("A", "C"))),
  },
  { rule: "C34", what: "two refreshes at once", excused: race, mistake: replaced },
  {
    rule: "C36",
    what: "five calls side by side",
    excused: later(...every(1, 5, lists("A", 401)), at(50, fails("A"))),
    mistake: later(...every(20, 5, lists("A", 401)), at(200, fails("A"))),
  },
  {
    rule: "C36",
    what: "six calls are sent in a burst, each answered at once",
    excused: later(...[1, 2, 3, 4, 5, 6].map((id) => at(20 * id, lists("A", 401, undefined, id), { took: 0 }))),
    mistake: later(...[1, 2, 3, 4, 5, 6].map((id) => at(2000 * id, lists("A", 401, undefined, id), { took: 0 }))),
  },
  {
    rule: "C36",
    what: "the token is let through again in between",
    excused: later(...every(20, 2, lists("A", 401)), at(60, lists("A")), ...every(80, 2, lists("A", 401))),
    mistake: later(...every(20, 3, lists("A", 401))),
  },
  {
    rule: "C37",
    what: "a scope is missing",
    excused: later(at(0, lists("A", 403, 'Bearer error="insufficient_scope", scope="write"')), at(20, asks)),
    mistake: later(refused, at(20, asks)),
  },
  {
    rule: "C37",
    what: "the 401 asks for a scope that was not granted",
    excused: later(at(0, lists("A", 401, 'Bearer error="invalid_token", scope="write"')), at(20, asks)),
    mistake: later(at(0, lists("A", 401, 'Bearer error="invalid_token", scope="read"')), at(20, asks)),
  },
  {
    rule: "C37",
    what: "another process has no token yet",
    excused: later(refused, at(20, lists(undefined, 401)), at(40, asks)),
    mistake: later(at(0, lists(undefined, 401)), at(20, lists("A", 401)), at(40, asks)),
  },
  {
    rule: "C37",
    what: "the server does not refresh",
    excused: later(
      at(0, reads({ grant_types_supported: ["authorization_code"] })),
      at(10, lists("A", 401)),
      at(20, asks),
    ),
    mistake: later(at(0, reads({ grant_types_supported: ["refresh_token"] })), at(10, lists("A", 401)), at(20, asks)),
  },
  {
    rule: "C37",
    what: "the refresh was refused",
    excused: later(refused, at(20, fails("A")), at(40, asks)),
    mistake: later(refused, at(40, asks)),
  },
  {
    rule: "C37",
    what: "a new token is never accepted",
    excused: [at(0, reads()), at(20, logsIn("A")), at(40, lists("A", 401)), at(60, asks)],
    mistake: [...start, at(60, lists("A", 401)), at(80, asks)],
  },
  {
    rule: "C38",
    what: "one call with the old token was on its way",
    excused: later(at(0, refreshes("A", "B")), at(20, lists("B")), at(40, lists("A", 401)), at(60, lists("B"))),
    mistake: later(at(0, refreshes("A", "B")), at(20, lists("B")), ...every(40, 2, lists("A", 401))),
  },
  {
    rule: "C38",
    what: "the old token is good still",
    excused: later(at(0, refreshes("A", "B")), at(20, lists("B")), ...every(40, 2, lists("A"))),
    mistake: later(at(0, refreshes("A", "B")), at(20, lists("B")), ...every(40, 2, lists("A", 401))),
  },
  {
    rule: "C39",
    what: "three refreshes at once",
    excused: [...race, at(1021, fails("A"), { took: 60 })],
    mistake: later(at(0, fails("A")), at(20, fails("A"))),
  },
  {
    rule: "C39",
    what: "the answer was lost, and it asks the person",
    excused: later(refused, at(20, refreshes("A", "B"), { isLost: true }), at(40, asks)),
    mistake: later(refused, at(20, fails("A")), at(40, fails("A")), at(60, asks)),
  },
  {
    rule: "C42",
    what: "the sandbox's clock was moved instead",
    excused: later(at(0, busy("60")), at(20, reads(), { moved: 60_000 })),
    mistake: later(at(0, busy("60")), at(20, reads(), { moved: 30_000 })),
  },
  {
    rule: "C42",
    what: "the next request was on its way",
    excused: later(at(0, busy("5"), { took: 50 }), at(20, reads())),
    mistake: later(at(0, busy("5"), { took: 50 }), at(60, reads())),
  },
  {
    rule: "C44",
    what: "its pauses grow",
    excused: later(...[0, 1, 3, 7, 15, 31].map((seconds) => at(seconds * 1000, registers(400)))),
    mistake: later(...every(1000, 6, registers(400))),
  },
  {
    rule: "C44",
    what: "each session tries for its stream",
    excused: later(...Array.from({ length: 6 }, (_, index) => at(20 * index, gets(`session-${index}`, 405)))),
    mistake: later(...every(20, 6, gets("session-1", 405))),
  },
  {
    rule: "C44",
    what: "each connection tries for a stream",
    excused: later(
      ...[1, 2, 3, 4, 5, 6].flatMap((round) => [at(round * 100, lists("A")), at(round * 100 + 20, getsBare)]),
    ),
    mistake: later(...every(100, 6, getsBare)),
  },
  {
    rule: "C44",
    what: "its person logs in between, or tries to",
    excused: later(
      ...[1, 2, 3, 4, 5, 6].flatMap((
        round,
      ) => [at(round * 100, lists(undefined, 401)), at(round * 100 + 20, comesBack(round))]),
    ),
    mistake: later(...every(100, 6, lists(undefined, 401))),
  },
  {
    rule: "C44",
    what: "a device asks whether its person has agreed",
    excused: later(...every(5000, 6, polls)),
    mistake: later(...every(5000, 6, fails("A", "invalid_request"))),
  },
  {
    rule: "C44",
    what: "each of six logins looks for the same document",
    excused: later(
      ...[1, 2, 3, 4, 5, 6].flatMap((round) => [at(round * 100, missing), at(round * 100 + 20, logsIn(`L${round}`))]),
    ),
    mistake: later(...every(100, 6, missing)),
  },
  {
    rule: "C45",
    what: "another process looks, by a GET, which transport the server has",
    excused: later(at(0, begins), at(20, looksForStream)),
    mistake: later(at(0, begins), at(20, gets("session-1", 200))),
  },
  {
    rule: "C43",
    what: "each of six processes reads the metadata after its own refusal",
    excused: later(
      ...[1, 2, 3, 4, 5, 6].flatMap((round) => [at(round * 100, lists(undefined, 401)), at(round * 100 + 20, reads())]),
    ),
    mistake: later(...every(100, 6, reads())),
  },
  {
    rule: "C43",
    what: "five persons log in side by side",
    excused: later(
      ...[1, 2, 3, 4, 5].map((round) => at(round, asksWith(`s${round}`))),
      ...[1, 2, 3, 4, 5].map((round) => at(100 + round, logsIn(`L${round}`))),
    ),
    mistake: later(
      ...[1, 2, 3, 4, 5].flatMap((
        round,
      ) => [at(100 * round, asksWith(`s${round}`)), at(100 * round + 20, logsIn(`L${round}`))]),
    ),
  },
];

for (const { rule, what, excused, mistake } of excuses) {
  Deno.test(`${rule} is not broken where ${what}`, () => {
    assert.notEqual(statusOf(excused, rule), "broken");
    assert.equal(statusOf(mistake, rule), "broken");
  });
}

for (const rule of ["C42", "C44"]) {
  Deno.test(`${rule} is not broken on a record whose clock stood still, as a test's may (createApp({ now }))`, () => {
    const mistake = excuses.findLast((excuse) => excuse.rule === rule)?.mistake ?? [];
    assert.equal(statusOf(mistake, rule), "broken");
    assert.equal(statusOf(mistake.map((moment) => ({ ...moment, ms: 0, took: 0, moved: 0 })), rule), "not observed");
  });
}

Deno.test("C39 is kept by a client that asks the person when the answer to a refresh was lost, as the token may be used up", () => {
  const gone = [refused, at(20, refreshes("A", "B"), { isLost: true })];
  assert.equal(statusOf(later(...gone, at(40, asks)), "C39"), "kept");
  assert.equal(statusOf(later(...gone), "C39"), "not observed");
});

Deno.test("C22 is not observed where a client believes that its token expired as it was issued, and sends it no more (RFC 6749 5.1)", () => {
  const drops = (name: string): readonly Moment[] => [at(20, lists(name)), at(40, lists(undefined, 401))];
  assert.equal(statusOf(later(at(0, logsInFor("B", 0)), ...drops("B")), "C22"), "not observed");
  assert.equal(statusOf(later(at(0, logsIn("B")), ...drops("B")), "C22"), "broken");
  const sends = [at(20, lists("B")), at(40, lists("B"))];
  assert.equal(statusOf(later(at(0, logsInFor("B", 0)), ...sends), "C22"), "kept");
  const dropsBefore = [at(0, logsIn("B")), ...drops("B"), at(60, logsInFor("C", 0)), at(80, lists("C"))];
  assert.equal(statusOf(later(...dropsBefore), "C22"), "broken");
});

Deno.test("C24 is not observed where a client refuses metadata of another resource below a path, and logs in at the root (RFC 9728 3.3)", () => {
  const path = `${origin}/s/own`;
  const calls = (bearer?: string): Sent => [`${path}/oauth`, { ...lists(bearer, 401)[1] }];
  const goesOn = (answered: unknown, hasOrigin = false): readonly unknown[] => {
    const read: Sent = [`${origin}/.well-known/oauth-protected-resource/s/own/oauth`, { answered }];
    const report = buildReport(make(calls(), read, calls("of-the-root")), { sandbox: "own", hasOrigin, isWhole: true });
    const found = report.clients[0]?.findings.find(({ rule }) => rule === "C24");
    return [report.clients.length, found?.status, report.note !== undefined];
  };
  for (const resource of [`${path}/oauth/`, path, `${origin}/oauth`, undefined]) {
    assert.deepEqual(goesOn({ resource }), [1, "not observed", true], resource);
    assert.deepEqual(goesOn({ resource }, true), [1, "broken", false], "the root is this sandbox's own");
  }
  assert.deepEqual(goesOn({ resource: `${path}/oauth` }), [1, "broken", false]);
});
