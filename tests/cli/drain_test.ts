/** A server that is to stop: what it waits for, and what it gives up. */
import assert from "node:assert/strict";
import { createDrain } from "../../lib/cli/drain.ts";
import { bodyText } from "../../lib/http/request_body.ts";

/** Something that is under way until it is told to end. */
interface Held {
  readonly request: Request;
  readonly end: () => void;
}

/** A request whose body does not come in whole until it is told to. */
function slowBody(): Held {
  let end = (): void => {};
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (end = () => controller.close()) });
  return { request: new Request("http://localhost/", { method: "POST", body }), end };
}

Deno.test("createDrain() waits for answers when it closes, and gives up bodies that do not come within 1 s", async () => {
  const work = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const slept: number[] = [];
  const drain = createDrain(async (request: Request) => {
    await bodyText(request, 1000);
    await work.promise;
    return new Response("done");
  }, (ms) => {
    slept.push(ms);
    return second.promise;
  });
  const [inTime, never] = [slowBody(), slowBody()];
  const answers = [inTime, never].map(({ request }) => drain.enter(request));
  let isClosed = false;
  const closed = drain.close().finally(() => isClosed = true);
  assert.equal((await drain.enter(new Request("http://localhost/"))).status, 503);
  inTime.end();
  await bodyText(inTime.request, 1000);
  second.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  // The body that came is being worked on, and that is waited for.
  assert.deepEqual([slept, isClosed], [[1000], false]);
  work.resolve();
  assert.equal(await closed, true);
  assert.equal(await (await answers[0])?.text(), "done");
  never.end();
  assert.equal((await answers[1])?.status, 200);
});

Deno.test("createDrain() says whether an answer went out while it was closing: one that is given up did not", async () => {
  const drain = createDrain(async (request: Request) => {
    await bodyText(request, 1000);
    return new Response();
  }, () => Promise.resolve());
  const { request, end } = slowBody();
  const answer = drain.enter(request);
  assert.equal(await drain.close(), false);
  end();
  await answer;
});
