/** The inspector in a real browser: lines appear while a client runs, findings beside them, and it bears thousands. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { z } from "zod";
import { runDouble } from "../interop/double/double.ts";
import { verifier } from "../helpers.ts";
import { rich } from "../scenarios/scenario_samples.ts";
import { browserTest } from "./browser.ts";
import { authorizeUrl } from "./walk.ts";

const har = z.object({
  log: z.object({
    version: z.literal("1.2"),
    entries: z.array(z.object({ request: z.object({ method: z.string(), url: z.string() }) })),
  }),
});

/** What {@link authorizeCarelessly} looks like. */
const carelessLines = [
  "POST initialize mcp server 401 invalid_token",
  "POST register a client: Careless authorization server 201",
  "GET authorize, in a browser authorization server 302 invalid_request",
];

browserTest("inspector shows a client's lines as they come, and the rule that it breaks (issue 7)", async ({
  page,
  origin,
}) => {
  await page.goto(`${origin}/inspect`);
  await page.getByText("No requests yet").waitFor();
  await page.getByText("incomplete: not enough was seen").waitFor();
  await authorizeCarelessly(origin);

  await page.getByRole("heading", { name: "Careless" }).waitFor();
  assert.ok(!await page.getByText("No requests yet").isVisible());
  await showsLines(page, carelessLines);
  const guilty = page.locator(".line", { hasText: "authorize, in a browser" });
  const finding = guilty.locator(".finding", { hasText: "C11, MUST" });
  assert.match(await finding.innerText(), /^It requested authorization without a code_challenge\. A client uses PKCE/);
  assert.match(await finding.getByRole("link").getAttribute("href") ?? "", /^https:\/\/modelcontextprotocol\.io\//);
  assert.match(await page.getByRole("status").innerText(), /^fail: \d+ rules? broken/);
  await page.getByText("rules: ").click();
  await page.locator(".rules tr", { hasText: "C11 broken" }).waitFor();
});

browserTest("the home page waits for a client, and says what it does as soon as it comes (issue 16)", async ({
  page,
  origin,
}) => {
  await page.goto(`${origin}/`);
  await page.getByText("waiting for your client…").waitFor();
  const person = await page.context().newPage();
  await person.goto(`${origin}/oauth/tokn`);
  await person.goto(`${origin}/.well-known/oauth-authorization-server`);
  await person.close();
  await callWithoutToken(origin);
  await page.getByText("a client is here: POST initialize → 401 invalid_token (1 request)").waitFor();
  await authorizeCarelessly(origin);
  await page.getByText("GET authorize, in a browser → 302 invalid_request (4 requests)").waitFor();
  await page.getByRole("link", { name: "watch it" }).click();
  await page.getByRole("heading", { name: "Careless" }).waitFor();
});

browserTest("a line of the inspector unfolds to the exchange, and to the same with curl (issue 7)", async ({
  page,
  origin,
}) => {
  await authorizeCarelessly(origin);
  await page.goto(`${origin}/inspect`);
  const line = page.locator(".line", { hasText: "register a client" });
  await line.locator("summary").click();
  const [sent = "", answered = "", curl = ""] = await line.locator(".code code").allInnerTexts();
  assert.match(sent, /^POST http:.*\/oauth\/register\n/);
  assert.match(sent, /\n {2}"client_name": "Careless",\n/, "laid out for reading");
  assert.match(answered, /^201\n/);
  assert.match(answered, /\ncache-control: no-store\n/);
  assert.match(curl, /^curl -i 'http:.*\/oauth\/register' \\\n/);
  await line.getByRole("button", { name: "the same with curl" }).click();
  await line.locator(".copy", { hasText: "copied" }).waitFor();
  assert.equal(await page.evaluate("navigator.clipboard.readText()"), curl);
}, { permissions: ["clipboard-read", "clipboard-write"] });

browserTest("the bug report is copied by a button beside its link (issue 24)", async ({ page, origin }) => {
  await authorizeCarelessly(origin);
  await page.goto(`${origin}/inspect`);
  await page.getByRole("heading", { name: "Careless" }).waitFor();
  await page.locator(".ways-on .copy").click();
  await page.locator(".ways-on .copy", { hasText: "copied" }).waitFor();
  assert.match(String(await page.evaluate("navigator.clipboard.readText()")), /^# fail.*\n\n## How to see it/);
}, { permissions: ["clipboard-read", "clipboard-write"] });

browserTest("a recording that is dropped on the inspector is judged, if it is not too large (issue 24)", async ({
  page,
  origin,
}) => {
  await authorizeCarelessly(origin);
  const recording = await (await fetch(`${origin}/control/exchanges?format=har`)).text();
  await page.goto(`${origin}/inspect`);
  const drop = (text: string): Promise<unknown> =>
    page.evaluate(`{
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([${text}], "a.har"));
      document.body.dispatchEvent(new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true }));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }`);
  await drop('"x".repeat(16 * 1024 * 1024 + 1)');
  assert.match(String(await page.evaluate("document.getElementById('har').validationMessage")), /larger than 16 MiB/);
  assert.equal(page.url(), `${origin}/inspect`);
  await drop(JSON.stringify(recording));
  await page.getByRole("heading", { name: "Careless" }).waitFor();
  await page.getByText("without a code_challenge").first().waitFor();
  assert.equal(page.url(), `${origin}/inspect/recording`);
});

browserTest("the inspector filters, pauses and clears (issue 7)", async ({ page, origin }) => {
  await authorizeCarelessly(origin);
  await page.goto(`${origin}/inspect`);
  await page.getByRole("heading", { name: "Careless" }).waitFor();
  const filter = page.getByRole("searchbox");
  await filter.fill("register");
  await showsLines(page, carelessLines.slice(1, 2));
  await filter.fill("");
  await page.getByRole("checkbox").check();
  await page.locator(".line", { hasText: "initialize" }).waitFor({ state: "hidden" });
  assert.ok((await linesOf(page)).includes(carelessLines[2] ?? ""));
  await page.getByRole("checkbox").uncheck();

  const pause = page.getByRole("button", { name: "pause" });
  await pause.click();
  await callWithoutToken(origin);
  await page.getByText("paused, 1 new").waitFor();
  assert.equal((await linesOf(page)).length, 3, "stands still");
  await pause.click();
  await page.locator(".line").nth(3).waitFor();

  await page.getByRole("button", { name: "clear" }).click();
  await page.getByRole("button", { name: "clear the record" }).click();
  await page.getByText("No requests yet").waitFor();
  await showsLines(page, []);
  await callWithoutToken(origin);
  await page.locator(".line").first().waitFor();
});

browserTest("the inspector asks before it clears, and says what will be lost (issue 16)", async ({ page, origin }) => {
  await authorizeCarelessly(origin);
  await page.goto(`${origin}/inspect`);
  await page.getByRole("heading", { name: "Careless" }).waitFor();
  for (const leave of ["keep it", "Escape"]) {
    await page.getByRole("button", { name: "clear" }).click();
    const loss = await page.getByRole("dialog").innerText();
    assert.match(loss, /What will be lost: 3 exchanges; “Careless”, fail/);
    if (leave === "Escape") await page.keyboard.press(leave);
    else await page.getByRole("button", { name: leave }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  }
  const { exchanges } = await (await fetch(`${origin}/control/exchanges`)).json();
  assert.equal(exchanges.length, 3, "nothing is deleted");
  await showsLines(page, carelessLines);
});

browserTest("the inspector says of each line when it was and how long it took, and that it opens (issue 16)", async ({
  page,
  origin,
}) => {
  await authorizeCarelessly(origin);
  await page.goto(`${origin}/inspect`);
  // Before that the list is the server's, whose lines the script replaces.
  await page.getByText("live, 3 exchanges").waitFor();
  const line = page.locator(".line", { hasText: "register a client" });
  assert.match(await line.locator(".when").innerText(), /^\d\d:\d\d:\d\d\s[\d.]+ m?s$/);
  const markerOf = (): Promise<unknown> =>
    line.locator(".sequence").evaluate((found) => getComputedStyle(found, "::before").content);
  assert.equal(await markerOf(), '"▸ "');
  await line.locator("summary").click();
  assert.equal(await markerOf(), '"▾ "');
  await line.locator(".when").click({ force: true });
  assert.equal(await markerOf(), '"▸ "', "a click on the time is one on the line");
});

browserTest("the inspector counts what fits the filter, and says so where nothing does (issue 16)", async ({
  page,
  origin,
}) => {
  await authorizeCarelessly(origin);
  await page.goto(`${origin}/inspect`);
  await page.getByRole("heading", { name: "Careless" }).waitFor();
  await page.getByRole("searchbox").fill("register");
  await page.getByText("live, 1 of 3 exchanges").waitFor();
  await page.getByRole("searchbox").fill("zebra");
  await page.getByText("live, 0 of 3 exchanges").waitFor();
  await page.getByText("No exchange matches the filter").waitFor();
  assert.ok(!await page.getByRole("heading", { name: "Careless" }).isVisible(), "no heading without a line");
  await page.getByRole("searchbox").fill("");
  await page.getByText("live, 3 exchanges").waitFor();
});

browserTest(
  "the inspector of a sandbox shows its first line without scrolling (issue 16)",
  async ({ page, origin }) => {
    const base = `${origin}/s/rich-sample~a1`;
    await callWithoutToken(base);
    await page.goto(`${base}/inspect`);
    const { y = NaN } = await page.locator(".line").first().boundingBox() ?? {};
    assert.ok(y < 800, `the first line is at ${y} of 900 px`);
    await page.getByText("what happens, and what a correct client does").click();
    await page.getByText("Stops before it sends anybody to log in").waitFor();
  },
  { app: { scenarios: [rich] } },
);

browserTest("the inspector keeps warnings apart from broken rules, and names both (issue 16)", async ({
  page,
  origin,
}) => {
  await authorizeCarelessly(origin);
  await page.goto(`${origin}/inspect`);
  await page.getByText("rules: ").click();
  const counts = await page.getByText("rules: ").innerText();
  assert.match(counts, /^rules: \d+ broken, (\d+ warnings?, )?\d+ kept/);
  const rows = await page.locator(".rules tbody tr").evaluateAll((all) =>
    all.map((row) => ({ kind: row.className, text: row.textContent ?? "" }))
  );
  for (const { kind, text } of rows) {
    if (kind === "broken") assert.match(text, /MUST|tested by this scenario/);
    if (kind === "warning") assert.match(text, /SHOULD/);
  }
  assert.match(rows.find(({ text }) => text.startsWith("C11 "))?.text ?? "", /^C11 brokenpkce.*A client uses PKCE/);
});

browserTest(
  "the inspector says of a client that ignores a recommendation that it passes with a warning (issue 16)",
  async ({
    page,
    origin,
  }) => {
    const base = `${origin}/s/standard~a1`;
    await runDouble({ base, send: (request) => fetch(request), slip: "sends no state" });
    await page.goto(`${base}/inspect`);
    await page.getByText("pass, with 1 warning: nothing but recommendations was broken").waitFor();
    await page.getByText("rules: 1 warning, ").click();
    const row = page.locator(".rules tr.warning");
    assert.match(await row.innerText(), /^C15 warning\s[^]*SHOULD/);
    assert.equal(await page.locator(".rules tr.broken").count(), 0);
    assert.equal(await page.locator(".finding.advice").count(), 1);
  },
);

browserTest(
  "the inspector shows how far a client came, what comes next, and why it has its verdict, live (issue 18)",
  async ({ page, origin }) => {
    const base = `${origin}/s/standard~a1`;
    const client = { base, send: (request: Request) => fetch(request) };
    await runDouble({ ...client, tools: [] });
    await page.goto(`${base}/inspect`);
    const stations = page.getByRole("list", { name: "how far it came" }).getByRole("listitem");
    const shown = async (): Promise<readonly string[]> =>
      (await stations.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " ").trim());
    await page.locator(".stations .next").waitFor();
    assert.deepEqual(await shown(), [
      "reached: resource metadata",
      "reached: server metadata",
      "reached: client id",
      "reached: authorization",
      "reached: token",
      "reached: MCP",
      "reached: lists",
      "next: call",
      "not reached: refresh",
    ]);
    const reason = page.locator(".reason");
    assert.match(await reason.innerText(), /^incomplete: It .* did not make a call.*\. Let it make a call.*\.$/);
    await stations.getByRole("link", { name: "token" }).click();
    assert.match(await page.locator(".line:target").innerText(), /POST token for authorization_code/);

    await runDouble(client);
    await reason.filter({ hasText: /^pass: / }).waitFor();
    assert.match(await reason.innerText(), /^pass: It .*made a call.*\.$/);
    assert.equal((await shown()).at(-2), "reached: call");
    assert.equal(await page.locator(".stations .next, .failures, .warnings").count(), 0);
  },
);

browserTest("the inspector names what fails a client apart from what only warns, with the line (issue 18)", async ({
  page,
  origin,
}) => {
  const base = `${origin}/s/iss-missing~a1`;
  await runDouble({ base, send: (request) => fetch(request), slip: "takes any iss" });
  await page.goto(`${base}/inspect`);
  await page.getByText("1 rule broken: C25 iss-validated", { exact: true }).waitFor();
  assert.match(await page.locator(".reason").innerText(), /^fail: It broke C25 \(MUST\): .*\.$/);
  assert.equal(await page.locator(".warnings").count(), 0);
  await page.getByRole("link", { name: "C25 iss-validated", exact: true }).click();
  await page.locator(".line:target .finding").waitFor();

  const other = `${origin}/s/standard~a1`;
  await runDouble({ base: other, send: (request) => fetch(request), slip: "sends no state" });
  await page.goto(`${other}/inspect`);
  await page.getByText("1 warning, which does not fail it: C15 state-verified", { exact: true }).waitFor();
  assert.match(await page.locator(".reason").innerText(), /^pass, with 1 warning: /);
  assert.equal(await page.locator(".failures").count(), 0);
});

browserTest("the inspector without scripts lists what happened, and has no dead control (issue 16)", async ({
  page,
  origin,
}) => {
  await page.goto(`${origin}/inspect`);
  await page.getByText("No requests yet").waitFor();
  await authorizeCarelessly(origin);
  await page.goto(`${origin}/inspect`);
  assert.deepEqual(
    (await page.locator("noscript .listed").allInnerTexts()).map((text) => text.split("\n")[0]?.replace(/^.* ms /, "")),
    [
      "GET authorize, in a browser → authorization server 302 invalid_request",
      "POST register a client: Careless → authorization server 201",
      "POST initialize → mcp server 401 invalid_token",
    ],
  );
  assert.ok(!await page.getByText("No requests yet").isVisible());
  assert.match(await page.locator("noscript .reason").innerText(), /^fail: It broke C1 \(MUST\): .*\.$/);
  assert.equal(await page.locator("noscript .stations > .reached").innerText(), "reached:\nclient id");
  const [last = ""] = (await page.locator("noscript .failures a").evaluateAll((links) =>
    links.map((link) =>
      link.getAttribute("href") ?? ""
    )
  )).slice(-1);
  assert.match(await page.locator(`noscript ${last}`).innerText(), /GET authorize, in a browser/);
  // The form for a recording needs no script.
  const dead = page.locator(":is(button, input):not(#recording *)");
  for (const control of await dead.all()) assert.ok(!await control.isVisible());
  assert.ok(await page.getByRole("button", { name: "judge it" }).isVisible());
}, { javaScriptEnabled: false });

for (const shared of [false, true]) {
  const where = shared ? "of processes that share a database" : "of one process";
  browserTest(
    `the inspector ${where} begins anew with the sandbox, and goes on (issue 7)`,
    async ({ page, origin }) => {
      await page.goto(`${origin}/inspect`);
      await authorizeCarelessly(origin);
      await page.getByRole("heading", { name: "Careless" }).waitFor();
      await showsLines(page, carelessLines);
      await (await fetch(`${origin}/control/reset`, { method: "POST" })).body?.cancel();
      await page.getByText("No requests yet").waitFor();
      await page.getByText("incomplete: not enough was seen").waitFor();
      await authorizeCarelessly(origin, "Another");
      await page.getByRole("heading", { name: "Another" }).waitFor();
      await page.locator(".line").nth(2).waitFor();
      assert.equal((await linesOf(page)).length, 3);
    },
    { app: { shared } },
  );
}

browserTest("the inspector's exchanges are a HAR to download, without a secret (issue 7)", async ({ page, origin }) => {
  await authorizeCarelessly(origin);
  await page.goto(`${origin}/inspect`);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "exchanges (HAR)" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "main.har");
  const { log } = har.parse(JSON.parse(await Deno.readTextFile(await download.path())));
  assert.deepEqual(log.entries.map(({ request }) => `${request.method} ${new URL(request.url).pathname}`), [
    "POST /oauth",
    "POST /oauth/register",
    "GET /oauth/authorize",
  ]);
});

browserTest("no secret of a login is in the inspector, unfolded, nor in what it says to the console (issue 7)", async ({
  page,
  origin,
}) => {
  const secrets = new Set([verifier]);
  await runDouble({
    base: origin,
    version: "2025-11-25",
    refresh: true,
    send: async (request) => {
      const response = await fetch(request);
      const code = /[?&]code=([^&]*)/.exec(response.headers.get("location") ?? "")?.[1];
      if (code !== undefined) secrets.add(code);
      if (new URL(request.url).pathname !== "/oauth/token") return response;
      const tokens = z.object({ access_token: z.string(), refresh_token: z.string() }).parse(
        await response.clone().json(),
      );
      secrets.add(tokens.access_token).add(tokens.refresh_token);
      return response;
    },
  });
  assert.equal(secrets.size, 8, "a verifier, a code, and three pairs of tokens");
  await page.goto(`${origin}/inspect`);
  await page.getByRole("heading", { name: "double" }).waitFor();
  for (const summary of await page.locator(".line summary").all()) await summary.click();
  const shown = await page.content();
  assert.match(shown, /grant_type=authorization_code/);
  assert.match(shown, /curl -i /);
  for (const secret of secrets) assert.ok(!shown.includes(secret), `${secret} is shown`);
});

browserTest("the inspector of a public server says where one may look, and there one may (issue 6)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals("401 /control/events", "401 /control/report");
  await page.goto(`${origin}/inspect`);
  await page.getByRole("alert").getByText("The control token is missing or wrong").waitFor();
  assert.ok(!await page.getByText("No requests yet").isVisible());
  await page.getByRole("alert").getByRole("link").click();
  await page.locator("summary", { hasText: "Everything as the specifications ask" }).click();
  await page.getByRole("link", { name: "watch what a client does there" }).first().click();
  await page.getByText("No requests yet").waitFor();
}, { app: { control: { token: "secret" } } });

