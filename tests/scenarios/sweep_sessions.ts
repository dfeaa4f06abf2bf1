/** Probes of the scenarios of sessions. */
import assert from "node:assert/strict";
import { initialize, post, rpc, send } from "../mcp/helpers.ts";
import { json, text } from "../helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf, type Login, logIn, refresh } from "./sweep_steps.ts";

type Headers = Readonly<Record<string, string>>;

/** A client that is logged in, and may begin sessions. */
interface Client {
  readonly login: Login;
  /** Begins a session; the headers that name it. */
  readonly begin: (token?: string) => Promise<Headers>;
  readonly ask: (session: Headers, method: string, params?: unknown) => Promise<Response>;
  /** Status of a call of a tool. */
  readonly call: (session: Headers) => Promise<number>;
  /** Status of a request that does nothing. */
  readonly ping: (session: Headers) => Promise<number>;
  readonly get: (session: Headers) => Promise<Response>;
  readonly end: (session: Headers) => Promise<Response>;
}

async function clientOf(at: ProbeSandbox): Promise<Client> {
  const login = await logIn(appOf(at));
  const fetch = (_: string | URL | Request, init?: RequestInit): Promise<Response> => at.fetch("/oauth", init);
  const statusOf = async (asking: Promise<Response>): Promise<number> => {
    const response = await asking;
    await response.text();
    return response.status;
  };
  const ask: Client["ask"] = (session, method, params) => post(fetch, rpc(method, params), session);
  return {
    login,
    begin: async (token = login.access) => {
      const authorization = `Bearer ${token}`;
      const begun = await post(fetch, initialize(), { authorization });
      assert.equal(begun.status, 200);
      await begun.text();
      const id = begun.headers.get("mcp-session-id");
      return { authorization, ...(id === null ? {} : { "mcp-session-id": id }) };
    },
    ask,
    call: (session) => statusOf(ask(session, "tools/call", { name: "mock_echo", arguments: { message: "m" } })),
    ping: (session) => statusOf(ask(session, "ping")),
    get: (session) => send(fetch, "GET", session),
    end: (session) => send(fetch, "DELETE", session),
  };
}

/** A session is lost after a call, for good, and the next one is not. */
async function losesAfterCall(at: ProbeSandbox): Promise<{ readonly client: Client; readonly lost: Headers }> {
  const client = await clientOf(at);
  const lost = await client.begin();
  assert.deepEqual([await client.ping(lost), await client.call(lost)], [200, 200]);
  assert.notEqual(await client.ping(lost), 200);
  const next = await client.begin();
  assert.deepEqual([await client.call(next), await client.ping(next)], [200, 200]);
  return { client, lost };
}

/** What a request for a stream gets in a session that is alive, and goes on to be. */
async function refusedStream(at: ProbeSandbox): Promise<readonly unknown[]> {
  const client = await clientOf(at);
  const session = await client.begin();
  const responses = [];
  for (let count = 0; count < 2; count++) {
    const response = await client.get(session);
    responses.push([response.status, response.headers.get("content-type")]);
    if (response.headers.get("content-type") === "text/event-stream") await response.body?.cancel();
    else await response.text();
  }
  assert.deepEqual(responses[0], responses[1]);
  assert.equal(await client.call(session), 200);
  return responses[0] ?? [];
}

const JSON_TYPE = "application/json";

