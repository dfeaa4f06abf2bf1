/** Sessions of MCP as a test sees and ends them, and the policies and conditions that say how long they live. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { startMockServer } from "../../main.ts";
import { beginSession, initialize, post, rpc, send as sendTo } from "../mcp/helpers.ts";
import { assertOAuthError, getTokens, json, register, startMs, type TestApp, testApp, text } from "../helpers.ts";
import { control, listOf, send } from "./helpers.ts";

type Headers = Readonly<Record<string, string>>;
type Session = Headers & { readonly "mcp-session-id": string };

/** A client at an MCP endpoint. */
interface At {
  readonly begin: () => Promise<Session>;
  /** Status of a request in a session. */
  readonly ask: (session: Session, method?: string) => Promise<number>;
  readonly open: (session: Session) => Promise<Response>;
}

function at(test: TestApp, path: string, headers: Headers = {}): At {
  const fetch = (_: string | URL | Request, init?: RequestInit): Promise<Response> =>
    test.fetch(path, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), ...headers } });
  return {
    begin: () => beginSession(fetch),
    ask: async (session, method = "tools/list") => {
      const response = await post(fetch, rpc(method), session);
      await response.text();
      return response.status;
    },
    open: (session) => sendTo(fetch, "GET", session),
  };
}

function handleOf(session: Session): string {
  return hash("sha256", session["mcp-session-id"], "base64url");
}

async function handles(test: TestApp): Promise<readonly unknown[]> {
  return listOf(await control(test, "GET /control/sessions"), "sessions").map(({ session }) => session);
}

async function logIn(test: TestApp): Promise<{ readonly clientId: string; readonly headers: Headers }> {
  const { clientId } = await register(test);
  return { clientId, headers: { authorization: `Bearer ${text(await getTokens(test, clientId), "access_token")}` } };
}

Deno.test("GET /control/sessions shows a session under the name that the record has for it (design, control)", async () => {
  await using test = await testApp();
  const { clientId, headers } = await logIn(test);
  const session = await at(test, "/oauth", headers).begin();
  await using stream = reading(await at(test, "/oauth", headers).open(session));
  test.clock.nowMs += 5000;
  assert.deepEqual(await control(test, "GET /control/sessions"), {
    sessions: [{
      session: handleOf(session),
      endpoint: "oauth",
      client: { name: "raw", version: "1" },
      client_id: clientId,
      revision: "2025-11-25",
      started_at_ms: startMs,
      age_seconds: 5,
      open_streams: 1,
    }],
  });
  const { exchanges } = await json(await test.get("/control/exchanges"));
  assert.match(JSON.stringify(exchanges), new RegExp(`"mcp-session-id","sess…40…${handleOf(session)}"`));
  void stream;
});

/** A stream that is left in the end. */
function reading(response: Response): AsyncDisposable & { readonly text: () => Promise<string> } {
  assert.equal(response.status, 200);
  return {
    text: () => response.text(),
    [Symbol.asyncDispose]: async () => {
      if (!response.bodyUsed) await response.body?.cancel();
    },
  };
}

Deno.test("a session that a test ends is unknown for ever, and its open stream ends (MCP session management)", async () => {
  await using test = await testApp();
  const client = at(test, "/no-auth");
  const [one, other] = [await client.begin(), await client.begin()];
  const stream = reading(await client.open(one));
  const ended = await control(test, `DELETE /control/sessions/${handleOf(one)}`);
  assert.deepEqual([ended.session, ended.open_streams], [handleOf(one), 1]);
  await stream.text();
  assert.deepEqual([await client.ask(one), (await client.open(one)).status], [404, 404]);
  test.clock.nowMs += 1000;
  assert.deepEqual([await client.ask(one), await client.ask(other)], [404, 200]);
  assert.deepEqual(await handles(test), [handleOf(other)]);
});

