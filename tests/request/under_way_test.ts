/** Requests under way on a public server: streams count until they end, and the share of an address shrinks with company. */
import assert from "node:assert/strict";
import { bodyLimits, createBodyBytes } from "../../lib/limits/body_bytes.ts";
import { createUnderWay, underWayLimits } from "../../lib/limits/under_way.ts";
import { createAskers } from "../../lib/limits/asker.ts";
import { limitApp } from "../../routes/request/limits.ts";
import type { Located } from "../../routes/request/request_url.ts";
import { errorResponse } from "../../lib/http/body.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import { bodyText, MAX_MESSAGE_BYTES } from "../../lib/http/request_body.ts";
import { origin } from "../helpers.ts";

Deno.test("an address that has its share is refused while all are busy, and one that has less is let in", () => {
  const { enter } = createUnderWay({ perAddress: 5, inAll: 6 });
  const leave = [..."aaaabb"].map((address) => enter(address));
  // Two addresses and one more that may come: two each.
  assert.throws(() => enter("a"), { message: "Too many requests in progress" });
  assert.throws(() => enter("b"), { message: "Too many requests in progress" });
  const newcomer = enter("c");
  newcomer();
  newcomer();
  leave[0]?.();
  enter("a")();
  for (const end of leave.slice(1)) end();
  for (let count = 0; count < 5; count++) enter("a");
  assert.throws(() => enter("a"), { message: "Too many requests from your address in progress" });
});

/** An app with limits, in which as much time passes between two requests as the rate of the largest asks for. */
function limited(app: Located): Located {
  let nowMs = 0;
  return limitApp(app, {
    monotonicMs: () => nowMs += 10_000,
    sleep: () => Promise.resolve(),
    addressOf: () => undefined,
    askers: createAskers(),
  });
}

Deno.test("a stream of events is under way until it ends, and any other answer until it is made (README, limits)", async () => {
  const stream = { headers: { "content-type": "text/event-stream" } };
  const app = limited((_, { pathname }) => {
    return Promise.resolve(pathname === "/stream" ? new Response(new ReadableStream(), stream) : new Response("text"));
  });
  const ask = async (path: string): Promise<Response> => await app(new Request(origin + path), new URL(origin + path));
  const streams: Response[] = [];
  for (let count = 0; count < underWayLimits.perAddress; count++) {
    assert.equal((await ask("/text")).status, 200);
    if (count < underWayLimits.perAddress - 1) streams.push(await ask("/stream"));
  }
  const last = await ask("/stream");
  assert.deepEqual([last.status, (await ask("/text")).status], [200, 429]);
  await last.body?.cancel();
  assert.equal((await ask("/text")).status, 200);
  await Promise.all(streams.map(({ body }) => body?.cancel()));
});

Deno.test("an address whose bodies have their share is refused while all are large, and one that has less is let in", () => {
  const { open } = createBodyBytes({ perAddress: 50, inAll: 60 });
  const [a, b, c] = [open("a"), open("b"), open("c")];
  a.take(40);
  b.take(20);
  // Two addresses and one more that may come: 20 each.
  for (const body of [a, b, open("a")]) {
    assert.throws(() => body.take(1), { message: "The bodies of requests in progress are too large together" });
  }
  c.take(15);
  assert.throws(() => c.take(1), { message: "The bodies of requests in progress are too large together" });
  a.free();
  a.free();
  b.take(5);
  assert.throws(() => open("b").take(26), {
    message: "The bodies of requests from your address in progress are too large together",
  });
  for (const body of [b, c]) body.free();
  open("d").take(50);
});

Deno.test("a body counts until its answer is sent, as far as that is told, and until it has come (README, limits)", async () => {
  const app = limited(async (request, { pathname }) => {
    const text = bodyText(request, MAX_MESSAGE_BYTES);
    try {
      // A recorder reads on after the answer.
      return new Response(pathname === "/late" ? "" : await text);
    } catch (error) {
      if (error instanceof OAuthError) return errorResponse(error);
      throw error;
    }
  });
  const most = bodyLimits.perAddress / MAX_MESSAGE_BYTES;
  const ask = async (path: string, body: BodyInit, completed?: Promise<void>): Promise<number> => {
    const headers = { "content-length": `${MAX_MESSAGE_BYTES}` };
    const request = new Request(origin + path, { method: "POST", body, headers });
    return (await app(request, new URL(origin + path), completed && { completed })).status;
  };
  /** How many are answered before any of the answers is sent. */
  const answered = async (): Promise<number> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let count = 0;
    while (count <= most && await ask("/", "", promise) === 200) count++;
    resolve();
    await new Promise((turn) => setTimeout(turn));
    return count;
  };
  for (let turn = 0; turn <= most; turn++) assert.equal(await ask("/", ""), 200);
  assert.equal(await answered(), most);
  const { promise: hangup, reject } = Promise.withResolvers<void>();
  assert.equal(await ask("/late", new ReadableStream({ pull: () => hangup })), 200);
  assert.equal(await answered(), most - 1);
  reject(new Error("hung up"));
  await new Promise((turn) => setTimeout(turn));
  assert.equal(await answered(), most);
});
