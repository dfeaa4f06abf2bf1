/** The test client's own half that speaks MCP: what it does where a server does something unusual, but right. */
import assert from "node:assert/strict";
import { z } from "zod";
import type { Revision } from "../../lib/judge/settled.ts";
import { type DoubleOptions, runDouble } from "./double/double.ts";

/** A request of the client. */
interface Seen {
  readonly verb: string;
  /** The path, where it is not that of the endpoint. */
  readonly path: string | undefined;
  /** The method of JSON-RPC; `answer` for an answer. */
  readonly method: string;
  readonly id: unknown;
  readonly message: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

/** Answers a request, or leaves it to the server that does all as usual. */
type Handler = (seen: Seen, before: readonly Seen[]) => Response | Promise<Response> | undefined;

const BASE = "http://server.example";
const sessions = ["2025-03-26", "2025-06-18", "2025-11-25"] as const;
const modern = "2026-07-28";
const messageShape = z.looseObject({ method: z.string().default("answer"), id: z.unknown().optional() });
const cut = Symbol("cut");
const capabilities = { tools: {} };

const rpc = (id: unknown, result: unknown): string => JSON.stringify({ jsonrpc: "2.0", id, result });
const failure = (id: unknown, code: number, data?: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: "No", ...(data === undefined ? {} : { data }) } });
const asJson = (body: string, status = 200): Response =>
  new Response(body, { status, headers: { "content-type": "application/json" } });

