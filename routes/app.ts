/**
 * The whole server as a function from request to response. It opens nothing and reads no environment: what it needs is
 * handed in, and two apps in one process never meet.
 *
 * @module
 */
import { createChance, randomBytes } from "../lib/chance.ts";
import type { OriginPolicy } from "../lib/http_origin.ts";
import { createMcpEndpoint } from "../lib/mcp/endpoint.ts";
import { type DeclaredUser, withDeclaredUsers } from "../lib/oauth/declared_users.ts";
import { fetchAt, resolveDns } from "../lib/network.ts";
import { createClientAuthenticator } from "../lib/oauth/client_auth.ts";
import { createClientDocuments } from "../lib/oauth/client_document.ts";
import { createClientKeys } from "../lib/oauth/client_keys.ts";
import { createKeyRing } from "../lib/oauth/keys.ts";
import { createTokenVerifier } from "../lib/oauth/verify.ts";
import { createOutbound, type FetchAt, type ResolveDns } from "../lib/outbound.ts";
import type { ExchangeSummary, Recorder } from "../lib/recorder/recorder.ts";
import { buildSandbox, parseAddress, routePath } from "../lib/sandbox.ts";
import { catalogue, standard } from "../lib/scenarios/catalogue.ts";
import type { Mint, Policy } from "../lib/scenarios/plan.ts";
import type { Scenario } from "../lib/scenarios/scenario.ts";
import { type Sleep, sleepOnTimer } from "../lib/sleep.ts";
import { createClients } from "../lib/store/clients.ts";
import { createDevices } from "../lib/store/devices.ts";
import { createGrants } from "../lib/store/grants.ts";
import { createKeyTable, type SigningAlgorithm } from "../lib/store/keys.ts";
import { createStore } from "../lib/store/kv.ts";
import { createPushed } from "../lib/store/pushed.ts";
import { createReplays } from "../lib/store/replays.ts";
import { createSandboxTable } from "../lib/store/sandboxes.ts";
import { createUsers } from "../lib/store/users.ts";
import { version } from "../lib/version.ts";
import { createWorlds, type Worlds } from "../lib/worlds.ts";
import { authorizeRoutes } from "./authorize.tsx";
import { deviceRoutes } from "./device.tsx";
import { clientMetadataRoutes } from "./client_metadata.ts";
import { discoveryRoutes } from "./discovery.ts";
import { describeFailure, failureResponse } from "./failure.tsx";
import { idpRoutes } from "./idp.ts";
import { mcpRoutes } from "./mcp.ts";
import { pagesRoutes } from "./pages.tsx";
import { parRoutes } from "./par.ts";
import { registerRoutes } from "./register.ts";
import { createRecorders, isOfFlow, recordedArrival } from "./record.ts";
import { reportRoutes } from "./report.ts";
import { allowOrigin, type ConnectionInfo, createRouter } from "./router.ts";
import { noSuchScenario, serve, type ServeDeps } from "./serve.ts";
import { tokenRoutes } from "./token.ts";
import { tokenStatusRoutes } from "./token_status.ts";
import { userinfoRoutes } from "./userinfo.ts";

/** Something worth a line in a log; it never holds a secret. */
export type LogEvent =
  | ({ readonly event: "exchange" } & ExchangeSummary)
  | { readonly event: "error"; readonly message: string };

