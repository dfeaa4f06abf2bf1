/**
 * The peer: an MCP server of SDK 1.x with that SDK's own authorization server, all in memory, without its limits on
 * requests. It agrees to every login at once, has the same tool, and answers in JSON, as ours does. It speaks on its standard
 * output and input as `server.ts` does, and needs Node alone once it is bundled.
 */
// @ts-types="@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth"
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
// @ts-types="@modelcontextprotocol/sdk/server/auth/errors"
import { InvalidGrantError, InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";
// @ts-types="@modelcontextprotocol/sdk/server/auth/provider"
import type { OAuthServerProvider } from "@modelcontextprotocol/sdk/server/auth/provider.js";
// @ts-types="@modelcontextprotocol/sdk/server/auth/router"
import { mcpAuthRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
// @ts-types="@modelcontextprotocol/sdk/server/express"
import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/server/streamableHttp"
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
// @ts-types="@modelcontextprotocol/sdk/shared/auth"
import type { OAuthClientInformationFull, OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import { once } from "node:events";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { cpuUsage, exit, stdin, stdout } from "node:process";
import { z } from "zod";

type Asked = IncomingMessage & { readonly body?: unknown };

const LIFETIME_SECONDS = 3600;
const clients = new Map<string, OAuthClientInformationFull>();
const challenges = new Map<string, string>();
const accessTokens = new Map<string, { readonly clientId: string; readonly expiresAt: number }>();
const refreshTokens = new Set<string>();

function issue(clientId: string): OAuthTokens {
  const [access_token, refresh_token] = [randomUUID(), randomUUID()];
  accessTokens.set(access_token, { clientId, expiresAt: Math.floor(Date.now() / 1000) + LIFETIME_SECONDS });
  refreshTokens.add(refresh_token);
  return { access_token, token_type: "Bearer", expires_in: LIFETIME_SECONDS, refresh_token };
}

const provider: OAuthServerProvider = {
  clientsStore: {
    getClient: (id) => clients.get(id),
    registerClient: (metadata) => {
      const client = { client_id: randomUUID(), ...metadata };
      clients.set(client.client_id, client);
      return client;
    },
  },
  authorize: (_client, { redirectUri, state = "", codeChallenge }, response) => {
    const code = randomUUID();
    challenges.set(code, codeChallenge);
    response.redirect(`${redirectUri}?${new URLSearchParams({ code, state })}`);
    return Promise.resolve();
  },
  challengeForAuthorizationCode: (_client, code) => {
    const challenge = challenges.get(code);
    return challenge === undefined ? Promise.reject(new InvalidGrantError("Unknown code")) : Promise.resolve(challenge);
  },
  exchangeAuthorizationCode: ({ client_id }, code) =>
    challenges.delete(code)
      ? Promise.resolve(issue(client_id))
      : Promise.reject(new InvalidGrantError("The code has been used")),
  exchangeRefreshToken: ({ client_id }, token) =>
    refreshTokens.delete(token)
      ? Promise.resolve(issue(client_id))
      : Promise.reject(new InvalidGrantError("Unknown refresh token")),
  verifyAccessToken: (token) => {
    const known = accessTokens.get(token);
    return known ? Promise.resolve({ token, scopes: [], ...known }) : Promise.reject(new InvalidTokenError("Unknown"));
  },
};

function createEcho(): McpServer {
  const server = new McpServer({ name: "peer", version: "1.0.0" });
  server.registerTool(
    "mock_echo",
    { description: "Says what it is told", inputSchema: { message: z.string() } },
    ({ message }) => ({ content: [{ type: "text", text: `Echo: ${message}` }] }),
  );
  return server;
}

const sessions = new Map<string, StreamableHTTPServerTransport>();

async function serveSession(request: Asked, response: ServerResponse): Promise<void> {
  const known = sessions.get(String(request.headers["mcp-session-id"] ?? ""));
  const transport = known ?? new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => void sessions.set(id, transport),
  });
  if (!known) await createEcho().connect(transport);
  await transport.handleRequest(request, response, request.body);
}

/** As the SDK wants it: a server and a transport for each request. */
async function serveStateless(request: Asked, response: ServerResponse): Promise<void> {
  const server = createEcho();
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.on("close", () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
}

const app = createMcpExpressApp();
const http = createServer(app);
// Connections are to stay while another server has its turn.
http.keepAliveTimeout = 60_000;
http.listen(0, "127.0.0.1");
await once(http, "listening");
const { port } = z.object({ port: z.number() }).parse(http.address());
const unlimited = { rateLimit: false } as const;
app.use(mcpAuthRouter({
  provider,
  issuerUrl: new URL(`http://127.0.0.1:${port}`),
  authorizationOptions: unlimited,
  tokenOptions: unlimited,
  clientRegistrationOptions: unlimited,
}));
const authorized = requireBearerAuth({ verifier: provider });
app.post("/session", authorized, serveSession);
app.post("/stateless", authorized, serveStateless);

stdout.write(`${port}\n`);
for await (const _ of stdin) {
  const { user, system } = cpuUsage();
  stdout.write(`${user + system}\n`);
}
exit(0);
