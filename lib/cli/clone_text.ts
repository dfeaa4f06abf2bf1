// What `mock-oauth clone` tells people of what it has made.
import type { Clone, Unlike } from "../clone/clone.ts";
import type { Difference } from "../clone/differences.ts";
import { isObject, isSameJson } from "../http/json.ts";
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
  return `Of ${compared} answers compared, ${differences.length} ${differences.length === 1 ? "differs" : "differ"}:\n${
    lines.join("\n")
  }\n`;
}

/** One difference in words: of values that hold others the first that differs, and how many more do. */
export function describeDifference({ part, name, original, clone }: Difference): string {
  const [first = { path: [], original, clone }, ...others] = deeper(original, clone, []);
  const what = [part, [name, ...first.path].filter((word) => word !== "").join(".")].filter((word) => word !== "");
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  return plain`${what.join(" ")}: ${shortened(first.original)} there, ${shortened(first.clone)} here${more}`;
}

interface Deeper extends Pick<Difference, "original" | "clone"> {
  readonly path: readonly string[];
}

/** Where two values differ that are both objects, or both lists; entries are called by their names. */
function deeper(original: unknown, clone: unknown, path: readonly string[]): readonly Deeper[] {
  const [theirs, ours] = [membersOf(original), membersOf(clone)];
  if (!theirs || !ours || Array.isArray(original) !== Array.isArray(clone)) {
    return isSameJson(original, clone) ? [] : [{ path, original, clone }];
  }
  return [...new Set([...theirs.keys(), ...ours.keys()])]
    .flatMap((key) => deeper(theirs.get(key), ours.get(key), [...path, key]));
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (!Array.isArray(value)) return isObject(value) ? new Map(Object.entries(value)) : undefined;
  return new Map(value.map((item: unknown, at) => {
    const name = isObject(item) ? item.name ?? item.uri : undefined;
    return [typeof name === "string" ? name : String(at), item];
  }));
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
