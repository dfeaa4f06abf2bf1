/**
 * Secrets in every place a client may put one, and none of them anywhere where somebody looks. A new place is a row of the
 * table.
 */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { describeEvent, type LogEvent } from "../../lib/cli/log.ts";
import { type KvTestApp, kvTestApp, type TestApp } from "../helpers.ts";

/** A request that carries a secret. */
interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly type?: string;
  readonly body?: string;
}

/** Where a secret stands: its name, and the request that brings it there. */
type Place = readonly [where: string, send: (secret: string) => Sent];

const form = "application/x-www-form-urlencoded";
const json = "application/json";
const jwt = (secret: string): string => `eyJhbGciOiJub25lIn0.${secret}.${secret}`;
const own = (prefix: string) => (secret: string): string => `${prefix}_${secret}${secret}`;
const sealed = (prefix: string) => (secret: string): string => `${prefix}_${secret}.${secret}`;
const encode = encodeURIComponent;

const inHeader = (name: string, value: (secret: string) => string): (secret: string) => Sent => (secret) => ({
  headers: { [name]: value(secret) },
});
const inQuery = (value: (secret: string) => string): (secret: string) => Sent => (secret) => ({
  path: `/oauth/jwks?${value(secret)}`,
});
const inPath = (value: (secret: string) => string): (secret: string) => Sent => (secret) => ({ path: value(secret) });
const inBody =
  (type: string, value: (secret: string) => string, path = "/nowhere"): (secret: string) => Sent => (secret) => ({
    method: "POST",
    path,
    type,
    body: value(secret),
  });
const inJson = (value: (secret: string) => unknown, path = "/nowhere"): (secret: string) => Sent =>
  inBody(json, (secret) => JSON.stringify(value(secret)), path);
/** What a tool gets, and gives back. */
const inTool = (message: (secret: string) => unknown): (secret: string) => Sent =>
  inJson((secret) => ({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "mock_echo", arguments: { message: message(secret) } },
  }), "/no-auth");

