/** HTTP+SSE of 2024-11-05, as old servers have it, with the client of SDK 1.x as its judge. */
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/sse"
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import assert from "node:assert/strict";
import { z } from "zod";
import { below, getTokens, json, origin, register, type TestApp, testApp, text } from "../helpers.ts";
import { initialize, rpc } from "./helpers.ts";

type Headers = Readonly<Record<string, string>>;

const places = ["no-auth", "bearer", "oauth"] as const;

/** Headers that the endpoint lets through. */
async function accessTo(place: typeof places[number], test: TestApp): Promise<Headers> {
  if (place === "no-auth") return {};
  if (place === "bearer") return { authorization: "Bearer anything" };
  const { clientId } = await register(test);
  return { authorization: `Bearer ${text(await getTokens(test, clientId), "access_token")}` };
}

/** The client of SDK 1.x, on a stream. */
async function connect(test: TestApp, path: string, headers: Headers): Promise<Client> {
  const client = new Client({ name: "old", version: "1" });
  await client.connect(
    new SSEClientTransport(new URL(origin + path), {
      fetch: (url, init) => test.app(new Request(url, init)),
      requestInit: { headers },
    }),
  );
  return client;
}

/** A stream that a test reads by itself. */
interface OpenStream extends AsyncDisposable {
  readonly messagesUrl: string;
  /** The next event as it stands; undefined when the stream has ended. */
  readonly next: () => Promise<string | undefined>;
}

async function openStream(test: TestApp, path: string, headers: Headers = {}): Promise<OpenStream> {
  const response = await test.get(path, { accept: "text/event-stream", ...headers });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.ok(response.body);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const next = async (): Promise<string | undefined> => (await reader.read()).value;
  const [, messagesUrl] = /^event: endpoint\ndata: (\/\S+)\n\n$/.exec(await next() ?? "") ?? [];
  assert.ok(messagesUrl);
  return { messagesUrl, next, [Symbol.asyncDispose]: () => reader.cancel() };
}

function messageOf(event: string | undefined): Record<string, unknown> {
  const [, data] = /^event: message\ndata: (.*)\n\n$/.exec(event ?? "") ?? [];
  assert.ok(data, event);
  return JSON.parse(data);
}

async function send(test: TestApp, stream: OpenStream, body: unknown): Promise<Record<string, unknown>> {
  const response = await test.postJson(stream.messagesUrl, body);
  assert.deepEqual([response.status, await response.text()], [202, "Accepted"]);
  return messageOf(await stream.next());
}

for (const place of places) {
  Deno.test(`/${place}/sse serves the client of SDK 1.x the tools of /${place} (MCP 2024-11-05 transports, HTTP with SSE)`, async () => {
    await using test = await testApp();
    const client = await connect(test, `/${place}/sse`, await accessTo(place, test));
    const names = (await client.listTools()).tools.map(({ name }) => name);
    assert.equal(names.includes("mock_echo"), true);
    assert.equal(names.includes("greet"), place === "oauth");
    const progress: number[] = [];
    const { content } = await client.callTool({ name: "mock_echo", arguments: { message: "hello" } });
    assert.match(JSON.stringify(content), /hello/);
    const slow = { name: "mock_delay", arguments: { delayMs: 0, message: "later" } };
    const delayed = await client.callTool(slow, undefined, { onprogress: ({ progress: done }) => progress.push(done) });
    assert.match(JSON.stringify(delayed.content), /later/);
    assert.equal(progress.length > 1, true);
    await client.close();
    await test.answered();
  });
}

Deno.test("an SSE endpoint refuses as its sibling does, on the stream and at the URL for messages (RFC 6750 3.1)", async () => {
  await using test = await testApp();
  for (const place of ["bearer", "oauth"]) {
    const sibling = await test.get(`/${place}`);
    const challenge = sibling.headers.get("www-authenticate");
    await sibling.text();
    const refusals = [await test.get(`/${place}/sse`), await test.postJson(`/${place}/messages?sessionId=x`, {})];
    for (const response of refusals) {
      await response.text();
      assert.deepEqual([response.status, response.headers.get("www-authenticate")], [401, challenge]);
    }
  }
});

