// Holding many messages against one requirement: the first that breaks it decides, those that break the strong part before
// those that break a weak one.

import type { JsonObject } from "../../../http/json.ts";
import type { McpStep } from "../../step.ts";
import { brokenBy, kept, type Level, notObserved, type Outcome, positionsOf } from "../rule.ts";

/** What is wrong with a message, as a sentence; with a level where that is not the rule's. */
export type Wrong = string | { readonly detail: string; readonly level: Level; readonly evidence?: readonly McpStep[] };

interface Requirement<T> {
  /** What is wrong with one; undefined if nothing is. */
  readonly wrong: (item: T) => Wrong | undefined;
  /** What to say if all keep it, and if there are none. */
  readonly kept: string;
  readonly none: string;
}

/**
 * Holds messages against a requirement.
 *
 * @param items Those that it is about.
 */
export function holdEach<T extends { readonly step: McpStep; readonly message?: JsonObject | undefined }>(
  items: readonly T[],
  { wrong, kept: keptDetail, none }: Requirement<T>,
): Outcome {
  let weak: Outcome | undefined;
  for (const item of items) {
    const found = wrong(item);
    if (found === undefined) continue;
    if (typeof found === "string") return brokenBy(item.message, found, [item.step.at]);
    const outcome = brokenBy(item.message, found.detail, positionsOf(found.evidence ?? [item.step]), found.level);
    if (found.level === "MUST") return outcome;
    weak ??= outcome;
  }
  if (weak) return weak;
  return items.length === 0 ? notObserved(none) : kept(keptDetail, positionsOf(items.map(({ step }) => step)));
}

/** A value that a client sent, for a sentence: as JSON, and no more of it than can be read. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

const MAX_SHOWN = 60;
