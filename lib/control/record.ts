// `/control/report` and `/control/exchanges`: what was recorded of a sandbox, and the verdict on it. As streams and in
// other formats they are matters of HTTP: `routes/control/report.ts`.
import { z } from "zod";
import { closedObject, type Schema } from "../http/json_body.ts";
import { type ListedExchange, selectListed } from "../judge/listing.ts";
import { stationNames } from "../judge/progress.ts";
import type { Report } from "../judge/report.ts";
import { revisions } from "../judge/settled.ts";
import type { Exchange } from "../recorder/exchange.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { limitsHelp, parseLimits } from "./judge_limits.ts";
import type { JudgedHow } from "./reports.ts";
import { type Deps, one, operation } from "./operation.ts";

/** How often is looked whether a client has finished, in milliseconds. */
const STEP_MS = 100;
/** How long nothing must happen until a client counts as finished, in milliseconds. */
const QUIET_MS = 500;
/** The longest wait for that, in seconds. */
export const MAX_WAIT_SECONDS = 120;

/** How long somebody waits. */
export interface Patience {
  /** The longest wait; 0 for what is there now. */
  readonly waitSeconds: number;
  /** Aborts when the caller has left: nobody waits any more. */
  readonly signal: AbortSignal | undefined;
}

const text = z.string();
const count = z.number().int().min(0);
const numbers = z.array(count);

const finding = z.strictObject({
  rule: text.meta({ description: "Id of the rule, such as C11" }),
  name: text,
  title: text.meta({ description: "What the rule requires of a client" }),
  level: z.enum(["MUST", "SHOULD", "MAY"]),
  status: z.enum(["kept", "broken", "not observed"]),
  isExpected: z.boolean().meta({ description: "Whether the scenario is about this rule" }),
  evidence: numbers.meta({ description: "Sequence numbers of the exchanges that prove it" }),
  message: z.strictObject({ exchange: count, part: z.enum(["request", "response"]), index: count }).optional().meta({
    description: "The JSON-RPC message that shows it: in which exchange and part, and its place there, from 0",
  }),
  detail: text.meta({ description: "What was seen" }),
  link: z.url().meta({ description: "Where the rule is written" }),
  official: z.array(text).meta({ description: "The official suite's names for it" }),
});

const verdict = z.enum(["pass", "fail", "incomplete"]);
const reason = text.meta({ description: "Why, as a sentence; if the verdict is incomplete, with what to do about it" });

const progress = z.strictObject({
  stations: z.array(z.strictObject({
    station: z.enum(stationNames),
    reached: z.boolean(),
    at: count.optional().meta({ description: "Sequence number of the exchange by which it was reached" }),
  })).meta({ description: "Those that there are for this client, in order" }),
  outcome: z.enum(["short", "reached", "beyond"]).meta({
    description: "Whether it came as far as the scenario wants it to, and stopped where it has to",
  }),
  sentence: text.meta({ description: "How far it came, what is missing, and what to do about it" }),
});

const client = z.strictObject({
  id: text.meta({ description: "Its first client_id" }),
  name: text.optional(),
  revision: text.optional().meta({ description: "The revision of MCP that it was judged by" }),
  settled: z.array(z.strictObject({ version: text, exchange: count })).meta({
    description: "The revisions that it settled with the server, in order, each with the exchange that settled it",
  }),
  strayVersions: z.array(z.strictObject({ version: text, settled: text, exchanges: numbers })).optional().meta({
    description: "MCP-Protocol-Version headers that name another revision than the one that was settled",
  }),
  isBystander: z.boolean().optional().meta({
    description: "True for somebody who never shows who it is, beside a client that does; it counts only if it fails",
  }),
  unseen: z.array(text).optional().meta({
    description: "What a recording of another tool does not tell of it, so that rules which need it are not observed",
  }),
  progress,
  exchanges: numbers.meta({ description: "Sequence numbers of its exchanges" }),
  findings: z.array(finding),
  failures: z.array(text).meta({ description: "Ids of the broken rules that fail it" }),
  warnings: z.array(text).meta({ description: "Ids of the broken rules that do not: recommendations" }),
  verdict,
  reason,
});

const record = z.strictObject({
  isWhole: z.boolean().meta({ description: "Whether all exchanges are on record, from the first one" }),
  isCleared: z.boolean().optional().meta({
    description: "True if it was cleared: clients that began before are judged by what they did since",
  }),
  cut: count.meta({ description: "How many were too large to be kept in full" }),
  leftOut: count.meta({ description: "How many were never recorded" }),
  dropped: count.meta({ description: "How many were dropped to make room for later ones" }),
  unjudged: count.meta({ description: "How many of the dropped ones mattered to the verdict and could not be kept" }),
});

/** A report. */
export const reportAnswer: Schema = z.strictObject({
  sandbox: text,
  scenario: text.optional(),
  expects: z.array(text).meta({ description: "Ids of the rules that the scenario is about" }),
  judgedBy: z.enum(revisions).optional().meta({
    description: "The revision of MCP that all clients are judged by, if the request asked for one",
  }),
  limits: z.record(z.string(), z.number()).meta({
    description: "The limits that it goes by where bytes do not decide, by name",
  }),
  note: text.optional().meta({ description: "Why the verdict may be about something other than the scenario" }),
  record,
  clients: z.array(client),
  verdict,
  reason,
});

