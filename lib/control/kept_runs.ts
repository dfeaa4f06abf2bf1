// Runs as they were at a moment, for a link that can be passed on: nothing in one leads to its sandboxes, and no label that
// is a secret is told.
import { gunzipSync, gzipSync } from "node:zlib";
import { isObject, parseJson } from "../http/json.ts";
import { type KeptRun, keptRunShape } from "../judge/kept_run.ts";
import type { Run } from "../judge/run.ts";
import type { Chance } from "../runtime/chance.ts";
import type { Key, Store } from "../store/store.ts";
import { isSecretLabel } from "./gate.ts";

/** The runs that were kept. */
export interface KeptRuns {
  /** Keeps a run; returns the id by which anybody who is told it finds it. */
  readonly keep: (run: Run) => Promise<Pick<KeptRun, "kept_until"> & { readonly id: string }>;
  readonly find: (id: string) => Promise<KeptRun | undefined>;
}

interface KeptRunsDeps {
  readonly store: Store;
  readonly chance: Chance;
  readonly now: () => number;
}

/** How long a run is kept, in milliseconds: 30 days. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;
const ID = /^[\w-]{22}$/;

/** Opens the table of kept runs. One with all scenarios fits into a row as it is compressed. */
export function createKeptRuns({ store, chance, now }: KeptRunsDeps, keepMs = KEEP_MS): KeptRuns {
  const keyOf = (id: string): Key => ["#kept", id];
  return {
    keep: async (run) => {
      const [kept_at, kept_until] = [now(), now() + keepMs].map((ms) => new Date(ms).toISOString());
      const kept = keptRunShape.parse({ ...withoutSecret(run), kept_at, kept_until });
      const id = chance.id();
      const value = new Uint8Array(gzipSync(JSON.stringify(kept)));
      await store.commit({ sets: [{ key: keyOf(id), value, expireInMs: keepMs }] });
      return { id, kept_until: kept.kept_until };
    },
    find: async (id) => {
      if (!ID.test(id)) return undefined;
      const { value } = await store.get<Uint8Array>(keyOf(id));
      if (!value) return undefined;
      const kept = keptRunShape.parse(parseJson(Buffer.from(gunzipSync(value)).toString()));
      return Date.parse(kept.kept_until) > now() ? kept : undefined;
    },
  };
}

/** Who knows such a label may do anything to the sandboxes of the run. */
function withoutSecret(run: Run): Readonly<Record<string, unknown>> {
  if (!isSecretLabel(run.run)) return { ...run };
  const told = parseJson(JSON.stringify(run).replaceAll(run.run, "…"));
  return { ...(isObject(told) ? told : {}), run: "" };
}
