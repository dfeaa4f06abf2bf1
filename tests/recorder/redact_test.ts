/** What the recorder lets through of a message: names, shapes, equality, and no secret. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { buildHar } from "../../lib/judge/formats/har.ts";
import { createDigests, digestOf } from "../../lib/recorder/redact/digests.ts";
import { createRedactor, redactLine } from "../../lib/recorder/redact/redact.ts";
import { redactBody } from "../../lib/recorder/redact/redact_body.ts";
import { renderJunit } from "../../lib/judge/formats/junit.ts";
import { renderMarkdown } from "../../lib/judge/formats/markdown.ts";
import {
  authorizeQuery,
  challenge,
  challengeOf,
  codeFields,
  json,
  redirectOf,
  redirectUri,
  register,
  text,
  verifier,
} from "../helpers.ts";
import { recordedApp, SANDBOX, sendThrough } from "./recorded_app.ts";

const key = new Uint8Array(32).fill(7);
const token = "opaque-token-with-more-than-32-characters";
const pushedUri = "urn:ietf:params:oauth:request_uri:abc";
const redactedToken = `opaq…${token.length}…${challengeOf(token)}`;
const keyed = (value: string): string => createHmac("sha256", key).update(value).digest("base64url").slice(0, 22);

function body(value: string, type: string, isComplete = true): string | undefined {
  return redactBody({ text: value, isComplete }, type, createRedactor(createDigests(key))).body;
}

Deno.test("a secret keeps its beginning, its length and a digest; what could be guessed keeps a keyed digest (RFC 7636 4.6)", () => {
  const { secret } = createRedactor(createDigests(key));
  assert.equal(secret(token, "protocol"), redactedToken);
  assert.equal(secret(verifier, "verifier"), `dBjf…43…${challenge}`);
  assert.equal(digestOf(secret(verifier, "verifier")), challenge);
  assert.equal(
    secret("a verifier that has 43 characters and blanks", "verifier"),
    `a ve…44…${keyed("a verifier that has 43 characters and blanks")}`,
  );
  assert.equal(secret("client-secret-of-22-ch", "protocol"), `clie…22…${keyed("client-secret-of-22-ch")}`);
  assert.equal(secret("short", "protocol"), `…5…${keyed("short")}`);
  assert.equal(secret("a…secret", "personal"), `…${keyed("a…secret")}`);
  assert.equal(secret(secret(token, "protocol"), "protocol"), redactedToken, "nothing is redacted twice");
  assert.equal(
    secret("correct horse battery staple, and then some", "personal"),
    `…${keyed("correct horse battery staple, and then some")}`,
  );
  assert.notEqual(
    createRedactor(createDigests(new Uint8Array(32))).secret("short", "protocol"),
    secret("short", "protocol"),
  );
});

Deno.test("queries, fragments and forms lose the values of secret names, and nothing else", () => {
  const { url, form } = createRedactor(createDigests(key));
  for (
    const [given, expected] of [
      [
        `http://localhost/cb?code=${token}&state=xyz&iss=http%3A%2F%2Fa`,
        `http://localhost/cb?code=${redactedToken}&state=xyz&iss=http%3A%2F%2Fa`,
      ],
      [`app:/cb#access_token=${token}&token_type=Bearer`, `app:/cb#access_token=${redactedToken}&token_type=Bearer`],
      [
        `/x?back=${encodeURIComponent(`http://b/?code=${token}`)}`,
        `/x?back=${encodeURIComponent(`http://b/?code=${redactedToken}`).replaceAll("%E2%80%A6", "…")}`,
      ],
      ["http://ann:secret@localhost/x", `http://ann:…${keyed("secret")}@localhost/x`],
      [`/oauth?expected=${token}`, `/oauth?expected=${redactedToken}`],
      ["/plain?a=b&c", "/plain?a=b&c"],
      ...["key", "sig", "X-Amz-Signature", "subscription-key", "api_key", "auth"].map((name) =>
        [`https://a/mcp?x=1&${name}=${token}`, `https://a/mcp?x=1&${name}=${redactedToken}`] as const
      ),
      [`/x?keyboard=us&signal=${token}`, `/x?keyboard=us&signal=${token}`],
      [
        `/x?request_uri=${encodeURIComponent(pushedUri)}`,
        `/x?request_uri=urn:…${pushedUri.length}…${challengeOf(pushedUri)}`,
      ],
    ] as const
  ) assert.equal(url(given), expected);
  assert.equal(form(`password=${encodeURIComponent("p w")}&email=a%40b.c`), `password=…${keyed("p w")}&email=a%40b.c`);
  assert.equal(
    form(`code_challenge=${challenge}&code_challenge_method=S256`),
    `code_challenge=${challenge}&code_challenge_method=S256`,
  );
  assert.equal(
    form(`code_challenge=${verifier}&code_challenge_method=plain`),
    `code_challenge=dBjf…43…${challenge}&code_challenge_method=plain`,
  );
});

Deno.test("headers lose credentials, and keep the scheme and a client's id (RFC 6750 2.1, RFC 6749 2.3.1)", () => {
  const { header } = createRedactor(createDigests(key));
  assert.equal(header("authorization", `Bearer ${token}`), `Bearer ${redactedToken}`);
  assert.equal(header("authorization", `DPoP ${token}`), `DPoP ${redactedToken}`);
  assert.equal(header("authorization", `Basic ${btoa(`client_1:${token}`)}`), `Basic client_1:${redactedToken}`);
  assert.equal(header("authorization", token), redactedToken);
  assert.equal(header("cookie", `session=${token}`), `session=${redactedToken}`);
  assert.equal(header("set-cookie", `s=${token}; HttpOnly`), `s=${redactedToken}; HttpOnly`);
  assert.equal(header("mcp-session-id", token), redactedToken);
  assert.equal(header("location", `/cb?code=${token}`), `/cb?code=${redactedToken}`);
  assert.equal(header("x-anything", "eyJhbGciOiJub25lIn0.e30."), `eyJh…24…${keyed("eyJhbGciOiJub25lIn0.e30.")}`);
  const challengeHeader = 'Bearer error="invalid_token", error_description="code=1; the token is over", scope="a b"';
  assert.equal(header("www-authenticate", challengeHeader), challengeHeader);
});

Deno.test("bodies lose secrets at any depth, in JSON, in JSON within JSON, in events, forms and pages", () => {
  const object = (value: string): string => JSON.stringify({ a: [{ access_token: value, accessToken: value, n: 1 }] });
  assert.equal(body(object(token), "application/json; charset=utf-8"), object(redactedToken));
  const nested = (value: string): string => JSON.stringify({ result: { content: [{ text: object(value) }] } });
  assert.equal(body(nested(token), "application/json"), nested(redactedToken));
  assert.equal(
    body(`event: message\ndata: ${nested(token)}\n\n`, "text/event-stream"),
    `event: message\ndata: ${nested(redactedToken)}\n\n`,
  );
  assert.equal(
    body(`a=b&client_secret=${token}`, "application/x-www-form-urlencoded"),
    `a=b&client_secret=${redactedToken}`,
  );
  assert.equal(
    body(`<a href="/x?a=b&amp;code=${token}">x</a><input type="hidden" name="code" value="${token}"/>`, "text/html"),
    `<a href="/x?a=b&amp;code=${redactedToken}">x</a><input type="hidden" name="code" value="${redactedToken}"/>`,
  );
  assert.equal(body(object(token), "text/plain"), object(redactedToken));
  assert.equal(
    body(`error: access_token=${token} is bad`, "text/plain"),
    `error: access_token=${redactedToken} is bad`,
  );
  assert.equal(body(JSON.stringify({ pin: 1234 }), "application/json"), JSON.stringify({ pin: `…${keyed("1234")}` }));
  assert.equal(
    body(JSON.stringify({ error: { code: -32000, message: "m" } }), "application/json"),
    '{"error":{"code":-32000,"message":"m"}}',
  );
});

/** Beginnings of what other services issue; apart from what follows, so that no scanner takes these for real. */
const beginnings = [
  "ghp_",
  "gho_",
  "github_pat_",
  "glpat-",
  "npm_",
  "hf_",
  "sk-",
  "sk-proj-",
  "sk_live_",
  "xoxb-",
  "xapp-",
  "AIza",
];

