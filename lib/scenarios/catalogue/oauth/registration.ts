// How clients become known, and how long they stay so.
import type { Scenario, ScenarioClient } from "../../scenario.ts";
import { webPage } from "./discovery.ts";
import { mcp, reports, rfc } from "../links.ts";

/** Clients of a server without registration, as an administrator would have set them up. */
const knownClients: readonly ScenarioClient[] = [
  {
    client_id: "known-public-client",
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
  },
  {
    client_id: "known-client",
    client_secret: "known-client-secret",
    token_endpoint_auth_method: "client_secret_post",
    grant_types: ["authorization_code", "refresh_token"],
  },
];

/** A server that a client must be known to beforehand. */
export const noRegistration: Scenario = {
  name: "no-registration",
  group: "Registration",
  story: "Clients can neither register themselves nor use the URL of a metadata document",
  client: "Uses the credentials it was given, or asks the person for them",
  plan: { policy: { registration: "off", clientIdMetadataDocuments: false, redirectUriMatch: "any" } },
  clients: knownClients,
  expects: ["C6", "C22", "C29"],
  links: [
    mcp("pre-registration"),
    ...reports("insp#167", "wong2/mcp-cli#23", "remote#53", "microsoft/azure-devops-mcp#1077", "vsc#257415"),
  ],
};

/** A registration endpoint that refuses everyone. */
export const dcrForbidden: Scenario = {
  name: "dcr-forbidden",
  group: "Registration",
  story: "The registration endpoint is advertised, but refuses every client with 403",
  client: "Shows the refusal, and does not continue with an invented client_id",
  plan: {
    policy: { clientIdMetadataDocuments: false, redirectUriMatch: "any" },
    faults: [{
      name: "dcr-forbidden",
      match: { endpoint: "register", method: "POST" },
      answer: {
        status: 403,
        body: {
          error: "insufficient_scope",
          error_description: "The policy 'Trusted Hosts' takes no registration from this host",
        },
      },
    }],
  },
  clients: knownClients,
  expects: ["C9"],
  reaches: "registration",
  links: [mcp("dynamic registration"), rfc("7591 3.2.2"), ...reports("dnotitia/akb#635")],
};

/** Life of what is short-lived here, in seconds: long enough to log in, short enough to wait for. */
const SHORT_SECONDS = 60;

/** Only clients that have to register meet what can go wrong with it, so there are no client metadata documents. */
const mustRegister = { clientIdMetadataDocuments: false } as const;
/** Clients that get a secret whatever they ask for. */
const secretsOnly = {
  ...mustRegister,
  tokenEndpointAuthMethods: ["client_secret_post", "client_secret_basic"],
} as const;