Deno.test("a stream of HTTP+SSE agrees on 2024-11-05, whatever the client asks for", async () => {
  await using test = await testApp();
  await using stream = await openStream(test, "/no-auth/sse");
  const { result } = await send(test, stream, initialize("2025-11-25"));
  assert.match(JSON.stringify(result), /^\{"protocolVersion":"2024-11-05"/);
});

Deno.test("the URL for messages refuses what belongs to no open stream, and says why", async () => {
  await using test = await testApp();
  await using other = await openStream(below(test, "/s/no-cors"), "/no-auth/sse");
  const gone = await openStream(test, "/no-auth/sse");
  await send(test, gone, initialize());
  await gone[Symbol.asyncDispose]();
  const cases = [
    ["/no-auth/messages", 400, /no sessionId/],
    ["/no-auth/messages?sessionId=unknown", 404, /no open stream/],
    [gone.messagesUrl, 404, /no open stream/],
    [other.messagesUrl.replace("/s/no-cors", ""), 404, /no open stream/],
  ] as const;
  for (const [path, status, words] of cases) {
    const response = await test.postJson(path, rpc("tools/list"));
    assert.match(JSON.stringify(await json(response)), words, path);
    assert.equal(response.status, status, path);
  }
  const notJson = await test.postJson(other.messagesUrl, "{");
  assert.deepEqual([notJson.status, (await json(notJson)).id], [400, null]);
});

Deno.test("a request before initialize is refused on the stream, as old servers do, and initialize can follow", async () => {
  await using test = await testApp();
  await using stream = await openStream(test, "/no-auth/sse");
  const errorOf = async (method: string, id: number): Promise<unknown> => {
    const { id: answered, error } = await send(test, stream, rpc(method, {}, id));
    assert.equal(answered, id);
    return error;
  };
  const first = { code: -32600, message: "Invalid Request: a session begins with initialize" };
  assert.deepEqual(await errorOf("tools/list", 1), first);
  assert.deepEqual(await errorOf("server/discover", 2), { code: -32601, message: "Method not found" });
  const { result } = await send(test, stream, initialize());
  assert.equal(z.object({ protocolVersion: z.string() }).parse(result).protocolVersion, "2024-11-05");
  const notification = await test.postJson(stream.messagesUrl, { jsonrpc: "2.0", method: "notifications/cancelled" });
  assert.equal(notification.status, 202);
});

Deno.test("a stream of /oauth/sse takes messages only of the person who opened it", async () => {
  await using test = await testApp();
  await using stream = await openStream(test, "/oauth/sse", await accessTo("oauth", test));
  const post = (headers: Headers): Promise<Response> =>
    test.fetch(stream.messagesUrl, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(initialize()),
    });
  const refused = await post(await accessTo("oauth", test));
  assert.deepEqual([refused.status, (await json(refused)).id], [404, null]);
});

Deno.test("other methods are refused at the URLs of HTTP+SSE (RFC 9110 15.5.6)", async () => {
  await using test = await testApp();
  for (const [method, path] of [["POST", "/no-auth/sse"], ["DELETE", "/no-auth/sse"], ["GET", "/no-auth/messages"]]) {
    const response = await test.fetch(String(path), { method: String(method) });
    await response.text();
    assert.equal(response.status, 405, `${method} ${path}`);
  }
});

Deno.test("a reset ends the streams of HTTP+SSE of its sandbox, and no others", async () => {
  await using test = await testApp();
  const scenario = below(test, "/s/no-cors");
  await using ended = await openStream(scenario, "/no-auth/sse");
  await using kept = await openStream(test, "/no-auth/sse");
  await send(test, ended, initialize());
  await (await scenario.postJson("/control/reset", {})).text();
  assert.equal(await ended.next(), undefined);
  const lost = await test.postJson(ended.messagesUrl, rpc("tools/list"));
  assert.equal(lost.status, 404);
  await lost.text();
  await send(test, kept, initialize());
  await test.answered();
});

Deno.test("a session of HTTP+SSE lives as long as its stream, however long nothing is said", async () => {
  await using test = await testApp();
  await using stream = await openStream(test, "/no-auth/sse");
  await send(test, stream, initialize());
  test.clock.nowMs += 3 * 60 * 60 * 1000;
  const { result } = await send(
    test,
    stream,
    rpc("tools/call", { name: "mock_echo", arguments: { message: "still" } }),
  );
  assert.match(JSON.stringify(result), /still/);
});

Deno.test("the record shows a message and the stream that its answer came on", async () => {
  await using test = await testApp();
  const stream = await openStream(test, "/no-auth/sse");
  await send(test, stream, initialize());
  await stream[Symbol.asyncDispose]();
  await test.answered();
  const recorded = JSON.stringify(await json(await test.get("/control/exchanges")));
  assert.match(recorded, /"no_auth_sse"/);
  assert.match(recorded, /"no_auth_messages"/);
  assert.match(recorded, /event: endpoint/);
});
