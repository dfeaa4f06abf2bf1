import assert from "node:assert/strict";
import { below, control, listOf, send } from "./helpers.ts";
import {
  assertOAuthError,
  authorizeQuery,
  callOauth,
  codeFields,
  getCode,
  getTokens,
  json,
  redirectOf,
  register,
  startMs,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

/** The statuses of so many requests for the keys. */
async function statuses(test: TestApp, times: number): Promise<readonly number[]> {
  const seen: number[] = [];
  for (let count = 0; count < times; count += 1) seen.push((await test.get("/oauth/jwks")).status);
  return seen;
}

const down = { match: { endpoint: "jwks" }, answer: { status: 503 } };

Deno.test("a fault without a life is met by the next request alone, and is counted", async () => {
  await using test = await testApp();
  const [set] = listOf(await control(test, "POST /control/faults", down), "faults");
  assert.deepEqual(set, { name: "fault-1", source: "control", life: "next", met: 0, has_ended: false, ...down });
  assert.equal((await test.get("/health")).status, 200);
  assert.deepEqual(await statuses(test, 3), [503, 200, 200]);
  const { met, has_ended } = await control(test, "GET /control/faults/fault-1");
  assert.deepEqual([met, has_ended], [1, true]);
});

Deno.test("a fault lives for some requests, from the nth on, until a time, or always", async (t) => {
  const until = new Date(startMs + 60_000).toISOString();
  const cases: readonly (readonly [string, object, readonly number[]])[] = [
    ["two", { life: { times: 2 } }, [503, 503, 200, 200]],
    ["the second", { nth: 2 }, [200, 503, 200, 200]],
    ["two from the second", { nth: 2, life: { times: 2 } }, [200, 503, 503, 200]],
    ["always", { life: "always" }, [503, 503, 503, 503]],
    ["until a time", { life: { until } }, [503, 503, 503, 503]],
    ["until a time that is over", { life: { until: startMs } }, [200, 200, 200, 200]],
  ];
  for (const [name, life, expected] of cases) {
    await t.step(name, async () => {
      await using test = await testApp();
      await control(test, "POST /control/faults", { ...down, ...life, name });
      assert.deepEqual(await statuses(test, 4), expected);
      const { met } = await control(test, `GET /control/faults/${encodeURIComponent(name)}`);
      assert.equal(met, expected.filter((status) => status === 503).length);
    });
  }
});

Deno.test("a fault with an end is over when the sandbox's clock is there", async () => {
  await using test = await testApp();
  await control(test, "POST /control/faults", { ...down, name: "x", life: { until: startMs + 1000 } });
  assert.deepEqual(await statuses(test, 2), [503, 503]);
  await control(test, "POST /control/clock", { advance_seconds: 1 });
  assert.deepEqual(await statuses(test, 1), [200]);
  assert.deepEqual((await control(test, "GET /control/faults/x")).has_ended, true);
});

Deno.test("a fault matches by grant, client and the rest of its matcher, and only that", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const { clientId: other } = await register(test);
  await control(test, "POST /control/faults", {
    match: { endpoint: "token", grant_type: "refresh_token", client_id: clientId },
    life: "always",
    answer: { status: 400, body: { error: "invalid_grant" } },
  });
  const refresh = async (id: string): Promise<number> => {
    const token = text(await getTokens(test, id), "refresh_token");
    const fields = { grant_type: "refresh_token", client_id: id, refresh_token: token };
    return (await test.postForm("/oauth/token", fields)).status;
  };
  assert.deepEqual([await refresh(clientId), await refresh(other)], [400, 200]);
});

Deno.test("a fault that edits has let the endpoint do its work; one that answers has not", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const redeem = async (code: string): Promise<Response> =>
    await test.postForm("/oauth/token", codeFields(clientId, code));
  const first = await getCode(test, clientId);
  await control(test, "POST /control/faults", "token:drop");
  await assert.rejects(async () => await (await redeem(first)).text(), /dropped on request/);
  await assertOAuthError(await redeem(first), 400, "invalid_grant");
  const second = await getCode(test, clientId);
  await control(test, "POST /control/faults", "token:503");
  const refused = await redeem(second);
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  await refused.body?.cancel();
  assert.equal((await redeem(second)).status, 200);
});

