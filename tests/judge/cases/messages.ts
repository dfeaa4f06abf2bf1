/** Cases: what the messages of a client are. */
import type { Case } from "./case.ts";

/** Revisions that begin with `initialize`, and those of them in which clients name the revision in a header. */
const withHandshake = ["2025-03-26", "2025-06-18", "2025-11-25"] as const;

/** An endpoint that nobody has to log in for, and that has prompts to complete and logs to send. */
const open = { endpoint: "/conformance" } as const;

/** What the messages of a client are. */
export const messageCases: readonly Case[] = [
  { rule: "M1", slips: ["does not say JSON-RPC", "says JSON-RPC 1.0"] },
  { rule: "M2", slips: ["has the id null", "has a fraction for an id"] },
  { rule: "M3", slips: ["uses an id again"], revisions: withHandshake },
  { rule: "M3", slips: ["uses one id at a time"], client: { extras: ["calls twice at once"] } },
  { rule: "M4", slips: ["gives notifications an id"], revisions: withHandshake },
  { rule: "M8", slips: ["sends a batch"] },
  {
    rule: "M10",
    slips: ["takes a reserved key", "makes up a bad key"],
    client: { extras: ["asks for progress"] },
  },
  { rule: "M11", slips: ["makes up a traceparent"], client: { extras: ["is traced"] } },
  { rule: "M95", slips: ["makes up a progress token"], client: { extras: ["asks for progress"] } },
  {
    rule: "M95",
    slips: ["shares a progress token"],
    client: { extras: ["calls twice at once"] },
    revisions: withHandshake,
  },
  { rule: "M98", slips: ["cancels what it never sent"], client: { extras: ["cancels a call"] } },
  { rule: "M104", slips: ["makes up a log level"], client: { ...open, extras: ["sets a log level"] } },
  {
    rule: "M105",
    slips: ["completes at every keystroke"],
    client: { ...open, extras: ["completes an argument"] },
    isRecommended: true,
  },
  { rule: "M22", slips: ["posts below the endpoint"] },
  { rule: "M23", slips: ["takes JSON alone"] },
  { rule: "M23", slips: ["takes anything"], isRecommended: true },
  { rule: "M26", slips: ["takes JSON from a stream"], client: { listens: true } },
  { rule: "M39", slips: ["leaves out its capabilities", "leaves out its revision"] },
  { rule: "M40", slips: ["does not say who it is"], isRecommended: true },
  { rule: "M41", slips: ["names no version"] },
  { rule: "M42", slips: ["names another version"] },
  { rule: "M43", slips: ["names no method", "names methods in capitals"] },
  { rule: "M44", slips: ["names no tool", "names another tool"] },
  { rule: "M50", slips: ["sends a response"] },
  { rule: "M51", slips: ["keeps a session", "pings"], isRecommended: true },
];