const message = z.strictObject({
  // Names and values; as a tuple its JSON Schema would be one that generators of code and of tests do not read.
  headers: z.array(z.array(text).length(2)),
  body: text.optional(),
  truncated: z.boolean(),
});

const exchange = z.strictObject({
  sequence: count,
  receivedAtMs: z.number().meta({ description: "Milliseconds since 1970, in real time" }),
  startedAtMs: z.number().meta({ description: "The same on the sandbox's clock" }),
  route: text.optional(),
  method: text,
  url: text,
  client: text.optional().meta({ description: "The client it belongs to, by its id in the report" }),
  peer: text.meta({ description: "Equal for equal senders" }),
  request: message,
  status: count,
  response: message,
  durationMs: z.number(),
  shapedBy: z.array(text).meta({ description: "Names of the faults and overrides that shaped the response" }),
  isOpen: z.boolean().optional().meta({ description: "True while the response is an open stream" }),
  stream: z.strictObject({
    eventsAtMs: z.array(z.number()).meta({ description: "When each event or comment was complete, as receivedAtMs" }),
    endedAtMs: z.number().optional(),
    endedBy: z.enum(["server", "client", "cut"]).optional().meta({
      description: "cut if it broke off on its way; absent while it is open",
    }),
  }).optional().meta({
    description:
      "How an event stream went, unless all of it was ready at once; and when a client left before any answer had begun",
  }),
  isCut: z.boolean().optional().meta({ description: "True if it was too large to be kept in full" }),
});

const exchangesAnswer: Schema = z.strictObject({ sandbox: text, record, exchanges: z.array(exchange) });

/** What can be done about the record of a sandbox. */
export const recordOperations = {
  control_report: operation({
    summary: "The verdict on every client of the sandbox, rule by rule",
    input: one(closedObject({
      wait: count.max(MAX_WAIT_SECONDS).exactOptional().meta({
        description: "Waits up to this many seconds until a client has done something and been quiet for half a second",
      }),
      revision: z.enum(revisions).exactOptional().meta({
        description: "Judges all clients by this revision of MCP instead of the one that each speaks",
      }),
      limits: text.exactOptional().meta({
        description:
          `Limits in place of the usual ones, as name:value,name:value; a rule that goes by one then fails a client ` +
          `instead of warning. ${limitsHelp}`,
      }),
    })),
    example: { wait: 0 },
    answer: reportAnswer,
    run: (deps, { sandbox, signal, input: { wait: waitSeconds = 0, revision, limits } }) =>
      settle(deps, sandbox, { waitSeconds, signal }, {
        judgedBy: revision,
        limits: parseLimits(limits === undefined ? [] : [limits]),
      }),
  }),
  control_exchanges: operation({
    summary: "What clients sent and received, with secrets redacted",
    input: one(closedObject({
      after: count.exactOptional().meta({ description: "Only those with a higher sequence number" }),
      limit: count.exactOptional().meta({ description: "At most this many, those with the lowest numbers" }),
    })),
    example: { after: 0, limit: 10 },
    answer: exchangesAnswer,
    run: async (deps, { sandbox, input: { after = 0, limit } }) => {
      const { listed, report: { record } } = await deps.reports.judge(sandbox);
      const exchanges = await fetchListed(deps, sandbox, selectListed(listed, { after, limit }));
      return { sandbox: sandbox.name, record, exchanges };
    },
  }),
  control_clear_exchanges: operation({
    summary: "Clears the record; clients are judged by what follows",
    answer: z.object({}),
    run: async ({ reports }, { sandbox }) => {
      await reports.demand().clear(sandbox.id);
      return {};
    },
  }),
};

/**
 * The report, once something was seen that decides and nothing has happened for a while, but after the wait at the latest.
 *
 * @param patience How long; until then, or until the caller has left.
 * @param how By which revision and limits.
 */
export async function settle(
  { reports: { demand, judge }, sleep, monotonicMs }: Pick<Deps, "reports" | "sleep" | "monotonicMs">,
  sandbox: Sandbox,
  { waitSeconds, signal }: Patience,
  how: JudgedHow = {},
): Promise<Report> {
  let quietMs = 0;
  const leave = demand().subscribe(sandbox.id, { onExchange: () => quietMs = 0, onClear: () => quietMs = 0 });
  try {
    // Judging takes its time as well, of which a test's clock knows nothing.
    const endMs = monotonicMs() + waitSeconds * 1000;
    for (let waited = 0; waited < waitSeconds * 1000 && monotonicMs() < endMs && !signal?.aborted; waited += STEP_MS) {
      if (quietMs >= QUIET_MS && (await judge(sandbox, how)).report.verdict !== "incomplete") break;
      await sleep(STEP_MS);
      quietMs += STEP_MS;
    }
  } finally {
    leave();
  }
  return (await judge(sandbox, how)).report;
}

/** Exchanges, each with its client. */
export async function fetchListed(
  { reports }: Pick<Deps, "reports">,
  { id }: Pick<Sandbox, "id">,
  listed: readonly ListedExchange[],
): Promise<readonly Exchange[]> {
  const clients = new Map(listed.map(({ sequence, client }) => [sequence, client]));
  const exchanges = await reports.demand().get(id, listed.map(({ sequence }) => sequence));
  return exchanges.map((exchange) => {
    const client = clients.get(exchange.sequence);
    return client === undefined ? exchange : { ...exchange, client };
  });
}
