// What clients have to be made to do in some scenarios, where that is more than connecting, listing and calling.
import { usedTools } from "../driver.ts";
import type { DriverStep } from "../driver_step.ts";

/** What a client does with the server behind the login: it lists the tools, and makes its calls. */
export const uses: readonly DriverStep[] = usedTools({ plan: {} });
const connect: DriverStep = { do: "connect" };
const end: DriverStep = { do: "end" };

/** A client that gives up, and is started again by its person. */
export const startedAgain: readonly DriverStep[] = [connect, ...uses, end, connect, ...uses, end];

/** A client that hears what the server says unasked. */
export const whileListening: readonly DriverStep[] = [connect, { do: "listen" }, ...uses, end];

/** A client that hears it, and makes its calls twice. */
export const goingOnListening: readonly DriverStep[] = [...whileListening.slice(0, -1), ...uses, end];

/** A client that hears it, and goes on after a while. */
export const listeningOn: readonly DriverStep[] = [
  ...whileListening.slice(0, -1),
  { do: "wait", ms: 10_000 },
  ...uses,
  end,
];

/** A client that makes its calls, does something else if that is given, and makes them again. */
export function callingAgain(...between: readonly DriverStep[]): readonly DriverStep[] {
  return [connect, ...uses, ...between, ...uses, end];
}

/** A client that wants to know how far its calls are. */
export const watching: readonly DriverStep[] = [
  connect,
  ...uses.map((step) => step.do === "call" ? { ...step, progress: true } as const : step),
  end,
];
