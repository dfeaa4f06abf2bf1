/**
 * The whole server as a function from request to response. It opens nothing and reads no environment: what it needs is
 * handed in, and two apps in one process never meet.
 *
 * @module
 */
import { createChance, randomBytes } from "../lib/runtime/chance.ts";
import { createMcpEndpoint } from "../lib/mcp/endpoint.ts";
import { withDeclaredUsers } from "../lib/oauth/users/declared_users.ts";
import { isOfForeignPage } from "../lib/http/origin.ts";
import { fetchAt, resolveDns } from "../lib/outbound/network.ts";
import { createClientAuthenticator } from "../lib/oauth/clients/authenticate.ts";
import { createClientDocuments } from "../lib/oauth/clients/client_document.ts";
import { createClientKeys } from "../lib/oauth/clients/jwks.ts";
import { createKeyRing } from "../lib/oauth/keys/keys.ts";
import { createTokenVerifier } from "../lib/oauth/tokens/verify.ts";
import { createOutbound } from "../lib/outbound/outbound.ts";
import { createOwnOrigins, type OwnOrigins } from "../lib/sandbox/origins.ts";
import { type Askers, createAskers } from "../lib/limits/asker.ts";
import { withQuotas } from "../lib/limits/quotas.ts";
import type { Recorder } from "../lib/recorder/recorder.ts";
import { redactLine } from "../lib/recorder/redact/redact.ts";
import { buildSandbox, parseAddress, routePath, type Sandbox } from "../lib/sandbox/sandbox.ts";
import { knownScenarios } from "../lib/scenarios/known.ts";
import type { Scenario } from "../lib/scenarios/scenario.ts";
import { sleepOnTimer } from "../lib/runtime/sleep.ts";
import { createSlices } from "../lib/runtime/slices.ts";
import { createClients } from "../lib/oauth/clients/client_table.ts";
import { createDevices } from "../lib/oauth/grants/device_table.ts";
import { createGrants } from "../lib/oauth/tokens/mark_table.ts";
import { createKeyTable } from "../lib/oauth/keys/key_table.ts";
import { createStore } from "../lib/store/kv.ts";
import { createLease } from "../lib/store/lease.ts";
import { createMinted } from "../lib/oauth/tokens/minted_table.ts";
import { createPushed } from "../lib/oauth/authorize/pushed_table.ts";
import { createReplays } from "../lib/oauth/replay_table.ts";
import { createFaultCounts } from "../lib/faults/fault_count_table.ts";
import { createSandboxTable } from "../lib/sandbox/sandbox_table.ts";
import { createScenarioTable } from "../lib/scenarios/scenario_table.ts";
import { createUsers } from "../lib/oauth/users/user_table.ts";
import { noSuchScenario } from "../lib/sandbox/not_found.ts";
import { version } from "../lib/runtime/version.ts";
import { createLiveSandboxes, type LiveSandboxes } from "../lib/sandbox/live_sandboxes.ts";
import { authorizeRoutes } from "./oauth/authorize.tsx";
import { deviceRoutes } from "./oauth/device.tsx";
import { controlRoutes } from "./control/control.ts";
import { createControlGate } from "../lib/control/gate.ts";
import { createGuard, createRefusal } from "./control/guard.ts";
import { clientMetadataRoutes } from "./oauth/own_document.ts";
import { discoveryRoutes } from "./oauth/discovery.ts";
import { describeFailure, failureResponse } from "./request/failure.tsx";
import { idpRoutes } from "./oauth/idp.ts";
import { inspectRoutes } from "./pages/inspect.tsx";
import { callerOf, limitApp } from "./request/limits.ts";
import { logoutRoutes } from "./oauth/logout.tsx";
import { mcpRoutes } from "./mcp/mcp.ts";
import { pagesRoutes } from "./pages/pages.tsx";
import { parRoutes } from "./oauth/par.ts";
import { registerRoutes } from "./oauth/register.ts";
import { createRecorders, isOfFlow, recordedArrival } from "./request/record.ts";
import { createReports } from "../lib/control/reports.ts";
import { type Located, withUrl } from "./request/request_url.ts";
import { allowOrigin, type App, createRouter } from "./request/router.ts";
import { type AppOptions, basePlanOf, gateOptionsOf } from "./options.ts";
import { createBanner, createPlayed, scenariosRoutes } from "./pages/scenarios.tsx";
import { specificationsRoutes } from "./pages/specifications.tsx";
import { serve, type ServeDeps } from "./request/serve.ts";
import { tokenRoutes } from "./oauth/token.ts";
import { tokenStatusRoutes } from "./oauth/token_status.ts";
import { userinfoRoutes } from "./oauth/userinfo.ts";

