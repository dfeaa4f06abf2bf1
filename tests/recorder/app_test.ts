/** The recorder as an app has it: what leaves the process of secrets, and what it costs a stream. */
import assert from "node:assert/strict";
import {
  authorizeQuery,
  callOauth,
  codeFields,
  json,
  kvTestApp,
  origin,
  redirectOf,
  register,
  testApp,
  text,
  verifier,
} from "../helpers.ts";

async function assertNoSecretLeaves(shared: boolean): Promise<void> {
  const logged: unknown[] = [];
  await using test = await kvTestApp({ shared, log: (event) => logged.push(event) });
  const { clientId, secret } = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const password = "correct horse battery staple";
  const login = { auto_approve_email: "ada@example.com", auto_approve_password: password };
  const code = redirectOf(await test.get(authorizeQuery(clientId, login))).searchParams.get("code") ?? "";
  const first = await json(
    await test.postForm("/oauth/token", codeFields(clientId, code, { client_secret: secret })),
  );
  const refresh = { grant_type: "refresh_token", client_id: clientId, client_secret: secret };
  const second = await json(
    await test.postForm("/oauth/token", { ...refresh, refresh_token: text(first, "refresh_token") }),
  );
  await (await callOauth(test, text(second, "access_token"))).body?.cancel();

  const secrets = [password, secret, code, verifier].concat(
    [first, second].flatMap((tokens) => [text(tokens, "access_token"), text(tokens, "refresh_token")]),
  );
  const places = [
    "/control/exchanges",
    "/control/exchanges?format=har",
    "/control/report",
    "/control/report?format=junit",
    "/control/report?format=markdown",
    "/inspect",
  ];
  const shown = await Promise.all(places.map(async (path) => [path, await (await test.get(path)).text()] as const));
  const events = (await test.get("/control/events")).body?.getReader();
  assert(events);
  let streamed = "";
  // All that is on record is told at once; the client's last request is the last of it.
  while (!streamed.includes("oauth_post")) streamed += new TextDecoder().decode((await events.read()).value);
  await events.cancel();
  const kept = shared ? [["the database", JSON.stringify(await recordOf(test.kv))] as const] : [];
  for (const [place, said] of [...shown, ...kept, ["the log", JSON.stringify(logged)], ["events", streamed]] as const) {
    assert(said.length > 100, place);
    for (const [index, one] of secrets.entries()) assert(!said.includes(one), `secret ${index} is in ${place}`);
  }
}

async function recordOf(kv: Deno.Kv): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for await (const { value } of kv.list({ prefix: ["main", "exchange"] })) rows.push(value);
  return rows;
}

Deno.test("after a login none of its secrets is in the log, a report, an export, the events or the inspector's page", () =>
  assertNoSecretLeaves(false));

Deno.test("nor in the record that processes share", () => assertNoSecretLeaves(true));

Deno.test("a key rotation leaves recorded exchanges in place", async () => {
  await using test = await testApp();
  await register(test);
  const recorded = async (): Promise<string> =>
    JSON.stringify((await json(await test.get("/control/exchanges"))).exchanges);
  const before = await recorded();
  assert.match(before, /"route":"register"/);
  assert.equal((await test.postJson("/control/keys/rotate", {})).status, 200);
  assert.equal(await recorded(), before);
});

Deno.test("on a public server the recorder tells callers apart by their address, also behind a local proxy", async () => {
  await using test = await testApp({ public: true, loopbackOnly: true, control: "open" });
  const peers = await Promise.all(["192.0.2.1", "192.0.2.2"].map(async (hostname) => {
    const remoteAddr = { transport: "tcp", hostname, port: 1 } as const;
    await (await test.app(new Request(`${origin}/oauth/jwks`), { remoteAddr })).body?.cancel();
    return hostname;
  }));
  const said = JSON.stringify((await json(await test.get("/control/exchanges"))).exchanges);
  const told = new Set([...said.matchAll(/"peer":"([^"]*)"/g)].map(([, peer]) => peer));
  assert.equal(told.size, peers.length);
});

Deno.test("the first event of a recorded stream passes before the second exists (server-sent events)", async () => {
  const gate = Promise.withResolvers<void>();
  await using test = await testApp({ sleep: () => gate.promise });
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const send = (id: string | null, body: unknown): Promise<Response> =>
    test.fetch(`${origin}/conformance`, {
      method: "POST",
      headers: { ...headers, ...(id === null ? {} : { "mcp-session-id": id }) },
      body: JSON.stringify(body),
    });
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "0" } };
  const begun = await send(null, { jsonrpc: "2.0", id: 1, method: "initialize", params });
  await begun.body?.cancel();
  const id = begun.headers.get("mcp-session-id");
  await send(id, { jsonrpc: "2.0", method: "notifications/initialized" });
  const call = { name: "test_tool_with_progress", arguments: {}, _meta: { progressToken: "p" } };
  const response = await send(id, { jsonrpc: "2.0", id: 2, method: "tools/call", params: call });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert(reader);
  // The tool pauses after its first word, so what has come by now has waited for nothing.
  let rest = "";
  while (!rest.includes("Started")) rest += (await reader.read()).value;
  assert.doesNotMatch(rest, /Half way/);
  const open = await json(await test.get("/control/exchanges"));
  assert.match(JSON.stringify(open), /"isOpen":true/);
  gate.resolve();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    rest += value;
  }
  assert.match(rest, /Half way[^]*Done/);
});

for (
  const [what, scenario, path, status] of [
    ["an answer that a fault gives", "dcr-rejected", "/oauth/register", 400],
    ["a refusal of a token", "standard", "/oauth", 401],
  ] as const
) {
  Deno.test(`${what} waits for the body, as other answers do, or the record would lack it`, async () => {
    await using test = await testApp({ scenario });
    let isRead = false;
    const late = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve));
        controller.enqueue(new TextEncoder().encode(`{"client_name":"late"}`));
        controller.close();
        isRead = true;
      },
    }, { highWaterMark: 0 });
    const response = await test.fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer expired" },
      body: late,
    });
    assert.deepEqual([response.status, isRead], [status, true]);
  });
}
