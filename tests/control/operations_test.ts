/** Operations are called without HTTP: what they take and return is theirs, and faces add nothing to it. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { z } from "zod";
import type { Call, Deps, Operation } from "../../lib/control/operation.ts";
import { operations } from "../../lib/control/operations.ts";
import { createReports } from "../../lib/control/reports.ts";
import { createFaultCounts } from "../../lib/faults/fault_count_table.ts";
import { createOpenStreams } from "../../lib/faults/open_streams.ts";
import { controlEndpoints, recordEndpoints } from "../../lib/http/endpoints.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import { createClients } from "../../lib/oauth/clients/client_table.ts";
import { createClientDocuments } from "../../lib/oauth/clients/client_document.ts";
import { createMcpEndpoint, type McpEndpoint } from "../../lib/mcp/endpoint.ts";
import type { GenerateKey } from "../../lib/oauth/keys/key_set.ts";
import { createKeyTable } from "../../lib/oauth/keys/key_table.ts";
import { createKeyRing } from "../../lib/oauth/keys/keys.ts";
import { generateSigningKey } from "../../lib/oauth/keys/signing_key.ts";
import { createGrants } from "../../lib/oauth/tokens/mark_table.ts";
import { createMinted } from "../../lib/oauth/tokens/minted_table.ts";
import { createTokenVerifier } from "../../lib/oauth/tokens/verify.ts";
import { createUsers } from "../../lib/oauth/users/user_table.ts";
import { createOutbound } from "../../lib/outbound/outbound.ts";
import { createChance } from "../../lib/runtime/chance.ts";
import { createSlices } from "../../lib/runtime/slices.ts";
import { createCatalogueTable } from "../../lib/sandbox/catalogue_table.ts";
import { createCatalogues } from "../../lib/sandbox/catalogues.ts";
import { createLiveSandboxes } from "../../lib/sandbox/live_sandboxes.ts";
import { createOwnOrigins, type OpenPort } from "../../lib/sandbox/origins.ts";
import { parseAddress } from "../../lib/sandbox/sandbox.ts";
import { createSandboxTable } from "../../lib/sandbox/sandbox_table.ts";
import { knownScenarios } from "../../lib/scenarios/known.ts";
import { createScenarioTable } from "../../lib/scenarios/scenario_table.ts";
import { createStore } from "../../lib/store/kv.ts";
import { createLease } from "../../lib/store/lease.ts";
import { createRecorders } from "../../routes/request/record.ts";
import { json, origin, startMs, testApp } from "../helpers.ts";
import { beginSession } from "../mcp/helpers.ts";
import { send } from "./helpers.ts";

const now = (): number => startMs;
const sleep = (): Promise<void> => Promise.resolve();
const randomBytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(7);
const openPort = (): OpenPort => ({ port: 40_000, protocol: "http", close: () => Promise.resolve() });

/** The keys of every world, in the order they are generated. */
const keys: ReturnType<GenerateKey>[] = [];
function sameKeys(): GenerateKey {
  let place = 0;
  return (alg) => keys[place++] ??= generateSigningKey(alg);
}

/** What operations need, without an app and without routes; and the endpoint that clients begin sessions at. */
function createDeps(kv: Deno.Kv): Deps & { readonly mcp: McpEndpoint } {
  const chance = createChance(randomBytes);
  const store = createStore(kv, chance, () => assert.fail("a row cannot be read"));
  const lease = createLease({ isShared: false, monotonicMs: now, sleep });
  const known = knownScenarios({});
  const keysOf = createKeyRing(createKeyTable(store), "EdDSA", chance, now, sameKeys());
  const grants = createGrants(store);
  const slices = createSlices(now);
  const mcp = createMcpEndpoint({ store, chance, version: "1", sleep });
  const recording = createRecorders({}, { chance, store, now, monotonicMs: now, sleep, slices, report: assert.fail });
  const liveSandboxes = createLiveSandboxes({
    table: createSandboxTable(store),
    findScenario: known.find,
    ownScenario: known.own,
    patch: {},
    now,
    lease,
    onRotate: keysOf.forget,
    onForget: keysOf.forget,
    onSweepError: (error) => assert.fail(String(error)),
  });
  const outbound = createOutbound({
    fetch: () => assert.fail("nothing is fetched"),
    resolveDns: () => assert.fail("nothing is looked up"),
    sleep,
    local: false,
  });
  return {
    liveSandboxes,
    faultCounts: createFaultCounts(store),
    users: createUsers(store),
    clients: createClients(store, createClientDocuments({ outbound, local: false }), lease),
    grants,
    minted: createMinted(store),
    scenarios: createScenarioTable(store),
    catalogue: known.all,
    names: known.names,
    verifier: createTokenVerifier({ keysOf, grants }),
    keysOf,
    mcp,
    mcpSessions: mcp,
    mcpCatalogues: createCatalogues({ table: createCatalogueTable(store), liveSandboxes, own: undefined }),
    streams: createOpenStreams(),
    ownOrigins: createOwnOrigins(openPort, now),
    reports: createReports({
      ...recording,
      scenarioOf: (sandbox) => liveSandboxes.of(sandbox).scenario,
      slices,
      minted: createMinted(store),
    }),
    chance,
    sleep,
    monotonicMs: () => 0,
  };
}

