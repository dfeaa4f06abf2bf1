/** The note tools: their texts, and whose notes a caller sees. */
import assert from "node:assert/strict";
import { MAX_NOTE_CHARACTERS } from "../../lib/mcp/tools/notes.ts";
import { MAX_NOTES_PER_OWNER } from "../../lib/mcp/tools/note_table.ts";
import { ADMIN, ANN, type Answer, clients, OPEN, openMcp, START_MS, withEachClient } from "./helpers.ts";

const json = (value: unknown): Answer => ({ text: JSON.stringify(value, null, 2), isError: false, structured: value });
const failed = (value: unknown): Answer => ({
  text: JSON.stringify(value, null, 2),
  isError: true,
  structured: undefined,
});

Deno.test("tools/call keeps, finds, changes and removes notes (original)", async (t) => {
  await withEachClient(t, { mode: "no-auth", caller: OPEN }, async (client, mcp) => {
    assert.deepEqual(await client.call("mock_list_notes"), json({ count: 0, notes: [] }));
    const created = await client.call("mock_create_note", { title: "T", content: "first" });
    const id = /"id": "(note-1700000000123-[0-9a-z]{7})"/.exec(created.text)?.[1];
    assert.ok(id, created.text);
    const first = { id, title: "T", content: "first", created_at: START_MS, updated_at: START_MS };
    assert.deepEqual(created, json(first));

    mcp.nowMs += 1000;
    const second = JSON.parse((await client.call("mock_create_note", { title: "T", content: "second" })).text);
    assert.deepEqual(await client.call("mock_list_notes"), json({ count: 2, notes: [second, first] }));
    assert.deepEqual(await client.call("mock_get_note", { id }), json(first));
    assert.deepEqual(await client.call("mock_get_note_by_title", { title: "T" }), json(second));

    const changed = { ...first, content: "new", updated_at: START_MS + 1000 };
    assert.deepEqual(await client.call("mock_update_note", { id, content: "new" }), json(changed));
    const renamed = { ...changed, title: "U" };
    assert.deepEqual(await client.call("mock_update_note", { id, title: "U" }), json(renamed));
    assert.deepEqual(await client.call("mock_get_note_by_title", { title: "U" }), json(renamed));

    assert.deepEqual(await client.call("mock_delete_note", { id }), json({ success: true, deleted_id: id }));
    assert.deepEqual(await client.call("mock_clear_all_notes"), json({ success: true, deleted_count: 1 }));
    assert.deepEqual(await client.call("mock_clear_all_notes"), json({ success: true, deleted_count: 0 }));
  });
});

Deno.test("tools/call says which note was not found (original)", async (t) => {
  await withEachClient(t, { mode: "no-auth", caller: OPEN }, async (client) => {
    const error = "Note not found";
    assert.deepEqual(await client.call("mock_get_note", { id: "x" }), failed({ error, id: "x" }));
    assert.deepEqual(await client.call("mock_get_note_by_title", { title: "x" }), failed({ error, title: "x" }));
    assert.deepEqual(await client.call("mock_update_note", { id: "x", title: "y" }), failed({ error, id: "x" }));
    assert.deepEqual(await client.call("mock_delete_note", { id: "x" }), failed({ error, id: "x" }));
  });
});

Deno.test("tools/call refuses a note that the store could not hold (Deno KV value limit)", async (t) => {
  await withEachClient(t, { mode: "no-auth", caller: OPEN }, async (client) => {
    const most = "ш".repeat(MAX_NOTE_CHARACTERS - 1);
    const kept = await client.call("mock_create_note", { title: "t", content: most });
    assert.equal(kept.isError, false);
    const { id } = JSON.parse(kept.text);
    const tooLong = { error: "Note too long: title and content have 30001 characters, 30000 are accepted" };
    assert.deepEqual(await client.call("mock_create_note", { title: "tt", content: most }), failed(tooLong));
    assert.deepEqual(await client.call("mock_update_note", { id, title: "tt" }), failed(tooLong));
    assert.equal(JSON.parse((await client.call("mock_get_note", { id })).text).title, "t");
  });
});

Deno.test("tools/call refuses more notes than one owner may have (design)", async () => {
  await using mcp = await openMcp();
  await using client = await clients[2].connect(mcp.fetchAs("no-auth", OPEN));
  await Promise.all(Array.from({ length: MAX_NOTES_PER_OWNER }, (_, i) => {
    return client.call("mock_create_note", { title: `t${i}`, content: "" });
  }));
  assert.deepEqual(
    await client.call("mock_create_note", { title: "t", content: "" }),
    failed({ error: "Too many notes: 500 are accepted, delete some first" }),
  );
  assert.equal(JSON.parse((await client.call("mock_clear_all_notes")).text).deleted_count, MAX_NOTES_PER_OWNER);
});

Deno.test("notes belong to one session and not to its caller (original)", async () => {
  await using mcp = await openMcp();
  for (const { connect } of clients.slice(0, 2)) {
    await using one = await connect(mcp.fetchAs("oauth", ANN));
    await using other = await connect(mcp.fetchAs("oauth", ANN));
    await one.call("mock_create_note", { title: "mine", content: "" });
    assert.equal(JSON.parse((await one.call("mock_list_notes")).text).count, 1);
    assert.equal(JSON.parse((await other.call("mock_list_notes")).text).count, 0);
    assert.equal((await other.call("mock_get_note_by_title", { title: "mine" })).isError, true);
  }
});

Deno.test("notes without a session belong only to their caller (MCP 2026-07-28)", async () => {
  await using mcp = await openMcp();
  const { connect } = clients[2];
  await using ann = await connect(mcp.fetchAs("oauth", ANN));
  await using annAgain = await connect(mcp.fetchAs("oauth", ANN));
  await using admin = await connect(mcp.fetchAs("oauth", ADMIN));
  const { id } = JSON.parse((await ann.call("mock_create_note", { title: "mine", content: "" })).text);
  assert.equal((await annAgain.call("mock_get_note", { id })).isError, false);
  assert.equal((await admin.call("mock_get_note", { id })).isError, true);
  assert.equal((await admin.call("mock_delete_note", { id })).isError, true);
  assert.equal(JSON.parse((await admin.call("mock_clear_all_notes")).text).deleted_count, 0);
  assert.equal((await ann.call("mock_get_note", { id })).isError, false);
});