Deno.test("DELETE /control/sessions ends all sessions, or those of one client, by its id or its name", async () => {
  await using test = await testApp();
  const [ann, bob] = [await logIn(test), await logIn(test)];
  const atAnn = at(test, "/oauth", ann.headers);
  const sessions = [await atAnn.begin(), await at(test, "/oauth", bob.headers).begin()];
  const open = await at(test, "/bearer", { authorization: "Bearer x" }).begin();
  const known = async (): Promise<readonly boolean[]> => {
    const alive = await handles(test);
    return [...sessions, open].map((session) => alive.includes(handleOf(session)));
  };
  await control(test, `DELETE /control/sessions?client=${ann.clientId}`);
  assert.deepEqual(await known(), [false, true, true]);
  assert.equal(await atAnn.ask({ "mcp-session-id": sessions[0]?.["mcp-session-id"] ?? "" }), 404);
  const { ended, note } = await control(test, "DELETE /control/sessions?client=somebody");
  assert.equal(ended, 0);
  assert.match(String(note), /^No session is of somebody: .* client_id, or by its name in initialize; .*\braw\b/);
  assert.deepEqual(await known(), [false, true, true]);
  await control(test, "DELETE /control/sessions?client=raw");
  assert.deepEqual(await known(), [false, false, false]);
  sessions.splice(0, 2, await atAnn.begin(), await atAnn.begin());
  await control(test, "DELETE /control/sessions");
  assert.deepEqual(await known(), [false, false, false]);
});

Deno.test("more sessions than are listed are ended all the same", async () => {
  await using test = await testApp({ record: false });
  const client = at(test, "/no-auth");
  const sessions = [];
  for (let count = 0; count < 1001; count++) sessions.push(await client.begin());
  assert.equal((await handles(test)).length, 1000);
  assert.equal((await control(test, "DELETE /control/sessions")).ended, 1001);
  assert.deepEqual(await handles(test), []);
  for (const session of [sessions[0], sessions[1000]]) assert(session && await client.ask(session) === 404);
});

Deno.test("a session that nobody has is not found, and a misspelt parameter is named", async () => {
  await using test = await testApp();
  const none = await assertOAuthError(await send(test, "DELETE /control/sessions/none"), 404, "not_found");
  assert.match(none, /session; received 'none'; expected none, as there are no sessions/);
  const session = await at(test, "/no-auth").begin();
  const wrong = await assertOAuthError(await send(test, "DELETE /control/sessions/none"), 404, "not_found");
  assert.match(wrong, new RegExp(handleOf(session)));
  const misspelt = await send(test, "DELETE /control/sessions?clients=x");
  assert.match(await assertOAuthError(misspelt, 400, "invalid_request"), /clients is not a known member.*client/);
});

Deno.test("a stream of HTTP+SSE ends with the session behind it (MCP 2024-11-05, transports)", async () => {
  await using test = await testApp();
  const stream = await test.get("/no-auth/sse", { accept: "text/event-stream" });
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  const [, url = ""] = /data: (\S+)/.exec((await reader?.read())?.value ?? "") ?? [];
  assert.equal((await test.postJson(url, initialize("2024-11-05"))).status, 202);
  await control(test, "DELETE /control/sessions");
  let isOpen = true;
  while (isOpen) isOpen = (await reader?.read())?.done === false;
  assert.equal((await test.postJson(url, rpc("tools/list"))).status, 404);
});

Deno.test("a session that one process ends is unknown to all that share the store", async () => {
  using kv = await Deno.openKv(":memory:");
  await using a = await testApp({ kv, record: false });
  await using b = await testApp({ kv, record: false });
  const session = await at(a, "/no-auth").begin();
  assert.equal(await at(b, "/no-auth").ask(session), 200);
  assert.deepEqual(await handles(b), [handleOf(session)]);
  await control(b, "DELETE /control/sessions");
  assert.deepEqual([await at(a, "/no-auth").ask(session), await at(b, "/no-auth").ask(session)], [404, 404]);
});

Deno.test("session_ttl_seconds ends a session though it is used (MCP session management)", async () => {
  await using test = await testApp();
  const client = at(test, "/no-auth");
  const earlier = await client.begin();
  await control(test, "PATCH /control/plan", { policy: { session_ttl_seconds: 30 } });
  const session = await client.begin();
  const ends = listOf(await control(test, "GET /control/sessions"), "sessions").map((told) => told.ends_at_ms);
  assert.deepEqual(ends.toSorted(), [startMs + 30_000, undefined], "a session that has begun keeps its life");
  for (const [seconds, status] of [[29, 200], [1, 404]] as const) {
    test.clock.nowMs += seconds * 1000;
    assert.equal(await client.ask(session), status);
  }
  assert.deepEqual(await handles(test), [handleOf(earlier)]);
  assert.equal(await client.ask(await client.begin()), 200);
});

