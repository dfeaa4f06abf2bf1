/**
 * What looks like a mistake in answering a server's questions and is none: a person who says no, answers that come late or get
 * lost, a client that cannot be asked. Each stands beside what it is mistaken for, which is broken.
 */
import assert from "node:assert/strict";
import { buildReport } from "../../lib/judge/report.ts";
import { createDigests } from "../../lib/recorder/redact/digests.ts";
import { origin } from "../helpers.ts";
import { type Made, make } from "../recorder/made_exchanges.ts";

type Row = readonly [url: string, made: Made];

const mcp = `${origin}/no-auth`;
const accept = ["accept", "application/json, text/event-stream"] as const;
const agent = ["user-agent", "acme/1"] as const;
const everything = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: { listChanged: true } };

function post(sent: object, made: Made = {}): Row {
  const headers = [accept, agent, ["mcp-protocol-version", "2025-11-25"], ["mcp-session-id", "one"]] as const;
  return [mcp, { method: "POST", route: "no_auth_post", headers, sent: { jsonrpc: "2.0", ...sent }, ...made }];
}

/** A session whose client has declared this. */
function opened(capabilities: object = everything): readonly Row[] {
  const params = { protocolVersion: "2025-11-25", capabilities, clientInfo: { name: "c", version: "1" } };
  const answered = { jsonrpc: "2.0", id: 0, result: { protocolVersion: "2025-11-25" } };
  const [url, made] = post({ id: 0, method: "initialize", params }, { answered });
  return [
    [url, { ...made, headers: [accept, agent], answeredHeaders: [["mcp-session-id", "one"]] }],
    post({ method: "notifications/initialized" }, { status: 202, atMs: 10 }),
  ];
}

/** A call in whose stream the server says something first. */
function call(id: number, atMs: number, ...said: readonly object[]): Row {
  const messages = [...said, { id, result: { content: [] } }];
  const events = messages.map((message) => `data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`).join("");
  return post({ id, method: "tools/call", params: { name: "t", arguments: {} } }, { events, atMs });
}

function answer(id: string, atMs: number, outcome: object): Row {
  return post({ id, ...outcome }, { status: 202, atMs });
}

const requestedSchema = { type: "object", properties: { age: { type: "integer", default: 7 } }, required: ["age"] };
const form = { id: "q", method: "elicitation/create", params: { message: "Age?", requestedSchema } };
const patterned = {
  ...form,
  params: {
    message: "A?",
    requestedSchema: { type: "object", properties: { a: { type: "string", pattern: "^(a+)+$" } } },
  },
};
/** A form with these fields, and what it was filled in with. */
const filledIn = (properties: object, content: object): readonly Row[] => [
  ...opened(),
  call(1, 20, { ...form, params: { message: "Who?", requestedSchema: { type: "object", properties } } }),
  answer("q", 40, { result: { action: "accept", content } }),
];
const digests = createDigests(new Uint8Array(32));
/** What stands on record instead of it. */
const redacted = (value: string): string => digests(value, "personal");
const model = { id: "q", method: "sampling/createMessage", params: { messages: [], maxTokens: 5 } };
const roots = (id: string): object => ({ id, method: "roots/list" });
const listed = (id: string, atMs: number, uri: string): Row => answer(id, atMs, { result: { roots: [{ uri }] } });
const said = (text: string): object => ({
  result: { role: "assistant", model: "m", content: { type: "text", text } },
});

const url = `${origin}/elicitation/a-page`;
const page = {
  id: "q",
  method: "elicitation/create",
  params: { mode: "url", message: "Pay", url, elicitationId: "a" },
};
const fetches = (atMs: number, userAgent: string, made: Made = {}): Row => [url, {
  route: "elicitation",
  headers: [["user-agent", userAgent]],
  atMs,
  ...made,
}];
const accepted = answer("q", 100, { result: { action: "accept" } });

/** The same, but that its client closes the stream. */
function leaves([url, made]: Row): Row {
  return [url, { ...made, stream: { eventsAtMs: [30, 30], endedAtMs: 35, endedBy: "client" } }];
}

interface Excuse {
  readonly rule: string;
  readonly what: string;
  readonly excused: readonly Row[];
  readonly mistake: readonly Row[];
}

