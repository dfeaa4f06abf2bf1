// Leading a client through the scenarios of a set: which one it is at, and when it goes on to the next.
import { closest } from "../http/did_you_mean.ts";
import { OAuthError } from "../http/errors.ts";
import { paths } from "../http/urls.ts";
import { type FoundGauntlet, type Gauntlet, gauntletPrefix } from "../sandbox/gauntlet.ts";
import type { GauntletState, GauntletTable } from "../sandbox/gauntlet_table.ts";
import type { LiveSandbox } from "../sandbox/live_sandboxes.ts";
import type { Address, Sandbox } from "../sandbox/sandbox.ts";
import { isInSet, setNames } from "../scenarios/catalogue/sets.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Deps } from "./operation.ts";

/** Where a gauntlet is. */
export interface Standing extends Gauntlet {
  /** The scenario that is played. */
  readonly stage: Scenario;
  /** Of its stages, from 1. */
  readonly number: number;
  /** All stages, in order. */
  readonly stages: readonly Scenario[];
  /** Whether it has ended: the last stage was left, whatever was passed over. */
  readonly isDone: boolean;
  /** Names of those of the set that need an origin of their own, and are no stages. */
  readonly leftOut: readonly string[];
}

/** What begins at a gauntlet's MCP endpoint. */
interface Arrival {
  /** Path below the gauntlet. */
  readonly path: string;
  readonly method: string;
  readonly headers: Headers;
  readonly origin: string;
  /** Whether the session that it names is alive in a sandbox. */
  readonly hasSessionIn: (sandbox: Sandbox) => Promise<boolean>;
}

/** All gauntlets. */
export interface Gauntlets {
  /** @throws OAuthError `not_found` for a set that there is not. */
  readonly where: (gauntlet: Gauntlet) => Promise<Standing>;
  /** The sandbox that a request to a gauntlet is for, once that has moved on by itself, if it does. */
  readonly arrive: (gauntlet: Gauntlet, arrival: Arrival) => Promise<Address>;
  /** The sandbox that it is at. */
  readonly addressOf: (gauntlet: FoundGauntlet) => Promise<Address>;
  /**
   * Goes to a stage, whose sandbox is empty when somebody comes there.
   *
   * @param from Name of the scenario that the caller has seen it at: if it is no longer there, it stays where it is.
   * @param to Number of the stage; the next one if not given.
   */
  readonly move: (gauntlet: Gauntlet, from: string, to?: number) => Promise<Standing>;
}

interface GauntletDeps extends Pick<Deps, "liveSandboxes" | "catalogue" | "reports"> {
  readonly table: GauntletTable;
  readonly isRecorded: boolean;
}

/**
 * How long nothing must have come, on the sandbox's clock, before a client that connects anew is taken to the next stage: where
 * the verdict stands, and where it does not. In milliseconds.
 */
export const QUIET_MS = { decided: 10_000, undecided: 5 * 60_000 } as const;

/** Makes what leads through gauntlets. */
export function createGauntlets(deps: GauntletDeps): Gauntlets {
  const { table } = deps;
  const stages = createStages(deps);

  const where = async (gauntlet: Gauntlet): Promise<Standing> => standingAt(gauntlet, await table.find(gauntlet));

  async function standingAt(gauntlet: Gauntlet, state: GauntletState | undefined): Promise<Standing> {
    const all = await deps.catalogue();
    if (!setNames.includes(gauntlet.set)) throw noSuchSet(gauntlet, all);
    const chosen = all.filter((one) => isInSet(one, gauntlet.set));
    const stages = chosen.filter(canBeStage);
    // It may have been kept by another version, which had another one.
    const at = Math.max(stages.findIndex(({ name }) => name === state?.stage), 0);
    const stage = stages[at];
    if (!stage) throw noSuchSet(gauntlet, all);
    const leftOut = chosen.filter((one) => !stages.includes(one)).map(({ name }) => name);
    return { ...gauntlet, stage, number: at + 1, stages, isDone: state?.isDone ?? false, leftOut };
  }

  async function move(gauntlet: Gauntlet, from: string, to?: number): Promise<Standing> {
    const { stages } = await where(gauntlet);
    const names = stages.map(({ name }) => name);
    const next = names[to === undefined ? names.indexOf(from) + 1 : to - 1];
    await table.move(gauntlet, (state) => {
      if ((state?.stage ?? names[0]) !== from) return undefined;
      if (next !== undefined) return { stage: next, isNew: true, left: from };
      return from === names.at(-1) ? { stage: from, isDone: true } : undefined;
    });
    return await where(gauntlet);
  }

  async function arrive(gauntlet: Gauntlet, arrival: Arrival): Promise<Address> {
    const { path } = arrival;
    const state = await table.find(gauntlet);
    if (state?.left !== undefined && await stages.endsLeft(gauntlet, state.left, arrival)) {
      return addressIn(gauntlet, state.left, path);
    }
    if (state?.isNew) {
      await stages.enter(gauntlet, state.stage);
      return addressIn(gauntlet, state.stage, path);
    }
    const standing = await standingAt(gauntlet, state);
    const { name } = standing.stage;
    if (!connectsAnew(arrival) || !await stages.hasEnded(standing, arrival.origin)) {
      return addressIn(gauntlet, name, path);
    }
    await move(gauntlet, name);
    return await arrive(gauntlet, arrival);
  }

  return {
    where,
    move,
    arrive,
    addressOf: async (gauntlet) => addressIn(gauntlet, (await where(gauntlet)).stage.name, gauntlet.path),
  };
}

