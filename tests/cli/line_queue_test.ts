/** The lines of the log on their way out. */
import assert from "node:assert/strict";
import { createLineQueue } from "../../lib/cli/log.ts";

/** A queue whose time does not pass, and what it has written. */
function stillQueue(): { readonly queue: ReturnType<typeof createLineQueue>; readonly written: string[] } {
  const written: string[] = [];
  const write = (bytes: Uint8Array): Promise<number> => {
    written.push(new TextDecoder().decode(bytes));
    return Promise.resolve(bytes.length);
  };
  return { queue: createLineQueue(write, () => new Promise(() => {})), written };
}

Deno.test("createLineQueue gathers lines, and sends what there is at once where it is flushed", async () => {
  const { queue, written } = stillQueue();
  queue.add("one\n");
  queue.add("two\n");
  assert.deepEqual(written, []);
  await queue.flush();
  assert.deepEqual(written, ["one\ntwo\n"]);
  queue.add("three\n");
  await queue.flush();
  await queue.flush();
  assert.deepEqual(written, ["one\ntwo\n", "three\n"]);
});

Deno.test("createLineQueue goes on after it was flushed with nothing in it", async () => {
  const written: string[] = [];
  const turn = Promise.withResolvers<void>();
  const queue = createLineQueue((bytes) => {
    written.push(new TextDecoder().decode(bytes));
    turn.resolve();
    return Promise.resolve(bytes.length);
  }, () => Promise.resolve());
  await queue.flush();
  queue.add("one\n");
  await turn.promise;
  assert.deepEqual(written, ["one\n"]);
});
