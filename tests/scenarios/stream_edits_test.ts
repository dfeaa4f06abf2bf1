/** What faults do to answers as streams of events: each member of the grammar, and that nothing outlives its sandbox. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { Sleep } from "../../lib/runtime/sleep.ts";
import { control, send } from "../control/helpers.ts";
import { assertOAuthError, type TestApp, testApp } from "../helpers.ts";
import { envelope, initialize, rpc } from "../mcp/helpers.ts";

type Headers = Readonly<Record<string, string>>;

const accept = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const echo = { name: "mock_echo", arguments: { message: "m" } };
const echoed = { content: [{ type: "text", text: "Echo: m" }] };

async function beginSession({ fetch }: Pick<TestApp, "fetch">): Promise<Headers> {
  const begun = await fetch("/no-auth", { method: "POST", headers: accept, body: JSON.stringify(initialize()) });
  await begun.text();
  const session = begun.headers.get("mcp-session-id") ?? "";
  return { ...accept, "mcp-protocol-version": "2025-11-25", "mcp-session-id": session };
}

function call(
  { fetch }: Pick<TestApp, "fetch">,
  headers: Headers,
  { id = 7, params = echo, signal = null }: {
    readonly id?: string | number;
    readonly params?: object;
    readonly signal?: AbortSignal | null;
  } = {},
): Promise<Response> {
  const body = JSON.stringify(rpc("tools/call", params, id));
  return fetch("/no-auth", { method: "POST", headers, body, signal });
}

/** The same in 2026-07-28, where there is no session. */
function callModern({ fetch }: Pick<TestApp, "fetch">): Promise<Response> {
  const headers = {
    ...accept,
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "mock_echo",
  };
  const body = JSON.stringify(rpc("tools/call", { ...echo, _meta: envelope }, 7));
  return fetch("/no-auth", { method: "POST", headers, body });
}

/** Sets what is done to the next call. */
async function play(test: TestApp, edit: object): Promise<void> {
  await control(test, "POST /control/faults", { match: { rpc_method: "tools/call" }, edit });
}

/** What arrives of a body, and whether it breaks off. */
async function readAll(response: Response): Promise<readonly [text: string, isWhole: boolean]> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return [text, true];
  } catch (error) {
    assert.match(String(error), /on request/);
    return [text, false];
  }
}

const answer = `event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: 7, result: echoed })}\n\n`;
const ping = { jsonrpc: "2.0", id: "p-{rpc_id_text}", method: "ping", params: { to: "{message.params.name}" } };
const pinged = 'data: {"jsonrpc":"2.0","id":"p-7","method":"ping","params":{"to":"mock_echo"}}\n\n';

/** An edit of an answer in JSON, and the stream it becomes. */
const cases: readonly (readonly [edit: object, text: string, isWhole?: false])[] = [
  [{ stream: { form: "events" } }, answer],
  [{ stream: { before: [{ comment: "a\nb" }] } }, `: a\n: b\n\n${answer}`],
  [{ stream: { before: [{ message: ping }], after: [{ comment: "end" }] } }, `${pinged}${answer}: end\n\n`],
  [
    { stream: { before: [{ event: "e", id: "i-{event.number}", retry_ms: 5, data: "not JSON\nat all" }] } },
    `event: e\nid: i-1\nretry: 5\ndata: not JSON\ndata: at all\n\n${answer}`,
  ],
  [{ stream: { before: [{ text: "data: {" }] } }, `data: {${answer}`],
  [
    { stream: { before: [{ wait_ms: 3, comment: "{event.number}/{event.time}", every_ms: 20, times: 2 }] } },
    `: 1/1\n\n: 2/2\n\n${answer}`,
  ],
  [{ stream: { twice: true } }, answer + answer],
  [
    { stream: { fields: { event: null, id: "x-{event.number}", retry_ms: 9 } } },
    `id: x-1\nretry: 9\n${answer.slice(15)}`,
  ],
  [{ json: { set: { id: "{rpc_id_text}" } }, stream: { form: "events" } }, answer.replace('"id":7', '"id":"7"')],
  [{ stream: { end: { how: "close" } } }, ""],
  [{ stream: { end: { how: "cut" } } }, "", false],
  [{ stream: { twice: true, end: { after_events: 1, after_ms: 1, how: "cut" } } }, answer, false],
  [{ stream: { before: [{ comment: "c" }], end: { after_events: 1, how: "close" } } }, `: c\n\n${answer}`],
];

