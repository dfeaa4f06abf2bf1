/**
 * `/control`, its description, and `/control/scenarios`: what there is, and how to bring along more.
 *
 * @module
 */
import { readBodies, readBody } from "../../lib/http/json_body.ts";
import { originSchema } from "../../lib/control/requests.ts";
import { buildControlIndex, buildOpenApi } from "./openapi.ts";
import { buildScenarioLink, contentName } from "../../lib/scenarios/schema/scenario_link.ts";
import { describeScenario, parseScenario } from "../../lib/scenarios/schema/scenario_schema.ts";
import { closest } from "../../lib/http/did_you_mean.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import { noStoreJson } from "../../lib/http/body.ts";
import { buildSandbox, parseAddress, type Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import { buildUrls, paths } from "../../lib/http/urls.ts";
import type { ControlDeps, ControlHandlers } from "../../lib/control/operation.ts";

/** Enough that no two tests draw the same, in characters. */
const LABEL_LENGTH = 16;

/** The handlers of documents. */
export function documentHandlers(
  { liveSandboxes, scenarios, names, ownOrigins, chance }: ControlDeps,
): Pick<
  ControlHandlers,
  "control_index" | "control_openapi" | "control_define_scenarios" | "control_open_origin"
> {
  async function define(sandbox: Sandbox, own: Scenario): Promise<Readonly<Record<string, unknown>>> {
    const named = { ...own, name: contentName(own) };
    const known = await scenarios.find(named.name);
    if (known && JSON.stringify(known) !== JSON.stringify(named)) throw nameIsTaken(own.name);
    await scenarios.put(named);
    const { origin } = sandbox;
    const { urls } = buildSandbox({ origin, prefix: `/s/${named.name}`, now: sandbox.now });
    return {
      name: named.name,
      url: urls.home.replace(/\/$/, ""),
      mcp_url: urls.oauth,
      link: await buildScenarioLink(origin, own),
      definition: describeScenario(own),
    };
  }

  return {
    control_index: ({ sandbox }) => noStoreJson(buildControlIndex(sandbox, liveSandboxes.of(sandbox))),
    control_openapi: ({ sandbox }) => noStoreJson(buildOpenApi(sandbox)),
    control_define_scenarios: async ({ request, sandbox }) => {
      const asked = await readBodies(request, parseScenario);
      return noStoreJson({ scenarios: await Promise.all(asked.map((one) => define(sandbox, one))) });
    },
    control_open_origin: async ({ request, sandbox }) => {
      const { scenario, label = chance.base36(LABEL_LENGTH) } = await readBody(request, originSchema);
      const name = `${scenario}~${label}`;
      const address = parseAddress(new URL(`${sandbox.origin}/s/${name}`), () => false);
      if (!address || !await liveSandboxes.find(address)) {
        throw noSuch(scenario, { names, list: sandbox.origin + paths.scenarios });
      }
      const origin = ownOrigins.open({ scenario, label });
      return noStoreJson({ scenario, label, origin, mcp_url: buildUrls({ origin, prefix: "" }).oauth });
    },
  };
}

function noSuch(
  scenario: string,
  { names, list }: { readonly names: readonly string[]; readonly list: string },
): OAuthError {
  const meant = closest(scenario, names);
  return new OAuthError("invalid_request", "There is no such scenario", {
    parameter: "scenario",
    received: scenario,
    see: list,
    ...(meant === undefined ? {} : { meant: { text: meant } }),
  });
}

/** Eight digits of a hash leave room for somebody who tries. */
function nameIsTaken(name: string): OAuthError {
  return new OAuthError("invalid_request", "Another scenario has come to the same name", {
    parameter: "name",
    received: name,
    expected: "any other name",
  });
}
