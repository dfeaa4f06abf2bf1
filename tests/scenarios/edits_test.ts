/** When an edit is met: by a response of which it changes something, and by no other. And when a body breaks off. */
import assert from "node:assert/strict";
import { control, listOf, send } from "../control/helpers.ts";
import { assertOAuthError, authorizeQuery, register, type TestApp, testApp } from "../helpers.ts";
import { initialize, rpc } from "../mcp/helpers.ts";

/** A request by its method and path; a POST sends a message of JSON-RPC. */
type Ask = readonly [line: string, message?: unknown];

const metadata: Ask = ["GET /.well-known/oauth-authorization-server"];
const preflight: Ask = ["OPTIONS /oauth/token"];
const head: Ask = ["HEAD /.well-known/oauth-authorization-server"];
const listed: Ask = ["POST /no-auth", rpc("tools/list")];
const delayed: Ask = [
  "POST /no-auth",
  rpc("tools/call", { name: "mock_delay", arguments: { delayMs: 1, message: "m" } }),
];
const refused: Ask = ["POST /no-auth", rpc("resources/list")];
const notified: Ask = ["POST /no-auth", { jsonrpc: "2.0", method: "notifications/initialized" }];
const page: Ask = ["GET /robots.txt"];

/** Each way to edit, a response of which it changes nothing, and one of which it does; undefined where it always does. */
const cases: readonly (readonly [edit: Record<string, unknown>, unchanged: Ask | undefined, changed: Ask])[] = [
  [{ status: 200 }, metadata, notified],
  [{ headers: { "content-type": "text/event-stream" } }, delayed, listed],
  [{ headers: { "mcp-session-id": null } }, metadata, listed],
  [{ json: { set: { jsonrpc: "1.0" } } }, notified, delayed],
  [{ json: { set: { jsonrpc: "1.0" } } }, undefined, listed],
  [{ json: { set: { jsonrpc: "2.0" } } }, listed, metadata],
  [{ json: { set: { a: "{body.id}" } } }, page, listed],
  [{ json: { remove: ["issuer"] } }, listed, metadata],
  [{ json: { keep: ["jsonrpc", "id", "result"] } }, listed, metadata],
  [{ json: { keep: ["id", "result", "jsonrpc"] } }, undefined, listed],
  [{ json: { order: ["token_endpoint", "absent"] } }, listed, metadata],
  [{ json: { set: { "result.tools": [] } } }, metadata, listed],
  [{ json: { set: { "error.data": {} } } }, listed, refused],
  [{ json: { remove: ["result.content"] } }, listed, delayed],
  [{ json: { remove: ["result.tools"] } }, metadata, listed],
  [{ location: { state: "b" } }, metadata, ["authorize"]],
  [{ location: { absent: null } }, ["authorize"], ["authorize absent"]],
  [{ body: "x" }, undefined, delayed],
  [{ content_type: "application/json" }, listed, delayed],
  [{ encode: "form" }, delayed, listed],
  [{ delay_ms: 1 }, undefined, notified],
  [{ drop: true }, undefined, preflight],
  [{ truncate_bytes: 0 }, preflight, delayed],
  [{ truncate_bytes: 3 }, head, listed],
  [{ trickle: { bytes: 1000, every_ms: 1 } }, notified, delayed],
  [{ stream: { form: "events" } }, delayed, listed],
  [{ stream: { form: "json" } }, listed, delayed],
  [{ stream: { before: [{ comment: "c" }] } }, metadata, listed],
  [{ stream: { before: [{ comment: "c" }] } }, notified, delayed],
  [{ stream: { end: { how: "close" } } }, page, delayed],
];

/** What a client of sessions sends. */
const headers = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2025-11-25",
};

async function beginSession({ fetch }: Pick<TestApp, "fetch">): Promise<Readonly<Record<string, string>>> {
  const response = await fetch("/no-auth", { method: "POST", body: JSON.stringify(initialize()), headers });
  await response.text();
  return { ...headers, "mcp-session-id": response.headers.get("mcp-session-id") ?? "" };
}

