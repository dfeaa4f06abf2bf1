/** Valid requests of the authorization server, its documents and its pages. */
import { challenge, redirectUri, verifier } from "../helpers.ts";
import type { Gift, JsonObject, Message, Pair } from "./message.ts";

type Fields = Readonly<Record<string, string>>;
type More = Partial<Omit<Message, "name" | "path">>;

function pairs(fields: Fields): readonly Pair[] {
  return Object.entries(fields);
}

function get(name: string, path: string, query: Fields = {}, more: More = {}): Message {
  return {
    name,
    method: "GET",
    path,
    query: pairs(query),
    headers: [["accept", "application/json"]],
    gives: [],
    ...more,
  };
}

function page(name: string, path: string, query: Fields = {}, more: More = {}): Message {
  return get(name, path, query, { headers: [["accept", "text/html"]], ...more });
}

function form(name: string, path: string, fields: Fields, more: More = {}): Message {
  const headers: readonly Pair[] = [["content-type", "application/x-www-form-urlencoded"], ...more.headers ?? []];
  const body = { kind: "form", fields: pairs(fields) } as const;
  return { name, method: "POST", path, query: [], body, gives: [], ...more, headers };
}

function register(metadata: JsonObject, gives: readonly Gift[]): Message {
  return {
    name: "register",
    method: "POST",
    path: "/oauth/register",
    query: [],
    headers: [["content-type", "application/json"]],
    body: { kind: "json", value: metadata },
    gives,
    changes: true,
  };
}

const gift = (pool: string, member = pool): Gift => ({ pool, member });
const grants = {
  device: "urn:ietf:params:oauth:grant-type:device_code",
  bearer: "urn:ietf:params:oauth:grant-type:jwt-bearer",
  exchange: "urn:ietf:params:oauth:grant-type:token-exchange",
} as const;
const scope = "openid profile email mcp:read mcp:write offline_access";

const asked = {
  response_type: "code",
  client_id: "<<client>>",
  redirect_uri: redirectUri,
  state: "state-1",
  scope,
  nonce: "nonce-1",
  code_challenge: challenge,
  code_challenge_method: "S256",
} as const;
const byDefault = { client_id: "<<confidential>>", client_secret: "<<secret>>" } as const;
const bearer = (pool: string): Pair => ["authorization", `Bearer <<${pool}>>`];

const registrations: readonly Message[] = [
  register({
    client_name: "Fuzzer",
    client_uri: "https://client.example/",
    logo_uri: "https://client.example/logo.png",
    redirect_uris: [redirectUri, "http://localhost/cb", "http://127.0.0.1:3000/cb"],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    scope,
    contacts: ["ops@client.example"],
  }, [gift("client", "client_id"), gift("registered", "client_id"), gift("registration_access_token")]),
  register({
    client_name: "Confidential fuzzer",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token", "client_credentials", grants.device, grants.bearer],
    token_endpoint_auth_method: "client_secret_post",
  }, [gift("confidential", "client_id"), gift("secret", "client_secret")]),
  register({
    client_name: "Fuzzer with keys",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token", "client_credentials"],
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [{ kty: "OKP", crv: "Ed25519", x: "<<jwk>>", kid: "fuzz" }] },
  }, [gift("keyed", "client_id")]),
];

const managed: Pick<Message, "path" | "query" | "gives"> = {
  path: "/oauth/register/<<registered>>",
  query: [],
  gives: [],
};
const manager = bearer("registration_access_token");

const managements: readonly Message[] = [
  { name: "read_registration", method: "GET", ...managed, headers: [manager] },
  {
    name: "update_registration",
    method: "PUT",
    ...managed,
    headers: [manager, ["content-type", "application/json"]],
    body: {
      kind: "json",
      value: {
        client_id: "<<registered>>",
        redirect_uris: ["https://new.example/cb"],
        grant_types: ["authorization_code", "refresh_token"],
        token_endpoint_auth_method: "none",
      },
    },
    changes: true,
  },
  { name: "delete_registration", method: "DELETE", ...managed, headers: [manager], changes: true },
];

