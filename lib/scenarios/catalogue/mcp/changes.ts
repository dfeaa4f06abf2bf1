// Lists that change while clients use them, said and not said, and what becomes of streams that clients listen on.
import type { DriverStep } from "../../driver_step.ts";
import type { StreamEdit } from "../../edit.ts";
import type { Fault } from "../../fault.ts";
import type { Catalogue, CatalogueTool, Stage } from "../../mcp_catalogue.ts";
import type { Scenario } from "../../scenario.ts";
import { reports, section } from "../links.ts";
import { listeningOn } from "../scripts.ts";
import { since2026_07, until2025_11 } from "../since.ts";
import { anyMcp } from "./eras.ts";

const subscriptions = (anchor: string): ReturnType<typeof section> =>
  section("2026-07-28", `basic/patterns/subscriptions#${anchor}`);
const toolsChange = section("2025-11-25", "server/tools#list-changed-notification");

const inputSchema = { type: "object" } as const;
const unlock: CatalogueTool = { name: "unlock", description: "Makes the server change what it lists", inputSchema };
const early = { uri: "mock://changes/early", name: "early" };

/** Lists that are others once a tool was called. */
function changing(change: Omit<Stage, "after">, list_changed?: Catalogue["list_changed"]): Catalogue {
  return {
    built_in: true,
    tools: [unlock],
    prompts: [{ name: "early" }],
    resources: [early],
    stages: [{ after: { method: "tools/call", name: "unlock" }, ...change }],
    ...(list_changed === undefined ? {} : { list_changed }),
  };
}

/** A client that listens, has a list changed, and then uses it. */
function usingAfter(list: DriverStep, use: DriverStep): readonly DriverStep[] {
  return [
    { do: "connect" },
    { do: "listen" },
    { do: "list_tools" },
    ...(list.do === "list_tools" ? [] : [list]),
    { do: "call", tool: "unlock" },
    { do: "wait", ms: 10_000 },
    use,
    { do: "end" },
  ];
}

const listsAgain = "Lists again when it is told, or at the latest before it uses the list, and finds what is new";

/** What is done to every stream of `subscriptions/listen`. */
function listened(name: string, stream: StreamEdit): Fault {
  return { name, match: { endpoint: anyMcp, rpc_method: "subscriptions/listen", status: 200 }, edit: { stream } };
}

const told: Catalogue = { built_in: true, tools: [unlock], list_changed: "sent" };
const SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";

/** Scenarios of lists that change. */
export const changeScenarios: readonly Scenario[] = [
  {
    name: "tools-change",
    group: "Changes and caches",
    story: "Once a tool was called, there is another one, and the server says that its tools have changed",
    client: listsAgain,
    plan: {},
    catalogue: changing({ tools: [{ name: "look", inputSchema }] }, "sent"),
    expects: ["M112"],
    driver: usingAfter({ do: "list_tools" }, { do: "call", tool: "unlock" }),
    links: [toolsChange, ...reports("cc#4118", "google-gemini/gemini-cli#21050")],
  },
  {
    name: "prompts-change",
    group: "Changes and caches",
    story: "Once a tool was called, there is another prompt, and the server says that its prompts have changed",
    client: listsAgain,
    plan: {},
    catalogue: changing({ prompts: [{ name: "late" }] }, "sent"),
    expects: ["M112"],
    driver: usingAfter({ do: "list_prompts" }, { do: "get_prompt", prompt: "late" }),
    links: [section("2025-11-25", "server/prompts#list-changed-notification")],
  },
  {
    name: "resources-change",
    group: "Changes and caches",
    story: "Once a tool was called, there is another resource, and the server says that its resources have changed",
    client: listsAgain,
    plan: {},
    catalogue: changing({ resources: [{ uri: "mock://changes/late", name: "late" }] }, "sent"),
    expects: ["M112"],
    driver: usingAfter({ do: "list_resources" }, { do: "read", uri: "mock://changes/late" }),
    links: [section("2025-11-25", "server/resources#list-changed-notification")],
  },
  {
    name: "tools-change-unsaid",
    group: "Changes and caches",
    story: "A tool is gone once it was called, and nobody says so: its next call gets -32602",
    client: "Reports the call as failed, continues, and may list the tools again",
    plan: {},
    catalogue: changing({ remove: { tools: ["unlock"] } }),
    expects: ["C22"],
    driver: [
      { do: "connect" },
      { do: "list_tools" },
      { do: "call", tool: "unlock" },
      { do: "call", tool: "unlock" },
      { do: "call", tool: "mock_echo", arguments: { message: "hi" } },
      { do: "end" },
    ],
    links: [toolsChange],
  },
  {
    name: "listening-cut-down",
    group: "Changes and caches",
    story: "Of all that a client wants to be told of, the server agrees to tell of changes to its tools alone",
    client: "Takes that, does without the rest, and does not ask for it again and again",
    plan: {},
    catalogue: told,
    revisions: since2026_07,
    expects: ["M115"],
    driver: listeningOn,
    links: [subscriptions("acknowledgment")],
  },
  {
    name: "listening-breaks-off",
    group: "Changes and caches",
    story: "The connection that a client listens on breaks off each time, right after the server has agreed",
    client: "Listens again under another id if it still wants to know, and waits longer each time",
    plan: { faults: [listened("listening-breaks-off", { end: { after_events: 1, how: "cut" } })] },
    catalogue: told,
    revisions: since2026_07,
    expects: ["M117"],
    driver: listeningOn,
    links: [subscriptions("graceful-closure"), ...reports("ts#2322")],
  },
  {
    name: "listening-ends",
    group: "Changes and caches",
    story: "The server ends what a client listens on by answering the request, right after it has agreed",
    client: "Takes the subscription for ended, and does not listen again at once",
    plan: {
      faults: [listened("listening-ends", {
        before: [
          {
            message: {
              jsonrpc: "2.0",
              method: "notifications/subscriptions/acknowledged",
              params: { _meta: { [SUBSCRIPTION]: "{rpc_id}" }, notifications: { toolsListChanged: true } },
            },
          },
          {
            message: {
              jsonrpc: "2.0",
              id: "{rpc_id}",
              result: { resultType: "complete", _meta: { [SUBSCRIPTION]: "{rpc_id}" } },
            },
          },
        ],
        end: { after_events: 2, how: "close" },
      })],
    },
    catalogue: told,
    revisions: since2026_07,
    expects: ["M117"],
    driver: listeningOn,
    links: [subscriptions("graceful-closure")],
  },
  {
    name: "nobody-may-subscribe",
    group: "Changes and caches",
    story: "The server has resources, and declares that nobody can subscribe to them",
    client: "Reads them, and subscribes to none",
    plan: {
      faults: [{
        name: "nobody-may-subscribe",
        match: { endpoint: anyMcp, rpc_method: "initialize", status: 200 },
        edit: { json: { remove: ["result.capabilities.resources.subscribe"] } },
      }],
    },
    catalogue: { built_in: true, resources: [early] },
    revisions: until2025_11,
    expects: ["M113"],
    driver: [
      { do: "connect" },
      { do: "list_tools" },
      { do: "call", tool: "mock_echo", arguments: { message: "hi" } },
      { do: "list_resources" },
      { do: "read", uri: early.uri },
      { do: "end" },
    ],
    links: [section("2025-11-25", "server/resources#capabilities")],
  },
];
