// How often the faults of sandboxes have met a request.
import { hash } from "../runtime/node_crypto.ts";
import { type Fault, isCounted } from "../scenarios/fault.ts";
import type { Key, Store } from "../store/store.ts";
import { updateRow } from "../store/update.ts";

/** What a fault has counted. */
interface CountRecord {
  /** Requests that it waits for. */
  readonly after: number;
  /** Requests that it is for. */
  readonly seen: number;
}

/** The counts of all sandboxes. */
export interface FaultCounts {
  /** Counts a request that a fault is for, and says whether it happens this time. */
  readonly claim: (sandboxId: string, fault: Fault) => Promise<boolean>;
  /** Counts a request that a fault waits for. */
  readonly arm: (sandboxId: string, fault: Fault) => Promise<void>;
  readonly counted: (sandboxId: string, faultName: string) => Promise<CountRecord>;
  readonly disarm: (sandboxId: string, faultName: string) => Promise<void>;
}

const NOTHING: CountRecord = { after: 0, seen: 0 };

/** Opens the table of counts. */
export function createFaultCounts(store: Store): FaultCounts {
  const keyOf = (sandboxId: string, name: string): Key => [sandboxId, "count", hash("sha256", name, "base64url")];

  return {
    claim: async (sandboxId, fault) => {
      if (!isCounted(fault)) return true;
      const { isClaimed } = await updateRow(
        store,
        keyOf(sandboxId, fault.name),
        (count: CountRecord = NOTHING) => claimed(fault, count),
      );
      return isClaimed;
    },
    arm: async (sandboxId, fault) => {
      const needed = fault.after?.times ?? 1;
      await updateRow(store, keyOf(sandboxId, fault.name), (count: CountRecord = NOTHING) => ({
        value: count.after >= needed ? undefined : { ...count, after: count.after + 1 },
      }));
    },
    counted: async (sandboxId, name) => (await store.get<CountRecord>(keyOf(sandboxId, name))).value ?? NOTHING,
    disarm: async (sandboxId, name) => void await store.commit({ deletes: [keyOf(sandboxId, name)] }),
  };
}

/** Whether a fault happens to a request that it is for, and what it has counted then. */
function claimed(
  { nth = 1, times, after }: Fault,
  count: CountRecord,
): { readonly value: CountRecord | undefined; readonly isClaimed: boolean } {
  const hasBegun = after === undefined || count.after >= (after.times ?? 1);
  const hasEnded = count.seen >= nth - 1 + (times ?? Infinity);
  if (!hasBegun || hasEnded) return { value: undefined, isClaimed: false };
  // It happens to every request from now on, so nothing depends on how many there were.
  if (nth === 1 && times === undefined) return { value: undefined, isClaimed: true };
  const seen = count.seen + 1;
  return { value: { ...count, seen }, isClaimed: seen >= nth };
}
