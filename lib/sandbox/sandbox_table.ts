/**
 * What is kept of sandboxes as such: that they are there and when they were last used, what a test has changed in them,
 * and how often their faults have seen a request.
 *
 * @module
 */
import { hash } from "node:crypto";
import { type Fault, isCounted } from "../scenarios/fault.ts";
import type { PlanPatch } from "../scenarios/plan.ts";
import type { Revocations } from "./sandbox.ts";
import type { Key, Store } from "../store/store.ts";
import { ifReadable } from "../store/unreadable.ts";

/** What a test has changed in a sandbox. */
export interface SandboxState {
  /** Counted up by every reset: what was before lies under another id. */
  readonly epoch: number;
  /** How far the sandbox's clock is ahead of real time, in milliseconds. */
  readonly clockOffsetMs: number;
  /** Rules and tokens in place of the scenario's. */
  readonly patch: PlanPatch;
  /** Faults beside the scenario's. */
  readonly faults: readonly Fault[];
  /** Logins that were taken back together; absent for none. */
  readonly revocations?: Revocations;
  /** Counted up by every rotation of keys, so that other processes look for the new ones; absent for none. */
  readonly keyRotations?: number;
}

/** The state of a sandbox that nobody has touched. */
export const untouched: SandboxState = Object.freeze({
  epoch: 0,
  clockOffsetMs: 0,
  patch: Object.freeze({}),
  faults: Object.freeze([]),
});

/** How often a fault has met a request. */
export interface CountRecord {
  /** Requests that it waits for. */
  readonly after: number;
  /** Requests that it is for. */
  readonly seen: number;
}

/** The table of sandboxes. */
export interface SandboxTable {
  /** What was changed in a sandbox. */
  readonly state: (name: string) => Promise<SandboxState>;
  /** Changes it: `change` may be called more than once, if others change it at the same time. */
  readonly change: (name: string, change: (state: SandboxState) => SandboxState) => Promise<SandboxState>;
  /** Puts a state in the place of one that cannot be read. */
  readonly replace: (name: string, state: SandboxState) => Promise<void>;
  /** Notes that a sandbox is in use. */
  readonly touch: (name: string, nowMs: number) => Promise<void>;
  /**
   * Forgets some sandboxes that were not used since a time, in milliseconds since 1970, those idle for longest first; one
   * whose state cannot be read as well as any other.
   *
   * @returns Whether there may be more.
   */
  readonly removeIdle: (timeMs: number, idsOf: (name: string, epoch: number) => readonly string[]) => Promise<boolean>;
  /** Removes what lies under an id, such as that of an epoch that is over. */
  readonly clear: (sandboxId: string) => Promise<void>;
  /** Counts a request that a fault is for, and says whether it happens this time. */
  readonly claim: (sandboxId: string, fault: Fault) => Promise<boolean>;
  /** Counts a request that a fault waits for. */
  readonly arm: (sandboxId: string, fault: Fault) => Promise<void>;
  /** What a fault has counted. */
  readonly counted: (sandboxId: string, faultName: string) => Promise<CountRecord>;
  /** Forgets what a fault has counted. */
  readonly disarm: (sandboxId: string, faultName: string) => Promise<void>;
}

/** Sandboxes looked at in one go, since a request waits for it. */
const MAX_SWEPT = 20;
/** Uses are listed by the hour, so that the oldest come first. */
const HOUR_MS = 60 * 60 * 1000;

/**
 * Opens the table of sandboxes.
 *
 * @param store The store.
 */
