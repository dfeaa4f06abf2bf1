// Who leads a client through a scenario, and by what: the script, and the record of what was done of it; and from stage to
// stage, where it was sent to a gauntlet.
import { hash } from "../../lib/runtime/node_crypto.ts";
import type { McpMode } from "../../lib/mcp/caller.ts";
import type { Guide, Stages } from "../../lib/mcp/guide.ts";
import { late } from "../../lib/runtime/late.ts";
import { gauntletOf } from "../../lib/sandbox/gauntlet.ts";
import { isLabelled } from "../../lib/sandbox/sandbox.ts";
import { guidedScript } from "../../lib/scenarios/guide.ts";
import type { Deps } from "../deps.ts";
import type { Context } from "../request/router.ts";

/** What leads the client of a request; what is absent does not. */
interface Leading {
  readonly guide?: Guide;
  readonly stages?: Stages;
}

/** Gives what leads the client of a request. */
export type LeadingOf = (context: Context, mode: McpMode) => Leading;

/** The endpoints that have our own tools, or those that a catalogue declares. */
const guidedModes: ReadonlySet<McpMode> = new Set(["no-auth", "bearer", "oauth"]);

/** Makes the function that gives what leads clients. */
export function createLeading(deps: Deps): LeadingOf {
  const guideOf = createGuides(deps);
  const stagesOf = createStages(deps);
  return (context, mode) => {
    const guide = guideOf(context, mode);
    const stages = stagesOf(context);
    return { ...(guide && { guide }), ...(stages && { stages }) };
  };
}

function createGuides(
  { reports, isRecorded, scenarioOf, slices }: Pick<Deps, "reports" | "isRecorded" | "scenarioOf" | "slices">,
): (context: Context, mode: McpMode) => Guide | undefined {
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

function createStages(deps: Deps): (context: Context) => Stages | undefined {
  const { gauntlets, reports, isRecorded, scenarioOf } = deps;
  const words = late(() => import("../../lib/control/gauntlet_words.ts"));
  const runs = late(() => import("../../lib/control/runs.ts"));
  return ({ sandbox }) => {
    const gauntlet = gauntletOf(sandbox);
    if (!gauntlet) return undefined;
    const pageUrl = sandbox.origin + gauntlet.prefix;
    return {
      where: async () => (await words()).describeStanding(await gauntlets.where(gauntlet), pageUrl),
      next: async () => {
        const { name } = scenarioOf(sandbox);
        const left = isRecorded ? { name, ...(await reports.judge(sandbox)).report } : undefined;
        const standing = await gauntlets.move(gauntlet, name);
        const isSummed = standing.isDone && isRecorded;
        const counts = isSummed ? (await (await runs()).readRun(deps, { ...gauntlet, sandbox })).counts : undefined;
        return (await words()).describeMove(left, standing, { pageUrl, counts });
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
