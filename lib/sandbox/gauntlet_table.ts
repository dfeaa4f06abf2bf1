// How far gauntlets are, for all processes.
import type { Key, Store } from "../store/store.ts";
import { updateRow } from "../store/update.ts";
import type { Gauntlet } from "./gauntlet.ts";
import { IDLE_MS } from "./held_sandbox.ts";

/** Where a gauntlet is. */
export interface GauntletState {
  /** Name of the scenario that is played. */
  readonly stage: string;
  /** Whether that was the last one, and is done; false if absent. */
  readonly isDone?: boolean;
  /** Whether nobody has been there since it was moved to; false if absent. */
  readonly isNew?: boolean;
  /** Name of the one that was left for it; absent for none. */
  readonly left?: string;
}

type Named = Pick<Gauntlet, "set" | "run">;

/** The table of gauntlets. */
export interface GauntletTable {
  /** Undefined for one that is at its first stage. */
  readonly find: (gauntlet: Named) => Promise<GauntletState | undefined>;
  /**
   * Moves one.
   *
   * @param next Says where to, from where it is; undefined to leave it there. May be called more than once.
   * @returns Whether it was moved.
   */
  readonly move: (
    gauntlet: Named,
    next: (state: GauntletState | undefined) => GauntletState | undefined,
  ) => Promise<boolean>;
}

const keyOf = ({ run, set }: Named): Key => ["#gauntlet", run, set];

/** Opens the table of gauntlets, each of which is kept for as long as its sandboxes are without being used. */
export function createGauntletTable(store: Store): GauntletTable {
  return {
    find: async (gauntlet) => (await store.get<GauntletState>(keyOf(gauntlet))).value,
    move: async (gauntlet, next) => {
      const { value } = await updateRow(store, keyOf(gauntlet), (state: GauntletState | undefined) => ({
        value: next(state),
        expireInMs: IDLE_MS,
      }));
      return value !== undefined;
    },
  };
}
