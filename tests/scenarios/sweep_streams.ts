/** Probes of the scenarios of event streams. */
import assert from "node:assert/strict";
import { initialize, post, rpc, send } from "../mcp/helpers.ts";
import { askModern } from "./sweep_pages.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf, logIn } from "./sweep_steps.ts";

type Headers = Readonly<Record<string, string>>;

/** A client in a session of 2025-11-25, and the same without one, in 2026-07-28. */
interface Client {
  readonly ask: (method: string, params?: unknown) => Promise<Response>;
  readonly call: () => Promise<Response>;
  readonly callModern: () => Promise<Response>;
  readonly notify: () => Promise<Response>;
  readonly get: (headers?: Headers) => Promise<Response>;
  readonly began: { readonly type: string | null; readonly text: string };
}

const echo = { name: "mock_echo", arguments: { message: "m" } };
const slow = { name: "mock_delay", arguments: { delayMs: 4, message: "m" } };
const answer = /^data: \{.*Echo: m.*\}$/m;

async function clientOf(at: ProbeSandbox): Promise<Client> {
  const { access } = await logIn(appOf(at));
  const fetch = (_: string | URL | Request, init?: RequestInit): Promise<Response> => at.fetch("/oauth", init);
  const authorization = `Bearer ${access}`;
  const begun = await post(fetch, initialize(), { authorization });
  const session = {
    authorization,
    "mcp-session-id": begun.headers.get("mcp-session-id") ?? "",
    "mcp-protocol-version": "2025-11-25",
  };
  const ask: Client["ask"] = (method, params) => post(fetch, rpc(method, params, 7), session);
  return {
    ask,
    call: () => ask("tools/call", echo),
    callModern: () => askModern(at, access, { method: "tools/call", params: echo, headers: { "mcp-name": echo.name } }),
    notify: () => post(fetch, { jsonrpc: "2.0", method: "notifications/initialized" }, session),
    get: (headers = {}) => send(fetch, "GET", { ...session, ...headers }),
    began: { type: begun.headers.get("content-type"), text: await begun.text() },
  };
}

/** What arrives of a stream, and whether it breaks off. */
async function read(response: Response): Promise<readonly [text: string, isWhole: boolean]> {
  const decoder = new TextDecoder();
  let text = "";
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return [text, true];
  } catch (error) {
    assert.match(String(error), /on request/);
    return [text, false];
  }
}

/** The id of the event that opens a stream, which says no more. */
function openingId([text, isWhole]: readonly [string, boolean], retryMs: number, end: "closed" | "cut"): string {
  const [, id = "", retry] = /^id: (\S+)\nretry: (\d+)\ndata: \n\n$/.exec(text) ?? [];
  assert.deepEqual([retry, isWhole], [String(retryMs), end === "closed"], text);
  return id;
}

/** Reads the next piece of a stream that stays open. */
async function nextOf(response: Response): Promise<() => Promise<string>> {
  const reader = response.body?.getReader();
  await Promise.resolve();
  return async () => new TextDecoder().decode((await reader?.read())?.value);
}

/** How a notification is accepted; the session goes on. */
async function acceptance(at: ProbeSandbox): Promise<readonly unknown[]> {
  const client = await clientOf(at);
  const accepted = await client.notify();
  const said = [accepted.status, accepted.headers.get("content-type"), await accepted.text()];
  const called = await client.call();
  assert.equal(called.status, 200);
  await called.text();
  return said;
}

