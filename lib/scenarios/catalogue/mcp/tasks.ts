// Calls that become tasks: where a client asks for one (2025-11-25), and where a server decides so for clients that know the
// extension (2026-07-28).
import type { DriverStep } from "../../driver_step.ts";
import type { CatalogueTool, Question, TaskGives, TaskState, ToolGives } from "../../mcp_catalogue.ts";
import type { Scenario } from "../../scenario.ts";
import { section } from "../links.ts";
import { since2025_11, since2026_07 } from "../since.ts";
import { form } from "./asking.ts";
import { anyMcp } from "./eras.ts";

const asked = (anchor: string): ReturnType<typeof section> => section("2025-11-25", `basic/utilities/tasks#${anchor}`);
const offered = (anchor: string): { readonly label: string; readonly url: string } => ({
  label: "SEP-2663",
  url: `https://modelcontextprotocol.io/seps/2663-tasks-extension#${anchor}`,
});

const only2025_11 = ["2025-11-25"] as const;
const TOOL = "make_report";
const HOUR_MS = 3_600_000;

type Support = "forbidden" | "optional" | "required";

/** A tool that makes a report in a task. */
function reporting(task: TaskGives | undefined, support: Support = "optional", gives: ToolGives = {}): CatalogueTool {
  return {
    name: TOOL,
    title: "Make a report",
    description: "Makes a report, which takes its time",
    inputSchema: { type: "object" },
    execution: { taskSupport: support },
    answer: {
      ...(task && { task }),
      ...(gives.error ? gives : { content: [{ type: "text", text: "The report" }], ...gives }),
    },
  };
}

/** A task that goes through these states, and is to be asked for every half second. */
function through(...states: readonly TaskState[]): TaskGives {
  return { poll_interval_ms: 500, states };
}

const working = (seconds: number): TaskState => ({ status: "working", for_ms: seconds * 1000 });
const who: Question = form("Who is the report for?", { name: { type: "string" } }, ["name"]);

/** A tool that answers at once, and is never a task. */
const lookUp: CatalogueTool = {
  name: "look_up",
  description: "Looks something up, at once",
  inputSchema: { type: "object" },
  execution: { taskSupport: "forbidden" },
  answer: { content: [{ type: "text", text: "Found" }] },
};

/** A scenario whose tools are these. */
function tasks(
  name: string,
  tools: readonly CatalogueTool[],
  entry: Pick<Scenario, "story" | "client" | "expects" | "links"> & Partial<Scenario>,
): Scenario {
  return { name, group: "Tasks", plan: {}, catalogue: { tools }, revisions: since2025_11, ...entry };
}

/** A client that calls the tool, and cancels what has become of the call. */
const cancelling: readonly DriverStep[] = [
  { do: "connect" },
  { do: "list_tools" },
  { do: "cancel", tool: TOOL, after_ms: 2000 },
  { do: "call", tool: lookUp.name },
  { do: "end" },
];

/** A client that calls the tool, and does something else for a while. */
const goingOn: readonly DriverStep[] = [
  { do: "connect" },
  { do: "list_tools" },
  { do: "call", tool: TOOL },
  { do: "wait", clock_ms: 60_000 },
  { do: "call", tool: lookUp.name },
  { do: "end" },
];

const support: readonly Scenario[] = [
  tasks("task-optional", [reporting(through(working(3)))], {
    story: "The only tool can be called as a task, which works for three seconds",
    client: "Asks for its state no more often than every half second, and takes the result",
    expects: ["M142", "M152"],
    links: [asked("getting-tasks"), offered("task-polling")],
  }),
  tasks("task-required", [reporting(through(working(3)), "required"), lookUp], {
    story: "One tool has to be called as a task, and another cannot be one",
    client: "Asks for a task, or names the extension, and follows it to the result",
    driver: goingOn,
    expects: ["M141", "M150"],
    links: [asked("tool-level-negotiation"), offered("capability-negotiation")],
  }),
  tasks("task-forbidden", [reporting(through(working(3))), lookUp], {
    story: "One tool can be called as a task, and one says that it cannot",
    client: "Asks for a task in calls of the first tool at most",
    revisions: only2025_11,
    expects: ["M141"],
    links: [asked("tool-level-negotiation")],
  }),
  tasks("task-undeclared", [reporting(through(working(3)))], {
    story: "A tool says that it can be called as a task, and the server does not say that it has tasks",
    client: "Calls the tool without asking for a task",
    plan: {
      faults: [{
        name: "task-undeclared",
        match: { endpoint: anyMcp, rpc_method: "initialize", status: 200 },
        edit: { json: { remove: ["result.capabilities.tasks"] } },
      }],
    },
    revisions: only2025_11,
    expects: ["M140"],
    links: [asked("capability-negotiation"), asked("tool-level-negotiation")],
  }),
  tasks("task-or-result", [
    {
      ...reporting(undefined),
      answer: [
        { content: [{ type: "text", text: "The report" }] },
        { content: [{ type: "text", text: "The report" }], task: through(working(3)) },
      ],
    },
    lookUp,
  ], {
    story: "The first call of a tool is answered with its result, and the second with a task",
    client: "Takes the result, follows the task to its result, and takes that as well",
    driver: [...goingOn.slice(0, 2), { do: "call", tool: TOOL }, ...goingOn.slice(2)],
    revisions: since2026_07,
    expects: ["M150"],
    links: [offered("polymorphic-results"), offered("capability-negotiation")],
  }),
];