/**
 * Makes a server.
 *
 * @param given What it is made of.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * using kv = await Deno.openKv(":memory:");
 * const app = createApp({ kv });
 * const response = await app(new Request("http://localhost/.well-known/oauth-authorization-server"));
 * assert.equal((await response.json()).issuer, "http://localhost");
 * ```
 */
export function createApp(given: AppOptions): App {
  // What everybody can reach is not this machine's alone, whichever address it listens on behind a proxy.
  const options = given.public ? { ...given, loopbackOnly: false } : given;
  const { isScenario, names, recorder, now, ...deps } = assemble(options);
  const { liveSandboxes, askers, ownOrigins } = deps;
  const isLocal = options.loopbackOnly ?? false;
  const origins = gateOptionsOf(options);

  const addressOf = (url: URL): ReturnType<typeof parseAddress> =>
    ownOrigins.find(url) ?? parseAddress(url, isScenario);

  const app: Located = async (request, url, info) => {
    const origin = options.publicUrl ?? url.origin;
    const address = addressOf(url);
    const exchange = recorder?.open(request, url.pathname, now());
    try {
      const live = address && await liveSandboxes.find(address);
      if (!live) throw noSuchScenario(names, url, origin);
      const isForeign = isLocal && isOfForeignPage(url, request.headers, origins);
      const sandbox = live.seenFrom(origin, address.prefix, isForeign);
      const routed = routePath(address.path, live.scenario.layout);
      exchange?.enter(recordedArrival({ url, info, sandbox }, isLocal));
      const served = await serve(deps, { request, url, info, live, sandbox, sentPath: address.path, routed });
      const isFlow = isOfFlow(request, served);
      if (isFlow) options.teller?.saw(sandbox);
      return exchange?.close(served, isFlow) ?? served.response;
    } catch (error) {
      const response = failureResponse(error, { request, sandbox: buildSandbox({ origin, now }) }, (message) => {
        deps.report(`${request.method} ${url.pathname}: ${message}`);
      });
      allowOrigin(response);
      return exchange?.close({ response, route: undefined, shapedBy: [] }, false) ?? response;
    }
  };
  const limited = askers ? limitApp(app, { ...deps, askers, addressOf }) : app;
  return withUrl(limited, options.publicUrl ?? "http://localhost");
}

/** What an app is put together from. */
interface Parts extends ServeDeps {
  readonly liveSandboxes: LiveSandboxes;
  readonly isScenario: (name: string) => boolean;
  readonly names: readonly string[];
  readonly recorder: Recorder | undefined;
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly ownOrigins: OwnOrigins;
  /** Who asks, on a server that anybody can reach. */
  readonly askers: Askers | undefined;
}

