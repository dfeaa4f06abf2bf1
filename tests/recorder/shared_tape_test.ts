/** The record that processes share, on its own: when what is handed over, what is kept of it, and what goes wrong. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { type Exchange, MAX_BODY_LENGTH } from "../../lib/recorder/exchange.ts";
import { fitExchange } from "../../lib/recorder/fit.ts";
import { listExchanges, selectListed } from "../../lib/judge/listing.ts";
import type { HeldExchange } from "../../lib/recorder/tape/ring.ts";
import { createSharedTape } from "../../lib/recorder/tape/shared_tape.ts";
import type { Tape } from "../../lib/recorder/tape/tape.ts";
import { createExchangeTable, type ExchangeTable } from "../../lib/recorder/tape/exchange_table.ts";
import { createStore } from "../../lib/store/kv.ts";
import { startMs } from "../helpers.ts";

const chance = createChance(randomBytes);
const message = { headers: [], truncated: false };

function example(sequence: number, more: Partial<Exchange> = {}): Exchange {
  return {
    sequence,
    receivedAtMs: startMs + sequence,
    startedAtMs: startMs,
    method: "GET",
    url: `http://localhost/${sequence}`,
    peer: "p",
    request: message,
    status: 200,
    response: message,
    durationMs: 1,
    shapedBy: [],
    ...more,
  };
}

/** Two processes, and the time of both, which stands still but for what a test lets pass. */
interface Rig extends Disposable {
  readonly a: Tape;
  readonly b: Tape;
  readonly table: ExchangeTable;
  readonly errors: unknown[];
  /** Lets time pass, and all that happens in it. */
  readonly pass: (ms: number) => Promise<void>;
  /** How many were handed over each time. */
  readonly helpings: number[];
  readonly stop: AbortController;
}

async function openRig(
  { helpingMs = 0, fail = () => false }: {
    readonly helpingMs?: number;
    /** Whether these cannot be put on record. */
    readonly fail?: (exchanges: readonly Exchange[]) => boolean;
  } = {},
): Promise<Rig> {
  const kv = await Deno.openKv(":memory:");
  const time = createTime();
  const stop = new AbortController();
  const errors: unknown[] = [];
  const helpings: number[] = [];
  const { awaited } = time;
  const real = createExchangeTable(createStore(kv, chance), chance);
  const table: ExchangeTable = {
    key: awaited(real.key),
    watched: awaited(real.watched),
    watch: awaited(real.watch),
    state: awaited(real.state),
    version: awaited(real.version),
    add: awaited(async (sandboxId, exchanges, loss) => {
      if (fail(exchanges)) throw new Error("the disk is full");
      helpings.push(exchanges.length);
      time.busy(helpingMs);
      return await real.add(sandboxId, exchanges, loss);
    }),
    replace: awaited(real.replace),
    list: awaited(real.list),
    get: awaited(real.get),
    clear: awaited(real.clear),
  };
  const tape = (): Tape =>
    createSharedTape({
      table,
      now: () => startMs + time.nowMs(),
      monotonicMs: time.nowMs,
      sleep: time.sleep,
      signal: stop.signal,
      sinceMs: undefined,
      report: (error) => void errors.push(error),
    });
  const [a, b] = [tape(), tape()];
  return {
    ...{ a, b, table, errors, pass: time.pass, helpings, stop },
    [Symbol.dispose]: () => {
      stop.abort();
      kv.close();
    },
  };
}

/** A clock that goes on only when told to, and then waits for all that is asked of a database. */
interface Time {
  readonly nowMs: () => number;
  readonly busy: (ms: number) => void;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly pass: (ms: number) => Promise<void>;
  /** The same work, waited for. */
  readonly awaited: <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) => (...args: A) => Promise<R>;
}

function createTime(): Time {
  let nowMs = 0;
  let pending = 0;
  let sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];

  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet = pending === 0 ? quiet + 1 : 0) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  return {
    nowMs: () => nowMs,
    busy: (ms) => void (nowMs += ms),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        sleepers.push({ untilMs: nowMs + ms, wake: resolve });
      }),
    pass: async (ms) => {
      const endMs = nowMs + ms;
      for (;;) {
        await settle();
        const nextMs = Math.min(...sleepers.map(({ untilMs }) => untilMs));
        if (nextMs > endMs) break;
        nowMs = Math.max(nowMs, nextMs);
        const due = sleepers.filter(({ untilMs }) => untilMs <= nowMs);
        sleepers = sleepers.filter(({ untilMs }) => untilMs > nowMs);
        for (const { wake } of due) wake();
      }
      nowMs = Math.max(nowMs, endMs);
    },
    awaited: (work) => async (...args) => {
      pending++;
      try {
        return await work(...args);
      } finally {
        pending--;
      }
    },
  };
}

