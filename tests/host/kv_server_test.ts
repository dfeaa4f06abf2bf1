/** A database that is a server, for processes on more than one machine: Deno's `denokv`, and none at all. */
import assert from "node:assert/strict";
import { listOf } from "../control/helpers.ts";
import { publicClient, text } from "../helpers.ts";
import { runDouble } from "../interop/double/double.ts";
import { initialize, rpc } from "../mcp/helpers.ts";
import { PATIENCE_MS } from "../../lib/store/kv_server.ts";
import { openKvStore, testStore } from "../request/store_verbs.ts";
import { ACCESS_TOKEN, hasDenokv, type KvServer, startKvServer } from "./denokv.ts";
import { hopThroughAll } from "./hopping.ts";
import {
  type Client,
  fetchCode,
  jsonOf,
  redeemCode,
  registerClient,
  run,
  type Server,
  startServer,
} from "./program.ts";
import { testWithToolchain } from "./toolchains.ts";

/** What all processes are known as. */
const NAME = "https://mock.test";
const TOKEN = "a-token-for-tests";
const CONTROL = { authorization: `Bearer ${TOKEN}` };
const LIFE_MS = 120_000;

Deno.test("--db with the URL of a KV server asks for its token, and calls it with one (README, host it)", async (t) => {
  // Nothing listens on port 1.
  const ask = (token: string): ReturnType<typeof run> =>
    run(["--db", "http://127.0.0.1:1"], { env: { DENO_KV_ACCESS_TOKEN: token } });
  await t.step("with a token it is called", async () => {
    const { code, stdout, stderr } = await ask("a-token");
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^mock-oauth: The database http:\/\/127\.0\.0\.1:1 cannot be opened: .*connect[^\n]*\n$/);
  });
});

const env = { DENO_KV_ACCESS_TOKEN: ACCESS_TOKEN };

/** Three processes on one KV server, under one name. */
async function withThree(
  test: (servers: readonly [Server, Server, Server], kv: KvServer) => Promise<void>,
): Promise<void> {
  await using kv = await startKvServer();
  await using stack = new AsyncDisposableStack();
  const args = ["--db", kv.url, "--public-url", NAME, "--control-token", TOKEN];
  const start = async (): Promise<Server> => stack.use(await startServer(args, { env, patienceMs: LIFE_MS }));
  const servers = await Promise.all([start(), start(), start()]);
  await test(servers, kv);
  for (const server of servers) {
    server.kill("SIGTERM");
    const { code, stderr } = await server.ended;
    // Deno says itself that a server is away, each time that it calls it.
    assert.deepEqual([code, stderr.replaceAll(/^KV Connect failed to call [^\n]*\n/gm, "")], [0, ""]);
  }
}

function control({ fetch }: Client, method: string, path: string, body?: unknown): Promise<Response> {
  const headers = { ...CONTROL, "content-type": "application/json" };
  return fetch(`/control/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

function withDenokv(name: string, fn: () => Promise<void>): void {
  testWithToolchain({ name: `denokv: ${name} (README, host it)`, needs: "denokv", isThere: hasDenokv, fn });
}

withDenokv(
  "500 logins that hop between three processes with every request meet no failure",
  () =>
    withThree(async (servers) => {
      await hopThroughAll(servers.map(({ client }) => client));
      for (const { printed } of servers) assert.doesNotMatch(printed.stdout, /"event":"error"/);
    }),
);

withDenokv(
  "clock, faults, sessions and the report are those of all three processes",
  () =>
    withThree(async ([a, b, c]) => {
      await jsonOf(await control(a.client, "POST", "clock", { advance_seconds: 3600 }), 200);
      for (const { client } of [b, c]) {
        const clock = await jsonOf(await control(client, "GET", "clock"), 200);
        assert.equal(clock.offset_seconds, 3600);
      }
      await jsonOf(
        await control(a.client, "POST", "faults", {
          match: { endpoint: "register" },
          life: { times: 2 },
          answer: { status: 503 },
        }),
        200,
      );
      const statuses: number[] = [];
      for (const { client } of [b, c, a]) {
        const response = await client.postJson("/oauth/register", publicClient);
        await response.body?.cancel();
        statuses.push(response.status);
      }
      assert.deepEqual(statuses, [503, 503, 201]);

      const post = ({ fetch }: Client, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
        fetch("/no-auth", {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
          body: JSON.stringify(body),
        });
      const begun = await post(a.client, initialize("2025-06-18"));
      await begun.text();
      const session = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
      for (const { client } of [b, c]) {
        const answer = await post(
          client,
          rpc("tools/call", { name: "mock_echo", arguments: { message: "x" } }),
          session,
        );
        assert.match(await answer.text(), /Echo: x/);
      }

      await jsonOf(await control(b.client, "POST", "reset"), 200);
      let count = 0;
      await runDouble({
        base: NAME,
        send: (request) => {
          const { client } = [a, b, c][count++ % 3] ?? a;
          return fetch(new Request(request.url.replace(NAME, client.url), request));
        },
      });
      for (const { client } of [a, b, c]) {
        const report = await jsonOf(await control(client, "GET", "report?wait=20"), 200);
        const [only, ...others] = listOf(report, "clients");
        assert.deepEqual([report.verdict, only?.name, Object(only?.exchanges).length, others], [
          "pass",
          "double",
          count,
          [],
        ]);
      }
    }),
);

withDenokv(
  "when it is killed each process says so, and all goes on with nothing acknowledged lost once it is back",
  () =>
    withThree(async (servers, kv) => {
      const clients = servers.map(({ client }) => client);
      const acknowledged: { readonly clientId: string; readonly code: string }[] = [];
      const refused = new Set<string>();
      const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
      let isOver = false;
      const work = async (client: Client): Promise<void> => {
        while (!isOver) {
          const response = await client.postJson("/oauth/register", publicClient);
          const body: Record<string, unknown> = await response.json();
          if (response.status !== 201) {
            await pause(100);
            refused.add(
              `${response.status} ${body.error} ${response.headers.get("retry-after")}: ${body.error_description}`,
            );
            continue;
          }
          const clientId = text(body, "client_id");
          const code = await fetchCode(client, clientId).catch(() => undefined);
          if (code !== undefined) acknowledged.push({ clientId, code });
        }
      };
      const workers = clients.flatMap((client) => [work(client), work(client)]);
      while (acknowledged.length < 30) await pause(20);
      await kv.kill();
      await pause(PATIENCE_MS + 1000);
      await kv.start();
      const before = acknowledged.length;
      while (acknowledged.length < before + 30) await pause(20);
      isOver = true;
      await Promise.all(workers);
      for (const said of refused) assert.match(said, /^503 temporarily_unavailable 5: The KV server does not answer/);
      assert(refused.size > 0);
      // Each code works, once, on a process that has not issued it.
      for (const [index, { clientId, code }] of acknowledged.entries()) {
        const client = clients[(index + 1) % clients.length];
        assert(client);
        await jsonOf(await redeemCode(client, clientId, code), 200);
      }
      await registerClient(clients[0] ?? assert.fail());
    }),
);

if (hasDenokv) {
  testStore("denokv", async () => {
    Deno.env.set("DENO_KV_ACCESS_TOKEN", ACCESS_TOKEN);
    const kv = await startKvServer();
    const opened = await openKvStore(kv.url);
    return {
      store: opened.store,
      [Symbol.asyncDispose]: async () => {
        await opened[Symbol.asyncDispose]();
        await kv[Symbol.asyncDispose]();
      },
    };
  });
}
