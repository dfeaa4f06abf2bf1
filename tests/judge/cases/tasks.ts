/** Cases: what a client does with tasks, its own and those of a server. */
import type { Catalogue, CatalogueTool, Question, TaskGives } from "../../../lib/scenarios/mcp_catalogue.ts";
import type { Case } from "./case.ts";

const inputSchema = { type: "object" } as const;

function question(more: Readonly<Record<string, unknown>> = {}): Question {
  const requestedSchema = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
  return { method: "elicitation/create", params: { message: "Who?", requestedSchema, ...more } };
}

function tool(
  name: string,
  taskSupport: "forbidden" | "optional" | "required",
  task?: TaskGives,
): CatalogueTool {
  return {
    name,
    inputSchema,
    execution: { taskSupport },
    answer: { ...(task && { task }), content: [{ type: "text", text: "Done" }] },
  };
}

const working: TaskGives = { poll_interval_ms: 1000, states: [{ status: "working", for_ms: 5000 }] };
const asking: TaskGives = {
  poll_interval_ms: 1000,
  states: [{ status: "input_required", inputRequests: { who: question() } }],
};
const askingForTask: TaskGives = {
  poll_interval_ms: 1000,
  states: [{ status: "input_required", inputRequests: { who: question({ task: { ttl: 60_000 } }) } }],
};

/** A server with these tools, beside its own. */
function server(...tools: readonly CatalogueTool[]): NonNullable<Case["app"]> {
  const catalogue: Catalogue = { built_in: true, tools };
  return { catalogue };
}

const able = { elicitation: { form: {} } } as const;
const makesTasks = { ...able, tasks: { list: {}, cancel: {}, requests: { elicitation: { create: {} } } } } as const;
const calls = { declares: able, tools: ["report", "mock_echo"] } as const;
const cancels = {
  driver: [{ do: "connect" }, { do: "list_tools" }, { do: "cancel", tool: "report", after_ms: 3000 }, {
    do: "call",
    tool: "mock_echo",
  }, { do: "end" }],
} as const;

/** The server says of no request that it can be a task. */
const undeclared = {
  match: { endpoint: "mcp", rpc_method: "initialize" },
  life: "always",
  edit: { json: { remove: ["result.capabilities.tasks"] } },
} as const;

/** What is read is answered with a task. */
const taskForResource = {
  match: { endpoint: "mcp", rpc_method: "resources/read" },
  edit: {
    json: {
      remove: ["result.contents"],
      set: { "result.resultType": "task", "result.taskId": "task-of-nothing", "result.status": "working" },
    },
  },
} as const;

/** What a client does with tasks. */
export const taskCases: readonly Case[] = [
  {
    rule: "M140",
    slips: ["asks for a task"],
    app: server(tool("report", "optional", working)),
    faults: [undeclared],
    client: calls,
  },
  {
    rule: "M141",
    slips: ["asks for a task of any tool"],
    app: server(tool("report", "optional", working), tool("plain", "forbidden")),
    client: { ...calls, tools: ["report", "plain"] },
  },
  {
    rule: "M141",
    slips: ["asks for no task where it has to"],
    app: server(tool("report", "required", working)),
    client: calls,
  },
  {
    rule: "M142",
    slips: ["polls tasks as fast as it can"],
    app: server(tool("report", "required", working)),
    client: calls,
    isRecommended: true,
  },
  {
    rule: "M143",
    slips: ["forgets its tasks"],
    app: server(tool("report", "required", working)),
    client: calls,
    isRecommended: true,
  },
  {
    rule: "M144",
    slips: ["polls on where a task waits for it"],
    app: server(tool("report", "required", asking)),
    client: calls,
    isRecommended: true,
  },
  {
    rule: "M145",
    slips: ["does not say which task it answers for"],
    app: server(tool("report", "required", asking)),
    client: calls,
  },
  {
    rule: "M145",
    slips: ["names its task twice"],
    app: server(tool("report", "required", working)),
    client: calls,
    isRecommended: true,
  },
  {
    rule: "M146",
    slips: ["cancels a task with a notification"],
    app: server(tool("report", "required", working)),
    client: cancels,
  },
  {
    rule: "M147",
    slips: ["changes the cursors of tasks"],
    app: {
      catalogue: {
        tools: [tool("report", "required", working), tool("again", "required", working)],
        page_size: 1,
      },
    },
    client: { ...calls, tools: ["report", "again"], extras: ["lists tasks"] },
  },
  {
    rule: "M148",
    slips: [
      "answers at once where a task is asked for",
      "ends its task as it begins it",
      "cancels a task that has ended",
    ],
    app: server(tool("report", "required", askingForTask)),
    client: { ...calls, declares: makesTasks },
  },
  {
    rule: "M149",
    slips: ["does not say that it knows tasks"],
    app: server(tool("report", "optional", working)),
    client: calls,
  },
  {
    rule: "M150",
    slips: ["forgets its tasks"],
    app: server(tool("report", "optional", working)),
    client: calls,
    isRecommended: true,
  },
  {
    rule: "M151",
    slips: ["takes a task for any result"],
    app: {
      catalogue: {
        built_in: true,
        tools: [tool("report", "optional", working)],
        resources: [{ uri: "notes://a", name: "a" }],
      },
    },
    faults: [taskForResource],
    client: {
      driver: [{ do: "connect" }, { do: "list_tools" }, { do: "read", uri: "notes://a" }, {
        do: "call",
        tool: "mock_echo",
      }, { do: "end" }],
    },
  },
  {
    rule: "M152",
    slips: ["polls tasks as fast as it can"],
    app: server(tool("report", "optional", working)),
    client: calls,
    isRecommended: true,
  },
  {
    rule: "M153",
    slips: ["answers a task twice"],
    app: server(tool("report", "optional", asking)),
    client: calls,
    isRecommended: true,
  },
  {
    rule: "M153",
    slips: ["answers what no task has asked"],
    app: server(tool("report", "optional", asking)),
    client: calls,
  },
  {
    rule: "M154",
    slips: ["cancels a task with a notification"],
    app: server(tool("report", "optional", working)),
    client: cancels,
  },
  {
    rule: "M155",
    slips: ["names no task"],
    app: server(tool("report", "optional", working)),
    client: calls,
  },
];
