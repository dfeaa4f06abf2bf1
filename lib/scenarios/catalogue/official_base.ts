/**
 * What the fake servers of the official conformance suite have in common, as one preset: they believe every client, agree
 * without a person, issue no refresh tokens, and say of themselves no more than a flow needs.
 *
 * @module
 */
import type { Edit, Fault } from "../fault.ts";
import type { Policy } from "../plan.ts";
import type { Scenario } from "../scenario.ts";

/** Paragraphs that scenarios of the suite are about. */
export const paragraphs = {
  discovery: {
    label: "MCP 2025-11-25, authorization server metadata discovery",
    url:
      "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-server-metadata-discovery",
  },
  resourceMetadata: {
    label: "MCP 2025-11-25, protected resource metadata discovery",
    url:
      "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#protected-resource-metadata-discovery-requirements",
  },
  scopeSelection: {
    label: "MCP 2025-11-25, scope selection strategy",
    url: "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#scope-selection-strategy",
  },
  scopeChallenge: {
    label: "MCP 2025-11-25, scope challenge handling",
    url: "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#scope-challenge-handling",
  },
  resourceParameter: {
    label: "MCP 2025-11-25, resource parameter",
    url:
      "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#resource-parameter-implementation",
  },
} as const;

/** Revisions that most scenarios of the suite apply to. */
export const since2025_11: readonly string[] = ["2025-11-25", "2026-07-28"];
/** Revisions of the scenarios that are new with 2026-07-28. */
export const since2026_07: readonly string[] = ["2026-07-28"];

/** How Express, on which the suite's servers stand, marks JSON. */
export const JSON_TYPE = "application/json; charset=utf-8";
const HTML_TYPE = "text/html; charset=utf-8";

/** The page of Express for a path where nothing lies. */
function nothingAt(method: string): string {
  return '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n' +
    `<pre>Cannot ${method} {path}</pre>\n</body>\n</html>\n`;
}

/** Members of authorization server metadata that all of the servers have, and some of them. */
const metadataMembers: readonly string[] = [
  "issuer",
  "authorization_endpoint",
  "token_endpoint",
  "registration_endpoint",
  "response_types_supported",
  "grant_types_supported",
  "code_challenge_methods_supported",
  "authorization_response_iss_parameter_supported",
  "token_endpoint_auth_methods_supported",
  "scopes_supported",
  "client_id_metadata_document_supported",
];

/** A scenario of the suite: where it differs from what its servers have in common. */
export interface OfficialScenario
  extends Pick<Scenario, "name" | "story" | "client" | "expects" | "links" | "layout" | "clients" | "needs_origin"> {
  /** Its name in the suite, less `auth/`. */
  readonly of: string;
  /** Revisions that it applies to; absent for all. */
  readonly revisions?: readonly string[];
  /** Other rules. */
  readonly policy?: Partial<Policy>;
  /** Faults beside those that all have. */
  readonly faults?: readonly Fault[];
  /** Which URL of its metadata a 401 names; that with the resource's path, if not said. */
  readonly named?: "path" | "custom" | "none";
  /** The `scope` of a 401. */
  readonly challengeScope?: string;
  /** The header of a 401 without a token, in place of the usual one. */
  readonly challenge?: string;
  /** Members of the body of such a 401 beside `error`, in place of the usual one. */
  readonly challengeBody?: Readonly<Record<string, string>>;
  /** The header of a 401 with a token, in place of the usual one. */
  readonly refusal?: string;
  /** Members of metadata to be set, or let through beside the usual ones (RFC 8414 2). */
  readonly metadata?: { readonly set?: Readonly<Record<string, unknown>>; readonly keep?: readonly string[] };
  /** Members of a registration's answer: those set, and those let through. */
  readonly registration?: { readonly set?: Readonly<Record<string, unknown>>; readonly keep?: readonly string[] };
  /** Whether the token response repeats the scope of the authorization request; it does, if not said. */
  readonly tellsScope?: boolean;
}

