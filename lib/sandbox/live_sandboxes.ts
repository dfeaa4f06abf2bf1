// The sandboxes of one app while they are in use: each with its scenario, what a test has changed in it, and its clock.
//
// Other processes may share the database, and believe what they have read for as long as a lease. A change is answered
// only after that time: from then on every process knows of it.
import { type Awaitable, followed } from "../runtime/awaitable.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { detached } from "../runtime/own_text.ts";
import { UnreadableRowError } from "../store/unreadable.ts";
import { createHeldSandbox, type HeldSandbox, type HeldSandboxDeps, idleSinceMs } from "./held_sandbox.ts";
import { idOf, idsOf, type LiveSandbox } from "./live_sandbox.ts";
import type { Address, Sandbox } from "./sandbox.ts";
import { type SandboxState, untouched } from "./sandbox_table.ts";

export type { LiveSandbox } from "./live_sandbox.ts";

interface LiveSandboxesDeps extends HeldSandboxDeps {
  readonly findScenario: (name: string) => Promise<Scenario | undefined>;
  readonly ownScenario: () => Promise<Scenario>;
  /** Told why idle sandboxes could not be removed, which must not fail the request during which that was tried. */
  readonly onSweepError: (error: unknown) => void;
}

/** The sandboxes of one app. */
export interface LiveSandboxes {
  /** The sandbox of an address, made with its first use; undefined where there is no such scenario. */
  readonly find: (address: Address) => Awaitable<LiveSandbox | undefined>;
  /** Names of the sandboxes in use that have a label, at most `limit`. */
  readonly labelled: (label: string, limit: number) => Promise<readonly string[]>;
  /** The sandbox that a request has found. */
  readonly of: (sandbox: Sandbox) => LiveSandbox;
  /** The same sandbox as it is now, as another process may have changed it since. */
  readonly refresh: (sandbox: Sandbox) => Promise<LiveSandbox>;
  /** Changes a sandbox; resolves when every process knows. */
  readonly change: (live: LiveSandbox, change: (state: SandboxState) => SandboxState) => Promise<void>;
  /** Empties a sandbox: nothing of what was in it is left. */
  readonly reset: (live: LiveSandbox) => Promise<void>;
  readonly size: () => number;
}

/** How often idle sandboxes are looked for, in milliseconds. */
const SWEEP_MS = 10 * 60 * 1000;

/** Makes the sandboxes of an app; reads nothing before the first request. */
export function createLiveSandboxes(deps: LiveSandboxesDeps): LiveSandboxes {
  const { table, onForget } = deps;
  const held = new Map<string, HeldSandbox>();
  const sweep = createSweep(deps, held);

  function heldOf({ name }: Pick<LiveSandbox, "name">): HeldSandbox {
    const entry = held.get(name);
    if (!entry) throw new Error(`The sandbox ${name} is not in use`);
    return entry;
  }

  async function hold({ name, scenario: scenarioName, label }: Address): Promise<HeldSandbox | undefined> {
    const scenario = await (scenarioName === undefined ? deps.ownScenario() : deps.findScenario(scenarioName));
    if (!scenario) return undefined;
    const known = held.get(name);
    if (known) return known;
    // They are parts of a URL, which must not stay with them.
    const [ownName, ownLabel] = [detached(name), label && detached(label)];
    const made = createHeldSandbox({ name: ownName, label: ownLabel, scenario }, deps);
    held.set(ownName, made);
    return made;
  }

  function find(address: Address): Awaitable<LiveSandbox | undefined> {
    const known = held.get(address.name);
    if (!known || known.isIdle()) return findAnew(address, known);
    return followed(freshen(known), () => known.live);
  }

  async function findAnew(address: Address, idle: HeldSandbox | undefined): Promise<LiveSandbox | undefined> {
    if (idle) letGo(held, idle, onForget);
    const entry = await hold(address);
    if (entry) await freshen(entry);
    return entry?.live;
  }

  /** Reads a sandbox again, notes its use, and sweeps, as far as each is due; nearly always none is. */
  function freshen(entry: HeldSandbox): Awaitable<void> {
    const noteUse = (): Awaitable<void> => followed(entry.touch(), () => sweep()?.catch(deps.onSweepError));
    return followed(entry.refresh(), noteUse);
  }

  async function put(live: LiveSandbox, writing: Promise<SandboxState>): Promise<void> {
    const entry = held.get(live.name);
    const state = await writing;
    entry?.set(state);
    await deps.lease.runOut();
  }

  return {
    of: (sandbox) => heldOf(sandbox).live,
    refresh: async (sandbox) => {
      const entry = heldOf(sandbox);
      await entry.refresh();
      return entry.live;
    },
    find,
    labelled: table.labelled,
    change: (live, change) => put(live, table.change(live.name, change)),
    reset: async (live) => {
      const old = live.id();
      await put(live, restart(deps, live.name));
      for (const id of idsOf(old)) {
        onForget(id);
        await table.clear(id);
      }
    },
    size: () => held.size,
  };
}

function letGo(held: Map<string, HeldSandbox>, { live }: HeldSandbox, onForget: (sandboxId: string) => void): void {
  held.delete(live.name);
  for (const id of idsOf(live.id())) onForget(id);
}

/** Makes what removes idle sandboxes, from time to time; undefined in between. */
function createSweep(
  { table, now, onForget }: LiveSandboxesDeps,
  held: Map<string, HeldSandbox>,
): () => Promise<void> | undefined {
  let sweptMs = now();
  async function sweep(): Promise<void> {
    sweptMs = now();
    for (const entry of held.values()) if (entry.isIdle()) letGo(held, entry, onForget);
    const hasMore = await table.removeIdle(idleSinceMs(now()), (name, epoch) => idsOf(idOf(name, epoch)));
    // Some at a time: the next request continues with it.
    if (hasMore) sweptMs = -Infinity;
  }
  return () => Math.abs(now() - sweptMs) < SWEEP_MS ? undefined : sweep();
}

/** Begins a sandbox under another id, whether or not what was known of it can be read. */
async function restart({ table, now }: LiveSandboxesDeps, name: string): Promise<SandboxState> {
  try {
    return await table.change(name, ({ epoch }) => ({ ...untouched, epoch: epoch + 1 }));
  } catch (error) {
    if (!(error instanceof UnreadableRowError)) throw error;
    // Nobody knows how often it was reset, but less often than milliseconds have passed.
    const state = { ...untouched, epoch: now() };
    await table.replace(name, state);
    return state;
  }
}
