/** The steps of a client, in plain HTTP, as the scripts of the comparison need them. */
import { challenge as codeChallenge, verifier } from "../helpers.ts";
import { type Answer, parseChallenge, type Walk } from "./oracle_party.ts";

const redirectUri = "http://127.0.0.1:3000/callback?kept=1";

/** A message to the MCP server, in the form of the scenario's revision. */
export async function call(
  { ask, party }: Walk,
  step: string,
  { method, params = {}, headers = {} }: {
    readonly method: string;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<Answer> {
  const isModern = party.revision === "2026-07-28";
  const meta = {
    "io.modelcontextprotocol/protocolVersion": party.revision,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "oracle", version: "1" },
  };
  const name = typeof params.name === "string" ? { "mcp-name": params.name } : {};
  return await ask(step, party.mcpUrl, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(isModern ? { "mcp-protocol-version": party.revision, "mcp-method": method, ...name } : {}),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: isModern ? { ...params, _meta: meta } : params }),
  });
}

/** The header of a bearer token. */
export function bearer(token: string): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** The first message of a session, or what there is in its place. */
export function firstMessage({ party: { revision } }: Walk): Parameters<typeof call>[2] {
  if (revision === "2026-07-28") return { method: "server/discover" };
  const params = { protocolVersion: revision, capabilities: {}, clientInfo: { name: "oracle", version: "1" } };
  return { method: "initialize", params };
}

export const listTools = { method: "tools/list" } as const;
export const callTool = { method: "tools/call", params: { name: "test-tool", arguments: {} } } as const;

/** What a client has found out. */
export interface Found {
  readonly issuer: string;
  readonly resource: string;
  readonly scope: string | undefined;
  /** Members of the metadata, or of the defaults in their place. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Looks at every place where something could lie, found or not. */
export async function discover(walk: Walk, at = ""): Promise<Found> {
  const { ask, party } = walk;
  const refused = await call(walk, `${at}call without a token`, listTools);
  const { parameters } = parseChallenge(refused.headers.get("www-authenticate") ?? "");
  const { origin, pathname } = new URL(party.mcpUrl);
  const wellKnown = `${origin}/.well-known/oauth-protected-resource`;
  const atPath = wellKnown + pathname;
  const atRoot = wellKnown + new URL(`${party.base}/`).pathname.replace(/\/$/, "");
  const named = parameters.get("resource_metadata");
  const places = [
    ...(named === undefined ? [] : [["as named", named] as const]),
    ["at its path", atPath] as const,
    ["at the root", atRoot] as const,
  ];
  let resource: Readonly<Record<string, unknown>> = {};
  for (const [place, url] of places) {
    const answer = await ask(`${at}resource metadata ${place}`, url);
    if (answer.status === 200 && resource.resource === undefined) resource = answer.body;
  }
  const servers = Array.isArray(resource.authorization_servers) ? resource.authorization_servers : [];
  const issuer = String(servers[0] ?? party.base);
  const scopes = Array.isArray(resource.scopes_supported) ? resource.scopes_supported.join(" ") : undefined;
  return {
    issuer,
    resource: String(resource.resource ?? ""),
    scope: parameters.get("scope") ?? scopes,
    metadata: await discoverServer(walk, issuer, at),
  };
}

async function discoverServer({ ask, party }: Walk, issuer: string, at: string): Promise<Found["metadata"]> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname === "/" ? "" : pathname;
  const places = [
    ["as of RFC 8414", `${origin}/.well-known/oauth-authorization-server${path}`],
    ["as of OpenID Connect, inserted", `${origin}/.well-known/openid-configuration${path}`],
    ["as of OpenID Connect, appended", `${issuer}/.well-known/openid-configuration`],
  ] as const;
  let metadata: Found["metadata"] = {
    authorization_endpoint: `${party.base}/authorize`,
    token_endpoint: `${party.base}/token`,
    registration_endpoint: `${party.base}/register`,
  };
  for (const [place, url] of places) {
    const answer = await ask(`${at}server metadata ${place}`, url);
    if (answer.status === 200) metadata = answer.body;
  }
  return metadata;
}

/** Registers, if that is offered. */
export async function register({ ask }: Walk, { metadata }: Found, at = ""): Promise<Answer["body"]> {
  if (metadata.registration_endpoint === undefined) return {};
  const answer = await ask(`${at}registration`, String(metadata.registration_endpoint), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "oracle",
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      application_type: "native",
    }),
  });
  return answer.body;
}

/** Asks for a code; gives it. */
export async function authorize(
  { ask }: Walk,
  { metadata, resource, scope }: Found,
  { clientId, at = "" }: { readonly clientId: string; readonly at?: string },
): Promise<string> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    state: "a state",
    code_challenge: codeChallenge,
    code_challenge_method: "S256",
    ...(resource === "" ? {} : { resource }),
    ...(scope === undefined ? {} : { scope }),
  });
  const answer = await ask(`${at}authorization`, `${metadata.authorization_endpoint}?${query}`);
  return new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
}

/** The fields with which a code is redeemed. */
export function codeFields({ resource }: Found, clientId: string, code: string): Record<string, string> {
  return {
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...(resource === "" ? {} : { resource }),
  };
}

/** A token request. */
export async function redeem(
  { ask }: Walk,
  step: string,
  { metadata, fields, headers = {} }: {
    readonly metadata: Found["metadata"];
    readonly fields: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<Answer> {
  return await ask(step, String(metadata.token_endpoint), {
    method: "POST",
    headers,
    body: new URLSearchParams(fields),
  });
}

/** The header of `client_secret_basic`. */
export function basic(clientId: string, secret: string): { readonly authorization: string } {
  return { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` };
}

/** From a registration to a token, for what was found. */
export async function logIn(walk: Walk, found: Found, at = ""): Promise<string> {
  const { client_id = "somebody" } = await register(walk, found, at);
  const clientId = String(client_id);
  const code = await authorize(walk, found, { clientId, at });
  const fields = codeFields(found, clientId, code);
  const { body } = await redeem(walk, `${at}token`, { metadata: found.metadata, fields });
  return String(body.access_token);
}
