// Makes the parts of an app from its options.
import { type ControlGate, createControlGate } from "../lib/control/gate.ts";
import { createGauntlets } from "../lib/control/gauntlets.ts";
import { createReports } from "../lib/control/reports.ts";
import { createFaultCounts, type FaultCounts } from "../lib/faults/fault_count_table.ts";
import { createOpenStreams, type OpenStreams } from "../lib/faults/open_streams.ts";
import { type Askers, createAskers } from "../lib/limits/asker.ts";
import { RETENTION_MS } from "../lib/limits/limits.ts";
import { withQuotas } from "../lib/limits/quotas.ts";
import { createMcpEndpoint, type McpEndpoint } from "../lib/mcp/endpoint.ts";
import { createPushed } from "../lib/oauth/authorize/pushed_table.ts";
import { createClientAuthenticator } from "../lib/oauth/clients/authenticate.ts";
import { createClientDocuments } from "../lib/oauth/clients/client_document.ts";
import { createClients } from "../lib/oauth/clients/client_table.ts";
import { createClientKeys } from "../lib/oauth/clients/jwks.ts";
import { createDevices } from "../lib/oauth/grants/device_table.ts";
import { createKeyTable } from "../lib/oauth/keys/key_table.ts";
import { createKeyRing, type KeyRing } from "../lib/oauth/keys/keys.ts";
import { createReplays } from "../lib/oauth/replay_table.ts";
import { createGrants } from "../lib/oauth/tokens/mark_table.ts";
import { createMinted } from "../lib/oauth/tokens/minted_table.ts";
import { createTokenVerifier } from "../lib/oauth/tokens/verify.ts";
import { withDeclaredUsers } from "../lib/oauth/users/declared_users.ts";
import { createUsers } from "../lib/oauth/users/user_table.ts";
import { fetchAt, resolveDns } from "../lib/outbound/network.ts";
import { createOutbound } from "../lib/outbound/outbound.ts";
import type { Recorder } from "../lib/recorder/recorder.ts";
import type { Recording } from "../lib/recorder/recording.ts";
import { redactLine } from "../lib/recorder/redact/redact.ts";
import { type Chance, createChance, randomBytes } from "../lib/runtime/chance.ts";
import { late } from "../lib/runtime/late.ts";
import { type Sleep, sleepOnTimer } from "../lib/runtime/sleep.ts";
import { createSlices, type Slices } from "../lib/runtime/slices.ts";
import { version } from "../lib/runtime/version.ts";
import { createCatalogueTable } from "../lib/sandbox/catalogue_table.ts";
import { createCatalogues } from "../lib/sandbox/catalogues.ts";
import { createGauntletTable } from "../lib/sandbox/gauntlet_table.ts";
import { createLiveSandboxes } from "../lib/sandbox/live_sandboxes.ts";
import { createOwnOrigins } from "../lib/sandbox/origins.ts";
import type { Sandbox } from "../lib/sandbox/sandbox.ts";
import { createSandboxTable } from "../lib/sandbox/sandbox_table.ts";
import { knownScenarios } from "../lib/scenarios/known.ts";
import { MAIN, type Scenario } from "../lib/scenarios/scenario.ts";
import { createScenarioTable } from "../lib/scenarios/scenario_table.ts";
import { createStore } from "../lib/store/kv.ts";
import { createMemoryStore } from "../lib/store/memory_store.ts";
import { createLease, type Lease } from "../lib/store/lease.ts";
import type { Store } from "../lib/store/store.ts";
import { createGuard, createRefusal, createRunRefusal } from "./control/guard.ts";
import type { Cloning, Deps } from "./deps.ts";
import { type AppOptions, basePlanOf, gateOptionsOf, type ProgramOptions } from "./options.ts";
import { describeFailure } from "./request/failure.ts";
import { callerOf } from "./request/caller.ts";
import { createRecorders } from "./request/record.ts";
import { createRouter } from "./request/router.ts";
import type { ServeDeps } from "./request/serve.ts";
import { routeTable } from "./table.ts";

interface Parts extends ServeDeps {
  readonly deps: Deps;
  readonly isScenario: (name: string) => boolean;
  /** Records exchanges; undefined where nobody would look. */
  readonly recorder: Recorder | undefined;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** Who asks, on a server that anyone can reach. */
  readonly askers: Askers | undefined;
}

/**
 * Makes the parts of an app.
 *
 * @param createApp Makes another app.
 */