export function createSandboxTable(store: Store): SandboxTable {
  const stateKey = (name: string): Key => ["#state", name];
  const usedKey = (name: string): Key => ["#sandbox", name];
  const hourKey = (name: string, timeMs: number): Key => ["#used", Math.floor(timeMs / HOUR_MS), name];
  const countKey = (sandboxId: string, faultName: string): Key => [
    sandboxId,
    "count",
    hash("sha256", faultName, "base64url"),
  ];

  async function change(name: string, make: (state: SandboxState) => SandboxState): Promise<SandboxState> {
    for (;;) {
      const { key, value = untouched, versionstamp } = await store.get<SandboxState>(stateKey(name));
      const next = make(value);
      if (await store.commit({ checks: [{ key, versionstamp }], sets: [{ key, value: next }] })) return next;
    }
  }

  async function count(
    sandboxId: string,
    fault: Fault,
    step: (record: CountRecord) => { readonly next: CountRecord | undefined; readonly claimed: boolean },
  ): Promise<boolean> {
    for (;;) {
      const entry = await store.get<CountRecord>(countKey(sandboxId, fault.name));
      const { key, versionstamp } = entry;
      const { next, claimed } = step(entry.value ?? { after: 0, seen: 0 });
      if (!next || await store.commit({ checks: [{ key, versionstamp }], sets: [{ key, value: next }] })) {
        return claimed;
      }
    }
  }

  /** What lies under an epoch that cannot be read goes when it runs out. */
  async function epochOf(name: string): Promise<number> {
    return (await ifReadable(store.get<SandboxState>(stateKey(name))))?.value.value?.epoch ?? 0;
  }

  /** Says whether the list is shorter for it. */
  async function removeUnlessUsed(
    listed: Key,
    timeMs: number,
    idsOf: (name: string, epoch: number) => readonly string[],
  ): Promise<boolean> {
    const name = String(listed[2]);
    const [used, epoch] = await Promise.all([store.get<number>(usedKey(name)), epochOf(name)]);
    if (used.value !== undefined && used.value >= timeMs) {
      // It was used since, and stands in the list of a later hour as well, unless it was this very hour.
      if (Math.floor(used.value / HOUR_MS) === listed[1]) return false;
      return await store.commit({ deletes: [listed] });
    }
    const isGone = await store.commit({
      checks: [{ key: used.key, versionstamp: used.versionstamp }],
      deletes: [listed, used.key, stateKey(name)],
    });
    if (!isGone) return false;
    for (const id of idsOf(name, epoch)) await store.removeAll([id]);
    return true;
  }

  return {
    state: async (name) => (await store.get<SandboxState>(stateKey(name))).value ?? untouched,
    change,
    replace: async (name, state) => void await store.commit({ sets: [{ key: stateKey(name), value: state }] }),
    touch: async (name, nowMs) => {
      await store.commit({
        sets: [{ key: usedKey(name), value: nowMs }, { key: hourKey(name, nowMs), value: true }],
      });
    },
    removeIdle: async (timeMs, idsOf) => {
      const oldest = await store.list(["#used"], MAX_SWEPT);
      const idle = oldest.filter(({ key }) => Number(key[1]) * HOUR_MS < timeMs);
      let done = 0;
      const problems: unknown[] = [];
      for (const { key } of idle) {
        await removeUnlessUsed(key, timeMs, idsOf).then((isGone) => isGone && done++, (error) => problems.push(error));
      }
      if (problems.length > 0) throw problems[0];
      return done === MAX_SWEPT;
    },
    clear: (sandboxId) => store.removeAll([sandboxId]),
    claim: async (sandboxId, fault) => {
      if (!isCounted(fault)) return true;
      const { nth = 1, times = Infinity, after } = fault;
      return await count(sandboxId, fault, (record) => {
        const isBegun = after === undefined || record.after >= (after.times ?? 1);
        const isOver = record.seen >= nth - 1 + times;
        if (!isBegun || isOver) return { next: undefined, claimed: false };
        if (nth === 1 && fault.times === undefined) return { next: undefined, claimed: true };
        const seen = record.seen + 1;
        return { next: { ...record, seen }, claimed: seen >= nth };
      });
    },
    arm: async (sandboxId, fault) => {
      const needed = fault.after?.times ?? 1;
      await count(sandboxId, fault, (record) => ({
        next: record.after >= needed ? undefined : { ...record, after: record.after + 1 },
        claimed: false,
      }));
    },
    counted: async (sandboxId, faultName) =>
      (await store.get<CountRecord>(countKey(sandboxId, faultName))).value ?? { after: 0, seen: 0 },
    disarm: (sandboxId, faultName) => store.commit({ deletes: [countKey(sandboxId, faultName)] }).then(() => {}),
  };
}