const places: readonly Place[] = [
  // Headers
  ["Authorization: Bearer", inHeader("authorization", (secret) => `Bearer ${secret}`)],
  ["Authorization: DPoP", inHeader("authorization", (secret) => `DPoP ${secret}`)],
  ["Authorization: Basic", inHeader("authorization", (secret) => `Basic ${btoa(`client:${secret}`)}`)],
  ["Authorization: Basic that is no base64", inHeader("authorization", (secret) => `Basic %${secret}`)],
  ["Authorization without a scheme", inHeader("authorization", (secret) => secret)],
  ["Authorization of an unknown scheme", inHeader("authorization", (secret) => `Hawk id="1", mac="${secret}"`)],
  ["Proxy-Authorization", inHeader("proxy-authorization", (secret) => `Basic ${btoa(`u:${secret}`)}`)],
  ["the first cookie", inHeader("cookie", (secret) => `session=${secret}; b=2`)],
  ["the second cookie", inHeader("cookie", (secret) => `a=1; b=${secret}`)],
  ["the last of many cookies", inHeader("cookie", (secret) => `a=1; b=2; c=3; theme=${secret}`)],
  ["a cookie in quotes", inHeader("cookie", (secret) => `a=1; b="${secret}"`)],
  ["a cookie without a name", inHeader("cookie", (secret) => `a=1; ${secret}`)],
  ["Mcp-Session-Id", inHeader("mcp-session-id", (secret) => secret)],
  ["X-Api-Key", inHeader("x-api-key", (secret) => secret)],
  ["X-Secret", inHeader("x-secret", (secret) => secret)],
  ["X-Auth-Token", inHeader("x-auth-token", (secret) => secret)],
  ["X-Amz-Security-Token", inHeader("x-amz-security-token", (secret) => secret)],
  ["X-User-Password", inHeader("x-user-password", (secret) => secret)],
  ["X-Forwarded-Authorization", inHeader("x-forwarded-authorization", (secret) => `Bearer ${secret}`)],
  ["a DPoP header that is no JWT", inHeader("dpop", (secret) => secret)],
  ["a DPoP proof", inHeader("dpop", jwt)],
  ["a JWT in any header", inHeader("x-anything", jwt)],
  ["a JWT behind a word", inHeader("x-anything", (secret) => `id-${jwt(secret)}, and more`)],
  ["a refresh token in any header", inHeader("x-anything", sealed("refresh"))],
  ["a refresh token in User-Agent", inHeader("user-agent", (secret) => `client/1 (${sealed("refresh")(secret)})`)],
  ["a client secret in Accept", inHeader("accept", (secret) => `text/plain; x=${own("secret")(secret)}`)],
  ["Bearer in any header", inHeader("x-note", (secret) => `I send Bearer ${secret} with it`)],
  ["a password in any header", inHeader("x-note", (secret) => `user=ann; password=${secret}`)],
  ["a code in Referer", inHeader("referer", (secret) => `https://client.example/cb?code=${secret}&state=1`)],
  ["a code in X-Original-Url", inHeader("x-original-url", (secret) => `/cb?state=1&code=${secret}`)],
  ["a token in the fragment of Referer", inHeader("referer", (secret) => `https://c.example/#access_token=${secret}`)],
  ["user information in Origin", inHeader("origin", (secret) => `https://ann:${secret}@client.example`)],
  ["user information in a text", inHeader("x-note", (secret) => `see https://ann:${secret}@x.example/ for it`)],
  ["a token as user information", inHeader("x-note", (secret) => `git clone https://${secret}@x.example/a.git`)],
  ["user information without a scheme", inHeader("x-note", (secret) => `//ann:${secret}@x.example/`)],
  // Methods and paths
  ["the method", (secret) => ({ method: own("refresh")(secret), path: "/nowhere" })],
  ["a JWT in the path", inPath((secret) => `/nope/${jwt(secret)}`)],
  ["a refresh token in the path", inPath((secret) => `/oauth/token/${sealed("refresh")(secret)}`)],
  ["a code in the path", inPath((secret) => `/cb/${sealed("code")(secret)}`)],
  ["a registration access token in the path", inPath((secret) => `/oauth/register/${own("registration")(secret)}`)],
  ["a device code in the path", inPath((secret) => `/device/${own("device")(secret)}`)],
  ["an MCP session in the path", inPath((secret) => `/mcp/${own("session")(secret)}`)],
  ["a pushed request in the path", inPath((secret) => `/x/urn:ietf:params:oauth:request_uri:${secret}`)],
  ["a parameter of a path", inPath((secret) => `/oauth;password=${secret}`)],
  ["an encoded path", inPath((secret) => `/x/${encode(`password=${secret}`)}`)],
  ["user information in the path", inPath((secret) => `/proxy/https://ann:${secret}@x.example/`)],
  ["Bearer in the path", inPath((secret) => `/x/${encode(`Bearer ${secret}`)}`)],
  // Queries
  ["access_token in the query", inQuery((secret) => `access_token=${secret}`)],
  ["code in the query", inQuery((secret) => `state=1&code=${secret}`)],
  ["client_secret in the query", inQuery((secret) => `client_secret=${secret}`)],
  ["passwd in the query", inQuery((secret) => `passwd=${secret}`)],
  ["newPassword in the query", inQuery((secret) => `newPassword=${secret}`)],
  ["user[password] in the query", inQuery((secret) => `user%5Bpassword%5D=${secret}`)],
  ["token_value in the query", inQuery((secret) => `token_value=${secret}`)],
  ["expected in the query", (secret) => ({ path: `/bearer?expected=${secret}` })],
  ["a refresh token under any name", inQuery((secret) => `x=${sealed("refresh")(secret)}`)],
  ["a query without a name", inQuery(sealed("refresh"))],
  ["user information in a parameter", inQuery((secret) => `client_id=https://ann:${secret}@x.example/c`)],
  ["user information, encoded", inQuery((secret) => `client_id=${encode(`https://ann:${secret}@x.example/c`)}`)],
  ["a code in a URL in a parameter", inQuery((secret) => `back=${encode(`https://x.example/cb?code=${secret}`)}`)],
  ["a URL encoded twice", inQuery((secret) => `back=${encode(encode(`https://x.example/cb?code=${secret}`))}`)],
  [
    "a URL in a URL in a URL",
    inQuery((secret) => {
      const inner = `https://a.example/?to=${encode(`https://b.example/?access_token=${secret}`)}`;
      return `to=${encode(`https://c.example/?to=${encode(inner)}`)}`;
    }),
  ],
  ["password: in a parameter", inQuery((secret) => `note=${encode(`password: ${secret}`)}`)],
  ["a parameter beside broken encoding", inQuery((secret) => `note=%ZZ%20password%3D${secret}`)],
  ["a verifier as plain challenge", inQuery((secret) => `code_challenge=${secret}&code_challenge_method=plain`)],
  // Forms
  ["password in a form", inBody(form, (secret) => `email=a%40b.c&password=${secret}`)],
  ["a password of several words", inBody(form, (secret) => `password=${secret}+and+${secret}`)],
  [
    "refresh_token in a form",
    inBody(form, (secret) => `grant_type=refresh_token&refresh_token=${secret}`, "/oauth/token"),
  ],
  ["code_verifier in a form", inBody(form, (secret) => `code_verifier=${secret}`, "/oauth/token")],
  ["client_assertion in a form", inBody(form, (secret) => `client_assertion=${jwt(secret)}`, "/oauth/token")],
  ["token in a form", inBody(form, (secret) => `token=${secret}`, "/oauth/revoke")],
  ["a code under any name in a form", inBody(form, (secret) => `a=b&x=${sealed("code")(secret)}`)],
  ["a URL in a form", inBody(form, (secret) => `x=${encode(`https://ann:${secret}@x.example/`)}`)],
  // JSON
  ["password in JSON", inJson((secret) => ({ user: { password: secret } }))],
  ["password in JSON, a number beside it", inJson((secret) => ({ pin: 12345678, passphrase: secret }))],
  ["accessToken in JSON", inJson((secret) => [{ accessToken: secret }])],
  ["a list of tokens", inJson((secret) => ({ token: ["a", secret] }))],
  ["newPassword in JSON", inJson((secret) => ({ newPassword: secret }))],
  ["token_value in JSON", inJson((secret) => ({ token_value: secret }))],
  ["the value of a secret's object", inJson((secret) => ({ password: { type: "text", value: secret } }))],
  ["a name and a value", inJson((secret) => [{ name: "API_TOKEN", value: secret }])],
  ["JSON in a string", inJson((secret) => ({ text: JSON.stringify({ client_secret: secret }) }))],
  [
    "JSON in a string in JSON in a string",
    inJson((secret) => ({ a: JSON.stringify({ b: JSON.stringify({ pwd: secret }) }) })),
  ],
  ["JSON with escapes", inBody(json, (secret) => `{"pass\\u0077ord":"${secret}"}`)],
  ["password: in a string", inJson((secret) => ({ message: `password: ${secret}` }))],
  ["'password' in a string", inJson((secret) => ({ message: `{'password':'${secret} and ${secret}'}` }))],
  ["Authorization in a string", inJson((secret) => ({ message: `curl -H 'Authorization: Bearer ${secret}'` }))],
  ["Basic in a string", inJson((secret) => ({ message: `use Basic ${btoa(`ann:${secret}`)}` }))],
  ["the member's name", inJson((secret) => ({ [sealed("refresh")(secret)]: 1 }))],
  ["k of a JWK", inJson((secret) => ({ keys: [{ kty: "oct", k: secret }] }))],
  ["d of a JWK", inJson((secret) => ({ kty: "EC", crv: "P-256", d: secret }))],
  ["p of a JWK", inJson((secret) => ({ kty: "RSA", e: "AQAB", p: secret }))],
  ["qi of a JWK", inJson((secret) => ({ kty: "RSA", e: "AQAB", qi: secret }))],
  ["a deep member", inJson((secret) => ({ a: { b: [{ c: { d2: { api_key: secret } } }] } }))],
  [
    "a large body",
    inJson((secret) => ({ pad: "x".repeat(15_000), text: sealed("refresh")(secret), password: secret })),
  ],
  // MCP
  ["a tool's argument", inTool((secret) => sealed("refresh")(secret))],
  ["a text for a tool", inTool((secret) => `my password: ${secret}`)],
  ["an object for a tool", inTool((secret) => ({ password: secret }))],
  ["a client secret for a tool", inTool((secret) => `the secret is ${own("secret")(secret)}.`)],
  ["a JWT for a tool", inTool((secret) => `token=${jwt(secret)}`)],
  [
    "the answer to an elicitation",
    inJson(
      (secret) => ({ jsonrpc: "2.0", id: 1, result: { action: "accept", content: { passcode: secret } } }),
      "/no-auth",
    ),
  ],
  [
    "_meta of a call",
    inJson((secret) => ({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/list",
      params: { _meta: { "example.com/token": secret } },
    }), "/no-auth"),
  ],
  // Text and other types
  ["password: in text", inBody("text/plain", (secret) => `user: ann\npassword: ${secret}\n`)],
  ["password= in text", inBody("text/plain", (secret) => `error: password=${secret} is wrong`)],
  ["access_token in text", inBody("text/plain", (secret) => `failed, access_token=${secret}`)],
  ["Bearer in text", inBody("text/plain", (secret) => `Authorization: Bearer ${secret}`)],
  ["JSON as text", inBody("text/plain", (secret) => JSON.stringify({ code: secret }))],
  ["lines of JSON", inBody("text/plain", (secret) => `{"a":1}\n{"code":"${secret}"}\n`)],
  ["a form as text", inBody("text/plain", (secret) => `a=b&code=${secret}`)],
  ["an event", inBody("text/event-stream", (secret) => `event: message\ndata: {"password":"${secret}"}\n\n`)],
  ["an event of several lines", inBody("text/event-stream", (secret) => `data: {"password":\ndata: "${secret}"}\n\n`)],
  ["a comment in events", inBody("text/event-stream", (secret) => `: refresh_token=${secret}\n\n`)],
  ["a field of a page", inBody("text/html", (secret) => `<form><input name="password" value="${secret}"></form>`)],
  ["a field in single quotes", inBody("text/html", (secret) => `<input name='password' value='${secret}'>`)],
  ["a field without quotes", inBody("text/html", (secret) => `<input name=password value=${secret}>`)],
  ["a field without an end", inBody("text/html", (secret) => `<p>x</p><input name="password" value="${secret}`)],
  ["a meta tag", inBody("text/html", (secret) => `<meta name="csrf-token" content="${secret}">`)],
  ["a link of a page", inBody("text/html", (secret) => `<a href='/cb?a=b&amp;code=${secret}'>x</a>`)],
  [
    "a part of a form",
    inBody(
      "multipart/form-data; boundary=x",
      (secret) => `--x\r\ncontent-disposition: form-data; name="password"\r\n\r\n${secret}\r\n--x--\r\n`,
    ),
  ],
  ["XML", inBody("application/xml", (secret) => `<password>${secret}</password>`)],
  ["no media type that there is", inBody("x/y", (secret) => secret)],
  // One part tells what is a secret in another
  ["a password said again", (secret) => ({
    method: "POST",
    path: `/nowhere?note=${encode(`I said ${secret}`)}`,
    type: form,
    headers: { "x-note": `said ${secret} again` },
    body: `password=${secret}`,
  })],
  ["a password with special characters, said again", (secret) => ({
    method: "POST",
    path: `/nowhere?note=${encode(`${secret}"&<\\`)}`,
    type: json,
    body: JSON.stringify({ password: `${secret}"&<\\`, note: `${secret}"&<\\` }),
  })],
];

/** Secrets that no word is like, and no two alike. */
function secretOf(index: number): string {
  return `Mk${index}zQ7${"wVxKjR".repeat(3)}${index}`;
}

async function send(
  { app }: TestApp,
  { method = "GET", path = "/oauth/jwks", headers = {}, type, body }: Sent,
): Promise<void> {
  const request = new Request(`http://localhost:8789${path}`, {
    method,
    headers: {
      accept: "application/json, text/event-stream",
      ...headers,
      ...(type === undefined ? {} : { "content-type": type }),
    },
    ...(body === undefined ? {} : { body }),
  });
  await (await app(request)).text();
}

/** Everything where somebody may look, by name. */
async function look(test: KvTestApp, events: readonly LogEvent[]): Promise<ReadonlyMap<string, string>> {
  const shown = new Map<string, string>();
  for (const path of ["exchanges", "exchanges?format=har", "report", "report?format=junit", "report?format=markdown"]) {
    shown.set(path, await (await test.get(`/control/${path}`)).text());
  }
  shown.set("/inspect", await (await test.get("/inspect")).text());
  const reader = (await test.get("/control/events")).body?.getReader();
  assert(reader);
  const decoder = new TextDecoder();
  let told = "";
  while (!told.includes("event: findings")) told += decoder.decode((await reader.read()).value);
  await reader.cancel();
  shown.set("events", told);
  shown.set("the log as JSON", events.map((event) => JSON.stringify(event)).join("\n"));
  shown.set("the log for people", events.map((event) => describeEvent(event, "12:00:00")).join(""));
  const rows: unknown[] = [];
  for await (const { key, value } of test.kv.list({ prefix: [] })) rows.push([key, value]);
  shown.set("the database", JSON.stringify(rows, (_, value) => value instanceof Uint8Array ? [...value] : value));
  return shown;
}

function spellings(secret: string): readonly string[] {
  return [secret, btoa(`ann:${secret}`), btoa(`client:${secret}`), btoa(`u:${secret}`)];
}

for (const shared of [false, true]) {
  const where = shared ? "on a record that processes share" : "in memory";
  Deno.test(`${places.length} secrets in ${places.length} places: none is shown, logged or stored (${where})`, async () => {
    const events: LogEvent[] = [];
    await using test = await kvTestApp({ shared, loopbackOnly: true, log: (event) => void events.push(event) });
    for (const [index, [, plant]] of places.entries()) {
      await send(test, plant(secretOf(index)));
      if (index % 20 === 19) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const shown = await look(test, events);
    assert.equal(shown.get("exchanges")?.match(/"sequence":/g)?.length, places.length, "all are on record");
    const leaks: string[] = [];
    for (const [index, [place]] of places.entries()) {
      const at = [...shown].filter(([, text]) => spellings(secretOf(index)).some((spelled) => text.includes(spelled)));
      if (at.length > 0) leaks.push(`${place}: in ${at.map(([name]) => name).join(", ")}`);
    }
    assert.deepEqual(leaks, []);
    assert(places.length >= 90);
  });
}

Deno.test("an error is logged without the secrets in its message", async () => {
  const events: LogEvent[] = [];
  const secret = `secret_${secretOf(1)}`;
  let isBroken = false;
  await using test = await kvTestApp({
    log: (event) => void events.push(event),
    randomBytes: (length) => {
      if (isBroken) throw new Error(`No chance for ${secret}, password: ${secretOf(2)}`);
      return crypto.getRandomValues(new Uint8Array(length));
    },
  });
  isBroken = true;
  await (await test.postJson("/oauth/register", { redirect_uris: ["https://client.example/cb"] })).text();
  const text = JSON.stringify(events);
  assert.match(text, /"event":"error","message":"[^"]*No chance for …, password: …/);
  assert(!text.includes(secretOf(1)) && !text.includes(secretOf(2)), text);
});
