/**
 * The catalogue of scenarios: a page for people, the data for programs; and what a sandbox's other pages say of its own.
 *
 * @module
 */
import type { Chance } from "../lib/chance.ts";
import { noStoreJson, prefersHtml } from "../lib/http.ts";
import type { Sandbox } from "../lib/sandbox.ts";
import { placeOf } from "../lib/scenarios/place.ts";
import { type Scenario, scenarioGroups } from "../lib/scenarios/scenario.ts";
import { buildUrls, paths } from "../lib/urls.ts";
import type { Html } from "../views/html.ts";
import { ScenarioBanner } from "../views/scenario_banner.tsx";
import type { ScenarioEntry } from "../views/scenario_entry.tsx";
import { ScenariosPage } from "../views/scenarios.tsx";
import { isFound } from "../views/scenarios_search.js";
import { htmlResponse } from "./html.ts";
import type { Context, Route } from "./router.ts";

/** What the catalogue's page needs. */
export interface ScenariosDeps {
  /** All scenarios that have a name here. */
  readonly scenarios: readonly Scenario[];
  /** Source of labels. */
  readonly chance: Pick<Chance, "base36">;
}

/** Enough that nobody guesses a sandbox of somebody else's: 82 bits. */
const LABEL_LENGTH = 16;

/** The catalogue's row. */
export function scenariosRoutes(deps: ScenariosDeps): readonly Route[] {
  return [{
    name: "scenarios",
    method: "GET",
    path: paths.scenarios,
    cors: true,
    handler: (context) => scenarios(deps, context),
  }];
}

function scenarios({ scenarios, chance }: ScenariosDeps, { request, url, sandbox }: Context): Response {
  const query = url.searchParams.get("q")?.trim() ?? "";
  const label = chance.base36(LABEL_LENGTH);
  const entries = scenarios.map((scenario): ScenarioEntry => {
    const place = placeOf(scenario, label, sandbox.origin);
    const { isOwnOrigin } = place;
    return { scenario, urls: buildUrls(place), isOwnOrigin, isFound: isFound(searchedText(scenario), query) };
  });
  if (!prefersHtml(request)) return noStoreJson(documentOf(entries));
  const groups = scenarioGroups.map((name) => ({
    name,
    entries: entries.filter(({ scenario }) => scenario.group === name),
  }));
  return htmlResponse(
    <ScenariosPage urls={sandbox.urls} query={query} groups={groups.filter(({ entries }) => entries.length > 0)} />,
  );
}

/** The words that the page shows of a scenario. */
function searchedText({ name, story, client, expects, official = "", revisions = [], links }: Scenario): string {
  return [name, story, client, ...expects, official, ...revisions, ...links.map(({ label }) => label)].join(" ");
}

/** The catalogue as data, less what was not found, and with the address of a sandbox of each. */
function documentOf(entries: readonly ScenarioEntry[]): object {
  return {
    groups: scenarioGroups,
    scenarios: entries.filter(({ isFound }) => isFound).map(({ scenario, urls, isOwnOrigin }) => ({
      ...scenario,
      url: urls.oauth,
      has_own_origin: isOwnOrigin,
    })),
  };
}

/**
 * Makes what says on a sandbox's pages which scenario it plays; nothing where that is the server as one expects it.
 *
 * @param scenarioOf Tells what a sandbox plays.
 */
export function createBanner(scenarioOf: (sandbox: Sandbox) => Scenario): (sandbox: Sandbox) => Html | undefined {
  return (sandbox) => {
    const scenario = scenarioOf(sandbox);
    if (sandbox.name === "main" && scenario.name === "standard") return undefined;
    return <ScenarioBanner urls={sandbox.urls} name={sandbox.name} scenario={scenario} />;
  };
}
