// Clients of a server that takes them at their word, as test servers do: whatever they call themselves, and without a
// secret.
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Clients } from "./client_table.ts";
import type { ClientRecord } from "./client_record.ts";
import type { AuthenticatedClient } from "./authenticate.ts";
import { isDocumentId } from "./client_metadata.ts";
import { grantTypes } from "../../scenarios/vocabulary.ts";

/** A client as it registered, or as a public one that may do everything; documents are not fetched. */
export async function believeClient(
  clients: Clients,
  sandbox: Sandbox,
  clientId: string,
): Promise<AuthenticatedClient> {
  const known = isDocumentId(clientId) ? undefined : await clients.recall(sandbox, clientId);
  if (known?.value) return { ...known, value: known.value };
  return { key: [sandbox.id, "client"], value: believed(clientId), versionstamp: null };
}

function believed(clientId: string): ClientRecord {
  return {
    clientId,
    issuedAtSeconds: 0,
    metadata: {
      client_name: clientId,
      redirect_uris: [],
      grant_types: grantTypes,
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
  };
}
