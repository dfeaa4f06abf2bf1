// The rule on fetching the icons that a server names.

import { headerOf } from "../../../recorder/exchange.ts";
import { addressOf, originOf } from "../../reading.ts";
import type { CanaryStep, IconStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2025_11 } from "../rule.ts";

/** Headers that carry credentials; cookies a browser adds by itself, also those of another port of the same computer. */
const credentials = ["authorization", "dpop"] as const;

/** Where an icon that redirects sends whoever fetches it. */
function targetOf({ exchange: { response, url } }: IconStep): string | undefined {
  const location = headerOf(response, "location");
  return location !== undefined && URL.canParse(location, url) ? addressOf(new URL(location, url).href) : undefined;
}

/** The request with which a redirect of an icon was followed to another origin. */
function followed(icon: IconStep, { icons, canaries }: View): IconStep | CanaryStep | undefined {
  const target = targetOf(icon);
  if (target === undefined || originOf(target) === originOf(icon.address)) return undefined;
  return [...icons, ...canaries].find(({ at, address }) => at > icon.at && address === target);
}

function checkIcons(view: View): Outcome {
  const { icons, calls } = view;
  for (const icon of icons) {
    const { exchange, at, address } = icon;
    const sent = credentials.find((name) => headerOf(exchange.request, name) !== undefined);
    if (sent !== undefined) return broken(`It fetched an icon with the header ${sent}`, [at]);
    const isOwn = calls.some((call) => originOf(call.address) === originOf(address));
    if (!isOwn && !isRedirected(icon, view)) {
      return broken(`It fetched an icon at ${originOf(address)}, which is not the server's origin`, [at]);
    }
    const elsewhere = followed(icon, view);
    if (elsewhere) {
      return broken(
        `It followed the redirect of an icon to another origin, ${originOf(elsewhere.address)}`,
        [at, elsewhere.at],
      );
    }
  }
  return icons.length === 0
    ? notObserved("It fetched no icon from here")
    : kept("It fetched icons from the server's origin, without credentials", positionsOf(icons));
}

/** Whether an icon may have been reached by a redirect from another one, which says so itself. */
function isRedirected(icon: IconStep, { icons }: View): boolean {
  return icons.some((other) => other.at < icon.at && targetOf(other) === icon.address);
}

/** The rules on icons. */
export const iconRules: readonly Rule[] = [{
  id: "M157",
  name: "icons-of-the-server",
  title:
    "A client fetches icons from the server's origin alone, follows no redirect elsewhere, and sends no credentials.",
  level: "MUST",
  revisions: SINCE_2025_11,
  isOfMcp: true,
  link: "https://modelcontextprotocol.io/specification/2025-11-25/basic#icons",
  official: [],
  check: checkIcons,
}];
