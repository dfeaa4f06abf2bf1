/** The page that makes a scenario of a recording or of a server, in process: what is found, its address, and who may. */
import assert from "node:assert/strict";
import { z } from "zod";
import { createApp } from "../../main.ts";
import type { ProgramOptions } from "../../routes/options.ts";
import { entry, har } from "../archive/hars.ts";
import { keyGeneratorOf } from "../test_keys.ts";
import { json, origin, type TestApp, testApp, text } from "../helpers.ts";

const html = { accept: "text/html" };
const path = "/scenarios/make";
const found = z.object({
  name: z.string(),
  differences: z.array(z.unknown()),
  unseen: z.array(z.string()),
  problems: z.array(z.string()),
  definition: z.record(z.string(), z.unknown()),
});

/** An app that can ask one server, whichever host is asked for, and what it asked. */
async function making(options: Partial<ProgramOptions> = {}): Promise<TestApp & { readonly asked: readonly string[] }> {
  const there = createApp({ control: "open", generateKey: keyGeneratorOf({}) });
  const asked: string[] = [];
  const test = await testApp({
    loopbackOnly: true,
    fetch: (request, address) => {
      asked.push(`${request.url} at ${address}`);
      return there(request);
    },
    resolveDns: () => Promise.resolve(["93.184.215.14"]),
    sleep: (ms) => ms > 5000 ? new Promise(() => {}) : Promise.resolve(),
    ...options,
  });
  return { ...test, asked };
}

function post(
  test: TestApp,
  fields: Record<string, string | File>,
  headers: Record<string, string> = {},
  to = path,
): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  return test.fetch(to, { method: "POST", body, headers });
}

/** What a browser sends a form of this server's page with. */
const ownForm = {
  ...html,
  origin,
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};

const challenged = har([entry({
  method: "POST",
  status: 401,
  request: {
    headers: [{ name: "content-type", value: "application/json" }],
    postData: { mimeType: "application/json", text: '{"jsonrpc":"2.0","id":1,"method":"ping"}' },
  },
  response: { headers: [{ name: "www-authenticate", value: 'Bearer realm="<img src=x>"' }] },
})]);

Deno.test("a server on this machine becomes a scenario, page by page, without a script (issue 24)", async () => {
  await using test = await making();
  const first = await test.get("/scenarios", html);
  assert.equal(first.headers.get("referrer-policy"), "same-origin", "else the form's origin is null");
  const [form = ""] = /<form class="making".*?<\/form>/s.exec(await first.text()) ?? [];
  assert.match(form, /method="post" action="\/scenarios\/make" enctype="multipart\/form-data"/);
  for (const name of ["recording", "url"]) assert(form.includes(` name="${name}"`), name);
  const answer = await post(test, { recording: new File([], ""), url: "http://localhost:3000/oauth" }, ownForm);
  const page = await answer.text();
  assert.equal(answer.status, 200, page);
  assert.match(page, /All \d+ answers that were compared are alike/);
  assert.match(page, /what a registration is answered with/, "what was not seen");
  assert.match(page, /value="localhost-3000"/);
  const [, escaped = ""] = / name="definition" value="([^"]+)"/.exec(page) ?? [];
  const definition = escaped.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
  const made = await (await post(test, { definition, name: "their-server" }, ownForm)).text();
  const [, mcp = ""] = /<code>(http:\/\/localhost:8789\/s\/x-their-server-[0-9a-f]{8}\/oauth)<\/code>/.exec(made) ?? [];
  const refusal = await test.fetch(mcp, { method: "POST" });
  await refusal.body?.cancel();
  assert.equal(refusal.status, 401, made);
  assert(test.asked.length > 10 && test.asked.length <= 40);
  assert(test.asked.every((one) => /^http:\/\/localhost:3000\/.* at 127\.0\.0\.1$/.test(one)), test.asked.join("\n"));
});

