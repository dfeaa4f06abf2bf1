/** An MCP server of SDK 2.x behind `oidc-provider`, each at a port of its own: nothing of either is ours. */
import {
  createMcpHandler,
  McpServer,
  OAuthError,
  OAuthErrorCode,
  oauthMetadataResponse,
  requireBearerAuth,
} from "@modelcontextprotocol/server";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import Provider from "oidc-provider";
import { z } from "zod";
import type { Original } from "./clone_v1_server.ts";

/** What clients list. */
function declared(): McpServer {
  const server = new McpServer({ name: "library", version: "2.0.0", title: "Library" });
  const inputSchema = z.object({ title: z.string().describe("Of the book"), year: z.number().int().optional() });
  server.registerTool(
    "find_book",
    { title: "Find a book", inputSchema, annotations: { readOnlyHint: true } },
    ({ title }) => ({ content: [{ type: "text", text: `${title} is on shelf 7` }] }),
  );
  server.registerResource("shelves", "library://shelves", { mimeType: "text/plain" }, ({ href }) => ({
    contents: [{ uri: href, text: "7" }],
  }));
  return server;
}

/** Starts one that needs no login, with sessions that end with each request. */
export function startOpenV2Server(): Promise<Original> {
  const handler = createMcpHandler(declared);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      new URL(request.url).pathname === "/" ? handler.fetch(request) : new Response("Not here", { status: 404 }),
  );
  return Promise.resolve({
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: async () => {
      await handler.close();
      await server.shutdown();
    },
  });
}

/** Starts one whose authorization server agrees to everything, once its pages have been gone through. */
export async function startOidcServer(): Promise<Original> {
  const http = createServer();
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const issuer = `http://127.0.0.1:${portOf(http)}`;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const resource = `http://127.0.0.1:${port}/api/mcp`;
  const provider = providerOf(issuer, resource);
  const answer = provider.callback();
  http.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith("/interaction/")) void agree(provider, request, response);
    else answer(request, response);
  });
  const handler = createMcpHandler(declared);
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const metadataUrl = `http://127.0.0.1:${port}/.well-known/oauth-protected-resource/api/mcp`;
  const gate = requireBearerAuth({
    resourceMetadataUrl: metadataUrl,
    requiredScopes: ["books"],
    verifier: {
      verifyAccessToken: async (token) => {
        const found = await provider.AccessToken.find(token);
        if (!found) throw new OAuthError(OAuthErrorCode.InvalidToken, "Unknown token");
        return { token, clientId: found.clientId, scopes: found.scope.split(" "), expiresAt: found.exp };
      },
    },
  });
  const described = { oauthMetadata: metadata, resourceServerUrl: new URL(resource), scopesSupported: ["books"] };
  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, async (request) => {
    const document = oauthMetadataResponse(request, described);
    if (document) return document;
    if (new URL(request.url).pathname !== "/api/mcp") return new Response("Not here", { status: 404 });
    const authInfo = await gate(request);
    return authInfo instanceof Response ? authInfo : await handler.fetch(request, { authInfo });
  });
  return {
    url: resource,
    [Symbol.asyncDispose]: async () => {
      await handler.close();
      await server.shutdown();
      const closed = once(http, "close");
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}

function portOf(http: Server): number {
  return z.object({ port: z.number() }).parse(http.address()).port;
}

// deno-lint-ignore explicit-function-return-type -- the package has no types
function providerOf(issuer: string, resource: string) {
  return new Provider(issuer, {
    scopes: ["openid", "offline_access", "books"],
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: "books", accessTokenFormat: "opaque" }),
      },
    },
    interactions: { url: (_: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
  });
}

type Oidc = ReturnType<typeof providerOf>;

/** Agrees in the place of a person, to the login and then to what a client asks for. */
async function agree(provider: Oidc, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    return await provider.interactionFinished(request, response, { login: { accountId: "ada" } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope("openid offline_access books");
  for (const [resource, scopes] of Object.entries(prompt.details.missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, z.array(z.string()).parse(scopes).join(" "));
  }
  const consent = { consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, consent, { mergeWithLastSubmission: true });
}
