/** Many streams at once, with all that can happen to them: none starves, and nothing is left when their sandbox starts over. */
import assert from "node:assert/strict";
import { type Sleep, sleepOnTimer } from "../../lib/runtime/sleep.ts";
import { createApp } from "../../main.ts";
import { initialize, rpc } from "../mcp/helpers.ts";

const STREAMS = 200;
const PUSHES = 10;

type Headers = Readonly<Record<string, string>>;

/** The server on a port, and how many of its timers run. */
interface Loaded extends AsyncDisposable {
  readonly at: (path: string, init?: RequestInit) => Promise<Response>;
  readonly control: (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;
  readonly timers: () => number;
}

async function open(): Promise<Loaded> {
  const kv = await Deno.openKv(":memory:");
  const stop = new AbortController();
  let timers = 0;
  const sleep: Sleep = async (ms, signal) => {
    timers++;
    try {
      await sleepOnTimer(ms, signal);
    } finally {
      timers--;
    }
  };
  const app = createApp({ kv, signal: stop.signal, sleep, control: "open" });
  // Bodies break off here because they are meant to.
  const onError = (): Response => new Response(null, { status: 500 });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, onError }, app);
  const at: Loaded["at"] = (path, init) => fetch(`http://127.0.0.1:${server.addr.port}/s/standard~load${path}`, init);
  return {
    at,
    control: async (method, path, body) => {
      const response = await at(`/control${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
      assert.equal(response.status, 200);
      return await response.json();
    },
    timers: () => timers,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await server.shutdown();
      kv.close();
    },
  };
}

/** What reads a stream of text up to what is waited for. */
function readerOf(
  response: Response,
): { readonly until: (wanted: RegExp) => Promise<string>; readonly rest: () => Promise<string> } {
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    until: async (wanted) => {
      while (!wanted.test(text)) {
        const { done, value } = await reader.read();
        assert.equal(done, false, `the stream ended before ${wanted}: ${text}`);
        text += value;
      }
      return text;
    },
    rest: async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return text;
        text += value;
      }
    },
  };
}

async function beginSession({ at }: Loaded): Promise<Headers> {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const begun = await at("/no-auth", { method: "POST", headers, body: JSON.stringify(initialize()) });
  await begun.text();
  const session = begun.headers.get("mcp-session-id") ?? "";
  return { ...headers, "mcp-protocol-version": "2025-11-25", "mcp-session-id": session };
}

function call({ at }: Loaded, headers: Headers): Promise<Response> {
  const body = JSON.stringify(rpc("tools/call", { name: "mock_echo", arguments: { message: "m" } }, 7));
  return at("/no-auth", { method: "POST", headers, body });
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  await Promise.all(items.map(work));
}

Deno.test("200 streams get what is pushed, are cut and resumed, and are gone with every timer after a reset", async () => {
  await using loaded = await open();
  const { at, control, timers } = loaded;
  const before = timers();
  const sessions = await Promise.all(Array.from({ length: STREAMS }, () => beginSession(loaded)));
  const get = (headers: Headers, more: Headers = {}): Promise<Response> =>
    at("/no-auth", { headers: { ...headers, ...more } });
  const streams = await Promise.all(sessions.map(async (headers) => ({ headers, ...readerOf(await get(headers)) })));

  // Each message reaches every stream, in order.
  for (let number = 1; number <= PUSHES; number++) {
    const message = { jsonrpc: "2.0", method: "notifications/mock", params: { number } };
    const { streams: reached } = await control("POST", "/streams", { message });
    assert.equal(Array.isArray(reached) && reached.length, STREAMS);
  }
  await each(streams, async ({ until }) => {
    const text = await until(new RegExp(`"number":${PUSHES}\\}`));
    const numbers = [...text.matchAll(/"number":(\d+)\}/g)].map(([, number]) => Number(number));
    assert.deepEqual(numbers, Array.from({ length: PUSHES }, (_, index) => index + 1));
  });

  // The stream of each call closes early, and is resumed, while the others stay open.
  await control("POST", "/faults", {
    match: { rpc_method: "tools/call" },
    life: "always",
    policy: { mcp_answer_form: "events" },
    edit: { stream: { end: { after_events: 1, after_ms: 5, how: "close" } } },
  });
  await each(sessions, async (headers) => {
    const [, id = ""] = /^id: (\S+)\n/.exec(await (await call(loaded, headers)).text()) ?? [];
    assert.match(await (await get(headers, { "last-event-id": id })).text(), /Echo: m/);
  });

  // All are cut at once, and opened again.
  await control("POST", "/streams", { comment: "the last", end: "cut" });
  await each(streams, ({ rest }) => assert.rejects(rest()));
  assert.deepEqual((await control("GET", "/streams")).streams, []);
  const again = await Promise.all(sessions.map(async (headers) => readerOf(await get(headers))));
  await control("POST", "/streams", { comment: "back" });
  await each(again, ({ until }) => until(/: back\n\n/));

  // What waits, or goes on for ever, ends with the sandbox.
  await control("DELETE", "/faults");
  await control("POST", "/faults", {
    match: { rpc_method: "tools/call" },
    life: "always",
    edit: { stream: { before: [{ comment: "{event.time}", every_ms: 20 }] } },
  });
  const endless = await Promise.all(sessions.map(async (headers) => readerOf(await call(loaded, headers))));
  await each(endless, ({ until }) => until(/: 3\n\n/));
  const { streams: held = [] } = await control("GET", "/streams");
  assert.equal(Array.isArray(held) && held.length, 2 * STREAMS);
  assert(timers() > before);
  await control("POST", "/reset", {});
  await each([...again, ...endless], ({ rest }) => rest());
  assert.deepEqual((await control("GET", "/streams")).streams, []);
  assert.equal(timers(), before);
});

Deno.test("1,000 streams that were pushed to, cut, closed and held leave no memory behind (design)", async () => {
  // A process of its own, whose garbage can be collected on demand.
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--config", "tests/deno.json", "--quiet", "--frozen", "--no-prompt", "--v8-flags=--expose-gc"],
      "tests/host/streams_memory.ts",
    ],
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { before, held, after } = JSON.parse(new TextDecoder().decode(stdout));
  assert.ok(held > before * 1.1, `the streams weigh nothing: ${before}, ${held}`);
  assert.ok(after < before * 1.2, `${before} bytes before, ${held} with the streams, ${after} after them`);
});
