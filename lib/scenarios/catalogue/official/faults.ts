// What is done to the answers of all scenarios of the official suite, so that they look as those of the suite's servers,
// which stand on Express.
import type { Fault } from "../../fault.ts";
import type { Edit } from "../../edit.ts";
import type { OfficialScenario } from "./scenario.ts";

/** How Express marks JSON. */
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

/** None of the suite's servers says how long an answer may be kept. */
const uncached = { "cache-control": null } as const;

/** The faults of a scenario before its own. */
export function commonFaults(entry: OfficialScenario): readonly Fault[] {
  return [...documentFaults(entry), ...challengeFaults(entry), ...answerFaults(entry)];
}

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
