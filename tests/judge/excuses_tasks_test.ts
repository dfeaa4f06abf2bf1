/**
 * What looks like a mistake with tasks and is none: a look too early, instances side by side, answers that get lost, a client
 * that has only begun. Each stands beside what it is mistaken for, which is broken.
 */
import assert from "node:assert/strict";
import { buildReport } from "../../lib/judge/report.ts";
import { origin } from "../helpers.ts";
import { type Made, make } from "../recorder/made_exchanges.ts";

type Row = readonly [url: string, made: Made];
type Said = Readonly<Record<string, unknown>>;

const mcp = `${origin}/no-auth`;
const accept = ["accept", "application/json, text/event-stream"] as const;
const agent = ["user-agent", "acme/1"] as const;
const EXTENSION = "io.modelcontextprotocol/tasks";
const RELATED = "io.modelcontextprotocol/related-task";

function post(sent: Said, made: Made = {}): Row {
  const headers = [accept, agent, ["mcp-protocol-version", "2025-11-25"], ["mcp-session-id", "one"]] as const;
  return [mcp, { method: "POST", route: "no_auth_post", headers, sent: { jsonrpc: "2.0", ...sent }, ...made }];
}

/** A request, and the result that answers it. */
function asks(id: number, atMs: number, method: string, params: Said, result: Said): Row {
  return post({ id, method, params }, { answered: { jsonrpc: "2.0", id, result }, atMs });
}

/** A session with a server that has tasks. */
function opened(capabilities: Said = { tools: {}, tasks: { requests: { tools: { call: {} } } } }): readonly Row[] {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };
  const answered = { jsonrpc: "2.0", id: 0, result: { protocolVersion: "2025-11-25", capabilities } };
  const [url, made] = post({ id: 0, method: "initialize", params }, { answered });
  return [
    [url, { ...made, headers: [accept, agent], answeredHeaders: [["mcp-session-id", "one"]] }],
    post({ method: "notifications/initialized" }, { status: 202, atMs: 10 }),
  ];
}

const task = (status = "working"): Said => ({ taskId: "t-1", status, pollInterval: 1000 });
const begins = (id: number, atMs: number): Row =>
  asks(id, atMs, "tools/call", { name: "report", task: {} }, { task: task() });
const looks = (id: number, atMs: number, status?: string): Row =>
  asks(id, atMs, "tasks/get", { taskId: "t-1" }, task(status));
const plain = (id: number, atMs: number): Row => asks(id, atMs, "tools/call", { name: "other" }, { content: [] });
const awaits = (id: number, atMs: number, made: Made = {}): Row =>
  post({ id, method: "tasks/result", params: { taskId: "t-1" } }, { events: "", isOpen: true, atMs, ...made });
const cancels = (requestId: number, atMs: number): Row =>
  post({ method: "notifications/cancelled", params: { requestId } }, { status: 202, atMs });
const lists = (id: number, atMs: number, taskSupport: string): Row =>
  asks(id, atMs, "tools/list", {}, { tools: [{ name: "other", execution: { taskSupport } }] });

const message = (value: Said): string => `data: ${JSON.stringify({ jsonrpc: "2.0", ...value })}\n\n`;
/** The result of a task, before which its client is asked something. */
const asked = awaits(2, 1000, {
  events: message({
    id: "q",
    method: "elicitation/create",
    params: { message: "Who?", _meta: { [RELATED]: { taskId: "t-1" } } },
  }),
});
const answers = (outcome: Said): Row => post({ id: "q", ...outcome }, { status: 202, atMs: 1100 });

const able = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": { extensions: { [EXTENSION]: {} } },
};

