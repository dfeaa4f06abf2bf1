import assert from "node:assert/strict";
import type { Commit, Entry, Store } from "../../lib/store/store.ts";
import { updateRow } from "../../lib/store/update.ts";

/** One row, into which others write before each of the first commits. */
function createRow(others: readonly number[]): Pick<Store, "get" | "commit"> & { readonly commits: Commit[] } {
  const waiting = [...others];
  const row: { value: unknown; version: number } = { value: undefined, version: 0 };
  const commits: Commit[] = [];
  return {
    commits,
    get: <T>(key: Entry<T>["key"]): Promise<Entry<T>> => {
      const entry: { value?: T } = {};
      Object.assign(entry, { value: row.value });
      return Promise.resolve({ key, value: entry.value, versionstamp: row.version === 0 ? null : `${row.version}` });
    },
    commit: (commit) => {
      commits.push(commit);
      const other = waiting.shift();
      if (other !== undefined) Object.assign(row, { value: other, version: row.version + 1 });
      const [check] = commit.checks ?? [];
      const isSame = check?.versionstamp === (row.version === 0 ? null : `${row.version}`);
      if (isSame) Object.assign(row, { value: commit.sets?.[0]?.value, version: row.version + 1 });
      return Promise.resolve(isSame);
    },
  };
}

Deno.test("updateRow() starts again from what another process has written meanwhile, as often as it takes", async () => {
  const store = createRow([10, 20, 30]);
  const seen: (number | undefined)[] = [];
  const { value } = await updateRow(store, ["row"], (before?: number) => {
    seen.push(before);
    return { value: (before ?? 0) + 1 };
  });
  assert.deepEqual(seen, [undefined, 10, 20, 30]);
  assert.equal(value, 31);
  assert.equal((await store.get(["row"])).value, 31);
});

Deno.test("updateRow() writes nothing where nothing is to change, and returns what the change said", async () => {
  const store = createRow([]);
  assert.deepEqual(await updateRow(store, ["row"], () => ({ value: undefined, why: "full" })), {
    value: undefined,
    why: "full",
  });
  assert.deepEqual(store.commits, []);
});

Deno.test("updateRow() commits what belongs to the change together with it", async () => {
  const store = createRow([]);
  const sets = [{ key: ["beside"], value: 2, expireInMs: 5 }];
  await updateRow(store, ["row"], () => ({ value: 1, expireInMs: 7, sets, deletes: [["gone"]] }));
  assert.deepEqual(store.commits, [{
    checks: [{ key: ["row"], versionstamp: null }],
    sets: [{ key: ["row"], value: 1, expireInMs: 7 }, ...sets],
    deletes: [["gone"]],
  }]);
});

Deno.test("updateRow() commits twice at most for each of those who change a row at once", async () => {
  const store = createRow([]);
  const changes = Array.from(
    { length: 200 },
    () => updateRow(store, ["row"], (before: number = 0) => ({ value: before + 1 })),
  );
  const values = (await Promise.all(changes)).map(({ value }) => value);
  assert.deepEqual(values.toSorted((a, b) => a - b), Array.from({ length: 200 }, (_, index) => index + 1));
  assert(store.commits.length <= 400, `${store.commits.length} commits`);
});

Deno.test("updateRow() lets the next have its turn when a change fails", async () => {
  const store = createRow([]);
  const changes = [1, 2, 3].map((number) =>
    updateRow(store, ["row"], (before: number = 0) => {
      if (number === 2 && before > 0) throw new Error("No");
      return { value: before + number };
    })
  );
  const ends = await Promise.allSettled(changes);
  assert.deepEqual(ends.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.equal((await store.get(["row"])).value, 4);
});