const excuses: readonly Excuse[] = [
  {
    rule: "M73",
    what: "whose person declines a form, or closes it",
    excused: [
      ...opened(),
      call(1, 20, form),
      answer("q", 40, { result: { action: "decline" } }),
      call(2, 60, { ...form, id: "r" }),
      answer("r", 80, { result: { action: "cancel", content: {} } }),
    ],
    mistake: [...opened(), call(1, 20, form), answer("q", 40, { result: { action: "no" } })],
  },
  {
    rule: "M74",
    what: "whose text a pattern may refuse, as no pattern is run",
    excused: [
      ...opened(),
      call(1, 20, patterned),
      answer("q", 40, { result: { action: "accept", content: { a: "aa!" } } }),
    ],
    mistake: [
      ...opened(),
      call(1, 20, patterned),
      answer("q", 40, { result: { action: "accept", content: { a: 1 } } }),
    ],
  },
  {
    rule: "M75",
    what: "whose person has emptied a field, and filled in another",
    excused: [
      ...opened(),
      call(1, 20, {
        ...form,
        params: {
          message: "Who?",
          requestedSchema: {
            type: "object",
            properties: { age: { type: "integer", default: 7 }, name: { type: "string", default: "Ada" } },
          },
        },
      }),
      answer("q", 40, { result: { action: "accept", content: { name: "Bob" } } }),
    ],
    mistake: [...opened(), call(1, 20, form), answer("q", 40, { result: { action: "accept", content: {} } })],
  },
  {
    rule: "M75",
    what: "whose person has emptied the one field that may be empty",
    excused: filledIn({ age: { type: "integer", default: 7 }, name: { type: "string", default: "Ada" } }, {
      name: "Ada",
    }),
    mistake: filledIn({ age: { type: "integer", default: 7 }, name: { type: "string", default: "Ada" } }, {}),
  },
  {
    rule: "M74",
    what: "whose person fills in what is a secret, so that it is not on record",
    excused: filledIn({ pin: { type: "integer" }, password: { type: "string", maxLength: 8, format: "date" } }, {
      pin: redacted("1234"),
      password: redacted("2026-01-02"),
    }),
    mistake: filledIn({ pin: { type: "integer" }, age: { type: "integer" } }, { pin: redacted("1234"), age: "7" }),
  },
  {
    rule: "M76",
    what: "whose person chooses what is called like a secret, so that it is not on record",
    excused: filledIn(
      {
        code: { type: "string", enum: ["red", "green"] },
        secret: { type: "array", items: { type: "string", enum: ["red", "green"] } },
      },
      { code: redacted("red"), secret: [redacted("red")] },
    ),
    mistake: filledIn({ code: { type: "string", enum: ["red"] }, color: { type: "string", enum: ["red"] } }, {
      code: redacted("red"),
      color: "Red",
    }),
  },
  {
    rule: "M73",
    what: "whose person has a secret that is called like the action, so that neither is on record",
    excused: [...opened(), call(1, 20, form), answer("q", 40, { result: { action: redacted("accept") } })],
    mistake: [...opened(), call(1, 20, form), answer("q", 40, { result: { action: "accepted" } })],
  },
  {
    rule: "M69",
    what: "that cannot be asked, and refuses or declines",
    excused: [
      ...opened({}),
      call(1, 20, roots("q")),
      answer("q", 40, { error: { code: -32601, message: "Roots not supported" } }),
      call(2, 60, { ...form, id: "r" }),
      answer("r", 80, { result: { action: "decline" } }),
    ],
    mistake: [...opened({}), call(1, 20, roots("q")), listed("q", 40, "file:///work")],
  },
  {
    rule: "M69",
    what: "that answers for a person after the call has ended, or not at all",
    excused: [...opened(), call(1, 20, form), call(2, 90_000, { ...model, id: "r" }), call(3, 200_000)],
    mistake: [...opened({}), call(1, 20, roots("q")), call(2, 90_000)],
  },
  {
    rule: "M67",
    what: "whose server has cancelled the ping",
    excused: [
      ...opened(),
      call(1, 20, { id: "q", method: "ping" }, { method: "notifications/cancelled", params: { requestId: "q" } }),
      call(2, 9000),
    ],
    mistake: [...opened(), call(1, 20, { id: "q", method: "ping" }), call(2, 9000)],
  },
  {
    rule: "M67",
    what: "that had left the stream which the ping came on",
    excused: [
      ...opened(),
      leaves(call(1, 20, { id: "q", method: "ping" })),
      call(2, 9000),
    ],
    mistake: [...opened(), call(1, 20, { id: "q", method: "ping" }), call(2, 9000)],
  },
  {
    rule: "M77",
    what: "whose person opens the URL in a browser, even before the client has said so",
    excused: [...opened(), call(1, 20, page), fetches(60, "Mozilla/5.0 Firefox/140.0"), accepted],
    mistake: [
      ...opened(),
      call(1, 20, page),
      fetches(40, "acme/1"),
      fetches(60, "Mozilla/5.0 Firefox/140.0"),
      accepted,
    ],
  },
  {
    rule: "M77",
    what: "for whom a test opens the URL with the same library, and does no more",
    excused: [...opened(), call(1, 20, page), fetches(60, "acme/1"), accepted],
    mistake: [
      ...opened(),
      call(1, 20, page),
      fetches(60, "acme/1"),
      answer("q", 100, { result: { action: "decline" } }),
    ],
  },
  {
    rule: "M77",
    what: "for whom a test opens the URL with the same library, and sends the form",
    excused: [
      ...opened(),
      call(1, 20, page),
      fetches(60, "acme/1"),
      fetches(80, "acme/1", { method: "POST", route: "elicitation_answer" }),
      accepted,
    ],
    mistake: [...opened(), call(1, 20, page), fetches(60, "acme/1", { method: "HEAD" }), accepted],
  },
  {
    rule: "M80",
    what: "whose person answers twelve questions, one after the other",
    excused: [
      ...opened(),
      ...Array.from({ length: 12 }, (_, at) => [
        call(at + 1, 100 + at * 5000, { ...model, id: `q${at}` }),
        answer(`q${at}`, 200 + at * 5000, said("Hi")),
      ]).flat(),
    ],
    mistake: [
      ...opened(),
      ...Array.from({ length: 12 }, (_, at) => [
        call(at + 1, 100 + at * 10, { ...model, id: `q${at}` }),
        answer(`q${at}`, 105 + at * 10, said("Hi")),
      ]).flat(),
    ],
  },
  {
    rule: "M84",
    what: "whose model uses five long words",
    excused: [...opened(), call(1, 20, model), answer("q", 40, said("Donaudampfschifffahrtsgesellschaft ".repeat(2)))],
    mistake: [...opened(), call(1, 20, model), answer("q", 40, said("word ".repeat(100)))],
  },
  {
    rule: "M87",
    what: "that tells of its new roots while it is asked for them",
    excused: [
      ...opened(),
      call(1, 20, roots("q")),
      listed("q", 40, "file:///one"),
      call(2, 60, roots("r")),
      listed("r", 80, "file:///two"),
      post({ method: "notifications/roots/list_changed" }, { status: 202, atMs: 90 }),
      call(3, 5000),
    ],
    mistake: [
      ...opened(),
      call(1, 20, roots("q")),
      listed("q", 40, "file:///one"),
      call(2, 60, roots("r")),
      listed("r", 80, "file:///two"),
      call(3, 5000),
    ],
  },
];

