/** MCP servers of other languages, where `deno task drivers` has built what they need. */
import { once } from "node:events";
import { createServer } from "node:http";
// @ts-types="@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider"
import { DemoInMemoryAuthProvider } from "@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js";
// @ts-types="@modelcontextprotocol/sdk/server/auth/router"
import { mcpAuthRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
// @ts-types="@modelcontextprotocol/sdk/server/express"
import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Original } from "./clone_v1_server.ts";

const built = fileURLToPath(new URL("../../dist/drivers/", import.meta.url));
const python = `${built}python/bin/python`;
const go = `${built}go-server`;

/** Whether there is what a server needs. */
export const has = { fastMcp: exists(python), go: exists(go) } as const;

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Starts a program that prints its URL. */
async function start(command: string, args: readonly string[]): Promise<Original> {
  const child = new Deno.Command(command, { args: [...args], stdin: "null", stdout: "piped", stderr: "null" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader.read();
  return {
    url: value.trim(),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

/** FastMCP, with its own authorization server. */
export async function startFastMcp(): Promise<Original> {
  const server = await start(python, [fileURLToPath(new URL("clone_fastmcp.py", import.meta.url))]);
  // It prints its URL before it listens.
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(server.url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return server;
    await new Promise<void>((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${server.url} does not answer`);
}

/** The Go SDK, behind the authorization server of SDK 1.x. */
export async function startGoServer(): Promise<Original> {
  const app = createMcpExpressApp();
  const http = createServer(app);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = z.object({ port: z.number() }).parse(http.address());
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new DemoInMemoryAuthProvider();
  // Their limits run on timers that never end.
  const unlimited = { rateLimit: false } as const;
  app.use(mcpAuthRouter({
    provider,
    issuerUrl: new URL(issuer),
    scopesSupported: ["garden"],
    authorizationOptions: unlimited,
    tokenOptions: unlimited,
    clientRegistrationOptions: unlimited,
  }));
  app.post("/introspect", (request: IncomingMessage, response: ServerResponse) => void introspect(request, response));
  async function introspect(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const token = new URLSearchParams(text).get("token") ?? "";
    response.statusCode = await provider.verifyAccessToken(token).then(() => 200, () => 400);
    response.end("{}");
  }
  const server = await start(go, [`${issuer}/`]);
  return {
    url: server.url,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      const closed = once(http, "close");
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
