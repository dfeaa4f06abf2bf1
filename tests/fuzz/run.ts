/** A run: cases by the seed, on one target after another, until the time is over. */
import type { Case } from "./case.ts";
import { createChance, seedOf } from "./chance.ts";
import { type Finding, judge } from "./judges.ts";
import { play } from "./play.ts";
import type { Stage } from "./scene.ts";
import { drawCase, plotNames } from "./plots.ts";
import { type Mode, modes } from "./process.ts";
import { createFindings, type Findings, kindOf } from "./report.ts";
import { endRound } from "./round_end.ts";
import { shrink } from "./shrink.ts";
import type { Story } from "./story.ts";
import { survey } from "./survey.ts";
import { startTarget, type Target } from "./target.ts";

/** What a run is made of. */
export interface RunOptions {
  readonly seed: number;
  readonly minutes: number;
  /** The checkout that is attacked. */
  readonly root: string;
  readonly modes?: readonly Mode[];
  /** Only cases of these plots. */
  readonly plots?: readonly string[];
  /** How many cases at the most. */
  readonly maxCases?: number;
  /** Only this case of the seed. */
  readonly only?: number;
  /** Whether what is found is made smaller. */
  readonly isShrinking: boolean;
  readonly log: (line: string) => void;
}

/** What a run came to. */
export interface RunResult {
  readonly findings: Findings;
  readonly cases: number;
  readonly requests: number;
  /** How long the cases of each plot took, in milliseconds. */
  readonly spentMs: ReadonlyMap<string, number>;
}

/** What a process is put through before it is asked to end: so many cases, and these that take long. */
const rounds: Readonly<Record<Mode, { readonly cases: number; readonly costly: readonly string[] }>> = {
  local: { cases: 50, costly: ["flood", "rush", "deaf", "held"] },
  pair: { cases: 12, costly: [] },
  few: { cases: 3, costly: [] },
  public: { cases: 40, costly: ["flood", "deaf", "rush", "flood", "held"] },
  memory: { cases: 30, costly: ["deaf", "rush", "flood"] },
};
/** How long each finding is made smaller, once the attack is over. */
const SHRINK_MS = 3000;
/** Steps that take too long to be taken again and again. */
const costly: ReadonlySet<string> = new Set(["flood", "hold", "listen", "idle"]);

/** A finding that is to be seen again. */
interface Unconfirmed {
  readonly finding: Finding;
  readonly story: Story;
}