export function assemble(options: ProgramOptions, createApp: Cloning["createApp"]): Parts {
  const base = baseOf(options);
  const { store, chance, now, monotonicMs, sleep, slices, report, fail } = base;
  const server = serverOf(options, base);
  const recorderDeps = { chance, store, now, monotonicMs, sleep, slices, report: fail };
  const { recording, recorder } = createRecorders(options, recorderDeps);
  const mcp = createMcpEndpoint({ store, chance, version, sleep, log: fail });
  const streams = createOpenStreams();
  const parties = { keysOf: server.keysOf, recording, mcp, streams };
  const { isScenario, isUploaded, ...world } = sandboxesOf(options, base, parties);
  const { liveSandboxes } = world;
  const catalogueTable = createCatalogueTable(store);
  const mcpCatalogues = createCatalogues({ table: catalogueTable, liveSandboxes, own: options.catalogue });
  const gate = createControlGate(gateOptionsOf(options));
  const refusalOf = createRefusal(gate, liveSandboxes.of);
  const runRefusalOf = createRunRefusal(gate);
  const scenarioOf = (sandbox: Sandbox): Scenario => liveSandboxes.of(sandbox).scenario;
  const reports = createReports({ recording, scenarioOf, slices, minted: server.minted });
  if (recording) options.teller?.judgeWith(async (sandbox) => (await reports.judge(sandbox)).report);
  options.signal?.addEventListener("abort", () => void mcp.close(), { once: true });
  options.draining?.addEventListener("abort", () => void mcp.endListening(), { once: true });
  for (const signal of [options.signal, options.draining]) {
    signal?.addEventListener("abort", streams.letGo, { once: true });
  }
  const isRecorded = recording !== undefined;
  const gauntlets = createGauntlets({ ...world, reports, isRecorded, table: createGauntletTable(store) });
  const deps: Deps = {
    ...base,
    ...server,
    ...world,
    mcp,
    mcpSessions: mcp,
    mcpCatalogues,
    catalogueOf: (sandbox) => mcpCatalogues.of(liveSandboxes.of(sandbox)),
    streams,
    origins: gateOptionsOf(options),
    scenarioOf,
    reports,
    isRecorded,
    cloning: cloningOf(options, gate, createApp),
    gauntlets,
    refresh: async (sandbox) =>
      (await liveSandboxes.refresh(sandbox)).seenFrom(sandbox.origin, sandbox.prefix, sandbox.isAskedByForeignPage),
    guard: createGuard(refusalOf),
    runGuard: createGuard(runRefusalOf),
    runRefusalOf,
    keptRuns: late(async () => {
      const { createKeptRuns } = await import("../lib/control/kept_runs.ts");
      return createKeptRuns({ store, chance, now }, options.public ? RETENTION_MS : undefined);
    }),
    refusalOf,
    addressOf: options.public ? callerOf : () => undefined,
    startedAtMs: now(),
    signal: options.signal,
  };
  return {
    deps,
    match: createRouter(routeTable(deps)),
    liveSandboxes,
    gate,
    faultCounts: world.faultCounts,
    sessionFactsOf: mcp.sessionFactsOf,
    isScenario,
    isUploaded,
    isPublic: options.public ?? false,
    recorder,
    now,
    sleep,
    streams,
    report,
    askers: base.askers,
  };
}

function cloningOf(
  { fetch = fetchAt, resolveDns: lookUp = resolveDns, allowClone = false, public: isPublic }: AppOptions,
  gate: ControlGate,
  createApp: Cloning["createApp"],
): Cloning | undefined {
  if (isPublic) return undefined;
  const live = { name: MAIN, label: undefined };
  return {
    fetch,
    resolveDns: lookUp,
    isAnywhere: allowClone,
    // Its own form is what asks, which handlers require.
    refusalOf: ({ request: { headers }, url }) => gate({ headers, url, live, isChange: false }),
    createApp,
  };
}

interface Base {
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly sleep: Sleep;
  readonly chance: Chance;
  readonly slices: Slices;
  readonly store: Store;
  readonly lease: Lease;
  readonly askers: Askers | undefined;
  readonly report: (message: string) => void;
  readonly fail: (message: string, error: unknown) => void;
}

// Taken when the server is loaded: a test that has fake timers later does not stop the server by them.
const systemNow = Date.now;
const systemMs = performance.now.bind(performance);

