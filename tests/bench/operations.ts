/** What is measured: each a request or a few, over whatever sends them; all throw where an answer is wrong. */
import { hash } from "node:crypto";

/** Sends a request without following redirects. */
export type Send = (url: string, init?: RequestInit) => Promise<Response>;

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

const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const clientInfo = { name: "bench", version: "0" };
const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "mock_echo" };
const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": clientInfo,
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** Logins whose refresh tokens are used in turn: as many as there are callers, so that none is used twice. */
const LOGINS = 8;

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/**
 * Prepares a server, and gives what can be done with it, by names.
 *
 * @param origin Where the server is.
 * @param send How requests get there.
 */
export async function createOperations(origin: string, send: Send): Promise<Readonly<Record<string, Operation>>> {
  const register = async (): Promise<string> => {
    const body = JSON.stringify(metadata);
    return textIn(
      await jsonOf(await send(`${origin}/oauth/register`, { method: "POST", headers: json, body })),
      "client_id",
    );
  };
  const clientId = await register();
  const authorizeUrl = `${origin}/oauth/authorize?${new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    state: "xyz",
    code_challenge: challenge,
    code_challenge_method: "S256",
    auto_approve: "true",
  })}`;

  async function redeem(params: Readonly<Record<string, string>>): Promise<Tokens> {
    const body = new URLSearchParams({ client_id: clientId, ...params }).toString();
    const found = await jsonOf(await send(`${origin}/oauth/token`, { method: "POST", headers: form, body }));
    return { access_token: textIn(found, "access_token"), refresh_token: textIn(found, "refresh_token") };
  }

  async function login(): Promise<Tokens> {
    const authorization = await send(authorizeUrl, { redirect: "manual" });
    await authorization.body?.cancel();
    const code = new URL(authorization.headers.get("location") ?? "").searchParams.get("code") ?? "";
    return await redeem({ grant_type: "authorization_code", redirect_uri: redirectUri, code, code_verifier: verifier });
  }

  async function post(message: object, headers: Readonly<Record<string, string>>): Promise<Response> {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    return await send(`${origin}/oauth`, { method: "POST", headers: { ...json, ...headers }, body });
  }

  async function call(headers: Readonly<Record<string, string>>, more: object = {}): Promise<void> {
    const params = { name: "mock_echo", arguments: { message: "hello" }, ...more };
    const response = await post({ id: 1, method: "tools/call", params }, headers);
    const text = await response.text();
    if (!text.includes("Echo: hello")) throw new Error(`No echo, status ${response.status}: ${text}`);
  }

  const logins = await Promise.all(Array.from({ length: LOGINS }, login));
  const authorization = `Bearer ${logins[0]?.access_token}`;
  const session = {
    authorization,
    ...await beginSession((message, more) => post(message, { authorization, ...more })),
  };
  return {
    "login (authorize, token)": async () => void await login(),
    "refresh": async () => {
      const { refresh_token } = logins.shift() ?? await login();
      logins.push(await redeem({ grant_type: "refresh_token", refresh_token }));
    },
    "discovery": async () => {
      textIn(await jsonOf(await send(`${origin}/.well-known/oauth-authorization-server`)), "issuer");
    },
    "registration": async () => void await register(),
    "tools/call in a session": () => call(session),
    "tools/call, stateless": () => call({ authorization, ...modern }, { _meta: meta }),
    "whole flow (login, tools/call)": async () => {
      await call({ authorization: `Bearer ${(await login()).access_token}`, ...modern }, { _meta: meta });
    },
  };
}

/** Begins a session of 2025-11-25, and gives the headers of what follows in it. */
async function beginSession(
  post: (message: object, headers: Readonly<Record<string, string>>) => Promise<Response>,
): Promise<Readonly<Record<string, string>>> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
  const response = await post({ id: 0, method: "initialize", params }, {});
  await response.text();
  const id = response.headers.get("mcp-session-id") ?? "";
  const headers = { "mcp-protocol-version": "2025-11-25", "mcp-session-id": id };
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