Deno.test("session_ends_with_token ends a session at the first request with another token, for good", async () => {
  await using test = await testApp();
  await control(test, "PATCH /control/plan", { policy: { session_ends_with_token: true } });
  const { clientId, headers } = await logIn(test);
  const tokens = await getTokens(test, clientId);
  const first = at(test, "/oauth", { authorization: `Bearer ${text(tokens, "access_token")}` });
  const session = await first.begin();
  assert.deepEqual([await first.ask(session), await first.ask(session)], [200, 200]);
  const refresh = { grant_type: "refresh_token", client_id: clientId, refresh_token: text(tokens, "refresh_token") };
  const next = await json(await test.postForm("/oauth/token", refresh));
  const second = at(test, "/oauth", { authorization: `Bearer ${text(next, "access_token")}` });
  assert.deepEqual([await first.ask(session), await second.ask(session)], [200, 404]);
  assert.deepEqual([await first.ask(session), await second.ask(await second.begin())], [404, 200]);
  // Another login never had it, and does not end it.
  const other = await second.begin();
  assert.equal(await at(test, "/oauth", headers).ask(other), 404);
  assert.equal(await second.ask(other), 200);
});

const fault = (match: Record<string, unknown>, policy: Record<string, unknown>): Record<string, unknown> => ({
  match: { endpoint: "open_mcp", ...match },
  policy,
});

Deno.test("ends_session ends the session of a request before it is answered, or after that", async () => {
  await using test = await testApp();
  const client = at(test, "/no-auth");
  const lost = async (when: string, match: Record<string, unknown>): Promise<Session> => {
    await control(test, "POST /control/faults", fault(match, { ends_session: when }));
    return await client.begin();
  };
  const before = await lost("before", { rpc_method: "tools/list" });
  assert.deepEqual([await client.ask(before, "ping"), await client.ask(before), await client.ask(before)], [
    200,
    404,
    404,
  ]);
  const after = await lost("after", { rpc_method: "tools/list" });
  assert.deepEqual([await client.ask(after), await client.ask(after, "ping")], [200, 404]);
  const underStream = await lost("after", { method: "GET" });
  await reading(await client.open(underStream)).text();
  assert.equal(await client.ask(underStream), 404);
  assert.equal(await client.ask(await lost("after", { rpc_method: "initialize" })), 404);
});

Deno.test("ends_session after a call that is answered in a stream lets the answer come whole", async () => {
  await using test = await testApp();
  await control(test, "POST /control/faults", fault({ rpc_method: "tools/call" }, { ends_session: "after" }));
  const session = await beginSession((_, init) => test.fetch("/no-auth", init));
  const call = rpc("tools/call", { name: "mock_delay", arguments: { delayMs: 1, message: "m" } });
  const answer = await post((_, init) => test.fetch("/no-auth", init), call, session);
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  assert.match(await answer.text(), /"result":/);
  assert.equal(await at(test, "/no-auth").ask(session), 404);
});

