/** A request whose URL cannot be parsed, or is not of HTTP, is refused before anything looks at it. */
import assert from "node:assert/strict";
import { createDrain } from "../../lib/cli/drain.ts";
import { assertOAuthError, type TestApp, testApp } from "../helpers.ts";

/** URLs as `Deno.serve` makes them of a Host and a target, none of which is usable; `tests/host/listener_test.ts` sends some. */
const unusable = [
  ...[
    "[",
    "[::1",
    "a b",
    "127.0.0.1:99999",
    "127.0.0.1:abc",
    "@",
    "%00",
    "xn--",
    "a<b>.localhost",
    "^.localhost",
    "#",
    "::1",
    `${"a".repeat(254)}.localhost`,
  ]
    .map((host) => `http://${host}/health`),
  "https://a:99999/health",
  "http://user:password@localhost/health?token=secret",
  "ftp://localhost/health",
  "",
  "*",
];

/** Asks with a URL that `new Request` itself would refuse. */
function ask({ app }: TestApp, url: string, headers: Record<string, string> = {}): Promise<Response> {
  const request = new Request("http://localhost/health", { headers });
  Object.defineProperty(request, "url", { value: url });
  return app(request);
}

for (const isPublic of [false, true]) {
  const mode = isPublic ? " with --public" : "";
  Deno.test(`A Host or target that makes no URL of HTTP is refused with 400${mode} (RFC 9112 3.2)`, async () => {
    const reported: unknown[] = [];
    await using test = await testApp({ public: isPublic, log: (event) => void reported.push(event) });
    for (const url of unusable) {
      const response = await ask(test, url);
      const description = await assertOAuthError(response, 400, "invalid_request");
      assert.match(description, /; received '.*'; expected a host name .* \(RFC 9112 3\.2\)$/, url);
      assert.doesNotMatch(description, /password|secret/, url);
    }
    for (const host of ["localhost/x", "localhost?x", "localhost#x", "localhost\\x", "/", "\\"]) {
      const response = await ask(test, `http://${host}/health`, { host });
      assert.match(await assertOAuthError(response, 400, "invalid_request"), / \(RFC 9112 3\.2\)$/, host);
    }
    const page = await ask(test, "http://[/health", { accept: "text/html" });
    assert.equal(page.status, 400);
    assert.match(await page.text(), /<h1>.*The Host header and the target of the request make no valid URL/s);
    assert.deepEqual(reported, []);
  });
}

Deno.test("createDrain() no longer waits for a request whose handler fails", async () => {
  const drain = createDrain(() => Promise.reject(new Error("broken")), () => Promise.resolve());
  await assert.rejects(drain.enter(new Request("http://localhost/")), /broken/);
  await drain.close();
});
