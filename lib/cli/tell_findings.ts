// Tells a log which rules clients break, once each, when a sandbox has been quiet for a moment: judging takes longer than
// answering, so no request waits for it, and a server that is never quiet is not judged before it stops.
import type { BrokenRule, SandboxSummary } from "./log.ts";
import type { Report } from "../judge/report.ts";
import { type ClientReport, isJudged } from "../judge/verdict.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Sleep } from "../runtime/sleep.ts";

interface TellDeps {
  readonly tell: (broken: BrokenRule) => void;
  readonly monotonicMs: () => number;
  readonly sleep: Sleep;
}

/** Tells of findings. */
export interface FindingTeller {
  /** Hands in what judges a sandbox; without it nothing is told. */
  readonly judgeWith: (judge: (sandbox: Sandbox) => Promise<Report>) => void;
  /** Notes that a client has asked something; returns at once. */
  readonly saw: (sandbox: Sandbox) => void;
  /** Judges what is left and sums up, all sandboxes together; nothing is told after that. */
  readonly finish: () => Promise<readonly SandboxSummary[]>;
}

/** How long it must have been quiet, in milliseconds. */
const QUIET_MS = 500;
/** Sandboxes that are told of; a server with more is one that nobody watches line by line. */
const MAX_SANDBOXES = 100;

/** Makes what tells of findings. */
export function createFindingTeller({ tell, monotonicMs, sleep }: TellDeps): FindingTeller {
  const stop = new AbortController();
  const summaries = new Map<string, SandboxSummary>();
  const told = new Set<string>();
  const waiting = new Map<string, Sandbox>();
  let judge: ((sandbox: Sandbox) => Promise<Report>) | undefined;
  let seenMs = 0;
  let running: Promise<void> | undefined;

  async function judgeWaiting(): Promise<void> {
    const sandboxes = [...waiting.values()];
    waiting.clear();
    // Together, since a report waits for what other processes have to hand over: a signal would wait for each in turn.
    const reports = await Promise.all(sandboxes.map((sandbox) => judge?.(sandbox).catch(() => undefined)));
    for (const [index, sandbox] of sandboxes.entries()) {
      const report = reports[index];
      if (!report) continue;
      for (const client of report.clients) tellOf(sandbox, client);
      summaries.set(sandbox.name, summaryOf(sandbox, report));
    }
  }

  function tellOf({ name }: Sandbox, { id, name: client = id, findings, warnings }: ClientReport): void {
    for (const { rule, level, status, detail, link } of findings) {
      const key = JSON.stringify([name, id, rule]);
      if (status !== "broken" || told.has(key)) continue;
      told.add(key);
      tell({ sandbox: name, client, rule, level, isWarning: warnings.includes(rule), detail, link });
    }
  }

  async function run(): Promise<void> {
    while (waiting.size > 0 && !stop.signal.aborted) {
      await sleep(QUIET_MS, stop.signal).catch(() => {});
      if (monotonicMs() - seenMs >= QUIET_MS) await judgeWaiting();
    }
    running = undefined;
  }

  return {
    judgeWith: (given) => void (judge = given),
    saw: (sandbox) => {
      const isKnown = waiting.has(sandbox.name) || summaries.has(sandbox.name);
      if (!judge || (!isKnown && waiting.size + summaries.size >= MAX_SANDBOXES)) return;
      waiting.set(sandbox.name, sandbox);
      seenMs = monotonicMs();
      running ??= run().catch(() => void (running = undefined));
    },
    finish: async () => {
      stop.abort();
      await running;
      await judgeWaiting();
      return [...summaries.values()].filter(({ clients }) => clients > 0);
    },
  };
}

function summaryOf({ name, urls }: Sandbox, { clients: all, verdict, reason }: Report): SandboxSummary {
  const clients = all.filter(isJudged);
  const broken: Record<string, number> = {};
  for (const rule of clients.flatMap(({ failures }) => failures)) broken[rule] = (broken[rule] ?? 0) + 1;
  return {
    sandbox: name,
    clients: clients.length,
    broken,
    breaking: clients.filter(({ failures }) => failures.length > 0).length,
    judged: clients.map(({ id, name: client = id, verdict, reason, warnings }) => ({
      client,
      verdict,
      reason,
      warnings,
    })),
    verdict,
    reason,
    report: urls.report,
  };
}
