// What a test has left in the database: it outlives a restart, and would be searched for in the client.
import type { FaultCounts } from "../faults/fault_count_table.ts";
import type { SandboxState } from "../sandbox/sandbox_table.ts";
import { idOf } from "../sandbox/live_sandbox.ts";
import { MAIN } from "../scenarios/scenario.ts";

interface Tables {
  readonly table: { readonly state: (name: string) => Promise<SandboxState> };
  readonly faultCounts: Pick<FaultCounts, "counted">;
  readonly now: () => number;
}

/** Says what is in force in the sandbox at the root that its scenario does not say; empty for nothing. */
export async function readInForce({ table, faultCounts, now }: Tables): Promise<string> {
  const { epoch, faults, clockOffsetMs, patch } = await table.state(MAIN);
  const id = idOf(MAIN, epoch);
  const hasEnded = await Promise.all(faults.map(async ({ name, nth = 1, times = Infinity, until_ms = Infinity }) => {
    const { seen } = await faultCounts.counted(id, name);
    return seen >= nth - 1 + times || now() + clockOffsetMs >= until_ms;
  }));
  return [
    ...amount(hasEnded.filter((isOver) => !isOver).length, "fault"),
    ...(clockOffsetMs === 0 ? [] : [`clock ${clockOffsetMs < 0 ? "-" : "+"}${duration(Math.abs(clockOffsetMs))}`]),
    ...amount(Object.keys({ ...patch.policy, ...patch.mint }).length, "override"),
  ].join(", ");
}

function amount(count: number, what: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${what}${count === 1 ? "" : "s"}`];
}

/** The largest unit of which there is a whole one. */
function duration(ms: number): string {
  const units = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]] as const;
  const [name, unitMs] = units.find(([, unitMs]) => ms >= unitMs) ?? ["second", 1000];
  return amount(Math.round(ms / unitMs), name)[0] ?? "less than a second";
}
