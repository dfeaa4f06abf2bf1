/** How the test client reads a list that comes in pages. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import type { Mcp } from "./client.ts";

/** What it does wrong with a list that comes in pages. */
export type PageSlip =
  | "takes the first page for all"
  | "takes a short page for the last"
  | "takes an empty cursor for the end"
  | "reads one page for ever"
  | "changes cursors"
  | "asks for a refused cursor again"
  | "keeps its cursor for the next session";

/** How many pages it reads of a list where it does not notice that it goes round in a circle. */
const MAX_PAGES = 8;

/** Lists the tools, page by page, and keeps them; from the first one again, if the session is another meanwhile. */
export async function listTools(
  { call, link, read }: Pick<Mcp, "call" | "link"> & { readonly read: Mcp["read"] | Mcp["call"] },
  { slip }: Setting,
): Promise<void> {
  const followed = new Set<string>();
  const sizes: number[] = [];
  let cursor: string | undefined;
  let session = link.session;
  let isBegunAnew = false;
  link.tools.clear();
  const paramsOf = (): Document => cursor === undefined ? {} : { cursor };
  link.listed.clear();
  for (let page = 0;; page++) {
    const answer = await (link.isModern() ? read("tools/list", paramsOf()) : call("tools/list", () => {
      if (link.session !== session && slip !== "keeps its cursor for the next session") {
        cursor = undefined;
        followed.clear();
        sizes.length = 0;
      }
      session = link.session;
      return paramsOf();
    }));
    if (answer?.error && cursor !== undefined && slip !== "changes cursors" && !isBegunAnew) {
      // What it has of the list is no use without the rest.
      isBegunAnew = true;
      if (slip === "asks for a refused cursor again") continue;
      cursor = undefined;
      link.tools.clear();
      link.listed.clear();
      followed.clear();
      sizes.length = 0;
      continue;
    }
    const result = answer?.result;
    const tools: readonly Document[] = Array.isArray(result?.tools) ? result.tools : [];
    for (const tool of tools) {
      const { name, inputSchema, icons } = tool;
      link.tools.set(String(name), inputSchema);
      link.listed.set(String(name), tool);
      for (const { src } of Array.isArray(icons) ? icons : []) link.icons.add(String(src));
    }
    sizes.push(tools.length);
    const next = typeof result?.nextCursor === "string" ? result.nextCursor : undefined;
    if (next === undefined || slip === "takes the first page for all") return;
    if (slip === "takes a short page for the last" && tools.length < Math.max(...sizes)) return;
    if (slip === "takes an empty cursor for the end" && next === "") return;
    if (slip !== "reads one page for ever" || cursor === undefined) {
      // A list that leads back to where it has been has no end.
      if (followed.has(next)) return;
      cursor = next;
    }
    if (page >= MAX_PAGES && slip === "reads one page for ever") return;
    followed.add(next);
    if (slip === "changes cursors") cursor = encodeURIComponent(cursor);
  }
}
