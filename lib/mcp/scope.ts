/**
 * The facts of one request that a tool's answer depends on, kept by the request until the SDK calls the tool.
 *
 * @module
 */
import type { Sandbox } from "../sandbox.ts";
import { type Notes, openNotes } from "../store/notes.ts";
import type { McpCaller } from "./caller.ts";
import type { McpOptions } from "./options.ts";
import type { Profile } from "./profile.ts";
import type { ToolCall } from "./tools/tool.ts";

/** One request's facts. */
export interface Scope {
  /** What the endpoint shows. */
  readonly profile: Profile;
  /** What a tool may touch. */
  readonly call: ToolCall;
}

/**
 * Makes the scope of a request.
 *
 * @param options What the endpoints work with.
 * @param profile What the endpoint shows.
 * @param facts The sandbox, the caller, and whom notes belong to.
 */
export function createScope(
  { store, chance, sleep }: Pick<Required<McpOptions>, "store" | "chance" | "sleep">,
  profile: Profile,
  { sandbox, caller, owner }: { readonly sandbox: Sandbox; readonly caller: McpCaller; readonly owner: string },
): Scope {
  const notes = (): Notes => openNotes(store, sandbox.id, owner);
  return { profile, call: { sandbox, chance, sleep, notes, ...(caller.user && { user: caller.user }) } };
}
