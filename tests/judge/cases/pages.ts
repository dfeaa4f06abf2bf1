/** Cases: how a client reads lists that come in pages. */
import { origin } from "../../helpers.ts";
import type { Case } from "./case.ts";

const pages = (page_sizes: readonly number[], cursors: readonly string[] = []): Required<Case>["app"] => ({
  catalogue: { page_sizes, cursors },
});

/** A tool with icons at this server, at its other name, and one that leads there. */
const withIcon: Required<Case>["app"] = {
  catalogue: {
    built_in: true,
    tools: [{
      name: "shown",
      inputSchema: { type: "object" },
      icons: [
        { src: `${origin}/icons/shown.png` },
        { src: "{canary_url}/shown.svg" },
        { src: "{other_canary_url}/shown.svg" },
        { src: "{canary_url}/shown-elsewhere.svg" },
      ],
    }],
  },
};

/** How a client reads lists that come in pages, and what it fetches for them. */
export const pageCases: readonly Case[] = [
  {
    rule: "M107",
    slips: ["takes the first page for all", "reads one page for ever"],
    app: pages([3, 5]),
    isRecommended: true,
  },
  { rule: "M107", slips: ["takes the first page for all"], app: pages([1, 0, 2]), isRecommended: true },
  { rule: "M108", slips: ["takes a short page for the last"], app: pages([3, 1, 4]), isRecommended: true },
  { rule: "M108", slips: ["takes a short page for the last"], app: pages([2, 0, 2]), isRecommended: true },
  ...[
    "a+/=%& page",
    '{"offset":3}',
    " padded ",
    "ä 🙂",
    "%20",
    "/list?token=abcdefghijklmnopqrst&from=2",
    `${"x".repeat(4000)}/`,
  ].map((cursor): Case => ({
    rule: "M109",
    slips: ["changes cursors"],
    app: pages([3], [cursor]),
  })),
  {
    rule: "M157",
    slips: ["sends a token for icons", "shows icons of any origin", "follows redirects of icons"],
    app: withIcon,
    client: { extras: ["shows icons"] },
  },
  { rule: "M111", slips: ["takes an empty cursor for the end"], app: pages([3, 5], [""]) },
];
