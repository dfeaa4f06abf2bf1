/** The recorder itself: what it keeps, that it changes nothing, and that nobody waits for it. */
import assert from "node:assert/strict";
import { type Exchange, MAX_BODY_LENGTH } from "../../lib/recorder/exchange.ts";
import { createRecorder } from "../../lib/recorder/recorder.ts";
import { createRecording, type Recording } from "../../lib/recorder/recording.ts";
import { readText } from "../../lib/http/body.ts";
import { createPseudonyms } from "../../lib/recorder/redact/pseudonyms.ts";
import { createSpares } from "../../lib/recorder/spares.ts";
import { OpenResponse } from "../../lib/http/any_origin.ts";
import { createEvidence } from "../../lib/recorder/tape/evidence.ts";
import type { HeldExchange } from "../../lib/recorder/tape/ring.ts";
import { createRings, MAX_EXCHANGES } from "../../lib/recorder/tape/rings.ts";
import { createMemoryTape } from "../../lib/recorder/tape/memory_tape.ts";
import type { Tape } from "../../lib/recorder/tape/tape.ts";
import { createSlices } from "../../lib/runtime/slices.ts";
import { challengeOf } from "../helpers.ts";

const url = "http://localhost:8789/oauth";
const pseudonyms = createPseudonyms(new Uint8Array(32));

function tapeOf(errors: unknown[] = []): Tape {
  return createMemoryTape({ pseudonyms, slices: createSlices(() => 0), report: (error) => void errors.push(error) });
}

function record(errors: unknown[] = []): Recording {
  return createRecording({ tape: tapeOf(errors), now: () => 0, report: (error) => void errors.push(error) });
}

/** Sends a request through a recording to a handler. */
async function pass(
  recording: Recording,
  request: Request,
  respond: (request: Request) => Response | Promise<Response>,
  sandboxId = "main",
): Promise<Response> {
  const opened = recording.open(request, {
    sandboxId,
    url: request.url,
    startedAtMs: 1000,
    remoteAddress: "192.0.2.7",
  }, 2000);
  return opened.close(await respond(request), { route: "oauth_post", durationMs: 2.5, shapedBy: ["slow"] });
}