Deno.test("an answer in JSON becomes the stream that a fault describes (HTML, server-sent events)", async (t) => {
  await using test = await testApp({ sleep: () => Promise.resolve() });
  const session = await beginSession(test);
  for (const [edit, expected, isWhole = true] of cases) {
    await t.step(JSON.stringify(edit), async () => {
      await play(test, edit);
      const response = await call(test, session);
      assert.equal(response.headers.get("content-type"), "text/event-stream");
      assert.deepEqual(await readAll(response), [expected, isWhole]);
      assert.match(await (await call(test, session)).text(), /^\{/, "the next answer is as it was");
    });
  }
});

Deno.test("initialize, and what the SDK answers, become streams as well", async () => {
  await using test = await testApp();
  await control(test, "POST /control/faults", {
    match: { endpoint: "open_mcp" },
    life: "always",
    edit: { stream: { before: [{ comment: "c" }] } },
  });
  const began = await test.fetch("/no-auth", { method: "POST", headers: accept, body: JSON.stringify(initialize()) });
  assert.match(await began.text(), /^: c\n\nevent: message\ndata: \{.*"protocolVersion".*\}\n\n$/);
  assert.match(await (await callModern(test)).text(), /^: c\n\nevent: message\ndata: \{.*"resultType".*\}\n\n$/);
});

Deno.test("a stream without an end ends where a fault makes an error of it, or another type: its body would never come", async (t) => {
  await using test = await testApp();
  const session = await beginSession(test);
  const listen = JSON.stringify(rpc("subscriptions/listen", { notifications: {}, _meta: envelope }, 7));
  const modern = { ...accept, "mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen" };
  const open = {
    GET: (): Promise<Response> => test.fetch("/no-auth", { headers: session }),
    POST: (): Promise<Response> => test.fetch("/no-auth", { method: "POST", headers: modern, body: listen }),
  } as const;
  for (const [method, ask] of [["GET", open.GET], ["POST", open.POST]] as const) {
    for (
      const edit of [{ status: 405 }, { content_type: "text/html" }, { status: 405, headers: { "content-type": null } }]
    ) {
      await t.step(`${method} ${JSON.stringify(edit)}`, async () => {
        await control(test, "POST /control/faults", { match: { endpoint: "open_mcp", method }, edit });
        assert.deepEqual(await readAll(await ask()), ["", true]);
        const next = await ask();
        assert.equal(next.headers.get("content-type"), "text/event-stream", "the next one is as it was");
        await next.body?.cancel();
      });
    }
  }
});

Deno.test("a message that is split comes on several lines of data, with a comment between, and is the same", async () => {
  await using test = await testApp();
  const session = await beginSession(test);
  await play(test, { stream: { split: true } });
  const text = await (await call(test, session)).text();
  assert.match(text, /\ndata: .*\n: .*\ndata: \}\n\n$/);
  const data = text.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
  assert.deepEqual(JSON.parse(data), { jsonrpc: "2.0", id: 7, result: echoed });
});

Deno.test("each message of a stream is edited, its ids and the opening event stay (MCP transports)", async () => {
  await using test = await testApp({ sleep: () => Promise.resolve() });
  const session = await beginSession(test);
  const params = { name: "mock_delay", arguments: { delayMs: 4, message: "m" }, _meta: { progressToken: 1 } };
  await play(test, { json: { set: { id: "{rpc_id_text}", was: "{body.method}" }, remove: ["params"] } });
  const text = await (await call(test, session, { params })).text();
  const events = text.trimEnd().split("\n\n");
  assert.match(events[0] ?? "", /^id: \S+\nretry: 250\ndata: $/);
  const [, progress = "", ...rest] = events;
  assert.equal(
    progress.replace(/^event: message\nid: \S+\n/, ""),
    'data: {"jsonrpc":"2.0","method":"notifications/progress","id":"7","was":"notifications/progress"}',
  );
  assert.match(rest.at(-1) ?? "", /^event: message\nid: \S+\ndata: \{"result":.*,"jsonrpc":"2.0","id":"7","was":""\}$/);
});

