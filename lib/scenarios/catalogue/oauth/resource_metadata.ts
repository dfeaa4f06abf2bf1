// Metadata of the protected resource, and the challenge that leads to it, gone wrong.
import { paths, wellKnown } from "../../../http/urls.ts";
import type { Match } from "../../match.ts";
import type { Scenario } from "../../scenario.ts";
import { webPage } from "./discovery.ts";
import { mcp, reports, rfc } from "../links.ts";
import { since2025_06, since2026_07 } from "../since.ts";

/** The document itself, wherever it lies. */
const document: Match = { endpoint: "resource_metadata", status: 200 };

/** Only the document at the resource's own path, so that the root's stays as it is. */
const atPath: Match = { endpoint: "resource_metadata", path: wellKnown.protectedResource + paths.oauth };

/** A server of the time before protected resource metadata. */
export const noPrm: Scenario = {
  name: "no-prm",
  group: "Discovery",
  story: "There is no protected resource metadata at all, as before MCP 2025-06-18",
  client: "Takes the origin of the MCP server for the authorization server, or says what is missing",
  plan: { policy: { resourceMetadataAt: [], challengeMetadata: "none" } },
  needs_origin: true,
  expects: ["C1", "C31"],
  reaches: "discovery",
  links: [
    {
      label: "MCP 2025-03-26: server metadata discovery",
      url: "https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization#2-3-server-metadata-discovery",
    },
    ...reports("aws/amazon-q-developer-cli#3638", "logiscape/mcp-sdk-php#56"),
  ],
};

/** An issuer with a slash too many. */
export const issuerSlashInPrm: Scenario = {
  name: "issuer-slash-in-prm",
  group: "Discovery",
  story: "The resource's metadata names the authorization server with a trailing slash, which the issuer does not have",
  client: "Leaves the slash out of the well-known URL, compares issuers as they are, and does not use the metadata",
  plan: {
    faults: [{
      name: "issuer-slash-in-prm",
      match: document,
      edit: { json: { set: { authorization_servers: ["{issuer}/"] } } },
    }],
  },
  revisions: since2026_07,
  expects: ["C5"],
  reaches: { refuses_before: "authorization", rule: "C5" },
  links: [
    rfc("8414 3.1"),
    rfc("8414 3.3"),
    ...reports("py#1919", "github/copilot-cli#4606", "anomalyco/opencode#50036"),
  ],
};

