// The tools by which the official conformance suite looks at tasks, only where the rest of its tools are. They are entries of
// a catalogue, as anybody could write them.
import type { CatalogueTool, Question, TaskState } from "../../scenarios/mcp_catalogue.ts";
import { toolRow } from "../catalogue/rows.ts";
import type { DefinedTool } from "../tools/tool.ts";

const MAX_SECONDS = 3600;
const INTERVAL_MS = 200;

const aSecond: TaskState = { status: "working", for_ms: 1000 };
const nothing = { type: "object", properties: {} } as const;
const optional = { execution: { taskSupport: "optional" } } as const;
const required = { execution: { taskSupport: "required" } } as const;

/** A form that a person only has to accept. */
function askFor(message: string, name: string, type: "boolean" | "string"): Question {
  const requestedSchema = { type: "object", properties: { [name]: { type } }, required: [name] };
  return { method: "elicitation/create", params: { message, requestedSchema } };
}

const secondsAndLabel = {
  type: "object",
  properties: { seconds: { type: "number", minimum: 0, maximum: MAX_SECONDS }, label: { type: "string" } },
} as const;

const slow: CatalogueTool = {
  name: "slow_compute",
  title: "Take time",
  description: "Takes as many seconds as it is told to, as a task.",
  ...optional,
  inputSchema: secondsAndLabel,
  answer: { task: { poll_interval_ms: INTERVAL_MS }, content: [{ type: "text", text: "Computed {arguments.label}" }] },
};

const others: readonly CatalogueTool[] = [
  {
    name: "greet",
    title: "Greet",
    description: "Greets by name, at once.",
    inputSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
    answer: { content: [{ type: "text", text: "Hello, {arguments.name}!" }] },
  },
  {
    name: "failing_job",
    title: "Fail",
    description: "Fails as a tool does, in a task.",
    ...required,
    inputSchema: nothing,
    answer: {
      task: { poll_interval_ms: INTERVAL_MS, states: [aSecond] },
      content: [{ type: "text", text: "The job failed" }],
      isError: true,
    },
  },
  {
    name: "protocol_error_job",
    title: "Fail as the protocol has it",
    description: "Ends its task with an error of the protocol.",
    ...optional,
    inputSchema: nothing,
    answer: {
      task: { poll_interval_ms: INTERVAL_MS, states: [aSecond] },
      error: { code: -32603, message: "The job broke" },
    },
  },
  {
    name: "confirm_delete",
    title: "Ask in a task",
    description: "Asks a person in its task whether to go on.",
    ...optional,
    inputSchema: { type: "object", properties: { filename: { type: "string" } } },
    answer: {
      task: {
        poll_interval_ms: INTERVAL_MS,
        states: [{
          status: "input_required",
          inputRequests: { confirm: askFor("Delete {arguments.filename}?", "confirm", "boolean") },
        }],
      },
      content: [{ type: "text", text: "Answered {inputResponses.confirm.action} for {arguments.filename}" }],
    },
  },
  {
    name: "multi_input",
    title: "Ask twice in a task",
    description: "Asks a person in its task two things at once.",
    ...optional,
    inputSchema: nothing,
    answer: {
      task: {
        poll_interval_ms: INTERVAL_MS,
        states: [{
          status: "input_required",
          inputRequests: {
            first: askFor("What is the first name?", "name", "string"),
            second: askFor("What is the second name?", "name", "string"),
          },
        }],
      },
      content: [{
        type: "text",
        text: "Names: {inputResponses.first.content.name}, {inputResponses.second.content.name}",
      }],
    },
  },
  {
    name: "test_tool_with_task",
    title: "Ask, then begin a task",
    description: "Asks a person for a name, and greets in a task that begins then.",
    ...required,
    inputSchema: nothing,
    answer: {
      inputRequests: { user_name: askFor("What is your name?", "name", "string") },
      task: { poll_interval_ms: INTERVAL_MS, states: [aSecond] },
      content: [{ type: "text", text: "Hello, {inputResponses.user_name.content.name}!" }],
    },
  },
];

/** All of them, in the order they are listed. */
export const conformanceTaskTools: readonly DefinedTool[] = Object.freeze([
  { ...toolRow(slow), task: { support: "optional", plan: planSlow } },
  ...others.map(toolRow),
]);

/** A task of as many seconds as the arguments say. */
function planSlow({ args }: { readonly args?: unknown }): {
  readonly states: readonly TaskState[];
  readonly poll_interval_ms: number;
} {
  const seconds = Number(Object(args).seconds ?? 0);
  const for_ms = 1000 * (seconds >= 0 && seconds <= MAX_SECONDS ? seconds : 0);
  return { states: [{ status: "working", for_ms }], poll_interval_ms: INTERVAL_MS };
}
