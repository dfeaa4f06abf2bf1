/** The pages through the real routes, in process: their headers, their weight, and what clients write into them. */
import assert from "node:assert/strict";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { authorizeQuery, origin, redirectOf, register, type TestApp, testApp } from "../helpers.ts";
import { rich } from "../scenarios/scenario_samples.ts";

const html = { accept: "text/html" };

/** Asks for a page; the client is registered with the metadata given. */
type Way = (test: TestApp, metadata?: Record<string, unknown>) => Promise<Response>;

/** Every page, and the status it has. */
const pages: Readonly<Record<string, readonly [status: number, ask: Way]>> = {
  "home": [200, ({ get }) => get("/", html)],
  "guide": [200, ({ get }) => get("/guide", html)],
  "guide of a sandbox": [200, ({ get }) => get("/s/standard~a1/guide", html)],
  "inspector": [200, ({ get }) => get("/inspect", html)],
  "control": [200, ({ get }) => get("/control", html)],
  "scenarios": [200, ({ get }) => get("/scenarios", html)],
  "specifications": [200, ({ get }) => get("/specifications", html)],
  "consent": [200, async (test, metadata) => test.get(authorizeQuery((await register(test, metadata)).clientId), html)],
  "consent with a problem": [400, async (test, metadata) => {
    const path = authorizeQuery((await register(test, metadata)).clientId, {
      scope: "a b",
      resource: "https://x.example/",
    });
    return test.postForm(path, { action: "login", email: "ada@example.com" }, html);
  }],
  "error": [400, ({ get }) => get("/oauth/authorize?client_id=nobody", html)],
  "sign out": [200, ({ get }) => get("/oauth/logout", html)],
  "signed out": [200, ({ postForm }) => postForm("/oauth/logout", { action: "sign_out" }, html)],
  "not found": [404, ({ get }) => get("/nowhere", html)],
};

const attack = `"><script>alert('x')</script><img src=x onerror=alert(1)>&`;

Deno.test("every page carries the security headers (issue 4)", async (t) => {
  for (const [name, [status, ask]] of Object.entries(pages)) {
    await t.step(name, async () => {
      await using test = await testApp();
      const { headers, status: answered } = await ask(test);
      assert.equal(answered, status);
      assert.equal(headers.get("content-type"), "text/html; charset=utf-8");
      // A form there is taken from this server's own page alone, which a browser must name.
      assert.equal(headers.get("referrer-policy"), name === "scenarios" ? "same-origin" : "no-referrer");
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("x-frame-options"), "DENY");
      assert.equal(headers.get("cache-control"), "no-store");
      const policy = headers.get("content-security-policy")?.split("; ") ?? [];
      assert.deepEqual(policy.toSorted(), [
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "frame-ancestors 'none'",
        "img-src 'self' data: https:",
        "script-src 'self'",
        "style-src 'self'",
      ]);
    });
  }
});

Deno.test("every page of a sandbox leads back to the server's root, and no page of the root does (issue 16)", async (t) => {
  const sandboxPages = [
    "/",
    "/guide",
    "/scenarios",
    "/specifications",
    "/inspect",
    "/control",
    "/nowhere",
    "/oauth/device/verify",
    "/oauth/logout",
  ];
  for (const path of sandboxPages) {
    await t.step(path, async () => {
      await using test = await testApp({ scenarios: [rich] });
      const wayOut = async (url: string): Promise<string | undefined> =>
        /<a href="([^"]+)">← back to main<\/a>/.exec(await (await test.fetch(url, { headers: html })).text())?.[1];
      assert.equal(await wayOut(`${origin}${path}`), undefined);
      assert.equal(await wayOut(`${origin}/s/rich-sample~a1${path}`), "/");
      assert.equal(await wayOut(`http://rich-sample--a1.localhost:8789${path}`), "http://localhost:8789/");
    });
  }
});

Deno.test("the navigation says which page one is on (issue 16, WAI-ARIA 1.2 aria-current)", async (t) => {
  await using test = await testApp();
  for (const page of ["guide", "scenarios", "inspect", "control"]) {
    await t.step(page, async () => {
      const text = await (await test.get(`/${page}`, html)).text();
      assert.deepEqual([...text.matchAll(/<a href="([^"]+)" aria-current="page">/g)].map(([, href]) => href), [
        `/${page}`,
      ]);
    });
  }
  assert.doesNotMatch(await (await test.get("/", html)).text(), /aria-current/);
});