function postJson(body: string, headers: Record<string, string> = {}): Request {
  return new Request(url, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
}

function entry(sequence: number, bytes = 100): HeldExchange {
  const ways = { measure: () => bytes, likeness: () => "alike", hold: () => {}, exchange: () => example(sequence) };
  return { sequence, bytes, ...ways };
}

function example(sequence: number): Exchange {
  const message = { headers: [], truncated: false };
  return {
    sequence,
    receivedAtMs: 0,
    startedAtMs: 0,
    method: "GET",
    url,
    peer: "p",
    request: message,
    status: 200,
    response: message,
    durationMs: 1,
    shapedBy: [],
  };
}

Deno.test("an exchange has both messages, and the handler and the client see them as they were", async () => {
  const recording = record();
  const token = "t".repeat(40);
  const request = postJson('{"jsonrpc":"2.0","id":1,"method":"ping"}', {
    authorization: `Bearer ${token}`,
    "user-agent": "x/1",
  });
  const response = await pass(recording, request, async (received) => {
    assert.equal(await readText(received), '{"jsonrpc":"2.0","id":1,"method":"ping"}');
    return Response.json({ access_token: token }, { status: 201 });
  });
  assert.equal(await response.text(), JSON.stringify({ access_token: token }));
  const [exchange, ...others] = (await recording.read("main")).exchanges;
  assert.deepEqual(others, []);
  assert.match(exchange?.peer ?? "", /^[\w-]{8}$/);
  const redacted = `tttt…40…${challengeOf(token)}`;
  assert.deepEqual(exchange, {
    sequence: 1,
    receivedAtMs: 2000,
    startedAtMs: 1000,
    route: "oauth_post",
    method: "POST",
    url,
    peer: exchange?.peer,
    request: {
      headers: [["authorization", `Bearer ${redacted}`], ["content-type", "application/json"], ["user-agent", "x/1"]],
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      truncated: false,
    },
    status: 201,
    response: {
      headers: [["content-type", "application/json"]],
      body: JSON.stringify({ access_token: redacted }),
      truncated: false,
    },
    durationMs: 2.5,
    shapedBy: ["slow"],
  });
});

Deno.test("an event stream passes at once, chunk by chunk, and is on record while it goes on", async () => {
  const recording = record();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (own) => void (controller = own),
    cancel: () => void (isCancelled = true),
  });
  const response = await pass(
    recording,
    new Request(url),
    () => new Response(body, { headers: { "content-type": "text/event-stream" } }),
  );
  assert.equal((await recording.read("main")).exchanges[0]?.isOpen, true);
  const reader = response.body?.getReader();
  assert(reader);
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  controller?.enqueue(encode('data: {"id":1,"token":"'));
  const first = await reader.read();
  assert.equal(new TextDecoder().decode(first.value), 'data: {"id":1,"token":"');
  assert.equal((await recording.read("main")).exchanges[0]?.response.body, undefined, "half a line is not kept");
  controller?.enqueue(encode('secret-1"}\n\n'));
  await reader.read();
  const [open] = (await recording.read("main")).exchanges;
  assert.match(open?.response.body ?? "", /^data: \{"id":1,"token":"…8…[\w-]{22}"\}\n\n$/);
  await reader.cancel();
  assert(isCancelled, "the source learns that its reader has left");
  const [closed, ...others] = (await recording.read("main")).exchanges;
  assert.deepEqual(others, []);
  assert.equal(closed?.isOpen, undefined);
  assert.equal(closed?.response.body, open?.response.body);
});

Deno.test("an answer that a fault held back until its client left is on record as one that the client has ended", async () => {
  const recording = record();
  for (const type of ["application/json", "text/event-stream"]) {
    const client = new AbortController();
    const request = new Request(postJson("{}"), { signal: client.signal });
    await pass(recording, request, () => {
      client.abort();
      return new Response("{}", { headers: { "content-type": type } });
    });
  }
  const { exchanges } = await recording.read("main");
  assert.deepEqual(
    exchanges.map(({ stream, isOpen, response: { body, truncated } }) => ({ stream, isOpen, body, truncated })),
    Array.from({ length: 2 }, () => ({
      stream: { eventsAtMs: [], endedAtMs: 2000, endedBy: "client" },
      isOpen: undefined,
      body: undefined,
      truncated: true,
    })),
  );
});

Deno.test("bodies are kept up to 16 KiB, and long ones marked", async () => {
  const recording = record();
  const long = JSON.stringify({ text: "x".repeat(MAX_BODY_LENGTH) });
  const huge = JSON.stringify({ code: "y".repeat(9 * MAX_BODY_LENGTH) });
  await (await pass(recording, postJson(long), () => Response.json({ long }))).text();
  await (await pass(recording, postJson(huge), async (request) => new Response(await request.text()))).text();
  const [one, two] = (await recording.read("main")).exchanges;
  assert.equal(one?.request.body, long.slice(0, MAX_BODY_LENGTH));
  assert.equal(one?.request.truncated, true);
  assert.equal(one?.response.body?.length, MAX_BODY_LENGTH);
  assert.deepEqual([two?.request.body, two?.request.truncated], [undefined, true]);
  const events = `data: ${"z".repeat(MAX_BODY_LENGTH)}\n\n`;
  const stream = await pass(
    recording,
    new Request(url),
    () => new Response(events, { headers: { "content-type": "text/event-stream" } }),
  );
  assert.equal(await stream.text(), events, "the client gets all of it");
  const [, , three] = (await recording.read("main")).exchanges;
  assert.equal(three?.response.body?.length, MAX_BODY_LENGTH);
  assert.equal(three?.response.truncated, true);
});

