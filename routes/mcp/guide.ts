// Who leads a client through a scenario, and by what: the script, and the record of what was done of it.
import { hash } from "node:crypto";
import type { McpMode } from "../../lib/mcp/caller.ts";
import type { Guide } from "../../lib/mcp/guide.ts";
import { late } from "../../lib/runtime/late.ts";
import { isLabelled } from "../../lib/sandbox/sandbox.ts";
import { guidedScript } from "../../lib/scenarios/guide.ts";
import type { Deps } from "../deps.ts";
import type { Context } from "../request/router.ts";

/** What guides are made of. */
export type GuideDeps = Pick<Deps, "reports" | "isRecorded" | "scenarioOf" | "slices">;

/** Gives what leads the client of a request through its scenario; undefined where there is nothing to lead through. */
export type GuideOf = (context: Context, mode: McpMode) => Guide | undefined;

/** The endpoints that have our own tools, or those that a catalogue declares. */
const guidedModes: ReadonlySet<McpMode> = new Set(["no-auth", "bearer", "oauth"]);

/** Makes the function that gives guides. */
export function createGuides({ reports, isRecorded, scenarioOf, slices }: GuideDeps): GuideOf {
  const counting = late(() => import("../../lib/judge/script_progress.ts"));
  return ({ sandbox, request }, mode) => {
    const script = guidedModes.has(mode) ? guidedScript(scenarioOf(sandbox)) : undefined;
    if (!script) return undefined;
    return {
      script,
      countDone: async () => {
        if (!isRecorded) return undefined;
        const { countingSteps } = await counting();
        const recording = reports.demand();
        await recording.gather(sandbox.id);
        const { exchanges } = await recording.read(sandbox.id);
        const caller = { proofs: proofsOf(request), isLabelled: isLabelled(sandbox) };
        return await slices.run(countingSteps(script, exchanges, caller));
      },
    };
  };
}

/** Digests of what only its sender has, as they stand on record: of what nobody can guess. */
function proofsOf({ headers }: Request): ReadonlySet<string> {
  const token = /^\S+ +(.*)$/.exec(headers.get("authorization") ?? "")?.[1];
  const session = headers.get("mcp-session-id") ?? undefined;
  return new Set([token, session].flatMap((value) => value === undefined ? [] : [hash("sha256", value, "base64url")]));
}
