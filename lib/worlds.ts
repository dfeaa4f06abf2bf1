/**
 * The sandboxes of one app while they are in use: each with its scenario, what a test has changed in it, and its clock.
 *
 * Other processes may share the database. So a process believes what it knows of a sandbox for {@link LEASE_MS} at the most,
 * and whoever changes something is answered only after that time: from then on every process knows.
 *
 * @module
 */
import { patchPlan, type Plan, standardPlan } from "./scenarios/plan.ts";
import type { Fault } from "./scenarios/fault.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { type Address, buildSandbox, type Sandbox, secondServerId } from "./sandbox.ts";
import type { Sleep } from "./sleep.ts";
import type { SandboxState, SandboxTable } from "./store/sandboxes.ts";

/** A sandbox in use. */
export interface World {
  /** What it is called. */
  readonly name: string;
  /** How it behaves by itself. */
  readonly scenario: Scenario;
  /** Its label, if it has one. */
  readonly label: string | undefined;
  /** First part of its keys in the store. */
  readonly id: () => string;
  /** What a test has changed. */
  readonly state: () => SandboxState;
  /** The plan of a request that meets no fault; the same object as long as nothing changes. */
  readonly plan: () => Plan;
  /** Faults of the scenario, then those that were set. */
  readonly faults: () => readonly Fault[];
  /** Its clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** The sandbox as seen from an origin. */
  readonly seenFrom: (origin: string, prefix: string) => Sandbox;
}

/** What sandboxes are made with. */
export interface WorldsDeps {
  /** Where they are kept. */
  readonly table: SandboxTable;
  /** Finds a scenario by its name. */
  readonly findScenario: (name: string) => Promise<Scenario | undefined>;
  /** The scenario of the process itself. */
  readonly ownScenario: Scenario;
  /** Rules in place of every scenario's. */
  readonly patch: Parameters<typeof patchPlan>[1];
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
  /** A clock for durations, in milliseconds. */
  readonly monotonicMs: () => number;
  /** What to wait with. */
  readonly sleep: Sleep;
  /** Whether other processes may share the database. */
  readonly isShared: boolean;
  /** Told of keys under which nothing lies any more. */
  readonly onForget: (sandboxId: string) => void;
}

/** The sandboxes of one app. */
export interface Worlds {
  /** The sandbox of an address, made if it is not there yet; undefined where there is no such scenario. */
  readonly find: (address: Address) => Promise<World | undefined>;
  /** Changes a sandbox; resolves when every process knows. */
  readonly change: (world: World, change: (state: SandboxState) => SandboxState) => Promise<void>;
  /** Begins a sandbox anew: nothing of before is known in it any more. */
  readonly reset: (world: World) => Promise<void>;
  /** How many this process holds. */
  readonly size: () => number;
}

/** How long a process may go on with what it knows of a sandbox that others may change, in milliseconds. */
export const LEASE_MS = 50;
/** How long a sandbox stays without being used, in milliseconds. */
export const IDLE_MS = 24 * 60 * 60 * 1000;
/** How often its use is noted, in milliseconds. */
const TOUCH_MS = 60 * 60 * 1000;
/** How often idle sandboxes are looked for, in milliseconds. */
const SWEEP_MS = 10 * 60 * 1000;
/** A server is seen under few origins, and a client that invents more gains nothing. */
const MAX_ORIGINS = 100;

interface Held {
  readonly world: World;
  readonly set: (state: SandboxState) => void;
  readMs: number;
  reading: Promise<void> | undefined;
  touchedMs: number;
}

/**
 * Makes the sandboxes of an app; reads nothing before the first request.
 *
 * @param deps What they are made with.
 */