const code: Gift = { pool: "code", location: "code" };

const authorizations: readonly Message[] = [
  get("authorize", "/oauth/authorize", { ...asked, auto_approve: "true" }, { gives: [code], headers: [] }),
  get("authorize", "/oauth/authorize", {
    ...asked,
    auto_approve_email: "ada@fuzz.example",
    auto_approve_password: "<<secret-marker:Login>>",
  }, { gives: [code], headers: [] }),
  page("authorize", "/oauth/authorize", { ...asked, scope: "openid <zqx", state: "<zqx" }),
  get("authorize", "/oauth/authorize", { ...asked, response_mode: "form_post", auto_approve: "true" }),
  form("decide", "/oauth/authorize", { ...asked, action: "auto" }, { gives: [code] }),
  form("decide", "/oauth/authorize", {
    ...asked,
    action: "login",
    email: "u<<count>>@fuzz.example",
    password: "<<secret-marker:Form>>",
    expires_in: "60",
  }),
  form("decide", "/oauth/authorize", { ...asked, action: "deny" }),
  get("authorize", "/oauth/authorize", {
    client_id: "<<client>>",
    request_uri: "<<request_uri>>",
    auto_approve: "true",
  }, { gives: [code], isSingleUse: true, headers: [] }),
  form("par", "/oauth/par", asked, { gives: [gift("request_uri")] }),
];

const redeemed = {
  grant_type: "authorization_code",
  client_id: "<<client>>",
  code: "<<code>>",
  redirect_uri: redirectUri,
  code_verifier: verifier,
} as const;
const tokens: readonly Gift[] = [gift("access_token"), gift("refresh_token"), gift("id_token")];

const tokenRequests: readonly Message[] = [
  form("token", "/oauth/token", redeemed, { gives: tokens, isSingleUse: true }),
  form("token", "/oauth/token", redeemed, {
    headers: [["dpop", "<<dpop:POST /oauth/token>>"]],
    gives: [gift("bound", "access_token")],
  }),
  form("token", "/oauth/token", {
    grant_type: "refresh_token",
    client_id: "<<client>>",
    refresh_token: "<<refresh_token>>",
    scope: "mcp:read",
  }, { gives: [gift("access_token"), gift("refresh_token")], isSingleUse: true }),
  form("token", "/oauth/token", { grant_type: "client_credentials", ...byDefault, scope: "mcp:read" }, {
    gives: [gift("own_token", "access_token")],
  }),
  form("token", "/oauth/token", {
    grant_type: "client_credentials",
    client_id: "<<keyed>>",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: "<<assertion>>",
  }),
  form("token", "/oauth/token", { grant_type: grants.device, ...byDefault, device_code: "<<device_code>>" }, {
    isSingleUse: true,
  }),
  form("token", "/oauth/token", { grant_type: grants.bearer, ...byDefault, assertion: "<<id_jag>>" }),
];

const devices: readonly Message[] = [
  form("device", "/oauth/device", { ...byDefault, scope: "mcp:read", auto_approve: "true" }, {
    gives: [gift("device_code")],
  }),
  form("device", "/oauth/device", { ...byDefault, scope: "mcp:read" }, { gives: [gift("user_code")] }),
  page("device_page", "/oauth/device/verify", { user_code: "<<user_code>>" }),
  form("run_keep", "/runs/fuzzer/keep", {}),
  get("scenario_making", "/scenarios/make"),
  form("scenario_make", "/scenarios/make", { definition: '{"name":"fuzzer","plan":{}}', name: "fuzzer" }),
  form("device_decide", "/oauth/device/verify", { user_code: "<<user_code>>", action: "auto" }),
];