function isBroken(rows: readonly Row[], rule: string): boolean | undefined {
  const report = buildReport(make(...rows), {
    sandbox: "main",
    hasOrigin: true,
    isWhole: true,
    isLabelled: true,
    limits: {},
  });
  const findings = report.clients.flatMap((client) => client.findings).filter((found) => found.rule === rule);
  return findings.length === 0 ? undefined : findings.some(({ status }) => status === "broken");
}

for (const { rule, what, excused, mistake } of excuses) {
  Deno.test(`${rule} is not broken by a client ${what}`, () => {
    assert.equal(isBroken(excused, rule), false);
    assert.equal(isBroken(mistake, rule), true, "what it is mistaken for is not broken");
  });
}

Deno.test("no rule on questions is broken where it is not on record what a client has declared", () => {
  const rows = [call(1, 20, roots("q")), listed("q", 40, "file:///work"), call(2, 5000)];
  const report = buildReport(make(...rows), {
    sandbox: "main",
    hasOrigin: true,
    isWhole: false,
    isLabelled: true,
    limits: {},
  });
  const broken = report.clients.flatMap(({ findings }) => findings).filter(({ status }) => status === "broken");
  assert.deepEqual(broken.map(({ rule }) => rule).filter((rule) => /^M(6[7-9]|7|8[0-7])/.test(rule)), []);
});