const courses: readonly Scenario[] = [
  tasks("task-slows-down", [
    reporting({
      poll_interval_ms: 200,
      states: [working(1), { ...working(20), poll_interval_ms: 5000, statusMessage: "The printer is cold" }],
    }),
  ], {
    story: "A task is to be asked for every 200 ms, and after a second every five seconds",
    client: "Waits as long as the last answer says before it asks again",
    expects: ["M142", "M152"],
    links: [asked("ttl-and-resource-management"), offered("task-polling")],
  }),
  tasks(
    "task-asks",
    [reporting(through(working(1), { status: "input_required", inputRequests: { who } }, working(1)))],
    {
      story: "A task asks for a name half way, from clients that can be asked",
      client: "Has its person answer once, in tasks/result or by tasks/update, and waits on",
      expects: ["M144", "M145", "M153"],
      links: [asked("input-required-status"), offered("task-update-requests")],
    },
  ),
  tasks("task-untold", [reporting(through(working(30))), lookUp], {
    story: "A task works for half a minute, and no notification tells that it is done",
    client: "Asks what became of it, and does not wait to be told",
    driver: goingOn,
    expects: ["M143", "M150"],
    links: [asked("task-notifications"), offered("task-status-notifications")],
  }),
  tasks("task-told", [reporting({ ...through(working(2), working(2)), notifies: true }), lookUp], {
    story: "The server tells of each state of a task while its result is awaited",
    client: "Takes the notifications for what they are, and the result from tasks/result",
    driver: goingOn,
    revisions: only2025_11,
    expects: ["M5"],
    links: [asked("task-status-notification")],
  }),
  tasks("task-fails", [
    reporting(through(working(2)), "optional", { error: { code: -32603, message: "The printer is on fire" } }),
    lookUp,
  ], {
    story: "A task ends with an error of the protocol",
    client: "Tells its model that the call failed, and continues",
    driver: goingOn,
    expects: ["M143", "M150"],
    links: [asked("task-execution-errors"), offered("task-execution-errors")],
  }),
  tasks("task-cancelled", [
    reporting(through(working(2), { status: "cancelled", statusMessage: "The office is closed" })),
    lookUp,
  ], {
    story: "The server cancels a task after two seconds, and says why",
    client: "Stops to ask, tells its model that the call was cancelled, and continues",
    driver: goingOn,
    expects: ["M143", "M150"],
    links: [asked("task-status-lifecycle"), offered("task-status")],
  }),
  tasks("task-expires", [reporting({ ...through(working(HOUR_MS / 1000)), ttl_ms: 3000 }), lookUp], {
    story: "A task works for an hour, and its server forgets it after three seconds",
    client: "Stops to ask for it at the error -32602, and continues",
    expects: ["M142", "M152"],
    links: [asked("ttl-and-resource-management"), offered("protocol-errors")],
  }),
  tasks("task-cancel", [reporting(through(working(HOUR_MS / 1000))), lookUp], {
    story: "A task works for an hour, and nobody wants to wait for it",
    client: "Cancels it with tasks/cancel, and sends no notifications/cancelled",
    driver: cancelling,
    expects: ["M146", "M154"],
    links: [asked("task-cancellation"), offered("task-cancellation")],
  }),
];

const reverse: readonly Scenario[] = [
  tasks("task-for-resource", [reporting(through(working(3)))], {
    story: "The first resources/read is answered with a task, which only calls of tools can become",
    client: "Takes that for an invalid answer, does not ask for the task, and continues",
    plan: {
      faults: [{
        name: "task-for-resource",
        match: { endpoint: anyMcp, rpc_method: "resources/read", status: 200 },
        times: 1,
        edit: {
          json: {
            remove: ["result.contents"],
            set: {
              "result.resultType": "task",
              "result.taskId": "task-of-no-call",
              "result.status": "working",
              "result.ttlMs": null,
            },
          },
        },
      }],
    },
    catalogue: { tools: [lookUp], resources: [{ uri: "mock://report", name: "report" }] },
    driver: [
      { do: "connect" },
      { do: "list_tools" },
      { do: "list_resources" },
      { do: "read", uri: "mock://report" },
      { do: "call", tool: lookUp.name },
      { do: "end" },
    ],
    revisions: since2026_07,
    expects: ["M151"],
    links: [offered("capability-negotiation"), offered("supported-methods")],
  }),
  tasks("task-of-client", [
    reporting(through({
      status: "input_required",
      inputRequests: { who: { ...who, params: { ...who.params, task: { ttl: 60_000 } } } },
    })),
  ], {
    story: "A task asks for a name as a task of the client's, where that says that it can make one",
    client: "Makes a task of the question, tells of it when it is asked, and gives the answer in the end",
    revisions: only2025_11,
    expects: ["M148"],
    links: [asked("task-augmented-sampling-request"), asked("behavior-requirements")],
  }),
];

/** Scenarios of tasks. */
export const taskScenarios: readonly Scenario[] = [...support, ...courses, ...reverse];
