// The rule on fetching the icons that a server names.

import { headerOf } from "../../../recorder/exchange.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2025_11 } from "../rule.ts";

/** Headers that carry credentials; cookies a browser adds by itself, also those of another port of the same computer. */
const credentials = ["authorization", "dpop"] as const;

function checkIcons({ icons }: View): Outcome {
  for (const { exchange, at } of icons) {
    const sent = credentials.find((name) => headerOf(exchange.request, name) !== undefined);
    if (sent !== undefined) return broken(`It fetched an icon with the header ${sent}`, [at]);
  }
  return icons.length === 0
    ? notObserved("It fetched no icon from here")
    : kept("It fetched icons without credentials", positionsOf(icons));
}

/** The rules on icons. */
export const iconRules: readonly Rule[] = [{
  id: "M157",
  name: "icons-without-credentials",
  title: "A client fetches icons without credentials, such as its token.",
  level: "MUST",
  revisions: SINCE_2025_11,
  isOfMcp: true,
  link: "https://modelcontextprotocol.io/specification/2025-11-25/basic#icons",
  official: [],
  check: checkIcons,
}];
