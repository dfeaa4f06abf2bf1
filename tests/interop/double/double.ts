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
import { z } from "zod";
import type { DriverStep } from "../../../lib/scenarios/driver_step.ts";
import { NEXT_STAGE, NEXT_STEP } from "../../../lib/scenarios/guide.ts";
import { origin, startMs } from "../../helpers.ts";
import { createHttp } from "./http.ts";
import { createMcp } from "./mcp/client.ts";
import { extras } from "./mcp/extras.ts";
import { listTools } from "./mcp/pages.ts";
import { tryTools } from "./mcp/schemas.ts";
import { createFollower } from "./mcp/script.ts";
import { createLogin } from "./oauth/login.ts";
import { type DoubleOptions, type Setting, Stop } from "./options.ts";

export type { DoubleOptions, Given } from "./options.ts";
export type { Slip } from "./slips.ts";
export { Stop } from "./options.ts";

/** What a tool says. */
const said = z.object({ content: z.tuple([z.object({ text: z.string() })]) });

/** Lets it do its work: discover, get a token, call tools; or what a script says. */
export async function runDouble(options: DoubleOptions): Promise<void> {
  const work = createWork(options);
  for (const steps of runsOf(options)) {
    try {
      await work(steps);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
  }
}

/** The steps of each run of the program: it is started again with every `connect`. */
function runsOf({ driver, tools = ["mock_echo"], pause, logout = false }: DoubleOptions): readonly Steps[] {
  if (!driver) {
    const calls = tools.map((tool) => ({ do: "call", tool }) as const);
    const use: Steps = [{ do: "list_tools" }, ...calls];
    const again: Steps = pause ? ["pause", ...use, "pause", ...use] : [];
    return [[{ do: "connect" }, ...use, "extras", ...again, "refresh", ...logout ? [{ do: "log_out" } as const] : []]];
  }
  const starts = driver.flatMap((step, at) => step.do === "connect" ? [at] : []);
  return starts.map((start, run) => driver.slice(start, starts[run + 1])).map((steps) => [...steps, "extras"]);
}

/** Steps of a script, and what tests have it do besides. */
type Steps = readonly (DriverStep | "extras" | "pause" | "refresh")[];

function createWork(options: DoubleOptions): (steps: Steps) => Promise<void> {
  const { slip, base = origin } = options;
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
  const follow = createFollower(mcp, setting, login);

  async function refresh(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      await login.renew(mcp.link.revision);
      await listTools(mcp, setting);
    }
  }

  async function doExtras(): Promise<void> {
    if (options.secondEndpoint === undefined) await tryTools(mcp, setting);
    else await useSecond(options.secondEndpoint);
    for (const extra of options.extras ?? []) await extras[extra](mcp, setting);
  }

  /** Uses the tools of a second server, which needs no login. */
  async function useSecond(endpoint: string): Promise<void> {
    const there: Setting = { ...setting, mcpUrl: base + endpoint };
    const second = createMcp(there, http, createLogin(there, http));
    await second.open();
    await listTools(second, there);
    await second.call("tools/call", { name: "mock_echo", arguments: { message: "m" } });
    await tryTools(second, there);
    await second.end();
  }

  /** Asks what it is to do next, as a driver within it would. */
  async function beLed(step: DriverStep): Promise<void> {
    if (!options.onLed) return;
    const answer = await mcp.call("tools/call", { name: NEXT_STEP, arguments: {} });
    options.onLed(said.parse(answer?.result).content[0].text, step);
  }

  async function take(step: Steps[number]): Promise<void> {
    if (step === "pause") await options.pause?.();
    else if (step === "refresh") await (options.refresh ? refresh() : undefined);
    else if (step === "extras") await doExtras();
    else if (step.do !== "log_out" && step.do !== "end") {
      await follow(step);
      await beLed(step);
    }
  }

  return async (steps) => {
    const isLoggedOut = steps.some((step) => typeof step === "object" && step.do === "log_out");
    try {
      for (const step of steps) await take(step);
      if (options.goesOn) await mcp.call("tools/call", { name: NEXT_STAGE, arguments: {} });
    } catch (error) {
      // Whoever gives up leaves no session behind.
      if (error instanceof Stop && !options.staysOpen) await mcp.end();
      throw error;
    }
    if (!options.staysOpen) await mcp.end();
    if (isLoggedOut) await login.revoke();
    if (slip === "uses what it has revoked") await (await mcp.link.post("tools/list", {}).response).text();
  };
}
