/**
 * The pages in process, without a browser and without permissions: every word of the seed stands in the guide, whatever
 * a client can send comes out as text, forms have the documented fields, and everything can be read with scripts off.
 * What the guide's scripts compute is tested here too; what they do to the page is left to the browser tests.
 */
import assert from "node:assert/strict";
import { buildUrls } from "../../lib/http/urls.ts";
import { everyAsset } from "../../views/assets.ts";
import { buildClientConfigs } from "../../views/home/client_configs.ts";
import { ConsentPage, type ConsentProps } from "../../views/consent/consent.tsx";
import { buildShellSteps } from "../../views/guide/shell.ts";
import { ErrorPage } from "../../views/shared/error.tsx";
import { GuidePage } from "../../views/guide/guide.tsx";
import { rpcResponse } from "../../views/guide/mcp.js";
import {
  authorizationUrl,
  challengeOf,
  checkReturn,
  metadataUrl,
  randomText,
  resourceMetadataUrl,
} from "../../views/guide/protocol.js";
import { requestText, toCurl } from "../../views/shared/http_text.js";
import { claimRows, decodeJwt } from "../../views/guide/token.js";
import { HomePage } from "../../views/home/home.tsx";
import { assetPath, pathOf, renderPage } from "../../views/shared/layout.tsx";

const origin = "http://localhost:8789";
const urls = buildUrls({ origin, prefix: "" });
const attack = `"><script>alert('x')</script><img src=x onerror=alert(1)>&`;

const consent: ConsentProps = {
  urls,
  clientName: "Test Client",
  clientId: "client-1",
  redirectUri: "https://client.example/callback",
  redirectHost: "client.example",
  loopbackOnly: false,
  scopes: ["notes", "profile"],
  resource: urls.oauth,
  formAction: "/oauth/authorize?client_id=client-1&state=s",
};

const pages: Readonly<Record<string, string>> = {
  home: renderPage(HomePage({ urls, version: "1.2.3" })),
  guide: renderPage(GuidePage({ urls })),
  consent: renderPage(ConsentPage(consent)),
  error: renderPage(
    ErrorPage({ urls, status: 404, error: "not_found", description: "Gone" }),
  ),
};

/** Every phrase of the seed's page, in its order, with this server's own addresses. */
const seed: readonly string[] = [
  "iterate | mock oauth server",
  "Star",
  "interactive oauth 2.1 guide",
  "Walk through the OAuth 2.1 flow step by step. This is what happens behind the scenes when an MCP client connects to an OAuth server. Each step unlocks after you complete it.",
  "step 1: server discovery",
  `GET ${origin}/.well-known/oauth-authorization-server`,
  "First, the client discovers what the server supports.",
  "step 2: client registration",
  `POST ${origin}/oauth/register`,
  "Register your client to get a unique client ID.",
  "redirect uri",
  "step 3: authorization",
  `GET ${origin}/oauth/authorize`,
  `POST ${origin}/oauth/authorize`,
  "Request authorization from a user. You'll see a consent page where users can approve access.",
  "query parameters (GET)",
  "parameter description",
  "client_id OAuth client ID (required)",
  "redirect_uri Callback URL (required)",
  "state CSRF protection token (required)",
  "code_challenge PKCE challenge (required)",
  "auto_approve Set to true to skip consent and auto-generate user",
  "auto_approve_email Email for programmatic auth (requires password)",
  "auto_approve_password Password for programmatic auth (requires email)",
  "expires_in Token expiration in seconds (optional, default: no expiration)",
  "form fields (POST - consent page)",
  "field description",
  "action auto (generate user) or login (email/password)",
  "email Email (required when action=login)",
  "password Password (required when action=login)",
  "step 4: token exchange",
  `POST ${origin}/oauth/token`,
  "Exchange the authorization code for an access token.",
  "step 5: you're done!",
  `GET/POST ${origin}/oauth`,
  "That's the complete OAuth flow. MCP clients do all of this automatically—you just experienced what happens behind the scenes.",
  "Building your own MCP client? Use our mock MCP for testing.",
  "reference",
  "no-auth endpoint",
  `GET/POST ${origin}/no-auth`,
  "Simple endpoint with no authentication.",
  "bearer endpoint",
  `GET/POST ${origin}/bearer`,
  "other endpoints",
  `GET ${origin}/`,
  "Server information",
  `GET ${origin}/health`,
  "JSON health check",
  "user persistence",
  "Users created with email/password are saved. Auto-generated users are temporary.",
];

