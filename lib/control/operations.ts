/**
 * What each endpoint of the control API is for and what it is sent, with an example that works in a fresh sandbox.
 *
 * @module
 */
import { z } from "zod";
import { faultRequestSchema } from "../scenarios/schema/fault_schema.ts";
import { planMergeSchema } from "../scenarios/schema/plan_schema.ts";
import {
  breakSchema,
  clientRequestSchema,
  clockMoveSchema,
  emptySchema,
  mintRequestSchema,
  originSchema,
  revocationSchema,
  rotationSchema,
  userRequestSchema,
} from "./requests.ts";
import type { Schema } from "../http/json_body.ts";
import type { ControlEndpointName } from "../http/endpoints.ts";
import { scenarioSchema } from "../scenarios/schema/scenario_schema.ts";

/** An endpoint described. */
export interface Operation {
  /** What it does, in one line. */
  readonly summary: string;
  /** More, where one line is not enough. */
  readonly description?: string;
  /** What it is sent; absent where it is sent nothing. */
  readonly body?: Schema;
  /** Whether a list of the same will do as well. */
  readonly isList?: boolean;
  /** A body that works. */
  readonly example?: unknown;
}

const faultText = z.string().meta({
  description: "The same as text: token:503, token:drop*2, mcp:401*always; several with commas between",
});

/** What there is to say of every endpoint. */
export const operations: Readonly<Record<ControlEndpointName, Operation>> = {
  control_index: { summary: "What the sandbox is, and what can be done to it" },
  control_openapi: { summary: "This description" },
  control_list_faults: { summary: "All faults, the scenario's first, and how often each was met" },
  control_add_faults: {
    summary: "Injects a fault: into the next request, some, until a time, or always",
    description: "answer speaks in the endpoint's place, which does nothing. edit changes what the endpoint has said " +
      "after it did its work, so a dropped answer of the token endpoint has used the code up. policy and mint change " +
      "the rules for the one request. A fault of the same name is replaced, and its count begins anew.",
    body: z.union([faultText, faultRequestSchema]),
    isList: true,
    example: {
      match: { endpoint: "token", grant_type: "refresh_token" },
      life: { times: 2 },
      answer: { status: 503, headers: { "retry-after": "1" } },
    },
  },
  control_clear_faults: { summary: "Removes all faults that were set" },
  control_read_fault: { summary: "One fault, and how often it was met" },
  control_remove_fault: { summary: "Removes one fault" },
  control_read_clock: { summary: "The sandbox's time" },
  control_move_clock: {
    summary: "Moves the clock that everything in the sandbox runs on",
    body: clockMoveSchema,
    example: { advance_seconds: 3600 },
  },
  control_read_plan: { summary: "The rules in force, and which of them were overridden" },
  control_change_plan: {
    summary: "Overrides rules; null removes an override",
    body: planMergeSchema,
    example: { policy: { require_state: true, code_ttl_seconds: 30 }, mint: { access_token_ttl_seconds: 60 } },
  },
  control_clear_plan: { summary: "Removes all overrides" },
  control_list_users: { summary: "People who can log in" },
  control_declare_users: {
    summary: "Declares people who can log in, in place of those who have their addresses",
    body: userRequestSchema,
    isList: true,
    example: { email: "ada@example.com", password: "x", name: "Ada", roles: ["admin"], claims: { tenant: 7 } },
  },
  control_remove_user: { summary: "Forgets a person" },
  control_list_clients: { summary: "Clients that are known" },
  control_add_clients: {
    summary: "Makes a client known, with a client_id and a secret of your choice",
    description: "Beside them stands the metadata of a registration (RFC 7591 2), with the same defaults.",
    body: clientRequestSchema,
    isList: true,
    example: {
      client_id: "my-app",
      redirect_uris: ["http://127.0.0.1/callback"],
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
    },
  },
  control_remove_client: { summary: "Forgets a client, as if the server had lost it" },
  control_list_tokens: { summary: "Tokens that were minted here, and logins that are known" },
  control_mint_token: {
    summary: "Mints an access token without a flow",
    description: "claims replace those of the token whatever they say, so that a token can be wrong on purpose.",
    body: mintRequestSchema,
    example: { user: "ada@example.com", scope: "mcp:read", expires_in: 60 },
  },
  control_revoke_tokens: {
    summary: "Revokes a token, a login, all logins of a client, or all there are",
    body: revocationSchema,
    example: { all: true },
  },
  control_rotate_keys: {
    summary: "Signs with new keys; the old ones verify for some time, or for good",
    body: rotationSchema,
    example: { keep_old_seconds: 60 },
  },
  control_break_keys: {
    summary: "Makes signatures wrong, or of a key that is not in the key set; none mends it",
    body: breakSchema,
    example: { how: "wrong_signature" },
  },
  control_define_scenarios: {
    summary: "Defines a scenario of your own; returns its URL and a link that carries it",
    body: scenarioSchema,
    isList: true,
    example: {
      name: "iss-wrong",
      story: "The issuer in authorization responses is another",
      plan: { faults: [{ name: "iss", match: { endpoint: "authorize" }, edit: { location: { iss: "{issuer}/" } } }] },
    },
  },
  control_open_origin: {
    summary: "Opens a port of its own for a sandbox, whose origin needs no name to be resolved",
    description: "For scenarios that must have an origin to themselves, and for any other. The sandbox is the one of " +
      "/s/SCENARIO~LABEL; asked again for the same, it answers with the same port, until the server stops.",
    body: originSchema,
    example: { scenario: "no-prm", label: "my-test" },
  },
  control_reset: { summary: "Begins the sandbox anew: nothing of before is known", body: emptySchema, example: {} },
};
