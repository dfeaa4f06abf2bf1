/** Real time with fractions: what orders requests that several processes have served. */
import assert from "node:assert/strict";
import { createFineClock } from "../../lib/runtime/clock.ts";

/** A system whose time is known to the microsecond, and told in whole milliseconds. */
function openSystem(startMs: number): {
  readonly system: { realMs: number; runMs: number };
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
} {
  const system = { realMs: startMs, runMs: 12.345 };
  return {
    system,
    nowMs: () => Math.floor(system.realMs),
    monotonicMs: () => {
      // Asking takes a microsecond.
      system.realMs += 0.001;
      system.runMs += 0.001;
      return system.runMs;
    },
  };
}

Deno.test("a fine clock tells fractions, and processes that started at other moments agree on them", () => {
  for (const startMs of [1000, 1000.5, 1000.999]) {
    const { system, nowMs, monotonicMs } = openSystem(startMs);
    const fineMs = createFineClock(nowMs, monotonicMs);
    for (const laterMs of [0.3, 17.21, 5000]) {
      system.realMs += laterMs;
      system.runMs += laterMs;
      const told = fineMs();
      assert(Math.abs(told - system.realMs) < 0.01, `${told}, and it is ${system.realMs}`);
    }
  }
});

Deno.test("a fine clock follows the system's clock when that is set, or the machine has slept", () => {
  for (const jumpMs of [3_600_000, -3_600_000]) {
    const { system, nowMs, monotonicMs } = openSystem(10_000_000);
    const fineMs = createFineClock(nowMs, monotonicMs);
    system.realMs += jumpMs;
    assert(Math.abs(fineMs() - system.realMs) < 1.01);
  }
});

Deno.test("a fine clock is there also where time stands still while a program runs", () => {
  assert.equal(createFineClock(() => 1000, () => 7)(), 1000);
});
