// The whole server as a function from request to response. It opens nothing and reads no environment: its options
// have all it needs, and two apps in one process share nothing.
import type { AgentOptions } from "../lib/control/agent/stdio.ts";
import { allowOrigin } from "../lib/http/any_origin.ts";
import { isOfForeignPage } from "../lib/http/origin.ts";
import { attempted, type Awaitable, followed } from "../lib/runtime/awaitable.ts";
import { late } from "../lib/runtime/late.ts";
import { type FoundGauntlet, parseGauntlet } from "../lib/sandbox/gauntlet.ts";
import { noSuchScenario } from "../lib/sandbox/not_found.ts";
import type { LiveSandbox } from "../lib/sandbox/live_sandboxes.ts";
import { type Address, buildSandbox, parseAddress, routePath, type Sandbox } from "../lib/sandbox/sandbox.ts";
import { assemble } from "./assemble.ts";
import { type AppOptions, gateOptionsOf, type ProgramOptions, requireOptions } from "./options.ts";
import { failureResponse } from "./request/failure.ts";
import { isOfFlow, recordedRequest } from "./request/record.ts";
import { type Located, withUrl } from "./request/request_url.ts";
import type { App } from "./request/router.ts";
import { serve } from "./request/serve.ts";

/**
 * Makes a server.
 *
 * @param given Its options; none is needed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const app = createApp();
 * const response = await app(new Request("http://localhost/.well-known/oauth-authorization-server"));
 * assert.equal((await response.json()).issuer, "http://localhost");
 * ```
 */
export function createApp(given: AppOptions = {}): App {
  return createProgramApp(given).app;
}

/** The server of our own program. */
export interface ProgramApp {
  readonly app: App;
  /** Serves an agent that started the program, until its pipe closes. */
  readonly serveAgent: (options: AgentOptions) => Promise<void>;
}

/** What is asked of a session: whether it is alive. */
const NAMED_ALONE = { alive: false, count: false } as const;

/** Makes the server of our own program. */
export function createProgramApp(given: ProgramOptions): ProgramApp {
  requireOptions(given);
  // A public server is not for this machine alone, even if it listens on loopback behind a proxy.
  const options = given.public ? { ...given, loopbackOnly: false } : given;
  const { isScenario, recorder, now, deps, ...parts } = assemble(options, createApp);
  const { liveSandboxes, ownOrigins, names, gauntlets } = deps;
  const isLocal = options.loopbackOnly ?? false;
  const origins = gateOptionsOf(options);

  const addressOf = (url: URL): Address | undefined => ownOrigins.find(url) ?? parseAddress(url, isScenario);

  const arriveAt = (gauntlet: FoundGauntlet, request: Request, origin: string): Promise<Address> => {
    const { method, headers } = request;
    const hasSessionIn = async (sandbox: Sandbox): Promise<boolean> =>
      (await parts.sessionFactsOf(request, sandbox, NAMED_ALONE)).named !== undefined;
    return gauntlets.arrive(gauntlet, { path: gauntlet.path, method, headers, origin, hasSessionIn });
  };

  const app: Located = (request, url, info) => {
    const origin = options.publicUrl ?? url.origin;
    const exchange = recorder?.open(request, url.pathname, now());

    const serveAt = (address: Address | undefined): Awaitable<Response> =>
      followed(address && liveSandboxes.find(address), (live) => serveIn(live, address));

    function serveIn(live: LiveSandbox | undefined, address: Address | undefined): Awaitable<Response> {
      if (!live || !address) throw noSuchScenario(names, url, origin);
      const isForeign = isLocal && isOfForeignPage(url, request.headers, origins);
      const sandbox = live.seenFrom(origin, address.prefix, isForeign);
      const routed = routePath(address.path, live.scenario.layout);
      exchange?.enter(recordedRequest({ url, info, sandbox, sentPath: address.path }, isLocal));
      const arrival = { request, url, info, live, sandbox, sentPath: address.path, routed };
      return followed(serve(parts, arrival), (served) => {
        const isFlow = isOfFlow(request, served);
        if (isFlow) options.teller?.saw(sandbox);
        return exchange?.close(served, isFlow) ?? served.response;
      });
    }

    async function refuse(error: unknown): Promise<Response> {
      const response = await failureResponse(error, { request, sandbox: buildSandbox({ origin, now }) }, (message) => {
        parts.report(`${request.method} ${url.pathname}: ${message}`);
      });
      allowOrigin(response);
      return exchange?.close({ response, route: undefined, shapedBy: [] }, false) ?? response;
    }

    return attempted(() => {
      const gauntlet = parseGauntlet(url.pathname);
      return followed(gauntlet ? arriveAt(gauntlet, request, origin) : addressOf(url), serveAt);
    }, refuse);
  };
  const { askers } = parts;
  const serveAgent = async (options: AgentOptions): Promise<void> =>
    (await import("../lib/control/agent/stdio.ts")).serveAgent(deps, options);
  const elsewhere = options.publicUrl ?? "http://localhost";
  if (!askers) return { app: withUrl(app, elsewhere), serveAgent };
  const limited = late(async () => {
    const { limitApp } = await import("./request/limits.ts");
    const sandboxAt = async (url: URL): Promise<Address | undefined> => {
      const gauntlet = parseGauntlet(url.pathname);
      // What is wrong with it, the app says.
      return gauntlet ? await gauntlets.addressOf(gauntlet).catch(() => undefined) : addressOf(url);
    };
    return limitApp(app, { ...deps, askers, addressOf: sandboxAt });
  });
  return { app: withUrl(async (...arrived) => await (await limited())(...arrived), elsewhere), serveAgent };
}
