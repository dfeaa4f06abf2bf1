/** Streams that are open, and what a test puts on them: on each kind of stream, right and wrong, and their end. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { setImmediate } from "node:timers";
import { startMockServer } from "../../main.ts";
import { assertOAuthError, startMs, type TestApp, testApp } from "../helpers.ts";
import { beginSession, envelope, type Fetch, post, rpc, send as sendTo } from "../mcp/helpers.ts";
import { control, listOf, send } from "./helpers.ts";

type Headers = Readonly<Record<string, string>>;

const delay = { name: "mock_delay", arguments: { delayMs: 1000, message: "m" } };
const changed = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
const onStream = `event: message\ndata: ${JSON.stringify(changed)}\n\n`;

function at({ fetch }: Pick<TestApp, "fetch">, path = "/no-auth"): Fetch {
  return (_, init) => fetch(path, init);
}

/** An app whose tools never end, and a session in it. */
async function begin(): Promise<{ readonly test: TestApp; readonly session: Headers }> {
  const test = await testApp({ sleep: () => new Promise(() => {}) });
  const session = { ...await beginSession(at(test)), "mcp-protocol-version": "2025-11-25" };
  return { test, session };
}

async function listed(test: TestApp): Promise<readonly Record<string, unknown>[]> {
  return listOf(await control(test, "GET /control/streams"), "streams");
}

/** Reads a stream piece by piece, the opening event left out. */
function readerOf(response: Response): { readonly next: () => Promise<string>; readonly end: () => Promise<unknown> } {
  const reader = response.body?.getReader();
  const read = async (): Promise<string | undefined> => {
    const { done, value } = await reader?.read() ?? { done: true };
    return done ? undefined : new TextDecoder().decode(value);
  };
  return {
    next: async () => {
      const text = await read();
      return text === undefined
        ? "the end"
        : /^id: \S+\nretry: \d+\ndata: \n\n$/.test(text)
        ? await read() ?? ""
        : text;
    },
    end: async () => await reader?.cancel(),
  };
}

/** Each kind of stream, and how it is opened. */
const kinds: readonly {
  readonly name: string;
  readonly to: object;
  readonly told: object;
  readonly open: (test: TestApp, session: Headers) => Promise<Response>;
}[] = [
  {
    name: "GET of a session",
    to: {},
    told: { method: "GET", path: "/no-auth" },
    open: (test, session) => sendTo(at(test), "GET", session),
  },
  {
    name: "a call under way",
    to: { method: "POST" },
    told: { method: "POST", path: "/no-auth", rpc_method: "tools/call", rpc_id: 7 },
    open: (test, session) => post(at(test), rpc("tools/call", delay, 7), session),
  },
  {
    name: "subscriptions/listen",
    to: { method: "POST", path: "/conformance" },
    told: { method: "POST", path: "/conformance", rpc_method: "subscriptions/listen", rpc_id: "s" },
    open: async (test) => {
      const params = { notifications: { toolsListChanged: true }, _meta: envelope };
      return await post(at(test, "/conformance"), rpc("subscriptions/listen", params, "s"), {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "subscriptions/listen",
      });
    },
  },
  {
    name: "HTTP+SSE",
    to: { path: "/no-auth/sse" },
    told: { method: "GET", path: "/no-auth/sse" },
    open: (test) => sendTo(at(test, "/no-auth/sse"), "GET"),
  },
];

Deno.test("POST /control/streams puts a message, right or wrong, on a stream of each kind, and ends it", async (t) => {
  for (const { name, to, told, open } of kinds) {
    await t.step(name, async () => {
      const { test, session } = await begin();
      await using _ = test;
      const { next } = readerOf(await open(test, session));
      if (name === "subscriptions/listen" || name === "HTTP+SSE") await next();
      test.clock.nowMs += 2000;
      const [one = {}] = await listed(test);
      assert.deepEqual({ ...one, ...told }, one);
      assert.deepEqual([one.opened_at_ms, one.age_seconds], [startMs, 2]);
      for (const choice of [to, { stream: one.stream }]) {
        await control(test, "POST /control/streams", { to: choice, message: changed });
        assert.equal(await next(), onStream);
      }
      await control(test, "POST /control/streams", { to, comment: "c", id: "9", retry_ms: 1, data: "not\nJSON" });
      assert.equal(await next(), ": c\nid: 9\nretry: 1\ndata: not\ndata: JSON\n\n");
      await control(test, "POST /control/streams", { to, text: "data: {broken", end: "close" });
      assert.deepEqual([await next(), await next()], ["data: {broken", "the end"]);
      assert.deepEqual(await listed(test), []);
    });
  }
});

Deno.test("a stream that is cut breaks behind what was put on it, and leaves the list", async () => {
  const { test, session } = await begin();
  await using _ = test;
  const { next } = readerOf(await sendTo(at(test), "GET", session));
  await control(test, "POST /control/streams", { message: changed, end: "cut" });
  assert.equal(await next(), onStream);
  await assert.rejects(next(), /cut on request/);
  assert.deepEqual(await listed(test), []);
});

