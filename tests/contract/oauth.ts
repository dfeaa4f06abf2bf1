/**
 * What the OAuth endpoints may answer, written by hand from their specifications, as an OpenAPI document: they have none of
 * their own. A status that stands in no row is a finding.
 */

/** A JSON Schema, or a part of an OpenAPI document. */
type Json = Readonly<Record<string, unknown>>;

const text = { type: "string" };
const list = { type: "array", items: text };

/** RFC 6749 5.2, and what this server adds. */
const error: Json = {
  type: "object",
  required: ["error", "error_description"],
  properties: { error: { type: "string", pattern: "^[a-z_]+$" }, error_description: text, error_uri: text },
};
/** RFC 6749 5.1. */
const tokens: Json = {
  type: "object",
  required: ["access_token", "token_type"],
  properties: {
    access_token: { type: "string", minLength: 1 },
    token_type: { enum: ["Bearer", "DPoP", "N_A"] },
    expires_in: { type: "integer", minimum: 1 },
    refresh_token: text,
    scope: text,
    id_token: text,
  },
};
/** RFC 7591 3.2.1. */
const client: Json = {
  type: "object",
  required: ["client_id", "redirect_uris", "grant_types", "token_endpoint_auth_method"],
  properties: { client_id: text, client_secret: text, redirect_uris: list, grant_types: list, response_types: list },
};
/** RFC 8414 3.2. */
const metadata: Json = {
  type: "object",
  required: ["issuer", "authorization_endpoint", "token_endpoint", "response_types_supported"],
  properties: { issuer: { type: "string", format: "uri" }, response_types_supported: list },
};

const json = (schema: Json): Json => ({ description: "as specified", content: { "application/json": { schema } } });
const page: Json = { description: "a page", content: { "text/html": { schema: text } } };
const bare: Json = { description: "no body" };
/** An error is JSON, or a page for a browser. */
const refused: Json = {
  description: "refused",
  content: { "application/json": { schema: error }, "text/html": { schema: text } },
};
/** What any endpoint may say of a request that is none of its own (RFC 9110 15.5, RFC 6585 5). */
const general = { "405": refused, "413": refused, "415": refused, "431": refused };

/** What is there before the first request: a client, and what was issued to it. */
export interface Known {
  readonly clientId: string;
  readonly secret: string;
  /** Of its registration (RFC 7592). */
  readonly registrationToken: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly code: string;
  readonly idToken: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly verifier: string;
  readonly resource: string;
}

/** Where parameters go. */
type Place = "query" | "form" | "json";

interface Row {
  readonly method: "get" | "post" | "put" | "delete";
  readonly path: string;
  readonly place?: Place;
  /** Parameters by name; those that begin with a capital are headers. */
  readonly members?: Json;
  readonly responses: Json;
}

