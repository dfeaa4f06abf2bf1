// Where the token endpoint expects a client's secret.
import type { Fault } from "../../fault.ts";
import type { Scenario } from "../../scenario.ts";
import { reports, rfc } from "../links.ts";

/** What is answered to a secret in the wrong place. */
const refused = {
  status: 401,
  body: { error: "invalid_client", error_description: "Client authentication failed" },
} as const;

const bodyRefused: Fault = {
  name: "secret-in-body-refused",
  match: { endpoint: "token", has_param: "client_secret" },
  answer: refused,
};

const links = [
  rfc("6749 2.3.1"),
  ...reports("openai/codex#40928", "anthropics/claude-ai-mcp#667", "metatool-ai/metamcp#342"),
];

/** A server that takes a secret in the body and nowhere else. */
export const secretInBodyOnly: Scenario = {
  name: "secret-in-body-only",
  group: "Token endpoint",
  story: "The server lists only client_secret_post, and refuses a secret in the authorization header",
  client: "Authenticates as metadata and registration say",
  plan: {
    policy: { clientIdMetadataDocuments: false, tokenEndpointAuthMethods: ["client_secret_post"] },
    faults: [{
      name: "secret-in-header-refused",
      match: { endpoint: "token", has_header: "authorization" },
      answer: refused,
    }],
  },
  expects: ["C6", "C22"],
  links,
};

/** Scenarios of client authentication. */
export const clientAuthScenarios: readonly Scenario[] = [
  secretInBodyOnly,
  {
    name: "secret-in-header-only",
    group: "Token endpoint",
    story: "The server lists only client_secret_basic, and refuses a secret in the body",
    client: "Authenticates as metadata and registration say",
    plan: {
      policy: { clientIdMetadataDocuments: false, tokenEndpointAuthMethods: ["client_secret_basic"] },
      faults: [bodyRefused],
    },
    expects: ["C6", "C22"],
    links,
  },
  {
    name: "auth-methods-unlisted",
    group: "Token endpoint",
    story:
      "Metadata does not say how clients authenticate, which means client_secret_basic, and nothing else is accepted",
    client: "Knows the default, and sends its secret in the authorization header",
    plan: {
      policy: { clientIdMetadataDocuments: false, tokenEndpointAuthMethods: ["client_secret_basic"] },
      faults: [
        {
          name: "auth-methods-unlisted",
          match: { endpoint: "server_metadata", status: 200 },
          edit: { json: { remove: ["token_endpoint_auth_methods_supported"] } },
        },
        bodyRefused,
      ],
    },
    expects: ["C6", "C22"],
    links: [rfc("8414 2"), ...links],
  },
];
