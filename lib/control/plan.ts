// `/control/plan`: the rules in force, and a test's own instead of some.
import { z } from "zod";
import { closedObject, requireShape } from "../http/json_body.ts";
import { withRoom } from "../sandbox/changes.ts";
import type { LiveSandbox } from "../sandbox/live_sandboxes.ts";
import type { PlanPatch } from "../scenarios/plan.ts";
import { withNames } from "../scenarios/schema/names.ts";
import { patchNames, planMergeSchema, planPatchSchema } from "../scenarios/schema/plan_schema.ts";
import { UnreadableRowError } from "../store/unreadable.ts";
import { members, one, operation, rules } from "./operation.ts";

type Rules = z.infer<typeof rules>;

/** The two parts of a change to overrides; what stands in them is looked at when it is merged. */
const patchBodySchema = closedObject({ policy: members.exactOptional(), mint: members.exactOptional() });

const plan = z.object({ plan: rules, overrides: rules });

/** What can be done to the rules of a sandbox. */
export const planOperations = {
  control_read_plan: operation({
    summary: "The rules in force, and which of them were overridden",
    answer: plan,
    run: (_, { live }) => planOf(live),
  }),
  control_change_plan: operation({
    summary: "Overrides rules; null removes an override",
    input: { ...one(patchBodySchema), schema: planMergeSchema },
    example: { policy: { require_state: true, code_ttl_seconds: 30 }, mint: { access_token_ttl_seconds: 60 } },
    answer: plan,
    run: async ({ liveSandboxes }, { live, input }) => {
      await liveSandboxes.change(live, (state) => withRoom({ ...state, patch: mergePatch(state.patch, input) }));
      return planOf(live);
    },
  }),
  control_clear_plan: operation({
    summary: "Removes all overrides",
    answer: plan,
    run: async ({ liveSandboxes }, { live }) => {
      try {
        await liveSandboxes.change(live, (state) => ({ ...state, patch: {} }));
      } catch (error) {
        if (!(error instanceof UnreadableRowError)) throw error;
        // The plan is in one row with everything else that is known of the sandbox.
        await liveSandboxes.reset(live);
      }
      return planOf(live);
    },
  }),
};

function planOf(live: LiveSandbox): z.infer<typeof plan> {
  return { plan: rulesOf(live.plan()), overrides: rulesOf(live.state().patch) };
}

/** Rules by the names they have outside. */
export function rulesOf({ policy = {}, mint = {} }: PlanPatch): Rules {
  return { policy: withNames(policy, "snake"), mint: withNames(mint, "snake") };
}

/** RFC 7396, for the members of both parts: null removes an override, anything else replaces it. */
function mergePatch(patch: PlanPatch, change: z.infer<typeof patchBodySchema>): PlanPatch {
  const known = rulesOf(patch);
  const part = (name: "policy" | "mint"): Rules["policy"] => {
    const merged = { ...known[name], ...change[name] };
    // An unknown name is refused, also where its value is null.
    return Object.fromEntries(
      Object.entries(merged).filter(([member, value]) => value !== null || !patchNames[name].includes(member)),
    );
  };
  return requireShape({ policy: part("policy"), mint: part("mint") }, planPatchSchema);
}