async function callFor(deps: Deps, more: Partial<Call>): Promise<Call> {
  const address = parseAddress(new URL(origin), () => false);
  const live = address && await deps.liveSandboxes.find(address);
  assert(live);
  return { sandbox: live.seenFrom(origin, ""), live, plan: live.plan(), param: "", input: undefined, ...more };
}

/** What must exist so that there is something to list and to remove. */
const preparations = [
  ["POST /control/faults", operations.control_add_faults, { match: {}, edit: { drop: true }, name: "down" }],
  ["POST /control/users", operations.control_declare_users, operations.control_declare_users.example],
  ["POST /control/clients", operations.control_add_clients, operations.control_add_clients.example],
  ["POST /control/tokens", operations.control_mint_token, operations.control_mint_token.example],
] as const;
const params: Readonly<Record<string, string>> = {
  name: "down",
  email: "ada@example.com",
  client_id: "my-app",
  run: "my-run",
  // Of an id that consists of the same random bytes as all others.
  session: hash("sha256", `session_${Buffer.from(randomBytes(24)).toString("base64url")}`, "base64url"),
};

const endpoints = new Map([...controlEndpoints, ...recordEndpoints].map((endpoint) => [`${endpoint.name}`, endpoint]));
const all: readonly (readonly [string, Operation])[] = Object.entries(operations);

Deno.test("every operation works without HTTP, and HTTP answers what it returns (design, control)", async (t) => {
  for (const [name, operation] of all) {
    const endpoint = endpoints.get(name);
    assert(endpoint, `${name} is not in the list of endpoints`);
    await t.step(name, async () => {
      using kv = await Deno.openKv(":memory:");
      const deps = createDeps(kv);
      await using test = await testApp({ randomBytes, generateKey: sameKeys(), openPort, now });
      if (endpoint.path.includes("/sessions")) {
        const { sandbox, plan: { policy } } = await callFor(deps, {});
        const call = { sandbox, mode: "no-auth", caller: { owner: "" }, policy } as const;
        await beginSession((input, init) => deps.mcp.handle(new Request(input, init), call));
        await beginSession((_, init) => test.fetch("/no-auth", init));
      }
      for (const [line, { run }, input] of preparations) {
        await run(deps, await callFor(deps, { input }));
        assert.equal((await json(await send(test, line, input))).error, undefined);
      }
      const param = params[/:(\w+)$/.exec(endpoint.path)?.[1] ?? ""] ?? "";
      const returned = await operation.run(deps, await callFor(deps, { param, input: operation.example }));
      assert.equal(operation.answer.safeParse(returned).error?.message, undefined);

      const path = endpoint.path.replace(/:\w+$/, param);
      const isQuery = operation.input && !["POST", "PUT", "PATCH"].includes(endpoint.method);
      const query = isQuery
        ? `?${new URLSearchParams(z.record(z.string(), z.coerce.string()).parse(operation.example))}`
        : "";
      const response = await send(test, `${endpoint.method} ${path}${query}`, isQuery ? undefined : operation.example);
      const answered = response.status === 204 ? {} : await json(response);
      assert.deepEqual(answered, JSON.parse(JSON.stringify(returned)));
    });
  }
});

Deno.test("an operation refuses what is not in its shape itself, so that no face has to (design, control)", async () => {
  using kv = await Deno.openKv(":memory:");
  const deps = createDeps(kv);
  for (const [name, { input, run }] of all) {
    if (!input) continue;
    const call = await callFor(deps, { input: 7 });
    await assert.rejects(
      run(deps, call),
      (error) => error instanceof OAuthError && error.code === "invalid_request",
      name,
    );
  }
});

Deno.test("an operation has all that a tool of MCP needs: name, description, input schema and call (MCP tools)", async () => {
  using kv = await Deno.openKv(":memory:");
  const deps = createDeps(kv);
  const tools = all.map(([name, { summary, description = "", input, run }]) => ({
    name: name.slice("control_".length),
    description: `${summary}. ${description}`,
    inputSchema: z.toJSONSchema(input?.schema ?? z.strictObject({}), { io: "input" }),
    call: async (args: unknown) => await run(deps, await callFor(deps, { input: args })),
  }));
  const move = tools.find(({ name }) => name === "move_clock");
  assert.match(JSON.stringify(move?.inputSchema), /advance_seconds/);
  assert.deepEqual(await move?.call({ advance_seconds: 60 }), {
    now_ms: startMs + 60_000,
    iso: new Date(startMs + 60_000).toISOString(),
    offset_seconds: 60,
  });
});