/** Makes a scenario of the catalogue. */
export function official(entry: OfficialScenario): Scenario {
  const { of, policy, layout, clients, needs_origin, revisions } = entry;
  return {
    name: entry.name,
    group: "Official suite",
    story: entry.story,
    client: entry.client,
    plan: {
      policy: {
        answer: "approve",
        believeClients: true,
        redirectUriMatch: "any",
        issueRefreshTokens: "never",
        grantTypes: ["authorization_code", "refresh_token"],
        tokenEndpointAuthMethods: ["none"],
        clientIdMetadataDocuments: false,
        serverScopes: [],
        resourceScopes: [],
        serverMetadataAt: ["oauth"],
        resourceMetadataAt: ["path"],
        mcpServer: "minimal",
        ...policy,
      },
      mint: { accessTokenTtlSeconds: 3600 },
      // What is the scenario's own comes last, and so has the last word.
      faults: [...documentFaults(entry), ...challengeFaults(entry), ...answerFaults(entry), ...entry.faults ?? []],
    },
    ...(layout ? { layout } : {}),
    ...(clients ? { clients } : {}),
    ...(needs_origin === undefined ? {} : { needs_origin }),
    expects: entry.expects,
    official: `auth/${of}`,
    ...(revisions ? { revisions } : {}),
    links: entry.links,
  };
}

/** None of the suite's servers says how long an answer may be kept. */
const uncached = { "cache-control": null } as const;

function documentFaults({ metadata = {} }: OfficialScenario): readonly Fault[] {
  const { set = {}, keep = [] } = metadata;
  return [
    {
      name: "official-server-metadata",
      match: { endpoint: "server_metadata", status: 200 },
      edit: { headers: uncached, content_type: JSON_TYPE, json: { keep: [...metadataMembers, ...keep], set } },
    },
    {
      name: "official-resource-metadata",
      match: { endpoint: "resource_metadata", status: 200 },
      edit: {
        headers: uncached,
        content_type: JSON_TYPE,
        json: { keep: ["resource", "authorization_servers", "scopes_supported"] },
      },
    },
    ...["GET", "POST"].map((method) => ({
      name: `official-nothing-here-${method.toLowerCase()}`,
      match: {
        endpoint: ["server_metadata", "resource_metadata", "register", "unknown"],
        method,
        status: 404,
      } as const,
      edit: { headers: uncached, content_type: HTML_TYPE, body: nothingAt(method) },
    })),
  ];
}

function challengeFaults(entry: OfficialScenario): readonly Fault[] {
  const { named = "path", challengeScope } = entry;
  const known = {
    path: ', resource_metadata="{resource_metadata_url}"',
    custom: ', resource_metadata="{custom_resource_metadata_url}"',
    none: "",
  }[named];
  const more = (challengeScope === undefined ? "" : `, scope="${challengeScope}"`) + known;
  const {
    challenge = `Bearer error="invalid_token", error_description="Missing Authorization header"${more}`,
    challengeBody = { error_description: "Missing Authorization header" },
    refusal = `Bearer error="invalid_token", error_description="Invalid token"${more}`,
  } = entry;
  const edit = (header: string, set: Readonly<Record<string, string>>): Edit => ({
    headers: { ...uncached, "www-authenticate": header },
    content_type: JSON_TYPE,
    json: { keep: ["error"], set },
  });
  return [
    {
      name: "official-challenge",
      match: { endpoint: "mcp", authorized: false, status: 401 },
      edit: edit(challenge, challengeBody),
    },
    {
      name: "official-refusal",
      match: { endpoint: "mcp", authorized: true, status: 401 },
      edit: edit(refusal, entry.refusal === undefined ? { error_description: "Invalid token" } : {}),
    },
    ...["GET", "DELETE"].map((method) => ({
      name: `official-no-${method.toLowerCase()}`,
      match: { endpoint: "mcp", method } as const,
      answer: { status: 404, headers: { "content-type": HTML_TYPE }, body: nothingAt(method) },
      edit: { headers: uncached },
    })),
  ];
}

function answerFaults({ registration = {}, tellsScope = true }: OfficialScenario): readonly Fault[] {
  const { set = { client_secret: "test-client-secret" }, keep = [] } = registration;
  return [
    {
      name: "official-registration",
      match: { endpoint: "register", status: 201 },
      edit: {
        headers: uncached,
        content_type: JSON_TYPE,
        json: { keep: ["client_id", "client_name", "redirect_uris", ...keep], set },
      },
    },
    { name: "official-redirect", match: { endpoint: "authorize", status: 302 }, edit: { headers: uncached } },
    {
      name: "official-token",
      match: { endpoint: "token", status: 200 },
      edit: {
        headers: uncached,
        content_type: JSON_TYPE,
        json: { keep: ["access_token", "token_type", "expires_in", ...(tellsScope ? ["scope"] : [])] },
      },
    },
    {
      name: "official-token-error",
      match: { endpoint: "token", status: [400, 401] },
      edit: {
        headers: { ...uncached, "www-authenticate": null },
        content_type: JSON_TYPE,
        json: { remove: ["error_uri"] },
      },
    },
  ];
}
