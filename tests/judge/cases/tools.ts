/** Cases: how a client uses tools, and what it makes of their schemas and of what they return. */
import type { Catalogue, CatalogueTool } from "../../../lib/scenarios/mcp_catalogue.ts";
import { skillScenarios } from "../../../lib/scenarios/catalogue/mcp/skills.ts";
import type { Case } from "./case.ts";

const takes = (properties: Readonly<Record<string, unknown>>): CatalogueTool["inputSchema"] => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});

/** A tool that takes reports of what became of a call. */
const report: CatalogueTool = {
  name: "report_outcome",
  inputSchema: takes({ tool: { type: "string" }, outcome: { enum: ["result", "error"] } }),
};

/** A server with these tools beside ours, and a client that calls them. */
function withTools(tools: readonly CatalogueTool[], more: Catalogue = {}): Pick<Case, "app" | "client"> {
  return {
    app: { catalogue: { built_in: true, tools, ...more } },
    client: { tools: ["mock_echo", ...tools.map(({ name }) => name).filter((name) => name !== report.name)] },
  };
}

/** A server whose tool answers so, and which takes reports. */
function answering(
  answer: CatalogueTool["answer"],
  outputSchema?: CatalogueTool["outputSchema"],
): ReturnType<typeof withTools> {
  const tool = {
    name: "answers",
    inputSchema: takes({}),
    ...(outputSchema && { outputSchema }),
    ...(answer && { answer }),
  };
  return withTools([tool, report]);
}

const reading = { type: "object", properties: { celsius: { type: "number" } }, required: ["celsius"] } as const;
const rich = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: { address: { $anchor: "address", type: "object", properties: { city: { type: "string" } } } },
  properties: { address: { $ref: "#address" } },
  allOf: [{ anyOf: [{ required: ["address"] }, { required: [] }] }],
  if: { required: ["address"] },
  additionalProperties: false,
} as const;

/** A server whose skill is that of a scenario, and a client that does with it what the scenario asks. */
function withSkill(index: number): Pick<Case, "app" | "client" | "reaches"> {
  const { catalogue = {}, driver = [] } = skillScenarios[index] ?? {};
  return { app: { catalogue }, client: { driver }, reaches: "connection" };
}

/** How a client uses tools. */
export const toolCases: readonly Case[] = [
  { rule: "M118", slips: ["calls tools in capitals", "calls tools by names of its own"], isRecommended: true },
  { rule: "M119", slips: ["sends arguments of any type"], isRecommended: true },
  {
    rule: "M120",
    slips: ["calls the tools of another server"],
    client: { secondEndpoint: "/no-auth" },
    isRecommended: true,
  },
  {
    rule: "M121",
    slips: ["does not check results"],
    ...answering({ content: [{ type: "text", text: "warm" }], structuredContent: { celsius: "warm" } }, reading),
    isRecommended: true,
  },
  ...[["a", "b"], "text", null, 5].map((structuredContent): Case => ({
    rule: "M122",
    slips: ["takes objects alone"],
    ...answering({ content: [{ type: "text", text: "any" }], structuredContent }),
    isRecommended: true,
  })),
  {
    rule: "M123",
    slips: ["fails at unknown content", "changes linked URIs"],
    ...withTools([{
      name: "answers",
      inputSchema: takes({}),
      answer: {
        content: [
          { type: "audio", data: "AAAA", mimeType: "audio/wav" },
          { type: "resource_link", uri: "file:///notes/Größe%20A.txt", name: "unlisted" },
          { type: "resource", resource: { uri: "file:///b", text: "b" } },
        ],
      },
    }, report], { resourceTemplates: [{ uriTemplate: "file:///notes/{name}", name: "notes" }] }),
    isRecommended: true,
  },
  {
    rule: "M124",
    slips: ["hides tool errors"],
    ...answering({ content: [{ type: "text", text: "The date must lie in the future" }], isError: true }),
    isRecommended: true,
  },
  {
    rule: "M125",
    slips: ["drops schema keywords"],
    ...withTools([
      { name: "json_schema_2020_12_tool", inputSchema: rich },
      { name: "json_schema_echo", inputSchema: takes({ schema: { type: "object" } }) },
    ]),
    client: { tools: ["mock_echo"] },
  },
  {
    rule: "M126",
    slips: ["calls tools of any dialect"],
    ...withTools([
      { name: "odd", inputSchema: { ...takes({}), $schema: "https://example.com/dialects/own" } },
      { name: "old", inputSchema: { ...takes({}), $schema: "http://json-schema.org/draft-04/schema#" } },
    ]),
    isRecommended: true,
  },
  {
    rule: "M127",
    slips: ["fetches references"],
    ...withTools([{ name: "refers", inputSchema: takes({ a: { $ref: "{canary_url}/a.json" } }) }]),
  },
  {
    rule: "M127",
    slips: ["fetches references"],
    ...withTools([{
      name: "refers",
      inputSchema: { ...takes({}), $defs: { a: { allOf: [{ $ref: "{other_canary_url}/a.json#/$defs/b" }] } } },
    }]),
  },
  {
    rule: "M128",
    slips: ["takes unresolved schemas"],
    ...withTools([{ name: "refers", inputSchema: takes({ a: { $ref: "elsewhere.json#/a" } }) }]),
    isRecommended: true,
  },
  ...["{nested_schema.500}", "{wide_schema.3000}", { type: "string", pattern: "^(a+)+$" }].map((heavy): Case => ({
    rule: "M129",
    slips: ["chokes on heavy schemas"],
    ...withTools([{ name: "heavy", inputSchema: { ...takes({}), $defs: { heavy } } }]),
    isRecommended: true,
  })),
  {
    rule: "M130",
    slips: ["looks for another transport"],
    app: { catalogue: { built_in: true, resources: [] } },
    faults: [{
      name: "old-code",
      match: { endpoint: "mcp", message: { "params.uri": "missing://two" } },
      life: "always",
      edit: { json: { set: { "error.code": -32002 } } },
    }],
    client: { extras: ["reads missing resources"] },
    isRecommended: true,
  },
  { rule: "M159", slips: ["reads skills ahead"], ...withSkill(0) },
  ...(["M160", "M161", "M162"] as const).map((rule, index): Case => ({
    rule,
    slips: ["loads skills unchecked"],
    ...withSkill(index + 1),
  })),
];
