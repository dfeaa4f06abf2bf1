/**
 * Clones of servers that are made of packages that are not ours: the SDKs' clients cannot tell them from the originals, and
 * what differs is said.
 */
import assert from "node:assert/strict";
import { createApp } from "../../main.ts";
import { describeDifferences } from "../../lib/cli/clone_text.ts";
import { createAsker } from "../../lib/clone/ask.ts";
import { cloneServer } from "../../lib/clone/clone.ts";
import { methodOf, type Observed } from "../../lib/clone/observed.ts";
import { readPlaces } from "../../lib/clone/places.ts";
import { probe } from "../../lib/clone/probe.ts";
import { mapUrls } from "../../lib/clone/urls.ts";
import { fetchAt, resolveDns } from "../../lib/outbound/network.ts";
import { type Sleep, sleepOnTimer } from "../../lib/runtime/sleep.ts";
import { defineScenario, parseScenariosFile } from "../../lib/scenarios/schema/scenario_schema.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import { startClone } from "../../routes/clone.ts";
import { clients, visit } from "./clone_clients.ts";
import { type Original, startV1Server } from "./clone_v1_server.ts";
import { has, startFastMcp, startGoServer } from "./clone_foreign_servers.ts";
import { startEverything } from "./everything_server.ts";
import { startOidcServer, startOpenV2Server } from "./clone_v2_server.ts";
import { sdkV1 } from "../matrix/sdk_v1.ts";

interface Row {
  readonly name: string;
  readonly start: () => Promise<Original>;
  /** Whether what it needs is not there. */
  readonly ignore?: boolean;
  /** Where its clone differs, as the command says it. */
  readonly differences: readonly string[];
}

const rows: readonly Row[] = [
  { name: "SDK 1.x with its own authorization server", start: startV1Server, differences: [] },
  { name: "SDK 2.x behind oidc-provider", start: startOidcServer, differences: [] },
  { name: "SDK 2.x without a login", start: startOpenV2Server, differences: [] },
  { name: "the server with everything", start: startEverything, differences: [] },
  { name: "FastMCP with its own authorization server", start: startFastMcp, differences: [], ignore: !has.fastMcp },
  { name: "the Go SDK behind another authorization server", start: startGoServer, differences: [], ignore: !has.go },
];

/** As a timer, but a stream on which nothing comes is listened to for less long. */
const sleep: Sleep = (ms, signal) => sleepOnTimer(ms > 5000 ? ms : ms / 50, signal);

/** Serves a scenario, read from its own JSON, at a port of its own. */
function serveClone(scenario: Scenario): Original & { readonly scenario: Scenario } {
  const [read] = parseScenariosFile(JSON.stringify(defineScenario(scenario)));
  assert(read);
  const stop = new AbortController();
  const app = createApp({ scenario: read, signal: stop.signal });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app);
  const url = `http://127.0.0.1:${server.addr.port}/oauth`;
  return {
    url,
    scenario: read,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await server.shutdown();
    },
  };
}

/** What a client did and was told, in terms of the original. */
function traceOf(seen: readonly Observed[], translate: (url: string) => string): readonly string[] {
  const lines = seen.map((one) =>
    `${one.method} ${translate(one.url.split("?", 1)[0] ?? "")} ${methodOf(one) ?? ""} ${one.status}`
  );
  // A client opens its stream beside what it asks: that may be answered first, or when the client has gone.
  return lines.filter((line) => !/^GET \S*\/oauth /.test(line));
}

for (const { name, start, differences, ignore = false } of rows) {
  Deno.test({ name: `clients of the SDKs cannot tell a clone from its original: ${name}`, ignore }, async (t) => {
    await using original = await start();
    const { token, seen } = await visit(sdkV1, original.url);
    const asker = createAsker({ fetch: fetchAt, resolveDns, sleep, local: true });
    await probe({ url: original.url, register: true, token }, asker);
    assert.deepEqual(asker.problems, []);
    const observed = [...asker.observed, ...seen];
    const clone = await cloneServer({ observed, url: original.url, name: "original" }, startClone);
    const told = describeDifferences(clone.differences, clone.compared).trimEnd().split("\n").slice(1);
    assert.deepEqual(told.map((line) => line.trim().replaceAll(new URL(original.url).origin, "")), differences);
    await using served = serveClone(clone.scenario);
    const places = readPlaces(original.url, observed);
    const { urls } = mapUrls(places, clone.scenario.layout);
    const { origin } = new URL(served.url);
    for (const [client, sdk] of Object.entries(clients)) {
      await t.step(client, async () => {
        const there = await visit(sdk, original.url);
        const here = await visit(sdk, served.url);
        assert.deepEqual(here.tools, there.tools);
        const map = mapUrls(places, clone.scenario.layout);
        assert.deepEqual(
          traceOf(here.seen, (url) => url.replace(origin, "")),
          traceOf(there.seen, (url) => (map.translate(url) ?? url).replace(new URL(urls.oauth).origin, "")),
        );
      });
    }
  });
}
