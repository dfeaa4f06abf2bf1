// The scenarios of one app: those of the catalogue, and those it was given.
import { closest } from "../http/did_you_mean.ts";
import { paths } from "../http/urls.ts";
import { catalogue, standard } from "./catalogue/catalogue.ts";
import { MAIN, type Scenario } from "./scenario.ts";

interface GivenScenarios {
  /** Name of its own scenario, or the scenario itself. */
  readonly scenario?: string | Scenario;
  /** Scenarios besides those of the catalogue. */
  readonly scenarios?: readonly Scenario[];
}

/**
 * The scenarios of an app by name, and its own one.
 *
 * @throws RangeError if its own one is not among them, or one is named like the sandbox at the root.
 */
export function knownScenarios(
  { scenario = standard, scenarios = [] }: GivenScenarios,
): { readonly known: ReadonlyMap<string, Scenario>; readonly own: Scenario } {
  const known = new Map([...catalogue, ...scenarios].map((entry) => [entry.name, entry]));
  if (known.has(MAIN)) throw new RangeError(`A scenario cannot be named ${MAIN}: that is the sandbox at the root`);
  const own = typeof scenario === "string" ? known.get(scenario) : scenario;
  if (own) return { known, own };
  const meant = typeof scenario === "string" ? closest(scenario, known.keys()) : undefined;
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw new RangeError(`There is no scenario ${scenario}; ${paths.scenarios} of a running server lists all${hint}`);
}