Deno.test("session_ids can hold every visible ASCII character, or be left out (MCP session management)", async () => {
  await using test = await testApp();
  const client = at(test, "/no-auth");
  await control(test, "PATCH /control/plan", { policy: { session_ids: "symbols" } });
  const session = await client.begin();
  assert.match(session["mcp-session-id"], /^session_[\w-]{32}!"#\$%&'\(\)\*\+,-\.\/:;<=>\?@\[\\\]\^_`\{\|\}~$/);
  assert.equal(await client.ask(session), 200);
  assert.deepEqual(await handles(test), [handleOf(session)]);

  await control(test, "PATCH /control/plan", { policy: { session_ids: "none" } });
  const fetch = (_: string | URL | Request, init?: RequestInit): Promise<Response> => test.fetch("/no-auth", init);
  const begun = await post(fetch, initialize());
  assert.deepEqual([begun.status, begun.headers.get("mcp-session-id")], [200, null]);
  await begun.text();
  const listed = await post(fetch, rpc("tools/list"), { "mcp-protocol-version": "2025-11-25" });
  assert.match(await listed.text(), /mock_echo/);
  for (const method of ["GET", "DELETE"]) {
    const refused = await sendTo(fetch, method);
    await refused.text();
    assert.equal(refused.status, 405, method);
  }
});

Deno.test("a fault matches a session by its age, its requests, its streams, and how many there are", async () => {
  await using test = await testApp();
  const client = at(test, "/no-auth");
  const meet = async (session: Record<string, unknown>): Promise<void> => {
    await control(test, "DELETE /control/faults");
    const teapot = { match: { endpoint: "open_mcp", session }, life: "always", answer: { status: 418 } };
    await control(test, "POST /control/faults", teapot);
  };
  const session = await client.begin();
  const stranger = { "mcp-session-id": "no-session-of-anybody" };

  await meet({ older_than_seconds: 60 });
  assert.equal(await client.ask(session), 200);
  test.clock.nowMs += 60_001;
  const fresh = await client.begin();
  assert.deepEqual([await client.ask(session), await client.ask(fresh), await client.ask(stranger)], [418, 200, 404]);

  await meet({ after_requests: 2 });
  const statuses = [];
  for (let count = 0; count < 4; count++) statuses.push(await client.ask(session));
  assert.deepEqual([...statuses, await client.ask(fresh)], [200, 200, 418, 418, 200]);

  await control(test, "DELETE /control/faults");
  const stream = reading(await client.open(session));
  await meet({ has_stream: true });
  assert.deepEqual([await client.ask(session), await client.ask(fresh)], [418, 200]);
  await meet({ has_stream: false });
  assert.deepEqual([await client.ask(session), await client.ask(fresh), await client.ask(stranger)], [200, 418, 404]);
  await stream[Symbol.asyncDispose]();

  await meet({ alive_at_least: 3 });
  assert.deepEqual([await client.ask(session), await client.ask(await client.begin())], [200, 418]);
  assert.equal(await client.ask(stranger), 418, "whichever session a request names");
});

Deno.test("a condition on sessions that does not exist is answered with those that do", async () => {
  await using test = await testApp();
  const set = async (session: unknown): Promise<string> =>
    await assertOAuthError(
      await send(test, "POST /control/faults", { match: { session }, answer: { status: 418 } }),
      400,
      "invalid_request",
    );
  assert.match(await set({ older_than: 5 }), /match\.session\.older_than is not a known member.*older_than_seconds/);
  assert.match(await set({}), /match\.session .*at least one of older_than_seconds, after_requests, has_stream, alive/);
});

Deno.test("the text mcp.tools/call:session_lost loses the session of a call, also from a URL", async () => {
  await using test = await testApp();
  const client = at(test, "/no-auth");
  const [one, other] = [await client.begin(), await client.begin()];
  await control(test, "POST /control/faults", "open_mcp.tools/list:session_lost");
  const [set] = listOf(await control(test, "GET /control/faults"), "faults");
  assert.deepEqual(set?.match, { endpoint: "open_mcp", rpc_method: "tools/list", has_header: "mcp-session-id" });
  assert.deepEqual([await client.ask(one, "ping"), await client.ask(one), await client.ask(one)], [200, 404, 404]);
  assert.equal(await client.ask(other), 200, "once");
  const aimed = at(test, "/no-auth?fault=open_mcp:session_lost");
  assert.deepEqual([await aimed.ask(other), await client.ask(other)], [404, 404]);
  const text = await send(test, "POST /control/faults", "token:session_lost");
  assert.match(await assertOAuthError(text, 400, "invalid_request"), /fault cannot be read/);
});

Deno.test("endSessions of the fixture ends them, also those of one client (startMockServer)", async () => {
  await using mock = await startMockServer();
  const open = async (): Promise<Session> => await beginSession((_, init) => mock.fetch("/no-auth", init));
  const ask = async (session: Session): Promise<number> => {
    const response = await post((_, init) => mock.fetch("/no-auth", init), rpc("ping"), session);
    await response.text();
    return response.status;
  };
  const session = await open();
  await mock.endSessions("somebody else");
  assert.equal(await ask(session), 200);
  await mock.endSessions("raw");
  assert.equal(await ask(session), 404);
  const other = await open();
  await mock.endSessions();
  assert.equal(await ask(other), 404);
});
