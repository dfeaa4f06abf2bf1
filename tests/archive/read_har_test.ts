/** Reading HTTP archives, as many tools write them, and as nobody should (HAR 1.2). */
import assert from "node:assert/strict";
import { createHarReader } from "../../lib/archive/read_har.ts";
import { createHarSplitter } from "../../lib/archive/split.ts";
import { buildHar } from "../../lib/judge/formats/har.ts";
import { recordedApp, SANDBOX } from "../recorder/recorded_app.ts";
import { challenge, challengeOf, verifier } from "../helpers.ts";
import { runDouble } from "../interop/double/double.ts";
import { entry, har, read } from "./hars.ts";

const token = "opaque-token-with-more-than-32-characters";
const redacted = `opaq…${token.length}…${challengeOf(token)}`;

Deno.test("an archive of this server's own brings back every exchange as it was", async () => {
  await using recorded = await recordedApp();
  await runDouble({ send: recorded.send, version: "2025-11-25", logout: true });
  const { exchanges } = await recorded.recording.read(SANDBOX);
  const archive = await read(JSON.stringify(buildHar(exchanges, "1.0.0")), { key: new Uint8Array(32).fill(9) });
  assert(exchanges.length > 10);
  assert.deepEqual(archive.exchanges, exchanges);
  assert.deepEqual([archive.isOwn, archive.creator, archive.unreadable], [true, "mock oauth server", []]);
});

Deno.test("secrets are redacted as they are read, with the digests that a verifier's challenge has (RFC 7636 4.6)", async () => {
  const form = `grant_type=authorization_code&code_verifier=${verifier}&code=${token}`;
  const { exchanges: [exchange] } = await read(har([entry({
    method: "POST",
    url: `https://as.example/token?access_token=${token}`,
    request: {
      headers: [{ name: "Authorization", value: `Bearer ${token}` }, { name: ":authority", value: "as.example" }],
      postData: { mimeType: "application/x-www-form-urlencoded", text: form },
    },
    response: { content: { size: 9, mimeType: "application/json", text: JSON.stringify({ access_token: token }) } },
  })]));
  assert.equal(exchange?.url, `https://as.example/token?access_token=${redacted}`);
  assert.deepEqual(exchange?.request.headers, [
    ["authorization", `Bearer ${redacted}`],
    ["content-type", "application/x-www-form-urlencoded"],
  ]);
  assert.equal(
    exchange?.request.body,
    `grant_type=authorization_code&code_verifier=dBjf…43…${challenge}&code=${redacted}`,
  );
  assert.equal(exchange?.response.body, JSON.stringify({ access_token: redacted }));
  assert(!JSON.stringify(exchange).includes(token));
});

Deno.test("bodies are read in every way that tools write them", async () => {
  const fields = [{ name: "grant_type", value: "refresh_token" }, { name: "scope", value: "a b" }];
  const sent = async (postData: unknown, more = {}): Promise<unknown> =>
    (await read(har([entry({ method: "POST", request: { postData, ...more } })]))).exchanges[0]?.request;
  const answered = async (response: Record<string, unknown>, more = {}): Promise<unknown> =>
    (await read(har([entry({ response, ...more })]))).exchanges[0]?.response;
  const form: readonly [string, string] = ["content-type", "application/x-www-form-urlencoded"];
  const json: readonly [string, string] = ["content-type", "application/json"];
  assert.deepEqual(await sent({ mimeType: form[1], params: fields }), {
    headers: [form],
    body: "grant_type=refresh_token&scope=a+b",
    truncated: false,
  });
  assert.deepEqual(await sent(undefined, { bodySize: 20 }), { headers: [], truncated: true });
  assert.deepEqual(await sent(undefined, { bodySize: -1 }), { headers: [], truncated: true });
  const base64 = { mimeType: "application/json", encoding: "base64", text: btoa('{"a":1}'), size: 7 };
  assert.deepEqual(await answered({ content: base64 }), { headers: [json], body: '{"a":1}', truncated: false });
  // mitmproxy writes so of what it hands on without keeping it.
  const length = { headers: [{ name: "content-length", value: "7" }] };
  assert.deepEqual(await sent({ mimeType: json[1], text: null, params: [] }, { ...length, bodySize: 0 }), {
    headers: [["content-length", "7"], json],
    truncated: true,
  });
  assert.deepEqual(await answered({ ...length, content: { size: 0, mimeType: json[1], text: "" }, bodySize: 0 }), {
    headers: [["content-length", "7"], json],
    truncated: true,
  });
  // Firefox writes so of what has no type, and Chromium writes x-unknown.
  const typeless = { size: 0, mimeType: "application/x-unknown-content-type", text: "", encoding: "base64" };
  assert.deepEqual(await answered({ content: typeless }, { status: 202 }), { headers: [], truncated: false });
  // Chromium forgets the bodies of a page that it has left, and those of streams.
  assert.deepEqual(await answered({ content: { size: 7, mimeType: json[1] } }), { headers: [json], truncated: true });
  assert.deepEqual(await answered({ content: { size: -1, mimeType: json[1] }, bodySize: -1 }), {
    headers: [json],
    truncated: true,
  });
  assert.deepEqual(await answered({ content: { size: -1 }, bodySize: -1 }, { status: 302 }), {
    headers: [],
    truncated: false,
  });
});

