/**
 * The report on a record, worked out once for each version of it: callers at the same time share the work, and a caller
 * that asks again before anything has happened gets the same result.
 *
 * @module
 */
import type { Slices } from "../runtime/slices.ts";
import { createTurns } from "../runtime/turns.ts";
import { keepFindings } from "./keep_findings.ts";
import { type ListedExchange, listExchanges } from "./listing.ts";
import type { Recording } from "../recorder/recording.ts";
import { judging, type Report, type ReportOptions } from "./report.ts";
import { textBytes } from "../recorder/sizes.ts";

/** What a report is about, but for what the record itself says. */
export interface Subject
  extends
    Omit<ReportOptions, "isWhole" | "isCleared" | "leftOut" | "dropped" | "unjudged" | "underWay" | "isComplete"> {
  readonly sandboxId: string;
}

/** The report on a record. */
export interface Judgement {
  /** Of which version of the record. */
  readonly version: string;
  /** The number given last when that was cleared; 0 if it never was. */
  readonly clearedAt: number;
  readonly report: Report;
  /** Sequence numbers of all exchanges, in the order they began, each with the client it belongs to where that can be told. */
  readonly listed: readonly ListedExchange[];
}

/** What judgements are made with. */
export interface JudgementsDeps {
  readonly recording: Pick<Recording, "gather" | "readNew">;
  readonly slices: Slices;
}

/** What is kept of judgements of all sandboxes, in bytes; the one that nobody has asked for the longest gives way. */
export const MAX_JUDGEMENT_BYTES = 16 * 1024 * 1024;
/** What a finding takes, in bytes; its title and its link are the rule's. */
const FINDING_BYTES = 300;
/** What an exchange takes in a list, in bytes. */
const LISTED_BYTES = 80;
/** Records that are read at the same time, since each lies in memory meanwhile. */
const MAX_READING = 2;

interface Kept {
  readonly judgement: Judgement;
  /** Whether a request was under way, which may end without a trace and yet change what is known. */
  readonly isPassing: boolean;
  readonly bytes: number;
}

interface Asked {
  readonly running: Promise<Judgement>;
  /** For those who ask while one is worked out that may have begun too early for them. */
  next: Promise<Judgement> | undefined;
}

/**
 * Makes what works out judgements.
 *
 * @param deps What it is made with.
 * @returns Gives the report on a sandbox's record; it covers all that was answered before.
 */
export function createJudgements({ recording, slices }: JudgementsDeps): (subject: Subject) => Promise<Judgement> {
  const kept = new Map<string, Kept>();
  const asked = new Map<string, Asked>();
  const inTurn = createTurns(MAX_READING);
  let keptBytes = 0;

  async function workOut(key: string, { sandboxId, ...options }: Subject): Promise<Judgement> {
    const { judgement: known, isPassing = false } = kept.get(key) ?? {};
    const recorded = await recording.readNew(sandboxId, isPassing ? undefined : known?.version);
    if (recorded === undefined && known) {
      keep(key, known, false);
      return known;
    }
    const { exchanges = [], earlier = [], version = "", clearedAt = 0, isWhole = true, ...facts } = recorded ?? {};
    const judged = [...earlier, ...exchanges];
    const seen = await slices.run(judging(judged, { ...options, isWhole, isCleared: clearedAt > 0, ...facts }));
    const isGoingOn = known !== undefined && known.clearedAt === clearedAt && seen.record.unjudged > 0;
    const report = isGoingOn ? keepFindings(seen, known.report, new Set(judged.map(({ sequence }) => sequence))) : seen;
    const judgement = { version, clearedAt, report, listed: listExchanges(exchanges, report) };
    keep(key, judgement, (recorded?.underWay ?? 0) > 0);
    return judgement;
  }

  function keep(key: string, judgement: Judgement, isPassing: boolean): void {
    forget(key);
    const bytes = bytesOf(judgement);
    if (bytes > MAX_JUDGEMENT_BYTES) return;
    // The map's order is that of the last use.
    kept.set(key, { judgement, isPassing, bytes });
    keptBytes += bytes;
    for (const oldest of kept.keys()) {
      if (keptBytes <= MAX_JUDGEMENT_BYTES) return;
      forget(oldest);
    }
  }

  function forget(key: string): void {
    keptBytes -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  }

  function begin(key: string, running: Promise<Judgement>): Promise<Judgement> {
    const entry: Asked = { running, next: undefined };
    asked.set(key, entry);
    const goOn = (): void => {
      asked.delete(key);
      if (entry.next) begin(key, entry.next);
    };
    running.then(goOn, goOn);
    return running;
  }

  return (subject) => {
    const key = JSON.stringify(subject);
    const work = async (): Promise<Judgement> => {
      await recording.gather(subject.sandboxId);
      return await inTurn(() => workOut(key, subject));
    };
    const entry = asked.get(key);
    return entry ? entry.next ??= entry.running.then(work, work) : begin(key, work());
  };
}

function bytesOf({ report, listed }: Judgement): number {
  return listed.length * LISTED_BYTES +
    report.clients.reduce(
      (sum, { id, name = "", exchanges, findings }) =>
        sum + textBytes(id) + textBytes(name) + 8 * exchanges.length +
        findings.reduce(
          (own, { detail, evidence }) => own + FINDING_BYTES + textBytes(detail) + 8 * evidence.length,
          0,
        ),
      0,
    );
}
