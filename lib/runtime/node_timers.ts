// Node's timers, which every runtime has and can let go of, loaded with the first that is set. Those of the global scope would
// be the test's own where somebody's test has taken hold of time.
import type * as NodeTimers from "node:timers";

let loaded: typeof NodeTimers | undefined;

/** The module `node:timers`. */
export function nodeTimers(): typeof NodeTimers {
  loaded ??= globalThis.process.getBuiltinModule("node:timers");
  return loaded;
}
