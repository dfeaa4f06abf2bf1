/** What is measured: each a request or a few, over whatever sends them; all throw where an answer is wrong. */
import { hash } from "node:crypto";
import type { Send } from "./http_client.ts";

/** Does something once. */
export type Operation = () => Promise<void>;

const redirectUri = "http://127.0.0.1:9/cb";
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const challenge = hash("sha256", verifier, "base64url");
const metadata = {
  redirect_uris: [redirectUri],
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: "none",
};

const serviceMetadata = { grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_post" };

const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const clientInfo = { name: "bench", version: "0" };
const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "mock_echo" };
const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": clientInfo,
  "io.modelcontextprotocol/clientCapabilities": {},
};

const LAST_WITH_SESSIONS = "2025-11-25";

/** The operation that is made of others. */
export const WHOLE_FLOW = "whole flow (login, tools/call)";

/** Logins whose refresh tokens are used in turn: as many as there are callers, so that none is used twice. */
const LOGINS = 8;

/** Where a server has what is measured, and what it can do of it. */
export interface Place {
  /** Path of its OAuth endpoints. */
  readonly oauth: string;
  readonly session: string;
  readonly stateless: string;
  /** Whether it speaks 2026-07-28; without sessions, others are spoken to as in 2025-11-25. */
  readonly isModern: boolean;
  /** Whether it has the grant `client_credentials`. */
  readonly hasServices: boolean;
}

const ours: Place = { oauth: "/oauth", session: "/oauth", stateless: "/oauth", isModern: true, hasServices: true };

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/**
 * Prepares a server, and gives what can be done with it, by names.
 *
 * @param origin Where the server is.
 * @param send How requests get there.
 * @param place Where they go.
 */
export async function createOperations(
  origin: string,
  send: Send,
  { oauth, session, stateless, isModern, hasServices }: Place = ours,
): Promise<Readonly<Record<string, Operation>>> {
  const register = async (asked: object): Promise<object> => {
    const body = JSON.stringify(asked);
    return await jsonOf(await send(`${origin}${oauth}/register`, { method: "POST", headers: json, body }));
  };
  const clientId = textIn(await register(metadata), "client_id");
  const authorizeUrl = `${origin}${oauth}/authorize?${new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    state: "xyz",
    code_challenge: challenge,
    code_challenge_method: "S256",
    auto_approve: "true",
  })}`;

  async function ask(params: Readonly<Record<string, string>>): Promise<object> {
    const body = new URLSearchParams(params).toString();
    return await jsonOf(await send(`${origin}${oauth}/token`, { method: "POST", headers: form, body }));
  }

  async function redeem(params: Readonly<Record<string, string>>): Promise<Tokens> {
    const found = await ask({ client_id: clientId, ...params });
    return { access_token: textIn(found, "access_token"), refresh_token: textIn(found, "refresh_token") };
  }

  async function login(): Promise<Tokens> {
    const authorization = await send(authorizeUrl, { redirect: "manual" });
    await authorization.body?.cancel();
    const code = new URL(authorization.headers.get("location") ?? "").searchParams.get("code") ?? "";
    return await redeem({ grant_type: "authorization_code", redirect_uri: redirectUri, code, code_verifier: verifier });
  }

  async function post(path: string, message: object, headers: Readonly<Record<string, string>>): Promise<Response> {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    return await send(`${origin}${path}`, { method: "POST", headers: { ...json, ...headers }, body });
  }

  async function call(path: string, headers: Readonly<Record<string, string>>, more: object = {}): Promise<void> {
    const params = { name: "mock_echo", arguments: { message: "hello" }, ...more };
    const response = await post(path, { id: 1, method: "tools/call", params }, headers);
    const text = await response.text();
    if (!text.includes("Echo: hello")) throw new Error(`No echo, status ${response.status}: ${text}`);
  }

  const callAlone = (authorization: string): Promise<void> =>
    isModern
      ? call(stateless, { authorization, ...modern }, { _meta: meta })
      : call(stateless, { authorization, "mcp-protocol-version": LAST_WITH_SESSIONS });

  const logins = await Promise.all(Array.from({ length: LOGINS }, login));
  const authorization = `Bearer ${logins[0]?.access_token}`;
  const inSession = {
    authorization,
    ...await beginSession((message, more) => post(session, message, { authorization, ...more })),
  };
  return {
    "login (authorize, token)": async () => void await login(),
    "refresh": async () => {
      const { refresh_token } = logins.shift() ?? await login();
      logins.push(await redeem({ grant_type: "refresh_token", refresh_token }));
    },
    ...hasServices ? { "client_credentials": await createServiceLogin(register, ask) } : {},
    "discovery": async () => {
      const response = await send(`${origin}/.well-known/oauth-authorization-server`);
      const text = await response.text();
      // To parse it would cost the caller more than the server is measured at.
      if (!text.includes(`"token_endpoint":"${origin}`)) throw new Error(`Status ${response.status}: ${text}`);
    },
    "registration": async () => void textIn(await register(metadata), "client_id"),
    "tools/call in a session": () => call(session, inSession),
    "tools/call, stateless": () => callAlone(authorization),
    [WHOLE_FLOW]: async () => await callAlone(`Bearer ${(await login()).access_token}`),
  };
}

async function createServiceLogin(
  register: (metadata: object) => Promise<object>,
  ask: (params: Readonly<Record<string, string>>) => Promise<object>,
): Promise<Operation> {
  const service = await register(serviceMetadata);
  const [client_id, client_secret] = [textIn(service, "client_id"), textIn(service, "client_secret")];
  return async () => {
    textIn(await ask({ grant_type: "client_credentials", client_id, client_secret }), "access_token");
  };
}

/** Begins a session, and gives the headers of what follows in it. */
async function beginSession(
  post: (message: object, headers: Readonly<Record<string, string>>) => Promise<Response>,
): Promise<Readonly<Record<string, string>>> {
  const params = { protocolVersion: LAST_WITH_SESSIONS, capabilities: {}, clientInfo };
  const response = await post({ id: 0, method: "initialize", params }, {});
  await response.text();
  const id = response.headers.get("mcp-session-id") ?? "";
  const headers = { "mcp-protocol-version": LAST_WITH_SESSIONS, "mcp-session-id": id };
  await (await post({ method: "notifications/initialized" }, headers)).body?.cancel();
  return headers;
}

async function jsonOf(response: Response): Promise<object> {
  const value: unknown = await response.json();
  if (response.ok && typeof value === "object" && value !== null) return value;
  throw new Error(`Status ${response.status}: ${JSON.stringify(value)}`);
}

function textIn(object: object, name: string): string {
  const found = new Map<string, unknown>(Object.entries(object)).get(name);
  if (typeof found === "string") return found;
  throw new Error(`${name} is missing in ${JSON.stringify(object)}`);
}
