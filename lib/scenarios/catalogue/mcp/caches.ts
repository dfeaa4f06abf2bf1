// Results that clients may keep, for how long, and for whom (MCP 2026-07-28, caching).
import type { DriverStep } from "../../driver_step.ts";
import type { Fault } from "../../fault.ts";
import type { Cacheable, Catalogue, CatalogueResource, CatalogueTool } from "../../mcp_catalogue.ts";
import type { Scenario } from "../../scenario.ts";
import { HAVE_READ } from "../../vocabulary.ts";
import { reports, section } from "../links.ts";
import { since2026_07 } from "../since.ts";
import { anyMcp, rpcError } from "./eras.ts";

const caching = (anchor: string): ReturnType<typeof section> =>
  section("2026-07-28", `server/utilities/caching#${anchor}`);

/** No server sees what a client reads from its cache: that tells who drives the client. */
const haveRead: CatalogueTool = {
  name: HAVE_READ,
  description:
    "For the driver of a client: call it after each reading, from the cache or not, to say how many there were",
  inputSchema: {
    type: "object",
    properties: { method: { type: "string" }, uri: { type: "string" }, times: { type: "integer", minimum: 1 } },
    required: ["method", "times"],
  },
  annotations: { readOnlyHint: true },
};

/** A resource, which is fresh for so long. */
function resource(name: string, fresh: Cacheable = {}): CatalogueResource {
  return { uri: `mock://caches/${name}`, name, mimeType: "text/plain", answer: fresh };
}

/** Resources, and tools, which are fresh for so long. */
function fresh(how: Cacheable): Catalogue {
  return { ...how, resources: [resource("weather", how), resource("tides", how)] };
}

/** What is added to the tools, so that a list from before can be told from one from after. */
const news: CatalogueTool = { name: "mock_news", description: "Is new", inputSchema: { type: "object" } };

/** What a client reads, and how it says that it has. */
interface Read {
  readonly step: DriverStep;
  readonly about: Readonly<Record<string, unknown>>;
}

const tools: Read = { step: { do: "list_tools" }, about: { method: "tools/list" } };
const read = ({ uri }: CatalogueResource): Read => ({
  step: { do: "read", uri },
  about: { method: "resources/read", uri },
});
const tell = ({ about }: Read, times: number): DriverStep => ({
  do: "call",
  tool: HAVE_READ,
  arguments: { ...about, times },
});

const weather = read(resource("weather"));
const tides = read(resource("tides"));

/** Longer than an answer may be on its way. */
const later: DriverStep = { do: "wait", ms: 2000 };

function script(...steps: readonly DriverStep[]): readonly DriverStep[] {
  return [{ do: "connect" }, ...steps, { do: "end" }];
}

/** Reads each thing twice in a row. */
function twice(...all: readonly Read[]): readonly DriverStep[] {
  return script(...all.flatMap((one) => [one.step, tell(one, 1), one.step, tell(one, 2)]));
}

/** Reads things, and again some time later. */
function againLater(...all: readonly Read[]): readonly DriverStep[] {
  return script(
    ...all.map(({ step }) => step),
    later,
    ...all.flatMap((one) => [tell(one, 1), one.step, tell(one, 2)]),
  );
}

const tidesUri = resource("tides").uri;

/** A tool that changes a resource. */
const flood: CatalogueTool = {
  name: "mock_flood",
  description: "Changes the tides",
  inputSchema: { type: "object" },
  answer: { content: [{ type: "text", text: "The tide is high" }], updates: [tidesUri] },
};

/** What all scenarios of caches have in common. */
function cacheScenario(
  entry: Pick<Scenario, "name" | "story" | "client" | "expects" | "links"> & Partial<Scenario>,
  catalogue: Catalogue = {},
): Scenario {
  return {
    group: "Changes and caches",
    plan: {},
    revisions: since2026_07,
    ...entry,
    catalogue: { built_in: true, tools: [haveRead], ...catalogue },
  };
}

