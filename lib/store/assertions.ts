/**
 * Client assertions that were used: each may be once, on whatever process it arrives.
 *
 * @module
 */
import { hash } from "node:crypto";
import type { Store } from "./kv.ts";

/** The marks of all sandboxes. */
export interface Assertions {
  /** Marks an assertion as used for so many milliseconds; false if it was before. */
  readonly spend: (sandboxId: string, clientId: string, jti: string, keepMs: number) => Promise<boolean>;
}

/**
 * Opens the table of marks.
 *
 * @param store The store.
 */
export function createAssertions(store: Store): Assertions {
  return {
    spend: (sandboxId, clientId, jti, keepMs) => {
      const name = hash("sha256", JSON.stringify([clientId, jti]), "base64url");
      return store.create([sandboxId, "assertion", name], 1, keepMs);
    },
  };
}
