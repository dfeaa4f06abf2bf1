/** Findings by kind: how many there were of each, and how to see the first again. */
import type { Case } from "./case.ts";
import type { Finding } from "./judges.ts";
import { saysOf } from "./judges.ts";
import { scriptOf } from "./script.ts";
import type { Story } from "./story.ts";

/** All findings of one kind. */
interface Group {
  readonly first: Finding;
  readonly place: string;
  readonly foundAfterMs: number;
  count: number;
  story: Story;
  replays: boolean | undefined;
}

/** The findings of a run. */
export interface Findings {
  /** Takes a finding; tells whether it is the first of its kind. */
  readonly add: (finding: Finding, story: Story, place: string) => boolean;
  /** Says of the first of a kind that it was seen again, in a smaller case, or not. */
  readonly confirm: (finding: Finding, story: Story | undefined) => void;
  /** Forgets a kind, which was not seen again. */
  readonly forget: (finding: Finding) => void;
  readonly size: () => number;
  /** One kind after another, with the script that shows it. */
  readonly write: () => string;
}

/** The kind of a finding. */
export function kindOf({ judge, kind }: Pick<Finding, "judge" | "kind">): string {
  return `${judge}: ${kind}`;
}

/** Opens a list. */
export function createFindings(nowMs: () => number): Findings {
  const groups = new Map<string, Group>();
  return {
    add: (finding, story, place) => {
      const group = groups.get(kindOf(finding));
      if (group) {
        group.count++;
        return false;
      }
      groups.set(kindOf(finding), {
        first: finding,
        place,
        foundAfterMs: nowMs(),
        count: 1,
        story,
        replays: undefined,
      });
      return true;
    },
    confirm: (finding, story) => {
      const group = groups.get(kindOf(finding));
      if (!group) return;
      group.replays = story !== undefined;
      if (story) group.story = story;
    },
    forget: (finding) => void groups.delete(kindOf(finding)),
    size: () => groups.size,
    write: () =>
      [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([kind, group]) => describe(kind, group)).join("\n"),
  };
}

function describe(kind: string, { first, place, foundAfterMs, count, story, replays }: Group): string {
  const seconds = Math.round(foundAfterMs / 1000);
  const again = replays === undefined ? "not replayed" : replays ? "replayed" : "not seen again alone";
  return [
    `## ${kind}`,
    `${count} times, first after ${seconds} s in ${place} (${again}). Wanted: ${
      saysOf(first.judge)
    }. Seen: ${first.detail}`,
    describeCase(story.case),
    scriptOf(story),
    "",
  ].join("\n");
}

function describeCase({ plot, mode, scenario, isRoot, steps }: Case): string {
  const where = isRoot ? "the root" : `a sandbox of ${scenario}`;
  const words = steps.map((step) => {
    const mutations = "mutations" in step && step.mutations.length > 0
      ? ` (${step.mutations.map(({ name }) => name).join(", ")})`
      : "";
    return `${step.kind}${"message" in step ? ` ${step.message.name}` : ""}${mutations}`;
  });
  return `${plot}, ${mode}, in ${where}: ${words.join(" > ")}`;
}