Deno.test("a stream as JSON is the last of its messages, edited", async () => {
  await using test = await testApp({ sleep: () => Promise.resolve() });
  const session = await beginSession(test);
  const params = { name: "mock_delay", arguments: { delayMs: 4, message: "m" }, _meta: { progressToken: 1 } };
  await play(test, { json: { set: { id: 8 } }, stream: { form: "json" } });
  const response = await call(test, session, { params });
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), {
    jsonrpc: "2.0",
    id: 8,
    result: { content: [{ type: "text", text: "Delayed 4ms: m" }] },
  });
});

Deno.test("mcp_answer_form: events makes every answer a stream; one in a session that closes early can be resumed", async () => {
  await using test = await testApp();
  await control(test, "PATCH /control/plan", { policy: { mcp_answer_form: "events" } });
  const session = await beginSession(test);
  const whole = await (await call(test, session)).text();
  assert.match(whole, /^id: \S+\nretry: 250\ndata: \n\nevent: message\nid: \S+\ndata: \{.*"id":7\}\n\n$/);
  await play(test, { stream: { fields: { retry_ms: 500 }, end: { after_events: 1, how: "close" } } });
  const [, id = "", retry] = /^id: (\S+)\nretry: (\d+)\ndata: \n\n$/.exec(await (await call(test, session)).text()) ??
    [];
  assert.equal(retry, "500");
  const resumed = await test.fetch("/no-auth", { headers: { ...session, "last-event-id": id } });
  assert.match(await resumed.text(), /data: \{.*Echo: m.*"id":7\}\n\n$/);
  const unknown = await call(test, session, { params: { name: "no_such_tool", arguments: {} } });
  assert.match(await unknown.text(), /^event: message\ndata: \{.*-32602.*\}\n\n$/);
  const modern = await callModern(test);
  assert.equal(modern.headers.get("content-type"), "text/event-stream");
  assert.match(await modern.text(), /^event: message\ndata: \{.*"resultType":"complete".*\}\n\n$/);
});

