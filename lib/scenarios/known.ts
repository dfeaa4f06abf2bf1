// The scenarios of one app: those of the catalogue, and those it was given.
import { closest } from "../http/did_you_mean.ts";
import { paths } from "../http/urls.ts";
import { late } from "../runtime/late.ts";
import { standard } from "./catalogue/standard.ts";
import { wordsOf } from "./catalogue/words.ts";
import { MAIN, type Scenario } from "./scenario.ts";

interface GivenScenarios {
  /** Name of its own scenario, or the scenario itself. */
  readonly scenario?: string | Scenario;
  /** Scenarios besides those of the catalogue. */
  readonly scenarios?: readonly Scenario[];
}

/** The scenarios of an app. The catalogue is loaded when something of it is asked for; its names are there from the start. */
export interface KnownScenarios {
  readonly names: readonly string[];
  readonly has: (name: string) => boolean;
  readonly find: (name: string) => Promise<Scenario | undefined>;
  /** All, in the order they are shown. */
  readonly all: () => Promise<readonly Scenario[]>;
  /** Its own one. */
  readonly own: () => Promise<Scenario>;
}

/**
 * The scenarios of an app.
 *
 * @throws RangeError if its own one is not among them, or one is named like the sandbox at the root.
 */
export function knownScenarios({ scenario = standard, scenarios = [] }: GivenScenarios): KnownScenarios {
  const given = new Map(scenarios.map((entry) => [entry.name, entry]));
  const names = new Set([...Object.keys(wordsOf), ...given.keys()]);
  if (names.has(MAIN)) throw new RangeError(`A scenario cannot be named ${MAIN}: that is the sandbox at the root`);
  if (typeof scenario === "string" && !names.has(scenario)) throw unknownScenario(scenario, names);
  const known = late(async () => {
    const { catalogue } = await import("./catalogue/catalogue.ts");
    return new Map([...catalogue, ...scenarios].map((entry) => [entry.name, entry]));
  });
  const find = async (name: string): Promise<Scenario | undefined> =>
    names.has(name) ? given.get(name) ?? (await known()).get(name) : undefined;
  const own = async (name: string): Promise<Scenario> => {
    const found = await find(name);
    if (found) return found;
    throw unknownScenario(name, names);
  };
  return {
    names: [...names],
    has: (name) => names.has(name),
    find,
    all: late(async () => [...(await known()).values()]),
    own: () => typeof scenario === "string" ? own(scenario) : Promise.resolve(scenario),
  };
}

function unknownScenario(name: string, names: Iterable<string>): RangeError {
  const meant = closest(name, names);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  return new RangeError(`There is no scenario ${name}; ${paths.scenarios} of a running server lists all${hint}`);
}
