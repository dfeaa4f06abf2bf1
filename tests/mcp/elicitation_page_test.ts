/** The page that a tool has a person open: what it asks, who may answer, and who is told (MCP elicitation, URL mode). */
import assert from "node:assert/strict";
import { origin, testApp } from "../helpers.ts";
import { messagesOf, rpc } from "./helpers.ts";

const catalogue = {
  tools: [{
    name: "pay",
    inputSchema: { type: "object" as const },
    answer: {
      url_required: true as const,
      inputRequests: {
        pay: { method: "elicitation/create" as const, params: { mode: "url", message: "Pay <b>ten</b> euros" } },
      },
      content: [{ type: "text" as const, text: "Paid" }],
    },
  }],
};

type App = Awaited<ReturnType<typeof testApp>>;

/** Sends a message in a session. */
async function send(test: App, message: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return await test.fetch("/no-auth", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify(message),
  });
}

async function begin(test: App, userAgent: string): Promise<Readonly<Record<string, string>>> {
  const clientInfo = { name: "raw", version: "1" };
  const params = { protocolVersion: "2025-11-25", capabilities: { elicitation: { url: {} } }, clientInfo };
  const begun = await send(test, rpc("initialize", params), { "user-agent": userAgent });
  await begun.text();
  return { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "", "user-agent": userAgent };
}

/** Calls the tool: the URL that is required first, or the text of the result. */
async function pay(test: App, headers: Readonly<Record<string, string>>, id: number): Promise<string> {
  const [message] = (await messagesOf(await send(test, rpc("tools/call", { name: "pay" }, id), headers))).slice(-1);
  const { result, error } = Object(message);
  return result ? result.content[0].text : error.data.elicitations[0].url;
}

Deno.test("a call is refused with -32042 until its own person has answered on the page (MCP elicitation)", async () => {
  await using test = await testApp({ catalogue });
  const [one, other] = [await begin(test, "one/1"), await begin(test, "other/1")];
  const url = await pay(test, one, 2);
  assert.match(url, new RegExp(`^${origin}/elicitation/[\\w-]{22}$`));
  assert.equal(await pay(test, one, 3), url);
  assert.notEqual(await pay(test, other, 2), url);
  const page = await test.get(url);
  assert.equal(page.headers.get("cache-control"), "no-store");
  assert.match(await page.text(), /Pay &lt;b>ten&lt;\/b> euros/);
  assert.equal(await pay(test, one, 4), url);
  assert.match(await (await test.postForm(url, { action: "accept" })).text(), /<h1>done<\/h1>/);
  assert.equal(await pay(test, one, 5), "Paid");
  assert.match(await pay(test, other, 6), /\/elicitation\//);
});

Deno.test("the session that asked is told once that its person has answered, and no other is (MCP elicitation)", async () => {
  await using test = await testApp({ catalogue });
  const [one, other] = [await begin(test, "one/1"), await begin(test, "other/1")];
  const url = await pay(test, one, 2);
  await pay(test, other, 2);
  const listen = (headers: Readonly<Record<string, string>>): Promise<Response> =>
    test.get("/no-auth", { ...headers, accept: "text/event-stream" });
  const [told, untold] = [await listen(one), await listen(other)];
  for (let times = 0; times < 2; times++) await (await test.postForm(url, { action: "accept" })).text();
  // The end of both streams shows that nothing else came.
  for (const headers of [one, other]) {
    await (await test.fetch("/no-auth", { method: "DELETE", headers })).text();
  }
  const heard = async (response: Response): Promise<readonly string[]> =>
    [...(await response.text()).matchAll(/"method":"([^"]+)","params":\{"elicitationId":"([^"]+)"/g)].map((
      [, method, id],
    ) => `${method} ${id}`);
  assert.deepEqual(await heard(told), [`notifications/elicitation/complete ${url.slice(url.lastIndexOf("/") + 1)}`]);
  assert.deepEqual(await heard(untold), []);
});

Deno.test("a page of another site can answer for nobody, and an unknown page answers 404 (MCP elicitation)", async () => {
  await using test = await testApp({ catalogue });
  const one = await begin(test, "one/1");
  const url = await pay(test, one, 2);
  const body = new URLSearchParams({ action: "accept" });
  for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "http://evil.example" }]) {
    const refused = await test.fetch(url, { method: "POST", headers, body });
    assert.equal(refused.status, 403);
    await refused.text();
  }
  assert.equal(await pay(test, one, 3), url);
  const unknown = await test.get("/elicitation/of-nobody", { accept: "text/html" });
  assert.equal(unknown.status, 404);
  assert.match(await unknown.text(), /nothing to do here/);
});