Deno.test("streams are chosen by session, by its id or its handle, and by default are those of GET requests", async () => {
  const { test, session } = await begin();
  await using _ = test;
  const other = { ...await beginSession(at(test)), "mcp-protocol-version": "2025-11-25" };
  const [own, foreign] = [
    readerOf(await sendTo(at(test), "GET", session)),
    readerOf(await sendTo(at(test), "GET", other)),
  ];
  const call = readerOf(await post(at(test), rpc("tools/call", delay, 7), session));
  const id = session["mcp-session-id"] ?? "";
  for (const name of [id, hash("sha256", id, "base64url")]) {
    const told = await control(test, "POST /control/streams", { to: { session: name }, message: changed });
    assert.deepEqual(listOf(told, "streams").map(({ method }) => method), ["GET"]);
    assert.equal(await own.next(), onStream);
  }
  await control(test, "POST /control/streams", { comment: "to all" });
  assert.deepEqual([await own.next(), await foreign.next()], [": to all\n\n", ": to all\n\n"]);
  await control(test, "POST /control/streams", { to: { session: id, method: "POST" }, comment: "to the call" });
  assert.equal(await call.next(), ": to the call\n\n");
  for (const { end } of [own, foreign, call]) await end();
  assert.deepEqual(await listed(test), [], "streams that their clients left");
});

Deno.test("a text waits behind an event that is under way, so that it tears nothing apart", async () => {
  const gate = Promise.withResolvers<void>();
  await using test = await testApp({ sleep: (ms) => ms === 5 ? gate.promise : Promise.resolve() });
  const session = await beginSession(at(test));
  const edit = { stream: { form: "events" }, trickle: { bytes: 20, every_ms: 5 } };
  await control(test, "POST /control/faults", { match: { rpc_method: "tools/call" }, edit });
  const response = await post(
    at(test),
    rpc("tools/call", { name: "mock_echo", arguments: { message: "m" } }, 7),
    session,
  );
  const reading = response.text();
  gate.resolve();
  while ((await listed(test))[0]?.sent_events === undefined) await new Promise<void>((done) => setImmediate(done));
  await control(test, "POST /control/streams", { to: { method: "POST" }, comment: "between" });
  assert.match(await reading, /^(: between\n\n)?event: message\ndata: \{.*\}\n\n(: between\n\n)?$/);
});

Deno.test("what cannot be put, or put anywhere, is refused with what there is", async () => {
  const { test, session } = await begin();
  await using _ = test;
  const stream = readerOf(await sendTo(at(test), "GET", session));
  const [{ stream: handle = "" } = {}] = await listed(test);
  const wrong: readonly (readonly [push: object, status: number, error: RegExp])[] = [
    [{}, 400, /one of message, data, text, comment/],
    [{ to: {} }, 400, /one of message/],
    [{ message: 1, text: "x" }, 400, /one of message, data and text/],
    [{ comment: "c", end: "stop" }, 400, /end.*close.*cut/],
    [{ comment: "c", to: { streams: "x" } }, 400, /streams/],
    [{ comment: "c", to: { stream: "stream-0" } }, 404, new RegExp(`${handle}`)],
    [{ comment: "c", to: { session: "none" } }, 404, /session/],
  ];
  for (const [push, status, error] of wrong) {
    const refused = await send(test, "POST /control/streams", push);
    assert.match(await assertOAuthError(refused, status, status === 404 ? "not_found" : "invalid_request"), error);
  }
  await stream.end();
});

Deno.test("pushToStreams of the fixture reaches the streams that are meant, and says how many (startMockServer)", async () => {
  await using mock = await startMockServer();
  const fetch: Fetch = (_, init) => mock.fetch("/no-auth", init);
  assert.equal(await mock.pushToStreams({ message: changed }), 0);
  const { next } = readerOf(await sendTo(fetch, "GET", await beginSession(fetch)));
  assert.equal(await mock.pushToStreams({ message: changed, end: "close" }), 1);
  assert.deepEqual([await next(), await next()], [onStream, "the end"]);
});

Deno.test("a push that reaches no stream, and an id that nobody can resume from, are answered with a note", async () => {
  const { test, session } = await begin();
  await using _ = test;
  const nobody = await control(test, "POST /control/streams", { message: changed });
  assert.deepEqual(nobody, {
    streams: [],
    note: "Nothing was sent: no stream that a GET request opened is open in this process",
  });
  const stream = readerOf(await sendTo(at(test), "GET", session));
  const named = await control(test, "POST /control/streams", { message: changed, id: "mine" });
  assert.equal(named.note, "The id is not kept: a client that resumes from it gets 400");
  await stream.end();
  const resumed = await sendTo(at(test), "GET", { ...session, "last-event-id": "mine" });
  assert.equal(resumed.status, 400);
  assert.match(await resumed.text(), /was pushed by a test/);
});
