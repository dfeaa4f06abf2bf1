// The official suite's scenarios of clients: how the server comes to know them, and how they show who they are.
import type { Scenario } from "../../scenario.ts";
import { since2025_06, since2025_11, since2026_07 } from "../since.ts";
import { official, paragraphs } from "./base.ts";
import { handshake, openHandshake } from "./scopes.ts";

const authorization25 = "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization";

/** One way to authenticate at the token endpoint, and no other. */
function tokenEndpointAuth(method: "basic" | "post" | "none", story: string, client: string): Scenario {
  const name = method === "none" ? method : `client_secret_${method}`;
  return official({
    name: `auth-${method}`,
    of: `token-endpoint-auth-${method}`,
    story,
    client,
    revisions: since2025_06,
    tellsScope: false,
    policy: { tokenEndpointAuthMethods: [name] },
    registration: { set: {}, keep: ["token_endpoint_auth_method", ...(method === "none" ? [] : ["client_secret"])] },
    expects: ["C14", "C22"],
    links: [{ label: "RFC 6749 2.3.1", url: "https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1" }],
  });
}

const movedTo = 'Bearer scope="mcp:basic", resource_metadata="{resource_metadata_url}"';

/** The scenarios, in the order of the suite. */
export const officialClients: readonly Scenario[] = [
  official({
    name: "client-document",
    of: "basic-cimd",
    story: "The server accepts URLs of client metadata documents, and registrations as well; it fetches no document",
    client: "Uses the URL of its document as client_id, and does not register",
    revisions: since2025_11,
    policy: { clientIdMetadataDocuments: true },
    expects: ["C6", "C7"],
    links: [{
      label: "MCP 2025-11-25, client id metadata documents",
      url: `${authorization25}#client-id-metadata-documents`,
    }],
  }),
  tokenEndpointAuth(
    "basic",
    "The token endpoint accepts client_secret_basic only",
    "Sends its id and secret in the authorization header",
  ),
  tokenEndpointAuth(
    "post",
    "The token endpoint accepts client_secret_post only",
    "Sends its id and secret in the body",
  ),
  tokenEndpointAuth("none", "The token endpoint accepts public clients only", "Sends its id, and no secret"),
  official({
    name: "pre-registered",
    of: "pre-registration",
    story: "Clients cannot register: this one was given an id and a secret beforehand",
    client: "Uses the id and secret it was given, the latter in the authorization header",
    revisions: since2025_11,
    tellsScope: false,
    policy: { believeClients: false, registration: "off", tokenEndpointAuthMethods: ["client_secret_basic"] },
    clients: [{
      client_id: "pre-registered-client",
      client_secret: "pre-registered-secret",
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["authorization_code"],
    }],
    expects: ["C6", "C22", "C29"],
    links: [{ label: "MCP 2025-11-25, preregistration", url: `${authorization25}#preregistration` }],
  }),
  official({
    name: "server-moved",
    of: "authorization-server-migration",
    story:
      "After the first call with a token the resource names another authorization server, and accepts only its tokens",
    client:
      "Reads the metadata again after the 401, registers with the new server, and sends it nothing of the old one",
    revisions: since2026_07,
    layout: { second_issuer_path: "/as2" },
    challenge: movedTo,
    challengeBody: {},
    refusal: movedTo,
    registration: { set: { client_secret: "as1-client-secret" } },
    faults: [openHandshake, {
      name: "moved",
      match: { endpoint: ["mcp", "resource_metadata"] },
      after: { match: { endpoint: "mcp", authorized: true, not_rpc_method: handshake, status: [200, 202] } },
      policy: { authorizationServer: "second" },
    }, {
      name: "moved-refusal",
      match: { endpoint: "mcp", authorized: true, status: 401 },
      edit: { json: { set: { error_description: "authorization server has changed" } } },
    }, {
      name: "second-registration",
      match: { endpoint: "register", path: "/as2/oauth/register", status: 201 },
      edit: { json: { set: { client_secret: "as2-client-secret" } } },
    }],
    expects: ["C10"],
    reaches: "call_after_refusal",
    links: [paragraphs.resourceMetadata, {
      label: "SEP-2352",
      url: "https://github.com/modelcontextprotocol/modelcontextprotocol/pull/2352",
    }],
  }),
];
