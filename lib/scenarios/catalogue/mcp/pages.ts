// Lists that come in pages, of sizes and with cursors that clients do not expect.
import type { Scenario } from "../../scenario.ts";
import { reports, section } from "../links.ts";
import { since2026_07 } from "../since.ts";

const flow = section("2025-11-25", "server/utilities/pagination#pagination-flow");
const model = section("2025-11-25", "server/utilities/pagination#pagination-model");
const guidelines = section("2026-07-28", "server/utilities/pagination#implementation-guidelines");

/** What the four scenarios of odd cursors have in common: two pages after the first, whose cursors are these. */
function oddCursors(
  cursors: readonly [string, string],
  entry: Pick<Scenario, "name" | "story"> & Partial<Scenario>,
): Scenario {
  return {
    group: "Pages",
    client: "Sends each cursor back byte for byte, whatever it looks like, and reads the list to its end",
    plan: {},
    catalogue: { page_sizes: [4, 4], cursors },
    expects: ["M107", "M109"],
    links: [guidelines],
    ...entry,
  };
}

/** Scenarios of pages. */
export const pageScenarios: readonly Scenario[] = [
  {
    name: "pages",
    group: "Pages",
    story: "The list of tools comes in pages of three, one, none and seven tools, and a last one with the rest",
    client: "Follows nextCursor until a page has none, whatever the pages hold, and then knows all tools",
    plan: {},
    catalogue: { page_sizes: [3, 1, 0, 7] },
    expects: ["M107", "M108", "M109"],
    links: [flow, model, ...reports("vercel/ai#19240", "github/copilot-cli#4006")],
  },
  {
    name: "page-empty",
    group: "Pages",
    story: "The second page of the tools is empty, and names a third one that has the rest",
    client: "Asks for the third page: only a missing nextCursor ends a list",
    plan: {},
    catalogue: { page_sizes: [4, 0] },
    expects: ["M107", "M108"],
    links: [model, flow],
  },
  {
    name: "pages-of-one",
    group: "Pages",
    story: "Each page of the tools has a single tool, so that the list takes eighteen requests",
    client: "Reads all pages, or stops at a limit of its own and says that tools are missing",
    plan: {},
    catalogue: { page_sizes: Array.from({ length: 60 }, () => 1) },
    expects: ["M107"],
    links: [flow, ...reports("vercel/ai#19240")],
  },
  {
    name: "cursor-for-ever",
    group: "Pages",
    story: "The second page of the tools names itself as the next one, so that the list has no end",
    client: "Notices that the cursor does not move on, stops, says so, and uses what it has read",
    plan: {},
    catalogue: { page_sizes: [6, 4, 4], cursors: ["again", "again"] },
    expects: ["M107"],
    links: [flow, ...reports("DeusData/codebase-memory-mcp#1247")],
  },
  oddCursors(["a+b/c=%20&d?#", " \"'<\\>\t "], {
    name: "cursor-odd-characters",
    story: "The cursors of the pages hold characters that URLs, HTML and shells take for their own",
  }),
  oddCursors(['{"offset":8,"sort":["name"]}', "[null]"], {
    name: "cursor-json",
    story: "The cursors of the pages are JSON, which a client might read, and write again in another way",
  }),
  oddCursors(["0", "null"], {
    name: "cursor-looks-empty",
    story: "The cursors of the pages are texts that some languages take for nothing: 0 and null",
  }),
  oddCursors(["Größe·次の🙂", "e\u0301≠é"], {
    name: "cursor-unicode",
    story: "The cursors of the pages have letters beyond ASCII, and two that look alike and are not",
  }),
  oddCursors([`${"long/".repeat(819)}1`, `${"long/".repeat(819)}2`], {
    name: "cursor-long",
    story: "The cursors of the pages have four thousand characters, and differ only in the last one",
  }),
  {
    name: "cursor-empty",
    group: "Pages",
    story: "The first page of the tools names the next one by a cursor that is the empty text",
    client: "Asks for the page at the empty cursor: only a missing nextCursor ends a list",
    plan: {},
    catalogue: { page_sizes: [6], cursors: [""] },
    revisions: since2026_07,
    expects: ["M111", "M109"],
    links: [guidelines],
  },
];