browserTest("the inspector of a server that records nothing says so (issue 7)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals("404 /control/events", "404 /control/report");
  await page.goto(`${origin}/inspect`);
  await page.getByRole("alert").waitFor();
  assert.equal(
    (await page.getByRole("alert").innerText()).trim(),
    "Nothing is recorded: recording is turned off; expected a server started without --no-record.",
  );
  for (const dead of [page.getByRole("searchbox"), page.getByRole("button", { name: "clear" })]) {
    assert.ok(!await dead.isVisible(), "nothing will come that could be filtered or cleared");
  }
}, { app: { record: false } });

browserTest("what a client sends comes out of the inspector as text (issue 4)", async ({ page, origin }) => {
  const attack = `"><script>alert('x')</script><img src=x onerror=alert(1)>`;
  await authorizeCarelessly(origin, attack);
  await page.goto(`${origin}/inspect`);
  await page.getByRole("heading", { name: attack }).waitFor();
  for (const summary of await page.locator(".line summary").all()) await summary.click();
  assert.equal(await page.locator("main script, main img").count(), 0);
});

browserTest(
  "the inspector shows two thousand exchanges, and fills in only those that are looked at (issue 7)",
  async ({ page, origin }) => {
    for (let round = 0; round < 100; round++) {
      await Promise.all(Array.from({ length: 20 }, () => callWithoutToken(origin)));
    }
    await page.goto(`${origin}/inspect`);
    await page.locator(".line").nth(1999).waitFor({ state: "attached" });
    // Where every line is filled in at once, there are several times as many, and the page takes five times as long.
    const nodes = await page.evaluate("document.querySelectorAll('*').length");
    assert.ok(Number(nodes) < 5000, `the page has ${nodes} elements`);
    await callWithoutToken(origin);
    await page.getByText("2000 exchanges").waitFor();
    await page.getByText("the oldest exchanges are no longer kept").waitFor();
    // A frame with everything in it, laid out anew. The machine may be busy, so that only what is out of all proportion fails.
    const ms = await page.evaluate(`(() => {
    const begin = performance.now();
    for (const line of document.querySelectorAll(".line")) line.hidden = true;
    document.body.offsetHeight;
    for (const line of document.querySelectorAll(".line")) line.hidden = false;
    document.body.offsetHeight;
    return performance.now() - begin;
  })()`);
    assert.ok(Number(ms) < 2000, `two layouts took ${ms} ms`);
  },
);