Deno.test("a body that is not text is not kept, and one that a client does not finish does no harm", async () => {
  const recording = record();
  const binary = new Request(url, {
    method: "POST",
    body: new Uint8Array([1, 2]),
    headers: { "content-type": "image/png" },
  });
  await pass(recording, binary, () => new Response("x", { headers: { "content-type": "text/css" } }));
  const broken = new Request(url, {
    method: "POST",
    body: new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) }),
    headers: { "content-type": "application/json" },
  });
  await pass(recording, broken, () => new Response(null, { status: 400 }));
  const [one, two] = (await recording.read("main")).exchanges;
  assert.deepEqual([one?.request.body, one?.request.truncated, one?.response.body, one?.response.truncated], [
    undefined,
    true,
    undefined,
    true,
  ]);
  assert.deepEqual([two?.status, two?.request.body, two?.request.truncated], [400, undefined, true]);
});

Deno.test("a request whose body never comes is on record all the same, and delays nothing", async () => {
  const recording = record();
  const body = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
  const headers = { "content-type": "application/json", "content-length": "50" };
  await pass(recording, new Request(url, { method: "POST", body, headers }), () => new Response(null, { status: 401 }));
  const [exchange, ...others] = (await recording.read("main")).exchanges;
  assert.deepEqual([exchange?.status, exchange?.isOpen, exchange?.request.body, others], [401, true, undefined, []]);
});

Deno.test("exchanges are in the order in which they began, reading removes nothing, and sandboxes do not mix", async () => {
  const recording = record();
  const arrival = { sandboxId: "main", url, startedAtMs: 1, remoteAddress: "" };
  const slow = recording.open(new Request(url), arrival, 2000);
  const quick = recording.open(new Request(url), arrival, 2000);
  quick.close(new Response(null, { status: 202 }), { durationMs: 1 });
  slow.close(new Response(null, { status: 201 }), { durationMs: 9 });
  await pass(recording, new Request(url), () => new Response(null, { status: 204 }), "other");
  for (let time = 0; time < 2; time++) {
    assert.deepEqual((await recording.read("main")).exchanges.map(({ sequence, status }) => [sequence, status]), [[
      1,
      201,
    ], [
      2,
      202,
    ]]);
  }
  assert.deepEqual((await recording.read("main", 1)).exchanges.map(({ sequence }) => sequence), [2]);
  assert.deepEqual((await recording.read("other")).exchanges.map(({ sequence }) => sequence), [1]);
  assert.deepEqual((await recording.read("nobody")).exchanges, []);
});

Deno.test("a cleared sandbox forgets what began before, and continues its numbers; a dropped one starts over", async () => {
  const recording = record();
  const late = recording.open(new Request(url), { sandboxId: "main", url, startedAtMs: 1, remoteAddress: "" }, 2000);
  await pass(recording, new Request(url), () => new Response(null));
  await recording.clear("main");
  late.close(new Response(null), { durationMs: 1 });
  await pass(recording, new Request(url), () => new Response(null));
  assert.deepEqual((await recording.read("main")).exchanges.map(({ sequence }) => sequence), [3]);
  recording.drop("main");
  await pass(recording, new Request(url), () => new Response(null));
  assert.deepEqual((await recording.read("main")).exchanges.map(({ sequence }) => sequence), [1]);
});

Deno.test("listeners hear of their sandbox until they leave", async () => {
  const recording = record();
  const heard: number[] = [];
  const leave = recording.subscribe("main", {
    onExchange: ({ sequence }) => void heard.push(sequence),
    onClear: () => void heard.push(0),
  });
  await pass(recording, new Request(url), () => new Response(null));
  await pass(recording, new Request(url), () => new Response(null), "other");
  (await recording.read("main")).exchanges;
  (await recording.read("other")).exchanges;
  await recording.clear("main");
  leave();
  await pass(recording, new Request(url), () => new Response(null));
  (await recording.read("main")).exchanges;
  assert.deepEqual(heard, [1, 0]);
});

