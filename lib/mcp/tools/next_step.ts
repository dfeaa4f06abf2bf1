// The tool that leads the driver of a client, such as an agent within it, through the script of a scenario. It keeps nothing:
// what was done the record shows, and what that cannot show the caller says.
import { z } from "zod";
import type { DriverStep } from "../../scenarios/driver_step.ts";
import { describeStep } from "../../scenarios/driver_words.ts";
import { NEXT_STEP } from "../../scenarios/guide.ts";
import type { Guide } from "../guide.ts";
import { type DefinedTool, defineTool, READS, textResult, type ToolCall } from "./tool.ts";

/** What shows in no request. */
const unseen: ReadonlySet<DriverStep["do"]> = new Set(["answer", "wait", "switch_user", "log_out", "end"]);

/** The tool itself; only where there is a script to tell of. */
export const nextStepTool: DefinedTool = defineTool({
  name: NEXT_STEP,
  title: "Next step",
  description:
    "For the driver of a client: says what the client is to do next in this scenario. Its calls are no steps themselves.",
  input: z.object({
    after: z.int().min(0).optional().describe(
      "Number of a step that is done, or cannot be done, where the record does not show that",
    ),
  }),
  annotations: READS,
  run: async ({ after = 0 }, call) => {
    const { script, countDone } = guideOf(call);
    const done = await countDone();
    if (done === undefined && after === 0) return textResult(wholeScript(script));
    return textResult(nextOf(script, Math.max(done ?? 0, after)));
  },
});

/** Where the record does not tell how far the client is. */
function wholeScript(script: readonly DriverStep[]): string {
  return [
    "Which steps your client has done is not on record, or cannot be told from those of others. Let it do these, in order:",
    ...script.map(line),
  ].join("\n");
}

/** What comes next: up to the step whose being done will show. */
function nextOf(script: readonly DriverStep[], done: number): string {
  const rest = script.slice(done);
  if (rest.length === 0) return `All ${script.length} steps are done. GET /control/report says what they have shown.`;
  const shows = rest.findIndex((step) => !unseen.has(step.do));
  const next = shows === -1 ? rest : rest.slice(0, shows + 1);
  const last = done + next.length;
  const how = last === script.length
    ? "Then all is done."
    : `Then call ${NEXT_STEP} again, with {after: ${last}} if step ${last} could not be done.`;
  return [
    `${done} of ${script.length} steps are done. Let your client do this next${next.length > 1 ? ", in order" : ""}:`,
    ...next.map((step, index) => line(step, done + index)),
    how,
  ].join("\n");
}

function line(step: DriverStep, index: number): string {
  return `${index + 1}. ${describeStep(step)}`;
}

/** The guide of a call of this tool, which is listed only where there is one. */
function guideOf({ guide }: ToolCall): Guide {
  if (!guide) throw new Error(`${NEXT_STEP} was called where there is no script`);
  return guide;
}
