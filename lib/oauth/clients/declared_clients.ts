// Clients that are there without having registered, as a scenario declares them.
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { ScenarioClient } from "../../scenarios/scenario.ts";
import type { ClientRecord } from "./client_record.ts";
import { hashSecret } from "./client_secret.ts";
import { tokenEndpointAuthMethods } from "../../scenarios/vocabulary.ts";

const known = new WeakMap<ScenarioClient, ClientRecord>();

/** Finds a declared client. */
export function findDeclared({ clients }: Sandbox, clientId: string): ClientRecord | undefined {
  const declared = clients.find(({ client_id }) => client_id === clientId);
  if (!declared) return undefined;
  const record = known.get(declared) ?? recordOf(declared);
  known.set(declared, record);
  return record;
}

function recordOf(client: ScenarioClient): ClientRecord {
  const method = tokenEndpointAuthMethods.find((name) => name === client.token_endpoint_auth_method);
  if (method === undefined) throw new Error(`No client can authenticate with ${client.token_endpoint_auth_method}`);
  return {
    clientId: client.client_id,
    issuedAtSeconds: 0,
    ...(client.client_secret === undefined ? {} : { secretHash: hashSecret(client.client_secret) }),
    metadata: {
      client_name: client.client_id,
      redirect_uris: client.redirect_uris ?? [],
      token_endpoint_auth_method: method,
      grant_types: client.grant_types,
      response_types: client.grant_types.includes("authorization_code") ? ["code"] : [],
      post_logout_redirect_uris: client.post_logout_redirect_uris,
      jwks: client.jwks,
    },
  };
}