Deno.test("a sandbox keeps its 2,000 newest exchanges", async () => {
  const tape = tapeOf();
  for (let sequence = 1; sequence <= MAX_EXCHANGES + 10; sequence++) {
    assert.equal(tape.number("main"), sequence);
    tape.put("main", entry(sequence));
  }
  const { exchanges, isWhole } = await tape.read("main");
  assert.deepEqual([exchanges.length, exchanges[0]?.sequence, exchanges.at(-1)?.sequence], [2000, 11, 2010]);
  assert.deepEqual([isWhole, (await tape.read("other")).isWhole], [false, true]);
});

Deno.test("a listener that fails is reported, and the client gets its response all the same", async () => {
  const errors: unknown[] = [];
  const recording = record(errors);
  const problem = new Error("the listener's own");
  const onExchange = (): void => {
    throw problem;
  };
  recording.subscribe("main", { onExchange, onClear: () => {} });
  const events = { headers: { "content-type": "text/event-stream" } };
  assert.equal(
    await (await pass(recording, new Request(url), () => new Response("data: 1\n\n", events))).text(),
    "data: 1\n\n",
  );
  assert.equal(await (await pass(recording, new Request(url), () => Response.json(1))).text(), "1");
  (await recording.read("main")).exchanges;
  assert(errors.length >= 3 && errors.every((error) => error === problem), String(errors));
});

Deno.test("a request is received at its own time, or at that of the clock by which several processes order exchanges", async () => {
  for (const [fineNow, receivedAtMs] of [[undefined, 2000], [() => 2000.25, 2000.25]] as const) {
    const recording = record();
    const recorder = createRecorder({ recording, monotonicMs: () => 0, fineNow });
    const opened = recorder.open(new Request(url), "/oauth", 2000);
    opened.enter({ sandboxId: "main", url, startedAtMs: 1000, remoteAddress: "" });
    opened.close({ response: new Response(null), route: "oauth_get", shapedBy: [] }, true);
    const [exchange] = (await recording.read("main")).exchanges;
    assert.deepEqual([exchange?.receivedAtMs, exchange?.startedAtMs], [receivedAtMs, 1000]);
  }
});

Deno.test("A recording leaves out an exchange whose headers the HTTP server has taken away, and no other pays for it", async () => {
  const errors: unknown[] = [];
  const recording = record(errors);
  const gone = postJson("{}", { host: "localhost:8789" });
  const take = (): never => {
    throw new TypeError("Request closed");
  };
  await pass(recording, postJson("{}"), () => Response.json(1));
  await pass(recording, gone, async (request) => {
    await readText(request);
    Object.assign(gone.headers, { forEach: take, get: take, has: take });
    return Response.json(2);
  });
  await pass(recording, postJson("{}"), () => Response.json(3));
  const { exchanges, leftOut } = await recording.read("main");
  assert.deepEqual(exchanges.map(({ sequence }) => sequence), [1, 3]);
  assert.deepEqual({ leftOut, errors: errors.map(String) }, { leftOut: 1, errors: ["TypeError: Request closed"] });
});

