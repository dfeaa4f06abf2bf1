// `/control/catalogue`: what the MCP endpoints declare, and what they give.
import { z } from "zod";
import { catalogueSchema, parseCatalogue } from "../scenarios/schema/catalogue_schema.ts";
import { members, operation } from "./operation.ts";

const declared = z.strictObject({
  set: z.boolean().meta({ description: "Whether it was set here, and is not that of the scenario or of the start" }),
  catalogue: members.meta({ description: "Empty where the server has only what it has by itself" }),
});

/** What can be done to what a sandbox declares. */
export const catalogueOperations = {
  control_read_catalogue: operation({
    summary: "Tools, resources, templates and prompts that are declared, and what they give",
    answer: declared,
    run: async ({ mcpCatalogues }, { live }) => ({
      set: live.state().catalogue !== undefined,
      catalogue: { ...await mcpCatalogues.of(live) },
    }),
  }),
  control_set_catalogue: operation({
    summary:
      "Declares tools, resources, templates and prompts, in place of what was declared; or nothing, if it is wrong",
    description: "Also accepts what a server has answered to tools/list, or the list of its tools alone. " +
      "Answers that come in turn begin anew.",
    input: { schema: catalogueSchema, isList: false, read: parseCatalogue },
    example: {
      tools: [{
        name: "get_weather",
        inputSchema: { type: "object", properties: { city: { type: "string" } } },
        answer: [
          { content: [{ type: "text", text: "Sunny in {arguments.city}" }] },
          { content: [{ type: "text", text: "No station there" }], isError: true },
        ],
      }],
    },
    answer: declared,
    run: async ({ mcpCatalogues }, { live, input }) => {
      await mcpCatalogues.set(live, input);
      return { set: true, catalogue: { ...input } };
    },
  }),
  control_clear_catalogue: operation({
    summary: "Takes back what was declared here: then there is what the scenario, or else the start, has declared",
    answer: declared,
    run: async ({ mcpCatalogues }, { live }) => {
      await mcpCatalogues.set(live, undefined);
      return { set: false, catalogue: { ...await mcpCatalogues.of(live) } };
    },
  }),
};
