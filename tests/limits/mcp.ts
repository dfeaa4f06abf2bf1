/** Limits on what the MCP endpoints keep for a client. */
import assert from "node:assert/strict";
import { MAX_EVENT_BYTES, MAX_EVENTS_PER_SESSION } from "../../lib/mcp/sessions/events.ts";
import { MAX_LISTENED, MAX_LISTENERS, MAX_LISTENERS_PER_SANDBOX } from "../../lib/mcp/listeners.ts";
import { MAX_SESSIONS, MAX_SESSIONS_BYTES } from "../../lib/mcp/sessions/session_memory.ts";
import { MAX_BATCH } from "../../lib/mcp/sessions/batches.ts";
import { MAX_NOTE_CHARACTERS, MAX_NOTES_CHARACTERS } from "../../lib/mcp/tools/notes.ts";
import { MAX_UNREAD_BYTES } from "../../lib/faults/open_streams.ts";
import { MAX_NOTES_PER_OWNER } from "../../lib/mcp/tools/note_table.ts";
import { origin, type TestApp, testApp } from "../helpers.ts";
import { assertRefused, beginSession, type Fetch, initialize, post, postModern, rpc, send } from "../mcp/helpers.ts";
import { bytesText, type LimitRow } from "./row.ts";

/** An MCP endpoint of an app, below a sandbox's prefix. */
function at({ app }: TestApp, path: string): Fetch {
  return (_, init) => app(new Request(origin + path, init));
}

const call = (name: string, args: Record<string, unknown>, id = 1): Record<string, unknown> =>
  rpc("tools/call", { name, arguments: args }, id);
const echo = (length: number, id = 1): Record<string, unknown> =>
  call("mock_echo", { message: "x".repeat(length) }, id);

/** Where a client could resume, if it lost what came after. */
interface Place {
  readonly session: Record<string, string>;
  readonly eventIds: readonly string[];
}

/** Has a batch answered, whose events are kept. */
async function keep(fetch: Fetch, batch: readonly unknown[], session?: Record<string, string>): Promise<Place> {
  session ??= await beginSession(fetch, "2025-03-26");
  const text = await (await post(fetch, batch, session)).text();
  return { session, eventIds: [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id ?? "") };
}

/** Whether a stream can be resumed; where it cannot, the answer must say why. */
async function canResume(fetch: Fetch, { session, eventIds: [eventId = ""] }: Place): Promise<boolean> {
  const response = await send(fetch, "GET", { ...session, "last-event-id": eventId });
  if (response.status === 200) return response.body?.cancel().then(() => true) ?? true;
  assert.match((await response.clone().json()).error.message, /no longer kept/);
  await assertRefused(response, 400, -32000);
  return false;
}

/** Nearly as much as one body can ask for, and so as one session keeps. */
const LARGE = 3_900_000;
/** How many of these a budget holds. */
const largeIn = (bytes: number): number => Math.floor(bytes / LARGE);

const NO_AUTH = "/no-auth";

async function fillSession(): Promise<void> {
  await using test = await testApp();
  const fetch = at(test, NO_AUTH);
  const half = Array.from({ length: MAX_EVENTS_PER_SESSION / 2 }, (_, id) => echo(1, id));
  const first = await keep(fetch, half);
  await keep(fetch, half, first.session);
  assert.equal(await canResume(fetch, first), true);
  await keep(fetch, [echo(1)], first.session);
  assert.equal(await canResume(fetch, first), false);
  assert.equal(await canResume(fetch, { ...first, eventIds: first.eventIds.slice(1) }), true);
  const large = await keep(fetch, [echo(LARGE)], first.session);
  assert.equal(await canResume(fetch, large), true);
  const next = await keep(fetch, [echo(LARGE)], first.session);
  assert.deepEqual([await canResume(fetch, large), await canResume(fetch, next)], [false, true]);
}

async function fillSandbox(): Promise<void> {
  await using test = await testApp();
  const [here, there] = [at(test, `/s/standard~here${NO_AUTH}`), at(test, `/s/standard~there${NO_AUTH}`)];
  const elsewhere = await keep(there, [echo(1)]);
  const places: Place[] = [];
  for (let more = largeIn(MAX_EVENT_BYTES.sandbox); more > 0; more--) places.push(await keep(here, [echo(LARGE)]));
  const [first = elsewhere, second = elsewhere] = places;
  assert.equal(await canResume(here, first), true);
  await keep(here, [echo(LARGE)]);
  assert.deepEqual([await canResume(here, first), await canResume(here, second)], [false, true]);
  assert.equal(await canResume(there, elsewhere), true);
}

