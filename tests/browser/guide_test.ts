/** The guide, clicked through in a real browser as a person does it, and played with. */
import assert from "node:assert/strict";
import { z } from "zod";
import type { Page } from "playwright-core";
import { browserTest } from "./browser.ts";
import {
  callsTheEndpoint,
  doStep,
  finishGuide,
  logIn,
  reachAuthorization,
  reachConsent,
  replaysTheCode,
  waitForState,
} from "./walk.ts";

browserTest("guide leads a person from discovery to a tool call, a refresh and a refused replay (issue 4)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals(...callsTheEndpoint, ...replaysTheCode);
  await page.goto(`${origin}/guide`);
  await waitForState(page, 1, "open");
  for (const step of [2, 3, 4, 5]) {
    await waitForState(page, step, "locked");
    assert.ok(await page.locator(`#step-${step} form[data-action] button[type=submit]`).first().isDisabled());
  }

  await page.getByRole("button", { name: "discover" }).click();
  await waitForState(page, 1, "done");
  assert.deepEqual(await statusesOf(page, 1), ["401", "200", "200"]);
  await page.locator("[data-results='1'] .exchange > summary").first().click();
  const challenge = await page.locator("[data-results='1'] .response").first().innerText();
  assert.ok(challenge.includes(`resource_metadata="${origin}/.well-known/oauth-protected-resource/oauth"`), challenge);

  await page.getByRole("button", { name: "register" }).click();
  await waitForState(page, 2, "done");
  assert.deepEqual(await statusesOf(page, 2), ["201"]);

  const { verifier, challenge: s256 } = await readPair(page);
  assert.match(verifier, /^[\w-]{43}$/);
  assert.equal(s256, await s256Of(verifier));
  await page.getByRole("button", { name: "go to the consent page" }).click();
  await page.getByRole("heading", { name: "interactive guide wants access" }).waitFor();
  await page.getByRole("button", { name: "approve with a generated user" }).click();
  await waitForState(page, 3, "done");
  assert.equal(page.url(), `${origin}/guide`, "code and state leave the address bar");
  const checks = await page.locator("[data-results='3'] .checks").innerText();
  assert.match(checks, /state is the one this page sent/);
  assert.ok(checks.includes(`iss is the server asked: ${origin}`), checks);

  await page.getByRole("button", { name: "exchange the code" }).click();
  await waitForState(page, 4, "done");
  const claims = await claimsOf(page, 4);
  assert.equal(claims.get("iss"), origin);
  assert.equal(claims.get("aud"), `${origin}/oauth`);
  assert.equal(claims.get("exp"), "(absent)");

  await page.getByRole("button", { name: "call the MCP server" }).click();
  await waitForState(page, 5, "done");
  const results = await page.locator("[data-results='5']").innerText();
  assert.ok(results.includes(`userInfo says who we are: ${claims.get("email")}`), results);
  assert.match(results, /mock_echo/);

  await page.getByRole("button", { name: "refresh the token" }).click();
  await page.locator("[data-results='refresh'] .kept").first().waitFor();
  await page.locator("[data-results='refresh'] .token > summary").click();
  assert.notEqual((await claimsOf(page, "refresh")).get("jti"), claims.get("jti"), "another token");
  await page.getByRole("button", { name: "replay the code" }).click();
  await page.locator("[data-results='replay'] .kept").first().waitFor();
  assert.deepEqual(await statusesOf(page, "replay"), ["400", "401"]);
  assert.equal(await page.locator(".broken, .stop").count(), 0, "every check is kept");

  await page.getByRole("link", { name: "the inspector" }).click();
  await page.getByRole("heading", { name: "interactive guide" }).waitFor();
  await page.locator(".line", { hasText: "token for authorization_code" }).first().waitFor();
  const report = z.object({
    clients: z.array(z.object({ findings: z.array(z.object({ rule: z.string(), status: z.string() })) })),
  }).parse(await (await fetch(`${origin}/control/report`)).json());
  const broken = report.clients.flatMap(({ findings }) => findings.filter(({ status }) => status === "broken"));
  assert.deepEqual(broken, [], "the guide does what it teaches");
});

browserTest("guide shows the same as curl beside every request (issue 4)", async ({ page, origin, expectRefusals }) => {
  expectRefusals(...callsTheEndpoint);
  await reachAuthorization(page, origin);
  const exchanges = page.locator("details.exchange");
  assert.equal(await exchanges.count(), 4);
  for (const exchange of await exchanges.all()) {
    if (await exchange.getAttribute("open") === null) await exchange.locator("> summary").click();
    assert.equal(await exchange.locator("> figure, > .response > figure").count(), 2, "request and response");
    await exchange.locator("summary", { hasText: "the same with curl" }).click();
    assert.match(await exchange.locator(".shell code").innerText(), /^curl -i 'http/);
  }
});

browserTest("guide keeps its progress over a reload in the middle (issue 4)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals(...callsTheEndpoint, ...replaysTheCode);
  await reachAuthorization(page, origin);
  const before = await readPair(page);
  const clientId = await page.locator("#authorize-client_id").inputValue();
  await page.reload();
  await waitForState(page, 3, "open");
  assert.deepEqual(await readPair(page), before, "the same pair");
  assert.equal(await page.locator("#authorize-client_id").inputValue(), clientId);
  assert.deepEqual(await statusesOf(page, 1), ["401", "200", "200"], "results are shown again");

  await page.locator("#authorize-submit").click();
  await page.getByRole("button", { name: "approve with a generated user" }).click();
  await waitForState(page, 3, "done");
  await page.reload();
  await doStep(page, 4);
  await page.reload();
  await finishGuide(page);
});