Deno.test("an event stream is read as text, as base64, or as a list of events, and is open unless it ended with an answer", async () => {
  const answer = JSON.stringify({ jsonrpc: "2.0", id: 1, result: {} });
  const text = `id: 7\ndata: ${answer}\n\n`;
  const mimeType = "text/event-stream";
  const notice = 'data: {"jsonrpc":"2.0","method":"notifications/message"}\n\n';
  const began = Date.parse("2026-01-02T03:04:05.678Z");
  const streams = await Promise.all([
    entry({ response: { content: { mimeType, text: notice + text } } }),
    entry({ response: { content: { mimeType, text: btoa(text), encoding: "base64" } } }),
    entry({
      response: { content: { mimeType, size: 9 } },
      _eventSourceMessages: [{ time: 1767323046, eventName: "message", eventId: "7", data: answer }],
    }),
    entry({ response: { content: { mimeType, text: notice } } }),
    entry({ response: { content: { mimeType, size: 9 } } }),
    // DevTools leave out what events say, unless told otherwise.
    entry({
      response: { content: { mimeType, size: 9 } },
      _eventSourceMessages: [{ time: 1767323046, eventName: "message", eventId: "7" }],
    }),
  ].map(async (one) => (await read(har([one]))).exchanges[0]));
  assert.deepEqual(streams.map((one) => one?.response.body), [notice + text, text, text, notice, undefined, undefined]);
  const ended = { endedAtMs: began + 12, endedBy: "server" };
  assert.deepEqual(streams.map((one) => one?.stream), [
    { eventsAtMs: [began + 10, began + 12], ...ended },
    { eventsAtMs: [began + 12], ...ended },
    { eventsAtMs: [1767323046000], ...ended },
    { eventsAtMs: [began + 10] },
    { eventsAtMs: [] },
    { eventsAtMs: [] },
  ]);
  assert.deepEqual(streams.map((one) => one?.isOpen ?? false), [false, false, false, true, true, true]);
});

Deno.test("entries come in the order in which they began, and what nobody sent or answered is left out", async () => {
  const { exchanges, entries, unreadable } = await read(har([
    entry({ url: "https://a.example/late", startedDateTime: "2026-01-02T04:04:06+01:00" }),
    entry({ url: "https://a.example/early", startedDateTime: "2026-01-02T03:04:05Z" }),
    entry({ url: "https://a.example/style.css", response: { content: { mimeType: "text/css" } } }),
    entry({ url: "wss://a.example/socket", status: 101 }),
    entry({ url: "data:text/plain,a" }),
    entry({ url: "https://a.example/cached", _fromCache: "disk" }),
    entry({ url: "https://a.example/worker", response: { _fetchedViaServiceWorker: true } }),
    entry({ url: "https://a.example/preflight", method: "OPTIONS", status: 0 }),
    entry({ url: "https://a.example/aborted", status: 0 }),
    entry({ url: "https://a.example/failed", status: -1 }),
    { startedDateTime: "now", request: { url: "https://a.example/when" }, response: { status: 200 } },
    {},
    entry({ url: "https://a.example/cached", _fetchType: "Memory Cache" }),
    entry({ url: "https://a.example/", method: "CONNECT", status: 0 }),
  ]));
  assert.deepEqual(exchanges.map(({ url, sequence }) => [url, sequence]), [
    ["https://a.example/early", 2],
    ["https://a.example/late", 1],
  ]);
  assert.equal(entries, 14);
  const startedAtMs = Date.parse("2026-01-02T03:04:05.678Z");
  assert.deepEqual(unreadable, [
    { number: 9, address: "https://a.example/aborted", startedAtMs },
    { number: 10, address: "https://a.example/failed", startedAtMs },
    { number: 11, address: "https://a.example/when", startedAtMs: undefined },
    { number: 12, address: undefined, startedAtMs: undefined },
  ]);
});

Deno.test("headers that several tools write in one are told apart, and what HTTP does not know is left out", async () => {
  const { exchanges: [exchange] } = await read(har([entry({
    response: {
      headers: [
        { name: "Set-Cookie", value: `a=${token}\nb=${token}` },
        { name: "WWW-Authenticate", value: "Bearer" },
        { name: "www-authenticate", value: "Basic" },
        { name: "bad name", value: "x" },
        { name: "x-redacted", value: "…" },
        { name: 1, value: {} },
        null,
      ],
    },
  })]));
  assert.deepEqual(exchange?.response.headers, [
    ["set-cookie", `a=${redacted}`],
    ["set-cookie", `b=${redacted}`],
    ["www-authenticate", "Bearer, Basic"],
    ["x-redacted", "…"],
  ]);
});

