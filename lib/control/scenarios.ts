// `/control/scenarios`: scenarios of a test's own.
import { z } from "zod";
import { OAuthError } from "../http/errors.ts";
import { buildSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { buildScenarioLink, contentName, MAX_LINK_LENGTH } from "../scenarios/schema/scenario_link.ts";
import { describeScenario, parseScenario, scenarioSchema } from "../scenarios/schema/scenario_schema.ts";
import { type Deps, members, oneOrMore, operation } from "./operation.ts";

const defined = z.object({
  name: z.string(),
  url: z.url(),
  mcp_url: z.url(),
  link: z.url().exactOptional(),
  /** Why there is no link. */
  note: z.string().exactOptional(),
  definition: members,
});

/** What can be done about scenarios. */
export const scenarioOperations = {
  control_define_scenarios: operation({
    summary: "Defines a scenario of your own; returns its URL and a link that carries it",
    input: oneOrMore(scenarioSchema, parseScenario),
    example: {
      name: "iss-wrong",
      story: "The issuer in authorization responses is another",
      plan: { faults: [{ name: "iss", match: { endpoint: "authorize" }, edit: { location: { iss: "{issuer}/" } } }] },
    },
    answer: z.object({ scenarios: z.array(defined) }),
    run: async (deps, { sandbox, input }) => ({
      scenarios: await Promise.all(input.map((scenario) => define(deps, sandbox, scenario))),
    }),
  }),
};

async function define({ scenarios }: Deps, sandbox: Sandbox, own: Scenario): Promise<z.infer<typeof defined>> {
  const named = { ...own, name: contentName(own) };
  const known = await scenarios.find(named.name);
  if (known && JSON.stringify(known) !== JSON.stringify(named)) throw nameIsTaken(own.name);
  await scenarios.put(named);
  const { origin } = sandbox;
  const { urls } = buildSandbox({ origin, prefix: `/s/${named.name}`, now: sandbox.now });
  const link = await buildScenarioLink(origin, own);
  return {
    name: named.name,
    url: urls.home.replace(/\/$/, ""),
    mcp_url: urls.oauth,
    ...(link === undefined
      ? { note: `A link would be longer than ${MAX_LINK_LENGTH} characters: share a file` }
      : { link }),
    definition: describeScenario(own),
  };
}

/** A name ends in eight digits of a hash, for which another scenario can be found by trying. */
function nameIsTaken(name: string): OAuthError {
  return new OAuthError("invalid_request", "Another scenario already has this name", {
    parameter: "name",
    received: name,
    expected: "another name",
  });
}