Deno.test("tokens and private keys of other services are known by their shape, in whatever they stand", () => {
  const secrets = [
    ...beginnings.map((beginning) => `${beginning}0123456789Ab0123456789Cd0123456789Ef`),
    `AK${"IA"}ABCDEFGHIJKLMNOP`,
  ];
  const key = "\nMC4CAQAwBQYDK2VwBCIEIA\nZZZZ\n";
  const pem = (end: string): string => `-----BEGIN ${"PRIVATE"} KEY-----${key}${end}`;
  for (const value of secrets) {
    const shown = `${value.slice(0, 4)}…${value.length}…`;
    const json = JSON.stringify({ params: { arguments: { a: value, b: [`see ${value}.`] } } });
    for (const [given, type] of [[json, "application/json"], [`data: ${json}\n\n`, "text/event-stream"]] as const) {
      const clean = body(given, type) ?? "";
      assert.equal(clean.includes(value), false, clean);
      assert.equal(clean.split(shown).length, 3, clean);
    }
    assert.equal(
      createRedactor(createDigests(new Uint8Array(32))).url(`https://a.example/${value}/b`).includes(value),
      false,
    );
    assert.equal(redactLine(`/a/${value}`), "/a/…");
  }
  for (const text of [pem(`-----END ${"PRIVATE"} KEY-----`), `first\n${pem("")}`]) {
    assert.doesNotMatch(body(JSON.stringify({ text }), "application/json") ?? "", /ZZZZ/);
    assert.doesNotMatch(body(text, "text/plain") ?? "", /ZZZZ/);
  }
  for (const name of ["sk-learn-extensions-for-tests", "npm_config_registry", "task-1234567890123456789012", "xoxo"]) {
    assert.equal(body(JSON.stringify({ name }), "application/json"), JSON.stringify({ name }));
  }
});