Deno.test("edits of one response go together: a body breaks last, and what is no JSON any more is left as it is", async () => {
  await using test = await testApp();
  const edits = async (...all: readonly unknown[]): Promise<Response> => {
    const faults = all.map((edit, index) => ({ name: `edit-${index}`, match: { endpoint: "jwks" }, edit }));
    await control(test, "POST /control/faults", faults);
    return await test.get("/oauth/jwks");
  };
  const mark = { json: { keep: [], set: { x: 1 } } };
  const cut = (await edits({ truncate_bytes: 5 }, mark)).body?.getReader();
  assert.equal(new TextDecoder().decode((await cut?.read())?.value), '{"x":');
  await assert.rejects(async () => await cut?.read(), /cut off on request/);
  const dropped = await edits({ drop: true }, mark);
  assert.equal(dropped.status, 200);
  await assert.rejects(() => dropped.text(), /dropped on request/);
  const plain = await edits({ body: "no JSON" }, mark);
  assert.deepEqual([plain.status, await plain.text()], [200, "no JSON"]);
  const pieces = await edits({ trickle: { bytes: 4, every_ms: 1 } }, mark);
  assert.equal(await pieces.text(), '{"x":1}');
});

Deno.test("a fault changes rules and tokens for its requests alone, by their names in snake case", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  await control(test, "POST /control/faults", {
    match: { endpoint: "token" },
    mint: { access_token_ttl_seconds: 7 },
  });
  await control(test, "POST /control/faults", { match: { endpoint: "authorize" }, policy: { send_iss: false } });
  const first = await test.get(authorizeQuery(clientId, { auto_approve: "true" }));
  const second = await test.get(authorizeQuery(clientId, { auto_approve: "true" }));
  assert.deepEqual([first, second].map((response) => redirectOf(response).searchParams.has("iss")), [false, true]);
  const lives = [await getTokens(test, clientId), await getTokens(test, clientId)].map(({ expires_in }) => expires_in);
  assert.deepEqual(lives, [7, undefined]);
  const [mint] = listOf(await control(test, "GET /control/faults"), "faults");
  assert.deepEqual(mint?.mint, { access_token_ttl_seconds: 7 });
});

Deno.test("faults are set together, replaced by name with a count from zero, and removed one by one or all", async () => {
  await using test = await testApp();
  const names = async (): Promise<readonly unknown[]> =>
    listOf(await control(test, "GET /control/faults"), "faults").map(({ name }) => name);
  await control(test, "POST /control/faults", [{ ...down, name: "a" }, down, "jwks:500*2"]);
  assert.deepEqual(await names(), ["a", "fault-1", "jwks:500*2"]);
  await control(test, "DELETE /control/faults/fault-1");
  assert.deepEqual(await statuses(test, 2), [503, 500]);
  const [again] = listOf(await control(test, "POST /control/faults", { ...down, name: "a" }), "faults");
  assert.deepEqual([again?.met, again?.has_ended], [0, false]);
  // Of two that could answer, the one that was set first does, and the other waits.
  assert.deepEqual(await statuses(test, 3), [500, 503, 200]);
  assert.deepEqual(listOf(await control(test, "DELETE /control/faults"), "faults"), []);
  const missing = await send(test, "GET /control/faults/a");
  assert.match(await assertOAuthError(missing, 404, "not_found"), /no such fault.*none, as there are no faults/);
});

Deno.test("of faults that are set at the same time under one name one is in force, and each caller is told its own", async () => {
  await using test = await testApp();
  const answers = [501, 502, 503].map((status) => ({ ...down, name: "a", life: "always", answer: { status } }));
  const told = await Promise.all(answers.map((fault) => control(test, "POST /control/faults", fault)));
  const answersOf = (body: Record<string, unknown>): readonly unknown[] =>
    listOf(body, "faults").map(({ answer }) => answer);
  assert.deepEqual(told.map(answersOf), answers.map(({ answer }) => [answer]));
  const inForce = answersOf(await control(test, "GET /control/faults"));
  assert.deepEqual(inForce, [{ status: (await test.get("/oauth/jwks")).status }]);
});