function baseOf(options: AppOptions): Base {
  const { kv, log, now = systemNow, monotonicMs = systemMs, sleep = sleepOnTimer } = options;
  const chance = createChance(options.randomBytes ?? randomBytes);
  const report = (message: string): void => log?.({ event: "error", message: redactLine(message) });
  const askers = options.public ? createAskers() : undefined;
  const unlimited = kv
    ? createStore(kv, chance, (key) => report(`A stored row cannot be read: ${JSON.stringify(key)}`))
    : createMemoryStore(now);
  return {
    now,
    monotonicMs,
    sleep,
    chance,
    slices: createSlices(monotonicMs),
    store: askers ? withQuotas(unlimited, { monotonicMs, now, asker: askers.current }) : unlimited,
    lease: createLease({ isShared: options.shared ?? false, monotonicMs, sleep }),
    askers,
    report,
    fail: (message, error) => report(`${message}: ${describeFailure(error)}`),
  };
}

/** What the authorization server keeps, and whom it knows. */
type ServerDeps =
  & Pick<
    Deps,
    "clients" | "authenticate" | "users" | "offered" | "grants" | "minted" | "pushed" | "devices" | "replays"
  >
  & Pick<Deps, "verifier" | "keysOfIdp">
  & { readonly keysOf: KeyRing };

function serverOf(options: AppOptions, { store, chance, now, sleep, lease }: Base): ServerDeps {
  const { alg = "EdDSA", users = [], loopbackOnly: local = false } = options;
  const { fetch = fetchAt, resolveDns: lookUp = resolveDns } = options;
  const outbound = createOutbound({ fetch, resolveDns: lookUp, sleep, local });
  const clients = createClients(store, createClientDocuments({ outbound, local }), lease);
  const grants = createGrants(store);
  const replays = createReplays(store);
  const keysOf = createKeyRing(createKeyTable(store), alg, chance, now, options.generateKey);
  return {
    clients,
    authenticate: createClientAuthenticator({ clients, replays, clientKeys: createClientKeys(outbound), keysOf }),
    users: withDeclaredUsers(createUsers(store), users),
    // A stranger is not told who there is, and has to know a password.
    offered: options.public ? [] : users,
    grants,
    minted: createMinted(store),
    pushed: createPushed(store),
    devices: createDevices(store),
    replays,
    verifier: createTokenVerifier({ keysOf, grants }),
    keysOf,
    // Another party with keys of its own, which happen to be kept here.
    keysOfIdp: (sandboxId) => keysOf(`${sandboxId}/idp`),
  };
}

/** The sandboxes, what they play, and where. */
type SandboxDeps =
  & Pick<Deps, "liveSandboxes" | "catalogue" | "names" | "scenarios" | "ownOrigins">
  & Pick<Parts, "isScenario" | "isUploaded">
  & { readonly faultCounts: FaultCounts };

function sandboxesOf(
  options: AppOptions,
  { store, now, lease, fail }: Base,
  { keysOf, recording, mcp, streams }: {
    readonly keysOf: KeyRing;
    readonly recording: Recording | undefined;
    readonly mcp: Pick<McpEndpoint, "forget">;
    readonly streams: Pick<OpenStreams, "end">;
  },
): SandboxDeps {
  const known = knownScenarios(options);
  const scenarios = createScenarioTable(store);
  const liveSandboxes = createLiveSandboxes({
    table: createSandboxTable(store),
    findScenario: async (name) => await known.find(name) ?? await scenarios.find(name),
    ownScenario: known.own,
    base: basePlanOf(options),
    patch: { policy: options.policy ?? {}, mint: options.mint ?? {} },
    now,
    lease,
    onRotate: keysOf.forget,
    onSweepError: (error) => fail("Idle sandboxes were not removed", error),
    onForget: (sandboxId) => {
      keysOf.forget(sandboxId);
      recording?.drop(sandboxId);
      streams.end(sandboxId);
      mcp.forget(sandboxId).catch((error) => fail("Streams of a sandbox were not ended", error));
    },
  });
  return {
    liveSandboxes,
    faultCounts: createFaultCounts(store),
    catalogue: known.all,
    names: known.names,
    scenarios,
    ownOrigins: createOwnOrigins(options.public || options.publicUrl ? undefined : options.openPort, now),
    isScenario: (name) => known.has(name) || scenarios.isName(name),
    isUploaded: scenarios.isName,
  };
}