Deno.test("what only looks like a secret stays as it is", () => {
  const { text, header, url, secret } = createRedactor(createDigests(key));
  secret(token, "protocol");
  for (
    const innocent of [
      "expected authorization: Bearer and an access token that this server has issued (RFC 6750 2.1)",
      'Bearer resource_metadata="http://localhost:8789/.well-known/oauth-protected-resource/oauth"',
      "mcp:basic offline_access",
      "token client_secret_basic, token: invalid",
      "code_challenge_methods_supported registration_endpoint_auth_methods_supported",
      "the secret is out: nobody knows the token",
      `already redacted: ${redactedToken}, Bearer ${redactedToken}, password=${redactedToken}`,
      "https://example.com/a?b=c#d mailto:ann@example.com //example.com/@scope/name",
      "100% of 5%, %zz and %C3%A9",
    ]
  ) assert.equal(text(innocent), innocent);
  assert.equal(header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)"), "Mozilla/5.0 (X11; Linux x86_64)");
  assert.equal(url("/a?scope=basic%20offline_access&d2=%25"), "/a?scope=basic%20offline_access&d2=%25");
  const schema = JSON.stringify({
    progressToken: "p-1",
    inputSchema: { properties: { password: { type: "string" } }, required: ["password"] },
    token_endpoint: "https://a/token",
    token_type: "Bearer",
    client_secret_expires_at: 0,
  });
  assert.equal(body(schema, "application/json"), schema);
});

