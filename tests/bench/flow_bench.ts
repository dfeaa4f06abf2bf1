/** The whole flow, authorize, token and one tool call, over whatever sends the requests. */
import { hash } from "node:crypto";

/** Sends a request without following redirects. */
export type Send = (url: string, init?: RequestInit) => Promise<Response>;

const redirectUri = "http://127.0.0.1:9/cb";
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const challenge = hash("sha256", verifier, "base64url");

const revision = "2026-07-28";
const meta = {
  "io.modelcontextprotocol/protocolVersion": revision,
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "0" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** The operations of the benchmark on one server. */
export interface Flow {
  /** Authorization and token request; gives the access token. */
  readonly login: () => Promise<string>;
  /** One call of `mock_echo` on `/oauth`. */
  readonly callTool: (token: string) => Promise<void>;
}

/**
 * Registers a client and gives the operations.
 *
 * @param origin Where the server is.
 * @param send How requests get there.
 */
export async function createFlow(origin: string, send: Send): Promise<Flow> {
  const registration = await send(`${origin}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
    }),
  });
  const { client_id } = await registration.json();
  const authorizeUrl = `${origin}/oauth/authorize?${new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: redirectUri,
    state: "xyz",
    code_challenge: challenge,
    code_challenge_method: "S256",
    auto_approve: "true",
  })}`;

  async function login(): Promise<string> {
    const authorization = await send(authorizeUrl, { redirect: "manual" });
    await authorization.body?.cancel();
    const code = new URL(authorization.headers.get("location") ?? "").searchParams.get("code") ?? "";
    const response = await send(`${origin}/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        client_id,
        redirect_uri: redirectUri,
        code,
        code_verifier: verifier,
      }).toString(),
    });
    const { access_token } = await response.json();
    if (typeof access_token !== "string") throw new Error(`No token, status ${response.status}`);
    return access_token;
  }

  async function callTool(token: string): Promise<void> {
    const response = await send(`${origin}/oauth`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": revision,
        "mcp-method": "tools/call",
        "mcp-name": "mock_echo",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "mock_echo", arguments: { message: "hello" }, _meta: meta },
      }),
    });
    const text = await response.text();
    if (!text.includes("Echo: hello")) throw new Error(`No echo, status ${response.status}: ${text}`);
  }

  return { login, callTool };
}