Deno.test("faults of a scenario are listed with their counts and stay", async () => {
  const flaky = {
    ...{ name: "flaky", group: "Custom", story: "", client: "", expects: [], links: [] } as const,
    plan: { faults: [{ name: "own", match: { endpoint: "jwks" }, times: 1, answer: { status: 502 } }] },
  } as const;
  await using test = await testApp({ scenarios: [flaky] });
  const sandbox = below(test, "/s/flaky");
  assert.deepEqual(await statuses(sandbox, 2), [502, 200]);
  const [own] = listOf(await control(sandbox, "GET /control/faults"), "faults");
  assert.deepEqual([own?.name, own?.source, own?.met, own?.has_ended], ["own", "scenario", 1, true]);
  await assertOAuthError(await send(sandbox, "DELETE /control/faults/own"), 400, "invalid_request");
  await assertOAuthError(await send(sandbox, "POST /control/faults", { ...down, name: "own" }), 400, "invalid_request");
  assert.equal(listOf(await control(sandbox, "DELETE /control/faults"), "faults").length, 1);
});

Deno.test("faults never touch the control API, and a sandbox takes 100 of them", async () => {
  await using test = await testApp();
  await control(test, "POST /control/faults", { match: {}, life: "always", answer: { status: 500 } });
  assert.equal((await test.get("/health")).status, 500);
  assert.equal((await test.get("/control/clock")).status, 200);
  await control(test, "POST /control/faults", Array.from({ length: 99 }, () => down));
  const refused = await send(test, "POST /control/faults", down);
  assert.match(await assertOAuthError(refused, 400, "invalid_request"), /Too many faults.*101.*100/);
});

Deno.test("?fault= on the MCP URL sets a fault once, however often the URL is sent", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const token = text(await getTokens(test, clientId), "access_token");
  const url = "/oauth?fault=mcp:401*2,token:503";
  const seen: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    const response = await callOauth(test, token, url);
    seen.push(response.status);
    if (count === 0) {
      assert.match(
        response.headers.get("www-authenticate") ?? "",
        /^Bearer error="invalid_token", resource_metadata="http:\/\/localhost:8789\/\.well-known\/oauth-protected-resource\/oauth"$/,
      );
    }
    await response.body?.cancel();
  }
  assert.deepEqual(seen, [401, 401, 200, 200]);
  const code = await getCode(test, clientId);
  assert.equal((await test.postForm("/oauth/token", codeFields(clientId, code))).status, 503);
  assert.equal((await callOauth(test, token, url)).status, 200);
  assert.equal((await test.postForm("/oauth/token", codeFields(clientId, code))).status, 200);
  await (await callOauth(test, token, `${url},jwks:503`)).body?.cancel();
  const names = listOf(await control(test, "GET /control/faults"), "faults").map(({ name }) => name);
  assert.deepEqual(names, ["mcp:401*2", "token:503", "jwks:503"]);
});

Deno.test("?fault= on the authorization URL sets a fault for what comes after it", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const code = await getCode(test, clientId, { fault: "token:html" });
  const page = await test.postForm("/oauth/token", codeFields(clientId, code));
  assert.deepEqual([page.status, page.headers.get("content-type")], [200, "text/html; charset=utf-8"]);
  assert.equal((await test.postForm("/oauth/token", codeFields(clientId, code))).status, 200);
  const denied = await test.get(authorizeQuery(clientId, { fault: "authorize:access_denied" }));
  assert.equal(redirectOf(denied).searchParams.get("error"), "access_denied");
});

