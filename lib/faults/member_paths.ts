// Members of a JSON-RPC message by their path, such as `result.capabilities`, as an edit names them.
import { isObject, type JsonObject } from "../http/json.ts";
import { messageMembers } from "../scenarios/match.ts";

/** Whether a name is a path into a message: it begins with a member that every message may have. */
function isPath(name: string): boolean {
  const [first = "", ...rest] = name.split(".");
  return rest.length > 0 && messageMembers.some((member) => member === first);
}

/**
 * Sets a member by its name, or by its path if that leads into a message; a path whose members before the last are not there
 * changes nothing. A name may hold dots itself, as those in `_meta` do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const message = { result: { capabilities: { tools: {} } } };
 * assert.deepEqual(withMember(message, "result.capabilities", {}), { result: { capabilities: {} } });
 * assert.deepEqual(withMember({ error: {} }, "result.capabilities", {}), { error: {} });
 * assert.deepEqual(withMember({ a: 1 }, "b.c", 2), { a: 1, "b.c": 2 });
 * ```
 */
export function withMember(members: JsonObject, name: string, value: unknown): JsonObject {
  return isPath(name) ? changed(members, name, (holder, last) => ({ ...holder, [last]: value })) ?? members : {
    ...members,
    [name]: value,
  };
}

/**
 * Removes a member by its name or path.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(withoutMember({ result: { a: 1, b: 2 } }, "result.a"), { result: { b: 2 } });
 * ```
 */
export function withoutMember(members: JsonObject, name: string): JsonObject {
  const without = (holder: JsonObject, last: string): JsonObject =>
    Object.fromEntries(Object.entries(holder).filter(([own]) => own !== last));
  return isPath(name) ? changed(members, name, without) ?? members : without(members, name);
}

/** Changes what holds the last member of a path; undefined where the path does not lead that far. */
function changed(
  members: JsonObject,
  path: string,
  change: (holder: JsonObject, last: string) => JsonObject,
): JsonObject | undefined {
  if (Object.hasOwn(members, path)) return change(members, path);
  for (let dot = path.indexOf("."); dot !== -1; dot = path.indexOf(".", dot + 1)) {
    const name = path.slice(0, dot);
    const holder = members[name];
    if (!Object.hasOwn(members, name) || !isObject(holder)) continue;
    const rest = path.slice(dot + 1);
    return { ...members, [name]: changed(holder, rest, change) ?? change(holder, rest) };
  }
  return undefined;
}
