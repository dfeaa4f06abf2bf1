// Uploaded scenarios, of all sandboxes. A name follows from the content, so what was read once need not be read again.
import type { Scenario } from "./scenario.ts";
import type { Key, Store } from "../store/store.ts";
import { mostBytes } from "../store/stored_value.ts";
import { boundedMap } from "../runtime/bounded_map.ts";

/** The table of uploaded scenarios. */
export interface ScenarioTable {
  /** Whether a name is one that such a scenario can have. */
  readonly isName: (name: string) => boolean;
  readonly find: (name: string) => Promise<Scenario | undefined>;
  readonly put: (scenario: Scenario) => Promise<void>;
}

/** How long a scenario is kept after its last upload, in milliseconds: 30 days. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;
const MAX_REMEMBERED = 1000;

/** Opens the table of scenarios. */
export function createScenarioTable(store: Store): ScenarioTable {
  const seen = boundedMap<string, Scenario>(MAX_REMEMBERED, { bytesOf: (_, scenario) => mostBytes(scenario) });
  const keyOf = (name: string): Key => ["#scenario", name];
  const isName = (name: string): boolean => /^x-[a-z0-9-]{1,40}-[0-9a-f]{8}$/.test(name);

  return {
    isName,
    find: async (name) => {
      if (!isName(name)) return undefined;
      const known = seen.get(name);
      if (known) return known;
      const { value: scenario } = await store.get<Scenario>(keyOf(name));
      if (scenario) seen.set(name, scenario);
      return scenario;
    },
    put: async (scenario) => {
      await store.commit({ sets: [{ key: keyOf(scenario.name), value: scenario, expireInMs: KEEP_MS }] });
    },
  };
}
