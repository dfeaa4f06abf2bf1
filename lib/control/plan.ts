/**
 * `/control/clock`, `/control/plan` and `/control/reset`: the time, the rules, and a new beginning.
 *
 * @module
 */
import { readBody, requireShape } from "../http/json_body.ts";
import { withNames } from "../scenarios/schema/names.ts";
import { patchNames, planPatchSchema } from "../scenarios/schema/plan_schema.ts";
import { type ClockMove, clockMoveSchema, emptySchema, patchBodySchema } from "./requests.ts";
import { withRoom } from "../sandbox/changes.ts";
import { OAuthError } from "../http/errors.ts";
import { noStoreJson } from "../http/body.ts";
import type { PlanPatch } from "../scenarios/plan.ts";
import { UnreadableRowError } from "../store/unreadable.ts";
import type { LiveSandbox } from "../sandbox/live_sandboxes.ts";
import type { ControlDeps, ControlHandlers } from "./operation.ts";

/** What these rows do. */
export type StateHandlers = Pick<
  ControlHandlers,
  | "control_read_clock"
  | "control_move_clock"
  | "control_read_plan"
  | "control_change_plan"
  | "control_clear_plan"
  | "control_reset"
>;

/** The handlers of what is kept of a sandbox as such. */
export function stateHandlers({ liveSandboxes }: ControlDeps): StateHandlers {
  return {
    control_read_clock: ({ sandbox }) => clockResponse(liveSandboxes.of(sandbox)),
    control_move_clock: async ({ request, sandbox }) => {
      const live = liveSandboxes.of(sandbox);
      const move = await readBody(request, clockMoveSchema);
      await liveSandboxes.change(live, (state) => {
        const realMs = live.now() - live.state().clockOffsetMs;
        return { ...state, clockOffsetMs: offsetAfter(move, { realMs, offsetMs: state.clockOffsetMs }) };
      });
      return clockResponse(live);
    },
    control_read_plan: ({ sandbox }) => planResponse(liveSandboxes.of(sandbox)),
    control_change_plan: async ({ request, sandbox }) => {
      const live = liveSandboxes.of(sandbox);
      const body = await readBody(request, patchBodySchema);
      await liveSandboxes.change(live, (state) => withRoom({ ...state, patch: mergePatch(state.patch, body) }));
      return planResponse(live);
    },
    control_clear_plan: async ({ sandbox }) => {
      const live = liveSandboxes.of(sandbox);
      try {
        await liveSandboxes.change(live, (state) => ({ ...state, patch: {} }));
      } catch (error) {
        if (!(error instanceof UnreadableRowError)) throw error;
        // The plan lies in one row with all else that is known of the sandbox.
        await liveSandboxes.reset(live);
      }
      return planResponse(live);
    },
    control_reset: async ({ request, sandbox }) => {
      const live = liveSandboxes.of(sandbox);
      await readBody(request, emptySchema);
      await liveSandboxes.reset(live);
      return clockResponse(live);
    },
  };
}

/** The years that a date can be written in, 1970 to 9999. */
const LAST_MS = Date.UTC(9999, 11, 31);

function offsetAfter(
  move: ClockMove,
  { realMs, offsetMs }: { readonly realMs: number; readonly offsetMs: number },
): number {
  if ("reset" in move) return 0;
  const next = "advance_seconds" in move ? offsetMs + move.advance_seconds * 1000 : atMs(move.set) - realMs;
  if (realMs + next >= 0 && realMs + next <= LAST_MS) return next;
  throw new OAuthError("invalid_request", "The clock would leave the years it can show", {
    parameter: "advance_seconds" in move ? "advance_seconds" : "set",
    received: String(realMs + next),
    expected: "a time from 1970 to 9999",
  });
}

function atMs(time: number | string): number {
  return typeof time === "number" ? time : Date.parse(time);
}

function clockResponse(live: LiveSandbox): Response {
  const nowMs = live.now();
  return noStoreJson({
    now_ms: nowMs,
    iso: new Date(nowMs).toISOString(),
    offset_seconds: live.state().clockOffsetMs / 1000,
  });
}

function planResponse(live: LiveSandbox): Response {
  const { policy, mint } = live.plan();
  return noStoreJson({
    plan: { policy: withNames(policy, "snake"), mint: withNames(mint, "snake") },
    overrides: overridesOf(live.state().patch),
  });
}

function overridesOf({ policy = {}, mint = {} }: PlanPatch): Readonly<Record<"policy" | "mint", object>> {
  return { policy: withNames(policy, "snake"), mint: withNames(mint, "snake") };
}

/** RFC 7396, for the members of both parts: null takes an override away, anything else replaces it. */
function mergePatch(
  patch: PlanPatch,
  body: Readonly<Partial<Record<"policy" | "mint", Readonly<Record<string, unknown>>>>>,
): PlanPatch {
  const known = overridesOf(patch);
  const part = (name: "policy" | "mint"): Readonly<Record<string, unknown>> => {
    const members = { ...known[name], ...body[name] };
    // A name that nobody knows is to be refused, also where its value is null.
    return Object.fromEntries(
      Object.entries(members).filter(([member, value]) => value !== null || !patchNames[name].includes(member)),
    );
  };
  return requireShape({ policy: part("policy"), mint: part("mint") }, planPatchSchema);
}