/** What an app is made of. */
export interface AppOptions {
  /** The database. The caller opens it, and closes it. */
  readonly kv: Deno.Kv;
  /** Origin to name in place of the request's own, such as `https://mock.example.com`. */
  readonly publicUrl?: string;
  /** What tokens are signed with; `EdDSA` if not given. */
  readonly alg?: SigningAlgorithm;
  /** Rules in place of those of every scenario. */
  readonly policy?: Partial<Policy>;
  /** What is put into tokens in place of what every scenario puts there. */
  readonly mint?: Partial<Mint>;
  /** Name of the scenario of the process itself, or a scenario of your own; `standard` if not given. */
  readonly scenario?: string | Scenario;
  /** Scenarios beside those of the catalogue. */
  readonly scenarios?: readonly Scenario[];
  /** Whether other processes use the same database at the same time; then control calls wait until those know, too. */
  readonly shared?: boolean;
  /** People who can log in from the start, with claims of their own. */
  readonly users?: readonly DeclaredUser[];
  /** The clock, in milliseconds since 1970; the system's if not given. */
  readonly now?: () => number;
  /** A clock for durations, in milliseconds; the system's if not given. */
  readonly monotonicMs?: () => number;
  /** Source of chance; the runtime's cryptographic generator if not given. */
  readonly randomBytes?: (length: number) => Uint8Array<ArrayBuffer>;
  /** What delays wait with; a timer if not given. */
  readonly sleep?: Sleep;
  /** What documents that clients name are fetched with, at an address that was checked; a socket if not given. */
  readonly fetch?: FetchAt;
  /** What the addresses of such documents are looked up with; the system's DNS if not given. */
  readonly resolveDns?: ResolveDns;
  /** Whether exchanges are recorded, for reports and the inspector; true if not given. */
  readonly record?: boolean;
  /** Called with every exchange and every unexpected error. */
  readonly log?: (event: LogEvent) => void;
  /**
   * True if the server listens on a loopback address: MCP endpoints then answer only under names of this machine, and
   * only its pages (DNS rebinding), and documents of clients may lie on this machine.
   */
  readonly loopbackOnly?: boolean;
  /** Origins of other pages that may call the MCP endpoints. Without it any page may, unless `loopbackOnly` is set. */
  readonly allowedOrigins?: readonly string[];
  /** Aborting it closes open streams and refuses further MCP requests. */
  readonly signal?: AbortSignal;
}

/** The server: a request in, a response out. What the HTTP server knows of the peer helps to tell callers apart. */
export type App = (request: Request, info?: ConnectionInfo) => Promise<Response>;

/**
 * Makes a server.
 *
 * @param options What it is made of.
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
export function createApp(options: AppOptions): App {
  const { worlds, isScenario, names, recorder, now, ...deps } = assemble(options);

  return async (request, info) => {
    const url = new URL(request.url);
    const origin = options.publicUrl ?? url.origin;
    const address = parseAddress(url, isScenario);
    const exchange = recorder?.open(request, url.pathname, now());
    try {
      const world = address && await worlds.find(address);
      if (!world) throw noSuchScenario(names, url.pathname);
      const sandbox = world.seenFrom(origin, address.prefix);
      const routed = routePath(address, world.scenario.layout);
      exchange?.enter(recordedArrival({ url, info, sandbox }));
      const served = await serve(deps, { request, url, info, world, sandbox, sentPath: address.path, routed });
      return exchange?.close({ ...served, isRecorded: isOfFlow(request, served) }) ?? served.response;
    } catch (error) {
      const response = failureResponse(error, { request, url, sandbox: buildSandbox({ origin, now }) }, (message) => {
        deps.report(`${request.method} ${url.pathname}: ${message}`);
      });
      allowOrigin(response);
      return exchange?.close({ response, isRecorded: false }) ?? response;
    }
  };
}

/** What an app is put together from. */
interface Parts extends ServeDeps {
  readonly worlds: Worlds;
  readonly isScenario: (name: string) => boolean;
  readonly names: readonly string[];
  readonly recorder: Recorder | undefined;
  readonly now: () => number;
}

/** The scenarios of an app by name, and its own one. */
function scenariosOf(
  { scenario = standard, scenarios = [] }: AppOptions,
): { readonly known: ReadonlyMap<string, Scenario>; readonly own: Scenario } {
  const known = new Map([...catalogue, ...scenarios].map((entry) => [entry.name, entry]));
  const own = typeof scenario === "string" ? known.get(scenario) : scenario;
  if (own) return { known, own };
  throw new RangeError(`There is no scenario ${scenario}; there are ${[...known.keys()].join(", ")}`);
}