Deno.test("what cannot be parsed is left out, along with what was cut through", () => {
  const cases = [
    [`{"access_token":"${token}`, "application/json", false],
    [`access_token=${token}`, "application/json", true],
    [`{"access_token":"${token}"}`, "application/x-www-form-urlencoded", true],
    [
      `--x\r\ncontent-disposition: form-data; name="code"\r\n\r\n${token}\r\n--x--`,
      "multipart/form-data; boundary=x",
      true,
    ],
    [token, "application/octet-stream", true],
    [`{"code":${"[".repeat(60_000)}${"]".repeat(60_000)}}`, "application/json", true],
  ] as const;
  for (const [given, type, isComplete] of cases) {
    assert.deepEqual(redactBody({ text: given, isComplete }, type, createRedactor(createDigests(key))), {
      truncated: true,
    }, type);
  }
  assert.equal(body(`a=b&code=${token.slice(0, 20)}`, "application/x-www-form-urlencoded", false), "a=b");
  assert.equal(body(`<p>x</p><input name="code" value="${token}`, "text/html", false), "<p>x</p>");
  assert.deepEqual(redactBody({ text: "", isComplete: true }, null, createRedactor(createDigests(key))), {
    truncated: false,
  });
});

Deno.test("a secret found once is replaced everywhere else in the exchange", () => {
  const { secret, scrub } = createRedactor(createDigests(key));
  secret(token, "protocol");
  secret("p+w/longer", "personal");
  secret("open", "personal");
  secret("a:$^", "personal");
  assert.equal(
    scrub(`the token ${token} and p%2Bw%2Flonger`),
    `the token ${redactedToken} and …${keyed("p+w/longer")}`,
  );
  assert.equal(
    scrub("open the opener, open_sesame: open. a:$^"),
    `…${keyed("open")} the opener, open_sesame: …${keyed("open")}. …${keyed("a:$^")}`,
  );
});

Deno.test("an exchange full of secrets costs no more digests than 500, and shows none of the others", () => {
  const digests = createDigests(key);
  let count = 0;
  const redactor = createRedactor((value, kind) => {
    count++;
    return digests(value, kind);
  });
  const secrets = Array.from({ length: 2000 }, (_, index) => `a1b2c3d4-${index}`);
  for (const [name, write] of [["token", redactor.form], ["password", redactor.text]] as const) {
    const clean = write(secrets.map((secret) => `${name}=${name}${secret}`).join("&"));
    assert(!clean.includes("b2c3d4"));
  }
  const words = secrets.map((_, index) => "abcdefghij".repeat(index % 9) + "k".repeat(5 + index % 7));
  assert(words.every((word) => !redactor.text(`password: ${word}`).includes(word)));
  assert.equal(count, 500);
  assert(redactor.isOverfull());
});

