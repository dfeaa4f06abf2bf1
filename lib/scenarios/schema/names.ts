// Names on their way through the door: rules and tokens are called in camel case inside, in snake case on the wire.

/**
 * Converts the names of an object's own members, and no deeper: nested members may be a client's own claims.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const policy = { codeTtlSeconds: 60, claims: { tenantId: 7 } };
 * assert.deepEqual(withNames(policy, "snake"), { code_ttl_seconds: 60, claims: { tenantId: 7 } });
 * assert.deepEqual(withNames(withNames(policy, "snake"), "camel"), policy);
 * ```
 */
export function withNames(object: object, style: "snake" | "camel"): Readonly<Record<string, unknown>> {
  const turn = style === "snake"
    ? (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    : (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [turn(name), value]));
}
