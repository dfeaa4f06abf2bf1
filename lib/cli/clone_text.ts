// What `mock-oauth clone` tells people of what it has made.
import type { Clone, Unlike } from "../clone/clone.ts";
import type { Difference } from "../clone/differences.ts";
import { plain, plainText } from "../runtime/plain_text.ts";

interface Told extends Pick<Clone, "differences" | "unseen" | "compared"> {
  /** Requests that were not answered, and why. */
  readonly problems: readonly string[];
  /** What has been left behind. */
  readonly left: readonly string[];
}

/** How a clone turned out. */
export function describeClone({ compared, differences, unseen, problems, left }: Told): string {
  return [
    describeDifferences(differences, compared),
    listed("Not answered", problems),
    listed("Not seen, so as this server does it", unseen),
    listed("Left behind there", left),
  ].join("");
}

/** Where a clone and its original differ. */
export function describeDifferences(differences: readonly Unlike[], compared: number): string {
  if (differences.length === 0) return `All ${compared} answers compared are alike.\n`;
  const lines = differences.flatMap(({ what, differences }) => [
    plain`  ${what}`,
    ...differences.map((one) => `    ${describeDifference(one)}`),
  ]);
  return `Of ${compared} answers compared, ${differences.length} differ:\n${lines.join("\n")}\n`;
}

/** One difference in words. */
export function describeDifference({ part, name, original, clone }: Difference): string {
  const what = [part, name].filter((word) => word !== "").join(" ");
  return plain`${what}: ${shortened(original)} there, ${shortened(clone)} here`;
}

const MAX_SHOWN = 120;

function shortened(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function listed(head: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${head}:\n${lines.map((line) => `  ${plainText(line)}\n`).join("")}`;
}
