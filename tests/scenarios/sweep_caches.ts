/** Probes of the scenarios of what clients may keep. */
import assert from "node:assert/strict";
import { isObject } from "../../lib/http/json.ts";
import { NEXT_STEP } from "../../lib/scenarios/guide.ts";
import { HAVE_READ } from "../../lib/scenarios/vocabulary.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { askModern } from "./sweep_pages.ts";
import { appOf, logIn } from "./sweep_steps.ts";

/** Asks with a token, and gives the result or the error. */
type Asking = (
  method: string,
  params?: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>>;

async function asking(at: ProbeSandbox): Promise<Asking> {
  const { access } = await logIn(appOf(at));
  return async (method, params = {}) => {
    const named = params.name ?? params.uri;
    const headers: Record<string, string> = typeof named === "string" ? { "mcp-name": named } : {};
    const response = await askModern(at, access, { method, params, headers });
    const { result, error } = await response.json();
    return result ?? error;
  };
}

const weather = { uri: "mock://caches/weather" };
const tides = { uri: "mock://caches/tides" };

/** Insists that the lists and the resources say this of how long they are fresh. */
function says(ttlMs?: number, cacheScope = ttlMs === undefined ? undefined : "private"): Probe {
  return async (at) => {
    const ask = await asking(at);
    for (const result of [await ask("tools/list"), await ask("resources/list"), await ask("resources/read", weather)]) {
      assert.deepEqual([result.ttlMs, result.cacheScope], [ttlMs, cacheScope]);
    }
  };
}

async function namesIn(ask: Asking): Promise<readonly unknown[]> {
  const { tools } = await ask("tools/list");
  return Array.isArray(tools)
    ? tools.map((tool) => isObject(tool) && tool.name).filter((name) => name !== NEXT_STEP)
    : [];
}

const tell = { name: HAVE_READ, arguments: { method: "tools/list", times: 1 } };

/** Insists that there is another tool once the list was said to have been read. */
async function growsOnce(ask: Asking): Promise<void> {
  const before = await namesIn(ask);
  await ask("tools/call", tell);
  assert.deepEqual(await namesIn(ask), [...before, "mock_news"]);
}

/** Reads a stream until it says something. */
async function until({ body }: Response, method: string): Promise<void> {
  let told = "";
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    told += text;
    if (told.includes(method)) return;
  }
  assert.fail(`The stream has ended: ${told}`);
}

/** Probes by the name of the scenario. */
export const cacheProbes: Readonly<Record<string, Probe>> = {
  "cache-fresh": says(60_000),
  "cache-short": says(300),
  "cache-pages": async (at) => {
    const ask = await asking(at);
    const first = await ask("tools/list");
    const second = await ask("tools/list", { cursor: first.nextCursor });
    assert.deepEqual([first.ttlMs, second.ttlMs, second.nextCursor], [60_000, 300, undefined]);
  },
  "cache-never": async (at) => {
    await says(0)(at);
    await growsOnce(await asking(at));
  },
  "cache-unsaid": says(),
  "cache-negative": says(-1),
  "cache-polling": says(500),
  "cache-two-resources": async (at) => {
    const ask = await asking(at);
    const [one, other] = [await ask("resources/read", weather), await ask("resources/read", tides)];
    assert.notDeepEqual(one.contents, other.contents);
    assert.deepEqual([one.ttlMs, other.ttlMs], [60_000, 60_000]);
  },
  "cache-answered": async (at) => {
    const ask = await asking(at);
    const read = { uri: "mock://caches/horoscope" };
    for (let round = 0; round < 2; round++) {
      const { resultType, requestState, contents } = await ask("resources/read", read);
      assert.deepEqual([resultType, contents], ["input_required", undefined]);
      const given = await ask("resources/read", { ...read, requestState });
      assert.deepEqual([given.resultType, given.ttlMs], ["complete", 60_000]);
    }
  },
  "cache-two-users": async (at) => {
    await says(60_000)(at);
    await says(60_000)(at);
  },
  "cache-changed": async (at) => {
    const { access } = await logIn(appOf(at));
    const params = { notifications: { toolsListChanged: true } };
    const listening = await askModern(at, access, { method: "subscriptions/listen", params });
    const ask = await asking(at);
    assert.equal((await ask("tools/list")).ttlMs, 60_000);
    await growsOnce(ask);
    await until(listening, "notifications/tools/list_changed");
  },
  "cache-resource-changed": async (at) => {
    const { access } = await logIn(appOf(at));
    const params = { notifications: { resourceSubscriptions: [tides.uri] } };
    const listening = await askModern(at, access, { method: "subscriptions/listen", params });
    const ask = await asking(at);
    assert.equal((await ask("resources/read", tides)).ttlMs, 60_000);
    await ask("tools/call", { name: "mock_flood", arguments: {} });
    await until(listening, "notifications/resources/updated");
  },
  "cache-cursor-refused": async (at) => {
    const ask = await asking(at);
    const cursor = "page-2";
    assert.equal((await ask("tools/list")).nextCursor, cursor);
    const pages = [
      await ask("tools/list", { cursor }),
      await ask("tools/list", { cursor }),
      await ask("tools/list", { cursor }),
    ];
    assert.deepEqual(pages.map(({ code }) => code), [undefined, -32602, undefined]);
  },
};
