// Lines of a log, written behind the answers: gathered and sent together, because a write for each would cost more than
// the request it tells of, and never waiting for a reader who is slow or gone.
import type { ExchangeSummary } from "../recorder/recorder.ts";
import type { Level } from "../judge/rules/rule.ts";
import type { Verdict } from "../judge/verdict.ts";
import { plain, plainJson } from "../runtime/plain_text.ts";

/** A rule that a client was seen to break for the first time. */
export interface BrokenRule {
  /** Name of the sandbox. */
  readonly sandbox: string;
  /** What the client calls itself, or its client_id. */
  readonly client: string;
  /** Id of the rule, such as `C11`. */
  readonly rule: string;
  /** Whether it is a MUST or a SHOULD. */
  readonly level: Level;
  /** Whether it does not fail the client. */
  readonly isWarning: boolean;
  /** What the client did. */
  readonly detail: string;
  /** Where the rule is written. */
  readonly link: string;
}

/** What came of a client. */
export interface JudgedClient {
  /** What it calls itself, or its client_id. */
  readonly client: string;
  /** The verdict on it. */
  readonly verdict: Verdict;
  /** Why, as a sentence. */
  readonly reason: string;
  /** Ids of the broken rules that do not fail it. */
  readonly warnings: readonly string[];
}

/** What came of a sandbox by the time the server stops. */
export interface SandboxSummary {
  /** Name of the sandbox. */
  readonly sandbox: string;
  /** How many clients were judged. */
  readonly clients: number;
  /** How many of them each rule failed, by its id. */
  readonly broken: Readonly<Record<string, number>>;
  /** How many any failed. */
  readonly breaking: number;
  /** What came of each. */
  readonly judged: readonly JudgedClient[];
  /** The verdict on all of them. */
  readonly verdict: Verdict;
  /** Why, as a sentence. */
  readonly reason: string;
  /** URL of the report. */
  readonly report: string;
}

/** Something worth a line in a log; what looks like a secret is redacted before. */
export type LogEvent =
  | ({ readonly event: "exchange" } & ExchangeSummary)
  | ({ readonly event: "finding" } & BrokenRule)
  | ({ readonly event: "summary" } & SandboxSummary)
  | { readonly event: "error"; readonly message: string };

/**
 * A line for people, or some.
 *
 * @param time The time of day; none if not given.
 */
export function describeEvent(event: LogEvent, time = ""): string {
  switch (event.event) {
    case "error":
      return plain`${time}  error  ${event.message}` + "\n";
    case "finding":
      return `${" ".repeat(time.length)}  ${event.isWarning ? "warning" : "✗"} ${event.rule} ${event.level}  ` +
        plain`${event.client}: ${event.detail}` + "\n" +
        `${" ".repeat(time.length)}    ${event.link}\n`;
    case "summary":
      return describeSummary(event);
    case "exchange": {
      const { method, path, status, durationMs, client = "-", call, error, shapedBy } = event;
      const what = call ?? `${method} ${path}`;
      const ms = durationMs < 10 ? durationMs : Math.round(durationMs);
      const answer = error === undefined ? `${status}` : `${status} ${error}`;
      const shape = shapedBy === undefined ? "" : `  (shaped by ${shapedBy.join(", ")})`;
      return plain`${time}  ${client}  ${what} → ${answer}  ${ms} ms${shape}` + "\n";
    }
  }
}

/** Clients that a summary has a line for. */
const MAX_LINES = 20;

function describeSummary({ clients, judged, verdict, report }: SandboxSummary): string {
  const lines = judged.slice(0, MAX_LINES).map((client) => `  ${describeClient(client)}\n`).join("");
  const more = judged.length > MAX_LINES ? `  and ${judged.length - MAX_LINES} more\n` : "";
  return `${verdict}: ${clients} ${clients === 1 ? "client" : "clients"}: ${report}\n${lines}${more}`;
}

function describeClient({ client, verdict, reason, warnings }: JudgedClient): string {
  const warned = warnings.length === 0
    ? ""
    : ` (${warnings.length === 1 ? "warning" : "warnings"}: ${warnings.join(", ")})`;
  return plain`${client}: ${verdict}${verdict === "pass" ? "" : `: ${reason}`}${warned}`;
}

/** A queue of lines on their way out. */
interface LineQueue {
  /** Takes a line; returns at once. */
  readonly add: (line: string) => void;
  /** Sends what is left; gives up on a reader who takes too long. */
  readonly flush: () => Promise<void>;
}

/** The most that waits for a reader who is slow, in characters; what comes on top is lost. */
const MAX_QUEUED = 1024 * 1024;
/** How long lines are gathered, in milliseconds. */
const GATHER_MS = 50;
/** How long a reader may take for what is left at the end, in milliseconds. */
const FLUSH_MS = 500;

/**
 * Makes a queue.
 *
 * @param write Writes some of the bytes and says how many; what it throws means that the reader is gone.
 */
export function createLineQueue(
  write: (bytes: Uint8Array) => Promise<number>,
  sleep: (ms: number) => Promise<void>,
): LineQueue {
  const encoder = new TextEncoder();
  let lines = "";
  let isGathering = false;
  let sending: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    while (lines !== "") {
      const bytes = encoder.encode(lines);
      lines = "";
      try {
        for (let at = 0; at < bytes.length;) at += await write(bytes.subarray(at));
      } catch {
        // The reader is gone.
      }
    }
  }

  const send = (): Promise<void> =>
    sending ??= sendAll().finally(() => {
      sending = undefined;
      void gather();
    });

  /** Sends what there is a moment later, unless that is under way. */
  async function gather(): Promise<void> {
    if (lines === "" || isGathering || sending) return;
    isGathering = true;
    await sleep(GATHER_MS);
    isGathering = false;
    await send();
  }

  return {
    add: (line) => {
      if (lines.length < MAX_QUEUED) lines += line;
      void gather();
    },
    // Sends at once: on a machine that is busy, the time to gather and that of the reader may be up in the same turn.
    flush: async () => await Promise.race([send(), sleep(FLUSH_MS)]),
  };
}

interface LogStyle {
  /** Whether as lines of JSON. */
  readonly json: boolean;
  /** Whether nothing but errors. */
  readonly quiet: boolean;
  /** Whether lines for people include requests that are not a client's. */
  readonly verbose: boolean;
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Where events go: none but errors if the program is to be quiet, as JSON or as lines for people. */
export function createLog(
  { json, quiet, verbose, now }: LogStyle,
  queue: LineQueue,
): { readonly write: (event: LogEvent) => void; readonly flush: () => Promise<void> } {
  const isShown = (event: LogEvent): boolean => json || verbose || event.event !== "exchange" || !event.isOwn;
  return {
    write: (event) => {
      if (quiet && event.event !== "error") return;
      if (json) queue.add(`${plainJson(JSON.stringify(event))}\n`);
      else if (isShown(event)) queue.add(describeEvent(event, timeOfDay(now())));
    },
    flush: queue.flush,
  };
}

/** `20:16:45`, where the program runs. */
function timeOfDay(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}
