/**
 * The limits that decide where bytes alone do not: how long is too long, how often too often. A rule that goes by one of them
 * only warns, unless a test has set that limit itself.
 *
 * @module
 */
/** A limit. */
interface Limit {
  /** What it is if nobody sets it. */
  readonly value: number;
  readonly unit: "milliseconds" | "per second" | "times" | "characters";
  /** What it limits, as a sentence. */
  readonly about: string;
}

/** The names of all limits. */
export const limitNames = [
  "crossing_ms",
  "completions_per_second",
  "stream_attempts",
  "stream_attempts_ms",
  "come_back_ms",
  "answer_ms",
  "request_ms",
  "progress_ms",
  "era_probes",
  "offers_again",
  "pings_per_second",
  "questions_in_a_row",
  "characters_per_token",
  "tool_rounds",
  "url_retries",
  "polls",
  "schema_ms",
  "poll_early_ms",
  "task_ms",
  "rounds_anew",
  "relist_ms",
] as const;

/** The name of a limit. */
export type LimitName = typeof limitNames[number];

/** All limits. */
export const limitTable: Readonly<Record<LimitName, Limit>> = {
  crossing_ms: {
    value: 1000,
    unit: "milliseconds",
    about:
      "How long two messages may be on their way towards or past each other (M17, M32, M35, M36, M87, M96, M98, M100, " +
      "M131, M132, M138)",
  },
  completions_per_second: {
    value: 5,
    unit: "per second",
    about: "How often a client may ask for completions of one argument (M105)",
  },
  stream_attempts: {
    value: 3,
    unit: "times",
    about: "How often a client may ask for a stream that it is not offered (M27), or for more on one (M115, M117)",
  },
  stream_attempts_ms: {
    value: 10_000,
    unit: "milliseconds",
    about: "The time in which it may do so, unless its pauses grow (M27, M115, M117)",
  },
  come_back_ms: {
    value: 5000,
    unit: "milliseconds",
    about:
      "How long a client may take to come back to a stream, besides the time that it has to wait (M25, M28, M30, M52)",
  },
  answer_ms: {
    value: 2000,
    unit: "milliseconds",
    about:
      "How long a client may take to answer a request of the server that needs no person (M7, M31, M67, M69, M72, M78), or to act on an error (M12, M56)",
  },
  request_ms: {
    value: 600_000,
    unit: "milliseconds",
    about: "How long a client may wait for an answer before it gives the request up (M102)",
  },
  progress_ms: {
    value: 1_800_000,
    unit: "milliseconds",
    about: "How long it may wait where the server goes on reporting progress (M103)",
  },
  era_probes: {
    value: 2,
    unit: "times",
    about:
      "How often a client may ask in 2026-07-28 a server that it knows to be older, beyond once for each initialize (M62)",
  },
  offers_again: {
    value: 1,
    unit: "times",
    about: "How often a client may offer a revision again that initialize has refused, within ten seconds each (M20)",
  },
  pings_per_second: {
    value: 1,
    unit: "per second",
    about: "How often a client may send ping, over ten of them (M68)",
  },
  questions_in_a_row: {
    value: 10,
    unit: "times",
    about: "How many questions of one kind a client may answer within ten seconds (M80)",
  },
  characters_per_token: {
    value: 20,
    unit: "characters",
    about: "How long a text may be for each token that a model may answer with (M84)",
  },
  tool_rounds: {
    value: 10,
    unit: "times",
    about: "How often a client's model may ask for a tool in one call (M85)",
  },
  url_retries: {
    value: 3,
    unit: "times",
    about: "How often a client may repeat a call for which a URL has to be opened first, without opening it (M79)",
  },
  polls: {
    value: 3,
    unit: "times",
    about: "How often in a row a client may fetch again the moment that ttlMs has run out, doing nothing else (M134)",
  },
  schema_ms: {
    value: 60_000,
    unit: "milliseconds",
    about: "How long a client may say nothing after a list of tools with a heavy schema (M129)",
  },
  poll_early_ms: {
    value: 50,
    unit: "milliseconds",
    about: "How much too early a client may ask again for the state of a task (M142, M152)",
  },
  task_ms: {
    value: 30_000,
    unit: "milliseconds",
    about: "How long a client may go on, besides the poll interval, before it asks about a task (M143, M150)",
  },
  rounds_anew: {
    value: 2,
    unit: "times",
    about: "How often a client may begin a request anew that it is asked to go on with for one more round (M93)",
  },
  relist_ms: {
    value: 5000,
    unit: "milliseconds",
    about: "How long a client that is told that a list has changed may use the old one (M112)",
  },
};

/** Limits that a test sets. */
export type SetLimits = Readonly<Partial<Record<LimitName, number>>>;

/** The limits that a client is judged by. */
export interface Limits {
  /** What each is. */
  readonly of: (name: LimitName) => number;
  /** The level of a rule that goes by a limit: a requirement where a test set the limit, else a recommendation. */
  readonly levelBy: (name: LimitName) => "MUST" | "SHOULD";
}

/** The limits, those set by a test in place of the table's. */
export function createLimits(set: SetLimits = {}): Limits {
  return {
    of: (name) => set[name] ?? limitTable[name].value,
    levelBy: (name) => set[name] === undefined ? "SHOULD" : "MUST",
  };
}

/** All limits by name, for a report to say what it went by. */
export function limitsInForce(limits: Limits): Readonly<Record<string, number>> {
  return Object.fromEntries(limitNames.map((name) => [name, limits.of(name)]));
}