function put(tape: Tape, count: number, more: Partial<Exchange> = {}): void {
  for (let index = 0; index < count; index++) {
    const sequence = tape.number("main");
    const entry: HeldExchange = {
      sequence,
      bytes: 100,
      measure: () => 100,
      likeness: () => "alike",
      hold: () => {},
      exchange: () => example(sequence, more),
    };
    tape.put("main", entry);
  }
}

Deno.test("what was served is handed over a moment later, in small helpings", async () => {
  using rig = await openRig();
  put(rig.a, 25);
  await rig.pass(40);
  assert.deepEqual(rig.helpings, []);
  await rig.pass(20);
  assert.deepEqual(rig.helpings, [10]);
  await rig.pass(100);
  assert.deepEqual(rig.helpings, [10, 10, 5]);
  assert.deepEqual((await rig.table.list("main")).exchanges.map(({ sequence }) => sequence), numbers(25));
  assert.deepEqual(rig.errors, []);
});

Deno.test("a busy process hands over nothing until it has been calm for a while, unless somebody waits", async () => {
  using rig = await openRig();
  for (let time = 0; time < 4; time++) {
    put(rig.a, 120);
    await rig.pass(50);
  }
  await rig.pass(450);
  assert.deepEqual(rig.helpings, []);
  await rig.pass(100);
  assert.deepEqual(rig.helpings, [10]);
  put(rig.a, 120);
  const read = rig.b.read("main");
  await rig.pass(500);
  assert.equal((await read).exchanges.length, 600);
});

Deno.test("after a helping that took long comes a long rest, unless somebody waits", async () => {
  using rig = await openRig({ helpingMs: 20 });
  put(rig.a, 50);
  await rig.pass(60);
  assert.deepEqual(rig.helpings, [10]);
  await rig.pass(1900);
  assert.deepEqual(rig.helpings, [10], "100 times as long as it took is 2,000 ms");
  await rig.pass(150);
  assert.deepEqual(rig.helpings, [10, 10]);
  const read = rig.b.read("main");
  await rig.pass(100);
  assert.deepEqual(rig.helpings, [10, 10, 10, 10, 10]);
  await rig.pass(200);
  assert.equal((await read).exchanges.length, 50);
});

Deno.test("a reader waits until nothing more comes, and gets everything in the order of time", async () => {
  using rig = await openRig();
  put(rig.a, 5);
  await rig.pass(100);
  put(rig.b, 3);
  const read = rig.b.read("main");
  await rig.pass(250);
  const { exchanges, isWhole } = await read;
  assert.deepEqual(exchanges.map(({ receivedAtMs }) => receivedAtMs - startMs), [1, 1, 2, 2, 3, 3, 4, 5]);
  assert.deepEqual(exchanges.map(({ sequence }) => sequence), [1, 6, 2, 7, 3, 8, 4, 5]);
  assert(isWhole);
  const some = rig.a.read("main", 2);
  await rig.pass(250);
  const later = (await some).exchanges;
  assert.deepEqual(later.map(({ sequence }) => sequence), [6, 7, 3, 8, 4, 5]);
  const listed = selectListed(listExchanges(later, { clients: [] }), { after: 3, limit: 3 });
  assert.deepEqual(listed.map(({ sequence }) => sequence), [6, 4, 5], "those with the next numbers");
});

Deno.test("a reader waits as long as something comes that began before, for three seconds at the most", async () => {
  using rig = await openRig();
  await rig.pass(10);
  const read = rig.b.read("main");
  for (const number of numbers(3)) {
    await rig.pass(80);
    await rig.table.add("main", [example(number)], undefined);
  }
  await rig.pass(250);
  assert.equal((await read).exchanges.length, 3);
  let isOver = false;
  const flooded = rig.b.read("main").finally(() => isOver = true);
  for (let ms = 0; ms < 3200; ms += 80) {
    assert(!isOver || ms > 3000, `over after ${ms} ms`);
    await rig.pass(80);
    await rig.table.add("main", [example(4)], undefined);
  }
  assert(isOver);
  assert((await flooded).exchanges.length > 35);
});

