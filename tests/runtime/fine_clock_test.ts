/** Real time with fractions: what orders requests that several processes have served. */
import assert from "node:assert/strict";
import { createFineClock } from "../../lib/runtime/clock.ts";

/** A system whose time is known to the microsecond, and told in whole milliseconds. */
function openSystem(startMs: number): {
  readonly system: { realMs: number; runMs: number };
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly originMs: number;
} {
  const system = { realMs: startMs, runMs: 12.345 };
  return {
    system,
    nowMs: () => Math.floor(system.realMs),
    originMs: system.realMs - system.runMs,
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
    const { system, nowMs, monotonicMs, originMs } = openSystem(startMs);
    const fineMs = createFineClock(nowMs, monotonicMs, originMs);
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
    const { system, nowMs, monotonicMs, originMs } = openSystem(10_000_000);
    const fineMs = createFineClock(nowMs, monotonicMs, originMs);
    system.realMs += jumpMs;
    assert(Math.abs(fineMs() - system.realMs) < 1.01);
  }
});

Deno.test("a fine clock is there also where time stands still while a program runs", () => {
  assert.equal(createFineClock(() => 1000, () => 7)(), 1000);
});

Deno.test("a fine clock tells whole milliseconds where nobody knows when the clock for durations began", () => {
  const { system, nowMs, monotonicMs } = openSystem(10_000_000.5);
  const fineMs = createFineClock(nowMs, monotonicMs, 0);
  assert(Math.abs(fineMs() - system.realMs) < 1.01);
});

Deno.test("a fine clock agrees with the system's own, which counts whole milliseconds (High Resolution Time 4)", () => {
  const fineMs = createFineClock(Date.now, () => performance.now());
  for (let count = 0; count < 1000; count++) {
    const beforeMs = Date.now();
    const toldMs = fineMs();
    assert(toldMs > beforeMs - 0.1 && toldMs < Date.now() + 3.1, `${toldMs} at ${beforeMs}`);
  }
});
