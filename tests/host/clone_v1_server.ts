/** An MCP server of SDK 1.x with that SDK's own authorization server, on a real port: nothing of it is ours. */
// @ts-types="@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider"
import { DemoInMemoryAuthProvider } from "@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js";
// @ts-types="@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth"
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
// @ts-types="@modelcontextprotocol/sdk/server/auth/router"
import { mcpAuthRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
// @ts-types="@modelcontextprotocol/sdk/server/express"
import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";
// @ts-types="@modelcontextprotocol/sdk/server/mcp"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
// @ts-types="@modelcontextprotocol/sdk/server/streamableHttp"
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { z } from "zod";

/** A server that listens. */
export interface Original extends AsyncDisposable {
  /** URL of its MCP endpoint. */
  readonly url: string;
}

function declared(): McpServer {
  const server = new McpServer({ name: "weather-station", version: "3.1.4" }, {
    instructions: "Ask for one city at a time.",
  });
  server.registerTool(
    "get_weather",
    { title: "Weather", description: "The weather of a city", inputSchema: { city: z.string() } },
    ({ city }) => ({ content: [{ type: "text", text: `Sunny in ${city}` }] }),
  );
  server.registerTool(
    "list_cities",
    { description: "All cities" },
    () => ({ content: [{ type: "text", text: "Bonn" }] }),
  );
  server.registerResource("today", "weather://today", { mimeType: "text/plain" }, ({ href }) => ({
    contents: [{ uri: href, text: "Sunny" }],
  }));
  server.registerPrompt("ask", { description: "Asks for the weather" }, () => ({
    messages: [{ role: "user", content: { type: "text", text: "How is it in Bonn?" } }],
  }));
  return server;
}

/** Starts one, whose authorization server agrees to everything at once. */
export async function startV1Server(): Promise<Original> {
  const app = createMcpExpressApp();
  const http = createServer(app);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = z.object({ port: z.number() }).parse(http.address());
  const origin = `http://127.0.0.1:${port}`;
  const provider = new DemoInMemoryAuthProvider();
  const resourceServerUrl = new URL(`${origin}/mcp`);
  // Their limits run on timers that never end.
  const unlimited = { rateLimit: false } as const;
  app.use(mcpAuthRouter({
    provider,
    issuerUrl: new URL(origin),
    resourceServerUrl,
    scopesSupported: ["weather"],
    authorizationOptions: unlimited,
    tokenOptions: unlimited,
    clientRegistrationOptions: unlimited,
  }));
  const resourceMetadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`;
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const serve = async (
    request: IncomingMessage & { readonly body?: unknown },
    response: ServerResponse,
  ): Promise<void> => {
    const known = sessions.get(String(request.headers["mcp-session-id"] ?? ""));
    const transport = known ?? new StreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    if (!known) await declared().connect(transport);
    await transport.handleRequest(request, response, request.body);
  };
  app.all("/mcp", requireBearerAuth({ verifier: provider, resourceMetadataUrl }), serve);
  return {
    url: resourceServerUrl.href,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(sessions.values().map((transport) => transport.close()));
      const closed = once(http, "close");
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