/** Probes of streams by the name of the scenario. */
export const streamProbes: Readonly<Record<string, Probe>> = {
  "answers-as-streams": async (at) => {
    const client = await clientOf(at);
    assert.equal(client.began.type, "text/event-stream");
    assert.match(client.began.text, /^event: message\ndata: \{.*protocolVersion/);
    for (const ask of [client.call, client.callModern, () => client.ask("tools/list")]) {
      assert.match((await read(await ask()))[0], /^data: \{.*"result"/m);
    }
  },
  "answers-as-json": async (at) => {
    const client = await clientOf(at);
    const called = await client.ask("tools/call", slow);
    assert.equal(called.headers.get("content-type"), "application/json");
    assert.equal((await called.json()).id, 7);
    const refused = await client.get();
    assert.equal(refused.status, 405);
    await refused.text();
  },
  "stream-comments": async (at) => {
    const client = await clientOf(at);
    for (const asked of [client.call(), client.callModern()]) {
      const [text] = await read(await asked);
      assert.match(text, /^: \n\n: still here\n\nevent: message\n(data: .*\n)+: .*\ndata: \}\n\n: end\n\n$/);
    }
  },
  "notifications-first": async (at) => {
    const client = await clientOf(at);
    for (const asked of [client.call(), client.callModern()]) {
      const [text] = await read(await asked);
      const messages = text.split("\n").filter((line) => line.startsWith("data: ")).map((line) =>
        JSON.parse(line.slice(6))
      );
      assert.deepEqual(messages.map(({ method }) => method), [
        "notifications/mock/unknown",
        "notifications/progress",
        undefined,
      ]);
    }
  },
  "stream-trickled": async (at) => {
    const client = await clientOf(at);
    for (const [response, most] of [[await client.call(), 31], [await client.ask("tools/list"), 509]] as const) {
      const pieces = await Array.fromAsync(response.body ?? []);
      assert(pieces.length > 2 && pieces.every(({ length }) => length <= most));
    }
  },
  "stream-closed-early": async (at) => {
    const client = await clientOf(at);
    const id = openingId(await read(await client.call()), 500, "closed");
    assert.match((await read(await client.get({ "last-event-id": id })))[0], answer);
    const listed = await (await client.ask("tools/list")).text();
    assert.match(listed, /^\{.*"test_reconnection"/, "the list is not touched");
  },
  "stream-cut-early": async (at) => {
    const client = await clientOf(at);
    const id = openingId(await read(await client.call()), 250, "cut");
    assert.match((await read(await client.get({ "last-event-id": id })))[0], answer);
  },
  "stream-cut-without-id": async (at) => {
    const client = await clientOf(at);
    assert.deepEqual(await read(await client.callModern()), ["", false]);
    assert.match(await (await client.callModern()).text(), /^\{.*Echo: m/);
  },
  "stream-cut-in-answer": async (at) => {
    const client = await clientOf(at);
    const [text, isWhole] = await read(await client.call());
    assert.deepEqual([text.length, isWhole], [160, false]);
    const [, id = ""] = /^id: (\S+)\n/.exec(text) ?? [];
    assert.match((await read(await client.get({ "last-event-id": id })))[0], answer);
    assert.match(await (await client.call()).text(), /^\{.*Echo: m/);
  },
  "resume-broken": async (at) => {
    const client = await clientOf(at);
    const id = openingId(await read(await client.call()), 500, "closed");
    assert.deepEqual(await read(await client.get({ "last-event-id": id })), ["", false]);
    assert.match((await read(await client.get({ "last-event-id": id })))[0], answer);
  },
  "two-streams": async (at) => {
    const client = await clientOf(at);
    const listening = await client.get();
    const next = await nextOf(listening);
    const id = openingId(await read(await client.call()), 100, "closed");
    assert.match(await next(), /^id: get-stream-7\ndata: \{.*notifications\/mock\/unknown/);
    assert.match((await read(await client.get({ "last-event-id": id })))[0], answer);
  },
  "answers-on-get-stream": async (at) => {
    const client = await clientOf(at);
    const next = await nextOf(await client.get());
    assert.deepEqual(await read(await client.call()), ["", true]);
    assert.match(await next(), /^data: \{.*"id":"ping-7","method":"ping"/);
    assert.match(await next(), answer);
  },
  "accepted-with-body": async (at) =>
    assert.deepEqual(await acceptance(at), [202, "text/plain; charset=utf-8", "Accepted"]),
  "accepted-with-200": async (at) => assert.deepEqual(await acceptance(at), [200, "application/json", ""]),
  "accepted-with-204": async (at) => assert.deepEqual(await acceptance(at), [204, null, ""]),
};
