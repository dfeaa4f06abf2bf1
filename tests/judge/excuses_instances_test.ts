/**
 * What looks like a mistake of one client, and is the work of several: one program started again and again, or beside itself.
 * Each stands beside what it is mistaken for, which is broken: the same, where one instance counts on.
 */
import assert from "node:assert/strict";
import { buildReport } from "../../lib/judge/report.ts";
import { origin } from "../helpers.ts";
import { type Made, make, server } from "../recorder/made_exchanges.ts";

type Row = readonly [url: string, made: Made];

const url = `${origin}/oauth`;
const clientInfo = { name: "c", version: "1" };
const error = (code: number, data?: unknown): object => ({ error: { code, message: "no", data } });
const done = { result: { resultType: "complete", tools: [], content: [] } };

/** How a request is answered, and what it brings. */
interface How {
  readonly status?: number;
  readonly answer?: object;
  readonly token?: string;
}

/** A request of 2026-07-28. */
function asks(id: number, method: string, { status = 200, answer = done, token = "…one" }: How = {}): Row {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": clientInfo,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return [url, {
    method: "POST",
    status,
    sent: { jsonrpc: "2.0", id, method, params: { name: "t", _meta } },
    headers: [
      ["mcp-method", method],
      ["mcp-name", "t"],
      ["mcp-protocol-version", "2026-07-28"],
      ["authorization", `Bearer ${token}`],
    ],
    answered: { jsonrpc: "2.0", id, ...answer },
  }];
}

const discovers = (id: number): Row =>
  asks(id, "server/discover", {
    answer: { result: { supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, resultType: "complete" } },
  });

function begins(id: number, offered = "2025-11-25", { status = 200, answer }: How = {}): Row {
  return [url, {
    method: "POST",
    status,
    sent: {
      jsonrpc: "2.0",
      id,
      method: "initialize",
      params: { protocolVersion: offered, capabilities: {}, clientInfo },
    },
    headers: [["authorization", "Bearer …one"]],
    answered: { jsonrpc: "2.0", id, ...answer ?? { result: { protocolVersion: offered, capabilities: {} } } },
    answeredHeaders: answer ? [] : [["mcp-session-id", `session-${offered}`]],
  }];
}

function lists(id: number, version = "2025-11-25"): Row {
  return [url, {
    method: "POST",
    sent: { jsonrpc: "2.0", id, method: "tools/list" },
    headers: [
      ["mcp-session-id", `session-${version}`],
      ["mcp-protocol-version", version],
      ["authorization", "Bearer …one"],
    ],
    answered: { jsonrpc: "2.0", id, ...done },
  }];
}

const getsToken: Row = [server.token_endpoint, {
  method: "POST",
  sent: "grant_type=refresh_token&refresh_token=…r&client_id=c",
  answered: { access_token: "…two" },
}];

const missing: How = { status: 404, answer: error(-32601) };
const oldCode: How = { answer: error(-32001) };
const refused: How = { status: 400, answer: error(-32602, { supported: ["2025-03-26"] }) };
const unsupported: How = { status: 400, answer: error(-32022, { supported: ["2099-01-01"], requested: "2026-07-28" }) };

interface Excuse {
  readonly rule: string;
  readonly what: string;
  readonly excused: readonly Row[];
  /** Not observed, if not given. */
  readonly status?: "kept";
  readonly mistake: readonly Row[];
}

const works = [discovers(1), asks(2, "tools/list")];

