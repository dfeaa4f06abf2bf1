// Changes to what is kept of a sandbox, each from the whole state to the whole state.
import { OAuthError } from "../http/errors.ts";
import { noRevocations } from "./sandbox.ts";
import type { Fault } from "../scenarios/fault.ts";
import type { SandboxState } from "./sandbox_table.ts";
import { requireStorable } from "../store/stored_value.ts";

/** What tests may set in a sandbox, in bytes as stored: below what a row holds, so that its clock can always be moved. */
export const MAX_STATE_BYTES = 60 * 1024;
/** Every request looks at all of them. */
const MAX_FAULTS = 100;

/**
 * Adds faults, except those whose name is taken.
 *
 * @throws OAuthError `invalid_request` if that is too much.
 */
export function withFaults(state: SandboxState, faults: readonly Fault[]): SandboxState {
  const news = faults.filter(({ name }) => !state.faults.some((known) => known.name === name));
  const next = withRoom({ ...state, faults: [...state.faults, ...news] });
  if (next.faults.length <= MAX_FAULTS) return next;
  throw new OAuthError("invalid_request", "Too many faults", {
    parameter: "faults",
    received: `${next.faults.length} with these`,
    expected: `${MAX_FAULTS} at most: remove those that have ended`,
  });
}

/** Removes faults. */
export function withoutFaults(state: SandboxState, names: readonly string[]): SandboxState {
  return { ...state, faults: state.faults.filter(({ name }) => !names.includes(name)) };
}

/**
 * Revokes logins: all, or those of one client.
 *
 * @param clientId The client; all clients if not given.
 * @throws OAuthError `invalid_request` if that is too much to remember.
 */
export function withRevocation(state: SandboxState, clientId?: string): SandboxState {
  const { count, all, clients } = state.revocations ?? noRevocations;
  const next = count + 1;
  const revocations = clientId === undefined
    ? { count: next, all: next, clients: {} }
    : { count: next, all, clients: { ...clients, [clientId]: next } };
  return withRoom({ ...state, revocations });
}

/**
 * Insists that a state can be kept.
 *
 * @throws OAuthError `invalid_request` with status 413 if it cannot.
 */
export function withRoom(state: SandboxState): SandboxState {
  requireStorable(state, MAX_STATE_BYTES);
  return state;
}
