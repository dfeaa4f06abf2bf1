/** Cases: lists that change, and what a client asks to be told of. */
import type { DriverStep } from "../../../lib/scenarios/driver_step.ts";
import type { Catalogue } from "../../../lib/scenarios/mcp_catalogue.ts";
import type { Case } from "./case.ts";

const inputSchema = { type: "object" as const };
const [unlock, look] = ["unlock", "look"].map((name) => ({ name, inputSchema }));

/** A server whose lists change with the first call of a tool. */
const growing = (change: Pick<Catalogue, "tools" | "prompts" | "resources">): Required<Case>["app"] => ({
  catalogue: {
    tools: unlock ? [unlock] : [],
    prompts: [{ name: "early" }],
    resources: [{ uri: "file:///early", name: "early" }],
    stages: [{ after: { method: "tools/call", name: "unlock" }, ...change }],
    list_changed: "sent",
  },
});

const long: DriverStep = { do: "wait", ms: 10_000 };
const begin = [{ do: "connect" }, { do: "listen" }, { do: "list_tools" }] as const;
const unlocking: DriverStep = { do: "call", tool: "unlock" };

/** A client that listens, and makes some calls meanwhile. */
const listening: NonNullable<Case["client"]> = {
  driver: [...begin, unlocking, long, unlocking, { do: "end" }],
};

/** What becomes of a stream that a client listens on. */
const listenedOn = (end: unknown): unknown => ({
  match: { endpoint: "mcp", rpc_method: "subscriptions/listen" },
  life: "always",
  edit: { stream: { end } },
});

/** Lists that change, and what a client asks to be told of. */
export const changeCases: readonly Case[] = [
  {
    rule: "M112",
    slips: ["keeps an old list"],
    app: growing({ tools: look ? [look] : [] }),
    client: { driver: [...begin, unlocking, long, unlocking, { do: "end" }] },
    isRecommended: true,
  },
  {
    rule: "M112",
    slips: ["keeps an old list"],
    app: growing({ prompts: [{ name: "late" }] }),
    client: {
      driver: [...begin, { do: "list_prompts" }, unlocking, long, { do: "get_prompt", prompt: "late" }, { do: "end" }],
    },
    isRecommended: true,
  },
  {
    rule: "M112",
    slips: ["keeps an old list"],
    app: growing({ resources: [{ uri: "file:///late", name: "late" }] }),
    client: {
      driver: [
        ...begin,
        { do: "list_resources" },
        unlocking,
        long,
        { do: "read", uri: "file:///late" },
        { do: "end" },
      ],
    },
    isRecommended: true,
  },
  {
    rule: "M113",
    slips: ["subscribes where nobody may"],
    app: growing({ tools: [] }),
    faults: [{
      match: { endpoint: "mcp", rpc_method: "initialize", status: 200 },
      edit: { json: { remove: ["result.capabilities.resources.subscribe"] } },
    }],
    client: {
      driver: [
        { do: "connect" },
        { do: "list_tools" },
        unlocking,
        { do: "list_resources" },
        { do: "read", uri: "file:///early" },
        { do: "end" },
      ],
    },
  },
  { rule: "M114", slips: ["asks for changes in words"], app: growing({}), client: listening },
  {
    rule: "M115",
    slips: ["asks for more again and again"],
    client: listening,
    app: { catalogue: { tools: unlock ? [unlock] : [], list_changed: "sent" } },
    isRecommended: true,
  },
  {
    rule: "M116",
    slips: ["cancels its subscription"],
    app: growing({}),
    client: listening,
    isRecommended: true,
  },
  {
    rule: "M117",
    slips: ["listens again at once"],
    app: growing({}),
    faults: [listenedOn({ after_events: 1, how: "cut" })],
    client: listening,
    isRecommended: true,
  },
  {
    rule: "M117",
    slips: ["listens again under the same id"],
    app: growing({}),
    faults: [listenedOn({ after_events: 1, how: "cut" })],
    client: listening,
    isRecommended: true,
  },
];