Deno.test("after each flow, none of its secrets is in exchanges, report, HAR, JUnit or Markdown", async () => {
  await using recorded = await recordedApp();
  const test = sendThrough(recorded);
  const secrets = new Set([verifier, "hunter22", "a second password"]);
  const keep = (...values: readonly unknown[]): void => {
    for (const value of values) if (typeof value === "string" && value !== "") secrets.add(value);
  };
  const redeem = async (
    clientId: string,
    code: string,
    headers?: Record<string, string>,
  ): Promise<Record<string, unknown>> => {
    keep(code);
    const tokens = await json(await test.postForm("/oauth/token", codeFields(clientId, code), headers));
    keep(tokens.access_token, tokens.refresh_token, tokens.id_token);
    return tokens;
  };

  const { clientId } = await register(test);
  const login = { action: "login", email: "ann@example.com", password: "hunter22" };
  const query = authorizeQuery(clientId, { scope: "openid offline_access" });
  const tokens = await redeem(clientId, redirectOf(await test.postForm(query, login)).searchParams.get("code") ?? "");
  await test.get(
    authorizeQuery(clientId, { auto_approve_email: "bob@example.com", auto_approve_password: "a second password" }),
  );
  const byFragment = redirectOf(
    await test.get(authorizeQuery(clientId, { auto_approve: "true", response_mode: "fragment" })),
  );
  await redeem(clientId, new URLSearchParams(byFragment.hash.slice(1)).get("code") ?? "");
  const form = await (await test.get(authorizeQuery(clientId, { auto_approve: "true", response_mode: "form_post" })))
    .text();
  await redeem(clientId, /name="code" value="([^"]+)"/.exec(form)?.[1] ?? "");

  const confidential = await json(
    await test.postJson("/oauth/register", {
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: "client_secret_basic",
    }),
  );
  const id = text(confidential, "client_id");
  const basic = { authorization: `Basic ${btoa(`${id}:${text(confidential, "client_secret")}`)}` };
  keep(confidential.client_secret, confidential.registration_access_token, basic.authorization.slice(6));
  await test.get(new URL(text(confidential, "registration_client_uri")).pathname, {
    authorization: `Bearer ${text(confidential, "registration_access_token")}`,
  });
  const pushed = await json(
    await test.postForm("/oauth/par", {
      response_type: "code",
      redirect_uri: redirectUri,
      code_challenge: challenge,
      code_challenge_method: "S256",
    }, basic),
  );
  keep(pushed.request_uri);
  const answer = await test.get(
    `/oauth/authorize?${new URLSearchParams({
      client_id: id,
      request_uri: text(pushed, "request_uri"),
      auto_approve: "true",
    })}`,
  );
  await redeem(id, redirectOf(answer).searchParams.get("code") ?? "", basic);

  const tv = await register(test, {
    grant_types: ["urn:ietf:params:oauth:grant-type:device_code"],
    redirect_uris: undefined,
  });
  const device = await json(await test.postForm("/oauth/device", { client_id: tv.clientId }));
  keep(device.device_code, device.user_code);
  await test.get(text(device, "verification_uri_complete"));
  await test.postForm(text(device, "verification_uri_complete"), { ...login, password: "hunter22" });
  await test.postForm("/oauth/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    client_id: tv.clientId,
    device_code: text(device, "device_code"),
  });

  const bearer = { authorization: `Bearer ${text(tokens, "access_token")}` };
  const call = (path: string, method: string, params: unknown, headers: Record<string, string>): Promise<Response> =>
    test.fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
  const opened = await call("/oauth", "initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "x", version: "1" },
  }, bearer);
  await opened.text();
  const session = opened.headers.get("mcp-session-id") ?? "";
  assert.notEqual(session, "");
  keep(session);
  const echoed = await call("/oauth", "tools/call", {
    name: "mock_echo",
    arguments: { message: `my token is ${text(tokens, "access_token")}` },
  }, { ...bearer, "mcp-session-id": session });
  assert((await echoed.text()).includes(text(tokens, "access_token")), "the echo carries the token");
  await test.get("/oauth/userinfo", bearer);
  await test.postForm("/oauth/revoke", { token: text(tokens, "refresh_token"), client_id: clientId });
  await test.get(`/bearer?expected=${encodeURIComponent("a token of my own")}`, {
    authorization: "Bearer a-token-of-my-own",
  });
  keep("a token of my own", "a-token-of-my-own");

  const { exchanges } = await recorded.recording.read(SANDBOX);
  const report = await recorded.report();
  const shown = [
    JSON.stringify(exchanges),
    JSON.stringify(report),
    JSON.stringify(buildHar(exchanges, "1")),
    renderJunit(report),
    renderMarkdown(report),
  ];
  assert(secrets.size > 20, `${secrets.size} secrets`);
  assert(exchanges.length > 20, `${exchanges.length} exchanges`);
  for (const secret of secrets) {
    for (
      const spelled of new Set([
        secret,
        encodeURIComponent(secret),
        new URLSearchParams({ secret }).toString().slice(7),
      ])
    ) {
      for (const where of shown) {
        const at = where.indexOf(spelled);
        assert.equal(at, -1, `${secret} stands in ${where.slice(Math.max(0, at - 200), at + 50)}`);
      }
    }
  }
});
