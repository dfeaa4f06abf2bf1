/** Requests under way on a public server: streams count until they end, and the share of an address shrinks with company. */
import assert from "node:assert/strict";
import { createUnderWay, underWayLimits } from "../../lib/limits/under_way.ts";
import { createAskers } from "../../lib/limits/asker.ts";
import { limitApp } from "../../routes/request/limits.ts";
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

Deno.test("a stream of events is under way until it ends, and any other answer until it is made (README, limits)", async () => {
  const stream = { headers: { "content-type": "text/event-stream" } };
  let nowMs = 0;
  const app = limitApp((_, { pathname }) => {
    return Promise.resolve(pathname === "/stream" ? new Response(new ReadableStream(), stream) : new Response("text"));
  }, {
    monotonicMs: () => nowMs += 1000,
    sleep: () => Promise.resolve(),
    addressOf: () => undefined,
    askers: createAskers(),
  });
  const ask = (path: string): Promise<Response> => app(new Request(origin + path), new URL(origin + path));
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
