// Which scope a tool of `/oauth` needs, and which all the calls of one message need.
import type { ResourceScope } from "../oauth/tokens/scopes.ts";
import { isOfDriver } from "../scenarios/guide.ts";
import { isPlainObject } from "./rpc.ts";

/** Tools that need more than to read; all others need `mcp:read`, but for what is nothing that a client does. */
const toolScopes: Readonly<Record<string, ResourceScope>> = {
  mock_create_note: "mcp:write",
  mock_update_note: "mcp:write",
  mock_delete_note: "mcp:write",
  mock_clear_all_notes: "mcp:write",
  adminAction: "mcp:admin",
};

/**
 * The scopes that a message's tool calls need, each once; none for a message that calls no tool.
 *
 * @param body A message, or a batch of them, unchecked.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "adminAction" } };
 * assert.deepEqual(scopesNeeded(call), ["mcp:admin"]);
 * assert.deepEqual(scopesNeeded({ jsonrpc: "2.0", id: 1, method: "ping" }), []);
 * ```
 */
export function scopesNeeded(body: unknown): readonly ResourceScope[] {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  return [...new Set(messages.flatMap(scopeOf))];
}

function scopeOf(message: unknown): readonly ResourceScope[] {
  if (!isPlainObject(message) || message.method !== "tools/call" || !isPlainObject(message.params)) return [];
  const { name } = message.params;
  if (isOfDriver(message)) return [];
  if (typeof name !== "string") return [];
  return [Object.hasOwn(toolScopes, name) ? toolScopes[name] ?? "mcp:read" : "mcp:read"];
}
