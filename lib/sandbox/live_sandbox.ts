// A sandbox while it is in use: its plan, its faults and its clock, as they follow from its scenario and from what a test
// has changed.
import { createSandboxView, noRevocations, type Revocations, type Sandbox, secondServerId } from "./sandbox.ts";
import type { Fault } from "../scenarios/fault.ts";
import { patchPlan, type Plan, type PlanPatch, standardPlan } from "../scenarios/plan.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { type SandboxState, untouched } from "./sandbox_table.ts";
import { boundedMap } from "../runtime/bounded_map.ts";

/** A sandbox in use. */
export interface LiveSandbox {
  readonly name: string;
  readonly scenario: Scenario;
  readonly label: string | undefined;
  /** First part of its keys in the store. */
  readonly id: () => string;
  /** What a test has changed. */
  readonly state: () => SandboxState;
  /** Why what a test has changed cannot be read, if it cannot: until it is reset nothing is known of the sandbox. */
  readonly problem: () => Error | undefined;
  /** The plan of a request that meets no fault; the same object as long as nothing changes. */
  readonly plan: () => Plan;
  /** Faults of the scenario, then those that were set. */
  readonly faults: () => readonly Fault[];
  readonly now: () => number;
  /** The sandbox as it is now, seen from an origin by anyone, or by a page of another site. */
  readonly seenFrom: (origin: string, prefix: string, isAskedByForeignPage?: boolean) => Sandbox;
}

/** A server is seen under few origins, and a client that invents more gains nothing; each takes some ten KB. */
const MAX_ORIGINS = 8;

/** The ids under which a sandbox keeps what is its own, and what belongs to the parties that are kept beside it. */
export function idsOf(id: string): readonly string[] {
  return [id, secondServerId(id), `${id}/idp`, `${secondServerId(id)}/idp`];
}

/** The id of a sandbox, which every reset changes. */
export function idOf(name: string, epoch: number): string {
  return epoch === 0 ? name : `${name}#${epoch}`;
}

/** What a sandbox in use is made with. */
export interface LiveSandboxDeps {
  /** Rules where a scenario has none of its own. */
  readonly base?: PlanPatch;
  /** Rules instead of every scenario's. */
  readonly patch: PlanPatch;
  readonly now: () => number;
  /** Told of ids whose keys are to be looked up again. */
  readonly onRotate: (sandboxId: string) => void;
  /** Told of ids under which nothing is kept any longer. */
  readonly onForget: (sandboxId: string) => void;
}

/** From where a sandbox was seen last: mostly from there it is seen again. */
interface Seen {
  readonly origin: string;
  readonly prefix: string;
  readonly isForeign: boolean;
  readonly view: (nowMs: number) => Sandbox;
}

/**
 * Makes a sandbox that can be used once its state is set.
 *
 * @returns The sandbox, what sets its state, and what notes that its state cannot be read.
 */
export function createLiveSandbox(
  { name, label, scenario }: Pick<LiveSandbox, "name" | "label" | "scenario">,
  { base = {}, patch, now: realNow, onRotate, onForget }: LiveSandboxDeps,
): {
  readonly live: LiveSandbox;
  readonly set: (state: SandboxState) => void;
  readonly fail: (problem: Error) => void;
} {
  const seen = boundedMap<string, (nowMs: number) => Sandbox>(MAX_ORIGINS);
  let latest: Seen | undefined;
  let state: SandboxState | undefined;
  let problem: Error | undefined;
  let plan = standardPlan;
  let faults: readonly Fault[] = [];
  const now = (): number => realNow() + (state?.clockOffsetMs ?? 0);
  const id = (): string => idOf(name, state?.epoch ?? 0);
  const current = (): SandboxState => {
    if (!state) throw new Error(`The sandbox ${name} is used before it was read`);
    return state;
  };

  const set = (next: SandboxState): void => {
    problem = undefined;
    if (state && isSame(state, next)) return;
    if (next.epoch !== state?.epoch) {
      seen.clear();
      latest = undefined;
    }
    // Another process may have reset it.
    if (state && next.epoch !== state.epoch) { for (const known of idsOf(id())) onForget(known); }
    // Another process may have rotated them.
    if (state && next.keyRotations !== state.keyRotations) { for (const known of idsOf(id())) onRotate(known); }
    state = next;
    plan = patchPlan(standardPlan, base, scenario.plan, patch, next.patch);
    faults = [...scenario.plan.faults ?? [], ...next.faults];
  };

  const fail = (error: Error): void => {
    state ??= untouched;
    problem = error;
  };

  const seenFrom = (origin: string, prefix: string, isAskedByForeignPage = false): Sandbox => {
    const isAsBefore = latest?.origin === origin && latest.prefix === prefix &&
      latest.isForeign === isAskedByForeignPage;
    if (latest && isAsBefore) return latest.view(now());
    const view = viewFrom(origin, prefix, isAskedByForeignPage);
    latest = { origin, prefix, isForeign: isAskedByForeignPage, view };
    return view(now());
  };

  const viewFrom = (origin: string, prefix: string, isAskedByForeignPage: boolean): Seen["view"] => {
    const key = `${isAskedByForeignPage ? "foreign " : ""}${origin}${prefix}`;
    const known = seen.get(key);
    if (known) return known;
    const { layout = {}, clients = [] } = scenario;
    const revocations = (): Revocations => current().revocations ?? noRevocations;
    const shape = { name, scenario: scenario.name, prefix, origin, layout, clients };
    const view = createSandboxView({ ...shape, id: id(), now, revocations, isAskedByForeignPage });
    seen.set(key, view);
    return view;
  };

  const live = Object.freeze({
    name,
    label,
    scenario,
    id,
    now,
    seenFrom,
    state: current,
    problem: () => problem,
    plan: () => plan,
    faults: () => faults,
  });
  return { live, set, fail };
}

function isSame(a: SandboxState, b: SandboxState): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