const idp: readonly Message[] = [
  get("idp_configuration", "/idp/.well-known/openid-configuration"),
  get("idp_jwks", "/idp/jwks"),
  form("idp_token", "/idp/token", {
    grant_type: grants.exchange,
    ...byDefault,
    requested_token_type: "urn:ietf:params:oauth:token-type:id-jag",
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    audience: "<<base>>",
    resource: "<<base>>/oauth",
    scope: "mcp:read",
    auto_approve: "true",
  }, { gives: [gift("id_jag", "access_token")] }),
];

const tokenUses: readonly Message[] = [
  form("introspect", "/oauth/introspect", { ...byDefault, token: "<<access_token>>" }),
  form("introspect", "/oauth/introspect", { ...byDefault, token: "<<refresh_token>>" }),
  form("revoke", "/oauth/revoke", { client_id: "<<client>>", token: "<<refresh_token>>" }, { changes: true }),
  form("revoke", "/oauth/revoke", { client_id: "<<client>>", token: "<<access_token>>" }, { changes: true }),
  get("userinfo", "/oauth/userinfo", {}, { headers: [bearer("access_token")] }),
  form("userinfo_post", "/oauth/userinfo", {}, { headers: [bearer("access_token")] }),
  get("logout", "/oauth/logout", { client_id: "<<client>>", logout_hint: "ada@example.com", state: "s" }),
  form("logout_post", "/oauth/logout", { client_id: "<<client>>", action: "sign_out" }),
];

const documents: readonly Message[] = [
  get("jwks", "/oauth/jwks"),
  get("authorization_server_metadata", "/.well-known/oauth-authorization-server", {}, { isWellKnown: true }),
  get("openid_configuration", "/.well-known/openid-configuration", {}, { isWellKnown: true }),
  get("openid_configuration", "/.well-known/openid-configuration"),
  get("protected_resource_metadata", "/.well-known/oauth-protected-resource<<prefix>>/oauth", {}, {
    isWellKnown: false,
  }),
  get("root_protected_resource_metadata", "/.well-known/oauth-protected-resource", {}, { isWellKnown: true }),
  get("custom_protected_resource_metadata", "/custom/metadata/location.json"),
  get("client_metadata", "/client-metadata/fuzz.json", { redirect_uri: redirectUri }),
  get("canary", "/canary/icon-elsewhere.svg"),
  get("health", "/health"),
  get("home", "/"),
];

const pages: readonly Message[] = [
  page("elicitation", "/elicitation/of-nobody"),
  page("home", "/"),
  page("guide", "/guide", { code: "<zqx", state: "<zqx", error: "<zqx" }),
  page("scenarios", "/scenarios", { q: "<zqx" }),
  page("scenarios", "/scenarios", { define: "<<scenario_link>>" }),
  page("scenario_clients", "/scenarios/clients"),
  page("specifications", "/specifications"),
  page("inspect", "/inspect"),
  page("inspect_recording", "/inspect/recording"),
  page("inspect_recording_judge", "/inspect/recording", {}, {
    method: "POST",
    headers: [["accept", "text/html"], ["content-type", "multipart/form-data; boundary=zqx"]],
    body: {
      kind: "text",
      text:
        '--zqx\r\nContent-Disposition: form-data; name="har"; filename="a.har"\r\n\r\n{"log":{"entries":[]}}\r\n--zqx--\r\n',
    },
  }),
  page("run_page", "/runs/fuzzer", { set: "all" }),
  page("kept_run", "/kept/of-nobody"),
  page("run_badge", "/runs/fuzzer/badge.svg"),
  page("run_config", "/runs/fuzzer/mcp.json", { set: "core" }),
  page("gauntlet", "/gauntlet"),
  page("style", "/assets/shared/style.css"),
  page("guide_script", "/assets/guide/guide.js"),
  page("favicon", "/favicon.ico"),
  page("robots", "/robots.txt"),
  page("unknown", "/nowhere/<zqx", {}),
];

/** The requests of clients, devices and people. */
export const oauthMessages: readonly Message[] = [
  ...registrations,
  ...authorizations,
  ...tokenRequests,
  ...managements,
  ...devices,
  ...idp,
  ...tokenUses,
  ...documents,
  ...pages,
];