browserTest("guide starts over when asked to (issue 4)", async ({ page, origin, expectRefusals }) => {
  expectRefusals(...callsTheEndpoint);
  await reachAuthorization(page, origin);
  await page.getByRole("button", { name: "start over" }).click();
  await waitForState(page, 1, "open");
  await waitForState(page, 2, "locked");
  assert.equal(await page.locator(".exchange").count(), 0);
  await page.reload();
  await waitForState(page, 1, "open");
});

browserTest("guide builds the URL as one types, and goes without a page (seed.txt)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals(...callsTheEndpoint);
  await reachAuthorization(page, origin);
  const shown = page.locator("#authorize-url code");
  assert.doesNotMatch(await shown.innerText(), /expires_in|auto_approve/);
  await page.locator("#authorize-expires_in").pressSequentially("3600");
  assert.match(await shown.innerText(), /\n {2}&expires_in=3600$/);
  await page.getByLabel("auto_approve", { exact: true }).check();
  assert.match(await shown.innerText(), /\n {2}&auto_approve=true\n/);
  await page.getByRole("button", { name: "authorize without a page" }).click();
  await waitForState(page, 3, "done");
  await doStep(page, 4);
  assert.match((await claimsOf(page, 4)).get("exp") ?? "", /^\d+ \(/);
});

browserTest("guide logs in with auto_approve_email and auto_approve_password (seed.txt)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals(...callsTheEndpoint);
  await reachAuthorization(page, origin);
  await page.getByLabel("auto_approve_email").fill("ada@example.com");
  await page.getByLabel("auto_approve_password").fill("lovelace");
  await page.getByRole("button", { name: "authorize without a page" }).click();
  await waitForState(page, 3, "done");
  await doStep(page, 4);
  assert.equal((await claimsOf(page, 4)).get("email"), "ada@example.com");
});

browserTest("guide posts the consent page's fields itself (seed.txt)", async ({ page, origin, expectRefusals }) => {
  expectRefusals(...callsTheEndpoint);
  await reachAuthorization(page, origin);
  await page.getByLabel("action").selectOption("login");
  await page.getByLabel("email", { exact: true }).fill("ada@example.com");
  await page.getByLabel("password", { exact: true }).fill("lovelace");
  assert.match(
    await page.locator("#answer-request code").innerText(),
    /^POST [\s\S]*\n\naction=login\n&email=ada%40example.com\n&password=lovelace$/,
  );
  await page.getByRole("button", { name: "post the answer" }).click();
  await waitForState(page, 3, "done");
  assert.deepEqual(await statusesOf(page, 3), ["303"]);
  await doStep(page, 4);
  assert.equal((await claimsOf(page, 4)).get("email"), "ada@example.com");
});

browserTest("guide takes the code by hand where the redirect URI is another page (RFC 6749 4.1.2)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals(...callsTheEndpoint);
  await page.goto(`${origin}/guide`);
  await doStep(page, 1);
  await page.getByLabel("redirect uri", { exact: true }).fill(`${origin}/health`);
  await doStep(page, 2);
  await page.getByLabel("auto_approve", { exact: true }).check();
  await page.locator("#authorize-submit").click();
  await page.waitForURL(/\/health\?code=/);
  const landed = page.url();
  await page.goto(`${origin}/guide`);
  await page.getByLabel("the address you were sent to").fill(landed);
  await page.getByRole("button", { name: "continue with this code" }).click();
  await waitForState(page, 3, "done");
  await doStep(page, 4);
});

browserTest("guide stops where a check fails, and goes on after a better attempt (RFC 7636 4.6)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals(...callsTheEndpoint, "400 /oauth/token");
  await reachAuthorization(page, origin);
  await page.locator("#authorize-code_challenge").fill("x".repeat(43));
  await page.getByLabel("auto_approve", { exact: true }).check();
  await page.locator("#authorize-submit").click();
  await waitForState(page, 3, "done");
  await page.getByRole("button", { name: "exchange the code" }).click();
  await page.locator("#step-4 .stop").waitFor();
  assert.match(await page.locator("#step-4 .broken").first().innerText(), /400 invalid_grant/);
  await waitForState(page, 5, "locked");

  await page.getByRole("button", { name: "new state and pair" }).click();
  await page.getByLabel("auto_approve", { exact: true }).check();
  await page.locator("#authorize-submit").click();
  await waitForState(page, 3, "done");
  await doStep(page, 4);
});

