/** The catalogue of scenarios in a real browser: search, anchors, the keyboard, and the same with scripts off. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { manyScenarios, plain, rich } from "../scenario_samples.ts";
import { browserTest } from "./browser.ts";

const few = { scenarios: [plain, rich] };

browserTest("scenarios are filtered as one types, and the address keeps the search (issue 6)", async ({
  page,
  origin,
}) => {
  await page.goto(`${origin}/scenarios`);
  const search = page.getByRole("searchbox");
  await search.fill("refresh token");
  assert.deepEqual(await shownNames(page), ["plain-sample"]);
  assert.deepEqual(await page.locator(".group h2:visible").allInnerTexts(), ["refresh"]);
  assert.equal(await page.getByRole("status").innerText(), "1 of 3 scenarios");
  assert.equal(new URL(page.url()).search, "?q=refresh+token");
  await search.press("Enter");
  await page.reload();
  assert.deepEqual(await shownNames(page), ["plain-sample"], "as the server found it");
  await search.fill("nothing like it");
  assert.equal(await page.getByRole("status").innerText(), "nothing found");
  await search.fill("");
  assert.deepEqual(await shownNames(page), ["standard", "rich-sample", "plain-sample"]);
  assert.equal(page.url(), `${origin}/scenarios`);
}, { app: few });

browserTest("a scenario's anchor opens it, also from a search that has not found it (issue 6)", async ({
  page,
  origin,
}) => {
  await page.goto(`${origin}/scenarios?q=refresh#rich-sample`);
  await page.getByText("sample-secret", { exact: true }).waitFor();
  assert.deepEqual(await shownNames(page), ["standard", "rich-sample", "plain-sample"]);
  await page.evaluate("location.hash = 'plain-sample'");
  await page.getByText("sends the person to log in again, once").waitFor();
  await page.goto(`${origin}/scenarios#nobody`);
}, { app: few });

browserTest("a scenario's address is copied without unfolding it (issue 6)", async ({ page, origin }) => {
  await page.goto(`${origin}/scenarios`);
  await page.getByRole("button", { name: "copy address of plain-sample" }).click();
  await page.locator(".scenario > .copy", { hasText: "copied" }).waitFor();
  assert.match(String(await page.evaluate("navigator.clipboard.readText()")), /\/s\/plain-sample~[a-z0-9]{16}\/oauth$/);
  assert.equal(await page.locator("details[open]").count(), 0);
}, { app: few, permissions: ["clipboard-read", "clipboard-write"] });

browserTest("scenarios are walked by keyboard in the order they are read (WCAG 2.4.3)", async ({ page, origin }) => {
  await page.goto(`${origin}/scenarios`);
  await page.getByRole("searchbox").focus();
  const order: string[] = [];
  for (let press = 0; press < 8; press++) {
    await page.keyboard.press("Tab");
    order.push(String(await page.evaluate("document.activeElement.innerText.replaceAll(/\\s+/g, ' ')")));
  }
  assert.deepEqual(order, [
    "well-behaved",
    "official suite",
    "refresh",
    "standard Everything as the specifications ask",
    "copy address of standard",
    "rich-sample The server names an issuer that it is not",
    "copy address of rich-sample",
    "plain-sample The refresh token is refused",
  ]);
  await page.keyboard.press("Enter");
  await page.getByText("sends the person to log in again, once").waitFor();
}, { app: few });

browserTest("scenarios can be searched, unfolded and used with scripts off (issue 6)", async ({ page, origin }) => {
  await page.goto(`${origin}/scenarios`);
  await page.getByRole("searchbox").fill("issuer");
  await page.getByRole("button", { name: "search" }).click();
  assert.deepEqual(await shownNames(page), ["rich-sample"]);
  await page.locator("summary:visible").click();
  await page.getByText("sample-secret", { exact: true }).waitFor();
  assert.ok(!await page.locator(".copy").first().isVisible(), "nothing is offered that needs a script");
}, { app: few, javaScriptEnabled: false });

browserTest("a hundred scenarios are filtered within a moment", async ({ page, origin }) => {
  await page.goto(`${origin}/scenarios`);
  const ms = await page.evaluate(`(() => {
    const search = document.getElementById("search");
    const begin = performance.now();
    for (const query of ["s", "sa", "sample-11", "sample", ""]) {
      search.value = query;
      search.dispatchEvent(new Event("input"));
      document.body.offsetHeight;
    }
    return performance.now() - begin;
  })()`);
  assert.equal((await shownNames(page)).length, 121);
  assert.ok(Number(ms) < 1000, `five searches took ${ms} ms`);
}, { app: { scenarios: manyScenarios(120) } });

async function shownNames(page: Page): Promise<readonly string[]> {
  return await page.locator(".scenario:visible summary code").allInnerTexts();
}
