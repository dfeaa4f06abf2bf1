// Tools that tell what there is to test with: scenarios, and rules on clients.
import type { Tool } from "@modelcontextprotocol/server";
import { z } from "zod";
import { closedObject, requireShape } from "../../http/json_body.ts";
import { rules } from "../../judge/rules/catalogue.ts";
import { type Scenario, scenarioGroups } from "../../scenarios/scenario.ts";
import { isFound } from "../../../views/scenarios/search.js";

/** A tool that needs no sandbox. */
export interface CatalogueTool {
  readonly listing: Tool;
  /** Does it, for a server that is at an origin. */
  readonly run: (args: unknown, origin: string) => unknown;
}

const search = z.string().max(200).exactOptional().meta({ description: "Words that all have to be found" });
const scenarioSearch = closedObject({
  q: search,
  group: z.enum(scenarioGroups).exactOptional().meta({ description: "Only those of one group" }),
});
const ruleSearch = closedObject({ q: search });

const reads = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

/** Makes the tools. */
export function catalogueTools(catalogue: readonly Scenario[]): readonly CatalogueTool[] {
  return [
    {
      listing: {
        name: "list_scenarios",
        title: "Scenarios by words and group",
        description: "Ways for the server to behave, each with what a right client does there and the rules that it " +
          "tests. A sandbox of one is at /s/<name>~<label>/oauth of this server. mock://scenarios/<name> has the whole definition.",
        inputSchema: {
          type: "object",
          properties: {
            q: { type: "string", description: "Words that all have to be found" },
            group: { type: "string", enum: [...scenarioGroups], description: "Only those of one group" },
          },
          additionalProperties: false,
        },
        annotations: reads,
      },
      run: (args, origin) => {
        const { q = "", group } = requireShape(args, scenarioSearch);
        const found = catalogue.filter((one) =>
          (group === undefined || one.group === group) &&
          isFound([one.name, one.story, one.client, one.words ?? "", ...one.expects].join(" "), q)
        );
        return {
          url: `${origin}/s/<name>~<label>/oauth`,
          scenarios: found.map(({ name, group, story, client, expects, revisions }) => ({
            name,
            group,
            story,
            client,
            expects,
            ...(revisions ? { revisions } : {}),
          })),
        };
      },
    },
    {
      listing: {
        name: "list_rules",
        title: "Rules on clients by words",
        description: "What clients are judged by: id, title, level, revisions and the paragraph.",
        inputSchema: {
          type: "object",
          properties: { q: { type: "string", description: "Words that all have to be found" } },
          additionalProperties: false,
        },
        annotations: reads,
      },
      run: (args) => {
        const { q = "" } = requireShape(args, ruleSearch);
        const found = rules.filter(({ id, name, title }) => isFound([id, name, title].join(" "), q));
        return {
          rules: found.map(({ id, name, title, level, revisions, link }) => ({
            id,
            name,
            title,
            level,
            revisions,
            link,
          })),
        };
      },
    },
  ];
}