Deno.test("a reader does not wait for what began later, however much it is", async () => {
  using rig = await openRig();
  put(rig.a, 3);
  await rig.pass(10);
  const read = rig.b.read("main");
  let isOver = false;
  void read.finally(() => isOver = true);
  let waitedMs = 0;
  for (; !isOver; waitedMs += 20) {
    await rig.table.add("main", [example(1000 + waitedMs, { receivedAtMs: startMs + 11 + waitedMs })], undefined);
    await rig.pass(20);
  }
  assert(waitedMs <= 400, `${waitedMs} ms`);
  const { exchanges } = await read;
  assert.deepEqual(exchanges.slice(0, 3).map(({ url }) => url.slice(-2)), ["/1", "/2", "/3"]);
});

Deno.test("an exchange that cannot be kept is left out alone, and the record counts it", async () => {
  using rig = await openRig({ fail: (exchanges) => exchanges.some(({ url }) => url.endsWith("/4")) });
  put(rig.a, 12);
  const read = rig.b.read("main");
  await rig.pass(1000);
  const { exchanges, leftOut, isWhole } = await read;
  assert.deepEqual(
    exchanges.map(({ url }) => url.slice("http://localhost/".length)),
    numbers(12).filter((number) => number !== 4).map(String),
  );
  assert.deepEqual([leftOut, isWhole, rig.errors.length], [1, false, 1]);
  const cleared = rig.a.clear("main");
  await rig.pass(100);
  await cleared;
  const again = rig.b.read("main");
  await rig.pass(1000);
  assert.equal((await again).leftOut, 0);
});

Deno.test("an open exchange keeps its number, and is brought up to date", async () => {
  using rig = await openRig();
  const own = rig.a.number("main");
  const version = (more: Partial<Exchange>): void =>
    rig.a.put("main", {
      sequence: own,
      bytes: 100,
      measure: () => 100,
      likeness: () => "alike",
      hold: () => {},
      exchange: () => example(own, more),
    });
  version({ isOpen: true });
  await rig.pass(60);
  put(rig.a, 1);
  version({ isOpen: true, status: 201 });
  await rig.pass(60);
  version({ status: 202 });
  await rig.pass(60);
  const { exchanges: kept } = await rig.table.list("main");
  assert.deepEqual(kept.map(({ sequence, status, isOpen }) => [sequence, status, isOpen]), [
    [1, 202, undefined],
    [2, 200, undefined],
  ]);
});

Deno.test("listeners hear once of what any process hands over, and of an open exchange when it has changed", async () => {
  using rig = await openRig();
  put(rig.a, 2);
  await rig.pass(60);
  const heard: string[] = [];
  const leave = rig.b.subscribe("main", {
    onExchange: ({ sequence, status }) => void heard.push(`${sequence} ${status}`),
    onClear: () => void heard.push("cleared"),
  });
  await rig.pass(150);
  assert.deepEqual(heard, [], "not of what was there before");
  put(rig.a, 1);
  const own = rig.b.number("main");
  rig.b.put("main", {
    sequence: own,
    bytes: 1,
    measure: () => 1,
    likeness: () => "alike",
    hold: () => {},
    exchange: () => example(own, { isOpen: true, status: 201 }),
  });
  await rig.pass(300);
  assert.deepEqual(heard.toSorted(), ["3 200", "4 201"]);
  rig.b.put("main", {
    sequence: own,
    bytes: 1,
    measure: () => 1,
    likeness: () => "alike",
    hold: () => {},
    exchange: () => example(own, { status: 202 }),
  });
  await rig.pass(300);
  assert.deepEqual(heard.slice(2), ["4 202"]);
  const cleared = rig.a.clear("main");
  await rig.pass(150);
  await cleared;
  put(rig.b, 1, { receivedAtMs: startMs + 10_000 });
  await rig.pass(300);
  assert.deepEqual(heard.slice(3), ["cleared", "5 200"]);
  leave();
  put(rig.a, 1);
  await rig.pass(300);
  assert.equal(heard.length, 5);
  assert.deepEqual(rig.errors, []);
});