Deno.test("the file may come in pieces of any size, with a byte order mark, blanks, and members in any order", async () => {
  const text = `\uFEFF{ "a": [{"log": {"entries": [1]}}], "log": {"entries" : [ ${
    JSON.stringify(entry({ url: 'https://a.example/"\\' }))
  } , ${JSON.stringify(entry())}\n], "pages": [], "version": "1.2", "creator": {"name": "Späher"}} }\n`;
  for (const piece of [1, 2, 3, 7, 100_000]) {
    const { exchanges, creator } = await read(text, { piece });
    assert.deepEqual([exchanges.length, creator], [2, "Späher"], `${piece}`);
  }
});

Deno.test("what is no archive, or not a whole one, is refused with the reason", async () => {
  const whole = har([entry(), entry({ method: "DELETE" })]);
  for (
    const [text, reason] of [
      ["", /^The file is empty$/],
      ["<html>", /^The file is no HAR: it does not begin with \{$/],
      ["[]", /does not begin with \{/],
      ["{}", /^The file is JSON, but no HAR: it has no member log$/],
      ['{"log":[]}', /it has no member log$/],
      ['{"log":{}}', /^The file is JSON, but no HAR: its log has no entries$/],
      ['{"log":{"entries":{}}}', /its log has no entries$/],
      ['{"log":{"entries":[1]}}', /^Entry 1 is not an object$/],
      ['{"log":{"entries":[{},[]]}}', /^Entry 2 is not an object$/],
      [whole.slice(0, 20), /^The file ends in the middle, before its first entry: it is not a whole HAR$/],
      [whole.slice(0, -3), /^The file ends in the middle, after 2 entries: it is not a whole HAR$/],
      ['{"log":{"entries":[{},{"a":b}]}}', /^Entry 2 is not JSON$/],
      ['{"log":{"entries":[{oops}]}}', /^Entry 1 is not JSON$/],
      [`${whole}{}`, /^The file goes on after the end of its JSON$/],
    ] as const
  ) await assert.rejects(read(text), { name: "HarError", message: reason }, text.slice(0, 40));
  await assert.rejects(read(whole, { maxExchanges: 1 }), { message: "It holds more than 1 exchanges" });
  await assert.rejects(read(whole, { maxBytes: 1024 }), { message: /^It holds more than 0 MiB of/ });
});

Deno.test("an entry that is nested too deep is counted, and the others are read", async () => {
  const deep = `{"request":${"[".repeat(1000)}${"]".repeat(1000)}}`;
  const text = har([entry()]).replace('"entries":[', `"entries":[${deep},`);
  const { exchanges, unreadable } = await read(text);
  assert.deepEqual([exchanges.map(({ sequence }) => sequence), unreadable.length], [[2], 1]);
});

Deno.test("of a file that is all pictures no more than an entry is in memory, and nothing of them is kept", () => {
  const reader = createHarReader({ key: new Uint8Array(32), maxBytes: 64 * 1024 });
  const encoder = new TextEncoder();
  const [head, tail] = har([entry()]).split('"entries":[');
  const picture = encoder.encode("iVBORw0KGgo".repeat(100_000));
  const push = (text: string): void => reader.push(encoder.encode(text));
  push(`${head}"entries":[`);
  const before = Deno.memoryUsage();
  let peak = 0;
  for (const type of ["image/png", "application/pdf", "text/html"]) {
    const content = { mimeType: type, text: "…" };
    const [start = "", end = ""] = JSON.stringify(entry({ url: `https://cdn.example/${type}`, response: { content } }))
      .split("…");
    push(start);
    for (let piece = 0; piece < 20; piece++) reader.push(picture);
    push(`${end},`);
    const { heapUsed, external } = Deno.memoryUsage();
    peak = Math.max(peak, heapUsed + external - before.heapUsed - before.external);
  }
  push(tail ?? "");
  const { exchanges, unreadable } = reader.end();
  assert.deepEqual([exchanges.length, unreadable.length], [4, 0]);
  assert.deepEqual(exchanges.map(({ response }) => response.truncated), [true, true, true, false]);
  assert(peak < 64 * 1024 ** 2, `${Math.round(peak / 1024 ** 2)} MiB`);
});

Deno.test("a string that is cut in the middle stays a string, wherever its escapes lie", () => {
  const escapes = String.raw`abcdefghijkl\"}{\\\u00e9mnopqrstuvwxyz\\\"\\\\yz`;
  const text = har([{ film: "…", next: 1 }, { last: true }]).replace("…", escapes.repeat(20));
  const bytes = new TextEncoder().encode(text);
  const lengths = new Set<number>();
  for (let size = 1; size < 200; size++) {
    const splitter = createHarSplitter(64);
    const entries = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => at * size)
      .flatMap((at) => splitter.push(bytes.subarray(at, at + size)))
      .flatMap((part) => part.kind === "entry" ? [part.entry] : []);
    splitter.end();
    assert.deepEqual([entries.length, entries[0]?.next, entries[1]?.last], [2, 1, true], `in pieces of ${size}`);
    lengths.add(String(entries[0]?.film).length);
  }
  assert(lengths.size > 10, "something was cut");
});
