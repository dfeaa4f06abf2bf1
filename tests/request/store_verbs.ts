/** The verbs of the store: one table, so that no store can do what another cannot. */
import assert from "node:assert/strict";
import { errorStatus, OAuthError } from "../../lib/http/errors.ts";
import { createChance, randomBytes } from "../../lib/runtime/chance.ts";
import { createStore } from "../../lib/store/kv.ts";
import type { Key, Store } from "../../lib/store/store.ts";
import { MAX_VALUE_BYTES, MAX_VALUE_LEVELS, storedBytes } from "../../lib/store/stored_value.ts";

/** A store that is closed with its test. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: Store;
}

/** The store over a database of Deno's, at a path or a URL. */
export async function openKvStore(path: string): Promise<OpenedStore> {
  const kv = await Deno.openKv(path);
  return {
    store: createStore(kv, createChance(randomBytes)),
    [Symbol.asyncDispose]: () => Promise.resolve(kv.close()),
  };
}

const nested = (levels: number, open = '{"a":', close = "}"): unknown =>
  JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`);

/** Values, and with which status they are refused. */
const values: readonly (readonly [what: string, value: unknown, refused: number | undefined])[] = [
  ["Latin-1 to the brim", "é".repeat(65_530), undefined],
  ["one byte more", "é".repeat(65_531), 413],
  ["two bytes a character", "漢".repeat(32_764), undefined],
  ["two bytes a character, one more", "漢".repeat(32_767), 413],
  ["one character beyond Latin-1", `漢${"a".repeat(40_000)}`, 413],
  ["what was cut from a text with one", `漢${"a".repeat(40_000)}`.slice(1), 413],
  ["many members", Object.fromEntries(Array.from({ length: 9000 }, (_, index) => [`k${index}`, 1])), 413],
  ["a member called __proto__", JSON.parse('{"__proto__":{"a":[1]},"b":{"__proto__":2}}'), undefined],
  ["bytes", new Uint8Array(65_536), undefined],
  ["bytes, one more", new Uint8Array(65_537), 413],
  ["nothing, true and a big number", { a: null, b: undefined, c: true, d: 2 ** 53 }, undefined],
  ["objects to the last level", nested(MAX_VALUE_LEVELS), undefined],
  ["objects, one level more", nested(MAX_VALUE_LEVELS + 1), 400],
  ["arrays, one level more", nested(MAX_VALUE_LEVELS + 1, "[", "]"), 400],
  ["objects that V8 writes and cannot read", nested(2700), 400],
  ["objects that V8 cannot write", nested(5000), 400],
];

/** What every store does. */
export function testStore(name: string, open: () => Promise<OpenedStore>): void {
  Deno.test(`the store (${name}) creates a value once, of any number of callers`, async () => {
    await using opened = await open();
    const { store } = opened;
    const results = await Promise.all(Array.from({ length: 20 }, (_, index) => store.create(["k"], index)));
    assert.equal(results.filter(Boolean).length, 1);
    assert.equal((await store.get(["k"])).value, results.indexOf(true));
  });

  Deno.test(`the store (${name}) changes nothing where a check does not hold`, async () => {
    await using opened = await open();
    const { store } = opened;
    await store.create(["a"], 1);
    const { versionstamp } = await store.get(["a"]);
    assert.equal(versionstamp?.length, 20);
    assert(await store.commit({ checks: [{ key: ["a"], versionstamp }], sets: [{ key: ["a"], value: 2 }] }));
    assert.notEqual((await store.get(["a"])).versionstamp, versionstamp);
    for (const old of [versionstamp, null]) {
      const commit = {
        checks: [{ key: ["a"], versionstamp: old }],
        sets: [{ key: ["b"], value: 1 }],
        deletes: [["a"]],
      };
      assert.equal(await store.commit(commit), false);
    }
    assert.deepEqual([(await store.get(["a"])).value, (await store.get(["b"])).versionstamp], [2, null]);
    await store.commit({ deletes: [["a"], ["never there"]] });
    assert.deepEqual(await store.get(["a"]), { key: ["a"], value: undefined, versionstamp: null });
    assert(await store.create(["a"], 3));
  });

  Deno.test(`the store (${name}) lists what lies below a prefix, in the order of keys, as much as is asked for`, async () => {
    await using opened = await open();
    const { store } = opened;
    const keys: readonly Key[] = [["l", 10], ["l", 2], ["l", -1], ["l", "b"], ["l", "a", "z"], ["l", "a"], ["l", "ab"]];
    const odd: readonly Key[] = [["l", ""], ["l", "\u{1f600}"], ["l", "\uffee"], ["l", 0.5], ["l", "漢"]];
    for (const key of [...keys, ["l"], ["m"], ["k", "l"], ...odd]) await store.create(key, key.join());
    const ordered = ["", "a", "a,z", "ab", "b", "漢", "\uffee", "\u{1f600}", -1, 0.5, 2, 10].map((last) => `l,${last}`);
    assert.deepEqual((await store.list(["l"], 100)).map(({ value }) => value), ordered);
    assert.deepEqual(
      (await store.list(["l"], 2)).map(({ key }) => key),
      [["l", ""], ["l", "a", "z"]].toSpliced(1, 1, ["l", "a"]),
    );
    assert.deepEqual(await store.list(["nothing"], 5), []);
    await store.commit({ deletes: [["l", "a"]], sets: [{ key: ["l", "aa"], value: "new" }] });
    assert.deepEqual((await store.list<string>(["l"], 4)).map(({ value }) => value), ["l,", "l,a,z", "new", "l,ab"]);
  });

  Deno.test(`the store (${name}) removes all below a prefix, and nothing beside it`, async () => {
    await using opened = await open();
    const { store } = opened;
    await Promise.all(Array.from({ length: 950 }, (_, index) => store.create(["x", index % 7, index], index)));
    for (const key of [["x"], ["xy", 1], ["w"]]) await store.create(key, 0);
    await store.removeAll(["x"]);
    assert.deepEqual((await store.list([], 10)).map(({ key }) => key), [["w"], ["x"], ["xy", 1]]);
    await store.removeAll(["never"]);
    await store.removeAll([]);
    assert.deepEqual(await store.list([], 10), []);
  });

  Deno.test(`the store (${name}) keeps what was written, whatever becomes of the object it came in`, async () => {
    await using opened = await open();
    const { store } = opened;
    const value = { list: [{ a: 1 }], bytes: new Uint8Array([1, 2]) };
    await store.create(["k"], value);
    value.list.push({ a: 2 });
    value.bytes[0] = 9;
    assert.deepEqual((await store.get(["k"])).value, { list: [{ a: 1 }], bytes: new Uint8Array([1, 2]) });
  });

  Deno.test(`the store (${name}) refuses a value that a row cannot hold, or could not be read again, and nothing else`, async (t) => {
    await using opened = await open();
    const { store } = opened;
    for (const [what, value, refused] of values) {
      await t.step(what, async () => {
        const neighbour = store.create(["neighbour", what], 1);
        const written = store.commit({ sets: [{ key: ["row"], value }] });
        if (refused === undefined) {
          assert(await written);
          assert.deepEqual((await store.get(["row"])).value, value);
          assert.equal(storedBytes(value) <= MAX_VALUE_BYTES, true);
        } else await assert.rejects(written, (error) => error instanceof OAuthError && errorStatus(error) === refused);
        assert(await neighbour);
      });
    }
  });
}
