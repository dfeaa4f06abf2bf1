/** What processes on one database have recorded, played by two apps: whichever is asked tells it all. */
import assert from "node:assert/strict";
import { runDouble } from "../interop/double/double.ts";
import { control, listOf } from "../control/helpers.ts";
import { beginSession, type Fetch, send } from "../mcp/helpers.ts";
import { startMs, type TestApp, testApp } from "../helpers.ts";

interface Pair extends AsyncDisposable {
  readonly a: TestApp;
  readonly b: TestApp;
  /** Asks them in turns. */
  readonly hop: (request: Request) => Promise<Response>;
}

/** Their clocks agree and go on with every look, so that it is known which request came first. */
async function openPair(options: { readonly recordSinceMs?: number } = {}): Promise<Pair> {
  const kv = await Deno.openKv(":memory:");
  let count = 0;
  const shared = { kv, shared: true, loopbackOnly: true, now: () => startMs + count++, ...options };
  const [a, b] = [await testApp(shared), await testApp(shared)];
  let turn = 0;
  return {
    a,
    b,
    hop: (request) => (turn++ % 2 === 0 ? a : b).app(request),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([a, b].map((app) => app[Symbol.asyncDispose]()));
      kv.close();
    },
  };
}

/** What is on record, as soon as it is as much as that. */
async function recorded(test: TestApp, count: number): Promise<readonly Record<string, unknown>[]> {
  for (let tries = 1;; tries++) {
    const exchanges = listOf(await control(test, "GET /control/exchanges"), "exchanges");
    if (exchanges.length === count) return exchanges;
    assert(exchanges.length < count && tries < 50, JSON.stringify(exchanges));
  }
}

async function ask(test: TestApp, path: string): Promise<void> {
  await (await test.get(path)).body?.cancel();
}

Deno.test("a flow that two processes have served is one flow, in one order, on both", async () => {
  await using pair = await openPair();
  const asked: string[] = [];
  await runDouble({
    send: (request) => {
      asked.push(`${request.method} ${request.url}`.replace(/\?.*/, ""));
      return pair.hop(request);
    },
  });
  const [seenByA, seenByB] = [await recorded(pair.a, asked.length), await recorded(pair.b, asked.length)];
  assert.deepEqual(seenByA, seenByB);
  assert.deepEqual(seenByA.map(({ method, url }) => `${method} ${url}`.replace(/\?.*/, "")), asked);
  const numbers = seenByA.map(({ sequence }) => sequence);
  assert.deepEqual(numbers.toSorted((one, other) => Number(one) - Number(other)), asked.map((_, index) => index + 1));
  const reports = [await control(pair.a, "GET /control/report"), await control(pair.b, "GET /control/report")];
  assert.deepEqual(reports[0], reports[1]);
  const [client, ...others] = listOf(reports[0] ?? {}, "clients");
  assert.deepEqual([reports[0]?.verdict, client?.name, client?.exchanges, others], ["pass", "double", numbers, []]);
});

Deno.test("a slip that only shows across two processes is found, with its evidence in the order of time", async () => {
  await using pair = await openPair();
  let count = 0;
  await runDouble({ send: (request) => (count++, pair.hop(request)), slip: "sends another verifier" });
  const exchanges = await recorded(pair.b, count);
  const [client] = listOf(await control(pair.b, "GET /control/report"), "clients");
  const broken = listOf(client ?? {}, "findings").filter(({ status }) => status === "broken");
  assert.deepEqual(broken.map(({ rule }) => rule), ["C11"]);
  const routeOf = (number: unknown): unknown => exchanges.find(({ sequence }) => sequence === number)?.route;
  assert.deepEqual(Object(broken[0]).evidence.map(routeOf), ["authorize", "token"]);
});

Deno.test("what is cleared on one process is gone on both, and numbers continue", async () => {
  await using pair = await openPair();
  await ask(pair.a, "/oauth/jwks");
  await ask(pair.b, "/oauth/jwks");
  assert.deepEqual((await recorded(pair.b, 2)).map(({ sequence }) => sequence).toSorted(), [1, 2]);
  // This one is still on its way when the record is cleared.
  await ask(pair.b, "/oauth/jwks?late");
  assert.equal((await pair.a.fetch("/control/exchanges", { method: "DELETE" })).status, 204);
  await ask(pair.b, "/oauth/jwks?next");
  const [next] = await recorded(pair.a, 1);
  assert.match(String(next?.url), /\?next$/);
  assert(Number(next?.sequence) >= 3, String(next?.sequence));
  assert.deepEqual(await recorded(pair.b, 1), [next]);
});

Deno.test("a reset on one process leaves nothing on record on either", async () => {
  await using pair = await openPair();
  await ask(pair.a, "/oauth/jwks");
  await recorded(pair.b, 1);
  await control(pair.b, "POST /control/reset");
  for (const app of [pair.a, pair.b]) await recorded(app, 0);
});

Deno.test("GET /control/events of one process sends what the other serves, and a stream while it is open", async () => {
  await using pair = await openPair();
  const events = (await pair.b.get("/control/events")).body?.getReader();
  assert(events);
  let told = "";
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(told)) {
      told += new TextDecoder().decode((await events.read()).value);
      // That comes every 15 seconds.
      assert(!told.includes("still here"), told);
    }
  };
  const call: Fetch = (_, init) => pair.a.fetch("/no-auth", init);
  const session = await beginSession(call);
  await until(/id: [\w-]+\.1\nevent: exchange\ndata: .*"route":"no_auth_post"/);
  const stream = await send(call, "GET", { ...session, accept: "text/event-stream" });
  assert.equal(stream.status, 200);
  await until(/id: [\w-]+\.2\nevent: exchange\ndata: .*"route":"no_auth_get".*"isOpen":true/);
  await stream.body?.cancel();
  await until(/id: [\w-]+\.2\nevent: exchange\ndata: .*"route":"no_auth_get"(?!.*"isOpen")/);
  const exchanges = await recorded(pair.b, 2);
  assert.deepEqual(exchanges.map(({ sequence, isOpen }) => [sequence, isOpen]), [1, 2].map((id) => [id, undefined]));
  await events.cancel();
});

Deno.test("a process that shows exchanges since a time hides older ones, and its reports are whole", async () => {
  const kv = await Deno.openKv(":memory:");
  const options = { kv, shared: true, loopbackOnly: true };
  await using before = await testApp({ ...options, now: () => startMs });
  await ask(before, "/oauth/jwks?before");
  await recorded(before, 1);
  await using after = await testApp({ ...options, now: () => startMs + 10, recordSinceMs: startMs + 10 });
  await ask(after, "/oauth/jwks?after");
  const [own] = await recorded(after, 1);
  assert.deepEqual([own?.sequence, String(own?.url).split("?")[1]], [2, "after"]);
  await recorded(before, 2);
  kv.close();
});