/** A request of 2026-07-28, and the result that answers it, if one does. */
function modern(id: number, atMs: number, method: string, params: Said, result?: Said): Row {
  const name = String(params.name ?? params.taskId ?? "");
  return [mcp, {
    method: "POST",
    route: "no_auth_post",
    headers: [accept, agent, ["mcp-protocol-version", "2026-07-28"], ["mcp-method", method], ["mcp-name", name]],
    sent: { jsonrpc: "2.0", id, method, params: { ...params, _meta: able } },
    ...(result ? { answered: { jsonrpc: "2.0", id, result: { resultType: "complete", ...result } } } : { events: "" }),
    atMs,
  }];
}

const offered = (status: string, more: Said = {}): Said => ({ taskId: "t-1", status, pollIntervalMs: 1000, ...more });
const becomes = (id: number, atMs: number): Row =>
  modern(id, atMs, "tools/call", { name: "report" }, { resultType: "task", ...offered("working") });
const gets = (id: number, atMs: number, status = "working", more: Said = {}): Row =>
  modern(id, atMs, "tasks/get", { taskId: "t-1" }, offered(status, more));
const waits = { inputRequests: { who: { method: "elicitation/create", params: {} } } };
const update = { taskId: "t-1", inputResponses: { who: { action: "decline" } } };
const updates = (id: number, atMs: number): Row => modern(id, atMs, "tasks/update", update, {});
const lostUpdate = modern(3, 1100, "tasks/update", update);
const other = (id: number, atMs: number): Row => modern(id, atMs, "tools/call", { name: "other" }, { content: [] });

/** A client that makes tasks of what it is asked, and its server, which asks for one on the stream of a call. */
const makesTasks = { elicitation: {}, tasks: { requests: { elicitation: { create: {} } } } };
const openedWithTasks = opened().map(([url, made], at): Row =>
  at > 0 ? [url, made] : [url, {
    ...made,
    sent: {
      jsonrpc: "2.0",
      id: 0,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: makesTasks, clientInfo: { name: "c", version: "1" } },
    },
  }]
);
const forTask = (id: string, method: string, params: Said): Said => ({ id, method, params });
/** What a server asks while a call is open, each at its time. */
const whileCalled = (...said: readonly (readonly [atMs: number, message: Said])[]): Row =>
  post({ id: 1, method: "tools/call", params: { name: "report" } }, {
    events: said.map(([, value]) => message(value)).join(""),
    stream: { eventsAtMs: said.map(([atMs]) => atMs) },
    isOpen: true,
    atMs: 20,
  });
const ownTask = (status: string): Said => ({ taskId: "own", status, createdAt: "2026-01-01T00:00:00Z", ttl: null });
const says = (id: string, atMs: number, result: Said): Row => post({ id, result }, { status: 202, atMs });
const whichAsks = whileCalled(
  [0, forTask("a", "elicitation/create", { message: "Who?", task: {} })],
  [100, forTask("b", "tasks/result", { taskId: "own" })],
  [200, forTask("c", "tasks/get", { taskId: "own" })],
);
const beginsOwn = says("a", 60, { task: ownTask("working") });

const discovers = (id: number, atMs: number): Row =>
  modern(id, atMs, "server/discover", {}, { supportedVersions: ["2026-07-28"], capabilities: { tools: {} } });

/** A call that asks, and asks again whatever the answer to that is. */
const inRounds = (id: number, action: string): readonly Row[] => {
  const asking = (name: string): Said => ({
    resultType: "input_required",
    inputRequests: { [name]: { method: "elicitation/create", params: { message: "Sure?", requestedSchema: {} } } },
    requestState: `${name}-${id}`,
  });
  const call = { name: "ask", arguments: {} };
  const again = { ...call, inputResponses: { one: { action } }, requestState: `one-${id}` };
  return [
    modern(id, id * 1000, "tools/call", call, asking("one")),
    modern(id + 1, id * 1000 + 500, "tools/call", again, asking("two")),
  ];
};

interface Excuse {
  readonly rule: string;
  readonly what: string;
  readonly excused: readonly Row[];
  readonly isWhole?: boolean;
  /** What it is mistaken for. */
  readonly mistake: readonly Row[];
}