/** Probes of sessions by the name of the scenario. */
export const sessionProbes: Readonly<Record<string, Probe>> = {
  "session-lost": async (at) => {
    const { client, lost } = await losesAfterCall(at);
    assert.deepEqual([await client.ping(lost), (await client.get(lost)).status], [404, 404]);
  },
  "session-lost-in-call": async (at) => {
    const client = await clientOf(at);
    const session = await client.begin();
    assert.deepEqual([await client.ping(session), await client.call(session)], [200, 404]);
    assert.deepEqual([await client.ping(session), await client.call(await client.begin())], [404, 200]);
  },
  "session-lost-with-stream": async (at) => {
    const client = await clientOf(at);
    const quiet = await client.begin();
    assert.deepEqual([await client.call(quiet), await client.ping(quiet)], [200, 200]);
    const session = await client.begin();
    const stream = await client.get(session);
    assert.deepEqual([stream.status, await client.call(session)], [200, 200]);
    // It ends, whatever was on it.
    const reader = stream.body?.getReader();
    let isOpen = (await client.ping(session)) === 404;
    assert.equal(isOpen, true);
    while (isOpen) isOpen = (await reader?.read())?.done === false;
    const next = await client.begin();
    const other = await client.get(next);
    assert.deepEqual([other.status, await client.call(next), await client.ping(next)], [200, 200, 200]);
    await other.body?.cancel();
  },
  "session-lost-again": async (at) => {
    const client = await clientOf(at);
    for (let count = 0; count < 3; count++) {
      const session = await client.begin();
      assert.deepEqual([await client.call(session), await client.ping(session)], [200, 404]);
    }
    const last = await client.begin();
    assert.deepEqual([await client.call(last), await client.ping(last)], [200, 200]);
  },
  "session-ends-with-token": async (at) => {
    const client = await clientOf(at);
    const session = await client.begin();
    assert.equal(await client.call(session), 200);
    at.clock.nowMs += 60_000;
    assert.equal(await client.call(session), 401);
    const token = text(await json(await refresh(appOf(at), client.login)), "access_token");
    const renewed = { ...session, authorization: `Bearer ${token}` };
    assert.deepEqual([await client.call(renewed), await client.call(renewed)], [404, 404]);
    assert.equal(await client.call(await client.begin(token)), 200);
  },
  "session-lost-400": async (at) => {
    const { client, lost } = await losesAfterCall(at);
    const response = await client.ask(lost, "ping");
    assert.deepEqual([response.status, await response.text()], [400, "Invalid or missing session ID"]);
  },
  "session-lost-html": async (at) => {
    const { client, lost } = await losesAfterCall(at);
    const response = await client.ask(lost, "ping");
    assert.deepEqual([response.status, response.headers.get("content-type")], [404, "text/html; charset=utf-8"]);
    assert.match(await response.text(), /^<!doctype html>/);
  },
  "session-short-life": async (at) => {
    const client = await clientOf(at);
    const session = await client.begin();
    at.clock.nowMs += 29_000;
    assert.equal(await client.call(session), 200);
    at.clock.nowMs += 1000;
    assert.equal(await client.call(session), 404);
    assert.equal(await client.call(await client.begin()), 200);
  },
  "session-lost-between-pages": async (at) => {
    const client = await clientOf(at);
    const session = await client.begin();
    const { result } = await json(await client.ask(session, "tools/list"));
    const { tools, nextCursor: cursor } = Object(result);
    assert.deepEqual([tools.length, typeof cursor], [2, "string"]);
    assert.equal((await client.ask(session, "tools/list", { cursor })).status, 404);
    const next = await client.begin();
    assert.deepEqual([await client.ping(session), await client.ping(next)], [404, 200]);
    assert.equal((await client.ask(next, "tools/list", { cursor })).status, 200);
  },
  "no-get-stream": async (at) => assert.deepEqual(await refusedStream(at), [405, JSON_TYPE]),
  "get-stream-404": async (at) => assert.deepEqual(await refusedStream(at), [404, "text/plain; charset=utf-8"]),
  "get-stream-406": async (at) => assert.deepEqual(await refusedStream(at), [406, JSON_TYPE]),
  "get-stream-json": async (at) => assert.deepEqual(await refusedStream(at), [200, JSON_TYPE]),
  "get-stream-conflict": async (at) => assert.deepEqual(await refusedStream(at), [409, JSON_TYPE]),
  "end-session-405": async (at) => {
    const client = await clientOf(at);
    const session = await client.begin();
    const refused = await client.end(session);
    await refused.text();
    assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "GET, POST"]);
    assert.equal(await client.call(session), 200);
  },
  "no-session-id": async (at) => {
    const client = await clientOf(at);
    const session = await client.begin();
    assert.equal("mcp-session-id" in session, false);
    assert.equal(await client.call(session), 200);
    const refused = await client.get(session);
    await refused.text();
    assert.equal(refused.status, 405);
  },
  "session-id-symbols": async (at) => {
    const client = await clientOf(at);
    const session = await client.begin();
    const id = session["mcp-session-id"] ?? "";
    const visible = Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0x21 + index));
    const symbols = visible.filter((character) => !/[0-9a-zA-Z]/.test(character));
    assert.deepEqual(symbols.filter((character) => !id.includes(character)), []);
    assert.equal(await client.call(session), 200);
    assert.equal(await client.call({ ...session, "mcp-session-id": encodeURIComponent(id) }), 404);
  },
};
