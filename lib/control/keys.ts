// `/control/keys/...`: new keys, and keys that are wrong.
import { z } from "zod";
import { closedObject } from "../http/json_body.ts";
import { type PlanPatch, standardPlan } from "../scenarios/plan.ts";
import { one, operation, rules } from "./operation.ts";
import { rulesOf } from "./plan.ts";

const correct = {
  policy: { publishedKeys: standardPlan.policy.publishedKeys },
  mint: { signature: standardPlan.mint.signature },
};

/** What can be wrong with keys, and that nothing is: one thing at a time, so that a test sees what it has asked for. */
const breakages = {
  wrong_signature: { ...correct, mint: { signature: "wrong" } },
  foreign_key: { ...correct, mint: { signature: "foreign" } },
  missing_key: { ...correct, policy: { publishedKeys: "replaced" } },
  none: correct,
} as const satisfies Readonly<Record<string, PlanPatch>>;

/** What can be done to the keys of a sandbox. */
export const keyOperations = {
  control_rotate_keys: operation({
    summary: "Signs with new keys; the old ones keep verifying for some time, or forever",
    input: one(closedObject({ keep_old_seconds: z.number().min(0).max(1e10).exactOptional() })),
    example: { keep_old_seconds: 60 },
    answer: z.object({
      keys: z.array(z.object({ kid: z.string(), alg: z.string(), signs: z.boolean() })),
    }),
    run: async ({ liveSandboxes, keysOf }, { sandbox, live, input: { keep_old_seconds: keepSeconds } }) => {
      const keepOldMs = keepSeconds === undefined ? undefined : keepSeconds * 1000;
      await (await keysOf(sandbox.id)).rotate({ nowMs: sandbox.nowMs, keepOldMs });
      // Other processes sign and verify with what they hold; this tells them to look again.
      await liveSandboxes.change(live, (state) => ({ ...state, keyRotations: (state.keyRotations ?? 0) + 1 }));
      const made = await (await keysOf(sandbox.id)).made(sandbox.nowMs);
      return { keys: made.map(({ key: { kid, alg }, signs }) => ({ kid, alg, signs })) };
    },
  }),
  control_break_keys: operation({
    summary: "Makes signatures wrong, or made with a key that is not in the key set; none repairs that",
    input: one(closedObject({ how: z.enum(["wrong_signature", "foreign_key", "missing_key", "none"]) })),
    example: { how: "wrong_signature" },
    answer: z.object({ how: z.string(), overrides: rules }),
    run: async ({ liveSandboxes }, { live, input: { how } }) => {
      const { policy, mint } = breakages[how];
      await liveSandboxes.change(live, (state) => ({
        ...state,
        patch: { policy: { ...state.patch.policy, ...policy }, mint: { ...state.patch.mint, ...mint } },
      }));
      return { how, overrides: rulesOf(live.state().patch) };
    },
  }),
};
