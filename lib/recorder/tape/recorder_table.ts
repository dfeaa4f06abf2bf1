// The rows that the records of all sandboxes have in common: the key of their pseudonyms, and who waits for which of them.
import type { Chance } from "../../runtime/chance.ts";
import type { Key, Store } from "../../store/store.ts";
import { updateRow } from "../../store/update.ts";

/** Until when somebody waits for what is handed over, by sandbox, in milliseconds since 1970 of real time. */
export type Watched = Readonly<Record<string, number>>;

/** What all records have in common. */
export interface RecorderTable {
  /** Random bytes that all processes have in common: secrets and senders are named with them. */
  readonly key: () => Promise<Uint8Array>;
  /** Which sandboxes somebody waits for; all in one row, since every process looks there all the time. */
  readonly watched: () => Promise<Watched>;
  /** Notes that somebody waits for a sandbox, until a time in milliseconds since 1970. */
  readonly watch: (sandboxId: string, nowMs: number, untilMs: number) => Promise<void>;
}

/** Sandboxes that are waited for at the same time; those beyond are handed over as there is time. */
const MAX_WATCHED = 400;

const KEY: Key = ["#recorder", "key"];
const WATCHED: Key = ["#recorder", "watched"];

/**
 * Opens the rows.
 *
 * @param chance Where the key is drawn from, by the first process that needs it.
 */
export function createRecorderTable(store: Store, chance: Chance): RecorderTable {
  return {
    key: async () => {
      await store.create(KEY, Buffer.from(chance.bytes(32)).toString("base64url"));
      return Buffer.from((await store.get<string>(KEY)).value ?? "", "base64url");
    },
    watched: async () => (await store.get<Watched>(WATCHED)).value ?? {},
    watch: async (sandboxId, nowMs, untilMs) => {
      await updateRow(store, WATCHED, (watched: Watched = {}) => {
        const others = Object.entries(watched).filter(([id, until]) => id !== sandboxId && until > nowMs);
        return { value: Object.fromEntries([[sandboxId, untilMs] as const, ...others].slice(0, MAX_WATCHED)) };
      });
    },
  };
}
