// The official suite's scenarios of discovery: where metadata lies, and what a client must not believe of it.
import { wellKnown } from "../../../http/urls.ts";
import type { Scenario } from "../../scenario.ts";
import { since2025_11, since2026_07 } from "../since.ts";
import { official, paragraphs } from "./base.ts";
import { JSON_TYPE } from "./faults.ts";

const fromResource = [{ label: "RFC 9728 3.1", url: "https://www.rfc-editor.org/rfc/rfc9728.html#section-3.1" }];
const byIssuer = [{ label: "RFC 8414 3.1", url: "https://www.rfc-editor.org/rfc/rfc8414.html#section-3.1" }];
const legacy = "https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization";

/** The scenarios, in the order of the suite. */
export const officialDiscovery: readonly Scenario[] = [
  official({
    name: "prm-at-path",
    of: "metadata-default",
    story: "The 401 names the resource's metadata; the server's is where RFC 8414 puts it",
    client: "Reads the URL that the 401 names and the server's metadata, and requests no root for the resource's",
    needs_origin: true,
    revisions: since2025_11,
    tellsScope: false,
    faults: [{
      name: "nothing-at-root",
      match: { endpoint: "resource_metadata", path: wellKnown.protectedResource, status: 404 },
      edit: {
        content_type: JSON_TYPE,
        body: '{"error":"not_found","error_description":"PRM metadata not available at root location"}',
      },
    }],
    expects: ["C1", "C2", "C4", "C11", "C12", "C14", "C22"],
    links: [paragraphs.resourceMetadata, ...fromResource],
  }),
  official({
    name: "prm-unannounced",
    of: "metadata-var1",
    story: "The 401 names no metadata, and the server has only OpenID Connect's form of it",
    client: "Looks for the resource's metadata at its path, and for the server's at both well-known places",
    needs_origin: true,
    revisions: since2025_11,
    tellsScope: false,
    named: "none",
    policy: { challengeMetadata: "none", serverMetadataAt: ["oidc"] },
    metadata: { keep: ["jwks_uri", "subject_types_supported", "id_token_signing_alg_values_supported"] },
    expects: ["C1", "C3", "C4", "C11", "C12", "C14", "C22"],
    links: [paragraphs.resourceMetadata, ...byIssuer],
  }),
  official({
    name: "prm-at-root",
    of: "metadata-var2",
    story: "The resource's metadata is at the root only, unannounced, and the issuer has a path",
    client: "Looks for the resource's metadata at its path, then at the root; for the server's, at the issuer's path",
    needs_origin: true,
    revisions: since2025_11,
    tellsScope: false,
    named: "none",
    layout: { issuer_path: "/tenant1" },
    policy: { challengeMetadata: "none", resourceMetadataAt: ["root"] },
    expects: ["C1", "C3", "C4", "C11", "C12", "C14", "C22"],
    links: [paragraphs.discovery, ...fromResource, ...byIssuer],
  }),
  official({
    name: "prm-at-custom-url",
    of: "metadata-var3",
    story: "The 401 names an unusual URL, and the issuer has a path, with metadata only below it",
    client: "Uses the URL from the 401, and tries all three locations for an issuer with a path",
    revisions: since2025_11,
    tellsScope: false,
    named: "custom",
    layout: { issuer_path: "/tenant1" },
    policy: { challengeMetadata: "custom", resourceMetadataAt: ["custom"], serverMetadataAt: ["oidc_appended"] },
    metadata: { keep: ["jwks_uri", "subject_types_supported", "id_token_signing_alg_values_supported"] },
    expects: ["C1", "C2", "C4", "C11", "C12", "C14", "C22"],
    links: [paragraphs.discovery, ...byIssuer],
  }),
  official({
    name: "legacy-metadata",
    of: "2025-03-26-oauth-metadata-backcompat",
    story: "As in 2025-03-26: no resource metadata, the server's at the root of the MCP URL",
    client: "Falls back to the metadata at the root of the MCP server's origin",
    needs_origin: true,
    revisions: ["2025-03-26"],
    named: "none",
    policy: { challengeMetadata: "none", resourceMetadataAt: [] },
    expects: ["C11", "C12", "C22", "C31"],
    links: [{ label: "MCP 2025-03-26, server metadata discovery", url: `${legacy}#server-metadata-discovery` }],
  }),
  official({
    name: "legacy-endpoints",
    of: "2025-03-26-oauth-endpoint-fallback",
    story: "As in 2025-03-26: no metadata at all, /authorize, /token and /register at the root",
    client: "Falls back to the default endpoints at the root of the MCP server's origin",
    needs_origin: true,
    revisions: ["2025-03-26"],
    named: "none",
    tellsScope: false,
    layout: { default_endpoints: true },
    policy: { challengeMetadata: "none", resourceMetadataAt: [], serverMetadataAt: [], sendIss: false },
    expects: ["C11", "C12", "C22", "C31"],
    links: [{
      label: "MCP 2025-03-26, fallbacks",
      url: `${legacy}#fallbacks-for-servers-without-metadata-discovery`,
    }],
  }),
  official({
    name: "resource-mismatch",
    of: "resource-mismatch",
    story: "The resource's metadata describes another resource",
    client: "Compares resource with the URL it called, and stops before it sends the person to log in",
    revisions: since2026_07,
    tellsScope: false,
    registration: { set: {}, keep: ["token_endpoint_auth_method"] },
    faults: [{
      name: "other-resource",
      match: { endpoint: "resource_metadata", status: 200 },
      edit: { json: { set: { resource: "https://evil.example.com/mcp" } } },
    }],
    expects: ["C14"],
    reaches: { refuses_before: "authorization", rule: "C14" },
    links: [paragraphs.resourceParameter, {
      label: "RFC 9728 3.3",
      url: "https://www.rfc-editor.org/rfc/rfc9728.html#section-3.3",
    }],
  }),
  official({
    name: "metadata-wrong-issuer",
    of: "metadata-issuer-mismatch",
    story: "The server's metadata names another issuer",
    client: "Compares issuer with the URL it requested, and uses none of the metadata",
    revisions: since2026_07,
    tellsScope: false,
    metadata: { set: { issuer: "https://attacker.example.com" } },
    faults: [{
      name: "other-issuer",
      match: { endpoint: "authorize", status: 302 },
      edit: { location: { iss: "https://attacker.example.com" } },
    }],
    expects: ["C5"],
    reaches: { refuses_before: "authorization", rule: "C5" },
    links: [paragraphs.discovery, {
      label: "RFC 8414 3.3",
      url: "https://www.rfc-editor.org/rfc/rfc8414.html#section-3.3",
    }],
  }),
];
