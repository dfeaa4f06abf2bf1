/** A database that fails: the client is told what it is and when to try again, and the operator what the database said. */
import assert from "node:assert/strict";
import { errorStatus, OAuthError } from "../../lib/http/errors.ts";
import { whileFileIsThere } from "../../lib/cli/database_file.ts";
import { createCommitQueue } from "../../lib/store/commit_queue.ts";
import { createChance } from "../../lib/runtime/chance.ts";
import { explainFailure, StoreError } from "../../lib/store/failure.ts";
import { createStore, type Kv } from "../../lib/store/kv.ts";
import { impatient, PATIENCE_MS } from "../../lib/store/kv_server.ts";
import { assertOAuthError, publicClient, testApp } from "../helpers.ts";

/** What SQLite says, and what a client is told. */
const rows: readonly (readonly [said: string, status: number, told: RegExp])[] = [
  ["database is locked", 503, /^The database is locked by another process/],
  ["database table is locked", 503, /^The database is locked by another process/],
  ["database or disk is full", 507, /^The disk that holds the database is full/],
  ["disk I/O error", 503, /^The database cannot be read or written/],
  ["attempt to write a readonly database", 503, /^The database cannot be read or written/],
  ["unable to open database file", 503, /^The database cannot be read or written/],
  ["database disk image is malformed", 503, /^The database cannot be read or written/],
  ["KV Connect failed to call 'http://kv.test/' (status=401 Unauthorized): no", 503, /^The KV server refuses/],
];

