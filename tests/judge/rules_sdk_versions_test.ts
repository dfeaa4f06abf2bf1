/** The official clients where versions and eras differ, as their makers have them today; what they break is in the table. */
import {
  Client as NewClient,
  SSEClientTransport as NewSse,
  StreamableHTTPClientTransport as NewTransport,
} from "@modelcontextprotocol/client";
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/sse"
import { SSEClientTransport as OldSse } from "@modelcontextprotocol/sdk/client/sse.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import assert from "node:assert/strict";
import { z } from "zod";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { json, origin, testApp } from "../helpers.ts";
import type { Fetch } from "../mcp/helpers.ts";
import { ticking } from "./scenario_world.ts";

const shape = z.object({
  verdict: z.string(),
  clients: z.array(z.object({
    findings: z.array(z.object({ rule: z.string(), status: z.string(), level: z.string() })),
  })),
});

/** What the two have in common. */
interface Work {
  readonly listTools: () => Promise<{ readonly tools: readonly unknown[] }>;
  readonly callTool: (call: { name: string; arguments: Record<string, unknown> }) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

async function connectOld(url: URL, fetch: Fetch): Promise<Work> {
  const client = new OldClient({ name: "old", version: "1" });
  try {
    await client.connect(new OldTransport(url, { fetch }));
    return client;
  } catch (error) {
    if (!/Error POSTing/.test(String(error))) throw error;
    // As its documentation says: the older transport where the newer one is refused.
    const older = new OldClient({ name: "old", version: "1" });
    await older.connect(new OldSse(url, { fetch }));
    return older;
  }
}

async function connectNew(url: URL, fetch: Fetch): Promise<Work> {
  const open = (): NewClient => new NewClient({ name: "new", version: "1" }, { versionNegotiation: { mode: "auto" } });
  const client = open();
  try {
    await client.connect(new NewTransport(url, { fetch }));
    return client;
  } catch (error) {
    if (!/Error POSTing/.test(String(error))) throw error;
    const older = open();
    await older.connect(new NewSse(url, { fetch }));
    return older;
  }
}

/** The verdict on a client in a scenario, and the rules on MCP that it breaks there. */
async function judge(name: string, connect: typeof connectNew): Promise<readonly string[]> {
  await using test = await testApp({ sleep: () => Promise.resolve(), ...ticking() });
  const base = `${origin}/s/${name}`;
  const fetch: Fetch = (input, init) => test.app(new Request(input, init));
  try {
    const client = await connect(new URL(`${base}/no-auth`), fetch);
    const { tools } = await client.listTools();
    for (const _ of [1, 2]) {
      if (tools.length > 0) await client.callTool({ name: "mock_echo", arguments: { message: "m" } });
    }
    await client.close();
  } catch {
    // How it ends, the report says.
  }
  const { verdict, clients } = shape.parse(await json(await test.fetch(`${base}/control/report`)));
  const broken = clients.flatMap(({ findings }) => findings).filter(({ status, rule }) =>
    status === "broken" && rule.startsWith("M")
  );
  return [verdict, ...broken.map(({ rule, level }) => `${rule} ${level}`)];
}

/** What is not here passes, where the client speaks a revision that the scenario is for. */
const others: Readonly<Record<"v1" | "v2", Readonly<Record<string, readonly string[]>>>> = {
  v1: {
    "declares-nothing": ["fail", "M21 MUST"],
    "bare-handshake": ["fail", "M21 MUST"],
    // It offers 2025-11-25, which the server has.
    "offers-newer": ["incomplete"],
  },
  v2: {
    // 501 and an error for no id are no signs of an older server to it, and the specification does not name them.
    "era-501": ["incomplete"],
    "era-200-no-id": ["incomplete"],
    // Its source says that these errors are no evidence of an era; the specification says that they are.
    "era-header-mismatch": ["fail", "M59 SHOULD"],
    "era-missing-capability": ["fail", "M59 SHOULD"],
    "offers-newer": ["incomplete"],
    // There is no login at this endpoint.
    "newer-revision-400": ["incomplete"],
  },
};

for (const [client, connect, newest] of [["v1", connectOld, "2025-11-25"], ["v2", connectNew, "2026-07-28"]] as const) {
  Deno.test(`the ${client} client finds out what a server has, but for what this table says`, async (t) => {
    for (const { name, group, revisions } of catalogue) {
      const isFor = revisions?.some((revision) =>
        revision === newest || (client === "v2" && revision === "2025-11-25")
      );
      if (group !== "Versions and eras" || isFor === false) continue;
      await t.step(name, async () => {
        assert.deepEqual(await judge(name, connect), others[client][name] ?? ["pass"]);
      });
    }
  });
}
