// The control API over standard input and output, for an agent that starts the server itself: the one that started the process
// may do with it what they like.
import type { Readable, Writable } from "node:stream";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { excerpt } from "../../http/errors.ts";
import { version } from "../../runtime/version.ts";
import type { Deps } from "../operation.ts";
import { createAgent } from "./enter.ts";
import { createControlServers } from "./server.ts";

/** Standard input and output of a process. */
export interface Pipe {
  readonly stdin: Readable;
  readonly stdout: Writable;
}

/** What an agent is served with. */
export interface AgentOptions extends Pipe {
  /** Where MCP clients reach the server over HTTP. */
  readonly origin: string;
  /** Told what went wrong with the pipe. */
  readonly report: (message: string) => void;
}

/** Serves an agent until its pipe closes. */
export async function serveAgent(deps: Deps, { origin, stdin, stdout, report }: AgentOptions): Promise<void> {
  const serve = await createControlServers(deps, version);
  const agent = createAgent(deps, origin, { of: () => undefined, ofRun: () => undefined, pay: () => {} });
  serveStdio(() => serve(agent), {
    transport: new StdioServerTransport(stdin, stdout),
    onerror: (error) => report(`On standard input: ${problemOf(error)}`),
  });
}

/** The SDK tells of a line that is JSON and no message by the issues of every shape that it tried. */
function problemOf(error: Error): string {
  return "issues" in error ? "A line is JSON, but not a message of JSON-RPC 2.0" : excerpt(error.message);
}
