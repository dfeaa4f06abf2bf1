/** The control page in process: who sees what, what it says is in force, and that every command on it works. */
import assert from "node:assert/strict";
import { createApp } from "../../main.ts";
import { json, origin, type TestApp, testApp } from "../helpers.ts";
import { beginSession } from "../mcp/helpers.ts";
import { plain } from "../scenarios/scenario_samples.ts";

const html = { accept: "text/html" };

Deno.test("GET /control is a page for a browser, and the index in JSON for everyone else (issue 16)", async () => {
  await using test = await testApp({ scenarios: [plain] });
  for (const prefix of ["", "/s/plain-sample~a1"]) {
    const page = await test.get(`${prefix}/control`, html);
    assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
    assert.ok((await page.text()).includes(`data-url="${origin}${prefix}/control"`));
    for (const accept of ["*/*", "application/json"]) {
      const { links } = await json(await test.get(`${prefix}/control`, { accept }));
      assert.ok(Array.isArray(links), accept);
    }
  }
});

Deno.test("the control page shows what is in force, and how to take it away again (issue 16)", async () => {
  await using test = await testApp({ scenarios: [plain] });
  const prefix = "/s/plain-sample~a1";
  const send = async (method: string, path: string, body: unknown): Promise<void> => {
    const headers = { "content-type": "application/json" };
    const url = `${origin}${prefix}/control${path}`;
    const response = await test.fetch(url, { method, headers, body: JSON.stringify(body) });
    assert.equal(response.status, 200, await response.text());
  };
  await send("POST", "/faults", "token:503*2");
  await send("POST", "/clock", { advance_seconds: 60 });
  await send("PATCH", "/plan", { policy: { require_state: true } });
  await send("POST", "/users", { email: "ada@example.com", password: "x", name: "Ada" });
  await send("POST", "/clients", { client_id: "my-app", redirect_uris: ["http://127.0.0.1/"] });
  await send("POST", "/tokens", { scope: "mcp:read" });
  await beginSession((_, init) => test.fetch(`${origin}${prefix}/no-auth`, init));
  const state = stateIn(await pageOf(test, prefix));
  for (
    const phrase of [
      "plays plain-sample",
      "moved by 60 s",
      "token:503*2 (times: 2; met 0 times)",
      "refresh-refused",
      "there from the start",
      "policy.require_state = true",
      "Ada ada@example.com",
      "my-app",
      " of control",
      "… of raw in 2025-11-25",
    ]
  ) assert.ok(state.text.includes(phrase), `${phrase} in ${state.text}`);
  assert.deepEqual([...state.html.matchAll(/data-kind="([^"]+)"/g)].map(([, kind]) => kind), [
    "reset-clock",
    "remove-fault",
    "remove-override",
    "remove-user",
    "remove-client",
    "revoke",
    "end-session",
  ]);
});

Deno.test("every command on the control page does in a fresh sandbox what its button would (issue 16)", async (t) => {
  await using test = await testApp();
  const commands = [...(await pageOf(test)).matchAll(/<code>(curl -i .*?)<\/code>/gs)].map(([, text = ""]) => text);
  assert.equal(commands.length, 15);
  for (const [index, command] of commands.entries()) {
    const { url, method, body } = readCommand(command);
    await t.step(`${method} ${url.slice(origin.length)} ${body ?? ""}`, async () => {
      const fresh = `${origin}/s/standard~fresh-${index}${url.slice(origin.length)}`;
      const response = await test.fetch(fresh, {
        method,
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body }),
      });
      // The one command that needs something which only its reader has.
      const expected = body?.includes("TOKEN") ? 400 : 200;
      assert.equal(response.status, expected, await response.text());
    });
  }
});

Deno.test("the control page of a server that cannot be controlled says so, and takes a token where one helps (issue 16)", async (t) => {
  await t.step("a control token", async () => {
    await using test = await testApp({ control: { token: "secret" } });
    const page = await pageOf(test);
    assert.match(page, /The control token is missing or wrong/);
    assert.match(page, /id="token-form"/);
    assert.doesNotMatch(page, /data-kind=/);
    assert.doesNotMatch(await pageOf(test, "", { authorization: "Bearer wrong" }), /data-kind=/);
    const allowed = await pageOf(test, "", { authorization: "Bearer secret" });
    assert.match(allowed, /data-kind="fault"/);
    assert.match(allowed, /-H &quot;authorization: Bearer \$CONTROL_TOKEN&quot;/);
    assert.ok(!allowed.includes("Bearer secret"), "the token itself is nowhere");
    assert.match(await pageOf(test, "/s/standard~a-label-that-nobody-guesses"), /data-kind="fault"/);
  });
  await t.step("none", async () => {
    using kv = await Deno.openKv(":memory:");
    const app = createApp({ kv });
    const page = await (await app(new Request(`${origin}/control`, { headers: html }))).text();
    assert.match(page, /The sandbox main cannot be controlled from outside/);
    assert.doesNotMatch(page, /data-kind=|id="token-form"/);
  });
});

Deno.test("the control page shows what clients and people are called as text (issue 4)", async () => {
  const attack = `"><script>alert('x')</script><img src=x onerror=alert(1)>&`;
  await using test = await testApp();
  const answers = await Promise.all([
    test.postJson("/control/clients", { client_name: attack, redirect_uris: ["http://127.0.0.1/"] }),
    test.postJson("/control/users", { email: "ada@example.com", password: "x", name: attack }),
    test.postJson("/control/faults", { name: "<img src=x>", match: { endpoint: "token" }, answer: { status: 503 } }),
  ]);
  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200]);
  const page = await pageOf(test);
  assert.match(page, /&lt;script>/);
  assert.doesNotMatch(page, /<script(?! type="module" src="\/)|<img/);
});

async function pageOf({ get }: TestApp, prefix = "", headers: Record<string, string> = {}): Promise<string> {
  const response = await get(`${prefix}/control`, { ...html, ...headers });
  assert.equal(response.status, 200);
  return await response.text();
}

/** The part of the page that says what is in force, and its words. */
function stateIn(page: string): { readonly html: string; readonly text: string } {
  const [state = ""] = /<section id="state".*?<\/section>/s.exec(page) ?? [];
  const text = state.replaceAll(/<[^>]+>/g, " ").replaceAll("&quot;", '"').replaceAll(/\s+/g, " ");
  return { html: state, text };
}

/** What a shell would make of a command of ours. */
function readCommand(html: string): { readonly url: string; readonly method: string; readonly body?: string } {
  const text = html.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&");
  const [, url = ""] = /^curl -i '([^']+)'/.exec(text) ?? [];
  const body = / -d '(.*)'$/s.exec(text)?.[1]?.replaceAll("'\\''", "'");
  const method = / -X (\w+)/.exec(text)?.[1] ?? (body === undefined ? "GET" : "POST");
  return { url, method, ...(body === undefined ? {} : { body }) };
}