async function ask(
  test: TestApp,
  session: Readonly<Record<string, string>>,
  clientId: string,
  [line, message]: Ask,
): Promise<void> {
  const [method = "", path = ""] = line.split(" ");
  const more = path === "absent" ? { redirect_uri: "https://client.example/cb?absent=1" } : {};
  const response = method === "authorize"
    ? await test.get(authorizeQuery(clientId, { auto_approve: "true", ...more }))
    : await test.fetch(path, {
      method,
      ...(message === undefined ? {} : { body: JSON.stringify(message) }),
      headers: path === "/no-auth" ? session : {},
    });
  await response.text().catch((error) => assert.match(String(error), /on request/));
}

Deno.test("an edit that changes nothing of a response is not met by it, and waits for one of which it does", async (t) => {
  await using test = await testApp({ sleep: () => Promise.resolve() });
  const redirect_uris = ["https://client.example/cb", "https://client.example/cb?absent=1"];
  const { clientId } = await register(test, { redirect_uris });
  const session = await beginSession(test);
  for (const [index, [edit, unchanged, changed]] of cases.entries()) {
    await t.step(JSON.stringify(edit), async () => {
      const name = `edit-${index}`;
      const seen = async (): Promise<readonly unknown[]> => {
        const { met, has_ended } = await control(test, `GET /control/faults/${name}`);
        const exchanges = listOf(await control(test, "GET /control/exchanges"), "exchanges");
        return [met, has_ended, exchanges.filter(({ shapedBy }) => JSON.stringify(shapedBy) === `["${name}"]`).length];
      };
      await control(test, "POST /control/faults", { name, match: {}, edit });
      if (unchanged) {
        await ask(test, session, clientId, unchanged);
        assert.deepEqual(await seen(), [0, false, 0], "the response of which it changes nothing");
      }
      await ask(test, session, clientId, changed);
      assert.deepEqual(await seen(), [1, true, 1], "the response of which it changes something");
      await control(test, "DELETE /control/faults");
    });
  }
});

Deno.test("an edit that could change no response is refused when it is set", async () => {
  await using test = await testApp();
  const empty: readonly Record<string, unknown>[] = [
    ...[{}, { headers: {} }, { json: {} }, { json: { set: {}, remove: [] } }, { location: {} }],
    ...[{ drop: false }, { delay_ms: 0 }, { drop: false, delay_ms: 0, headers: {}, json: {}, location: {} }],
  ];
  for (const edit of empty) {
    const refused = await send(test, "POST /control/faults", { match: {}, edit });
    assert.match(
      await assertOAuthError(refused, 400, "invalid_request"),
      /^edit .*at least one change/,
      JSON.stringify(edit),
    );
  }
});

/** What arrives of a body, and how it ends. */
async function readAll(response: Response): Promise<readonly [text: string, end: string]> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return [text, "whole"];
  } catch (error) {
    return [text, String(error)];
  }
}

Deno.test("truncate_bytes cuts at the byte and at once, on a document, a stream, an idle stream and a trickle", async (t) => {
  const pace = { bytes: 2, every_ms: 1 };
  const call = rpc("tools/call", { name: "mock_delay", arguments: { delayMs: 4000, message: "m" } });
  const asks: readonly (readonly [name: string, path: string, init: RequestInit, cuts: readonly number[]])[] = [
    ["document", "/health", {}, [0, 1, 10]],
    ["stream", "/no-auth", { method: "POST", body: JSON.stringify(call) }, [0, 1, 10]],
    ["idle stream", "/no-auth", {}, [0]],
  ];
  for (const [name, path, init, cuts] of asks) {
    for (const edit of cuts.flatMap((bytes) => [{ truncate_bytes: bytes }, { truncate_bytes: bytes, trickle: pace }])) {
      await t.step(`${name}: ${JSON.stringify(edit)}`, async () => {
        // The tool never ends, so what comes after its first event is the cut alone.
        const sleep = (ms: number): Promise<void> => ms === pace.every_ms ? Promise.resolve() : new Promise(() => {});
        await using test = await testApp({ sleep });
        const session = await beginSession(test);
        await control(test, "POST /control/faults", { match: { path }, edit });
        const [text, end] = await readAll(await test.fetch(path, { ...init, headers: session }));
        assert.deepEqual([text.length, /cut off on request/.test(end)], [edit.truncate_bytes, true], `${text} ${end}`);
      });
    }
  }
});
