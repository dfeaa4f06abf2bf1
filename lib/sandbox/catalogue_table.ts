// The catalogues that tests have set. One can be larger than a row, so it is kept as its JSON in parts; what the state of a
// sandbox has of it says which parts those are.
import { hash } from "../runtime/node_crypto.ts";
import { parseJson } from "../http/json.ts";
import { boundedMap } from "../runtime/bounded_map.ts";
import type { Catalogue } from "../scenarios/mcp_catalogue.ts";
import type { Key, Store } from "../store/store.ts";

/** Which catalogue a sandbox has. */
export interface CatalogueReference {
  /** Follows from what it says. */
  readonly version: string;
  readonly parts: number;
}

/** The table of catalogues. */
export interface CatalogueTable {
  /** The catalogue of a sandbox; the same object as long as it stays the same. */
  readonly find: (sandboxId: string, reference: CatalogueReference) => Promise<Catalogue | undefined>;
  /**
   * Writes one.
   *
   * @param known What the sandbox has already, which is not written again.
   * @throws OAuthError `temporarily_unavailable` where there is no room for it, with nothing kept of it.
   */
  readonly put: (
    sandboxId: string,
    catalogue: Catalogue,
    known: CatalogueReference | undefined,
  ) => Promise<CatalogueReference>;
  readonly remove: (sandboxId: string, reference: CatalogueReference) => Promise<void>;
  /** Has answers that come in turn begin anew. */
  readonly beginAnew: (sandboxId: string) => Promise<void>;
}

/** Two bytes a character, so that a part fits into a row whatever it says. */
const PART_CHARACTERS = 30_000;
/** What is held in memory, so that many sandboxes with large catalogues cannot fill it. */
const MAX_HELD = 1000;

interface Held {
  readonly catalogue: Catalogue;
  readonly bytes: number;
}

/** Opens the table of catalogues. */
export function createCatalogueTable(store: Store): CatalogueTable {
  const held = boundedMap<string, Held>(MAX_HELD, { bytesOf: (_, { bytes }) => bytes });
  const prefixOf = (sandboxId: string, { version }: Pick<CatalogueReference, "version">): Key => [
    sandboxId,
    "catalogue",
    version,
  ];

  const keysOf = (sandboxId: string, reference: CatalogueReference): readonly Key[] =>
    Array.from({ length: reference.parts }, (_, part) => [...prefixOf(sandboxId, reference), part]);

  async function remove(sandboxId: string, reference: CatalogueReference): Promise<void> {
    await store.commit({ deletes: keysOf(sandboxId, reference) });
  }

  return {
    find: async (sandboxId, reference) => {
      const name = `${sandboxId} ${reference.version}`;
      const known = held.get(name);
      if (known) return known.catalogue;
      const parts = await store.list<string>(prefixOf(sandboxId, reference), reference.parts);
      const json = parts.map(({ value = "" }) => value).join("");
      if (parts.length < reference.parts || versionOf(json) !== reference.version) return undefined;
      const { parseCatalogue } = await import("../scenarios/schema/catalogue_schema.ts");
      const catalogue = parseCatalogue(parseJson(json));
      held.set(name, { catalogue, bytes: 2 * json.length });
      return catalogue;
    },
    put: async (sandboxId, catalogue, known) => {
      const json = JSON.stringify(catalogue);
      const version = versionOf(json);
      const parts = Math.ceil(json.length / PART_CHARACTERS);
      if (version === known?.version) return known;
      try {
        for (const [part, key] of keysOf(sandboxId, { version, parts }).entries()) {
          const value = json.slice(part * PART_CHARACTERS, (part + 1) * PART_CHARACTERS);
          await store.commit({ sets: [{ key, value }] });
        }
      } catch (error) {
        await remove(sandboxId, { version, parts });
        throw error;
      }
      return { version, parts };
    },
    remove,
    beginAnew: (sandboxId) => store.removeAll([sandboxId, "turn"]),
  };
}

function versionOf(json: string): string {
  return hash("sha256", json, "base64url").slice(0, 16);
}
