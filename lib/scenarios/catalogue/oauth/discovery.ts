// Metadata of the authorization server that is elsewhere, says too little, or is wrong.
import type { Fault } from "../../fault.ts";
import type { Match } from "../../match.ts";
import type { Scenario } from "../../scenario.ts";
import { mcp, reports, rfc } from "../links.ts";
import { since2025_06, since2025_11, since2026_07 } from "../since.ts";

/** The document itself, and not what is said where there is none. */
const document: Match = { endpoint: "server_metadata", status: 200 };

/** A page for people where a program looks for JSON, as servers of web applications give it out for every path. */
export const webPage = {
  body: '<!doctype html><html lang="en"><title>App</title><div id="root"></div></html>',
  content_type: "text/html; charset=utf-8",
} as const;

/** Metadata only in OpenID Connect's place. */
export const oidcOnly: Scenario = {
  name: "oidc-only",
  group: "Discovery",
  story: "Metadata exists only where OpenID Connect Discovery puts it, below the issuer",
  client: "Tries all locations in order, and finds it at the last one",
  plan: { policy: { serverMetadataAt: ["oidc_appended"] } },
  revisions: since2025_06,
  expects: ["C4", "C22"],
  links: [mcp("server metadata"), ...reports("ts#616")],
};

/** Metadata that does not speak of PKCE. */
export const noPkceList: Scenario = {
  name: "no-pkce-list",
  group: "Discovery",
  story: "Metadata has no code_challenge_methods_supported, so nothing says that the server supports PKCE",
  client: "Stops before it sends the person to log in",
  plan: {
    faults: [{
      name: "no-pkce-list",
      match: document,
      edit: { json: { remove: ["code_challenge_methods_supported"] } },
    }],
  },
  revisions: since2025_11,
  expects: ["C13"],
  reaches: { refuses_before: "authorization", rule: "C13" },
  links: [
    mcp("code protection"),
    ...reports("ts#2831", "empires-security/mcp-oauth2-aws-cognito#9", "vercel/ai#18674"),
  ],
};

/** The weak challenge method besides the good one. */
export const pkcePlainToo: Scenario = {
  name: "pkce-plain-too",
  group: "Discovery",
  story: "The server supports PKCE's plain method besides S256, and lists it first",
  client: "Uses S256 all the same",
  plan: { policy: { codeChallengeMethods: ["plain", "S256"] } },
  expects: ["C11", "C12"],
  links: [mcp("code protection"), rfc("7636 4.2"), ...reports("JSONbored/metagraphed#9637")],
};

/** An issuer that is another than the one that was asked for. */
export const issuerExtraPath: Scenario = {
  name: "issuer-extra-path",
  group: "Discovery",
  story: "The issuer in the metadata has a path that the resource's metadata does not mention",
  client: "Does not use metadata whose issuer differs from the one it asked for",
  plan: { faults: [issuerIs("issuer-extra-path", "{issuer}/oauth2")] },
  revisions: since2026_07,
  expects: ["C5"],
  reaches: { refuses_before: "authorization", rule: "C5" },
  links: [
    mcp("server metadata"),
    rfc("8414 3.3"),
    ...reports("SmartBear/smartbear-mcp#682", "atlassian/atlassian-mcp-server#205"),
  ],
};

function issuerIs(name: string, issuer: string): Fault {
  return { name, match: document, edit: { json: { set: { issuer } } } };
}

