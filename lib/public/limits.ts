/**
 * What a server that anybody can reach lets one caller and one sandbox have. All that is kept is small and goes after a
 * day, so nobody gains by filling it, and nobody else notices if somebody tries.
 *
 * @module
 */
import type { PlanPatch } from "../scenarios/plan.ts";

/** How many requests may come at once, and how many a second in the long run. */
export interface Rate {
  /** At once. */
  readonly burst: number;
  /** In a second, in the long run. */
  readonly perSecond: number;
}

/** What each address, each sandbox with a label, and each of the sandboxes that all share, may ask. */
export const rates: Readonly<
  Record<"address" | "labelled" | "shared" | "beginnings" | "allBeginnings" | "rotations", Rate>
> = {
  address: { burst: 200, perSecond: 20 },
  labelled: { burst: 400, perSecond: 40 },
  shared: { burst: 4000, perSecond: 400 },
  /** Sandboxes that one address may begin. */
  beginnings: { burst: 30, perSecond: 1 / 60 },
  /** Sandboxes that all addresses together may begin, since each is kept for a day. */
  allBeginnings: { burst: 2000, perSecond: 1 },
  /** Rotations of keys that one address may ask for, each of which can cost what thousands of requests do. */
  rotations: { burst: 5, perSecond: 1 / 12 },
};

/** How much of one kind a sandbox may hold. */
export interface Quota {
  /** What it is of, for people. */
  readonly of: string;
  /** How many. */
  readonly rows: number;
}

/** By the table of the store; what stands in none of these is not counted, for it does not grow. */
const quotas: Readonly<Record<string, Quota>> = {
  client: { of: "clients", rows: 200 },
  user: { of: "users", rows: 200 },
  note: { of: "notes", rows: 500 },
  session: { of: "MCP sessions", rows: 200 },
  device: { of: "devices", rows: 200 },
  user_code: { of: "devices", rows: 200 },
  pushed: { of: "pushed requests", rows: 200 },
  replay: { of: "proofs and assertions in use", rows: 2000 },
  spent: { of: "codes and refresh tokens used", rows: 2000 },
  revoked: { of: "revocations", rows: 1000 },
  minted: { of: "minted tokens", rows: 1000 },
  count: { of: "faults", rows: 200 },
};

/** Scenarios that all visitors together may bring along; they lie in no sandbox. */
const scenarioQuota: Quota = { of: "scenarios that were brought along", rows: 1000 };

/** All rows of one kind together may be so large, in characters of JSON. */
export const MAX_TABLE_LENGTH = 2 * 1024 * 1024;

/** What an exchange may take on the record that processes share, in bytes: there are 2,000 of them a sandbox. */
export const MAX_PUBLIC_EXCHANGE_BYTES = 8000;

/** A sandbox that all share may hold so many times as much as one with a label. */
const SHARED_FACTOR = 5;

/** How long anything is kept, in milliseconds; keys stay, for what they signed must verify. */
export const RETENTION_MS = 24 * 60 * 60 * 1000;

/** Rules that go with it: nothing may be used for longer than the marks of its use are kept. */
export const publicPlan: PlanPatch = {
  policy: { clientTtlSeconds: RETENTION_MS / 1000, refreshTokenTtlSeconds: RETENTION_MS / 1000 },
  mint: { accessTokenTtlSeconds: RETENTION_MS / 1000 },
};

/** Whether nobody has a sandbox to themselves. */
function isShared(sandbox: string): boolean {
  return !sandbox.includes("~");
}

/**
 * What may be asked of a sandbox.
 *
 * @param sandbox What it is called.
 */
export function rateOf(sandbox: string): Rate {
  return isShared(sandbox) ? rates.shared : rates.labelled;
}

/**
 * How much of a table a sandbox may hold; undefined for what is not counted.
 *
 * @param sandboxId The sandbox, or the name of a table that is of no sandbox.
 * @param table The table.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(quotaOf("standard~mine", "client"), { of: "clients", rows: 200 });
 * assert.deepEqual(quotaOf("main", "client"), { of: "clients", rows: 1000 });
 * assert.equal(quotaOf("main", "key"), undefined);
 * ```
 */
export function quotaOf(sandboxId: string, table: string): Quota | undefined {
  if (sandboxId === "#scenario") return scenarioQuota;
  const quota = quotas[table];
  if (quota === undefined || sandboxId.startsWith("#")) return undefined;
  return isShared(sandboxId) ? { ...quota, rows: quota.rows * SHARED_FACTOR } : quota;
}