async function fillProcess(): Promise<void> {
  await using test = await testApp({ record: false });
  const sandbox = (index: number): Fetch => at(test, `/s/standard~a${index}${NO_AUTH}`);
  const first = await keep(sandbox(0), [echo(LARGE)]);
  const each = largeIn(MAX_EVENT_BYTES.sandbox);
  for (let more = largeIn(MAX_EVENT_BYTES.process) - 1; more > 0; more--) {
    await keep(sandbox(Math.floor(more / each) + 1), [echo(LARGE)]);
  }
  assert.equal(await canResume(sandbox(0), first), true);
  await keep(sandbox(1000), [echo(LARGE)]);
  assert.equal(await canResume(sandbox(0), first), false);
}

async function fillStream(): Promise<void> {
  await using test = await testApp({ record: false });
  const fetch = at(test, NO_AUTH);
  const session = await beginSession(fetch, "2025-03-26");
  for (let more = 0; more < 5; more++) {
    await (await post(
      fetch,
      call("mock_create_note", { title: "", content: "x".repeat(MAX_NOTE_CHARACTERS) }),
      session,
    )).text();
  }
  const list = (times: number): Promise<Response> =>
    post(fetch, Array.from({ length: times }, (_, id) => call("mock_list_notes", {}, id)), session);
  assert.match(await (await list(2)).text(), /"id":1/);
  const unread = await list(MAX_BATCH);
  // The answers are written while nobody reads them.
  await test.answered();
  await (await post(fetch, rpc("ping"), session)).text();
  await assert.rejects(unread.text(), /not read, and is cut off/);
}

async function fillSessions(): Promise<void> {
  await using test = await testApp({ record: false });
  const fetch = at(test, NO_AUTH);
  const first = await keep(fetch, [echo(1)]);
  const capabilities = { experimental: { x: { y: "x".repeat(15_900) } } };
  const large = {
    ...initialize(),
    params: { protocolVersion: "2025-11-25", capabilities, clientInfo: { name: "c", version: "1" } },
  };
  const begin = async (): Promise<unknown> => await (await post(fetch, large)).text();
  assert.equal(await canResume(fetch, first), true);
  await Promise.all(Array.from({ length: Math.floor(MAX_SESSIONS_BYTES / 15_900) }, begin));
  await begin();
  assert.equal(await canResume(fetch, first), false, "what the session kept has left the memory");
  assert.equal((await post(fetch, rpc("tools/list"), first.session)).status, 200, "the session goes on");
}

async function fillListeners(): Promise<void> {
  await using test = await testApp({ record: false });
  const listen = (label: number): Promise<Response> =>
    postModern(at(test, `/s/standard~a${label}/conformance`), {
      method: "subscriptions/listen",
      params: { notifications: { toolsListChanged: true } },
    });
  const open: Response[] = [];
  for (let label = 0; label * MAX_LISTENERS_PER_SANDBOX < MAX_LISTENERS; label++) {
    for (let more = 0; more < MAX_LISTENERS_PER_SANDBOX; more++) open.push(await listen(label));
    if (label === 0) await assertRefused(await listen(label), 200, -32603, 1);
  }
  assert(open.every(({ status, body }) => status === 200 && body));
  await assertRefused(await listen(MAX_LISTENERS), 503, -32000, 1);
  await open[0]?.body?.cancel();
  open.push(await listen(MAX_LISTENERS));
  assert.equal(open.at(-1)?.status, 200);
  await Promise.all(open.slice(1).map(({ body }) => body?.cancel()));
}

async function fillListened(): Promise<void> {
  await using test = await testApp();
  const listen = async (resourceSubscriptions: readonly string[]): Promise<Response> =>
    await postModern(at(test, "/conformance"), {
      method: "subscriptions/listen",
      params: { notifications: { resourceSubscriptions } },
    });
  const { resources, characters } = MAX_LISTENED;
  const most = await listen(Array(resources).fill("x".repeat(characters)));
  assert.equal(most.status, 200);
  await most.body?.cancel();
  await assertRefused(await listen(Array(resources + 1).fill("test://x")), 400, -32602, 1);
  await assertRefused(await listen(["x".repeat(characters + 1)]), 400, -32602);
}

