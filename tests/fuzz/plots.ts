/** Ideas for cases: each knows a kind of attack, and leaves it to chance what it is tried on. */
import type { Case } from "./case.ts";
import type { Chance } from "./chance.ts";
import type { Ground, Plot } from "./drawing.ts";
import { crowd, deaf, flood, hasty, held, rush } from "./plots_crowds.ts";
import { astray, broken, framed, headed, heavy, race, stored, walk } from "./plots_requests.ts";
import {
  borrowed,
  faulty,
  foreign,
  indiscreet,
  minted,
  neighbours,
  oracle,
  pair,
  respelled,
  timed,
} from "./plots_worlds.ts";
import type { Mode } from "./process.ts";

interface Kind {
  readonly weight: number;
  /** Another weight with `--public`, where others share the server. */
  readonly publicWeight?: number;
  /** Where it makes sense; anywhere if not given. */
  readonly modes?: readonly Mode[];
  readonly plot: Plot;
  /** How often it plays in the sandbox that all share, and under a scenario that is not the healthy one. */
  readonly rootShare?: number;
  readonly scenarioShare?: number;
}

const kinds: Readonly<Record<string, Kind>> = {
  broken: { weight: 20, plot: broken, rootShare: 0.15, scenarioShare: 0.15 },
  stored: { weight: 18, plot: stored, rootShare: 0.15 },
  walk: { weight: 4, plot: walk, scenarioShare: 0.3 },
  race: { weight: 3, plot: race },
  framed: { weight: 14, plot: framed, scenarioShare: 0.6 },
  headed: { weight: 8, plot: headed },
  astray: { weight: 14, plot: astray },
  heavy: { weight: 6, plot: heavy },
  faulty: { weight: 12, publicWeight: 30, plot: faulty },
  minted: { weight: 8, plot: minted },
  respelled: { weight: 3, plot: respelled },
  indiscreet: { weight: 8, plot: indiscreet },
  foreign: { weight: 6, modes: ["local", "memory", "pair"], plot: foreign, rootShare: 0.4 },
  borrowed: { weight: 5, plot: borrowed },
  neighbours: { weight: 4, plot: neighbours },
  timed: { weight: 6, plot: timed },
  hasty: { weight: 4, plot: hasty },
  oracle: { weight: 3, plot: oracle },
  pair: { weight: 60, modes: ["pair"], plot: pair },
  crowd: { weight: 200, modes: ["few"], plot: crowd },
  // Only where they are asked for by name: one takes as long as fifty others.
  flood: { weight: 0, modes: ["local", "memory", "public"], plot: flood, rootShare: 0.6 },
  rush: { weight: 0, modes: ["local", "memory", "public"], plot: rush, rootShare: 0.5 },
  deaf: { weight: 0, modes: ["local", "memory", "public"], plot: deaf },
  held: { weight: 0, modes: ["local", "memory", "public"], plot: held },
};

/** The names of the plots. */
export const plotNames: readonly string[] = Object.keys(kinds);

/** Plots after which the record is always looked at. */
const recordPlots: ReadonlySet<string> = new Set(["indiscreet", "heavy"]);

/** Draws a case. */
export function drawCase(chance: Chance, ground: Ground, plots: readonly string[] = plotNames): Case {
  const possible = Object.entries(kinds).filter(([name, { modes }]) =>
    plots.includes(name) && (modes === undefined || modes.includes(ground.mode))
  );
  const plot = chance.pickWeighted(
    possible.map(([name, { weight, publicWeight = weight }]): readonly [number, string] => [
      ground.mode === "public" ? publicWeight : weight,
      name,
    ]),
  );
  const { plot: draw, rootShare = 0.05, scenarioShare = 0 } = kinds[plot] ?? { plot: broken };
  const isRoot = chance.happens(rootShare);
  const scenario = !isRoot && chance.happens(scenarioShare) ? chance.pick(ground.scenarios) : "standard";
  const isRecordRead = recordPlots.has(plot) || chance.happens(0.15);
  return {
    plot,
    mode: ground.mode,
    scenario,
    isRoot,
    isRecordRead,
    isGuessable: plot === "foreign",
    steps: draw(chance, ground),
  };
}
