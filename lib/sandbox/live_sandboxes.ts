/**
 * The sandboxes of one app while they are in use: each with its scenario, what a test has changed in it, and its clock.
 *
 * Other processes may share the database. So a process believes what it knows of a sandbox as long as its lease holds, and
 * whoever changes something is answered only after that time: from then on every process knows.
 *
 * @module
 */
import type { PlanPatch } from "../scenarios/plan.ts";
import { MAIN, type Scenario } from "../scenarios/scenario.ts";
import type { Address, Sandbox } from "./sandbox.ts";
import type { Lease } from "../store/lease.ts";
import { type SandboxState, type SandboxTable, untouched } from "./sandbox_table.ts";
import { UnreadableRowError } from "../store/unreadable.ts";
import { createLiveSandbox, idOf, idsOf, type LiveSandbox } from "./live_sandbox.ts";

export type { LiveSandbox } from "./live_sandbox.ts";

/** What sandboxes are made with. */
export interface LiveSandboxesDeps {
  /** Where they are kept. */
  readonly table: SandboxTable;
  /** Finds a scenario by its name. */
  readonly findScenario: (name: string) => Promise<Scenario | undefined>;
  /** The scenario of the process itself. */
  readonly ownScenario: Scenario;
  /** Rules where a scenario has none of its own. */
  readonly base?: PlanPatch;
  /** Rules in place of every scenario's. */
  readonly patch: PlanPatch;
  /** Real time, in milliseconds since 1970. */
  readonly now: () => number;
  /** How long what is known of them may be believed. */
  readonly lease: Lease;
  /** Told of ids whose keys are to be looked up again. */
  readonly onRotate: (sandboxId: string) => void;
  /** Told of ids under which nothing lies any more. */
  readonly onForget: (sandboxId: string) => void;
  /** Told why idle sandboxes could not be removed, which is no concern of the request that came along. */
  readonly onSweepError: (error: unknown) => void;
}

/** The sandboxes of one app. */
export interface LiveSandboxes {
  /** The sandbox of an address, made if it is not there yet; undefined where there is no such scenario. */
  readonly find: (address: Address) => Promise<LiveSandbox | undefined>;
  /** The sandbox that a request has found. */
  readonly of: (sandbox: Sandbox) => LiveSandbox;
  /** The same as it is now, which another process may have changed since. */
  readonly refresh: (sandbox: Sandbox) => Promise<LiveSandbox>;
  /** Changes a sandbox; resolves when every process knows. */
  readonly change: (live: LiveSandbox, change: (state: SandboxState) => SandboxState) => Promise<void>;
  /** Begins a sandbox anew: nothing of before is known in it any more. */
  readonly reset: (live: LiveSandbox) => Promise<void>;
  /** How many this process holds. */
  readonly size: () => number;
}

/** How long a sandbox stays without being used, in milliseconds. */
export const IDLE_MS = 24 * 60 * 60 * 1000;
/** How often its use is noted, in milliseconds. */
const TOUCH_MS = 60 * 60 * 1000;
/** How often idle sandboxes are looked for, in milliseconds. */
const SWEEP_MS = 10 * 60 * 1000;

interface Held {
  readonly live: LiveSandbox;
  readonly set: (state: SandboxState) => void;
  readonly fail: (problem: Error) => void;
  readMs: number;
  reading: Promise<void> | undefined;
  touchedMs: number;
}

/**
 * Makes the sandboxes of an app; reads nothing before the first request.
 *
 * @param deps What they are made with.
 */
export function createLiveSandboxes(deps: LiveSandboxesDeps): LiveSandboxes {
  const { table, now, lease, onForget } = deps;
  const held = new Map<string, Held>();
  let sweptMs = now();

  async function hold({ name, scenario: scenarioName, label }: Address): Promise<Held | undefined> {
    const scenario = scenarioName === undefined ? deps.ownScenario : await deps.findScenario(scenarioName);
    if (!scenario) return undefined;
    const known = held.get(name);
    if (known) return known;
    const made: Held = {
      ...createLiveSandbox({ name, label, scenario }, deps),
      readMs: -Infinity,
      reading: undefined,
      touchedMs: Infinity,
    };
    held.set(name, made);
    return made;
  }

  /** One request waits for the look and all that come meanwhile wait with it. */
  function refresh(entry: Held): Promise<void> | undefined {
    if (lease.holds(entry.readMs)) return undefined;
    return entry.reading ??= read(entry).finally(() => entry.reading = undefined);
  }

  async function read(entry: Held): Promise<void> {
    const readMs = lease.nowMs();
    try {
      entry.set(await table.state(entry.live.name));
    } catch (error) {
      if (!(error instanceof UnreadableRowError)) throw error;
      entry.fail(error);
    }
    entry.readMs = readMs;
  }

  /** The process's own sandbox stays for good, so nothing has to be noted of it. */
  function touch(entry: Held): Promise<void> | undefined {
    const { name } = entry.live;
    if (name === MAIN || Math.abs(now() - entry.touchedMs) < TOUCH_MS) return undefined;
    entry.touchedMs = now();
    return table.touch(name, now());
  }

  /** What has been idle for so long may have been swept by another process, keys and all. */
  function isOver({ live: { name }, touchedMs }: Held): boolean {
    return name !== MAIN && touchedMs < now() - IDLE_MS - TOUCH_MS;
  }

  function letGo({ live }: Held): void {
    held.delete(live.name);
    for (const id of idsOf(live.id())) onForget(id);
  }

  async function sweep(): Promise<void> {
    if (Math.abs(now() - sweptMs) < SWEEP_MS) return;
    sweptMs = now();
    for (const entry of held.values()) if (isOver(entry)) letGo(entry);
    const hasMore = await table.removeIdle(now() - IDLE_MS - TOUCH_MS, (name, epoch) => idsOf(idOf(name, epoch)));
    // Some at a time: the next request goes on with it.
    if (hasMore) sweptMs = -Infinity;
  }

  async function change(live: LiveSandbox, make: (state: SandboxState) => SandboxState): Promise<void> {
    const entry = held.get(live.name);
    const state = await table.change(live.name, make);
    entry?.set(state);
    await lease.runOut();
  }

  /** Begins a sandbox under another id, whether or not what was known of it can be read. */
  async function restart(live: LiveSandbox): Promise<void> {
    try {
      await change(live, ({ epoch }) => ({ ...untouched, epoch: epoch + 1 }));
    } catch (error) {
      if (!(error instanceof UnreadableRowError)) throw error;
      // Nobody knows how often it was reset, but not as often as milliseconds have gone by.
      const state = { ...untouched, epoch: now() };
      await table.replace(live.name, state);
      held.get(live.name)?.set(state);
      await lease.runOut();
    }
  }

  function heldOf({ name }: Sandbox): Held {
    const entry = held.get(name);
    if (!entry) throw new Error(`The sandbox ${name} is not in use`);
    return entry;
  }

  return {
    of: (sandbox) => heldOf(sandbox).live,
    refresh: async (sandbox) => {
      const entry = heldOf(sandbox);
      await refresh(entry);
      return entry.live;
    },
    find: async (address) => {
      const known = held.get(address.name);
      if (known && isOver(known)) letGo(known);
      const entry = held.get(address.name) ?? await hold(address);
      if (!entry) return undefined;
      await refresh(entry);
      await touch(entry);
      await sweep().catch(deps.onSweepError);
      return entry.live;
    },
    change,
    reset: async (live) => {
      const old = live.id();
      await restart(live);
      for (const id of idsOf(old)) {
        onForget(id);
        await table.clear(id);
      }
    },
    size: () => held.size,
  };
}