/** Attacks a checkout. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, minutes, root, log, only, maxCases = Infinity } = options;
  const startMs = performance.now();
  const elapsedMs = (): number => performance.now() - startMs;
  const isLate = (): boolean => elapsedMs() > minutes * 60_000 || cases >= maxCases;
  const findings = createFindings(elapsedMs);
  const listener = listenForCalls();
  let number = 0;
  let cases = 0;
  let requests = 0;
  const stageOf = (target: Target): Stage => ({
    target,
    listener,
    nextNumber: () => number++,
    nextLabel: () => `fuzzer-own-label-${number++}`,
  });
  const all = options.modes ?? modes;
  const unconfirmed: Unconfirmed[] = [];
  const spentMs = new Map<string, number>();
  for (let round = 0, place = 0; !isLate() && place <= (only ?? Infinity); round++) {
    const mode = all[round % all.length] ?? "local";
    const { cases: size, costly: last } = rounds[mode];
    const end = place + size + last.length;
    if (only !== undefined && only >= end) {
      place = end;
      continue;
    }
    let target = await startTarget(mode, root);
    const ground = await survey(target);
    const heavy: Case[] = [];
    for (place = only ?? place; place < end && !isLate(); place = only === undefined ? place + 1 : end) {
      const costly = last[last.length - (end - place)];
      const plots = options.plots ?? (costly === undefined ? plotNames : [costly]);
      const played = drawCase(createChance(seedOf(seed, place)), ground, plots);
      if (costly !== undefined) heavy.push(played);
      const playedMs = elapsedMs();
      const story = await play(stageOf(target), played);
      spentMs.set(played.plot, (spentMs.get(played.plot) ?? 0) + elapsedMs() - playedMs);
      cases++;
      requests += story.seen.length;
      const found = judge(story);
      for (const finding of found) {
        if (!findings.add(finding, story, `case ${place} of seed ${seed}`)) continue;
        log(`${Math.round(elapsedMs() / 1000)} s, case ${place}: ${kindOf(finding)}`);
        unconfirmed.push({ finding, story });
      }
      if (!needsRestart(story, found)) continue;
      await target.stop();
      await target.clear();
      target = await startTarget(mode, root);
    }
    const story = await endRound(stageOf(target), async () => {
      for (const played of heavy) await play(stageOf(target), played);
    });
    const at = `round ${round} of seed ${seed}`;
    for (const finding of judge(story)) if (findings.add(finding, story, at)) log(`${at}: ${kindOf(finding)}`);
  }
  if (options.isShrinking) await confirm(unconfirmed, { root, findings, stageOf });
  listener.stop();
  return { findings, cases, requests, spentMs };
}

/** A server that is ill would have others pay for what one case has done. */
function needsRestart(story: Story, found: readonly Finding[]): boolean {
  const isDown = story.observations.some(({ kind }) => kind === "dead");
  return isDown || found.some(({ judge: by }) => by === "no growth" || by === "newcomers") ||
    story.seen.some(({ step, answer }) => step < 0 && (answer.status === undefined || answer.status >= 500));
}

/** What confirming needs. */
interface Confirming {
  readonly root: string;
  readonly findings: Findings;
  readonly stageOf: (target: Target) => Stage;
}

/** Sees findings again on a fresh target, and in smaller cases if there is time. */
async function confirm(unconfirmed: readonly Unconfirmed[], confirming: Confirming): Promise<void> {
  for (const mode of modes) {
    const ofMode = unconfirmed.filter(({ finding, story: { case: played } }) =>
      played.mode === mode && (!isCostly(played) || isOfTime(finding))
    );
    if (ofMode.length > 0) await confirmIn(mode, ofMode, confirming);
  }
}

function isCostly({ steps }: Case): boolean {
  return steps.some(({ kind }) => costly.has(kind));
}

/** What takes long once may be the machine's fault. */
function isOfTime({ judge: by }: Finding): boolean {
  return by === "in time" || by === "others served";
}

async function confirmIn(
  mode: Mode,
  unconfirmed: readonly Unconfirmed[],
  { root, findings, stageOf }: Confirming,
): Promise<void> {
  let target = await startTarget(mode, root);
  for (const { finding, story } of unconfirmed) {
    const kind = kindOf(finding);
    let shown: Story | undefined;
    const fails = async (smaller: Case): Promise<boolean> => {
      const again = await play(stageOf(target), smaller);
      const found = judge(again);
      const isSame = found.some((other) => kindOf(other) === kind);
      if (isSame) shown = again;
      if (needsRestart(again, found)) {
        await target.stop();
        await target.clear();
        target = await startTarget(mode, root);
      }
      return isSame;
    };
    const deadlineMs = performance.now() + SHRINK_MS;
    const isSeen = await fails(story.case);
    if (isSeen && !isCostly(story.case)) await shrink(story.case, fails, () => performance.now() > deadlineMs);
    findings.confirm(finding, isSeen ? shown : undefined);
    if (!isSeen && isOfTime(finding)) findings.forget(finding);
  }
  await target.stop();
  await target.clear();
}

/** Somebody on this machine whom no page of another site may have called. */
function listenForCalls(): { readonly origin: string; readonly calls: () => number; readonly stop: () => void } {
  let calls = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    calls++;
    return new Response("not here", { status: 404 });
  });
  return { origin: `http://127.0.0.1:${server.addr.port}`, calls: () => calls, stop: () => void server.shutdown() };
}
