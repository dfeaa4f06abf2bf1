// What an agent can read: each rule, each scenario, the shapes of long inputs, and what a client sent and got.
import type { ReadResourceResult, Resource, ResourceTemplateType } from "@modelcontextprotocol/server";
import { OAuthError } from "../../http/errors.ts";
import { paths } from "../../http/urls.ts";
import { rules } from "../../judge/rules/catalogue.ts";
import { driverOf } from "../../scenarios/driver.ts";
import { describeScenario } from "../../scenarios/schema/scenario_schema.ts";
import type { Deps } from "../operation.ts";
import { fetchListed } from "../record.ts";
import type { Enter } from "./enter.ts";
import { type ControlTool, schemaUri } from "./tools.ts";

const RULE = /^mock:\/\/rules\/([CM]\d+)$/;
const SCENARIO = /^mock:\/\/scenarios\/([a-z0-9-]+)$/;
const SCHEMA = /^mock:\/\/schemas\/([a-z_]+)$/;
const EXCHANGE = /^mock:\/\/exchanges\/([a-z0-9-]+(?:~[a-z0-9-]+)?)\/(\d{1,15})$/;
const JSON_TYPE = "application/json";

/** What is listed one by one. */
export function listResources(tools: ReadonlyMap<string, ControlTool>): Resource[] {
  const long = [...tools.values()].filter(({ wholeSchema }) => wholeSchema !== undefined);
  return [
    ...rules.map(({ id, name, title }) => ({
      uri: `mock://rules/${id}`,
      name: `${id} ${name}`,
      description: title,
      mimeType: "text/markdown",
    })),
    ...long.map(({ listing: { name } }) => ({
      uri: schemaUri(name),
      name: `schema of ${name}`,
      description: `JSON Schema of the argument input of the tool ${name}`,
      mimeType: JSON_TYPE,
    })),
  ];
}

/** What can be filled in. */
export const resourceTemplates: ResourceTemplateType[] = [
  {
    uriTemplate: "mock://scenarios/{name}",
    name: "scenario",
    description: "A scenario: what the server does, what a right client does, and its definition",
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: "mock://exchanges/{sandbox}/{sequence}",
    name: "exchange",
    description: "A request and its response, secrets redacted, by the sequence number that a finding's evidence has",
    mimeType: JSON_TYPE,
  },
];

/**
 * Reads a resource.
 *
 * @returns Undefined if there is none at the URI.
 */
export async function readResource(
  uri: string,
  { tools, deps, enter }: {
    readonly tools: ReadonlyMap<string, ControlTool>;
    readonly deps: Deps;
    readonly enter: Enter;
  },
): Promise<ReadResourceResult | undefined> {
  const [, ruleId] = RULE.exec(uri) ?? [];
  if (ruleId !== undefined) return text(uri, "text/markdown", ruleText(ruleId));
  const [, scenarioName] = SCENARIO.exec(uri) ?? [];
  if (scenarioName !== undefined) {
    const scenario = (await deps.catalogue()).find(({ name }) => name === scenarioName) ??
      await deps.scenarios.find(scenarioName);
    return scenario && json(uri, { ...describeScenario(scenario), driver: driverOf(scenario) });
  }
  const [, toolName = ""] = SCHEMA.exec(uri) ?? [];
  const schema = tools.get(toolName)?.wholeSchema;
  if (schema) return json(uri, schema);
  const [, sandboxName, sequence] = EXCHANGE.exec(uri) ?? [];
  if (sandboxName === undefined) return undefined;
  const { sandbox } = await enter(sandboxName, { method: "GET", path: paths.exchanges });
  const { listed } = await deps.reports.judge(sandbox);
  const [exchange] = await fetchListed(deps, sandbox, listed.filter((one) => one.sequence === Number(sequence)));
  if (!exchange) throw new OAuthError("not_found", `${sandboxName} has no exchange ${sequence} on record`);
  return json(uri, exchange);
}

function ruleText(id: string): string | undefined {
  const rule = rules.find((one) => one.id === id);
  if (!rule) return undefined;
  const { name, title, level, revisions, link, official } = rule;
  return [
    `# ${id} ${name}`,
    "",
    `${title.replace(/\.$/, "")} (${level}).`,
    "",
    `Revisions: ${revisions.join(", ")}. Written at ${link}.`,
    ...(official.length === 0 ? [] : [`The official suite calls it ${official.join(", ")}.`]),
    "",
  ].join("\n");
}

function text(uri: string, mimeType: string, body: string | undefined): ReadResourceResult | undefined {
  return body === undefined ? undefined : { contents: [{ uri, mimeType, text: body }] };
}

function json(uri: string, value: unknown): ReadResourceResult {
  return { contents: [{ uri, mimeType: JSON_TYPE, text: JSON.stringify(value, null, 2) }] };
}
