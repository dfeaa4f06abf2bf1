/**
 * `/control/keys/...`: new keys, and keys that are not right.
 *
 * @module
 */
import { readBody } from "../http/json_body.ts";
import { withNames } from "../scenarios/schema/names.ts";
import { type breakages, breakSchema, rotationSchema } from "./requests.ts";
import { noStoreJson } from "../http/body.ts";
import { type PlanPatch, standardPlan } from "../scenarios/plan.ts";
import type { Context, ControlDeps, ControlHandlers } from "./operation.ts";

/** The handlers of keys. */
export function keyHandlers(
  { liveSandboxes, keysOf }: ControlDeps,
): Pick<ControlHandlers, "control_rotate_keys" | "control_break_keys"> {
  async function rotate({ request, sandbox }: Context): Promise<Response> {
    const { keep_old_seconds: keepSeconds } = await readBody(request, rotationSchema);
    const nowMs = sandbox.nowMs;
    const keep = keepSeconds === undefined ? {} : { keepOldMs: keepSeconds * 1000 };
    await (await keysOf(sandbox.id)).rotate({ nowMs, ...keep });
    // Other processes sign and verify with what they hold; this tells them to look again.
    await liveSandboxes.change(
      liveSandboxes.of(sandbox),
      (state) => ({ ...state, keyRotations: (state.keyRotations ?? 0) + 1 }),
    );
    const made = await (await keysOf(sandbox.id)).made(sandbox.nowMs);
    return noStoreJson({ keys: made.map(({ key: { kid, alg }, signs }) => ({ kid, alg, signs })) });
  }

  async function breakKeys({ request, sandbox }: Context): Promise<Response> {
    const live = liveSandboxes.of(sandbox);
    const { how } = await readBody(request, breakSchema);
    await liveSandboxes.change(live, (state) => {
      const { policy, mint } = patches[how];
      return {
        ...state,
        patch: { policy: { ...state.patch.policy, ...policy }, mint: { ...state.patch.mint, ...mint } },
      };
    });
    const { policy = {}, mint = {} } = live.state().patch;
    return noStoreJson({
      how,
      overrides: { policy: withNames(policy, "snake"), mint: withNames(mint, "snake") },
    });
  }

  return { control_rotate_keys: rotate, control_break_keys: breakKeys };
}

const whole = {
  policy: { publishedKeys: standardPlan.policy.publishedKeys },
  mint: { signature: standardPlan.mint.signature },
};

/** One thing is wrong at a time, so that a test sees what it has asked for. */
const patches: Readonly<Record<typeof breakages[number], PlanPatch>> = {
  wrong_signature: { ...whole, mint: { signature: "wrong" } },
  foreign_key: { ...whole, mint: { signature: "foreign" } },
  missing_key: { ...whole, policy: { publishedKeys: "replaced" } },
  none: whole,
};
