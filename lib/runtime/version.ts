// The version, written once, in `deno.json`, and the day on which a binary was made.
import manifest from "../../deno.json" with { type: "json" };

/** The version of this server, as semantic versioning writes it. */
export const version: string = manifest.version;

/** The day on which this binary was made, such as `2026-11-26`; undefined where the program runs from its source. */
export const built: string | undefined = builtOf(globalThis);

/** What the task `compile` writes before the program. */
function builtOf(global: object): string | undefined {
  return "mockOauthBuilt" in global ? String(global.mockOauthBuilt) : undefined;
}
