// Ids of logins, by which all that came of one can be revoked: one alone through a mark in the store, many together by
// what the id itself says.
import type { Chance } from "../../runtime/chance.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";

/**
 * Makes the id of a new login.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createChance } from "../../runtime/chance.ts";
 * import { buildSandbox } from "../../sandbox/sandbox.ts";
 * const sandbox = buildSandbox({ origin: "http://localhost", now: () => 5 });
 * const chance = createChance((length) => new Uint8Array(length));
 * assert.equal(createSessionId(sandbox, chance), "session-5-0000000");
 * ```
 */
export function createSessionId(
  { nowMs, revocations }: Pick<Sandbox, "nowMs" | "revocations">,
  chance: Chance,
): string {
  const { count } = revocations();
  const id = `session-${nowMs}-${chance.base36(7)}`;
  return count === 0 ? id : `${id}.${count}`;
}

/**
 * Whether a text is written as the id of a login is. Nothing more can be told of it: a login whose code is not redeemed
 * yet stands in no table.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert(isSessionId("session-5-0000000.1"));
 * assert(!isSessionId("unknown"));
 * ```
 */
export function isSessionId(text: string): boolean {
  return /^session--?\d{1,16}(?:\.\d{1,20})?-[0-9a-z]{7}(?:\.\d{1,16})?$/.test(text);
}

/** Whether a login was revoked together with others. */
export function isRevokedTogether(
  { revocations }: Pick<Sandbox, "revocations">,
  sessionId: string,
  clientId: string,
): boolean {
  const { count, all, clients } = revocations();
  if (count === 0) return false;
  const made = Number(/\.(\d+)$/.exec(sessionId)?.[1] ?? 0);
  return made < Math.max(all, Object.hasOwn(clients, clientId) ? clients[clientId] ?? 0 : 0);
}
