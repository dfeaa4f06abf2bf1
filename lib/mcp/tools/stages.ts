// The tools that lead the driver of a client, such as an agent within it, through a gauntlet.
import { z } from "zod";
import { NEXT_STAGE, WHERE_AM_I } from "../../scenarios/guide.ts";
import type { Stages } from "../guide.ts";
import { type DefinedTool, defineTool, READS, textResult, type ToolCall } from "./tool.ts";

/** The tools; only where there are stages. */
export const stageTools: readonly DefinedTool[] = [
  defineTool({
    name: WHERE_AM_I,
    title: "Where am I",
    description:
      "For the driver of a client: says which stage of the gauntlet this is, and what the client is to do in it.",
    input: z.object({}),
    annotations: READS,
    run: async (_, call) => textResult(await stagesOf(call).where()),
  }),
  defineTool({
    name: NEXT_STAGE,
    title: "Next stage",
    description:
      "For the driver of a client: ends this stage of the gauntlet, and begins the next. The client's login and session end with it.",
    input: z.object({}),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    run: async (_, call) => textResult(await stagesOf(call).next()),
  }),
];

/** The stages that a call is in; these tools are listed only where there are some. */
function stagesOf({ stages }: ToolCall): Stages {
  if (!stages) throw new Error("A tool of a gauntlet was called where there is none");
  return stages;
}
