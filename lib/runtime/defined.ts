// Objects without the members that are undefined, for JSON and for types in which a member is there or not.
import { trusted } from "./trusted.ts";

/** Names of the members that may be undefined. */
type Open<T> = { readonly [Name in keyof T]-?: undefined extends T[Name] ? Name : never }[keyof T];

/** An object in which a member that might have been undefined is absent instead. */
type Defined<T> = Omit<T, Open<T>> & { readonly [Name in Open<T>]?: Exclude<T[Name], undefined> };

/**
 * Leaves out the members that are undefined.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const scope: string | undefined = undefined;
 * assert.deepEqual(Object.keys(defined({ sub: "u1", scope })), ["sub"]);
 * ```
 */
export function defined<T extends object>(members: T): Defined<T> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) kept[name] = value;
  return trusted(kept);
}
