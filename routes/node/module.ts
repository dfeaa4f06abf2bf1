/**
 * A mock OAuth 2.1 authorization server with mock MCP servers behind it: import {@link startMockServer} for a test, or
 * {@link createApp}, the server as a function. This is the package of npm, for Node, Bun and Deno.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { print } from "../../lib/cli/print.ts";
import { plain } from "../../lib/runtime/plain_text.ts";
import { serveHttp } from "../../lib/node/http_server.ts";
import type { MockServer } from "../fixture/fixture.ts";
import type { MockOptions } from "../fixture/fixture_options.ts";
import { tooOld } from "./oldest.ts";

export { createApp } from "../app.ts";
export type * from "../app_types.ts";

/**
 * Starts a server for a test: in process, on a database in memory, with all there is to drive it.
 *
 * @param options What it is started with.
 */
export async function startMockServer(options: MockOptions = {}): Promise<MockServer> {
  const problem = tooOld();
  if (problem !== undefined) throw new Error(problem);
  const { startFixture } = await import("../fixture/fixture.ts");
  return await startFixture(options, {
    serve: (port, app) => serveHttp({ port, hostname: "127.0.0.1", report: warn }, app),
  });
}

/** A line for the person who runs the test. */
function warn(message: string): void {
  print({ writeSync: (bytes) => writeSync(STDERR, bytes) }, plain`mock-oauth: ${message}` + "\n");
}

const STDERR = 2;