/** Scenarios of discovery, as far as the resource is concerned. */
export const resourceMetadataScenarios: readonly Scenario[] = [
  {
    name: "challenge-missing",
    group: "Discovery",
    story: "A 401 has no WWW-Authenticate; the metadata is at its well-known path",
    client: "Requests the well-known path of the MCP endpoint on its own",
    plan: {
      faults: [{
        name: "challenge-missing",
        match: { endpoint: "mcp", status: 401 },
        edit: { headers: { "www-authenticate": null } },
      }],
    },
    expects: ["C3", "C22"],
    links: [
      mcp("resource metadata"),
      ...reports("czlonkowski/n8n-mcp#604", "sooperset/mcp-atlassian#1257", "gavdilabs/cap-mcp-plugin#111"),
    ],
  },
  {
    name: "prm-only-in-challenge",
    group: "Discovery",
    story: "The resource's metadata is at a URL that only the 401 names",
    client: "Reads resource_metadata from WWW-Authenticate, and looks nowhere else",
    plan: { policy: { resourceMetadataAt: ["custom"], challengeMetadata: "custom" } },
    expects: ["C2", "C22"],
    links: [mcp("resource metadata"), rfc("9728 5.1"), ...reports("py#1054")],
  },
  {
    name: "challenge-single-quotes",
    group: "Discovery",
    story: "The parameters of WWW-Authenticate are in single quotes",
    client: "Does not take the quoted text for a URL, and requests the well-known path",
    plan: {
      faults: [{
        name: "challenge-single-quotes",
        match: { endpoint: "mcp", status: 401 },
        edit: { headers: { "www-authenticate": "Bearer resource_metadata='{resource_metadata_url}'" } },
      }],
    },
    expects: ["C3", "C22"],
    links: [
      rfc("9110 11.6.1"),
      ...reports("QwenLM/qwen-code#5343"),
    ],
  },
  {
    name: "challenge-twice",
    group: "Discovery",
    story: "WWW-Authenticate has two challenges, each with the resource's metadata, and spaces around equals signs",
    client: "Reads either, and finds the metadata",
    plan: {
      faults: [{
        name: "challenge-twice",
        match: { endpoint: "mcp", status: 401 },
        edit: {
          headers: {
            "www-authenticate":
              'Bearer realm = "mcp" ,  resource_metadata = "{resource_metadata_url}", Bearer resource_metadata="{resource_metadata_url}"',
          },
        },
      }],
    },
    expects: ["C2", "C22"],
    links: [rfc("9110 11.6.1"), ...reports("getsentry/sentry-mcp#939")],
  },
  {
    name: "prm-html",
    group: "Discovery",
    story: "The well-known path of the MCP endpoint returns a web page with status 200; the metadata is at the root",
    client: "Does not take a page for metadata, and looks at the root",
    plan: {
      policy: { challengeMetadata: "none" },
      faults: [{ name: "prm-html", match: atPath, edit: webPage }],
    },
    needs_origin: true,
    expects: ["C3", "C22"],
    links: [mcp("resource metadata"), ...reports("outline/outline#11572", "mayflower/contextmine#2", "rs#544")],
  },
  {
    name: "prm-path-401",
    group: "Discovery",
    story: "The well-known path of the MCP endpoint itself requires a token; the metadata is at the root",
    client: "Takes a 401 there to mean no metadata, and looks at the root",
    plan: {
      policy: { challengeMetadata: "none" },
      faults: [{
        name: "prm-path-401",
        match: atPath,
        answer: { status: 401, headers: { "www-authenticate": "Bearer" }, body: { error: "unauthorized" } },
      }],
    },
    needs_origin: true,
    expects: ["C3", "C22"],
    links: [mcp("resource metadata"), ...reports("ts#2783")],
  },
  {
    name: "prm-path-502",
    group: "Discovery",
    story: "The well-known path of the MCP endpoint fails with 502; the metadata is at the root",
    client: "Looks at the root, or reports that the server fails",
    plan: {
      policy: { challengeMetadata: "none" },
      faults: [{
        name: "prm-path-502",
        match: atPath,
        answer: { status: 502, body: "Bad Gateway" },
      }],
    },
    needs_origin: true,
    revisions: since2025_06,
    expects: ["C1", "C3"],
    reaches: "discovery",
    links: [mcp("resource metadata"), ...reports("ts#1631")],
  },
  issuerSlashInPrm,
  {
    name: "prm-resource-origin",
    group: "Discovery",
    story: "The resource's metadata describes the whole server, not the MCP endpoint",
    client: "Sends the resource as the metadata has it, as it is a parent of the endpoint, or stops",
    plan: {
      faults: [{
        name: "prm-resource-origin",
        match: document,
        edit: { json: { set: { resource: "{origin}{prefix}" } } },
      }],
    },
    expects: ["C11", "C14"],
    reaches: "discovery",
    links: [
      mcp("resource parameter"),
      rfc("9728 3.3"),
      ...reports("modelcontextprotocol/modelcontextprotocol#1614", "sigbit/mcp-auth-proxy#177"),
    ],
  },
  {
    name: "prm-resource-slash",
    group: "Discovery",
    story: "The resource in its metadata ends in a slash, which the URL of the MCP endpoint does not",
    client: "Sends the same string in both requests, or stops",
    plan: {
      faults: [{
        name: "prm-resource-slash",
        match: document,
        edit: { json: { set: { resource: "{mcp_url}/" } } },
      }],
    },
    revisions: since2025_06,
    expects: ["C14"],
    reaches: "discovery",
    links: [mcp("resource parameter"), rfc("9728 3.3"), ...reports("py#1400")],
  },
  {
    name: "query-token-bait",
    group: "Discovery",
    story: "The resource's metadata says that it accepts tokens in the query, and prefers them there",
    client: "Sends its token in the authorization header all the same",
    plan: {
      faults: [{
        name: "query-token-bait",
        match: document,
        edit: { json: { set: { bearer_methods_supported: ["query", "header"] } } },
      }],
    },
    expects: ["C22", "C23"],
    links: [mcp("token requirements"), rfc("6750 2.3"), rfc("9728 2")],
  },
  noPrm,
];
