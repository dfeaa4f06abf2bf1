/** How the test client reads a list that comes in pages. */
import type { Setting } from "../options.ts";
import type { Mcp } from "./client.ts";

/** What it does wrong with a list that comes in pages. */
export type PageSlip = "takes the first page for all" | "reads one page for ever" | "changes cursors";

/** How many pages it reads of a list. */
const MAX_PAGES = 6;

/** Lists the tools, page by page. */
export async function listTools({ call }: Pick<Mcp, "call">, { slip }: Setting): Promise<void> {
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await call("tools/list", cursor === undefined ? {} : { cursor });
    const next = /"nextCursor":"([^"]*)"/.exec(answer)?.[1];
    if (next === undefined || slip === "takes the first page for all") return;
    if (slip !== "reads one page for ever" || cursor === undefined) cursor = next;
    if (slip === "changes cursors") cursor = encodeURIComponent(cursor);
  }
}
