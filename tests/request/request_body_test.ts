/** Bodies are read once, bounded, and told to faults, handlers and the recorder alike. */
import assert from "node:assert/strict";
import { parseFields } from "../../lib/http/form.ts";
import { type BodyEndpoint, bodyEndpoints } from "./body_endpoints.ts";
import { json, type TestApp, testApp } from "../helpers.ts";

const CHUNK_BYTES = 64 * 1024;
/** Each makes the server look at bodies before a handler does. */
const sandboxes = ["", "/s/standard~watched"];
const watching = [
  { match: { grant_type: "nothing" }, answer: { status: 500 } },
  { match: { rpc_method: "nothing" }, answer: { status: 500 } },
];
/** These say no before they read. */
const unread = /^\/(?:s\/[^/]+\/)?oauth$/;

/** A body without an end, and what has become of it. */
function endless(fail?: Error): { body: ReadableStream<Uint8Array>; seen: { bytes: number; isCancelled: boolean } } {
  const seen = { bytes: 0, isCancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (fail && seen.bytes > 0) return controller.error(fail);
      seen.bytes += CHUNK_BYTES;
      controller.enqueue(new Uint8Array(CHUNK_BYTES).fill(0x61));
    },
    cancel: () => {
      seen.isCancelled = true;
    },
  });
  return { body, seen };
}

async function watchedApp(): Promise<TestApp> {
  const test = await testApp();
  const set = await test.postJson("/s/standard~watched/control/faults", watching);
  assert.equal(set.status, 200, await set.text());
  return test;
}

/** Sends a body, and fails where there would never be an answer. */
async function send(
  test: TestApp,
  prefix: string,
  { method, path, type, headers }: BodyEndpoint,
  body: BodyInit,
): Promise<Response> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("There is no response after 5 s")), 5000);
  const answer = test.fetch(prefix + path, { method, body, headers: { ...headers, "content-type": type } });
  return await Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
}

Deno.test("every endpoint answers 413 as soon as a body without a length is too large, whichever part reads it first (RFC 9110 15.5.14)", async (t) => {
  await using test = await watchedApp();
  for (const endpoint of await bodyEndpoints(test)) {
    for (const prefix of sandboxes) {
      // A registration is of its sandbox.
      if (endpoint.method === "PUT" && prefix !== "") continue;
      await t.step(`${endpoint.method} ${prefix}${endpoint.path}`, async () => {
        const { body, seen } = endless();
        const response = await send(test, prefix, endpoint, body);
        const status = unread.test(prefix + endpoint.path) ? 401 : 413;
        assert.equal(response.status, status, await response.text());
        await test.answered();
        assert(seen.bytes <= endpoint.maxBytes + 4 * CHUNK_BYTES, `${seen.bytes} bytes were read`);
        assert(seen.isCancelled, "the body is still open");
      });
    }
  }
});

Deno.test("every endpoint ends a request at once whose sender leaves (RFC 9112 8)", async (t) => {
  await using test = await watchedApp();
  for (const endpoint of await bodyEndpoints(test)) {
    for (const prefix of sandboxes) {
      if (endpoint.method === "PUT" && prefix !== "") continue;
      await t.step(`${endpoint.method} ${prefix}${endpoint.path}`, async () => {
        const response = await send(test, prefix, endpoint, endless(new Error("connection reset")).body);
        const status = unread.test(prefix + endpoint.path) ? 401 : 400;
        assert.equal(response.status, status, await response.text());
      });
    }
  }
});

Deno.test("every endpoint refuses a body with a Content-Encoding, and names it (RFC 9110 15.5.16)", async (t) => {
  await using test = await watchedApp();
  for (const endpoint of await bodyEndpoints(test)) {
    for (const prefix of sandboxes) {
      if (endpoint.method === "PUT" && prefix !== "" || unread.test(prefix + endpoint.path)) continue;
      await t.step(`${endpoint.method} ${prefix}${endpoint.path}`, async () => {
        for (const coding of ["gzip", "br, identity", "IDENTITY", ""]) {
          const headers = { ...endpoint.headers, "content-encoding": coding };
          const response = await send(test, prefix, { ...endpoint, headers }, "{}");
          const isRefused = coding === "gzip" || coding.startsWith("br");
          const said = await response.text();
          assert.equal(response.status === 415, isRefused, `${coding}: ${response.status} ${said}`);
          assert.equal(response.headers.get("accept-encoding"), isRefused ? "identity" : null);
          if (isRefused) assert(said.includes("Content-Encoding") && said.includes(coding), said);
        }
      });
    }
  }
});

Deno.test("a fault, the handler and the recorder are told the same body (design)", async () => {
  await using test = await watchedApp();
  const prefix = "/s/standard~watched";
  const form = "grant_type=refresh_token&client_id=nobody&x=%E6%BC%A2";
  for (const body of [form, new Blob([form]).stream()]) {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const response = await test.fetch(`${prefix}/oauth/token`, { method: "POST", body, headers });
    assert.equal((await json(response)).error, "invalid_client");
  }
  // The last one is refused before anyone needs its body.
  const unasked = new Blob(['{"jsonrpc":"2.0","id":1,"method":"ping"}']).stream();
  const headers = { "content-type": "application/json" };
  assert.equal((await test.fetch("/oauth", { method: "POST", body: unasked, headers })).status, 401);
  const bodiesOf = async (at: string): Promise<readonly unknown[]> => {
    const { exchanges } = await json(await test.get(`${at}/control/exchanges`));
    assert(Array.isArray(exchanges));
    return exchanges.map(({ request }) => request.body);
  };
  assert.deepEqual(await bodiesOf(prefix), [form, form]);
  assert.deepEqual(await bodiesOf(""), ['{"jsonrpc":"2.0","id":1,"method":"ping"}']);
});

Deno.test("parseFields() reads what URLSearchParams reads (URL Standard 5.1)", () => {
  const pieces = ["", "a", "=", "&", "+", "%41", "%2B", "%26", "%", "%4", "%C3%A9", "%ff", "%EF%BB%BF", "é", "%00"];
  const texts = pieces.flatMap((one) => pieces.flatMap((two) => pieces.map((three) => one + two + three)));
  for (const text of texts) assert.deepEqual(parseFields(text), [...new URLSearchParams(text)], JSON.stringify(text));
});