async function fillBatch(): Promise<void> {
  await using test = await testApp();
  const fetch = at(test, NO_AUTH);
  const session = await beginSession(fetch, "2025-03-26");
  const batch = (length: number): Promise<Response> =>
    post(fetch, Array.from({ length }, (_, id) => rpc("ping", undefined, id)), session);
  const most = await batch(MAX_BATCH);
  assert.equal(most.status, 200);
  assert.equal((await most.text()).match(/"result"/g)?.length, MAX_BATCH);
  await assertRefused(await batch(MAX_BATCH + 1), 400, -32600);
}

async function fillNotes(): Promise<void> {
  await using test = await testApp();
  const fetch = at(test, NO_AUTH);
  const session = await beginSession(fetch);
  const use = async (name: string, args: Record<string, unknown>): Promise<string> =>
    await (await post(fetch, call(name, args), session)).text();
  const write = (length: number): Promise<string> =>
    use("mock_create_note", { title: "", content: "x".repeat(length) });
  const whole = Math.floor(MAX_NOTES_CHARACTERS / MAX_NOTE_CHARACTERS);
  for (let more = whole; more > 0; more--) assert.doesNotMatch(await write(MAX_NOTE_CHARACTERS), /isError/);
  const last = await write(MAX_NOTES_CHARACTERS - whole * MAX_NOTE_CHARACTERS);
  assert.doesNotMatch(last, /isError/);
  assert.match(await write(1), /Notes too long: all have 500001 characters/);
  const { id } = JSON.parse(last).result.structuredContent;
  assert.match(await use("mock_update_note", { id, title: "y" }), /Notes too long/);
  assert.doesNotMatch(await use("mock_update_note", { id, content: "y" }), /isError/);
}

const bytes = MAX_EVENT_BYTES;
const oldest = "the oldest are dropped first; resuming from one of them is 400";

export const rows: readonly LimitRow[] = [
  {
    what: "messages kept for resumption (Last-Event-ID)",
    each: "MCP session",
    most: `${MAX_EVENTS_PER_SESSION}, and ${bytesText(bytes.session)}`,
    beyond: oldest,
    fill: fillSession,
  },
  {
    what: "messages kept for resumption",
    each: "sandbox",
    most: bytesText(bytes.sandbox),
    beyond: oldest,
    fill: fillSandbox,
  },
  {
    what: "messages kept for resumption",
    each: "process",
    most: bytesText(bytes.process),
    beyond: oldest,
    fill: fillProcess,
  },
  {
    what: "unread messages of an MCP stream",
    each: "stream",
    most: `${bytesText(MAX_UNREAD_BYTES.stream)} (${bytesText(MAX_UNREAD_BYTES.process)} in all)`,
    beyond: "the stream is cut off",
    fill: fillStream,
  },
  {
    what: "MCP sessions in memory",
    each: "process",
    most: `${MAX_SESSIONS.toLocaleString("en-US")}, and ${
      bytesText(MAX_SESSIONS_BYTES)
    } of what clients say of themselves`,
    beyond: "the one idle longest leaves memory, and goes on without its kept messages",
    fill: fillSessions,
  },
  {
    what: "open subscriptions/listen",
    each: "sandbox",
    most: `${MAX_LISTENERS_PER_SANDBOX} (${MAX_LISTENERS.toLocaleString("en-US")} in all)`,
    beyond: "JSON-RPC error -32603 (503)",
    fill: fillListeners,
  },
  {
    what: "resources named by a subscription",
    each: "request",
    most: `${MAX_LISTENED.resources}, of ${MAX_LISTENED.characters.toLocaleString("en-US")} characters`,
    beyond: "400",
    fill: fillListened,
  },
  { what: "JSON-RPC messages in a batch", each: "request", most: String(MAX_BATCH), beyond: "400", fill: fillBatch },
  {
    what: "notes",
    each: "MCP session or caller",
    most: `${MAX_NOTES_PER_OWNER}, and ${MAX_NOTES_CHARACTERS.toLocaleString("en-US")} characters`,
    beyond: "the tool answers with an error",
    fill: fillNotes,
  },
];