Deno.test("the home page begins with the URL to paste, counts what there is, and describes itself to link previews (issue 16)", async () => {
  await using test = await testApp();
  const page = await (await test.get("/", html)).text();
  const [first = ""] = /<main.*?<p class="actions">/s.exec(page) ?? [];
  assert.ok(first.includes(`<code>${origin}/oauth</code>`));
  assert.match(first, /waiting for your client/);
  assert.ok(page.includes(`${catalogue.length} scenarios`), "all of the catalogue");
  assert.ok(page.includes(`${rules.length} rules`), "all of the rules");
  assert.ok(page.includes(`href="/control/report"`));
  assert.match(page, /<meta name="description" property="og:description" content="A mock OAuth 2\.1 /);
  assert.match(page, /<meta property="og:title" content="server information · iterate \| mock oauth server"\/>/);
});

Deno.test("the home page of a sandbox is titled with what it plays (issue 16)", async () => {
  await using test = await testApp({ scenarios: [rich] });
  const page = await (await test.get("/s/rich-sample~a1/", html)).text();
  assert.match(page, /<title>rich-sample · /);
  assert.match(page, /<h1>rich-sample<\/h1>/);
});

Deno.test("the home page offers to watch nothing where its visitor may not, or nothing is recorded (issue 16)", async (t) => {
  for (const options of [{ control: { token: "secret" } }, { record: false }]) {
    await t.step(Object.keys(options).join(), async () => {
      await using test = await testApp(options);
      assert.doesNotMatch(await (await test.get("/", html)).text(), /waiting for your client|home\.js/);
    });
  }
});

Deno.test("a page, its style, icon and scripts weigh less than 72 kB together, and less than 40 kB as browsers get them (issue 4)", async (t) => {
  for (const [name, [, ask]] of Object.entries(pages)) {
    await t.step(name, async () => {
      await using test = await testApp();
      const seen = new Map<string, number>();
      await weigh(test, "/page", await ask(test), seen);
      assert.ok(seen.size > 2, `${[...seen.keys()]}`);
      // What makes this page long are the scenarios, and they have a limit of their own.
      if (name === "scenarios") seen.set("/page", 0);
      assertLighter(seen, 72_000);
      for (const path of seen.keys()) if (path !== "/page") seen.set(path, await sentBytes(test, path));
      assertLighter(seen, 40_000);
    });
  }
});

Deno.test("files of pages are served with their type, and nothing else is guessed from them (issue 4)", async (t) => {
  await using test = await testApp();
  const seen = new Map<string, number>();
  await weigh(test, "/page", await test.get("/guide", html), seen);
  for (const path of [...seen.keys()].filter((path) => path !== "/page")) {
    await t.step(path, async () => {
      const { headers, status } = await test.get(path);
      assert.equal(status, 200);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.match(headers.get("content-type") ?? "", /^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/);
      assert.match(headers.get("cache-control") ?? "", /^public, max-age=\d+$/);
    });
  }
});

Deno.test("what a client registers comes out of the consent page as text (issue 4)", async (t) => {
  const redirectUri = "https://client.example/cb?x='onerror='alert(1)&y=%3Cscript%3E";
  const metadata = { client_name: attack, client_uri: `https://x.example/${attack}`, redirect_uris: [redirectUri] };
  await using test = await testApp();
  const { clientId } = await register(test, metadata);
  const ask = (more: Record<string, string>): Promise<Response> =>
    test.get(authorizeQuery(clientId, { redirect_uri: redirectUri, ...more }), html);
  const attacks: Readonly<Record<string, Record<string, string>>> = {
    client_name: {},
    state: { state: attack },
    scope: { scope: `<script>alert(1)</script> 'onload='alert(1)` },
    resource: { resource: `https://x.example/${attack}` },
    redirect_uri: { redirect_uri: `https://evil.example/${attack}` },
    client_id: { client_id: attack },
    "a parameter sent twice": { "<script>": attack },
  };
  for (const [name, more] of Object.entries(attacks)) {
    await t.step(name, async () => void await assertText(await ask(more)));
  }
});

Deno.test("what is written into the consent page's form comes out as text (issue 4)", async (t) => {
  await using test = await testApp();
  const path = authorizeQuery((await register(test)).clientId);
  await t.step("e-mail", async () => {
    const page = await assertText(await test.postForm(path, { action: "login", email: attack }, html));
    assert.ok(page.includes('value="&quot;>&lt;script>'), "the e-mail stands in its field");
  });
  await t.step("action", async () => void await assertText(await test.postForm(path, { action: attack }, html)));
  await t.step("expires_in goes back to the client, encoded", async () => {
    const response = await test.postForm(path, { action: "auto", expires_in: attack }, html);
    assert.doesNotMatch(redirectOf(response).href, /[<>"]/);
  });
});

Deno.test("what stands in an address comes out as text (issue 4)", async (t) => {
  await using test = await testApp();
  const query = new URLSearchParams({ error: attack, error_description: attack, state: attack, code: attack });
  await t.step("error on the guide", async () => {
    const page = await (await test.get(`/guide?${query}`, html)).text();
    assert.ok(!page.includes("alert("), "the server puts nothing of the query into the page");
  });
  await t.step("a path", async () => void await assertText(await test.get(`/${encodeURIComponent(attack)}`, html)));
});

/** Insists that a page has no element that is not its own; gives the page. */
async function assertText(response: Response): Promise<string> {
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  const page = await response.text();
  assert.match(page, /&lt;script>|%3Cscript%3E/, "the attack is shown");
  assert.doesNotMatch(page, /<script(?! type="module" src="\/assets\/)/, "no script element");
  assert.doesNotMatch(page, /<img/, "no image");
  assert.doesNotMatch(page, /<[^>"]*(?:"[^"]*"[^>"]*)*\son\w+=/, "no handler");
  return page;
}

function assertLighter(seen: ReadonlyMap<string, number>, most: number): void {
  const total = [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);
  assert.ok(total < most, `${total} bytes: ${JSON.stringify(Object.fromEntries(seen))}`);
}

/** What a browser gets of a file, in bytes. */
async function sentBytes(test: TestApp, path: string): Promise<number> {
  const response = await test.get(path, { "accept-encoding": "gzip, deflate, br, zstd" });
  return (await response.arrayBuffer()).byteLength;
}

/** Adds what a response and everything it loads weigh, in bytes, by path. */
async function weigh(test: TestApp, path: string, response: Response, seen: Map<string, number>): Promise<void> {
  const body = await response.text();
  seen.set(path, new TextEncoder().encode(body).length);
  const loaded = [
    ...[...body.matchAll(/<(?:script|link)[^>]* (?:src|href)="(\/[^"]+)"/g)].map(([, url = ""]) => url),
    ...[...body.matchAll(/from ?"(\.{1,2}\/[^"]+)"/g)].map(([, name = ""]) => new URL(name, origin + path).pathname),
  ];
  for (const next of loaded) if (!seen.has(next)) await weigh(test, next, await test.get(next), seen);
}
