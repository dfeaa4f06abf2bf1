// `/control/catalogue`: what the MCP endpoints declare, and what they give.
import { z } from "zod";
import { catalogueSchema, parseCatalogue } from "../scenarios/schema/catalogue_schema.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { type Catalogue, isTold, type Lists } from "../scenarios/mcp_catalogue.ts";
import { type Deps, members, operation } from "./operation.ts";

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
      "Answers that come in turn begin anew. Clients that are connected to the process that answers are told of changed " +
      "lists where list_changed says so.",
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
    run: async (deps, { live, sandbox, input }) => {
      const before = await deps.mcpCatalogues.of(live);
      await deps.mcpCatalogues.set(live, input);
      await announce(deps, sandbox, before, input);
      return { set: true, catalogue: { ...input } };
    },
  }),
  control_clear_catalogue: operation({
    summary: "Takes back what was declared here: then there is what the scenario, or else the start, has declared",
    answer: declared,
    run: async (deps, { live, sandbox }) => {
      const before = await deps.mcpCatalogues.of(live);
      await deps.mcpCatalogues.set(live, undefined);
      const after = await deps.mcpCatalogues.of(live);
      await announce(deps, sandbox, before, after);
      return { set: false, catalogue: { ...after } };
    },
  }),
};

/** Tells clients which lists have changed, where what is declared now, or was before, says that they are told. */
async function announce(
  { mcpSessions }: Pick<Deps, "mcpSessions">,
  sandbox: Sandbox,
  before: Catalogue | undefined,
  after: Catalogue | undefined,
): Promise<void> {
  if (!isTold(after ?? before)) return;
  const isOther = (name: keyof Lists): boolean => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]);
  const changed = {
    tools: isOther("tools"),
    prompts: isOther("prompts"),
    resources: isOther("resources") || isOther("resourceTemplates"),
  };
  await mcpSessions.announce(sandbox, (["tools", "prompts", "resources"] as const).filter((name) => changed[name]));
}
