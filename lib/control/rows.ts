/**
 * The endpoints of the control API: what each is called, and where it lies. Three things follow from this list: the route
 * table, the index at `/control`, and the OpenAPI document.
 *
 * @module
 */
import { controlPaths } from "../http/urls.ts";

/** The endpoints, in the order they are shown. */
export const controlRows = [
  { name: "control_index", method: "GET", path: controlPaths.index },
  { name: "control_openapi", method: "GET", path: controlPaths.openapi },
  { name: "control_list_faults", method: "GET", path: controlPaths.faults },
  { name: "control_add_faults", method: "POST", path: controlPaths.faults },
  { name: "control_clear_faults", method: "DELETE", path: controlPaths.faults },
  { name: "control_read_fault", method: "GET", path: controlPaths.fault },
  { name: "control_remove_fault", method: "DELETE", path: controlPaths.fault },
  { name: "control_read_clock", method: "GET", path: controlPaths.clock },
  { name: "control_move_clock", method: "POST", path: controlPaths.clock },
  { name: "control_read_plan", method: "GET", path: controlPaths.plan },
  { name: "control_change_plan", method: "PATCH", path: controlPaths.plan },
  { name: "control_clear_plan", method: "DELETE", path: controlPaths.plan },
  { name: "control_list_users", method: "GET", path: controlPaths.users },
  { name: "control_declare_users", method: "POST", path: controlPaths.users },
  { name: "control_remove_user", method: "DELETE", path: controlPaths.user },
  { name: "control_list_clients", method: "GET", path: controlPaths.clients },
  { name: "control_add_clients", method: "POST", path: controlPaths.clients },
  { name: "control_remove_client", method: "DELETE", path: controlPaths.client },
  { name: "control_list_tokens", method: "GET", path: controlPaths.tokens },
  { name: "control_mint_token", method: "POST", path: controlPaths.tokens },
  { name: "control_revoke_tokens", method: "POST", path: controlPaths.revokeTokens },
  { name: "control_rotate_keys", method: "POST", path: controlPaths.rotateKeys },
  { name: "control_break_keys", method: "POST", path: controlPaths.breakKeys },
  { name: "control_define_scenarios", method: "POST", path: controlPaths.scenarios },
  { name: "control_open_origin", method: "POST", path: controlPaths.origins },
  { name: "control_reset", method: "POST", path: controlPaths.reset },
] as const;

/** Name of one of them. */
export type ControlRowName = typeof controlRows[number]["name"];
