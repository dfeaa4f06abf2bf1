/** A run: cases by the seed, on one target after another, until the time is over. */
import type { Case } from "./case.ts";
import { createChance, seedOf } from "./chance.ts";
import { type Finding, judge } from "./judges.ts";
import { isObject, type Json } from "./message.ts";
import { play, type Stage } from "./play.ts";
import { drawCase, type Ground } from "./plots.ts";
import { type Mode, modes } from "./process.ts";
import { createFindings, type Findings, kindOf } from "./report.ts";
import { shrink } from "./shrink.ts";
import type { Story } from "./story.ts";
import { startTarget, type Target } from "./target.ts";
import type { Wire } from "./wire.ts";

/** What a run is made of. */
export interface RunOptions {
  readonly seed: number;
  readonly minutes: number;
  /** The checkout that is attacked. */
  readonly root: string;
  readonly modes?: readonly Mode[];
  /** Only cases of this plot. */
  readonly plot?: string;
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
}

/** How many cases one process is given, and how long. */
const CASES_A_ROUND = 40;
const SHRINK_MS = 4000;
/** Steps that take too long to be taken again and again. */
const costly: ReadonlySet<string> = new Set(["flood", "listen", "idle"]);

/** Attacks a checkout. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { seed, minutes, root, log, only } = options;
  const startMs = performance.now();
  const elapsedMs = (): number => performance.now() - startMs;
  const isLate = (): boolean => elapsedMs() > minutes * 60_000;
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
  for (let round = only === undefined ? 0 : Math.floor(only / CASES_A_ROUND); !isLate(); round++) {
    const mode = all[round % all.length] ?? "local";
    let target = await startTarget(mode, root);
    const ground = await survey(target, mode);
    for (let index = 0; index < CASES_A_ROUND && !isLate(); index++) {
      const place = round * CASES_A_ROUND + index;
      if (only !== undefined && only !== place) continue;
      const played = drawCase(createChance(seedOf(seed, place)), ground, options.plot);
      const story = await play(stageOf(target), played);
      cases++;
      requests += story.seen.length;
      const found = judge(story);
      const fresh = found.filter((finding) => findings.add(finding, story, `case ${place} of seed ${seed}`));
      for (const finding of fresh) log(`${Math.round(elapsedMs() / 1000)} s, case ${place}: ${kindOf(finding)}`);
      if (fresh.length > 0) await confirm(fresh, story, { ...options, findings, stageOf });
      if (!needsRestart(story, found)) continue;
      await target.stop();
      target = await startTarget(mode, root);
    }
    await end(target, findings, { log, place: `round ${round} of seed ${seed}` });
    if (only !== undefined) break;
  }
  listener.stop();
  return { findings, cases, requests };
}

/** A server that is ill would have others pay for what one case has done. */
function needsRestart(story: Story, found: readonly Finding[]): boolean {
  const isDown = story.observations.some(({ kind }) => kind === "dead");
  return isDown || found.some(({ judge: by }) => by === "no growth" || by === "newcomers") ||
    story.seen.some(({ step, answer }) => step < 0 && (answer.status === undefined || answer.status >= 500));
}

interface Confirming extends RunOptions {
  readonly findings: Findings;
  readonly stageOf: (target: Target) => Stage;
}

/** Sees the findings of a case again on a fresh target, and in smaller cases if there is time. */
async function confirm(
  fresh: readonly Finding[],
  story: Story,
  { root, findings, stageOf, isShrinking }: Confirming,
): Promise<void> {
  if (!isShrinking || story.case.steps.some(({ kind }) => costly.has(kind))) return;
  let target = await startTarget(story.case.mode, root);
  const found = new Map<string, Story>();
  const kindsIn = async (smaller: Case): Promise<ReadonlySet<string>> => {
    const again = await play(stageOf(target), smaller);
    const all = judge(again);
    const kinds = new Set(all.map(kindOf));
    for (const kind of kinds) found.set(kind, again);
    if (needsRestart(again, all)) {
      await target.stop();
      target = await startTarget(story.case.mode, root);
    }
    return kinds;
  };
  const seenAgain = await kindsIn(story.case);
  const deadlineMs = performance.now() + SHRINK_MS;
  for (const finding of fresh) {
    const kind = kindOf(finding);
    const isSeen = seenAgain.has(kind);
    if (isSeen) {
      await shrink(
        found.get(kind)?.case ?? story.case,
        async (smaller) => (await kindsIn(smaller)).has(kind),
        () => performance.now() > deadlineMs,
      );
    }
    findings.confirm(finding, isSeen ? found.get(kind) : undefined);
    // What takes long once may be the machine's fault.
    if (!isSeen && finding.judge === "in time") findings.forget(finding);
  }
  await target.stop();
}

/** Ends a target, which must not take long. */
async function end(
  target: Target,
  findings: Findings,
  { log, place }: { readonly log: (line: string) => void; readonly place: string },
): Promise<void> {
  const printed = target.printed();
  const empty = await play({
    target: { ...target, servers: [] },
    listener: { origin: "", calls: () => 0 },
    nextLabel: () => "fuzzer-own-label-end",
    nextNumber: () => 0,
  }, { plot: "end", mode: target.mode, scenario: "standard", isRoot: false, isRecordRead: false, steps: [] });
  const stopped = await target.stop();
  const story: Story = {
    ...empty,
    printed: target.printed().slice(printed.length),
    observations: stopped.map((how) => ({ kind: "stopped", how })),
  };
  for (const finding of judge(story)) if (findings.add(finding, story, place)) log(`${place}: ${kindOf(finding)}`);
}

/** What a target says of itself: its scenarios, and what its control API takes. */
async function survey(target: Target, mode: Mode): Promise<Ground> {
  const prefix = "/s/standard~fuzzer-own-label-survey";
  const ask = async (path: string): Promise<string> => {
    const wire: Wire = {
      method: "GET",
      target: prefix + path,
      headers: [["accept", "application/json"]],
      body: undefined,
      framing: {},
    };
    return (await target.send(wire, 0)).body;
  };
  const openapi: Json = JSON.parse(await ask("/control/openapi.json"));
  const listed = /scenarios: ([\w, -]+)/.exec(
    (await target.send({
      method: "GET",
      target: "/s/none-of-this-name/health",
      headers: [],
      body: undefined,
      framing: {},
    }, 0)).body,
  )?.[1];
  const scenarios = listed?.split(", ").filter((name) => /^[\w-]+$/.test(name)) ?? [];
  return {
    mode,
    openapi: isObject(openapi) ? openapi : {},
    scenarios: scenarios.length > 0 ? scenarios : ["standard"],
  };
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
