// `/control/clock` and `/control/reset`: a sandbox's time, and a new beginning.
import { z } from "zod";
import { OAuthError } from "../http/errors.ts";
import { closedObject, type Schema } from "../http/json_body.ts";
import type { LiveSandbox } from "../sandbox/live_sandboxes.ts";
import { one, operation } from "./operation.ts";

/** A way to move the clock. */
type ClockMove =
  | { readonly advance_seconds: number }
  | { readonly set: number | string }
  | { readonly reset: true };

const time = z.union([z.number(), z.iso.datetime({ offset: true })], {
  error: "a time in milliseconds since 1970, or in ISO 8601",
});

const clockMoveSchema: Schema<ClockMove> = z.union([
  closedObject({ advance_seconds: z.number().min(-1e12).max(1e12) }),
  closedObject({ set: time }),
  closedObject({ reset: z.literal(true) }),
], { error: '{"advance_seconds": 60}, {"set": a time in ms since 1970 or in ISO 8601}, or {"reset": true}' });

const clock = z.object({ now_ms: z.number(), iso: z.iso.datetime(), offset_seconds: z.number() });

/** What can be done to the time of a sandbox, and to all of it at once. */
export const clockOperations = {
  control_read_clock: operation({
    summary: "The sandbox's time",
    answer: clock,
    run: (_, { live }) => clockOf(live),
  }),
  control_move_clock: operation({
    summary: "Moves the clock that everything in the sandbox runs on",
    input: one(clockMoveSchema),
    example: { advance_seconds: 3600 },
    answer: clock,
    run: async ({ liveSandboxes }, { live, input }) => {
      await liveSandboxes.change(live, (state) => {
        const realMs = live.now() - live.state().clockOffsetMs;
        return { ...state, clockOffsetMs: offsetAfter(input, { realMs, offsetMs: state.clockOffsetMs }) };
      });
      return clockOf(live);
    },
  }),
  control_reset: operation({
    summary: "Resets the sandbox: everything it knew is forgotten",
    input: one(closedObject({})),
    example: {},
    answer: clock,
    run: async ({ liveSandboxes, ownOrigins }, { live }) => {
      await liveSandboxes.reset(live);
      ownOrigins.spare(live.name);
      return clockOf(live);
    },
  }),
};

/** The last moment that a date can be written in with four digits. */
const LAST_MS = Date.UTC(9999, 11, 31);

function offsetAfter(
  move: ClockMove,
  { realMs, offsetMs }: { readonly realMs: number; readonly offsetMs: number },
): number {
  if ("reset" in move) return 0;
  const next = "advance_seconds" in move ? offsetMs + move.advance_seconds * 1000 : atMs(move.set) - realMs;
  if (realMs + next >= 0 && realMs + next <= LAST_MS) return next;
  throw new OAuthError("invalid_request", "The clock cannot show that time", {
    parameter: "advance_seconds" in move ? "advance_seconds" : "set",
    received: String(realMs + next),
    expected: "a time from 1970 to 9999",
  });
}

function atMs(time: number | string): number {
  return typeof time === "number" ? time : Date.parse(time);
}

function clockOf(live: LiveSandbox): z.infer<typeof clock> {
  const nowMs = live.now();
  return {
    now_ms: nowMs,
    iso: new Date(nowMs).toISOString(),
    offset_seconds: live.state().clockOffsetMs / 1000,
  };
}
