// A sandbox as one process holds it: what it knows of it, since when, and whether it is still in use.
//
// Other processes may share the database. So what is known of a sandbox is believed for as long as its lease holds, and
// what has been idle for long may have been removed by another process.
import { MAIN } from "../scenarios/scenario.ts";
import type { Lease } from "../store/lease.ts";
import { UnreadableRowError } from "../store/unreadable.ts";
import { createLiveSandbox, type LiveSandbox, type LiveSandboxDeps } from "./live_sandbox.ts";
import type { SandboxState, SandboxTable } from "./sandbox_table.ts";

/** A sandbox that this process holds. */
export interface HeldSandbox {
  readonly live: LiveSandbox;
  readonly set: (state: SandboxState) => void;
  /** Reads it again, once for all who wait; undefined for as long as what is known may be believed. */
  readonly refresh: () => Promise<void> | undefined;
  /** Notes that it is in use; undefined where that was noted a short time ago. */
  readonly touch: () => Promise<void> | undefined;
  /** Whether another process may have removed it, keys and all. */
  readonly isIdle: () => boolean;
}

/** What a held sandbox is made with. */
export interface HeldSandboxDeps extends LiveSandboxDeps {
  readonly table: SandboxTable;
  readonly lease: Lease;
}

/** How long a sandbox stays without being used, in milliseconds. */
export const IDLE_MS = 24 * 60 * 60 * 1000;
/** How often its use is noted, in milliseconds. */
const TOUCH_MS = 60 * 60 * 1000;

/** The time before which nothing has been noted of a sandbox that is idle, in milliseconds since 1970. */
export function idleSinceMs(nowMs: number): number {
  return nowMs - IDLE_MS - TOUCH_MS;
}

/** Makes a sandbox of which nothing is known yet. */
export function createHeldSandbox(
  identity: Pick<LiveSandbox, "name" | "label" | "scenario">,
  deps: HeldSandboxDeps,
): HeldSandbox {
  const { table, lease, now } = deps;
  const { name } = identity;
  const { live, set, fail } = createLiveSandbox(identity, deps);
  let readMs = -Infinity;
  let reading: Promise<void> | undefined;
  let touchedMs = Infinity;

  async function read(): Promise<void> {
    const beganMs = lease.nowMs();
    try {
      set(await table.state(name));
    } catch (error) {
      if (!(error instanceof UnreadableRowError)) throw error;
      fail(error);
    }
    readMs = beganMs;
  }

  return {
    live,
    set,
    refresh: () => {
      if (lease.holds(readMs)) return undefined;
      return reading ??= read().finally(() => reading = undefined);
    },
    touch: () => {
      // The process's own sandbox is never removed.
      if (name === MAIN || Math.abs(now() - touchedMs) < TOUCH_MS) return undefined;
      touchedMs = now();
      return table.touch(name, now());
    },
    isIdle: () => name !== MAIN && touchedMs < idleSinceMs(now()),
  };
}
