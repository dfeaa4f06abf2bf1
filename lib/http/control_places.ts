// The endpoints that tests control a sandbox with, and read its record from.
import type { Method, Place } from "./place.ts";

/** Below the sandbox's prefix: what was recorded. */
export const recordPlaces = {
  report: control("/control/report", { GET: "control_report" }),
  exchanges: control("/control/exchanges", { GET: "control_exchanges", DELETE: "control_clear_exchanges" }),
  events: control("/control/events", { GET: "control_events" }),
  judge: control("/control/judge", { POST: "control_judge" }),
  runSum: control("/control/runs/:run", { GET: "control_run" }),
};

/** Below the sandbox's prefix: the API that tests control a sandbox with, in the order in which it is shown. */
export const controlPlaces = {
  index: control("/control", { GET: "control_index" }),
  openapi: control("/control/openapi.json", { GET: "control_openapi" }),
  faults: control("/control/faults", {
    GET: "control_list_faults",
    POST: "control_add_faults",
    DELETE: "control_clear_faults",
  }),
  fault: control("/control/faults/:name", { GET: "control_read_fault", DELETE: "control_remove_fault" }),
  clock: control("/control/clock", { GET: "control_read_clock", POST: "control_move_clock" }),
  plan: control("/control/plan", {
    GET: "control_read_plan",
    PATCH: "control_change_plan",
    DELETE: "control_clear_plan",
  }),
  users: control("/control/users", { GET: "control_list_users", POST: "control_declare_users" }),
  user: control("/control/users/:email", { DELETE: "control_remove_user" }),
  clients: control("/control/clients", { GET: "control_list_clients", POST: "control_add_clients" }),
  client: control("/control/clients/:client_id", { DELETE: "control_remove_client" }),
  tokens: control("/control/tokens", { GET: "control_list_tokens", POST: "control_mint_token" }),
  revokeTokens: control("/control/tokens/revoke", { POST: "control_revoke_tokens" }),
  rotateKeys: control("/control/keys/rotate", { POST: "control_rotate_keys" }),
  breakKeys: control("/control/keys/break", { POST: "control_break_keys" }),
  sessions: control("/control/sessions", { GET: "control_list_sessions", DELETE: "control_end_sessions" }),
  session: control("/control/sessions/:session", { DELETE: "control_end_session" }),
  streams: control("/control/streams", { GET: "control_list_streams", POST: "control_push_to_streams" }),
  catalogue: control("/control/catalogue", {
    GET: "control_read_catalogue",
    PUT: "control_set_catalogue",
    DELETE: "control_clear_catalogue",
  }),
  scenarios: control("/control/scenarios", { POST: "control_define_scenarios" }),
  origins: control("/control/origins", { POST: "control_open_origin" }),
  reset: control("/control/reset", { POST: "control_reset" }),
};

/** Below the sandbox's prefix: the same API for agents, as an MCP server. */
export const agentPlaces = {
  agent: control("/control/mcp", { POST: "agent" }),
};

function control<Name extends string>(path: string, names: Readonly<Partial<Record<Method, Name>>>): Place<Name> {
  return { path, kind: "control", cors: true, names };
}