Deno.test("a recording becomes a scenario, chosen as a file or pasted, and what it holds comes out as text", async (t) => {
  await using test = await making();
  for (const recording of [challenged, new File([challenged], "session.har")]) {
    await t.step(typeof recording, async () => {
      const page = await (await post(test, { recording }, ownForm)).text();
      assert.match(page, /value="mcp-example"/);
      assert.doesNotMatch(page, /<img src=x>/);
      assert.match(page, /The one answer that was compared is alike/);
    });
  }
  await t.step("as a form that is not multipart", async () => {
    const body = found.parse(await json(await test.postForm(path, { recording: challenged, name: "own-name" })));
    assert.equal(body.name, "own-name");
  });
  assert.deepEqual(test.asked, []);
});

Deno.test("of a recording of several servers one is chosen, each by a button, without a script", async () => {
  await using test = await making();
  const [other] = JSON.parse(challenged.replaceAll("mcp.example", "other.example")).log.entries;
  const recording = har([...JSON.parse(challenged).log.entries, other]);
  const page = await (await post(test, { recording }, ownForm)).text();
  const urls = [...page.matchAll(/<button type="submit" name="url" value="([^"]*)"/g)].map(([, url = ""]) => url);
  assert.deepEqual(urls.map((url) => new URL(url).host), ["mcp.example", "other.example"]);
  const [, sent = ""] = / name="recording" value="([^"]+)"/.exec(page) ?? [];
  const again = sent.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
  const chosen = await post(test, { recording: again, url: urls[1] ?? "" }, ownForm);
  assert.match(await chosen.text(), /value="other-example"/);
  assert.match(JSON.stringify(await json(await post(test, { recording }))), /There are 2 MCP servers in it/);
});