function assemble(options: AppOptions): Parts {
  const { kv, log, alg = "EdDSA", now = Date.now, monotonicMs = () => performance.now() } = options;
  const sleep = options.sleep ?? sleepOnTimer;
  const chance = createChance(options.randomBytes ?? randomBytes);
  const report = (message: string): void => log?.({ event: "error", message: redactLine(message) });
  const fail = (message: string, error: unknown): void => report(`${message}: ${describeFailure(error)}`);
  const askers = options.public ? createAskers() : undefined;
  const unlimited = createStore(kv, chance, (key) => report(`A stored row cannot be read: ${JSON.stringify(key)}`));
  const store = askers ? withQuotas(unlimited, { monotonicMs, now, asker: askers.current }) : unlimited;
  const { fetch = fetchAt, resolveDns: lookUp = resolveDns, loopbackOnly: local = false } = options;
  const outbound = createOutbound({ fetch, resolveDns: lookUp, sleep, local });
  const lease = createLease({ isShared: options.shared ?? false, monotonicMs, sleep });
  const clients = createClients(store, createClientDocuments({ outbound, local }), lease);
  const grants = createGrants(store);
  const users = withDeclaredUsers(createUsers(store), options.users ?? []);
  // A stranger is not told who there is, and has to know a password.
  const offered = options.public ? [] : options.users ?? [];
  const keysOf = createKeyRing(createKeyTable(store), alg, chance, now, options.generateKey);
  const verifier = createTokenVerifier({ keysOf, grants });
  const pushed = createPushed(store);
  const devices = createDevices(store);
  const replays = createReplays(store);
  // Another party with keys of its own, which happen to be kept here.
  const keysOfIdp = (sandboxId: string): ReturnType<typeof keysOf> => keysOf(`${sandboxId}/idp`);
  const authenticate = createClientAuthenticator({ clients, replays, clientKeys: createClientKeys(outbound), keysOf });
  const mcp = createMcpEndpoint({ store, chance, version, sleep, log: fail });
  const slices = createSlices(monotonicMs);
  const recorderDeps = { chance, store, now, monotonicMs, sleep, slices, report: fail };
  const { recording, recorder } = createRecorders(options, recorderDeps);
  const faultCounts = createFaultCounts(store);
  const { known, own } = knownScenarios(options);
  const names = [...known.keys()];
  const scenarios = createScenarioTable(store);
  const liveSandboxes = createLiveSandboxes({
    table: createSandboxTable(store),
    findScenario: async (name) => known.get(name) ?? await scenarios.find(name),
    ownScenario: own,
    base: basePlanOf(options),
    patch: { policy: options.policy ?? {}, mint: options.mint ?? {} },
    now,
    lease,
    onRotate: keysOf.forget,
    onSweepError: (error) => fail("Idle sandboxes were not removed", error),
    onForget: (sandboxId) => {
      keysOf.forget(sandboxId);
      recording?.drop(sandboxId);
    },
  });
  const ownOrigins = createOwnOrigins(options.public || options.publicUrl ? undefined : options.openPort);
  const gate = createControlGate(gateOptionsOf(options));
  const refusalOf = createRefusal(gate, liveSandboxes.of);
  const guard = createGuard(refusalOf);
  const minted = createMinted(store);
  const scenarioOf = (sandbox: Sandbox): Scenario => liveSandboxes.of(sandbox).scenario;
  const bannerOf = createBanner(scenarioOf);
  const reports = createReports({ recording, scenarioOf, slices });
  if (recording) options.teller?.judgeWith(async (sandbox) => (await reports.judge(sandbox)).report);
  options.signal?.addEventListener("abort", () => void mcp.close(), { once: true });
  options.draining?.addEventListener("abort", () => void mcp.endListening(), { once: true });
  return {
    liveSandboxes,
    gate,
    isScenario: (name) => known.has(name) || scenarios.isName(name),
    names,
    faultCounts,
    now,
    monotonicMs,
    askers,
    isPublic: options.public ?? false,
    isBroughtAlong: scenarios.isName,
    match: createRouter([
      ...discoveryRoutes({ keysOf }),
      ...clientMetadataRoutes(),
      ...registerRoutes({ clients, chance, keysOf }),
      ...authorizeRoutes({ clients, users, offered, pushed, chance, keysOf }),
      ...deviceRoutes({ clients, authenticate, users, devices, chance }),
      ...idpRoutes({ authenticate, chance, keysOf, keysOfIdp }),
      ...parRoutes({ clients, authenticate, pushed, replays, chance, keysOf }),
      ...tokenRoutes({ clients, authenticate, grants, devices, replays, chance, keysOf, keysOfIdp }),
      ...tokenStatusRoutes({ authenticate, grants, keysOf, verifier }),
      ...logoutRoutes({ clients, grants, keysOf }),
      ...userinfoRoutes({ verifier, keysOf, replays }),
      ...mcpRoutes({ mcp, verifyToken: verifier.verifyForResource, keysOf, replays, origins: gateOptionsOf(options) }),
      ...pagesRoutes({
        startedAtMs: now(),
        bannerOf,
        playedBy: createPlayed(scenarioOf),
        scenarioCount: known.size,
        isWatchable: (context) => recording !== undefined && !refusalOf(context),
      }),
      ...inspectRoutes({ reports, refusalOf, bannerOf }),
      ...specificationsRoutes(),
      ...scenariosRoutes({ scenarios: [...known.values()], chance }),
      ...controlRoutes({
        operationDeps: {
          liveSandboxes,
          faultCounts,
          users,
          clients,
          grants,
          minted,
          scenarios,
          names,
          verifier,
          keysOf,
          ownOrigins,
          reports,
          chance,
          sleep,
        },
        guard,
        refusalOf,
        bannerOf,
        slices,
        monotonicMs,
        signal: options.signal,
        addressOf: options.public ? callerOf : () => undefined,
        refresh: async (sandbox) =>
          (await liveSandboxes.refresh(sandbox)).seenFrom(sandbox.origin, sandbox.prefix, sandbox.isAskedByForeignPage),
      }),
    ]),
    recorder,
    ownOrigins,
    sleep,
    report,
  };
}