const excuses: readonly Excuse[] = [
  {
    rule: "M25",
    what: "a program that is started three times, and only connects",
    excused: [discovers(1), discovers(1), discovers(1)],
    mistake: [discovers(1), discovers(2), discovers(3)],
  },
  {
    rule: "M25",
    what: "a program that worked, and then is started three times",
    excused: [...works, asks(3, "tools/call"), discovers(1), discovers(1), discovers(1)],
    status: "kept",
    mistake: [discovers(1), discovers(2), discovers(3)],
  },
  {
    rule: "M25",
    what: "one that worked, and then looks again what the server is",
    excused: [...works, discovers(3), discovers(4), discovers(5)],
    status: "kept",
    mistake: [discovers(1), discovers(2), discovers(3)],
  },
  ...([["M56", "resources/list", missing], ["M12", "tools/call", oldCode]] as const).flatMap((
    [rule, method, how],
  ): readonly Excuse[] => [
    {
      rule,
      what: "another process that begins with initialize after an error",
      excused: [...works, asks(3, method, how), begins(1)],
      mistake: [...works, asks(3, method, how), begins(4)],
    },
    {
      rule,
      what: "another process that begins with initialize before the one with the error goes on",
      excused: [...works, asks(3, method, how), begins(1), lists(2), asks(4, "tools/call")],
      status: "kept",
      mistake: [...works, asks(3, method, how), begins(4), lists(5)],
    },
  ]),
  {
    rule: "M56",
    what: "a client whose requests all have one id",
    excused: [discovers(1), asks(1, "resources/list", missing), asks(1, "tools/call")],
    status: "kept",
    mistake: [...works, asks(3, "resources/list", missing), begins(4)],
  },
  {
    rule: "M12",
    what: "another process that refreshes its token after an error",
    excused: [...works, asks(3, "tools/call", oldCode), getsToken, asks(4, "tools/call")],
    status: "kept",
    mistake: [...works, asks(3, "tools/call", oldCode), getsToken, asks(4, "tools/call", { token: "…two" })],
  },
  {
    rule: "M20",
    what: "a program that is refused each time it is started",
    excused: [0, 1, 2].map(() => begins(1, "2025-11-25", refused)),
    status: "kept",
    mistake: [1, 2, 3].map((id) => begins(id, "2025-11-25", refused)),
  },
  {
    rule: "M20",
    what: "a program that offers another revision each time it is started",
    excused: [0, 1, 2].flatMap(
      () => [begins(1, "2025-11-25", refused), begins(2, "2025-03-26"), lists(3, "2025-03-26")],
    ),
    status: "kept",
    mistake: [1, 2, 3].map((id) => begins(id, "2025-11-25", refused)),
  },
  {
    rule: "M58",
    what: "a program that is refused each time it is started",
    excused: [0, 1, 2].map(() => asks(1, "server/discover", unsupported)),
    mistake: [1, 2, 3].map((id) => asks(id, "server/discover", unsupported)),
  },
  {
    rule: "M58",
    what: "a program that is refused each time its person starts it",
    excused: [0, 1, 2].map((time): Row => {
      const [to, made] = asks(1, "server/discover", unsupported);
      return [to, { ...made, atMs: time * 3000 }];
    }),
    status: "kept",
    mistake: [1, 2, 3].map((id) => asks(id, "server/discover", unsupported)),
  },
  {
    rule: "M63",
    what: "a program that is started once for each era",
    excused: [...works, begins(1), lists(2)],
    mistake: [...works, begins(3), lists(4)],
  },
  {
    rule: "M15",
    what: "a program that is started with another revision",
    excused: [begins(1), lists(2), begins(1, "2025-06-18"), lists(2, "2025-06-18")],
    status: "kept",
    mistake: [begins(1), lists(2), begins(3, "2025-06-18"), lists(4, "2025-06-18")],
  },
];

function statusOf(rows: readonly Row[], rule: string): string | undefined {
  const inTime = rows.map(([to, made], index): Row => [to, {
    ...(to === url ? { route: "oauth_post" } : {}),
    atMs: index * 100,
    ...made,
  }]);
  const options = { sandbox: "main", hasOrigin: true, isWhole: true, isLabelled: true };
  const { clients } = buildReport(make(...inTime), options);
  assert.equal(clients.length, 1);
  return clients[0]?.findings.find((finding) => finding.rule === rule)?.status;
}

for (const { rule, what, excused, status = "not observed", mistake } of excuses) {
  Deno.test(`${rule} is ${status} by ${what}, and broken by one instance`, () => {
    assert.equal(statusOf(mistake, rule), "broken");
    assert.equal(statusOf(excused, rule), status);
  });
}