Deno.test("a fault puts a message on the GET stream of the session, and sends the answer there, where one is open", async () => {
  await using test = await testApp();
  const session = await beginSession(test);
  const other = await test.fetch("/no-auth", { headers: await beginSession(test) });
  await play(test, { stream: { via: "get" } });
  assert.match(await (await call(test, session)).text(), /^\{/, "no stream is open, so nothing is changed");
  const reader = (await test.fetch("/no-auth", { headers: session })).body?.getReader();
  assert.equal(await (await call(test, session)).text(), "");
  const next = async (): Promise<string> => new TextDecoder().decode((await reader?.read())?.value);
  assert.equal(await next(), answer);
  await play(test, { stream: { on_get: [{ message: ping }] } });
  assert.equal(await (await call(test, session)).text(), answer);
  assert.equal(await next(), pinged);
  await control(test, "POST /control/reset", {});
  assert.equal(await other.text(), "", "the stream of another session got nothing");
});

Deno.test("a stream that ends after a time carries what comes until then, and nothing later", async () => {
  for (const how of ["close", "cut"]) {
    const gate = Promise.withResolvers<void>();
    let steps = 0;
    // The tool reports once, and then takes longer than the stream.
    const sleep: Sleep = (ms) => ms === 5000 ? gate.promise : steps++ === 0 ? Promise.resolve() : new Promise(() => {});
    await using test = await testApp({ sleep });
    const session = await beginSession(test);
    await play(test, { stream: { end: { after_ms: 5000, how } } });
    const params = { name: "mock_delay", arguments: { delayMs: 4, message: "m" }, _meta: { progressToken: 1 } };
    const reader = (await call(test, session, { params })).body?.getReader();
    let text = "";
    while (!text.includes("notifications/progress")) text += new TextDecoder().decode((await reader?.read())?.value);
    const end = reader?.read();
    gate.resolve();
    if (how === "close") assert.deepEqual(await end, { done: true, value: undefined });
    else await assert.rejects(async () => await end, /cut on request/);
  }
});

/** What keeps an answer waiting, before its head or behind it. */
const waits: readonly (readonly [name: string, edit: object, hasHead: boolean])[] = [
  ["delay_ms", { delay_ms: 1000 }, false],
  ["hold", { hold: true }, false],
  ["an event that waits", { stream: { before: [{ wait_ms: 1000, comment: "c" }] } }, true],
  ["events without end", { stream: { before: [{ comment: "c", every_ms: 1000 }] } }, true],
  ["a late end", { stream: { end: { after_events: 0, after_ms: 1000, how: "cut" } } }, true],
  ["a stream that is held", { stream: { end: { how: "hold" } } }, true],
];

/** What ends the wait. */
const ends = ["reset", "client leaves", "server stops"] as const;

Deno.test("nothing that waits outlives its client, its sandbox or its server", async (t) => {
  for (const [name, edit, hasHead] of waits) {
    for (const end of ends) {
      await t.step(`${name}: ${end}`, async () => {
        const timers = new Set<object>();
        const sleep: Sleep = (_, signal) => {
          const timer = {};
          timers.add(timer);
          return new Promise((_, reject) => {
            signal?.addEventListener("abort", () => {
              timers.delete(timer);
              reject(signal.reason);
            }, { once: true });
          });
        };
        const [client, server] = [new AbortController(), new AbortController()];
        await using test = await testApp({ sleep, signal: server.signal });
        const session = await beginSession(test);
        await play(test, edit);
        const answering = call(test, session, { signal: client.signal });
        const response = hasHead ? await answering : undefined;
        const reader = response?.body?.getReader();
        const reading = reader?.read().then(() => reader.read());
        await met(test);
        assert.equal(timers.size, name.includes("hold") || name.includes("held") ? 0 : 1);
        if (end === "reset") await control(test, "POST /control/reset", {});
        else if (end === "server stops") server.abort();
        else if (reader) await reader.cancel();
        else client.abort();
        if (reading) await reading.catch(() => {});
        else await assert.rejects(async () => await (await answering).text(), /on request/);
        assert.equal(timers.size, 0);
      });
    }
  }
});

/** Resolves when the one fault has been met, and what it does has begun. */
async function met(test: TestApp): Promise<void> {
  while (!JSON.stringify(await control(test, "GET /control/faults")).includes('"met":1'));
  for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

Deno.test("a stream edit that says nothing, or two things at once, is refused, with what is known", async () => {
  await using test = await testApp();
  const wrong: readonly (readonly [edit: object, error: RegExp])[] = [
    [{ stream: {} }, /edit\.stream.*at least one change, such as form, before, or end/],
    [{ stream: { form: "json", twice: true } }, /edit\.stream\.form.*nothing beside json/],
    [{ stream: { form: "html" } }, /edit\.stream\.form.*events.*json/],
    [{ stream: { befor: [] } }, /befor/],
    [{ stream: { before: [{ message: {}, data: "x" }] } }, /one of message, data and text/],
    [{ stream: { before: [{ times: 2, comment: "c" }] } }, /times.*every_ms/],
    [{ stream: { end: { how: "stop" } } }, /edit\.stream\.end\.how.*close.*cut.*hold/],
    [{ stream: { before: [{ comment: "{event.number} {body.x}" }] } }, /\{body\.x\} is not one/],
  ];
  for (const [edit, error] of wrong) {
    const refused = await send(test, "POST /control/faults", { match: {}, edit });
    assert.match(await assertOAuthError(refused, 400, "invalid_request"), error);
  }
});

Deno.test("faults as text hold, cut, close, repeat and change the form of answers of MCP endpoints", async () => {
  await using test = await testApp();
  const session = await beginSession(test);
  const told: readonly (readonly [effect: string, text: RegExp, isWhole?: false])[] = [
    ["events", /^event: message\ndata: /],
    ["twice", /(data: .*\n\nevent: message\n){1}data: /],
    ["close", /^$/],
    ["close=1", /Echo: m/],
    ["cut", /^$/, false],
    ["cut=1", /Echo: m/, false],
    ["json", /^\{/],
  ];
  for (const [effect, text, isWhole = true] of told) {
    await control(test, "POST /control/faults", `open_mcp.tools/call:${effect}`);
    const [read, isEnd] = await readAll(await call(test, session));
    assert.match(read, text, effect);
    assert.equal(isEnd, isWhole, effect);
  }
  const refused = await send(test, "POST /control/faults", "token:twice");
  assert.match(
    await assertOAuthError(refused, 400, "invalid_request"),
    /of mcp and open_mcp alone events, json, twice/,
  );
});
