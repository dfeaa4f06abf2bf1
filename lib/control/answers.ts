/**
 * The shapes of what the control API answers with, for its description and for the tests that hold it to it.
 *
 * @module
 */
import { z } from "zod";
import type { Schema } from "../http/json_body.ts";
import type { ControlEndpointName } from "../http/endpoints.ts";

const text = z.string();
const count = z.number().int().min(0);
const members = z.record(z.string(), z.unknown());
const both = z.object({ policy: members, mint: members });

const fault = z.looseObject({
  name: text,
  source: z.enum(["scenario", "control"]),
  life: z.union([
    z.enum(["next", "always"]),
    z.object({ times: count }),
    z.object({ until: z.number() }),
  ]),
  met: count,
  is_over: z.boolean(),
  match: members,
});
const faults = z.object({ faults: z.array(fault) });
const clock = z.object({ now_ms: z.number(), iso: z.iso.datetime(), offset_seconds: z.number() });
const plan = z.object({ plan: both, overrides: both });
const user = z.object({ user_id: text, name: text, email: text, claims: members, created_at_ms: z.number() });
const client = z.looseObject({
  client_id: text,
  client_id_issued_at: count,
  has_secret: z.boolean(),
  client_secret: text.optional(),
});
const token = z.object({
  jti: text,
  session_id: text,
  client_id: text,
  user_id: text,
  scope: text,
  minted_at_ms: z.number(),
  expires_at: z.number().optional(),
  revoked: z.boolean(),
});
const session = z.object({ session_id: text, client_id: text, last_used_ms: z.number(), revoked: z.boolean() });

/** What each endpoint answers with when it has done what was asked. */
export const answers: Readonly<Record<ControlEndpointName, Schema>> = {
  control_index: z.object({
    sandbox: text,
    scenario: text,
    now_ms: z.number(),
    links: z.array(z.object({ name: text, method: text, href: z.string(), summary: text })),
  }),
  control_openapi: z.looseObject({ openapi: z.literal("3.1.1"), info: members, paths: members }),
  control_list_faults: faults,
  control_add_faults: faults,
  control_clear_faults: faults,
  control_read_fault: fault,
  control_remove_fault: fault,
  control_read_clock: clock,
  control_move_clock: clock,
  control_read_plan: plan,
  control_change_plan: plan,
  control_clear_plan: plan,
  control_list_users: z.object({ users: z.array(user) }),
  control_declare_users: z.object({ users: z.array(user) }),
  control_remove_user: user,
  control_list_clients: z.object({ clients: z.array(client) }),
  control_add_clients: z.object({ clients: z.array(client) }),
  control_remove_client: client,
  control_list_tokens: z.object({ tokens: z.array(token), sessions: z.array(session) }),
  control_mint_token: z.looseObject({ access_token: text, token_type: text, session_id: text, claims: members }),
  control_revoke_tokens: z.object({ revoked: members }),
  control_rotate_keys: z.object({ keys: z.array(z.object({ kid: text, alg: text, signs: z.boolean() })) }),
  control_break_keys: z.object({ how: text, overrides: both }),
  control_define_scenarios: z.object({
    scenarios: z.array(z.object({ name: text, url: z.url(), mcp_url: z.url(), link: z.url(), definition: members })),
  }),
  control_open_origin: z.object({ scenario: text, label: text, origin: z.url(), mcp_url: z.url() }),
  control_reset: clock,
};

/** A refusal. */
export const errorAnswer: Schema = z.object({
  error: text,
  error_description: text,
  error_uri: z.url().optional(),
});