/** An event stream of some pieces of text; `cut` breaks it. */
function stream(...pieces: readonly (string | typeof cut)[]): Response {
  const rest = pieces.map((piece) => piece === cut ? cut : new TextEncoder().encode(piece));
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const next = rest.shift();
      if (next === cut) controller.error(new Error("cut"));
      else if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

const event = (data: string, id?: string): string => `${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`;
const page = (id: unknown, nextCursor?: string): string =>
  rpc(id, { resultType: "complete", tools: [], ...(nextCursor === undefined ? {} : { nextCursor }) });

function usual({ verb, method, id, message }: Seen, session = "session-1"): Response {
  if (verb === "GET") return new Response(null, { status: 405 });
  if (verb === "DELETE" || method === "answer" || id === undefined) return new Response(null, { status: 202 });
  if (method === "initialize") {
    const { protocolVersion } = z.looseObject({ protocolVersion: z.string() }).parse(message.params);
    const result = { protocolVersion, capabilities, serverInfo: { name: "s", version: "1" } };
    return new Response(rpc(id, result), {
      headers: { "content-type": "application/json", "mcp-session-id": session },
    });
  }
  if (method === "server/discover") return asJson(rpc(id, { supportedVersions: [modern], capabilities }));
  return asJson(method === "tools/list" ? page(id) : rpc(id, { content: [] }));
}

/** Lets the client work at a server, and returns what it sent. */
async function play(
  version: Revision,
  handle: Handler,
  options: Partial<DoubleOptions> = {},
): Promise<readonly Seen[]> {
  const all: Seen[] = [];
  const send = async (request: Request): Promise<Response> => {
    const text = await request.text();
    const message = z.looseObject({}).parse(text === "" ? {} : JSON.parse(text));
    const { method, id } = text === "" ? { method: "", id: undefined } : messageShape.parse(message);
    const { pathname } = new URL(request.url);
    const seen: Seen = {
      verb: request.method,
      path: pathname === "/mcp" ? undefined : pathname,
      method,
      id,
      message,
      headers: request.headers,
      signal: request.signal,
    };
    const before = [...all];
    all.push(seen);
    return await handle(seen, before) ?? usual(seen);
  };
  await runDouble({ send, base: BASE, endpoint: "/mcp", version, ...options });
  return all;
}

/** What it sent, in short. */
const inShort = (all: readonly Seen[]): readonly string[] =>
  all.map(({ verb, path = "", method }) => `${verb === "POST" ? "" : verb}${path}${method}`);

const usualWork = ["initialize", "notifications/initialized", "tools/list", "tools/call", "DELETE"];

for (const version of sessions) {
  Deno.test(`the test client of ${version} begins a session, works in it, and ends it`, async () => {
    const all = await play(version, () => undefined);
    assert.deepEqual(inShort(all), usualWork);
    const ids = all.flatMap(({ id }) => id ?? []);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(all.map(({ headers }) => headers.get("mcp-session-id")), [null, ...Array(4).fill("session-1")]);
  });
}

Deno.test("the test client of 2026-07-28 has no session, stream or end", async () => {
  assert.deepEqual(inShort(await play(modern, () => undefined, { listens: true })), [
    "server/discover",
    "tools/list",
    "tools/call",
  ]);
});

Deno.test("it takes that nobody may end a session", async () => {
  const refuses: Handler = ({ verb }) => verb === "DELETE" ? new Response(null, { status: 405 }) : undefined;
  assert.deepEqual(inShort(await play("2025-11-25", refuses)), usualWork);
});

const notice = JSON.stringify({ jsonrpc: "2.0", method: "notifications/x-unknown", params: {} });
const forms: Readonly<Record<string, (answer: string) => readonly string[]>> = {
  "in one event": (answer) => [event(answer)],
  "after comments": (answer) => [": hello\n\n:\n", `data: ${answer}\n: within\n\n`, ":bye\n\n"],
  "with ids, retry and another kind of event": (answer) => [
    "id: 1\nretry: 500\ndata:\n\n",
    "event: ping\ndata: {}\n\n",
    event(answer, "2"),
  ],
  "after a notification": (answer) => [event(notice), event(answer)],
  "in lines that end with CR LF": (answer) => [`data: ${answer}\r`, "\n\r", "\n"],
  "in lines that end with CR": (answer) => [`id: 1\rdata: ${answer}\r\r`],
  "in two lines of data": (answer) => [`data: ${answer.slice(0, -1)}\ndata: }\n\n`],
  "without a blank after the colon": (answer) => [`data:${answer}\n\n`],
  "in pieces": (answer) => [...event(answer)],
  "after a byte order mark": (answer) => [`\uFEFF${event(answer)}`],
};

for (const [form, pieces] of Object.entries(forms)) {
  for (const version of [...sessions, modern] as const) {
    Deno.test(`the test client of ${version} reads an event stream that has the answer ${form}`, async () => {
      const all = await play(version, ({ method, id }, before) => {
        if (method !== "tools/list") return undefined;
        const isFirst = before.every((seen) => seen.method !== method);
        return stream(...pieces(page(id, isFirst ? "2" : undefined)));
      });
      const asked = all.filter(({ method }) => method === "tools/list");
      assert.deepEqual(asked.map(({ message }) => z.looseObject({}).parse(message.params).cursor), [undefined, "2"]);
    });
  }
}

Deno.test("it takes no answer to another request for its own", async () => {
  const wrong: Handler = ({ method, id }) => method === "tools/list" ? asJson(page(`${id}`, "2")) : undefined;
  assert.deepEqual(inShort(await play("2025-11-25", wrong)), usualWork);
});

for (const version of [...sessions, modern] as const) {
  Deno.test(`the test client of ${version} ${version === modern ? "answers nothing" : "answers requests"}, and no notification, of the server`, async () => {
    const ask = (id: unknown, method: string): string => JSON.stringify({ jsonrpc: "2.0", id, method });
    const all = await play(
      version,
      ({ method, id }) =>
        method === "tools/list"
          ? stream(event(notice), event(ask("0", "ping")), event(ask(0, "x/unknown")), event(page(id)))
          : undefined,
    );
    const answers = all.filter(({ method }) => method === "answer").map(({ message: { id, result, error } }) => ({
      id,
      result,
      code: z.looseObject({ code: z.number() }).optional().parse(error)?.code,
    }));
    assert.deepEqual(
      answers,
      version === modern ? [] : [{ id: "0", result: {}, code: undefined }, { id: 0, result: undefined, code: -32601 }],
    );
  });
}

for (const version of sessions) {
  Deno.test(`the test client of ${version} takes a stream up again where it ended, after the time that it says`, async () => {
    const waits: number[] = [];
    const all = await play(version, ({ verb, method, headers }, before) => {
      if (method === "tools/list" && before.every((seen) => seen.method !== method)) {
        return stream("id: e1\nretry: 700\ndata:\n\n", cut);
      }
      if (verb !== "GET") return undefined;
      const last = headers.get("last-event-id");
      const { id } = before.findLast(({ method }) => method === "tools/list") ?? {};
      return last === "e1" ? stream(event(notice, "e2")) : stream(event(page(id, "2"), "e3"));
    }, { wait: (ms) => Promise.resolve(void waits.push(ms)) });
    assert.deepEqual(inShort(all), [
      ...usualWork.slice(0, 3),
      "GET",
      "GET",
      "tools/list",
      "tools/call",
      "DELETE",
    ]);
    assert.deepEqual(all.filter(({ verb }) => verb === "GET").map(({ headers }) => headers.get("last-event-id")), [
      "e1",
      "e2",
    ]);
    assert.deepEqual(waits, [700, 700]);
  });
}

Deno.test("it takes a stream up again three times, and then goes on with something else", async () => {
  const endless: Handler = ({ verb, method }) =>
    verb === "GET" || method === "tools/list" ? stream("id: e1\ndata:\n\n") : undefined;
  const expected = [...usualWork.slice(0, 3), "GET", "GET", "GET", "tools/call", "DELETE"];
  assert.deepEqual(inShort(await play("2025-11-25", endless)), expected);
});

Deno.test("it does not take up a stream that has no event id, nor sends its request again", async () => {
  const broken: Handler = ({ method }) => method === "tools/call" ? stream(event(notice), cut) : undefined;
  assert.deepEqual(inShort(await play("2025-11-25", broken)), usualWork);
});

for (const [readOnlyHint, times] of [[true, 2], [false, 1]] as const) {
  Deno.test(`the test client of 2026-07-28 ${readOnlyHint ? "asks" : "does not ask"} anew for a tool ${readOnlyHint ? "that only reads" : "with effects"} when the stream broke`, async () => {
    const all = await play(modern, ({ method, id }, before) => {
      const tool = { name: "mock_echo", inputSchema: { type: "object" }, annotations: { readOnlyHint } };
      if (method === "tools/list") return asJson(rpc(id, { tools: [tool] }));
      const isFirst = before.every((seen) => seen.method !== method);
      return method === "tools/call" && isFirst ? stream("id: e1\n\n: hold on\n\n", cut) : undefined;
    });
    const calls = all.filter(({ method }) => method === "tools/call");
    assert.equal(new Set(calls.map(({ id }) => id)).size, times);
    assert.deepEqual(inShort(all).filter((what) => !what.startsWith("t")), ["server/discover"]);
    assert(calls.every(({ headers }) => !headers.has("last-event-id")));
  });
}

Deno.test("it listens, answers what it is asked there, and takes answers from there", async () => {
  const aside = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  const all = await play("2025-11-25", async (seen) => {
    const { verb, method, id } = seen;
    if (verb === "GET") {
      const body = new ReadableStream<Uint8Array>({ start: (controller) => aside.resolve(controller) });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    }
    const say = async (text: string): Promise<void> => (await aside.promise).enqueue(new TextEncoder().encode(text));
    if (method === "tools/list") await say(event('{"jsonrpc":"2.0","id":"p","method":"ping"}'));
    if (method !== "tools/call") return usual(seen);
    await say(event(rpc(id, { content: [] })));
    return stream(": it comes on the other stream\n\n");
  }, { listens: true });
  const sent = inShort(all);
  assert.deepEqual(sent.filter((what) => what !== "answer"), [
    "initialize",
    "notifications/initialized",
    "GET",
    "tools/list",
    "tools/call",
    "DELETE",
  ]);
  assert.equal(sent.filter((what) => what === "answer").length, 1);
});

Deno.test("it takes 405 for no stream to listen to", async () => {
  const all = await play("2025-11-25", () => undefined, { listens: true });
  assert.deepEqual(inShort(all), [
    "initialize",
    "notifications/initialized",
    "GET",
    "tools/list",
    "tools/call",
    "DELETE",
  ]);
});

const lost = (status: number): Handler => ({ method, headers, id }, before) => {
  const isLost = method === "tools/call" && headers.get("mcp-session-id") === "session-1" &&
    before.filter((seen) => seen.method === "initialize").length === 1;
  return isLost ? asJson(failure(id, -32001), status) : undefined;
};

Deno.test("it begins another session when the server does not know its own, and asks once more", async () => {
  const all = await play("2025-11-25", lost(404));
  assert.deepEqual(inShort(all), [
    ...usualWork.slice(0, 4),
    "initialize",
    "notifications/initialized",
    "tools/call",
    "DELETE",
  ]);
  assert.equal(all[4]?.headers.has("mcp-session-id"), false);
});

Deno.test("it asks for the first page again in another session", async () => {
  const all = await play("2025-11-25", (seen, before) => {
    const { method, id, message } = seen;
    if (method !== "tools/list") return usual(seen, before.length === 0 ? "session-1" : "session-2");
    const { cursor } = z.looseObject({ cursor: z.string().optional() }).parse(message.params);
    const isOld = before.filter((seen) => seen.method === "initialize").length === 1;
    if (cursor === undefined) return asJson(page(id, isOld ? "old" : undefined));
    return new Response(null, { status: 404 });
  });
  const asked = all.filter(({ method }) => method === "tools/list");
  assert.deepEqual(asked.map(({ message }) => z.looseObject({}).parse(message.params).cursor), [
    undefined,
    "old",
    undefined,
  ]);
});

Deno.test("it takes 400 for no lost session", async () => {
  assert.deepEqual(inShort(await play("2025-11-25", lost(400))), usualWork);
});

/** A server that never answers one method, and a wait that is over once it is asked. */
function silence(method: string): { readonly handle: Handler; readonly wait: () => Promise<void> } {
  const asked = Promise.withResolvers<void>();
  return {
    handle: (seen) => {
      if (seen.method !== method) return undefined;
      asked.resolve();
      return new Promise(() => {});
    },
    wait: async () => {
      await asked.promise;
      // Later requests are answered at once: they come before the end of their time.
      for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    },
  };
}

for (const version of sessions) {
  Deno.test(`the test client of ${version} cancels what is not answered in time, and goes on`, async () => {
    const { handle, wait } = silence("tools/list");
    const all = await play(version, handle, { timeLimitMs: 1000, wait });
    assert.deepEqual(inShort(all), [...usualWork.slice(0, 3), "notifications/cancelled", "tools/call", "DELETE"]);
    assert.equal(z.looseObject({}).parse(all[3]?.message.params).requestId, all[2]?.id);
  });

  Deno.test(`the test client of ${version} never cancels initialize`, async () => {
    const { handle, wait } = silence("initialize");
    const all = await play(version, handle, { timeLimitMs: 1000, wait });
    assert.deepEqual(inShort(all), ["initialize"]);
    assert(all[0]?.signal.aborted);
  });
}

Deno.test("the test client of 2026-07-28 goes away from what is not answered in time, without a word", async () => {
  const { handle, wait } = silence("tools/list");
  const all = await play(modern, handle, { timeLimitMs: 1000, wait });
  assert.deepEqual(inShort(all), ["server/discover", "tools/list", "tools/call"]);
  assert.deepEqual(all.map(({ signal }) => signal.aborted), [false, true, false]);
});

const counterOffers = [
  { offer: "2025-06-18", next: ["notifications/initialized", "tools/list", "tools/call", "DELETE"] },
  { offer: "2024-11-05", next: ["notifications/initialized", "tools/list", "tools/call", "DELETE"] },
  { offer: "1999-01-01", next: ["DELETE"] },
  { offer: "", next: ["DELETE"] },
] as const;

for (const { offer, next } of counterOffers) {
  Deno.test(`it ${next.length === 1 ? "leaves a server that offers" : "keeps to"} revision ${offer || "of no name"}`, async () => {
    const all = await play(
      "2025-11-25",
      ({ method, id }) =>
        method === "initialize"
          ? new Response(rpc(id, { protocolVersion: offer, capabilities }), {
            headers: { "content-type": "application/json", "mcp-session-id": "session-1" },
          })
          : undefined,
    );
    assert.deepEqual(inShort(all), ["initialize", ...next]);
    const named = all.at(-1)?.headers.get("mcp-protocol-version");
    if (next.length > 1) assert.equal(named, offer === "2025-06-18" ? offer : null);
  });
}

for (const code of [-32602, -32022]) {
  for (const supported of [["2024-11-05", "2025-06-18"], ["1999-01-01"]]) {
    Deno.test(`it takes the newest revision that it knows of ${supported} when initialize fails with ${code}, or stops`, async () => {
      const all = await play(
        "2025-11-25",
        ({ method, id }, before) =>
          method === "initialize" && before.length === 0 ? asJson(failure(id, code, { supported }), 400) : undefined,
      );
      const isKnown = supported.length > 1;
      assert.deepEqual(inShort(all), ["initialize", ...(isKnown ? usualWork : [])]);
      if (isKnown) assert.equal(z.looseObject({}).parse(all[1]?.message.params).protocolVersion, "2025-06-18");
    });
  }
}

/** What an older server, or one of 2026-07-28, answers the first request with; and what comes of it. */
const eras: readonly { readonly what: string; readonly answer: (id: unknown) => Response; readonly next: string }[] = [
  { what: "400 and nothing", answer: () => new Response(null, { status: 400 }), next: "initialize" },
  { what: "400 and HTML", answer: () => new Response("<h1>Bad</h1>", { status: 400 }), next: "initialize" },
  { what: "400 and other JSON", answer: () => asJson('{"error":"bad"}', 400), next: "initialize" },
  { what: "400 and -32600", answer: () => asJson(failure(null, -32600), 400), next: "initialize" },
  { what: "400 and -32000", answer: (id) => asJson(failure(id, -32000), 400), next: "initialize" },
  { what: "404 and nothing", answer: () => new Response(null, { status: 404 }), next: "initialize" },
  { what: "404 and -32601", answer: (id) => asJson(failure(id, -32601), 404), next: "tools/list" },
  ...[405, 406, 415, 422, 501].map((status) => ({
    what: `${status}`,
    answer: () => new Response(null, { status }),
    next: "initialize",
  })),
  { what: "200 and -32601", answer: (id) => asJson(failure(id, -32601)), next: "initialize" },
  { what: "200 and -32602", answer: (id) => asJson(failure(id, -32602)), next: "initialize" },
  { what: "200 and -32000 for nobody", answer: () => asJson(failure(null, -32000)), next: "initialize" },
  { what: "400 and -32020", answer: (id) => asJson(failure(id, -32020), 400), next: "tools/list" },
  { what: "400 and -32021", answer: (id) => asJson(failure(id, -32021), 400), next: "tools/list" },
  {
    what: "400 and -32022, with itself among the supported",
    answer: (id) => asJson(failure(id, -32022, { supported: [modern, "2099-01-01"] }), 400),
    next: "server/discover",
  },
  {
    what: "400 and -32022, with older ones",
    answer: (id) => asJson(failure(id, -32022, { supported: ["2025-06-18"] }), 400),
    next: "initialize",
  },
  {
    what: "a list of older revisions",
    answer: (id) => asJson(rpc(id, { supportedVersions: ["2025-11-25"], capabilities })),
    next: "initialize",
  },
];

for (const { what, answer, next } of eras) {
  Deno.test(`the test client of 2026-07-28 goes on with ${next} where the first answer is ${what}`, async () => {
    const all = await play(modern, ({ id }, before) => before.length === 0 ? answer(id) : undefined);
    assert.equal(all[1]?.method, next, `${inShort(all)}`);
    assert.equal(all.filter(({ method }) => method === "server/discover").length, next === "server/discover" ? 2 : 1);
    assert.equal(all.at(next === "initialize" ? -2 : -1)?.method, "tools/call");
  });
}

Deno.test("the test client of 2026-07-28 falls back when its first request is not answered in time", async () => {
  const { handle, wait } = silence("server/discover");
  const all = await play(modern, handle, { timeLimitMs: 1000, wait });
  assert.deepEqual(inShort(all), ["server/discover", ...usualWork]);
});

/** A server of 2024-11-05, which names where messages go. */
function oldServer(endpoint: string, refusal: number): Handler {
  const open = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  const encoder = new TextEncoder();
  return async (seen) => {
    const { verb, path, method, id } = seen;
    if (verb === "GET") {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          open.resolve(controller);
          controller.enqueue(encoder.encode(`event: endpoint\ndata: ${endpoint}\n\n`));
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    }
    if (path === undefined) return new Response(null, { status: refusal });
    if (id !== undefined) {
      const answer = method === "initialize"
        ? rpc(id, { protocolVersion: "2024-11-05", capabilities })
        : await usual(seen).text();
      (await open.promise).enqueue(encoder.encode(`event: message\n${event(answer)}`));
    }
    return new Response("Accepted", { status: 202 });
  };
}

for (const version of ["2025-03-26", "2025-11-25", modern] as const) {
  for (const refusal of [400, 404, 405]) {
    Deno.test(`the test client of ${version} takes HTTP+SSE where POST is answered ${refusal}`, async () => {
      const all = await play(version, oldServer("/messages?s=1", refusal));
      const tries = version === modern ? ["server/discover", "initialize"] : ["initialize"];
      const work = ["initialize", "notifications/initialized", "tools/list", "tools/call"];
      assert.deepEqual(inShort(all), [...tries, "GET", ...work.map((method) => `/messages${method}`)]);
      assert(all.every(({ headers }, at) => at < tries.length || !headers.has("mcp-protocol-version") || at <= 3));
    });
  }
}

Deno.test("it sends nothing to an endpoint of another origin", async () => {
  const all = await play("2025-11-25", oldServer("http://elsewhere.example/messages", 405));
  assert.deepEqual(inShort(all), ["initialize", "GET"]);
});

Deno.test("it looks for no other transport where initialize is refused for another reason", async () => {
  const refuses: Handler = ({ method }) => method === "initialize" ? new Response(null, { status: 500 }) : undefined;
  assert.deepEqual(inShort(await play("2025-11-25", refuses)), ["initialize"]);
});