browserTest("guide ignores an answer it did not ask for (RFC 6749 10.12)", async ({ page, origin }) => {
  for (const query of ["code=stolen&state=x", "error=access_denied&state=x"]) {
    await page.goto(`${origin}/guide?${query}`);
    await page.getByText("An answer arrived that this page did not ask for").waitFor();
    assert.equal(page.url(), `${origin}/guide`);
    await waitForState(page, 1, "open");
  }
});

browserTest("guide says where it works when opened where SHA-256 is missing (secure contexts)", async ({
  page,
  origin,
  takeNoise,
}) => {
  const { port } = new URL(origin);
  await page.goto(`http://mock.test:${port}/guide`);
  await page.getByText("Step 3 needs SHA-256").waitFor();
  assert.ok(await page.locator("form[data-action='1'] button").isDisabled());
  assert.ok((await takeNoise()).every((noise) => noise.startsWith(`another host: http://mock.test:${port}/`)));
});

browserTest("guide can be walked by keyboard alone (WCAG 2.1.1)", async ({ page, origin, expectRefusals }) => {
  expectRefusals(...callsTheEndpoint);
  await page.goto(`${origin}/guide`);
  await waitForState(page, 1, "open");
  await page.keyboard.press("Tab");
  assert.equal(await page.locator(":focus").innerText(), "skip to the content");
  await page.locator("#step-1 button[type=submit]").focus();
  await page.keyboard.press("Enter");
  await waitForState(page, 1, "done");
  await page.locator("#step-1 a:focus", { hasText: "next: client registration" }).waitFor();
  const order = await tabOrder(page, 40);
  assert.ok(order.indexOf("registration-redirect-uri") > 0, `the next step's field follows: ${order}`);
});

browserTest("guide with scripts off shows the commands, and no form (issue 4)", async ({ page, origin }) => {
  await page.goto(`${origin}/guide`);
  await page.locator("noscript .notice").waitFor();
  for (const step of [1, 2, 3, 4, 5]) {
    await page.locator(`#step-${step} .shell-step code`).waitFor({ state: "visible" });
  }
  for (const hidden of ["form", "#reset", ".copy"]) {
    for (const found of await page.locator(hidden).all()) assert.ok(!await found.isVisible(), hidden);
  }
}, { javaScriptEnabled: false });

browserTest("guide's commands make the whole flow in a shell (issue 4)", async ({ page, origin }) => {
  await page.goto(`${origin}/guide`);
  const commands = await page.locator(".shell-step code").allInnerTexts();
  assert.equal(commands.length, 5);
  const shell = new Deno.Command("sh", { args: ["-eu"], stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const input = shell.stdin.getWriter();
  await input.write(new TextEncoder().encode(`${commands.join("\n")}\n`));
  await input.close();
  const { code, stdout, stderr } = await shell.output();
  const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, complained);
  assert.match(said ?? "", /HTTP\/1\.1 401 Unauthorized/);
  assert.match(said ?? "", /"result":.*\\"email\\": *\\"/);
}, { javaScriptEnabled: false });

browserTest("guide is done by a login, a wrong password and a denial too (issue 4)", async ({
  page,
  origin,
  expectRefusals,
}) => {
  expectRefusals(...callsTheEndpoint);
  await reachConsent(page, origin);
  await logIn(page, "ada@example.com", "lovelace");
  await waitForState(page, 3, "done");

  await page.locator("#authorize-submit").click();
  await logIn(page, "ada@example.com", "byron");
  await page.getByRole("alert").getByText("Invalid password").waitFor();
  expectRefusals("401 /oauth/authorize");
  await page.getByRole("button", { name: "deny access" }).click();
  await page.locator("#step-3 .stop").waitFor();
  assert.match(await page.locator("#step-3 .broken").innerText(), /the server says access_denied/);
  await waitForState(page, 4, "locked");
});

async function statusesOf(page: Page, results: number | string): Promise<readonly string[]> {
  return await page.locator(`[data-results="${results}"] .status`).allInnerTexts();
}

/** The table of claims under an action, as name and value. */
async function claimsOf(page: Page, results: number | string): Promise<ReadonlyMap<string, string>> {
  const rows = await page.locator(`[data-results="${results}"] table tbody tr`).all();
  return new Map(
    await Promise.all(rows.map(async (row): Promise<[string, string]> => [
      await row.locator("th").innerText(),
      await row.locator("td").first().innerText(),
    ])),
  );
}

async function readPair(page: Page): Promise<{ readonly verifier: string; readonly challenge: string }> {
  return {
    verifier: await page.locator("#authorize-code_verifier").inputValue(),
    challenge: await page.locator("#authorize-code_challenge").inputValue(),
  };
}

/** Computed here, not with the page's own function. */
async function s256Of(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return new Uint8Array(digest).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Ids of what the tab key reaches from where the focus is. */
async function tabOrder(page: Page, presses: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let press = 0; press < presses; press++) {
    await page.keyboard.press("Tab");
    ids.push(String(await page.evaluate("document.activeElement?.id")));
  }
  return ids;
}
