// What is kept of sandboxes as such: that they exist, when they were last used, and what a test has changed in them.
import type { Fault } from "../scenarios/fault.ts";
import type { PlanPatch } from "../scenarios/plan.ts";
import type { CatalogueReference } from "./catalogue_table.ts";
import type { Revocations } from "./sandbox.ts";
import type { Key, Store } from "../store/store.ts";
import { ifReadable } from "../store/unreadable.ts";
import { updateRow } from "../store/update.ts";

/** What a test has changed in a sandbox. */
export interface SandboxState {
  /** Counted up by every reset: earlier contents are kept under another id. */
  readonly epoch: number;
  /** How far the sandbox's clock is ahead of real time, in milliseconds. */
  readonly clockOffsetMs: number;
  /** Rules and tokens instead of the scenario's. */
  readonly patch: PlanPatch;
  /** Faults beside the scenario's. */
  readonly faults: readonly Fault[];
  /** What its MCP endpoints declare instead of what the scenario does; absent for that. */
  readonly catalogue?: CatalogueReference;
  /** Logins that were revoked together; absent for none. */
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

/** The ids under which a sandbox keeps what is its own. */
type IdsOf = (name: string, epoch: number) => readonly string[];

/** The table of sandboxes. */
export interface SandboxTable {
  readonly state: (name: string) => Promise<SandboxState>;
  /** Changes it: `change` may be called more than once, if others change it at the same time. */
  readonly change: (name: string, change: (state: SandboxState) => SandboxState) => Promise<SandboxState>;
  /** Writes a state over one that cannot be read. */
  readonly replace: (name: string, state: SandboxState) => Promise<void>;
  readonly touch: (name: string, nowMs: number) => Promise<void>;
  /** Names of the sandboxes in use that have a label, at most `limit`. */
  readonly labelled: (label: string, limit: number) => Promise<readonly string[]>;
  /**
   * Removes some sandboxes that were not used since a time, in milliseconds since 1970, those idle for longest first, whether
   * or not their state can be read.
   *
   * @returns Whether there may be more.
   */
  readonly removeIdle: (timeMs: number, idsOf: IdsOf) => Promise<boolean>;
  /** Removes everything that is kept under an id, such as that of an earlier epoch. */
  readonly clear: (sandboxId: string) => Promise<void>;
}

/** Sandboxes looked at in one go, as a request waits for it. */
const MAX_SWEPT = 20;
/** Uses are listed by the hour, so that the oldest come first. */
const HOUR_MS = 60 * 60 * 1000;

const stateKey = (name: string): Key => ["#state", name];
const usedKey = (name: string): Key => ["#sandbox", name];
const hourKey = (name: string, timeMs: number): Key => ["#used", Math.floor(timeMs / HOUR_MS), name];
const labelKey = (label: string, name: string): Key => ["#label", label, name];

/** The row that lists a sandbox by its label, if it has one. */
function labelKeysOf(name: string): readonly Key[] {
  const [, label] = name.split("~");
  return label === undefined ? [] : [labelKey(label, name)];
}

/** Opens the table of sandboxes. */
export function createSandboxTable(store: Store): SandboxTable {
  return {
    state: async (name) => (await store.get<SandboxState>(stateKey(name))).value ?? untouched,
    change: async (name, change) =>
      (await updateRow(store, stateKey(name), (state: SandboxState = untouched) => ({ value: change(state) }))).value,
    replace: async (name, state) => void await store.commit({ sets: [{ key: stateKey(name), value: state }] }),
    touch: async (name, nowMs) => {
      await store.commit({
        sets: [
          { key: usedKey(name), value: nowMs },
          { key: hourKey(name, nowMs), value: true },
          ...labelKeysOf(name).map((key) => ({ key, value: true })),
        ],
      });
    },
    labelled: async (label, limit) => (await store.list(["#label", label], limit)).map(({ key }) => String(key[2])),
    removeIdle: async (timeMs, idsOf) => {
      const oldest = await store.list(["#used"], MAX_SWEPT);
      const idle = oldest.filter(({ key }) => Number(key[1]) * HOUR_MS < timeMs);
      let done = 0;
      const problems: unknown[] = [];
      for (const { key } of idle) {
        await removeUnlessUsed(store, { listed: key, timeMs, idsOf })
          .then((isGone) => isGone && done++, (error) => problems.push(error));
      }
      if (problems.length > 0) throw problems[0];
      return done === MAX_SWEPT;
    },
    clear: (sandboxId) => store.removeAll([sandboxId]),
  };
}

/** A line in the list of uses. */
interface Use {
  readonly listed: Key;
  readonly timeMs: number;
  readonly idsOf: IdsOf;
}

/** Removes a sandbox that was not used since; says whether the list of uses is shorter for it. */
async function removeUnlessUsed(store: Store, { listed, timeMs, idsOf }: Use): Promise<boolean> {
  const name = String(listed[2]);
  const [used, epoch] = await Promise.all([store.get<number>(usedKey(name)), epochOf(store, name)]);
  if (used.value !== undefined && used.value >= timeMs) {
    // It was used since, and stands in the list of a later hour as well, unless it was this very hour.
    if (Math.floor(used.value / HOUR_MS) === listed[1]) return false;
    return await store.commit({ deletes: [listed] });
  }
  const isGone = await store.commit({
    checks: [{ key: used.key, versionstamp: used.versionstamp }],
    deletes: [listed, used.key, stateKey(name), ...labelKeysOf(name)],
  });
  if (!isGone) return false;
  for (const id of idsOf(name, epoch)) await store.removeAll([id]);
  return true;
}

/** What is kept under an epoch that cannot be read goes when it expires. */
async function epochOf(store: Store, name: string): Promise<number> {
  return (await ifReadable(store.get<SandboxState>(stateKey(name))))?.value.value?.epoch ?? 0;
}