/** A client that knows nothing of PKCE, resource indicators or metadata. */
async function authorizeCarelessly(origin: string, name = "Careless"): Promise<void> {
  await callWithoutToken(origin);
  const registered = await fetch(`${origin}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_name: name, redirect_uris: [`${origin}/guide`], token_endpoint_auth_method: "none" }),
  });
  const { client_id } = z.object({ client_id: z.string() }).parse(await registered.json());
  const url = new URL(authorizeUrl(origin, client_id, { auto_approve: "true" }));
  for (const parameter of ["code_challenge", "code_challenge_method"]) url.searchParams.delete(parameter);
  await (await fetch(url, { redirect: "manual" })).body?.cancel();
}

async function callWithoutToken(origin: string): Promise<void> {
  const response = await fetch(`${origin}/oauth`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "0" } },
    }),
  });
  await response.body?.cancel();
}

/** Insists that these lines are all that can be seen, as soon as the page has shown what it knows. */
async function showsLines(page: Page, expected: readonly string[]): Promise<void> {
  for (let frames = 0; frames < 100; frames++) {
    if ((await linesOf(page)).join("\n") === expected.join("\n")) return;
    await page.evaluate("new Promise(requestAnimationFrame)");
  }
  assert.deepEqual(await linesOf(page), expected);
}

/** The lines that can be seen, without their numbers. */
async function linesOf(page: Page): Promise<readonly string[]> {
  const lines = await page.locator(".line:visible summary").allInnerTexts();
  return lines.map((line) => line.replaceAll(/\s+/g, " ").replace(/^\d+ /, "").trim());
}