/** Scenarios of registration. */
export const registrationScenarios: readonly Scenario[] = [
  noRegistration,
  dcrForbidden,
  {
    name: "dcr-rejected",
    group: "Registration",
    story: "Every registration is rejected for its redirect URI",
    client: "Shows the error; may try again with another application_type or redirect URI",
    plan: {
      policy: { clientIdMetadataDocuments: false },
      faults: [{
        name: "dcr-rejected",
        match: { endpoint: "register", method: "POST" },
        answer: {
          status: 400,
          body: {
            error: "invalid_redirect_uri",
            error_description: "redirect_uris are not allowed for this application_type",
          },
        },
      }],
    },
    expects: ["C8", "C9"],
    reaches: "registration",
    links: [mcp("redirect URI constraints"), rfc("7591 3.2.2")],
  },
  {
    name: "dcr-html",
    group: "Registration",
    story: "Something in front of the registration endpoint returns a web page that requires a browser",
    client: "Reports that registration failed with status 403, and does not crash on the page",
    plan: {
      policy: { clientIdMetadataDocuments: false },
      faults: [{
        name: "dcr-html",
        match: { endpoint: "register", method: "POST" },
        answer: { status: 403, headers: { "content-type": webPage.content_type }, body: webPage.body },
      }],
    },
    expects: ["C9"],
    reaches: "registration",
    links: [mcp("dynamic registration"), ...reports("cc#72673", "datagouv/datagouv-mcp#26")],
  },
  {
    name: "dcr-nulls",
    group: "Registration",
    story: "The registration response has null in every member that the client did not send",
    client: "Treats null as absent",
    plan: {
      policy: mustRegister,
      faults: [{
        name: "dcr-nulls",
        match: { endpoint: "register", status: 201 },
        edit: { json: { set: { client_uri: null, logo_uri: null, contacts: null, tos_uri: null, jwks: null } } },
      }],
    },
    expects: ["C6", "C22"],
    links: [rfc("7591 3.2.1"), ...reports("sigbit/mcp-auth-proxy#173")],
  },
  {
    name: "dcr-no-secret-expiry",
    group: "Registration",
    story: "The registration response has a secret, but no client_secret_expires_at",
    client: "Assumes that the secret does not expire",
    plan: {
      policy: secretsOnly,
      faults: [{
        name: "dcr-no-secret-expiry",
        match: { endpoint: "register", status: 201 },
        edit: { json: { remove: ["client_secret_expires_at"] } },
      }],
    },
    expects: ["C6", "C22"],
    links: [rfc("7591 3.2.1"), ...reports("jitsucom/jitsu#1430")],
  },
  {
    name: "dcr-method-changed",
    group: "Registration",
    story: "A client that asks to be public is registered with a secret, though metadata lists none",
    client: "Authenticates as the registration response says, not as it asked to",
    plan: {
      policy: { ...mustRegister, tokenEndpointAuthMethods: ["client_secret_post"] },
      faults: [{
        name: "dcr-method-changed",
        match: { endpoint: "server_metadata", status: 200 },
        edit: {
          json: {
            set: { token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"] },
          },
        },
      }],
    },
    expects: ["C6", "C22"],
    links: [rfc("7591 3.2.1"), ...reports("buildswithpaul/Frappe_Assistant_Core#65")],
  },
  {
    name: "client-secret-expires",
    group: "Registration",
    story: "Client secrets expire after a minute, and access tokens with them",
    client: "Registers again when its secret has expired",
    plan: {
      policy: { ...secretsOnly, clientSecretTtlSeconds: SHORT_SECONDS },
      mint: { accessTokenTtlSeconds: SHORT_SECONDS },
    },
    expects: ["C6", "C22"],
    reaches: "call_after_expiry",
    links: [rfc("7591 3.2.1"), ...reports("py#3256")],
  },
  {
    name: "client-forgotten",
    group: "Registration",
    story: "A minute after registration the server has forgotten the client, as after a restart without a database",
    client: "Registers again after invalid_client, and has the person log in again",
    plan: {
      policy: { ...mustRegister, clientTtlSeconds: SHORT_SECONDS },
      mint: { accessTokenTtlSeconds: SHORT_SECONDS },
      faults: [{
        name: "client-forgotten",
        match: { endpoint: "authorize", status: 400 },
        edit: {
          status: 422,
          body: '{"detail":[{"loc":["query","client_id"],"msg":"Client not found","type":"value_error"}]}',
          content_type: "application/json",
        },
      }],
    },
    expects: ["C6", "C22"],
    reaches: "call_after_expiry",
    links: [rfc("6749 5.2"), ...reports("remote#36", "cc#84614", "cc#79505", "supabase/mcp#355")],
  },
  {
    name: "invalid-client-400",
    group: "Registration",
    story:
      "A minute after registration the client is forgotten, and the token endpoint says so with 400 instead of 401",
    client: "Goes by the error code, not by the status, and registers again",
    plan: {
      policy: { ...mustRegister, clientTtlSeconds: SHORT_SECONDS },
      mint: { accessTokenTtlSeconds: SHORT_SECONDS },
      faults: [{ name: "invalid-client-400", match: { endpoint: "token", status: 401 }, edit: { status: 400 } }],
    },
    expects: ["C6", "C22"],
    reaches: "call_after_expiry",
    links: [rfc("6749 5.2"), ...reports("PrefectHQ/fastmcp#1762")],
  },
  {
    name: "cimd-rejected",
    group: "Registration",
    story: "Client metadata documents are advertised, but a client_id that is a URL is refused",
    client: "Shows the refusal, or registers dynamically",
    plan: {
      policy: { clientIdMetadataDocuments: false },
      faults: [{
        name: "cimd-rejected",
        match: { endpoint: "server_metadata", status: 200 },
        edit: { json: { set: { client_id_metadata_document_supported: true } } },
      }],
    },
    expects: ["C7", "C11"],
    reaches: "authorization",
    links: [mcp("client metadata documents"), ...reports("speakeasy-api/gram#5687")],
  },
];
