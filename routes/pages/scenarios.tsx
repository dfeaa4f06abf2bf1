// The catalogue of scenarios: a page for people, the data for programs.
import { noStoreJson, prefersHtml } from "../../lib/http/body.ts";
import { compressed } from "../../lib/http/compressed.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import type { Rule } from "../../lib/judge/rules/rule.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import { standard } from "../../lib/scenarios/catalogue/standard.ts";
import { placeOf } from "../../lib/sandbox/place.ts";
import { driverOf } from "../../lib/scenarios/driver.ts";
import { describeStep, hasMoreSteps } from "../../lib/scenarios/driver_words.ts";
import { type Scenario, scenarioGroups } from "../../lib/scenarios/scenario.ts";
import { buildUrls, controlPaths, paths } from "../../lib/http/urls.ts";
import type { ScenarioEntry } from "../../views/scenarios/entry.tsx";
import type { Makes } from "../../views/scenarios/making.tsx";
import type { Proposal } from "../../views/scenarios/proposal.tsx";
import { ScenariosPage } from "../../views/scenarios/scenarios.tsx";
import { hintsFor, isFound } from "../../views/scenarios/search.js";
import { htmlResponse, withOwnReferrer } from "../request/html.ts";
import type { Deps } from "../deps.ts";
import type { Context } from "../request/router.ts";

/** Enough that nobody guesses a sandbox of somebody else's: 82 bits. */
const LABEL_LENGTH = 16;

/** The catalogue, as a page or as data. */
export async function scenarios(
  context: Context,
  deps: Pick<Deps, "catalogue" | "chance" | "cloning">,
): Promise<Response> {
  const { request, url, sandbox } = context;
  const query = url.searchParams.get("q")?.trim() ?? "";
  const label = deps.chance.base36(LABEL_LENGTH);
  const catalogue = await deps.catalogue();
  const entries = catalogue.map((scenario): ScenarioEntry => {
    const place = placeOf(scenario, label, sandbox.origin);
    return {
      scenario,
      steps: stepsOf(scenario),
      urls: buildUrls(place),
      controlUrl: place.origin + place.prefix + controlPaths.index,
      isOwnOrigin: place.isOwnOrigin,
      originsUrl: sandbox.origin + sandbox.prefix + controlPaths.origins,
      isFound: isFound(searchedText(scenario), query),
    };
  });
  const proposal = await readProposal(url, label, sandbox);
  if (!prefersHtml(request)) return noStoreJson(await documentOf(entries, proposal));
  const groups = scenarioGroups.map((name) => ({
    name,
    entries: entries.filter(({ scenario }) => scenario.group === name),
  }));
  const page = htmlResponse(
    <ScenariosPage
      urls={sandbox.urls}
      query={query}
      groups={groups.filter(({ entries }) => entries.length > 0)}
      hints={entries.some(({ isFound }) => isFound) ? [] : hintsFor(catalogue.map(searchedText), query)}
      rules={rules.map((rule) => ({ ...rule, isFound: isFound(ruleText(rule), query) }))}
      proposal={proposal}
      makes={makesFor(context, deps)}
    />,
  );
  return compressed(request, withOwnReferrer(page));
}

/** What the caller may make of a server; undefined for nothing. */
export function makesFor(context: Context, { cloning }: Pick<Deps, "cloning">): Makes | undefined {
  return cloning && !cloning.refusalOf(context) ? { isAnywhere: cloning.isAnywhere } : undefined;
}

/**
 * The scenario that an address carries. Anyone who opens it may make it: a sandbox with a label that nobody guesses takes
 * what it is told, on a public host as well.
 */
async function readProposal(
  { searchParams }: URL,
  label: string,
  { origin }: Sandbox,
): Promise<Proposal | undefined> {
  const packed = searchParams.get("define");
  if (packed === null) return undefined;
  // It brings zod along, which a start has no use for.
  const { decodeScenario } = await import("../../lib/scenarios/schema/scenario_link.ts");
  const maker = placeOf(standard, label, origin);
  return {
    scenario: await decodeScenario(packed),
    makeUrl: maker.origin + maker.prefix + controlPaths.scenarios,
    label,
    paths,
  };
}

/** What the page says of a scenario, and of the rules that it tests. */
function searchedText(
  { name, story, client, words = "", expects, official = "", revisions = [], links }: Scenario,
): string {
  const tested = rules.filter(({ id }) => expects.some((expected) => expected === id)).map(ruleText);
  return [name, story, client, words, ...expects, official, ...revisions, ...links.map(({ label }) => label), ...tested]
    .join(" ");
}

/** What a client must be made to do, in words, where that is more than usual. */
function stepsOf(scenario: Scenario): readonly string[] {
  const driver = driverOf(scenario);
  return hasMoreSteps(driver) ? driver.map(describeStep) : [];
}

function ruleText({ id, title, level }: Pick<Rule, "id" | "title" | "level">): string {
  return [id, title, level].join(" ");
}

/**
 * The catalogue as data, less what was not found, and with the address of a sandbox of each. Each is defined as the control
 * API takes it, so that it can be the start of one's own.
 */
async function documentOf(entries: readonly ScenarioEntry[], proposal: Proposal | undefined): Promise<object> {
  const { defineScenario, describeScenario } = await import("../../lib/scenarios/schema/scenario_schema.ts");
  return {
    groups: scenarioGroups,
    rules: rules.map(({ id, title, level, link }) => ({ id, title, level, link })),
    ...(proposal ? { definition: defineScenario(proposal.scenario) } : {}),
    scenarios: entries.filter(({ isFound }) => isFound).map(({ scenario, urls, controlUrl, isOwnOrigin }) => ({
      ...describeScenario(scenario),
      driver: driverOf(scenario),
      definition: defineScenario(scenario),
      url: urls.oauth,
      control_url: controlUrl,
      has_own_origin: isOwnOrigin,
    })),
  };
}