function assemble(options: AppOptions): Parts {
  const { kv, log, alg = "EdDSA", now = Date.now, monotonicMs = () => performance.now() } = options;
  const sleep = options.sleep ?? sleepOnTimer;
  const chance = createChance(options.randomBytes ?? randomBytes);
  const store = createStore(kv, chance);
  const local = options.loopbackOnly ?? false;
  const outbound = createOutbound({
    fetch: options.fetch ?? fetchAt,
    resolveDns: options.resolveDns ?? resolveDns,
    sleep,
    local,
  });
  const clients = createClients(store, createClientDocuments({ outbound, local }));
  const grants = createGrants(store);
  const users = withDeclaredUsers(createUsers(store), options.users ?? []);
  const keysOf = createKeyRing(createKeyTable(store), alg, chance, now);
  const verifier = createTokenVerifier({ keysOf, grants });
  const pushed = createPushed(store);
  const devices = createDevices(store);
  const replays = createReplays(store);
  // Another party with keys of its own, which happen to be kept here.
  const keysOfIdp = (sandboxId: string): ReturnType<typeof keysOf> => keysOf(`${sandboxId}/idp`);
  const clientKeys = createClientKeys(outbound);
  const authenticate = createClientAuthenticator({ clients, replays, clientKeys, keysOf });
  const report = (message: string): void => log?.({ event: "error", message });
  const fail = (message: string, error: unknown): void => report(`${message}: ${describeFailure(error)}`);
  const mcp = createMcpEndpoint({ store, chance, version, sleep, log: fail });
  const { recording, recorder } = createRecorders(options, { chance, monotonicMs, report: fail });
  const table = createSandboxTable(store);
  const { known, own } = scenariosOf(options);
  const worlds = createWorlds({
    table,
    findScenario: (name) => Promise.resolve(known.get(name)),
    ownScenario: own,
    patch: { policy: options.policy ?? {}, mint: options.mint ?? {} },
    now,
    monotonicMs,
    sleep,
    isShared: options.shared ?? false,
    onForget: (sandboxId) => {
      keysOf.forget(sandboxId);
      recording?.drop(sandboxId);
    },
  });
  options.signal?.addEventListener("abort", () => void mcp.close(), { once: true });
  return {
    worlds,
    isScenario: (name) => known.has(name),
    names: [...known.keys()],
    table,
    now,
    match: createRouter([
      ...discoveryRoutes({ keysOf }),
      ...clientMetadataRoutes(),
      ...registerRoutes({ clients, chance, keysOf }),
      ...authorizeRoutes({ clients, users, pushed, chance, keysOf }),
      ...deviceRoutes({ clients, authenticate, users, devices, chance }),
      ...idpRoutes({ authenticate, chance, keysOf, keysOfIdp }),
      ...parRoutes({ clients, authenticate, pushed, replays, chance, keysOf }),
      ...tokenRoutes({ clients, authenticate, grants, devices, replays, chance, keysOf, keysOfIdp }),
      ...tokenStatusRoutes({ authenticate, grants, keysOf, verifier }),
      ...userinfoRoutes({ verifier, keysOf, replays }),
      ...mcpRoutes({ mcp, verifyToken: verifier.verifyForResource, keysOf, replays, origins: originsOf(options) }),
      ...pagesRoutes({ startedAtMs: now() }),
      ...reportRoutes({ recording, sleep, signal: options.signal, scenarioOf: (name) => known.get(name) ?? own }),
    ]),
    recorder,
    sleep,
    report,
  };
}

function originsOf({ loopbackOnly = false, publicUrl, allowedOrigins }: AppOptions): OriginPolicy {
  return {
    loopbackOnly,
    ...(publicUrl === undefined ? {} : { publicOrigin: publicUrl }),
    ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
  };
}
