/** What all plots are drawn with. */
import type { Sending, Step } from "./case.ts";
import type { Chance } from "./chance.ts";
import { type Json, type Message, needsOf } from "./message.ts";
import type { Mode } from "./process.ts";
import { messages, preludeOf } from "./valid.ts";

/** What cases are drawn for. */
export interface Ground {
  readonly mode: Mode;
  readonly scenarios: readonly string[];
  /** The description of the control API, which knows what its bodies may hold. */
  readonly openapi: Json;
}

/** Makes the steps of a case. */
export type Plot = (chance: Chance, ground: Ground) => readonly Step[];

/** A request that is sent. */
export const send = (message: Message, mutations: Sending["mutations"] = []): Step => ({
  kind: "send",
  message,
  mutations,
});
/** The requests of routes. */
export const named = (pattern: RegExp): readonly Message[] => messages.filter(({ name }) => pattern.test(name));

/** What must come before a message, and the message broken. */
export function led(message: Message, mutations: Sending["mutations"]): readonly Step[] {
  return [...preludeOf(message).map((one) => send(one)), send(message, mutations)];
}

/** Several of the same kind, one after another. */
export function some(count: number, make: () => readonly Step[]): readonly Step[] {
  return Array.from({ length: count }, make).flat();
}

/** What comes after a request in the life of a client: requests that need what it gives. */
export function followers(message: Message): readonly Message[] {
  const pools = message.gives.map(({ pool }) => pool);
  return messages.filter((one) => needsOf(one).some((need) => pools.includes(need)));
}
