/** A server that anybody can reach: what it lets one caller and one sandbox have, and that others don't notice. */
import assert from "node:assert/strict";
import { createAskers } from "../../lib/limits/asker.ts";
import { BODY_STEP_BYTES, HELD_MS, rates, RETENTION_MS } from "../../lib/limits/limits.ts";
import { withQuotas } from "../../lib/limits/quotas.ts";
import { createRateLimiter, MAX_BUCKETS } from "../../lib/limits/rate_limiter.ts";
import { paths } from "../../lib/http/urls.ts";
import { parseAddress } from "../../lib/sandbox/sandbox.ts";
import { createApp } from "../../main.ts";
import { limitApp } from "../../routes/request/limits.ts";
import {
  assertOAuthError,
  authorizeQuery,
  below,
  callOauth,
  claimsOf,
  getCode,
  getTokens,
  json,
  origin,
  publicClient,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";
import { runDouble } from "../interop/double/double.ts";
import { publicApp, seed, untilRefused } from "./public_app.ts";

Deno.test("public: an address that asks too much waits, and is told how long (RFC 6585 4)", async () => {
  await using test = await publicApp();
  const [one, other] = [test.from("93.184.215.14"), test.from("93.184.215.15")];
  const { answered, refusal } = await untilRefused(() => one.get(paths.health), rates.address.burst);
  assert.equal(answered, rates.address.burst);
  assert.equal(refusal.headers.get("retry-after"), "1");
  assert.equal(refusal.headers.get("access-control-allow-origin"), "*");
  const description = await assertOAuthError(refusal, 429, "temporarily_unavailable");
  assert.match(description, /^Too many requests from your address; expected 200 at once, then 20 a second/);
  assert.equal((await other.get(paths.health)).status, 200);
  test.durations.nowMs += 1000;
  assert.equal((await untilRefused(() => one.get(paths.health), 100)).answered, rates.address.perSecond);
});

Deno.test("public: an address that continues without waiting gets its refusals late, and others get theirs at once (README)", async () => {
  const slept: number[] = [];
  await using test = await publicApp({ sleep: (ms) => (slept.push(ms), Promise.resolve()) });
  const ask = async (from: string, requests: number): Promise<void> => {
    for (let sent = 0; sent < requests; sent++) await (await test.from(from).get(paths.health)).body?.cancel();
  };
  await ask("93.184.215.14", rates.address.burst + rates.refusals.burst);
  assert.deepEqual(slept, []);
  await ask("93.184.215.14", 2);
  assert.deepEqual(slept, [HELD_MS, HELD_MS]);
  await ask("93.184.215.15", rates.address.burst + 1);
  assert.equal(slept.length, 2);
});

Deno.test("public: a large body counts as many requests, and one of unknown size as a large one (README)", async () => {
  await using test = await publicApp();
  const answeredOf = async (from: string, length: number, body: () => BodyInit): Promise<number> => {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (length > 0) headers["content-length"] = `${length}`;
    const post = (): Promise<Response> =>
      test.from(from).fetch(paths.register, { method: "POST", headers, body: body() });
    return (await untilRefused(post, 300)).answered;
  };
  assert.equal(await answeredOf("93.184.215.14", BODY_STEP_BYTES - 1, () => "{}"), 200);
  assert.equal(await answeredOf("93.184.215.15", BODY_STEP_BYTES, () => "{}"), 100);
  assert.equal(await answeredOf("93.184.215.16", 31 * BODY_STEP_BYTES, () => "{}"), 6);
  const stream = (): BodyInit => new Response("{}").body ?? "";
  assert.equal(await answeredOf("93.184.215.17", 0, stream), 6);
});

Deno.test("public: a sandbox that is asked too much by many makes them wait, and no other sandbox (RFC 6585 4)", async () => {
  await using test = await publicApp();
  let sent = 0;
  const ask = (path: string): Promise<Response> => test.from(`93.184.${sent >> 6}.${sent++ % 64}`).get(path);
  const { answered, refusal } = await untilRefused(() => ask("/s/standard~a/health"), rates.labelled.burst);
  assert.equal(answered, rates.labelled.burst);
  assert.match(await assertOAuthError(refusal, 429, "temporarily_unavailable"), /the sandbox standard~a;/);
  for (const path of ["/s/standard~b/health", "/s/standard/health", "/health"]) {
    assert.equal((await ask(path)).status, 200, path);
  }
});

Deno.test("public: an address can begin a limited number of sandboxes, and continues in those it has (README)", async () => {
  await using test = await publicApp();
  const one = test.from("93.184.215.14");
  let begun = 0;
  const { answered, refusal } = await untilRefused(() => one.get(`/s/standard~${begun++}/health`), 100);
  assert.equal(answered, rates.beginnings.burst);
  assert.equal(refusal.headers.get("retry-after"), "60");
  assert.match(await assertOAuthError(refusal, 429, "temporarily_unavailable"), /new sandboxes from your address/);
  assert.equal((await one.get("/s/standard~0/health")).status, 200);
  assert.equal((await test.from("93.184.215.15").get("/s/standard~x/health")).status, 200);
});

Deno.test("public: runs of two people at once do not see each other, and one that begins too much slows no other (README, runs)", async () => {
  await using test = await publicApp();
  const people = [
    { label: "0123456789abcdef", at: test.from("93.184.215.14"), slip: undefined, comesTo: "pass" },
    { label: "fedcba9876543210", at: test.from("8.8.8.8"), slip: "takes any state", comesTo: "fail" },
  ] as const;
  const play = async ({ label, at, slip }: typeof people[number], scenario: string): Promise<void> => {
    const send = async (request: Request): Promise<Response> => {
      const { method, headers, url } = request;
      return await at.fetch(url, { method, headers, ...(method === "POST" ? { body: await request.text() } : {}) });
    };
    await runDouble({ base: `${origin}/s/${scenario}~${label}`, send, slip });
  };
  await Promise.all(["standard", "state-wrong"].flatMap((name) => people.map((person) => play(person, name))));
  for (const { label, at, comesTo } of people) {
    const run = await json(await at.get(`/control/runs/${label}`));
    assert.equal(run.verdict, comesTo, JSON.stringify(run));
    const others = people.flatMap((other) => other.label === label ? [] : [other.label]);
    assert(others.every((other) => !JSON.stringify(run).includes(other)));
    assert.equal((await at.get(`/runs/${label}`, { accept: "text/html" })).status, 200);
  }
  const [ada, bob] = people;
  const { refusal } = await untilRefused(() => ada.at.get(`/s/standard~${crypto.randomUUID()}/health`), 100);
  assert.equal(refusal.status, 429);
  await play(bob, "pages");
  assert.equal(
    (await json(await bob.at.get(`/control/runs/${bob.label}`))).reason,
    "1 of 3 scenarios failed: state-wrong",
  );
  assert.equal((await json(await ada.at.get(`/control/runs/${ada.label}`))).reason, "2 scenarios passed");
});

Deno.test("public: an address rotates so many keys and no more, in whatever sandboxes (README)", async () => {
  await using test = await publicApp();
  const one = test.from("93.184.215.14");
  let asked = 0;
  const rotate = (): Promise<Response> => one.postJson(`/s/standard~${asked++ % 3}/control/keys/rotate`, {});
  const { answered, refusal } = await untilRefused(rotate, 100);
  assert.equal(answered, rates.rotations.burst);
  assert.equal(refusal.headers.get("retry-after"), "12");
  assert.match(await assertOAuthError(refusal, 429, "temporarily_unavailable"), /key rotations from your address/);
  const other = test.from("93.184.215.15");
  assert.equal((await other.postJson("/s/standard~0/control/keys/rotate", {})).status, 200);
});

Deno.test("public: all addresses together begin so many sandboxes, and use those that are there (README)", async () => {
  const app = limitApp(() => Promise.resolve(new Response()), {
    monotonicMs: () => 0,
    sleep: () => Promise.resolve(),
    askers: createAskers(),
    addressOf: (url) => parseAddress(url, () => true),
  });
  const ask = (sandbox: string, caller: number): Promise<Response> => {
    const url = new URL(`${origin}/s/${sandbox}/health`);
    const remoteAddr = { transport: "tcp", hostname: `93.184.${caller >> 4}.1`, port: 1 } as const;
    return app(new Request(url), url, { remoteAddr });
  };
  let begun = 0;
  // Each address begins 16, and who has hardly begun any begins two more.
  const most = rates.allBeginnings.burst + rates.firstBeginnings.burst;
  const { answered, refusal } = await untilRefused(() => ask(`standard~${begun}`, begun++), most);
  assert.equal(answered, most);
  assert.match(await assertOAuthError(refusal, 429, "temporarily_unavailable"), /^Too many new sandboxes;/);
  for (const sandbox of ["standard", "standard~0"]) assert.equal((await ask(sandbox, begun)).status, 200);
  for (const caller of [2 * begun, 3 * begun]) assert.equal((await ask(`standard~new${caller}`, caller)).status, 200);
});

Deno.test("public: callers behind one's own proxy are told apart by what it has added, and by nothing they say (README)", async () => {
  await using test = await publicApp();
  const { burst } = rates.address;
  const behind = (forwarded: string): TestApp => test.from("10.0.0.2", { "x-forwarded-for": forwarded });
  let sent = 0;
  const spoofed = await untilRefused(() => behind(`93.184.215.${sent++}, 1.1.1.1`).get(paths.health), burst);
  assert.equal(spoofed.answered, burst);
  assert.equal((await behind("1.1.1.1, 1.1.1.2").get(paths.health)).status, 200);
  const direct = await untilRefused(
    () => test.from("8.8.8.8", { "x-forwarded-for": `93.184.215.${sent++}` }).get(paths.health),
    burst,
  );
  assert.equal(direct.answered, burst);
});

Deno.test("public: a loop that fills one sandbox is stopped, and the others don't notice (README)", async () => {
  await using test = await publicApp();
  // Nobody waits for a rate here: a second goes by with every request.
  const sandbox = below(test, "/s/standard~full");
  const registerOne = (at: TestApp): Promise<Response> => {
    test.durations.nowMs += 1000;
    return at.postJson(paths.register, publicClient);
  };
  const { answered, refusal } = await untilRefused(() => registerOne(sandbox), 200);
  assert.equal(answered, 200);
  assert.match(await assertOAuthError(refusal, 507, "temporarily_unavailable"), /The quota of clients of this sandbox/);
  for (const other of [test, below(test, "/s/standard~other"), below(test, "/s/standard")]) {
    assert.equal((await registerOne(other)).status, 201);
    const { clientId } = await register(other);
    const tokens = await getTokens(other, clientId);
    assert.equal((await callOauth(other, text(tokens, "access_token"))).status, 200);
  }
  // What is there goes on working.
  const stored = await Array.fromAsync(test.kv.list({ prefix: ["standard~full", "client"] }));
  assert.equal(stored.length, 200);
});

Deno.test("public: room that becomes free can be used again (README)", async () => {
  await using test = await publicApp();
  const sandbox = below(test, "/s/standard~a");
  const ask = (): Promise<Response> => {
    test.durations.nowMs += 1000;
    return sandbox.postJson(paths.register, publicClient);
  };
  assert.equal((await untilRefused(ask, 200)).answered, 200);
  const [first] = await Array.fromAsync(test.kv.list({ prefix: ["standard~a", "client"] }));
  assert(first);
  await test.kv.atomic().delete(first.key).delete(["#owned", ...first.key]).commit();
  assert.equal((await untilRefused(ask, 2)).answered, 1);
});

Deno.test("public: users, used codes and notes have quotas, too, and the refusal says which (README)", async (t) => {
  await using test = await publicApp();
  const sandbox = below(test, "/s/standard~a");
  const { clientId } = await register(sandbox);
  // The notes of one person are limited, too, so these are of several.
  const tokens: string[] = [];
  for (let person = 0; person < 5; person++) tokens.push(text(await getTokens(sandbox, clientId), "access_token"));
  const tick = (): void => {
    test.durations.nowMs += 1000;
  };
  await t.step("what clients can make large is limited by its size", async () => {
    let last = "";
    for (let count = 0; count < 100 && !last.includes("quota"); count++) {
      tick();
      const response = await sandbox.fetch("/oauth", {
        method: "POST",
        headers: {
          authorization: `Bearer ${tokens[count % tokens.length]}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-protocol-version": "2026-07-28",
          "mcp-method": "tools/call",
          "mcp-name": "mock_create_note",
        },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "tools/call",
          params: {
            name: "mock_create_note",
            arguments: { title: "t", content: "x".repeat(29_000) },
            _meta: {
              "io.modelcontextprotocol/protocolVersion": "2026-07-28",
              "io.modelcontextprotocol/clientCapabilities": {},
            },
          },
        }),
      });
      last = await response.text();
    }
    assert.match(last, /"isError":true/);
    assert.match(last, /The quota of notes of this sandbox is used up/);
  });
  await t.step("a client whose sandbox has no room for a user is told so", async () => {
    await seed(test, ["standard~a", "user"], 200);
    tick();
    const response = await sandbox.get(
      authorizeQuery(clientId, { auto_approve_email: "ada@example.com", auto_approve_password: "x" }),
    );
    const description = await assertOAuthError(response, 507, "temporarily_unavailable");
    assert.match(description, /The quota of users of this sandbox is used up; expected at most 200 users/);
  });
});

Deno.test("public: everything but keys goes after a day, and nothing can be used for longer (README)", async () => {
  await using test = await publicApp();
  const { clientId } = await register(test);
  const tokens = await getTokens(test, clientId);
  const { exp, iat } = claimsOf(text(tokens, "access_token"));
  assert.equal(Number(exp) - Number(iat), RETENTION_MS / 1000);
  test.clock.nowMs += RETENTION_MS;
  const fields = { grant_type: "refresh_token", client_id: clientId, refresh_token: text(tokens, "refresh_token") };
  await assertOAuthError(await test.postForm(paths.token, fields), 401, "invalid_client");
  const response = await test.get(authorizeQuery(clientId));
  assert.equal(response.status, 400);
  await response.body?.cancel();
});

Deno.test("public: a scenario's own rules stand, whatever limits say (design)", async () => {
  await using test = await publicApp();
  const sandbox = below(test, "/s/short-tokens");
  const { clientId } = await register(sandbox);
  const { exp, iat } = claimsOf(text(await getTokens(sandbox, clientId), "access_token"));
  assert(Number(exp) - Number(iat) < 3600, `${exp} ${iat}`);
});

Deno.test("public: every page says that it is fake, and without --public none does (README)", async () => {
  await using test = await publicApp();
  await using plain = await testApp();
  const { clientId } = await register(test);
  for (const path of [paths.home, paths.guide, authorizeQuery(clientId), authorizeQuery("nobody"), "/nowhere"]) {
    const page = await (await test.get(path, { accept: "text/html" })).text();
    assert.match(page, /<body><aside class="public-notice">Everything here is fake/, path);
    assert.equal(page.match(/public-notice/g)?.length, 1);
    assert.match(page, /<\/html>\s*$/);
    assert.doesNotMatch(await (await plain.get(path, { accept: "text/html" })).text(), /public-notice/);
  }
  const style = await (await test.get(paths.style)).text();
  assert.match(style, /\.public-notice \{/);
});

Deno.test("public: documents of clients may not be on this machine, and no one controls sandboxes, though it listens on loopback (RFC 9700 4.11)", async () => {
  using kv = await Deno.openKv(":memory:");
  const stop = new AbortController();
  const app = createApp({ kv, public: true, loopbackOnly: true, signal: stop.signal });
  const response = await app(new Request(origin + authorizeQuery("http://127.0.0.1:9/client.json")));
  assert.equal(response.status, 400);
  assert.match(text(await json(response), "error_description"), /https/);
  await assertOAuthError(await app(new Request(`${origin}/control/clock`)), 403, "access_denied");
  stop.abort();
});

Deno.test("without --public no caller waits, and nothing is refused for its number (README)", async () => {
  await using test = await testApp({ monotonicMs: () => 0 });
  for (let count = 0; count < 250; count++) {
    assert.equal((await test.postJson(paths.register, publicClient)).status, 201);
  }
});

Deno.test("GET /robots.txt keeps crawlers out, public or not (RFC 9309 2.2)", async () => {
  await using test = await testApp();
  const response = await test.get(paths.robots);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
  assert.equal(await response.text(), "User-agent: *\nDisallow: /\n");
});

Deno.test("createRateLimiter keeps a limited number of buckets, and forgets the caller that has been away longest", () => {
  const limiter = createRateLimiter(() => 0);
  for (let caller = 0; caller <= MAX_BUCKETS; caller++) limiter.take(`${caller}`, rates.address);
  assert.deepEqual([limiter.knows("0"), limiter.knows("1"), limiter.knows(`${MAX_BUCKETS}`)], [false, true, true]);
});

Deno.test("public: codes and refresh tokens that were used are counted (RFC 6749 4.1.2)", async () => {
  await using test = await publicApp();
  const sandbox = below(test, "/s/standard~a");
  const { clientId } = await register(sandbox);
  await seed(test, ["standard~a", "spent"], 2000);
  const code = await getCode(sandbox, clientId);
  const response = await sandbox.postForm(paths.token, {
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    redirect_uri: publicClient.redirect_uris[0] ?? "",
    code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  });
  assert.match(
    await assertOAuthError(response, 507, "temporarily_unavailable"),
    /The quota of codes and refresh tokens used of this sandbox/,
  );
});

Deno.test("withQuotas keeps nothing for longer than a day but keys, and what is known of sandboxes as such (README)", async () => {
  const written: [key: string, expireInMs: number | undefined][] = [];
  const none = { value: undefined, versionstamp: null };
  const store = withQuotas({
    get: (key) => Promise.resolve({ key, ...none }),
    list: () => Promise.resolve([]),
    create: () => assert.fail("a new value is a commit, too"),
    removeAll: () => Promise.resolve(),
    commit: ({ sets = [] }) => {
      written.push(...sets.map(({ key, expireInMs }): [string, number | undefined] => [key.join(" "), expireInMs]));
      return Promise.resolve(true);
    },
  }, { monotonicMs: () => 0, now: () => 0, asker: () => "" });
  const value = true;
  await store.create(["main", "client", "c"], value);
  await store.create(["main", "spent", "s"], value, 30 * RETENTION_MS);
  await store.create(["main", "pushed", "p"], value, 1000);
  await store.create(["main", "key", "EdDSA"], value);
  await store.commit({ sets: [{ key: ["#state", "main"], value }] });
  const isOwned = ([key]: readonly [string, unknown]): boolean => key.startsWith("#owned ");
  // What the books say of a row goes with it.
  assert.deepEqual(written.filter(isOwned).map(([, expireInMs]) => expireInMs), [RETENTION_MS, RETENTION_MS, 1000]);
  assert.deepEqual(written.filter((write) => !isOwned(write)), [
    ["main client c", RETENTION_MS],
    ["main spent s", RETENTION_MS],
    ["main pushed p", 1000],
    ["main key EdDSA", undefined],
    ["#state main", undefined],
  ]);
});
