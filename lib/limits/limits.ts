// What a server that anyone can reach lets one caller and one sandbox have. All that is kept is small and expires after a
// day. What all share is divided by address: an address that asks for more than a fair share loses its oldest rows, or
// waits, and no other does.
import type { PlanPatch } from "../scenarios/plan.ts";

/** How many requests may come at once, and how many a second in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** What is counted: who asks, or for what. */
type RateName =
  | "address"
  | "labelled"
  | "shared"
  | "spare"
  | "beginnings"
  | "allBeginnings"
  | "firstBeginnings"
  | "rotations"
  | "logins"
  | "refusals";

/** What each address, each sandbox with a label, and each of the sandboxes that all share, may ask. */
export const rates: Readonly<Record<RateName, Rate>> = {
  address: { burst: 200, perSecond: 20 },
  labelled: { burst: 400, perSecond: 40 },
  shared: { burst: 4000, perSecond: 400 },
  /** What each address may still ask of a sandbox that all share, while all together ask too much of it. */
  spare: { burst: 40, perSecond: 0.4 },
  /** Sandboxes that one address may begin. */
  beginnings: { burst: 30, perSecond: 1 / 60 },
  /** Sandboxes that all addresses together may begin, as each is kept for a day. */
  allBeginnings: { burst: 2000, perSecond: 1 },
  /** Sandboxes that each address may still begin, while all together begin too many. */
  firstBeginnings: { burst: 2, perSecond: 1 / 3600 },
  /** Rotations of keys that one address may ask for, each of which can cost what thousands of requests do. */
  rotations: { burst: 5, perSecond: 1 / 12 },
  /** Forms and requests of one address that may bring a password, which costs what hundreds of requests do. */
  logins: { burst: 10, perSecond: 1 },
  /** Refusals that an address gets at once; those after them are held back for {@link HELD_MS}. */
  refusals: { burst: 20, perSecond: 1 },
};

/** How long a refusal is held back from an address that continues without waiting, in milliseconds. */
export const HELD_MS = 500;

/** A request counts once more for every so many bytes of its body. */
export const BODY_STEP_BYTES = 32 * 1024;
/** What a body counts as that does not say how large it is, in bytes. */
export const UNKNOWN_BODY_BYTES = 1024 * 1024;

/** How much of one kind a sandbox may hold, or all together of what is in no sandbox. */
export interface Quota {
  /** What it is of, for people. */
  readonly of: string;
  readonly rows: number;
  /** How large all of them together, in bytes as stored. */
  readonly bytes: number;
  /** Whether all share it, so that each address has a share of its own. */
  readonly isShared: boolean;
  /**
   * Whether rows may go before their time: a client that was removed registers again, and a person signs in again.
   * But a mark that something was used or revoked must stay, or it could be used again.
   */
  readonly isEvictable: boolean;
}

/** What a table may hold in a sandbox with a label. */
type TableQuota = Pick<Quota, "of" | "rows" | "isEvictable">;

/** By the table of the store; what is in none of these is not counted, as it does not grow. */
const quotas: Readonly<Record<string, TableQuota>> = {
  client: { of: "clients", rows: 200, isEvictable: true },
  user: { of: "users", rows: 200, isEvictable: true },
  note: { of: "notes", rows: 500, isEvictable: true },
  session: { of: "MCP sessions", rows: 200, isEvictable: true },
  device: { of: "devices", rows: 200, isEvictable: true },
  user_code: { of: "devices", rows: 200, isEvictable: true },
  pushed: { of: "pushed requests", rows: 200, isEvictable: true },
  replay: { of: "proofs and assertions in use", rows: 2000, isEvictable: false },
  spent: { of: "codes and refresh tokens used", rows: 2000, isEvictable: false },
  revoked: { of: "revocations", rows: 1000, isEvictable: false },
  minted: { of: "minted tokens", rows: 1000, isEvictable: true },
  count: { of: "faults", rows: 200, isEvictable: false },
  catalogue: { of: "parts of catalogues", rows: 20, isEvictable: false },
  turn: { of: "answers in turn", rows: 1000, isEvictable: true },
};

/** All rows of one kind in a sandbox with a label may together be so large, in bytes as stored. */
export const MAX_TABLE_BYTES = 2 * 1024 * 1024;

/** Scenarios that all visitors together may upload, and runs that they may keep; they are in no sandbox. */
const scenarioQuota: Quota = {
  of: "uploaded scenarios",
  rows: 1000,
  bytes: MAX_TABLE_BYTES,
  isShared: true,
  isEvictable: true,
};

/**
 * What an address always has of a table that all share, in rows and bytes: enough to walk a flow some times, also where so
 * many addresses hold marks that equal shares would be less.
 */
export const leastShare = { rows: 20, bytes: 16 * 1024 } as const;

/** What an exchange may take on the record that processes share, in bytes: there are 2,000 of them a sandbox. */
export const MAX_PUBLIC_EXCHANGE_BYTES = 8000;

/** A sandbox that all share may hold so many times the rows and bytes of one with a label. */
const sharedFactor = { rows: 25, bytes: 5 } as const;
/** The most rows of one kind that there are anywhere. */
const MAX_TABLE_ROWS = 10_000;

/** How long anything is kept, in milliseconds; keys stay, as what they signed must verify. */
export const RETENTION_MS = 24 * 60 * 60 * 1000;

/** Rules that go with it: nothing may be used for longer than the marks of its use are kept. */
export const publicPlan: PlanPatch = {
  policy: { clientTtlSeconds: RETENTION_MS / 1000, refreshTokenTtlSeconds: RETENTION_MS / 1000 },
  mint: { accessTokenTtlSeconds: RETENTION_MS / 1000 },
};

/**
 * Whether nobody has a sandbox to themselves.
 *
 * @param sandbox What it is called, or its id.
 */
export function isShared(sandbox: string): boolean {
  return !sandbox.includes("~");
}

/** What may be asked of a sandbox. */
export function rateOf(sandbox: string): Rate {
  return isShared(sandbox) ? rates.shared : rates.labelled;
}

/**
 * How much of a table a sandbox may hold; undefined for what is not counted.
 *
 * @param sandboxId The sandbox, or the name of a table that is of no sandbox.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(quotaOf("standard~mine", "client")?.rows, 200);
 * assert.equal(quotaOf("main", "client")?.rows, 5000);
 * assert.equal(quotaOf("main", "key"), undefined);
 * ```
 */
export function quotaOf(sandboxId: string, table: string): Quota | undefined {
  if (sandboxId === "#scenario") return scenarioQuota;
  if (sandboxId === "#kept") return { ...scenarioQuota, of: "kept runs" };
  const quota = quotas[table];
  if (quota === undefined || sandboxId.startsWith("#")) return undefined;
  if (!isShared(sandboxId)) return { ...quota, isShared: false, bytes: MAX_TABLE_BYTES };
  const rows = Math.min(quota.rows * sharedFactor.rows, MAX_TABLE_ROWS);
  return { ...quota, isShared: true, rows, bytes: MAX_TABLE_BYTES * sharedFactor.bytes };
}