Deno.test("what cannot be read is refused by name", async (t) => {
  await using test = await making();
  const wrong: Readonly<Record<string, readonly [Record<string, string>, RegExp]>> = {
    "nothing": [{}, /nothing to make a scenario of/],
    "no archive": [{ recording: "{" }, /The recording cannot be read/],
    "no server": [{ recording: har([entry()]) }, /There is no MCP server in it/],
    "no URL": [{ url: "file:///etc/passwd" }, /an http or https URL/],
    "a password": [{ url: "http://ada:hunter22@localhost/mcp" }, /^(?!.*hunter22).*a user name or a password/],
    "no definition": [{ definition: "{" }, /The definition/],
    "no name": [{ definition: '{"name":"a","plan":{}}', name: "A b" }, /single hyphens/],
  };
  for (const [what, [fields, message]] of Object.entries(wrong)) {
    await t.step(what, async () => {
      const answer = await post(test, fields);
      assert.equal(answer.status, 400);
      assert.match(JSON.stringify(await json(answer)), message);
    });
  }
  await t.step("on the page, with the form to try again", async () => {
    const answer = await post(test, { url: "ftp://a/" }, ownForm);
    assert.equal(answer.status, 400);
    const page = await answer.text();
    assert.match(
      page,
      /<p role="alert">The URL is not/,
    );
    assert.match(page, /<input id="making-url"[^>]* value="ftp:\/\/a\/"/);
  });
  await t.step("no form", async () => assert.equal((await test.postJson(path, {})).status, 415));
  await t.step("a broken form", async () => {
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    assert.equal((await test.fetch(path, { method: "POST", body: "y", headers })).status, 400);
  });
  await t.step("too much", async () => {
    const headers = { "content-type": "multipart/form-data; boundary=x", "content-length": String(17 * 1024 ** 2) };
    assert.equal((await test.fetch(path, { method: "POST", body: "y", headers })).status, 413);
  });
  assert.deepEqual(test.asked, []);
  await t.step("no MCP server at the URL, which is then left alone", async () => {
    const answer = await post(test, { url: "http://localhost:3000/scenarios" });
    assert.match(text(await json(answer), "error_description"), /^There is no MCP server at http.*; received '405 /);
    assert.equal(test.asked.length, 2);
  });
});

Deno.test("other machines are asked with allowClone alone, and no private address ever (RFC 9700 4.11)", async (t) => {
  const elsewhere = "https://mcp.example.com/oauth";
  await t.step("by default", async () => {
    await using test = await making();
    for (
      const url of [
        elsewhere,
        "https://93.184.215.14/mcp",
        "http://169.254.169.254/latest",
        "http://localhost.evil.example/",
      ]
    ) {
      const answer = await post(test, { url });
      assert.equal(answer.status, 400, url);
      assert.match(JSON.stringify(await json(answer)), /not on this machine \(--allow-clone\)/);
    }
    assert.deepEqual(test.asked, []);
  });
  await t.step("what a server on this machine names elsewhere", async () => {
    const away = 'Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource"';
    const asked: string[] = [];
    await using test = await making({
      fetch: ({ url }) => {
        asked.push(new URL(url).host);
        return Promise.resolve(new Response("{}", { status: 401, headers: { "www-authenticate": away } }));
      },
    });
    const { problems } = found.parse(await json(await post(test, { url: "http://127.0.0.1:3000/mcp" })));
    assert(
      problems.some((one) => /^GET https:\/\/mcp\.example\.com\/.* not on this machine/.test(one)),
      problems.join(),
    );
    assert.deepEqual([...new Set(asked)], ["127.0.0.1:3000"]);
  });
  await t.step("allowed", async () => {
    await using test = await making({ allowClone: true });
    const { name, differences } = found.parse(await json(await post(test, { url: elsewhere })));
    assert.deepEqual([name, differences], ["mcp-example-com", []]);
    assert(test.asked.every((one) => one.endsWith(" at 93.184.215.14")));
  });
  for (const url of ["https://10.0.0.1/mcp", "https://private.example/mcp", "http://mcp.example.com/mcp"]) {
    await t.step(`allowed, but ${url}`, async () => {
      await using test = await making({ allowClone: true, resolveDns: () => Promise.resolve(["10.0.0.1"]) });
      assert.equal((await post(test, { url })).status, 400);
      assert.deepEqual(test.asked, []);
    });
  }
});

Deno.test("a page of another site, a stranger, and a label make nothing; a public server offers nothing (issue 24)", async (t) => {
  const fields = { url: "http://localhost:3000/oauth" };
  await t.step("another site", async () => {
    await using test = await making();
    const others = [
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      { "sec-fetch-site": "same-site", origin: "http://localhost:3000" },
      { origin: "http://localhost:3000" },
      { origin: "null" },
    ];
    for (const headers of others) {
      assert.equal((await post(test, fields, headers)).status, 403, JSON.stringify(headers));
    }
    const rebound = "http://evil.example:8789";
    const headers = { origin: rebound, "sec-fetch-site": "same-origin" };
    assert.equal((await post(test, fields, headers, rebound + path)).status, 403, "DNS rebinding");
    assert.deepEqual(test.asked, []);
  });
  const closed = { loopbackOnly: false, control: { token: "secret" } } as const;
  for (
    const [what, options, reason] of [
      ["a label that is a secret", closed, 401],
      ["a public server", { public: true }, 403],
    ] as const
  ) {
    await t.step(what, async () => {
      await using test = await making(options);
      for (const prefix of ["", "/s/standard~a-label-of-a-secret"]) {
        assert.equal((await post(test, fields, {}, prefix + path)).status, reason, prefix);
        assert.doesNotMatch(await (await test.get(`${prefix}/scenarios`, html)).text(), /class="making"/);
        const page = await (await test.get(prefix + path, html)).text();
        assert.match(page, /mock-oauth clone/);
        assert.doesNotMatch(page, /<form class="making"/);
      }
      assert.deepEqual(test.asked, []);
    });
  }
  await t.step("a token", async () => {
    await using test = await making(closed);
    const answer = await post(test, fields, { authorization: "Bearer secret" });
    assert.equal(text(await json(answer), "name"), "localhost-3000");
  });
});

Deno.test("a server that takes long is asked for 45 seconds", async () => {
  let nowMs = 0;
  const there = createApp({ control: "open", generateKey: keyGeneratorOf({}) });
  await using test = await making({
    monotonicMs: () => nowMs,
    fetch: (request) => {
      nowMs += 10_000;
      return there(request);
    },
  });
  const { problems } = found.parse(await json(await post(test, { url: "http://localhost:3000/oauth" })));
  assert.match(problems[0] ?? "", /not asked, as 45 seconds have passed/);
});