/** What is asked and done of single stages. */
interface Stages {
  /** Empties the sandbox of a stage that somebody comes to: only now, when a request has paid for it, is that made. */
  readonly enter: (gauntlet: Gauntlet, name: string) => Promise<void>;
  /** Whether a request only ends a session of the stage that was left. */
  readonly endsLeft: (gauntlet: Gauntlet, left: string, arrival: Arrival) => Promise<boolean>;
  /** Whether a stage has ended without anybody having said so. */
  readonly hasEnded: (standing: Standing, origin: string) => Promise<boolean>;
}

function createStages({ table, liveSandboxes, isRecorded, reports }: GauntletDeps): Stages {
  const entering = new Map<string, Promise<void>>();
  const liveAt = async (gauntlet: Gauntlet, name: string): Promise<LiveSandbox | undefined> =>
    await liveSandboxes.find(addressIn(gauntlet, name, paths.home));

  async function empty(gauntlet: Gauntlet, name: string): Promise<void> {
    const live = await liveAt(gauntlet, name);
    if (live) await liveSandboxes.reset(live);
    await table.move(gauntlet, (now) => now?.isNew && now.stage === name ? { ...now, isNew: false } : undefined);
  }

  return {
    enter: (gauntlet, name) => {
      const key = gauntlet.prefix + name;
      const begun = entering.get(key) ?? empty(gauntlet, name).finally(() => entering.delete(key));
      entering.set(key, begun);
      return begun;
    },
    endsLeft: async (gauntlet, left, { method, path, origin, hasSessionIn }) => {
      if (method !== "DELETE" || path !== paths.oauth) return false;
      const live = await liveAt(gauntlet, left);
      return live !== undefined && await hasSessionIn(live.seenFrom(origin, gauntlet.prefix));
    },
    hasEnded: async ({ stage, isDone, ...gauntlet }, origin) => {
      const live = isDone || !isRecorded ? undefined : await liveAt(gauntlet, stage.name);
      if (!live) return false;
      const sandbox = live.seenFrom(origin, gauntlet.prefix);
      const { report: { verdict }, listed } = await reports.judge(sandbox);
      const last = listed.at(-1);
      const [exchange] = last ? await reports.demand().get(sandbox.id, [last.sequence]) : [];
      const quietMs = verdict === "incomplete" ? QUIET_MS.undecided : QUIET_MS.decided;
      return exchange !== undefined && sandbox.nowMs - exchange.startedAtMs >= quietMs;
    },
  };
}

function addressIn({ run, prefix }: Gauntlet, name: string, path: string): Address {
  return { name: `${name}~${run}`, scenario: name, label: run, prefix, path };
}

/** Whether a client has just been started, or has forgotten all that it had. */
function connectsAnew({ method, path, headers }: Arrival): boolean {
  if (path !== paths.oauth || (method !== "POST" && method !== "GET")) return false;
  if (headers.has("authorization") || headers.has("mcp-session-id")) return false;
  const asked = headers.get("mcp-method");
  return asked === null || asked === "server/discover" || asked === "initialize";
}

function canBeStage({ needs_origin: needsOrigin = false }: Scenario): boolean {
  return !needsOrigin;
}

function noSuchSet({ set, run, prefix }: Gauntlet, all: readonly Scenario[]): OAuthError {
  const stages = all.filter(canBeStage);
  const playable = setNames.filter((name) => stages.some((one) => isInSet(one, name)));
  const meant = closest(set, playable);
  return new OAuthError(
    "not_found",
    "Not found: there is no set of scenarios of this name, or none of it can be a stage",
    {
      parameter: "path",
      received: prefix,
      expected: `${gauntletPrefix("<run>", "<set>")} with one of ${playable.join(", ")}`,
      meant: meant === undefined ? undefined : { text: meant, path: gauntletPrefix(run, meant) },
    },
  );
}
