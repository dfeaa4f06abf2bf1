/** A request happens at one instant, however long it takes: what it writes, what it answers and its record agree. */
import assert from "node:assert/strict";
import { z } from "zod";
import { claimsOf, getCode, getTokens, json, register, type TestApp, testApp, text } from "../helpers.ts";
import { messagesOf, postModern } from "../mcp/helpers.ts";

const device = "urn:ietf:params:oauth:grant-type:device_code";
const grant_types = ["authorization_code", "refresh_token", "client_credentials", device];

const inSeconds = (seconds: unknown): number => z.number().parse(seconds) * 1000;
const issuedAt = (token: string): number => inSeconds(claimsOf(token).iat);

/** Where a request goes, and every time that its answer tells, in milliseconds since 1970. */
const table: readonly (readonly [path: string, (test: TestApp) => Promise<readonly number[]>])[] = [
  ["/oauth/register", async ({ postJson }) => {
    const answer = await json(await postJson("/oauth/register", { redirect_uris: ["https://client.example/cb"] }));
    return [inSeconds(answer.client_id_issued_at)];
  }],
  ["/oauth/authorize", async (test) => {
    const { clientId } = await register(test);
    const code = await getCode(test, clientId, { scope: "openid" });
    const { grant, expiresAtMs } = z.object({
      grant: z.object({ sessionId: z.string(), authTimeSeconds: z.number(), user: z.object({ userId: z.string() }) }),
      expiresAtMs: z.number(),
    }).parse(JSON.parse(atob(code.slice("code_".length, code.indexOf(".")).replaceAll("-", "+").replaceAll("_", "/"))));
    const [, session] = /^session-(\d+)-/.exec(grant.sessionId) ?? [];
    const [, user] = /^mock-user-auto-(\d+)-/.exec(grant.user.userId) ?? [];
    return [Number(session), Number(user), inSeconds(grant.authTimeSeconds), expiresAtMs - 600_000];
  }],
  ["/oauth/token", async (test) => {
    const { clientId } = await register(test);
    const tokens = await getTokens(test, clientId, { scope: "openid", expires_in: "60" });
    const { exp } = claimsOf(text(tokens, "access_token"));
    return [
      issuedAt(text(tokens, "access_token")),
      issuedAt(text(tokens, "id_token")),
      inSeconds(exp) - 60_000,
    ];
  }],
  ["/oauth/token", async (test) => {
    const { clientId, secret } = await register(test, {
      token_endpoint_auth_method: "client_secret_post",
      grant_types,
    });
    const answer = await test.postForm("/oauth/token", {
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: secret,
    });
    const claims = claimsOf(text(await json(answer), "access_token"));
    const [, session] = /^session-(\d+)-/.exec(String(claims.sid)) ?? [];
    return [inSeconds(claims.iat), Number(session)];
  }],
  ["/idp/token", async (test) => {
    const { clientId } = await register(test);
    const answer = await test.postForm("/idp/token", {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      client_id: clientId,
      audience: "https://server.example",
      requested_token_type: "urn:ietf:params:oauth:token-type:id-jag",
      auto_approve: "true",
    });
    const claims = claimsOf(text(await json(answer), "access_token"));
    const [, user] = /^mock-user-auto-(\d+)-/.exec(String(claims.sub)) ?? [];
    return [inSeconds(claims.iat), Number(user)];
  }],
  ["/no-auth", async ({ fetch }) => {
    const post = (_url: unknown, init?: RequestInit): Promise<Response> => fetch("/no-auth", init);
    const params = { name: "mock_create_note", arguments: { title: "a", content: "b" } };
    const [message] = await messagesOf(await postModern(post, { method: "tools/call", params }));
    const { result: { structuredContent: note } } = z.object({
      result: z.object({
        structuredContent: z.object({ id: z.string(), created_at: z.number(), updated_at: z.number() }),
      }),
    }).parse(message);
    const [, id] = /^note-(\d+)-/.exec(note.id) ?? [];
    return [note.created_at, note.updated_at, Number(id)];
  }],
];

for (const [path, timesOf] of table) {
  Deno.test(`${path} happens at one instant, which its record says`, async () => {
    let nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
    const startedAtMs: number[] = [];
    await using test = await testApp({
      // A clock that never tells the same time twice.
      now: () => nowMs += 1000,
      log: (event) => {
        if (event.event === "exchange" && event.path === path) startedAtMs.push(event.startedAtMs);
      },
    });
    const times = await timesOf(test);
    assert.deepEqual(startedAtMs.slice(-1), [...new Set(times)], times.join());
  });
}
