// Rules on tasks that both their forms have: they are asked about in time, and not too often.

import type { Request } from "../../conversation.ts";
import type { Era } from "../../conversation.ts";
import { senderOf } from "../../instances.ts";
import { waitBetween } from "../../moments.ts";
import { aboutTask, isFinal, reportIn, type Task, tasksIn } from "../../tasks.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf } from "../rule.ts";

/** Once or twice a client may have a reason to look again. */
const MAX_EARLY = 2;

/** So many instances may ask about one task side by side. */
const MAX_INSTANCES = 4;

/** Two requests for the state of a task, and how long the answers from the first one on asked to wait. */
interface Pair {
  readonly before: Request;
  readonly later: Request;
  readonly askedMs: number;
}

/** Whether ids of the requests for the state of a task go up and down, as where several instances ask, or at random. */
function isMixed({ gets }: Task): boolean {
  return gets.some((get, index) => index > 0 && senderOf(gets[index - 1] ?? get, get) === "other");
}

/**
 * The pairs of polls of a task between which nothing was a reason to look again at once.
 *
 * @param apart How many polls lie from one to the other: of one more than there are instances, two are of the same.
 */
function pairsOf(task: Task, apart: number): readonly Pair[] {
  if (task.isTold) return [];
  return task.gets.flatMap((later, index): readonly Pair[] => {
    const [before, ...between] = index < apart ? [] : task.gets.slice(index - apart, index);
    if (!before) return [];
    const reports = [before, ...between].map(reportIn);
    const asked = reports.flatMap((report) => report && !isFinal(report) ? report.pollIntervalMs ?? [] : []);
    if (asked.length < reports.length) return [];
    // Another session may be another instance's.
    if ([before, ...between].some(({ thread }) => thread !== later.thread)) return [];
    const isReason = [...task.updates, ...task.results, ...task.cancels].some(({ step }) =>
      step.at > before.step.at && step.at < later.step.at
    );
    return isReason ? [] : [{ before, later, askedMs: Math.min(...asked) }];
  });
}

/** How long a client has waited, by the clock that says it was longer: a test may move the sandbox's. */
function waitedMs({ before, later }: Pair): number {
  const [one, other] = [before.step.exchange, later.step.exchange];
  return Math.max(other.receivedAtMs - one.receivedAtMs, other.startedAtMs - one.startedAtMs);
}

/** Looks whether a client polls its tasks as often as it is asked to, and no more. */
export function checkPolls({ calls, limits }: View, era: Era): Outcome {
  const spaced: McpStep[] = [];
  for (const task of tasksIn(calls)) {
    if (task.era !== era) continue;
    const isEarly = (pair: Pair): boolean => waitedMs(pair) < pair.askedMs - limits.of("poll_early_ms");
    const early = pairsOf(task, isMixed(task) ? MAX_INSTANCES : 1).filter(isEarly);
    const [first] = early;
    if (first && early.length > MAX_EARLY) {
      return broken(
        `It asked for the state of a task ${early.length} times too early, once after ${
          Math.round(waitedMs(first))
        } ms, where the ` +
          `server had asked for ${first.askedMs} ms`,
        positionsOf(early.flatMap(({ before, later }) => [before.step, later.step])),
        limits.levelBy("poll_early_ms"),
      );
    }
    const pairs = pairsOf(task, 1);
    if (!pairs.some(isEarly)) spaced.push(...pairs.map(({ later }) => later.step));
  }
  return spaced.length === 0
    ? notObserved("It asked for the state of no task twice, as far as the record tells")
    : kept("It left as much time between its requests for the state of a task as it was asked to", positionsOf(spaced));
}

/** A task that its client has never asked about, though it went on, and the last of its requests. */
export function forgottenTask(
  { calls, limits, isGapless }: View,
  era: Era,
): { readonly task: Task; readonly last: McpStep } | undefined {
  if (!isGapless) return undefined;
  for (const task of tasksIn(calls)) {
    if (task.era !== era || aboutTask(task).length > 0) continue;
    const { answer } = task.created;
    const { pollIntervalMs = 0 } = reportIn(task.created) ?? {};
    const last = calls.findLast(({ at, address }) =>
      at > task.created.step.at && address === task.created.step.address
    );
    const since = last && answer ? waitBetween(task.created.step, last) : 0;
    if (last && since > pollIntervalMs + limits.of("task_ms")) return { task, last };
  }
  return undefined;
}

/** The tasks of an era whose client has asked what became of them. */
export function followedTasks({ calls }: Pick<View, "calls">, era: Era): readonly Task[] {
  return tasksIn(calls).filter((task) => task.era === era && task.gets.length + task.results.length > 0);
}