function rowsFor(known: Known): readonly Row[] {
  const redirectUri = {
    enum: [known.redirectUri, "https://app.example/callback", "javascript:alert(1)"],
  };
  const clientId = { enum: [known.clientId, "unknown", "https://client.example/metadata.json", ""] };
  const clientSecret = { enum: [known.secret, "wrong", ""] };
  const codeChallenge = { enum: [known.challenge, "short"] };
  const resource = { enum: [known.resource, "https://another.example/", "not a URL"] };
  const authorization = {
    response_type: { enum: ["code", "token", ""] },
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: text,
    state: text,
    code_challenge: codeChallenge,
    code_challenge_method: { enum: ["S256", "plain", "none"] },
    resource,
    prompt: { enum: ["none", "login", "consent"] },
    auto_approve: { enum: ["true", "false"] },
    request_uri: text,
  };
  const grant = {
    grant_type: {
      enum: [
        ...["authorization_code", "refresh_token", "client_credentials", "password"],
        ...["urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
      ],
    },
    client_id: clientId,
    client_secret: clientSecret,
    code: { enum: [known.code, "wrong"] },
    redirect_uri: redirectUri,
    code_verifier: { enum: [known.verifier, "wrong"] },
    refresh_token: { enum: [known.refreshToken, "wrong"] },
    device_code: text,
    assertion: text,
    scope: text,
    resource,
  };
  const registration = {
    redirect_uris: { type: "array", items: redirectUri },
    token_endpoint_auth_method: {
      enum: ["none", "client_secret_basic", "client_secret_post", "private_key_jwt", "mtls"],
    },
    grant_types: {
      type: "array",
      items: { enum: ["authorization_code", "refresh_token", "client_credentials", "none"] },
    },
    response_types: { type: "array", items: { enum: ["code", "token"] } },
    client_name: text,
    scope: text,
    jwks: { type: "object" },
    jwks_uri: text,
    client_uri: text,
  };
  const basic = `Basic ${btoa(`${known.clientId}:${known.secret}`)}`;
  const authenticated = { Authorization: { enum: [basic, "Basic eDp5", "Basic !", "Bearer"] } };
  const bearing = (token: string): Json => ({ Authorization: { enum: [`Bearer ${token}`, "Bearer x", "DPoP x"] } });
  const token = { enum: [known.accessToken, known.refreshToken, "wrong"] };
  const tokenHint = { token, token_type_hint: { enum: ["access_token", "refresh_token", "x"] } };

  return [
    { method: "get", path: "/.well-known/oauth-authorization-server", responses: { "200": json(metadata) } },
    { method: "get", path: "/.well-known/openid-configuration", responses: { "200": json(metadata) } },
    {
      method: "get",
      path: "/.well-known/oauth-protected-resource/oauth",
      responses: {
        "200": json({
          type: "object",
          required: ["resource", "authorization_servers"],
          properties: { resource: text },
        }),
      },
    },
    {
      method: "get",
      path: "/oauth/jwks",
      responses: { "200": json({ type: "object", required: ["keys"], properties: { keys: { type: "array" } } }) },
    },
    {
      method: "get",
      path: "/oauth/authorize",
      place: "query",
      members: authorization,
      responses: { "200": page, "302": bare, "400": refused },
    },
    {
      method: "post",
      path: "/oauth/par",
      place: "form",
      members: { ...authorization, ...authenticated },
      responses: {
        "201": json({
          type: "object",
          required: ["request_uri", "expires_in"],
          properties: { request_uri: text, expires_in: { type: "integer" } },
        }),
        "400": refused,
        "401": refused,
      },
    },
    {
      method: "post",
      path: "/oauth/token",
      place: "form",
      members: { ...grant, ...authenticated },
      responses: { "200": json(tokens), "400": refused, "401": refused },
    },
    {
      method: "post",
      path: "/oauth/register",
      place: "json",
      members: registration,
      responses: { "201": json(client), "400": refused },
    },
    ...(["get", "delete"] as const).map((method): Row => ({
      method,
      path: "/oauth/register/{client_id}",
      // The client is not deleted, as the other rows need it.
      members: bearing(method === "get" ? known.registrationToken : "wrong"),
      responses: { "200": json(client), "204": bare, "401": refused },
    })),
    {
      method: "put",
      path: "/oauth/register/{client_id}",
      place: "json",
      members: { ...registration, client_id: clientId, ...bearing(known.registrationToken) },
      responses: { "200": json(client), "400": refused, "401": refused },
    },
    {
      method: "post",
      path: "/oauth/device",
      place: "form",
      members: { client_id: clientId, scope: text, resource, ...authenticated },
      responses: {
        "200": json({ type: "object", required: ["device_code", "user_code", "verification_uri", "expires_in"] }),
        "400": refused,
        "401": refused,
      },
    },
    {
      method: "get",
      path: "/oauth/device/verify",
      place: "query",
      members: { user_code: text },
      responses: { "200": page, "400": refused },
    },
    {
      method: "post",
      path: "/oauth/revoke",
      place: "form",
      members: { ...tokenHint, client_id: clientId, client_secret: clientSecret, ...authenticated },
      responses: { "200": bare, "400": refused, "401": refused },
    },
    {
      method: "post",
      path: "/oauth/introspect",
      place: "form",
      members: { ...tokenHint, client_id: clientId, client_secret: clientSecret, ...authenticated },
      responses: {
        "200": json({ type: "object", required: ["active"], properties: { active: { type: "boolean" } } }),
        "400": refused,
        "401": refused,
      },
    },
    {
      method: "get",
      path: "/oauth/userinfo",
      members: bearing(known.accessToken),
      responses: { "200": json({ type: "object", required: ["sub"] }), "400": refused, "401": refused, "403": refused },
    },
    {
      method: "get",
      path: "/oauth/logout",
      place: "query",
      members: {
        id_token_hint: { enum: [known.idToken, "wrong"] },
        client_id: clientId,
        post_logout_redirect_uri: redirectUri,
        state: text,
      },
      responses: { "200": page, "302": bare, "400": refused },
    },
  ];
}

function operationOf({ path, place, members = {}, responses }: Row, clientId: string): Json {
  const isHeader = (name: string): boolean => /^[A-Z]/.test(name);
  const sent = Object.entries(members);
  const properties = Object.fromEntries(sent.filter(([name]) => !isHeader(name)));
  const inQuery = place === "query" ? Object.entries(properties) : [];
  const media = place === "form" ? "application/x-www-form-urlencoded" : "application/json";
  return {
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        name,
        in: "path",
        required: true,
        schema: { enum: [clientId, "unknown"] },
      })),
      ...inQuery.map(([name, schema]) => ({ name, in: "query", schema })),
      ...sent.filter(([name]) => isHeader(name)).map(([name, schema]) => ({ name, in: "header", schema })),
    ],
    ...(place === "form" || place === "json"
      ? { requestBody: { content: { [media]: { schema: { type: "object", properties } } } } }
      : {}),
    responses: { ...general, ...responses },
  };
}

/** The rows as an OpenAPI document; what is known is among what is sent. */
export function oauthContract(known: Known): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const row of rowsFor(known)) {
    paths[row.path] = { ...paths[row.path], [row.method]: operationOf(row, known.clientId) };
  }
  return { openapi: "3.1.1", info: { title: "OAuth endpoints", version: "1" }, paths };
}
