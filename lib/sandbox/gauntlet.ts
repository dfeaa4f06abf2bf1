// A gauntlet: one URL that leads a client through the scenarios of a set, one after the other. Each of them is played in the
// sandbox that it has in the run, seen under the gauntlet's URL.
import { paths } from "../http/urls.ts";

/** Which gauntlet. */
export interface Gauntlet {
  /** Name of the set whose scenarios it leads through. */
  readonly set: string;
  /** Label of the run that its sandboxes belong to. */
  readonly run: string;
  /** What all its URLs begin with. */
  readonly prefix: string;
}

/** A gauntlet, and a path in it. */
export interface FoundGauntlet extends Gauntlet {
  /** The path less the prefix, wherever that stood. */
  readonly path: string;
}

/** The set of a gauntlet that names none. */
export const DEFAULT_SET = "core";

const PREFIXED = /^(\/\.well-known\/[a-z-]+)?(\/gauntlet(?:-([a-z0-9-]{1,64}))?~([a-z0-9-]{1,64}))(\/.*)?$/;

/**
 * Reads which gauntlet a path is of: `/gauntlet~<run>`, or `/gauntlet-<set>~<run>`.
 *
 * @returns Undefined for any other path.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const found = parseGauntlet("/.well-known/oauth-protected-resource/gauntlet-sessions~a1/oauth");
 * assert.deepEqual([found?.set, found?.run, found?.path], ["sessions", "a1", "/.well-known/oauth-protected-resource/oauth"]);
 * assert.equal(parseGauntlet("/s/standard~a1/oauth"), undefined);
 * ```
 */
export function parseGauntlet(pathname: string): FoundGauntlet | undefined {
  if (!pathname.includes(paths.gauntlet)) return undefined;
  const [, inserted = "", prefix, set = DEFAULT_SET, run, rest = ""] = PREFIXED.exec(pathname) ?? [];
  if (prefix === undefined || run === undefined) return undefined;
  const below = rest === "" || rest === "/" ? paths.gauntlet : rest;
  return { set, run, prefix, path: inserted === "" ? below : inserted + rest };
}

/** The gauntlet that a sandbox is seen in; undefined if it is seen at its own place. */
export function gauntletOf({ prefix }: { readonly prefix: string }): Gauntlet | undefined {
  const { set, run } = parseGauntlet(prefix) ?? {};
  return set === undefined || run === undefined ? undefined : { set, run, prefix };
}

/** What the URLs of a gauntlet begin with. */
export function gauntletPrefix(run: string, set: string): string {
  return `${paths.gauntlet}${set === DEFAULT_SET ? "" : `-${set}`}~${run}`;
}