/** A fault that changes what lists and resources say of how long they are fresh. */
function saysOfFreshness(name: string, json: NonNullable<NonNullable<Fault["edit"]>["json"]>): Scenario["plan"] {
  const rpc_method = ["tools/list", "resources/list", "resources/read"];
  return { faults: [{ name, match: { endpoint: anyMcp, rpc_method, status: 200 }, edit: { json } }] };
}

const stale = [caching("time-to-live-ttl-field"), caching("freshness-calculation")];
const minute = { ttlMs: 60_000, cacheScope: "private" } as const;
/** With which the client shows that it has begun to read what it was asked about. */
const ASKED = "mock-caches-state-1";
const asked = resource("horoscope");

/** Scenarios of caches. */
export const cacheScenarios: readonly Scenario[] = [
  cacheScenario({
    name: "cache-fresh",
    story: "The tools and resources are fresh for a minute, as their ttlMs says",
    client: "Uses what it has when it needs the same again within that minute, and sends no second request",
    expects: ["M131"],
    driver: twice(tools, weather),
    links: [caching("time-to-live-ttl-field")],
  }, fresh(minute)),
  cacheScenario({
    name: "cache-short",
    story: "The tools and resources are fresh for 300 milliseconds",
    client: "Fetches them anew when it needs them after that time, and not before it needs them",
    expects: ["M132"],
    driver: againLater(tools, weather),
    links: stale,
  }, fresh({ ttlMs: 300 })),
  cacheScenario({
    name: "cache-pages",
    story: "The tools come in two pages: the first one is fresh for a minute, the second for 300 milliseconds",
    client: "Fetches the second page anew, or the whole list, when it needs the tools after that time",
    plan: {
      faults: [{
        name: "short-lived-page",
        match: { endpoint: anyMcp, rpc_method: "tools/list", message: { "params.cursor": "page-2" }, status: 200 },
        edit: { json: { set: { "result.ttlMs": 300 } } },
      }],
    },
    expects: ["M132"],
    driver: againLater(tools),
    links: [caching("interaction-with-pagination")],
  }, { ...minute, page_sizes: [5] }),
  cacheScenario({
    name: "cache-never",
    story: "The ttlMs of the tools is 0, and there is a tool more after the list has been read for the first time",
    client: "Fetches the list anew each time that it needs it, and so learns of the new tool",
    expects: ["M133"],
    driver: twice(tools),
    links: stale,
  }, { ...fresh({ ttlMs: 0 }), stages: [{ after: { method: "tools/call", name: HAVE_READ }, tools: [news] }] }),
  cacheScenario({
    name: "cache-unsaid",
    story: "Neither the tools nor the resources have a ttlMs or a cacheScope, as in servers from before 2026-07-28",
    client: "Takes them for stale at once and private, and fetches them anew each time that it needs them",
    plan: saysOfFreshness("says-nothing-of-freshness", { remove: ["result.ttlMs", "result.cacheScope"] }),
    expects: ["M133"],
    driver: twice(tools, weather),
    links: stale,
  }, fresh({})),
  cacheScenario({
    name: "cache-negative",
    story: "The ttlMs of the tools and the resources is -1, which no server may say",
    client: "Takes that for 0, and fetches them anew each time that it needs them",
    plan: saysOfFreshness("negative-freshness", { set: { "result.ttlMs": -1 } }),
    expects: ["M133"],
    driver: twice(tools, weather),
    links: stale,
  }, fresh({})),
  cacheScenario({
    name: "cache-polling",
    story: "The tools are fresh for half a second only, so that a list that is kept runs out again and again",
    client: "Fetches the list when it needs it, and lets it run out while it does nothing",
    expects: ["M134"],
    driver: script(tools.step, { do: "wait", ms: 10_000 }, tools.step, tell(tools, 1)),
    links: [caching("freshness-calculation")],
  }, fresh({ ttlMs: 500 })),
  cacheScenario({
    name: "cache-two-resources",
    story: "Two resources are fresh for a minute, and only their URIs tell them apart",
    client: "Keeps each under its URI, and asks for the second though it has the first",
    expects: ["M135"],
    driver: twice(weather, tides),
    links: [caching("cache-key")],
  }, fresh(minute)),
  cacheScenario({
    name: "cache-answered",
    story: "A resource is given only to who comes back with a state, and says then that it is fresh for a minute",
    client: "Does not keep what it got so, and begins anew when it needs the resource again",
    plan: {
      faults: [{
        name: "asks-to-come-back",
        match: {
          endpoint: anyMcp,
          rpc_method: "resources/read",
          message: { "params.uri": asked.uri, "params.requestState": null },
        },
        answer: {
          status: 200,
          body: { jsonrpc: "2.0", id: "{rpc_id}", result: { resultType: "input_required", requestState: ASKED } },
        },
      }, {
        name: "answers-who-comes-back",
        match: {
          endpoint: anyMcp,
          rpc_method: "resources/read",
          message: { "params.uri": asked.uri, "params.requestState": ASKED },
        },
        answer: {
          status: 200,
          body: {
            jsonrpc: "2.0",
            id: "{rpc_id}",
            result: { resultType: "complete", ...minute, contents: [{ uri: asked.uri, text: "A good day to test" }] },
          },
        },
      }],
    },
    expects: ["M136"],
    driver: twice(read(asked)),
    links: [caching("cache-key"), section("2026-07-28", "basic/patterns/mrtr")],
  }, { ...minute, resources: [asked] }),
  cacheScenario({
    name: "cache-two-users",
    story: "The tools are fresh for a minute and private, and two people log in one after the other",
    client: "Fetches the list anew for the second person: what is private to a login is not used for another",
    expects: ["M137"],
    driver: script(tools.step, tell(tools, 1), { do: "switch_user" }, tools.step, tell(tools, 2)),
    links: [caching("cache-scope-field"), ...reports("redhat-data-and-ai/template-agent#230")],
  }, fresh(minute)),
  cacheScenario({
    name: "cache-changed",
    story: "The tools are fresh for a minute, change nevertheless, and the server tells those who listen",
    client: "Listens for changes, and fetches the list anew once it is told of one",
    expects: ["M138"],
    driver: script(
      { do: "listen", notifications: { toolsListChanged: true } },
      tools.step,
      tell(tools, 1),
      later,
      tools.step,
      tell(tools, 2),
      tools.step,
      tell(tools, 3),
    ),
    links: [caching("interaction-with-notifications")],
  }, {
    ...minute,
    list_changed: "sent",
    stages: [{ after: { method: "tools/call", name: HAVE_READ }, tools: [news] }],
  }),
  cacheScenario({
    name: "cache-resource-changed",
    story:
      "A resource is fresh for a minute, changes nevertheless, and the server tells those who have subscribed to it",
    client: "Subscribes to the resource, and reads it anew once it is told that it has changed",
    expects: ["M138"],
    driver: script(
      { do: "listen", notifications: { resourceSubscriptions: [tidesUri] } },
      tides.step,
      tell(tides, 1),
      { do: "call", tool: flood.name },
      later,
      tides.step,
      tell(tides, 2),
      tides.step,
      tell(tides, 3),
    ),
    links: [caching("interaction-with-notifications"), section("2026-07-28", "server/resources#subscriptions")],
  }, { ...fresh(minute), tools: [haveRead, flood] }),
  cacheScenario({
    name: "cache-cursor-refused",
    story: "The tools come in two pages, and the cursor of the second one is refused when it comes for the second time",
    client: "Drops the pages that it has, and reads the list anew from its beginning",
    plan: {
      faults: [{
        name: "cursor-refused",
        match: { endpoint: anyMcp, rpc_method: "tools/list", message: { "params.cursor": "page-2" } },
        nth: 2,
        times: 1,
        answer: { status: 200, body: rpcError(-32602, "Invalid cursor: the list has changed") },
      }],
    },
    expects: ["M139"],
    driver: script(tools.step, tools.step, tools.step, { do: "call", tool: "mock_echo", arguments: { message: "hi" } }),
    links: [caching("interaction-with-pagination")],
  }, { ttlMs: 0, page_sizes: [5] }),
];