/** Scenarios of discovery, as far as the authorization server is concerned. */
export const discoveryScenarios: readonly Scenario[] = [
  noPkceList,
  {
    name: "pkce-plain-only",
    group: "Discovery",
    story: "The server supports PKCE's plain method only",
    client: "Stops, as it supports S256 and the server does not",
    plan: { policy: { codeChallengeMethods: ["plain"] } },
    expects: ["C12"],
    reaches: "discovery",
    links: [mcp("code protection"), rfc("7636 4.2"), ...reports("JSONbored/metagraphed#9637")],
  },
  pkcePlainToo,
  {
    name: "issuer-path",
    group: "Discovery",
    story: "The issuer has a path, and there is no metadata at the root of the origin",
    client: "Inserts the well-known path before the issuer's path, and requests nothing at the root",
    plan: {},
    layout: { issuer_path: "/tenant1" },
    needs_origin: true,
    revisions: since2025_06,
    expects: ["C4", "C22"],
    links: [
      mcp("server metadata"),
      rfc("8414 3.1"),
      ...reports("cc#95270", "mcp-use/mcp-use#1576", "anthropics/claude-ai-mcp#376"),
    ],
  },
  {
    name: "issuer-slash",
    group: "Discovery",
    story: "The issuer in the server's metadata ends in a slash; in the resource's metadata it does not",
    client: "Compares character by character, and does not use the metadata",
    plan: { faults: [issuerIs("issuer-slash", "{issuer}/")] },
    revisions: since2026_07,
    expects: ["C5"],
    reaches: { refuses_before: "authorization", rule: "C5" },
    links: [
      mcp("server metadata"),
      rfc("8414 3.3"),
      ...reports("py#1919", "vercel/ai#20236", "anomalyco/opencode#50036"),
    ],
  },
  issuerExtraPath,
  oidcOnly,
  {
    name: "oidc-fields-missing",
    group: "Discovery",
    story: "An OpenID Connect document lacks members that OpenID Connect requires, though OAuth does not need them",
    client: "Reads it as OAuth metadata and continues",
    plan: {
      policy: { serverMetadataAt: ["oidc", "oidc_appended"] },
      faults: [{
        name: "oidc-fields-missing",
        match: document,
        edit: {
          json: { remove: ["jwks_uri", "subject_types_supported", "id_token_signing_alg_values_supported"] },
        },
      }],
    },
    revisions: since2025_06,
    expects: ["C4", "C22"],
    links: [mcp("server metadata"), rfc("8414 2"), ...reports("ts#2733", "insp#2172")],
  },
  {
    name: "spa-catch-all",
    group: "Discovery",
    story: "Every path that does not exist returns 200 and the page of a web application, well-known paths included",
    client:
      "Does not take a page for metadata, and tries the next location until it finds the document below the issuer",
    plan: {
      policy: { serverMetadataAt: ["oidc_appended"] },
      faults: [{ name: "spa-catch-all", match: { status: 404 }, edit: { status: 200, ...webPage } }],
    },
    revisions: since2025_06,
    expects: ["C4", "C22"],
    links: [
      mcp("server metadata"),
      ...reports("outline/outline#11572", "mayflower/contextmine#2", "rs#544"),
    ],
  },
  {
    name: "metadata-text-404",
    group: "Discovery",
    story: "Where there is no metadata, the response is a plain-text 404, which is not JSON",
    client: "Reads the status before the body, and tries the next location",
    plan: {
      policy: { serverMetadataAt: ["oidc_appended"] },
      faults: [{
        name: "metadata-text-404",
        match: { endpoint: "server_metadata", status: 404 },
        edit: { body: "404 page not found\n", content_type: "text/plain; charset=utf-8" },
      }],
    },
    revisions: since2025_06,
    expects: ["C4", "C22"],
    links: [mcp("server metadata"), ...reports("datagouv/datagouv-mcp#26")],
  },
  {
    name: "http-token-endpoint",
    group: "Discovery",
    story: "The token endpoint in the metadata is an http URL on another host, as behind a proxy that ends TLS",
    client: "Sends neither code nor secret unencrypted, and says why",
    plan: {
      faults: [{
        name: "http-token-endpoint",
        match: document,
        // A name that can never be found, so that a careless client's code reaches no one (RFC 6761 6.4).
        edit: { json: { set: { token_endpoint: "http://plain-http.invalid/oauth/token" } } },
      }],
    },
    expects: ["C28"],
    reaches: { refuses_before: "authorization", rule: "C28" },
    links: [mcp("communication security"), ...reports("mesh/mesh-mcp#20", "Mnexa-AI/e2a#635")],
  },
  {
    name: "authorize-url-query",
    group: "Discovery",
    story: "The URL of the authorization endpoint already has a query",
    client: "Adds its parameters to the existing ones, and drops none",
    plan: {
      faults: [{
        name: "authorize-url-query",
        match: document,
        edit: { json: { set: { authorization_endpoint: "{authorize_url}?tenant=one" } } },
      }, {
        name: "tenant-missing",
        match: { endpoint: "authorize", lacks_param: "tenant" },
        answer: { status: 400, body: "Unknown tenant: the authorization endpoint's own query is gone" },
      }],
    },
    expects: ["C11", "C14", "C15"],
    links: [
      rfc("6749 3.1"),
      ...reports("google-gemini/gemini-cli#4845", "py#3505", "NousResearch/hermes-agent#98117"),
    ],
  },
  {
    name: "no-cors",
    group: "Discovery",
    story: "No response may be read by a page of another origin",
    client: "In a browser, says that the server forbids it and what would help; elsewhere, notices nothing",
    plan: {
      faults: [
        {
          name: "no-cors",
          match: {},
          edit: { headers: { "access-control-allow-origin": null, "access-control-expose-headers": null } },
        },
        {
          name: "no-preflight",
          match: { method: "OPTIONS" },
          edit: {
            status: 405,
            headers: { "access-control-allow-methods": null, "access-control-allow-headers": null },
          },
        },
      ],
    },
    expects: ["C1", "C22"],
    links: [
      { label: "Fetch: CORS protocol", url: "https://fetch.spec.whatwg.org/#http-cors-protocol" },
      ...reports("routecraftjs/routecraft#328", "open-metadata/OpenMetadata#30673", "keycloak/keycloak#39629"),
    ],
  },
];