Deno.test("guide contains every line of the seed in its order (seed.txt)", async (t) => {
  const text = textOf(pages.guide ?? "");
  let from = 0;
  for (const phrase of seed) {
    await t.step(phrase.slice(0, 60), () => {
      const at = text.indexOf(phrase, from);
      assert.notEqual(at, -1, `not found after ${from}: ${phrase}`);
      from = at;
    });
  }
});

Deno.test("every page is a whole document that needs no other host (issue 4)", async (t) => {
  for (const [name, html] of Object.entries(pages)) {
    await t.step(name, () => {
      assert.match(html, /^<!doctype html>\n<html lang="en">/);
      assert.equal(html.match(/<h1/g)?.length, 1);
      assert.ok(html.includes('name="viewport"'));
      assert.ok(html.includes('href="/assets/shared/style.css"'));
      assert.doesNotMatch(html, /\sstyle=/, "inline style");
      assert.doesNotMatch(html, /\son[a-z]+=/, "inline handler");
      assert.doesNotMatch(html, /<script(?! type="module" src="\/)/);
      assert.doesNotMatch(html, /<(img|link|iframe)[^>]+(src|href)="http/);
      assertUniqueIds(html);
    });
  }
});

Deno.test("what a client can send comes out as text (issue 4)", async (t) => {
  const error = { urls, status: 400, error: "x", description: "y" };
  const attacked: Readonly<Record<string, string>> = {
    clientName: consentWith({ clientName: attack }),
    clientId: consentWith({ clientId: attack }),
    clientUri: consentWith({ clientUri: attack }),
    logoUri: consentWith({ logoUri: `https://x.example/${attack}` }),
    redirectUri: consentWith({ redirectUri: attack }),
    redirectHost: consentWith({ redirectHost: attack }),
    scope: consentWith({ scopes: [attack] }),
    resource: consentWith({ resource: attack }),
    formAction: consentWith({ formAction: attack }),
    problem: consentWith({ problem: attack }),
    email: consentWith({ email: attack }),
    error: renderPage(ErrorPage({ ...error, error: attack })),
    description: renderPage(ErrorPage({ ...error, description: attack })),
    parameter: renderPage(ErrorPage({ ...error, parameter: attack })),
    received: renderPage(ErrorPage({ ...error, received: attack })),
    expected: renderPage(ErrorPage({ ...error, expected: attack })),
  };
  for (const [name, html] of Object.entries(attacked)) {
    await t.step(name, () => {
      assert.ok(html.includes("&lt;script>"), "the attack is shown");
      assert.ok(!html.includes("<script>"), "no script element");
      assert.ok(!html.includes("<img src=x"), "no element of the attack");
    });
  }
});

Deno.test("consent page links and loads only addresses that are safe (RFC 7591 5)", () => {
  const html = consentWith({
    clientUri: "javascript:alert(1)",
    logoUri: "javascript:alert(1)",
  });
  assert.doesNotMatch(html, /(href|src)="javascript:/);
  assert.ok(!html.includes("<img"));
  const fine = consentWith({
    clientUri: "https://client.example/",
    logoUri: "https://client.example/logo.png",
  });
  assert.ok(fine.includes('href="https://client.example/"'));
  assert.match(
    fine,
    /<img src="https:\/\/client.example\/logo.png" alt [^>]*referrerpolicy="no-referrer"/,
  );
});

Deno.test("consent page has the seed's form fields and posts the original query (seed.txt)", () => {
  const html = consentWith({ expiresInSeconds: 60, email: "a@example.com" });
  const forms = html.match(/<form.*?<\/form>/gs) ?? [];
  assert.equal(forms.length, 3);
  for (const form of forms) {
    assert.match(
      form,
      /method="post" action="\/oauth\/authorize\?client_id=client-1&amp;state=s"/,
    );
  }
  assert.deepEqual(forms.map(fieldsOf), [
    ["expires_in=60", "action=auto"],
    ["email=a@example.com", "password", "expires_in=60", "action=login"],
    ["action=deny"],
  ]);
  assert.ok(!html.includes("<script"), "works with no script at all");
});

Deno.test("consent page says who asks, for what, and where the code goes (issue 2)", () => {
  const text = textOf(pages.consent ?? "");
  for (
    const phrase of [
      "Test Client wants access",
      "client-1",
      "client.example",
      "https://client.example/callback",
      "notes profile",
      urls.oauth,
      "A new e-mail address creates a user",
      "auto_approve=true",
    ]
  ) assert.ok(text.includes(phrase), phrase);
  assert.ok(consentWith({ scopes: [] }).includes("none asked for"));
  const { clientName: _name, ...nameless } = consent;
  const html = renderPage(ConsentPage(nameless));
  assert.ok(textOf(html).includes("client-1 wants access"));
});

Deno.test("consent page warns only of clients that are on this computer alone (RFC 8252 8.6)", () => {
  const warning = "This client runs on this computer.";
  assert.ok(consentWith({ loopbackOnly: true }).includes(warning));
  assert.ok(!consentWith({ loopbackOnly: false }).includes(warning));
});

Deno.test("consent page shows a problem in place and ties it to the fields (WCAG 3.3.1)", () => {
  const html = consentWith({ problem: "Invalid password" });
  assert.match(html, /id="problem" role="alert">Invalid password</);
  assert.equal(html.match(/aria-describedby="problem"/g)?.length, 2);
  assert.ok(!(pages.consent ?? "").includes('id="problem"'));
});

Deno.test("error page says what was wrong, what was sent and what was expected (issue 4)", () => {
  const text = textOf(renderPage(ErrorPage({
    urls,
    status: 400,
    error: "invalid_request",
    description: "The redirect URI is not registered.",
    parameter: "redirect_uri",
    received: "https://evil.example/",
    expected: "https://client.example/callback",
    reference: {
      label: "RFC 6749 3.1.2.4",
      url: "https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2.4",
    },
  })));
  for (
    const phrase of [
      "400 · invalid_request",
      "The redirect URI is not registered.",
      "parameter redirect_uri",
      "received https://evil.example/",
      "expected https://client.example/callback",
      "reference RFC 6749 3.1.2.4",
    ]
  ) assert.ok(text.includes(phrase), phrase);
});

Deno.test("home page has the endpoints, four ways and every client's configuration (issue 2)", () => {
  const text = textOf(pages.home ?? "");
  for (
    const phrase of [
      `GET/POST ${urls.oauth}`,
      `GET/POST ${urls.bearer}`,
      `GET/POST ${urls.noAuth}`,
      "1.2.3",
      "auto_approve=true",
      "auto_approve_email",
      "auto_approve_password",
      "expires_in",
      ...buildClientConfigs([["mock", urls.oauth]]).map(({ client }) => client),
    ]
  ) assert.ok(text.includes(phrase), phrase);
});

Deno.test("client configurations are JSON with the endpoint's address (the clients' documentation)", () => {
  const [code, ...others] = buildClientConfigs([["mock", urls.oauth]]);
  assert.equal(
    code?.snippet,
    `claude mcp add --transport http mock ${urls.oauth}`,
  );
  assert.deepEqual(others.map(({ snippet }) => JSON.parse(snippet)), [
    {
      mcpServers: {
        mock: { command: "npx", args: ["-y", "mcp-remote", urls.oauth] },
      },
    },
    { mcpServers: { mock: { url: urls.oauth } } },
    { servers: { mock: { type: "http", url: urls.oauth } } },
    { mcpServers: { mock: { type: "http", url: urls.oauth } } },
  ]);
  const foreign = buildClientConfigs([["mock", "http://mock:8789/oauth"]])[1]?.snippet;
  assert.ok(foreign?.includes('"--allow-http"'));
});

Deno.test("guide shows every step in a shell and disables what needs a script (issue 4)", () => {
  const html = pages.guide ?? "";
  const text = textOf(html);
  assert.ok(text.includes("JavaScript is off"));
  for (const number of [1, 2, 3, 4, 5]) {
    assert.ok(text.includes(`step ${number} in a shell`));
  }
  assert.ok(text.includes(`curl -s '${urls.register}'`));
  assert.ok(text.includes("code_verifier=$VERIFIER"));
  for (const form of html.match(/<form.*?<\/form>/gs) ?? []) {
    assert.match(form, /^<form class="live" data-action="\w+"[^>]*><fieldset disabled>/);
  }
  for (const name of ["required", "auto_approve", "expires_in"]) {
    assert.ok(html.includes(name));
  }
});

Deno.test("every field has a label (WCAG 3.3.2)", async (t) => {
  for (const [name, html] of Object.entries(pages)) {
    await t.step(name, () => {
      for (const [, id] of html.matchAll(/<input id="([^"]+)"/g)) {
        assert.ok(html.includes(`<label for="${id}">`), id);
      }
      assert.doesNotMatch(html, /<input(?! id=)/);
    });
  }
});

function bodyOf(name: string): string {
  return everyAsset().find(({ fileName }) => fileName === name)?.body ?? assert.fail(name);
}

Deno.test("assets stand beside each other and reach no other host (CSP 'self')", () => {
  const names = new Set<string>(everyAsset().map(({ fileName }) => fileName));
  assert.ok(names.has(pathOf(urls.style).replace("/assets/", "")));
  assert.ok(names.has(pathOf(urls.favicon).slice(1)));
  assert.ok(names.has("guide/guide.js"));
  assert.equal(assetPath(urls, "guide/guide.js"), pathOf(urls.guideScript));
  for (const { body, fileName, contentType } of everyAsset()) {
    assert.ok(body.length > 80, fileName);
    assert.match(contentType, /^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/);
    for (const [, imported = ""] of body.matchAll(/from "(\.{1,2}\/[^"]+)"/g)) {
      const { pathname } = new URL(imported, `http://localhost/${fileName}`);
      assert.ok(names.has(pathname.slice(1)), `${fileName} imports ${imported}`);
    }
    assert.doesNotMatch(body, /\/\*|\burl\(|innerHTML/, fileName);
    assert.doesNotMatch(body.replace("http://www.w3.org/2000/svg", ""), /https?:\/\//);
  }
});

Deno.test("challengeOf hashes a verifier (RFC 7636 appendix B)", async () => {
  assert.equal(
    await challengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  );
  assert.match(randomText(32), /^[A-Za-z0-9_-]{43}$/);
});

Deno.test("metadataUrl puts the well-known path before the issuer's own (RFC 8414 3.1)", () => {
  assert.equal(metadataUrl(origin), urls.authorizationServer);
  assert.equal(
    metadataUrl(`${origin}/s/x`),
    buildUrls({ origin, prefix: "/s/x" }).authorizationServer,
  );
});

Deno.test("resourceMetadataUrl reads a challenge (RFC 9728 5.1)", () => {
  const url = urls.oauthProtectedResource;
  assert.equal(
    resourceMetadataUrl(`Bearer error="invalid_token", resource_metadata="${url}"`),
    url,
  );
  assert.equal(resourceMetadataUrl("Bearer"), undefined);
  assert.equal(resourceMetadataUrl(undefined), undefined);
});

Deno.test("checkReturn refuses a foreign state, a foreign iss and an error (RFC 9207 2.4)", () => {
  const expected = { state: "s", issuer: origin };
  const oks = (query: string): readonly boolean[] =>
    checkReturn(new URLSearchParams(query), expected).map(({ ok }) => ok);
  const iss = encodeURIComponent(origin);
  assert.deepEqual(oks(`code=c&state=s&iss=${iss}`), [true, true, true]);
  assert.deepEqual(oks(`code=c&state=t&iss=${iss}`), [false, true, true]);
  assert.deepEqual(oks("code=c&state=s"), [true, false, true]);
  assert.deepEqual(oks(`error=access_denied&state=s&iss=${iss}`), [true, true, false]);
});

Deno.test("authorizationUrl leaves empty fields out (RFC 6749 4.1.1)", () => {
  assert.equal(
    authorizationUrl(urls.authorize, { state: "a b", expires_in: "" }),
    `${urls.authorize}?state=a+b`,
  );
});

Deno.test("decodeJwt reads a token and says when it never expires (RFC 7519 3)", () => {
  const decoded = decodeJwt(
    "eyJhbGciOiJFZERTQSJ9.eyJuYW1lIjoiSsO8cmdlbiIsImlhdCI6MH0.c2ln",
  );
  assert.deepEqual(decoded, {
    header: { alg: "EdDSA" },
    payload: { name: "Jürgen", iat: 0 },
  });
  assert.deepEqual(claimRows(decoded.payload).map(([name, value]) => [name, value]), [
    ["name", "Jürgen"],
    ["iat", "0 (1970-01-01T00:00:00.000Z)"],
    ["exp", "(absent)"],
  ]);
  assert.equal(decodeJwt("opaque"), undefined);
  assert.equal(decodeJwt("a.%.c"), undefined);
});

Deno.test("rpcResponse reads JSON and event streams (MCP 2025-06-18 transports)", () => {
  const message = { jsonrpc: "2.0", id: 2, result: { tools: [] } };
  const json = JSON.stringify(message);
  assert.deepEqual(rpcResponse(response("application/json", json), 2), message);
  const stream = `id: 1\ndata: \n\nevent: message\ndata: ${json}\n\n`;
  assert.deepEqual(rpcResponse(response("text/event-stream", stream), 2), message);
  assert.deepEqual(rpcResponse(response("text/event-stream", stream), 3), {});
  assert.deepEqual(rpcResponse(response("application/json", "<html>"), 2), {});
});

Deno.test("toCurl quotes for a shell (POSIX 2.2.2)", () => {
  assert.equal(
    toCurl({ method: "POST", url: "http://x/", headers: { a: "b" }, body: "it's" }),
    `curl -i 'http://x/' \\\n  -H 'a: b' \\\n  -d 'it'\\''s'`,
  );
  assert.equal(
    toCurl({ method: "DELETE", url: "http://x/", headers: {} }),
    "curl -i 'http://x/' \\\n  -X DELETE",
  );
});

Deno.test("scripts mean the same after their comments and spaces are dropped", async () => {
  const served = await import(`data:text/javascript,${encodeURIComponent(bodyOf("shared/http_text.js"))}`);
  const request = {
    method: "POST",
    url: "http://x/?a=1&b=2",
    headers: { "content-type": "text/event-stream" },
    body: 'id: 1\ndata: {"a": "it\'s"}',
  };
  assert.equal(served.toCurl(request), toCurl(request));
  assert.equal(served.requestText(request), requestText(request));
  for (const { body, contentType, fileName } of everyAsset()) {
    if (contentType.startsWith("text/javascript")) assert.doesNotMatch(body, /`[^`]*\$\{[^}`]*`/, fileName);
  }
});

function consentWith(change: Partial<ConsentProps>): string {
  return renderPage(ConsentPage({ ...consent, ...change }));
}

function response(
  type: string,
  body: string,
): { status: number; headers: Record<string, string>; body: string } {
  return { status: 200, headers: { "content-type": type }, body };
}

/** What a reader sees: elements become spaces, entities characters. */
function textOf(html: string): string {
  return html
    .replaceAll(/<button[^>]*class="copy".*?<\/button>/gs, " ")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&lt;", "<").replaceAll("&quot;", '"').replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");
}

/** The named controls of a form, with their values. */
function fieldsOf(form: string): readonly string[] {
  return [...form.matchAll(/<(?:input|button)[^>]*>/g)].map(([control]) => {
    const name = / name="([^"]*)"/.exec(control)?.[1] ?? "";
    const value = / value="([^"]*)"/.exec(control)?.[1];
    return value === undefined ? name : `${name}=${value}`;
  });
}

function assertUniqueIds(html: string): void {
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length, "ids are unique");
}

Deno.test("in a shell, too, the guide names the resource wherever a client has to (RFC 8707 2, C13, C14)", () => {
  const [, , authorization, exchange] = buildShellSteps(urls);
  for (const step of [authorization, exchange]) assert.ok(step.includes(`resource=${urls.oauth}`), step);
});
