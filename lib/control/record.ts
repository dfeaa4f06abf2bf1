/**
 * The shapes of the report and of the record, for the description of the API and for the tests that hold both to them.
 *
 * @module
 */
import { z } from "zod";
import type { Schema } from "../http/json_body.ts";

const text = z.string();
const count = z.number().int().min(0);
const numbers = z.array(count);

const finding = z.strictObject({
  rule: text.meta({ description: "Id of the rule, such as C11" }),
  name: text,
  title: text.meta({ description: "What the rule asks of a client" }),
  level: z.enum(["MUST", "SHOULD", "MAY"]),
  status: z.enum(["kept", "broken", "not observed"]),
  isExpected: z.boolean().meta({ description: "Whether the scenario is there to see the rule kept" }),
  evidence: numbers.meta({ description: "Sequence numbers of the exchanges that show it" }),
  detail: text.meta({ description: "What was seen" }),
  link: z.url().meta({ description: "Where the rule is written" }),
  official: z.array(text).meta({ description: "The official suite's names for it" }),
});

const verdict = z.enum(["pass", "fail", "incomplete"]);

const client = z.strictObject({
  id: text.meta({ description: "Its first client_id" }),
  name: text.optional(),
  revision: text.optional().meta({ description: "The revision of MCP that it was judged by" }),
  exchanges: numbers.meta({ description: "Sequence numbers of its exchanges" }),
  findings: z.array(finding),
  verdict,
});

const record = z.strictObject({
  isWhole: z.boolean().meta({ description: "Whether all exchanges are on record, from the first one on" }),
  cut: count.meta({ description: "How many were too large to be kept whole" }),
  leftOut: count.meta({ description: "How many never came on record" }),
  dropped: count.meta({ description: "How many have fallen off it, because so many came after them" }),
  unjudged: count.meta({ description: "How many of those told something, and could not be kept to judge by" }),
});

/** What `GET /control/report` answers with. */
export const reportAnswer: Schema = z.strictObject({
  sandbox: text,
  scenario: text.optional(),
  expects: z.array(text).meta({ description: "Ids of the rules that the scenario is there to see kept" }),
  note: text.optional().meta({ description: "Why the verdict may be of something else than the scenario" }),
  record,
  clients: z.array(client),
  verdict,
});

const message = z.strictObject({
  headers: z.array(z.tuple([text, text])),
  body: text.optional(),
  truncated: z.boolean(),
});

const exchange = z.strictObject({
  sequence: count,
  receivedAtMs: z.number().meta({ description: "Milliseconds since 1970 of real time" }),
  startedAtMs: z.number().meta({ description: "The same on the sandbox's clock" }),
  route: text.optional(),
  method: text,
  url: text,
  client: text.optional().meta({ description: "The client it belongs to, named as in the report" }),
  peer: text.meta({ description: "Equal for equal senders" }),
  request: message,
  status: count,
  response: message,
  durationMs: z.number(),
  shapedBy: z.array(text).meta({ description: "Names of the faults and overrides that shaped the response" }),
  isOpen: z.boolean().optional().meta({ description: "True while the response is a stream that goes on" }),
  isCut: z.boolean().optional().meta({ description: "True if it was too large to be kept whole" }),
});

/** What `GET /control/exchanges` answers with; secrets are redacted. */
export const exchangesAnswer: Schema = z.strictObject({ sandbox: text, record, exchanges: z.array(exchange) });

const whole = { type: "integer", minimum: 0 } as const;

/** A parameter of a query, as OpenAPI writes it. */
export interface QueryParameter {
  /** Its name. */
  readonly name: string;
  /** What it does. */
  readonly description: string;
  /** Its values. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A way to read what was recorded. */
export interface RecordOperation {
  /** Its name in the description. */
  readonly operationId: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** What its query may hold. */
  readonly query: readonly QueryParameter[];
  /** What it answers with. */
  readonly answer: Schema;
}

/** `GET /control/report`. */
export const reportOperation: RecordOperation = {
  operationId: "report",
  summary: "The verdict on every client of the sandbox, rule by rule",
  query: [
    { name: "format", description: "How it is written", schema: { enum: ["json", "junit", "markdown"] } },
    {
      name: "strict",
      description: "Status 422 unless the verdict is pass",
      schema: { type: "string", enum: ["", "true", "false"] },
    },
    {
      name: "wait",
      description: "Waits up to so many seconds until a client has done something and been quiet for half a second",
      schema: { ...whole, maximum: 120 },
    },
  ],
  answer: reportAnswer,
};

/** `GET /control/exchanges`. */
export const exchangesOperation: RecordOperation = {
  operationId: "exchanges",
  summary: "What clients asked and were answered, secrets redacted",
  query: [
    { name: "format", description: "How it is written", schema: { enum: ["json", "har"] } },
    { name: "after", description: "Only those with a higher sequence number", schema: whole },
    { name: "limit", description: "No more than so many, those with the lowest numbers", schema: whole },
  ],
  answer: exchangesAnswer,
};