Deno.test("the 2,000 newest exchanges of a sandbox are on record; then a report does not cover all", async () => {
  using rig = await openRig();
  const all = Array.from({ length: 2010 }, (_, index) => example(index + 1, { url: "http://localhost/" }));
  for (let from = 0; from < all.length; from += 10) await rig.table.add("main", all.slice(from, from + 10), undefined);
  const read = rig.b.read("main");
  await rig.pass(250);
  const { exchanges, earlier, isWhole, isComplete, dropped, unjudged } = await read;
  assert.deepEqual([exchanges.length, exchanges[0]?.sequence, exchanges.at(-1)?.sequence], [2000, 11, 2010]);
  assert.deepEqual([isWhole, isComplete, dropped, unjudged], [false, true, 10, 0]);
  assert.deepEqual(earlier.map(({ sequence }) => sequence), [1, 2, 3, 4], "the first of what is alike");
  let rows = 0;
  for (const number of numbers(20)) rows += (await rig.table.get("main", [number])).length;
  assert.equal(rows, 10 + earlier.length, "what gave way is gone");
});

Deno.test("the record counts what a process had to forget before it could hand it over", async () => {
  using rig = await openRig();
  put(rig.a, 2200);
  const read = rig.a.read("main");
  await rig.pass(1500);
  const { exchanges, isWhole, leftOut } = await read;
  assert.deepEqual([exchanges.length, isWhole, leftOut], [2000, false, 200]);
});

Deno.test("a failed helping is reported, and what comes later is on record", async () => {
  let isBroken = true;
  using rig = await openRig({ fail: () => isBroken });
  put(rig.a, 3);
  await rig.pass(60);
  assert.match(String(rig.errors), /disk is full/);
  isBroken = false;
  put(rig.a, 1);
  await rig.pass(60);
  assert.deepEqual((await rig.table.list("main")).exchanges.map(({ url }) => url), ["http://localhost/4"]);
});

Deno.test("an app that ends hands nothing more over, and leaves nothing running", async () => {
  using rig = await openRig();
  put(rig.a, 3);
  const hear = (): void => assert.fail("there is nothing to hear");
  rig.b.subscribe("main", { onExchange: hear, onClear: hear });
  await rig.pass(10);
  rig.stop.abort();
  await rig.pass(200);
  assert.deepEqual([rig.helpings, rig.errors], [[], []]);
});

Deno.test("an exchange that is too large for a database value is cut, bodies first, and marked", async () => {
  using rig = await openRig();
  const body = "…".repeat(MAX_BODY_LENGTH);
  const small = example(1, { request: { headers: [["a", "b"]], body: body.slice(0, 8000), truncated: false } });
  assert.equal(fitExchange(small), small);
  const large = example(1, {
    request: { headers: [["a", "b"]], body, truncated: false },
    response: { headers: [["location", "x".repeat(5000)]], body, truncated: false },
  });
  const cut = fitExchange(large);
  assert.deepEqual([cut.request.body?.length, cut.response.truncated], [8192, true]);
  assert.equal(cut.response.headers[0]?.[1].length, 5000);
  assert.deepEqual(fitExchange(small, 4000).request.body?.length, 1024);
  const headers = Array.from({ length: 3000 }, (_, index) => [`x-${index}`, "…".repeat(100)] as const);
  const absurd = example(1, { url: `http://localhost/?${"y".repeat(60_000)}`, request: { headers, truncated: false } });
  assert.deepEqual(fitExchange(absurd).request, { headers: [], truncated: true });
  const signed = Array.from({ length: 11 }, (_, index) => [`x-${index}`, `${"a".repeat(5400)} …`] as const);
  const wide = fitExchange(example(1, { request: { headers: signed, truncated: false } }));
  assert.equal(wide.request.headers[0]?.[1], "a".repeat(4096), "what is cut takes one byte a character again");
  assert.deepEqual([small, large, absurd, wide].map((exchange) => fitExchange(exchange).isCut), [
    undefined,
    true,
    true,
    true,
  ]);
  for (const exchange of [small, large, absurd]) await rig.table.add("main", [exchange], undefined);
  assert.equal((await rig.table.list("main")).exchanges.length, 3);
});

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
