// Rules on how a client tries again: not sooner than it was told, and not over and over.

import { follows, seemsToFollow, waitBetween } from "../../moments.ts";
import { refusalOf, requestOf } from "../../repeats.ts";
import type { Step } from "../../step.ts";
import type { View } from "../../view.ts";
import { headerOf } from "../../../recorder/exchange.ts";
import { ALWAYS, broken, kept, notObserved, type Outcome, positionsOf, rfc, type Rule } from "../rule.ts";

/** How much sooner a client may come than it was told, as its clock and its timers are not exact. */
const TOLERANCE_MS = 250;
/** The same where it was told a date, which has no parts of seconds. */
const DATE_TOLERANCE_MS = 1000;

/** How long a refusal asks to wait, in milliseconds; undefined if it does not, or as no header can be read. */
function pauseOf({ status, exchange: { response, startedAtMs } }: Step): number | undefined {
  const value = headerOf(response, "retry-after")?.trim();
  if (value === undefined || (status !== 429 && status !== 503)) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000 - TOLERANCE_MS;
  const pause = Date.parse(value) - startedAtMs - DATE_TOLERANCE_MS;
  return Number.isNaN(pause) ? undefined : pause;
}

function checkPauses({ steps }: View): Outcome {
  const told = new Map<string, Step>();
  const waited: Step[] = [];
  let isTold = false;
  for (const step of steps) {
    if (step.kind === "authorization") continue;
    const pause = pauseOf(step);
    isTold ||= pause !== undefined;
    if (told.size === 0 && pause === undefined) continue;
    const request = requestOf(step);
    const refused = told.get(request);
    // What was on its way before the answer came is no retry.
    if (refused && !seemsToFollow(refused, step)) continue;
    if (refused && waitBetween(refused, step) < (pauseOf(refused) ?? 0)) {
      const seconds = (Math.max(0, waitBetween(refused, step)) / 1000).toFixed(1);
      return broken(
        `It sent the same request again after ${seconds} s, where Retry-After said ${
          headerOf(refused.exchange.response, "retry-after") ?? ""
        }`,
        positionsOf([refused, step]),
      );
    }
    if (refused) waited.push(refused, step);
    if (pause === undefined) told.delete(request);
    else told.set(request, step);
  }
  if (waited.length > 0) return kept("It waited as long as Retry-After said", positionsOf(waited));
  return notObserved(
    isTold ? "It was told when to try again, and has not tried yet" : "No answer had a Retry-After header",
  );
}

/** How often the same request may be refused in the same way. */
const MAX_ALIKE = 4;
/** Pauses that nobody minds. */
const LONG_MS = 60_000;
/** What the last pause is at least, of pauses that grow. */
const MIN_GROWN_MS = 500;

/** What other rules judge: a token that was refused, a scope that is missing, a refresh token that is not valid, a pause. */
function isJudgedElsewhere(step: Step): boolean {
  if (pauseOf(step) !== undefined || step.kind === "authorization") return true;
  if (step.kind === "mcp") {
    return step.token !== undefined && (step.status === 401 || step.challenge?.get("error") === "insufficient_scope");
  }
  if (step.kind !== "token") return false;
  // A device asks again and again, as it should (RFC 8628 3.5).
  return /authorization_pending|slow_down/.test(refusalOf(step) ?? "") ||
    (step.params.get("grant_type") === "refresh_token" && /invalid_grant/.test(refusalOf(step) ?? ""));
}

/** Whether a step shows that a client gets on, or that a person has done something: what it looks up again is no loop. */
function isProgress(step: Step): boolean {
  if (step.kind === "authorization") return step.answer !== undefined;
  return step.status < 300 &&
    (step.kind === "token" || step.kind === "registration" || (step.kind === "mcp" && step.verb === "POST"));
}

/** The stream of a session, and its end, are asked for beside all that goes well; without a session any connection may. */
function isAside(step: Step): boolean {
  return step.kind === "mcp" && step.verb !== "POST" &&
    headerOf(step.exchange.request, "mcp-session-id") !== undefined;
}

interface Run {
  readonly refusal: string;
  readonly steps: Step[];
}

/** The same requests, refused in the same way, each sent after the one before was answered. */
function runsOf(steps: readonly Step[]): readonly Run[] {
  const open = new Map<string, Run>();
  const all: Run[] = [];
  for (const step of steps) {
    const refusal = refusalOf(step);
    if (isProgress(step)) { for (const [key, run] of open) if (!run.steps.some(isAside)) open.delete(key); }
    if (refusal === undefined ? open.size === 0 : isJudgedElsewhere(step)) continue;
    const request = requestOf(step);
    const run = open.get(request);
    if (refusal === undefined) open.delete(request);
    else if (run?.refusal !== refusal) {
      const begun = { refusal, steps: [step] };
      open.set(request, begun);
      all.push(begun);
    } else if (run.steps.every((before) => follows(before, step))) run.steps.push(step);
  }
  return all;
}

function isLoop({ steps }: Run): boolean {
  if (steps.length <= MAX_ALIKE) return false;
  const pauses = steps.flatMap((step, index) => {
    const before = steps[index - 1];
    return before ? [waitBetween(before, step)] : [];
  });
  const [first = 0, last = 0] = [pauses[0], pauses.at(-1)];
  const isGrowing = last >= MIN_GROWN_MS && last >= 2 * first;
  return !isGrowing && pauses.some((pause) => pause < LONG_MS);
}

function checkLoops({ steps }: View): Outcome {
  const runs = runsOf(steps);
  const loop = runs.find(isLoop);
  if (loop) {
    const what = loop.steps.slice(0, 1).map(({ exchange: { method }, address }) => `${method} ${address}`).join("");
    return broken(
      `It sent ${what} ${loop.steps.length} times, which was refused with ${loop.refusal} each time, ` +
        `where ${MAX_ALIKE} are enough without growing pauses`,
      positionsOf(loop.steps),
    );
  }
  return runs.length === 0 ? notObserved("Nothing that another rule does not judge was refused") : kept(
    `It sent nothing more than ${MAX_ALIKE} times that was refused`,
    positionsOf(runs.flatMap((run) => run.steps)),
  );
}

/** The rules on trying again. */
export const retryRules: readonly Rule[] = [
  {
    id: "C42",
    goesByTime: true,
    name: "retry-after",
    title: "A client that is told with Retry-After when to try again does not try sooner.",
    level: "SHOULD",
    revisions: ALWAYS,
    link: rfc("9110 10.2.3"),
    official: [],
    check: checkPauses,
  },
  {
    id: "C44",
    goesByTime: true,
    name: "no-loops",
    title: "A client does not send a request again and again that is refused in the same way, unless its pauses grow.",
    level: "SHOULD",
    revisions: ALWAYS,
    link: rfc("9110 9.2.2"),
    official: [],
    check: checkLoops,
  },
];