Deno.test("exchanges that give way to others while they are read are read as they were", async () => {
  const [spares, evidence] = [createSpares(), createEvidence()];
  const rings = createRings({
    maxSandboxBytes: 20_000,
    onForget: (sandboxId, entries) => spares.takeBack(evidence.add(sandboxId, entries)),
  });
  let ms = 0;
  const report = (error: unknown): never => assert.fail(String(error));
  const tape = createMemoryTape({
    pseudonyms,
    rings,
    evidence,
    slices: createSlices(() => ms += 10),
    report,
  });
  const recording = createRecording({ tape, now: () => 0, report, spares });
  const answer = async (text: string): Promise<void> =>
    void await pass(recording, new Request(url), () => new OpenResponse(text, {}));
  const texts = (name: string): readonly string[] => Array.from({ length: 20 }, (_, at) => `"${name} ${at}"`);
  for (const text of texts("first")) await answer(text);
  const reading = tape.read("main");
  const heard: (string | undefined)[] = [];
  const leave = recording.subscribe("main", {
    onExchange: ({ response }) => void heard.push(response.body),
    onClear: assert.fail,
  });
  for (const text of texts("second")) await answer(text);
  leave();
  const bodiesOf = (exchanges: readonly Exchange[]): readonly (string | undefined)[] =>
    exchanges.map(({ response }) => response.body);
  const { exchanges, earlier } = await reading;
  assert.deepEqual(bodiesOf(earlier), texts("first").slice(0, 4), "the first ones of those that are alike");
  assert.deepEqual(bodiesOf(exchanges), texts("first").slice(-exchanges.length));
  assert(exchanges.length < 16, "others had given way");
  assert.deepEqual(heard, texts("second"));
  const later = bodiesOf((await recording.read("main")).exchanges);
  assert.deepEqual(later, texts("second").slice(-later.length));
  const end = recording.subscribe("main", {
    onExchange: ({ response }) => assert.match(response.body ?? "", /^"x{1000}/, "also if it is too large to be kept"),
    onClear: assert.fail,
  });
  await answer(JSON.stringify("x".repeat(20_000)));
  end();
});

Deno.test("of an event stream is on record when its blocks came, when it ended, and who ended it", async () => {
  let nowMs = 5000;
  const recording = createRecording({
    tape: tapeOf([]),
    now: () => nowMs,
    report: (error) => assert.fail(String(error)),
  });
  const endings = {
    server: (controller: ReadableStreamDefaultController<Uint8Array>) => controller.close(),
    cut: (controller: ReadableStreamDefaultController<Uint8Array>) => controller.error(new Error("gone")),
    client: () => {},
  } as const;
  for (const end of Object.values(endings)) {
    const chunks = ["id: 1\ndata:", " {}\r\n\r", "\n: a\n\ndata: {}\n\n", "data: no end"];
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        nowMs += 10;
        const chunk = chunks.shift();
        if (chunk === undefined) end(controller);
        else controller.enqueue(new TextEncoder().encode(chunk));
      },
    }, { highWaterMark: 0 });
    const response = await pass(
      recording,
      new Request(url),
      () => new Response(body, { headers: { "content-type": "text/event-stream" } }),
    );
    const reader = response.body?.getReader();
    for (let read = 0; read < 4; read++) await reader?.read();
    if (end === endings.client) await reader?.cancel();
    else await reader?.read().catch(() => {});
  }
  const { exchanges } = await recording.read("main");
  assert.deepEqual(exchanges.map(({ stream }) => stream), [
    { eventsAtMs: [5030, 5030, 5030], endedAtMs: 5050, endedBy: "server" },
    { eventsAtMs: [5080, 5080, 5080], endedAtMs: 5100, endedBy: "cut" },
    { eventsAtMs: [5130, 5130, 5130], endedAtMs: 5140, endedBy: "client" },
  ]);
});

Deno.test("an event id is on record as it is sent back, so that it can be told which stream is resumed", async () => {
  const recording = record();
  for (
    const id of ["3_4fzzzxjylrx", "3_0b5d6b1c-9f1c-4a77-8f3b-1b0f1d8e2c3a", "session=abc;1", `at_${"aB3".repeat(8)}`]
  ) {
    const stream = new Response(`id: ${id}\ndata: {}\n\n`, { headers: { "content-type": "text/event-stream" } });
    await (await pass(recording, new Request(url, { headers: { "last-event-id": id } }), () => stream)).text();
  }
  for (const { request, response } of (await recording.read("main")).exchanges) {
    const sent = request.headers.find(([name]) => name === "last-event-id")?.[1];
    assert.equal(/^id: (.*)$/m.exec(response.body ?? "")?.[1], sent);
  }
});
