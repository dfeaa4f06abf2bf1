// How long a process believes what it has read. Other processes may share the database, and nothing tells one of what
// another has changed: so what is read is believed for at most `LEASE_MS`, and a change is answered only after
// that time, when every process knows of it.
import type { Sleep } from "../runtime/sleep.ts";

/** How long a process may rely on what it knows of something that others may change, in milliseconds. */
export const LEASE_MS = 50;

interface LeaseDeps {
  /** Whether other processes may share the database. */
  readonly isShared: boolean;
  readonly monotonicMs: () => number;
  readonly sleep: Sleep;
}

/** The lease that a process has on what it reads. */
export interface Lease {
  /** The time to be noted before something is read. */
  readonly nowMs: () => number;
  /** Whether what was read at a time may be believed; at -Infinity nothing was read yet. */
  readonly holds: (readMs: number) => boolean;
  /** Resolves once no process believes what was before a change. */
  readonly runOut: () => Promise<void>;
}

/** Makes the lease of an app. */
export function createLease({ isShared, monotonicMs, sleep }: LeaseDeps): Lease {
  return {
    nowMs: monotonicMs,
    holds: (readMs) => isShared ? monotonicMs() < readMs + LEASE_MS : readMs > -Infinity,
    runOut: async () => {
      if (isShared) await sleep(LEASE_MS);
    },
  };
}
