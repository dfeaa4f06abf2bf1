/** Sessions, streams and their messages in the inspector, in a real browser, with scripts and without. */
import assert from "node:assert/strict";
import type { Locator } from "playwright-core";
import { browserTest } from "./browser.ts";

/** A stream of HTTP+SSE that a client has opened. */
interface OpenStream {
  /** Sends a message of a client to the URL that the stream has named. */
  readonly say: (message: object) => Promise<void>;
  readonly end: () => Promise<void>;
}

async function openStream(base: string): Promise<OpenStream> {
  const response = await fetch(`${base}/no-auth/sse`, { headers: { accept: "text/event-stream" } });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader?.read() ?? {};
  const [, path = ""] = /^data: (.*)$/m.exec(value) ?? [];
  return {
    say: async (message) => {
      const body = JSON.stringify({ jsonrpc: "2.0", ...message });
      const headers = { "content-type": "application/json" };
      const answer = await fetch(new URL(path, base), { method: "POST", headers, body });
      assert.equal(answer.status, 202);
      await answer.body?.cancel();
    },
    end: async () => void await reader?.cancel(),
  };
}

const initialize = {
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2024-11-05", capabilities: {}, clientInfo: { name: "lanes", version: "1" } },
};

async function eventsOn(line: Locator): Promise<readonly string[]> {
  return await line.locator(".events > li").allInnerTexts();
}

browserTest(
  "inspector shows the messages of a stream as they come, and ties them to the requests that they answer (issue 19)",
  async ({
    page,
    origin,
  }) => {
    const base = `${origin}/s/standard~a1`;
    const stream = await openStream(base);
    await page.goto(`${base}/inspect`);
    const [first, second] = [page.locator(".line").nth(0), page.locator(".line").nth(1)];
    await first.getByText("a stream, still open").waitFor();
    assert.match((await eventsOn(first)).join(), /^endpoint \/s\/standard~a1\/no-auth\/messages\?\S+ \+[\d.]+ m?s$/);

    await stream.say(initialize);
    await second.getByText("answered on another stream, line 1").waitFor();
    assert.match((await eventsOn(first))[1] ?? "", /^result 0, line \d+ \+/);
    for (const [line, name] of [[first, "in session 1"], [second, "in session 1; stream 1 open"]] as const) {
      assert.equal(await line.locator(".lanes").innerText(), name);
      assert.deepEqual(
        await line.locator(".lanes i").evaluateAll((bars) => bars.map((bar) => bar.className.split(" ")[0])),
        [
          "session",
          "stream",
        ],
      );
    }
    await first.getByRole("link", { name: /^line / }).click();
    assert.equal(new URL(page.url()).hash, `#${await second.getAttribute("id")}`);

    await stream.end();
    await first.getByText(/stream ended by the client after [\d.]+ m?s/).waitFor();
    assert.equal(
      await second.locator(".lanes .end").count(),
      2,
      "what is over ends at the last line that it was open on",
    );
  },
);

browserTest("inspector draws lanes beside the lines, also on a phone (issue 19)", async ({ page, origin }) => {
  const base = `${origin}/s/standard~a1`;
  const stream = await openStream(base);
  await stream.say(initialize);
  await page.goto(`${base}/inspect`);
  await page.locator(".line .lanes").nth(1).waitFor({ state: "attached" });
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 844 });
    assert.equal(await page.evaluate("document.documentElement.scrollWidth > innerWidth"), false);
    const [bar, text] = await Promise.all([
      page.locator(".line .lanes .session").nth(1).boundingBox(),
      page.locator(".line .ties").nth(1).boundingBox(),
    ]);
    assert(bar && text);
    assert.ok(bar.height > 20 && bar.width >= 4, `${bar.width} by ${bar.height}`);
    assert.ok(bar.x >= text.x + text.width - 1, "nothing is written below a lane");
  }
  await stream.end();
});

browserTest(
  "inspector shows sessions, streams and messages without scripts (issue 19)",
  async ({ page, origin }) => {
    const base = `${origin}/s/standard~a1`;
    const stream = await openStream(base);
    await stream.say(initialize);
    await page.goto(`${base}/inspect`);
    const [second = "", first = ""] = await page.locator(".listed").allInnerTexts();
    assert.match(first, /in session 1\s+session 1 begins\s+endpoint \S+ \+\S+ m?s\s+result 0, line 2 \+/);
    assert.match(second, /in session 1; stream 1 open\s+answered on another stream, line 1/);
    await stream.end();
  },
  { javaScriptEnabled: false },
);

/** A batch of which the second message is not JSON-RPC 2.0, in a session of 2025-03-26. */
async function sendBadBatch(base: string): Promise<void> {
  const post = async (body: unknown, session?: string): Promise<Response> => {
    const headers = new Headers({ "content-type": "application/json", accept: "application/json, text/event-stream" });
    if (session !== undefined) headers.set("mcp-session-id", session);
    const response = await fetch(`${base}/no-auth`, { method: "POST", headers, body: JSON.stringify(body) });
    await response.text();
    return response;
  };
  const params = { ...initialize.params, protocolVersion: "2025-03-26" };
  const { headers } = await post({ jsonrpc: "2.0", ...initialize, params });
  const session = headers.get("mcp-session-id") ?? "";
  await post({ jsonrpc: "2.0", method: "notifications/initialized" }, session);
  await post([{ jsonrpc: "2.0", id: 1, method: "ping" }, { id: 2, method: "tools/list" }], session);
}

browserTest(
  "inspector shows a broken rule at the message of a batch that broke it (issue 19)",
  async ({ page, origin }) => {
    const base = `${origin}/s/standard~a1`;
    await sendBadBatch(base);
    await page.goto(`${base}/inspect`);
    const finding = page.locator(".events > li", { hasText: "tools/list" }).locator(".finding", {
      hasText: "M1, MUST",
    });
    await finding.waitFor();
    assert.match(await finding.innerText(), /^It sent tools\/list without the member jsonrpc/);
    assert.equal(await page.locator(".events > li", { hasText: "ping" }).locator(".finding").count(), 0);
  },
);

browserTest(
  "inspector shows a broken rule at its message without scripts (issue 19)",
  async ({ page, origin }) => {
    const base = `${origin}/s/standard~a1`;
    await sendBadBatch(base);
    await page.goto(`${base}/inspect`);
    await page.locator(".listed .events > li", { hasText: "tools/list" }).locator(".finding", { hasText: "M1" })
      .waitFor();
  },
  { javaScriptEnabled: false },
);