const hasty = [...opened(), begins(1, 100), ...[200, 300, 400, 500].map((atMs, at) => looks(2 + at, atMs))];
const forgets = [...opened(), begins(1, 100), plain(2, 60_000)];

const excuses: readonly Excuse[] = [
  {
    rule: "M66",
    what: "asks about a task that the server has made, though it had declared none",
    excused: [discovers(0, 0), becomes(1, 100), gets(2, 1200)],
    mistake: [discovers(0, 0), other(1, 100), gets(2, 1200)],
  },
  {
    rule: "M66",
    what: "asks about a task that it may know from an answer which is not on record",
    excused: [discovers(0, 0), modern(1, 100, "tools/call", { name: "report" }), gets(2, 1200)],
    mistake: [discovers(0, 0), other(1, 100), gets(2, 1200)],
  },
  {
    rule: "M142",
    what: "looks at once when its task has begun, and twice more before the time has come",
    excused: [...opened(), begins(1, 100), looks(2, 110), looks(3, 500), looks(4, 900), looks(5, 1900)],
    mistake: hasty,
  },
  {
    rule: "M142",
    what: "is there twice, and each instance looks in time",
    excused: [
      ...opened(),
      begins(1, 100),
      ...[1100, 2100, 3100, 4100].flatMap((atMs, at) => [looks(10 + at, atMs), looks(2 + at, atMs + 300)]),
    ],
    mistake: hasty,
  },
  {
    rule: "M152",
    what: "looks at once when it has answered",
    excused: [
      becomes(1, 0),
      ...[1000, 2000, 3000, 4000].flatMap((atMs, at) => [
        gets(10 + 3 * at, atMs, "input_required", waits),
        modern(11 + 3 * at, atMs + 10, "tasks/update", { taskId: "t-1", inputResponses: {} }, {}),
        gets(12 + 3 * at, atMs + 20),
      ]),
    ],
    mistake: [becomes(1, 0), ...[100, 200, 300, 400].map((atMs, at) => gets(2 + at, atMs))],
  },
  {
    rule: "M152",
    what: "is there twice with random ids, and each instance looks in time",
    excused: [
      becomes(1, 0),
      ...[1100, 2100, 3100, 4100, 5100].flatMap((atMs, at) => [
        gets(900 - 70 * at, atMs),
        gets(300 + 50 * at, atMs + 300),
      ]),
    ],
    mistake: [becomes(1, 0), ...[90, 20, 70, 40, 80, 30, 60, 50].map((id, at) => gets(id, 1100 + 100 * at))],
  },
  {
    rule: "M93",
    what: "begins anew what its person has called off in the round before",
    excused: [1, 3, 5, 7, 9].flatMap((id) => inRounds(id, "cancel")),
    mistake: [1, 3, 5, 7, 9].flatMap((id) => inRounds(id, "accept")),
  },
  {
    rule: "M143",
    what: "has had little time to ask",
    excused: [...opened(), begins(1, 100), plain(2, 20_000)],
    mistake: forgets,
  },
  {
    rule: "M143",
    what: "may have asked where the record has a gap",
    excused: forgets,
    isWhole: false,
    mistake: forgets,
  },
  {
    rule: "M143",
    what: "waits for the result",
    excused: [...opened(), begins(1, 100), awaits(2, 200), plain(3, 60_000)],
    mistake: forgets,
  },
  {
    rule: "M144",
    what: "has waited for the result since before",
    excused: [
      ...opened(),
      begins(1, 100),
      awaits(2, 200),
      ...[1100, 2100, 3100].map((atMs, at) => looks(3 + at, atMs, "input_required")),
    ],
    mistake: [
      ...opened(),
      begins(1, 100),
      ...[1100, 2100, 3100].map((atMs, at) => looks(3 + at, atMs, "input_required")),
    ],
  },
  {
    rule: "M145",
    what: "cannot answer, and errors have no place for _meta",
    excused: [...opened(), begins(1, 100), asked, answers({ error: { code: -32603, message: "No" } })],
    mistake: [...opened(), begins(1, 100), asked, answers({ result: { action: "decline" } })],
  },
  {
    rule: "M146",
    what: "does not want to wait for the result, and leaves the task as it is",
    excused: [...opened(), begins(1, 100), awaits(2, 200), cancels(2, 3000)],
    mistake: [...opened(), begins(1, 100), awaits(2, 200), cancels(1, 3000)],
  },
  {
    rule: "M140",
    what: "may know from an initialize that is not on record",
    excused: [begins(1, 100)],
    isWhole: false,
    mistake: [...opened({ tools: {} }), begins(1, 100)],
  },
  {
    rule: "M140",
    what: "repeats what it has asked for where it asks about its task",
    excused: [
      ...opened(),
      begins(1, 100),
      asks(2, 1200, "tasks/get", { taskId: "t-1", task: {} }, task("completed")),
    ],
    mistake: [...opened({ tools: {} }), begins(1, 100)],
  },
  {
    rule: "M141",
    what: "was told one thing and then another",
    excused: [...opened(), lists(1, 50, "required"), lists(2, 90, "forbidden"), plain(3, 100)],
    mistake: [...opened(), lists(1, 50, "required"), plain(3, 100)],
  },
  {
    rule: "M148",
    what: "says that its task goes on while the server waits for the result",
    excused: [
      ...openedWithTasks,
      whichAsks,
      beginsOwn,
      says("c", 240, ownTask("working")),
      says("b", 400, { action: "decline" }),
    ],
    mistake: [
      ...openedWithTasks,
      whichAsks,
      beginsOwn,
      says("b", 150, { action: "decline" }),
      says("c", 240, ownTask("working")),
    ],
  },
  {
    rule: "M148",
    what: "says that its task goes on, and ends it before that has come",
    excused: [
      ...openedWithTasks,
      whichAsks,
      beginsOwn,
      says("b", 240, { action: "decline" }),
      says("c", 241, ownTask("working")),
    ],
    mistake: [
      ...openedWithTasks,
      whichAsks,
      beginsOwn,
      says("b", 150, { action: "decline" }),
      says("c", 241, ownTask("working")),
    ],
  },
  {
    rule: "M148",
    what: "gives the result of a task that has failed",
    excused: [
      ...openedWithTasks,
      whichAsks,
      beginsOwn,
      says("b", 150, { action: "decline" }),
      says("c", 240, ownTask("failed")),
    ],
    mistake: [...openedWithTasks, whichAsks, says("a", 60, { task: ownTask("failed") })],
  },
  {
    rule: "M150",
    what: "wants to be told of its task",
    excused: [
      becomes(1, 0),
      modern(2, 100, "subscriptions/listen", { notifications: { taskIds: ["t-1"] } }),
      other(3, 60_000),
    ],
    mistake: [becomes(1, 0), other(3, 60_000)],
  },
  {
    rule: "M153",
    what: "answers again, as the first answer was lost",
    excused: [becomes(1, 0), gets(2, 1000, "input_required", waits), lostUpdate, updates(4, 5000)],
    mistake: [becomes(1, 0), gets(2, 1000, "input_required", waits), updates(3, 1100), updates(4, 5000)],
  },
];

function statusOf(rows: readonly Row[], rule: string, isWhole: boolean): string | undefined {
  const options = { sandbox: "main", hasOrigin: true, isWhole, isLabelled: true };
  const report = buildReport(make(...rows), options);
  assert.equal(report.clients.length, 1);
  return report.clients[0]?.findings.find((finding) => finding.rule === rule)?.status;
}

for (const { rule, what, excused, isWhole = true, mistake } of excuses) {
  Deno.test(`${rule} is not broken by a client that ${what}`, () => {
    assert.notEqual(statusOf(excused, rule, isWhole), "broken");
    assert.equal(statusOf(mistake, rule, true), "broken");
  });
}
