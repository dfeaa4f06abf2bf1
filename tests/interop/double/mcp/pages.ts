/** How the test client reads a list that comes in pages. */
import type { Setting } from "../options.ts";
import type { Mcp } from "./client.ts";

/** What it does wrong with a list that comes in pages. */
export type PageSlip = "takes the first page for all" | "reads one page for ever" | "changes cursors";

/** How many pages it reads of a list. */
const MAX_PAGES = 6;

/** Lists the tools, page by page; from the first one again, if the session is another meanwhile. */
export async function listTools({ call, link }: Pick<Mcp, "call" | "link">, { slip }: Setting): Promise<void> {
  let cursor: string | undefined;
  let session = link.session;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await call("tools/list", () => {
      if (link.session !== session) cursor = undefined;
      session = link.session;
      return cursor === undefined ? {} : { cursor };
    });
    const next = answer?.result?.nextCursor;
    if (typeof next !== "string" || slip === "takes the first page for all") return;
    if (slip !== "reads one page for ever" || cursor === undefined) cursor = next;
    if (slip === "changes cursors") cursor = encodeURIComponent(cursor);
  }
}