Deno.test("every error of the authorization endpoint can be asked for as a text, also where a script approves (RFC 6749 4.1.2.1)", async (t) => {
  const errors = [
    "access_denied",
    "consent_required",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "login_required",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_response_type",
  ];
  for (const error of errors) {
    await t.step(error, async () => {
      await using test = await testApp();
      const { clientId } = await register(test);
      const fault = `authorize:${error}`;
      const asked = authorizeQuery(clientId, { fault, auto_approve: "true", state: "s" });
      const { searchParams } = redirectOf(await test.get(asked));
      assert.deepEqual([searchParams.get("error"), searchParams.get("state"), searchParams.has("code")], [
        error,
        "s",
        false,
      ]);
      assert.ok(
        redirectOf(await test.get(authorizeQuery(clientId, { auto_approve: "true" }))).searchParams.has("code"),
      );
    });
  }
});

Deno.test("a fault that was set as text is called by its text on record, however it ends", async () => {
  await using test = await testApp();
  for (const name of ["token:503*2", "jwks:delay=5*always", "token:slow_down"]) {
    await (await test.get(`/oauth?fault=${name}`)).body?.cancel();
  }
  await (await test.postForm("/oauth/token", {})).body?.cancel();
  const { exchanges } = await json(await test.get("/control/exchanges"));
  assert.match(JSON.stringify(exchanges), /"shapedBy":\["token:503\*2"\]/);
});

Deno.test("a resource that is named with ?fault= in it is the same resource (RFC 8707 2)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const resource = "http://localhost:8789/oauth?fault=jwks:503";
  const code = await getCode(test, clientId, { resource });
  const tokens = await json(await test.postForm("/oauth/token", codeFields(clientId, code, { resource })));
  assert.equal((await callOauth(test, text(tokens, "access_token"), "/oauth?fault=jwks:503")).status, 200);
  const other = await getTokens(test, clientId, { resource: "http://localhost:8789/oauth?other=1" });
  await assertOAuthError(await callOauth(test, text(other, "access_token")), 401, "invalid_token");
});

Deno.test("?fault= is told what cannot be read, and means nothing at other endpoints", async () => {
  await using test = await testApp();
  const said = async (text: string): Promise<string> =>
    await assertOAuthError(await test.get(`/oauth?fault=${text}`), 400, "invalid_request");
  assert.match(await said("oops"), /'oops'.*token:503.*resource_metadata.*truncate=20.*tools\/call/);
  // What is right, or what was meant, is not listed.
  const effect = await said("token:oops");
  assert.match(effect, /'token:oops'.*token:503.*truncate=20/);
  assert.doesNotMatch(effect, /resource_metadata|tools\/call/);
  assert.match(await said("tokn:503"), /'tokn:503'; expected .{1,120}; did you mean token\?$/);
  assert.doesNotMatch(await said("token:delay=600001"), /did you mean/);
  assert.equal((await test.get("/health?fault=token:oops")).status, 200);
  assert.deepEqual(listOf(await control(test, "GET /control/faults"), "faults"), []);
});

Deno.test("the response to a fault that was set as text names that text's effect, code or status (README)", async (t) => {
  for (
    const written of ["token:slow_down", "token:invalid_grant", "token:400", "token:503", "mcp:insufficient_scope"]
  ) {
    await t.step(written, async () => {
      await using test = await testApp();
      await control(test, "POST /control/faults", written);
      const [endpoint, effect = ""] = written.split(":");
      const response = endpoint === "mcp" ? await test.get("/oauth") : await test.postForm("/oauth/token", {});
      const body = await json(response);
      assert.match(text(body, "error_description"), new RegExp(`^The fault ${written} `));
      if (!/^\d/.test(effect)) assert.equal(body.error, effect);
    });
  }
});

Deno.test("a fault as text is held to the longest delay there is, and says it (README)", async () => {
  await using test = await testApp();
  for (const written of ["token:delay=600001", "token:delay=99999999"]) {
    const said = await assertOAuthError(await send(test, "POST /control/faults", written), 400, "invalid_request");
    assert.match(said, /delay=500 \(milliseconds, at most 600000\)/);
  }
  await control(test, "POST /control/faults", "token:delay=600000");
});
