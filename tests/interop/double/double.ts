/**
 * A small MCP client that does everything as the specification asks, or everything but one thing, its slip.
 *
 * Where things are: `options.ts` how it is set up; `slips.ts` the slips of logging in, and the list of all;
 * `slips_messages.ts` slips that change a single request, as a table; every other slip is named and looked at where the
 * behaviour is. `oauth/` is the half that logs in; what the other half knows of it is `Login` in `oauth/login.ts`.
 * `mcp/` is the half that speaks MCP: `client.ts` sends a request until it is let through and answered, `link.ts` gives it
 * the headers of its revision and a new id, `inbox.ts` and `events.ts` read what comes back, on whichever stream. Beside
 * them, a file for each thing that can happen: `handshake.ts` and `eras.ts` which revision is settled, `http_sse.ts` the
 * transport of 2024-11-05, `sessions.ts`, `listen.ts` the GET stream, `resume.ts` streams that end too early,
 * `server_messages.ts` what the server asks, `time_limit.ts` answers that never come, `pages.ts`, `tools.ts`.
 *
 * @module
 */
import { origin, startMs } from "../../helpers.ts";
import { createHttp } from "./http.ts";
import { createMcp } from "./mcp/client.ts";
import { extras } from "./mcp/extras.ts";
import { listTools } from "./mcp/pages.ts";
import { react } from "./mcp/reactions.ts";
import { argumentHeaders, argumentsFor } from "./mcp/tool_headers.ts";
import { createLogin } from "./oauth/login.ts";
import { type DoubleOptions, type Setting, Stop } from "./options.ts";

export type { DoubleOptions, Given } from "./options.ts";
export type { Slip } from "./slips.ts";
export { Stop } from "./options.ts";

/** Lets it do its work: discover, get a token, call tools. */
export async function runDouble(options: DoubleOptions): Promise<void> {
  const work = createWork(options);
  for (let round = 0; round < (options.startsOver ? 2 : 1); round++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
  }
}

function createWork(options: DoubleOptions): () => Promise<void> {
  const { tools = ["mock_echo"], refresh = false, logout = false, slip, pause, base = origin } = options;
  const setting: Setting = {
    options,
    slip,
    base,
    host: new URL(base).origin,
    mcpUrl: base + (options.endpoint ?? "/oauth"),
    wait: options.wait ?? (() => Promise.resolve()),
    nowMs: options.nowMs ?? (() => startMs),
  };
  const http = createHttp(setting);
  const login = createLogin(setting, http);
  const mcp = createMcp(setting, http, login);
  const { open, call, end, link } = mcp;

  async function callTools(): Promise<void> {
    for (const name of tools) {
      if (slip === "asks for the era before every call") await mcp.askForEra();
      const schema = link.tools.get(name);
      const args = schema === undefined ? { message: "m", title: "t", content: "c" } : argumentsFor(schema);
      const isInvalid = link.isModern() && argumentHeaders(schema, args) === undefined;
      if (isInvalid && slip !== "calls tools with invalid marks") continue;
      const params = { name, arguments: args };
      await react(mcp, setting, { login, params, answer: await call("tools/call", params) });
      if (slip === "discovers again for another name" && link.isModern()) await call("server/discover");
    }
  }

  async function useTools(): Promise<void> {
    await open();
    // What the server has not declared, it does not have.
    if (link.capabilities && !("tools" in link.capabilities) && slip !== "asks for what was not declared") return;
    await listTools(mcp, setting);
    if (slip === "polls a task that nobody declared" && link.isModern()) await call("tasks/get", { taskId: "t" });
    await callTools();
    for (const extra of options.extras ?? []) await extras[extra](mcp, setting);
    for (let round = 0; pause && round < 2; round++) {
      await pause();
      await listTools(mcp, setting);
      await callTools();
    }
    for (let round = 0; refresh && round < 2; round++) {
      await login.renew(link.revision);
      await listTools(mcp, setting);
    }
  }

  async function logOut(): Promise<void> {
    if (!options.staysOpen) await end();
    if (logout) await login.revoke();
    if (slip === "uses what it has revoked") await (await link.post("tools/list", {}).response).text();
  }

  return async () => {
    try {
      await useTools();
    } catch (error) {
      // Whoever gives up leaves no session behind.
      if (error instanceof Stop && !options.staysOpen) await end();
      throw error;
    }
    await logOut();
  };
}
