// What the MCP endpoints of a sandbox declare: what a test has set there, else what its scenario has, over what the server was
// started with.
import { type Awaitable, followed } from "../runtime/awaitable.ts";
import type { Catalogue } from "../scenarios/mcp_catalogue.ts";
import type { CatalogueTable } from "./catalogue_table.ts";
import type { LiveSandbox, LiveSandboxes } from "./live_sandboxes.ts";

/** The catalogues of an app. */
export interface Catalogues {
  /** What a sandbox declares; undefined for what the server has by itself. */
  readonly of: (live: LiveSandbox) => Awaitable<Catalogue | undefined>;
  /** Sets it, or with undefined takes back what was set; answers that come in turn begin anew. */
  readonly set: (live: LiveSandbox, catalogue: Catalogue | undefined) => Promise<void>;
}

interface CataloguesDeps {
  readonly table: CatalogueTable;
  readonly liveSandboxes: Pick<LiveSandboxes, "change">;
  /** What the server was started with. */
  readonly own: Catalogue | undefined;
}

/** Makes the catalogues of an app. */
export function createCatalogues({ table, liveSandboxes, own }: CataloguesDeps): Catalogues {
  const overOwn = new WeakMap<Catalogue, Catalogue>();

  /** A scenario's lists in place of those of the start; where it says only how they come, it says so of those. */
  function ofScenario({ scenario: { catalogue } }: LiveSandbox): Catalogue | undefined {
    if (!own || !catalogue) return catalogue ?? own;
    const both = overOwn.get(catalogue) ?? { ...own, ...catalogue };
    overOwn.set(catalogue, both);
    return both;
  }

  return {
    of: (live) => {
      const { catalogue } = live.state();
      return followed(catalogue && table.find(live.id(), catalogue), (found) => found ?? ofScenario(live));
    },
    set: async (live, catalogue) => {
      const id = live.id();
      let before = live.state().catalogue;
      const next = catalogue && await table.put(id, catalogue, before);
      await liveSandboxes.change(live, ({ catalogue: replaced, ...state }) => {
        before = replaced;
        return { ...state, ...(next && { catalogue: next }) };
      });
      // By now every process knows of the change, so nobody looks for what was there before.
      if (before && before.version !== next?.version) await table.remove(id, before);
      await table.beginAnew(id);
    },
  };
}