/** A database whose writes fail for as long as there is something it says. */
function failing(kv: Deno.Kv, state: { says: string | undefined }): Deno.Kv {
  return new Proxy(kv, {
    get: (target, name) => {
      if (name === "atomic" && state.says !== undefined) throw new TypeError(state.says);
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

for (const [says, status, told] of rows) {
  Deno.test(`a database that says '${says}' is told as ${status} with a time to try again, and used again after that`, async () => {
    using kv = await Deno.openKv(":memory:");
    const state: { says: string | undefined } = { says };
    const messages: string[] = [];
    const log = (event: { readonly event: string; readonly message?: string }): void => {
      if (event.event === "error") messages.push(event.message ?? "");
    };
    // Without chance the sixty tries of a locked database take a millisecond each.
    await using test = await testApp({ kv: failing(kv, state), log, randomBytes: (length) => new Uint8Array(length) });
    const response = await test.postJson("/oauth/register", publicClient);
    assert.equal(response.headers.get("retry-after"), "5");
    assert.match(await assertOAuthError(response, status, "temporarily_unavailable"), told);
    assert(messages.some((message) => message === `POST /oauth/register: TypeError: ${says}`), messages.join("\n"));
    state.says = undefined;
    assert.equal((await test.postJson("/oauth/register", publicClient)).status, 201);
  });
}

Deno.test("explainFailure does not change what is not the database's failure", () => {
  const errors = [new OAuthError("invalid_request", "database is locked"), new TypeError("value is too large"), "text"];
  for (const error of errors) assert.equal(explainFailure(error), error);
  const explained = explainFailure(new TypeError("database is locked"));
  assert(explained instanceof StoreError && errorStatus(explained) === 503);
});

Deno.test("createCommitQueue does not try one by one what the database as such refuses", async () => {
  let applied = 0;
  const commit = createCommitQueue(() => {
    applied++;
    return Promise.reject(new StoreError("The database is locked by another process", 503));
  });
  const ends = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => commit({ deletes: [[n]] })));
  assert(ends.every(({ status }) => status === "rejected"));
  assert.equal(applied, 1);
});

Deno.test("an app whose database file was removed or replaced acknowledges nothing until it is back", async () => {
  const stop = new AbortController();
  const reports: string[] = [];
  let found: { dev: number; ino: number | null } | undefined = { dev: 1, ino: 7 };
  let turn = Promise.withResolvers<void>();
  const app = whileFileIsThere("kv.sqlite3", () => Promise.resolve(new Response("served")), {
    stat: () => found ? Promise.resolve({ ...found }) : Promise.reject(new Deno.errors.NotFound()),
    sleep: () => turn.promise,
    signal: stop.signal,
    report: (message) => void reports.push(message),
  });
  const ask = async (): Promise<number> => {
    const { resolve } = turn;
    turn = Promise.withResolvers<void>();
    resolve();
    for (let step = 0; step < 10; step++) await Promise.resolve();
    return (await app(new Request("http://localhost/health"))).status;
  };
  await Promise.resolve();
  assert.equal(await ask(), 200);
  found = undefined;
  assert.equal(await ask(), 503);
  found = { dev: 1, ino: 8 };
  assert.equal(await ask(), 503);
  found = { dev: 1, ino: 7 };
  assert.equal(await ask(), 200);
  assert.deepEqual(reports, [
    "The database kv.sqlite3 was removed or replaced; restore it, or restart the program",
    "The database kv.sqlite3 is back",
  ]);
  stop.abort();
  turn.resolve();
});

Deno.test("an app whose database file is removed before the first request acknowledges nothing", async () => {
  let found: { dev: number; ino: number | null } | undefined = { dev: 1, ino: 7 };
  const app = whileFileIsThere("kv.sqlite3", () => Promise.resolve(new Response("served")), {
    stat: () => found ? Promise.resolve({ ...found }) : Promise.reject(new Deno.errors.NotFound()),
    sleep: () => new Promise(() => {}),
    signal: new AbortController().signal,
    report: () => {},
  });
  found = undefined;
  assert.equal((await app(new Request("http://localhost/health"))).status, 503);
});

Deno.test("a KV server that does not answer is told as 503, after ten seconds and then at once, and used again once it is back", async () => {
  using kv = await Deno.openKv(":memory:");
  // `Deno.Kv` itself waits for a server for as long as it takes.
  const state = { isAway: false, back: Promise.withResolvers<void>(), calls: 0, waits: 0 };
  const slow = async <T>(call: () => Promise<T>): Promise<T> => {
    state.calls++;
    if (state.isAway) await state.back.promise;
    return await call();
  };
  async function* slowly<T>(list: () => AsyncIterable<T>): AsyncGenerator<T, void> {
    await slow(() => Promise.resolve());
    yield* list();
  }
  const server: Kv = {
    getMany: (keys) => slow(() => kv.getMany(keys.map((key) => [...key]))),
    list: ({ prefix }, options) => slowly(() => kv.list({ prefix: [...prefix] }, options)),
    atomic: () => {
      const atomic = kv.atomic();
      return {
        check: ({ key, versionstamp }) => atomic.check({ key: [...key], versionstamp }),
        set: (key, value) => atomic.set([...key], value),
        delete: (key) => atomic.delete([...key]),
        commit: () => slow(() => atomic.commit()),
      };
    },
  };
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    assert.equal(ms, PATIENCE_MS);
    if (!state.isAway) {
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    }
    state.waits++;
    return Promise.resolve();
  };
  const store = createStore(impatient(server, sleep), createChance((length) => new Uint8Array(length)));
  assert(await store.create(["a"], 1));
  assert.equal((await store.list(["a"], 1)).length, 0);
  state.isAway = true;
  const silent = (error: unknown): boolean =>
    error instanceof StoreError && errorStatus(error) === 503 && /does not answer/.test(error.message);
  await assert.rejects(store.create(["b"], 1), silent);
  const { calls } = state;
  for (const call of [() => store.get(["a"]), () => store.create(["c"], 1), () => store.list(["a"], 1)]) {
    await assert.rejects(call, silent);
  }
  assert.deepEqual([state.calls - calls, state.waits], [0, 1]);
  state.isAway = false;
  state.back.resolve();
  // What was on its way has to come back first, which takes some turns of the event loop, and more where much else is done.
  const again = async (turns: number): Promise<unknown> => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    try {
      return (await store.get(["a"])).value;
    } catch (error) {
      assert(silent(error) && turns > 0);
      return await again(turns - 1);
    }
  };
  assert.equal(await again(1000), 1);
  // What was on its way when it went is written.
  assert.deepEqual([(await store.get(["b"])).value, (await store.get(["c"])).value], [1, undefined]);
});

Deno.test("createCommitQueue puts no more checks into a transaction than a KV server takes", async () => {
  const sizes: number[] = [];
  const commit = createCommitQueue((commits) => {
    sizes.push(commits.flatMap(({ checks = [] }) => checks).length);
    return Promise.resolve(true);
  }, 10);
  const check = (name: string): { readonly key: readonly string[]; readonly versionstamp: null } => ({
    key: [name],
    versionstamp: null,
  });
  await Promise.all(
    Array.from({ length: 9 }, (_, n) => commit({ checks: [check(`a${n}`), check(`b${n}`), check(`c${n}`)] })),
  );
  assert.deepEqual(sizes, [9, 9, 9]);
});