export function createWorlds(deps: WorldsDeps): Worlds {
  const { table, now, monotonicMs, isShared, onForget } = deps;
  const held = new Map<string, Held>();
  let sweptMs = now();

  async function hold({ name, scenario: scenarioName, label }: Address): Promise<Held | undefined> {
    const scenario = scenarioName === undefined ? deps.ownScenario : await deps.findScenario(scenarioName);
    if (!scenario) return undefined;
    const known = held.get(name);
    if (known) return known;
    const { world, set } = createWorld({ name, label, scenario }, deps);
    const made: Held = { world, set, readMs: -Infinity, reading: undefined, touchedMs: Infinity };
    held.set(name, made);
    return made;
  }

  /** One request waits for the look and all that come meanwhile wait with it. */
  function refresh(entry: Held): Promise<void> | undefined {
    const isFresh = isShared ? monotonicMs() < entry.readMs + LEASE_MS : entry.readMs > -Infinity;
    if (isFresh) return undefined;
    return entry.reading ??= read(entry).finally(() => entry.reading = undefined);
  }

  async function read(entry: Held): Promise<void> {
    const readMs = monotonicMs();
    entry.set(await table.state(entry.world.name));
    entry.readMs = readMs;
  }

  /** The process's own sandbox stays for good, so nothing has to be noted of it. */
  function touch(entry: Held): Promise<void> | undefined {
    const { name } = entry.world;
    if (name === MAIN || Math.abs(now() - entry.touchedMs) < TOUCH_MS) return undefined;
    entry.touchedMs = now();
    return table.touch(name, now());
  }

  /** What has been idle for so long may have been swept by another process, keys and all. */
  function isOver({ world: { name }, touchedMs }: Held): boolean {
    return name !== MAIN && touchedMs < now() - IDLE_MS - TOUCH_MS;
  }

  function letGo({ world }: Held): void {
    held.delete(world.name);
    for (const id of idsOf(world.id())) onForget(id);
  }

  async function sweep(): Promise<void> {
    if (Math.abs(now() - sweptMs) < SWEEP_MS) return;
    sweptMs = now();
    for (const entry of held.values()) if (isOver(entry)) letGo(entry);
    const hasMore = await table.removeIdle(now() - IDLE_MS - TOUCH_MS, (name, epoch) => idsOf(idOf(name, epoch)));
    // Some at a time: the next request goes on with it.
    if (hasMore) sweptMs = -Infinity;
  }

  async function change(world: World, make: (state: SandboxState) => SandboxState): Promise<void> {
    const entry = held.get(world.name);
    const state = await table.change(world.name, make);
    entry?.set(state);
    if (isShared) await deps.sleep(LEASE_MS);
  }

  return {
    find: async (address) => {
      const known = held.get(address.name);
      if (known && isOver(known)) letGo(known);
      const entry = held.get(address.name) ?? await hold(address);
      if (!entry) return undefined;
      await refresh(entry);
      await touch(entry);
      await sweep();
      return entry.world;
    },
    change,
    reset: async (world) => {
      const old = world.id();
      await change(world, (state) => ({ epoch: state.epoch + 1, clockOffsetMs: 0, patch: {}, faults: [] }));
      for (const id of idsOf(old)) {
        onForget(id);
        await table.clear(id);
      }
    },
    size: () => held.size,
  };
}

/** What the process's own sandbox is called. */
const MAIN = "main";

/** What lies in the store under a sandbox's own id, and under those of the parties that are kept beside it. */
function idsOf(id: string): readonly string[] {
  return [id, secondServerId(id), `${id}/idp`, `${secondServerId(id)}/idp`];
}

function idOf(name: string, epoch: number): string {
  return epoch === 0 ? name : `${name}#${epoch}`;
}

function createWorld(
  { name, label, scenario }: Pick<World, "name" | "label" | "scenario">,
  { patch, now: realNow }: WorldsDeps,
): Pick<Held, "world" | "set"> {
  const seen = new Map<string, Sandbox>();
  let state: SandboxState | undefined;
  let plan = standardPlan;
  let faults: readonly Fault[] = [];
  const now = (): number => realNow() + (state?.clockOffsetMs ?? 0);
  const id = (): string => idOf(name, state?.epoch ?? 0);
  const current = (): SandboxState => {
    if (!state) throw new Error(`The sandbox ${name} is used before it was read`);
    return state;
  };

  const set = (next: SandboxState): void => {
    if (state && isSame(state, next)) return;
    if (next.epoch !== state?.epoch) seen.clear();
    state = next;
    plan = patchPlan(standardPlan, scenario.plan, patch, next.patch);
    faults = [...scenario.plan.faults ?? [], ...next.faults];
  };

  const seenFrom = (origin: string, prefix: string): Sandbox => {
    const known = seen.get(`${origin}${prefix}`);
    if (known) return known;
    const { layout = {}, clients = [] } = scenario;
    const sandbox = buildSandbox({ id: id(), name, scenario: scenario.name, prefix, origin, layout, clients, now });
    if (seen.size >= MAX_ORIGINS) seen.clear();
    seen.set(`${origin}${prefix}`, sandbox);
    return sandbox;
  };

  const world = Object.freeze({
    name,
    label,
    scenario,
    id,
    now,
    seenFrom,
    state: current,
    plan: () => plan,
    faults: () => faults,
  });
  return { world, set };
}

function isSame(a: SandboxState, b: SandboxState): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
