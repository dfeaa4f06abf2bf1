/** The catalogue of scenarios in a real browser: search, anchors, the keyboard, and the same with scripts off. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { buildScenarioLink } from "../../lib/scenarios/schema/scenario_link.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { custom, plain, rich } from "../scenarios/scenario_samples.ts";
import { browserTest } from "./browser.ts";

const app = { scenarios: [plain, rich] };
const count = catalogue.length + 2;

browserTest("scenarios are filtered as one types, and the address keeps the search (issue 6)", async ({
  page,
  origin,
}) => {
  await page.goto(`${origin}/scenarios`);
  const search = page.getByRole("searchbox");
  await search.fill("plain-s token");
  assert.deepEqual(await shownNames(page), ["plain-sample"]);
  assert.deepEqual(await page.locator(".group h2:visible").allInnerTexts(), ["refresh"]);
  assert.equal(await page.getByRole("status").innerText(), `1 of ${count} scenarios`);
  assert.equal(new URL(page.url()).search, "?q=plain-s+token");
  await search.press("Enter");
  await page.reload();
  assert.deepEqual(await shownNames(page), ["plain-sample"], "as the server found it");
  await search.fill("xyzzyx xyzzyx");
  assert.equal(await page.getByRole("status").innerText(), "nothing found");
  await search.fill("");
  assert.equal((await shownNames(page)).length, count);
  assert.equal(page.url(), `${origin}/scenarios`);
}, { app });

browserTest("a scenario is made of a server with scripts off (issue 24)", async ({ page, origin }) => {
  await page.goto(`${origin}/scenarios`);
  await page.locator(".make-one summary").click();
  await page.getByLabel("URL of its MCP endpoint").fill(`${origin}/oauth`);
  await page.getByRole("button", { name: "see what is found" }).click();
  await page.getByText(/All \d+ answers that were compared are alike/).waitFor();
  await page.getByLabel("name of the scenario").fill("of-a-page");
  await page.getByRole("button", { name: "make it" }).click();
  assert.match(await page.locator(".endpoint code").innerText(), /\/s\/x-of-a-page-[0-9a-f]{8}\/oauth$/);
}, { app: { loopbackOnly: true }, javaScriptEnabled: false });

browserTest("counts, rules and hints follow what is typed (issue 16)", async ({ page, origin }) => {
  await page.goto(`${origin}/scenarios`);
  const search = page.getByRole("searchbox");
  const inIndex = async (): Promise<readonly string[]> =>
    (await page.locator(".group-index li").allInnerTexts()).map((text) => text.trim()).filter((text) =>
      !text.endsWith(" 0")
    );
  const groups = await inIndex();
  await search.fill("plain-s");
  assert.deepEqual(await inIndex(), ["refresh 1"]);
  assert.equal(await page.locator(".rule:visible").count(), 0);
  await search.fill("C25");
  assert.equal(await page.locator(".rule:visible").count(), 1);
  assert.ok((await shownNames(page)).includes("rich-sample"));

  await search.fill("plain-sample xyzzyx");
  await page.getByText("Try instead").waitFor();
  assert.equal(await page.locator("#hints-list").innerText(), "plain-sample (1)");
  await page.locator("#hints-list a").click();
  await page.getByText(`1 of ${count} scenarios`).waitFor();
  assert.ok(!await page.getByText("Try instead").isVisible());
  await page.goto(`${origin}/scenarios?q=xyzzyx#C25`);
  await page.locator("#C25:visible").waitFor();
  await search.fill("");
  assert.deepEqual(await inIndex(), groups);
}, { app });

browserTest(
  "what people call a scenario finds it as one types, as the server finds it (issue 16)",
  async ({ page, origin }) => {
    await page.goto(`${origin}/scenarios`);
    for (
      const [query, name] of [["csrf", "state-wrong"], ["invalid json", "token-truncated"], ["auth0", "okta"]] as const
    ) {
      await page.getByRole("searchbox").fill(query);
      const typed = await shownNames(page);
      assert.ok(typed.includes(name), `${query}: ${typed}`);
      await page.reload();
      assert.deepEqual(await shownNames(page), typed);
    }
  },
  { app },
);

browserTest("a scenario's anchor opens it, also from a search that has not found it (issue 6)", async ({
  page,
  origin,
}) => {
  await page.goto(`${origin}/scenarios?q=plain-s#rich-sample`);
  await page.getByText("sample-secret", { exact: true }).waitFor();
  assert.equal((await shownNames(page)).length, count);
  await page.evaluate("location.hash = 'plain-sample'");
  await page.getByText("sends the person to log in again, once").waitFor();
  await page.goto(`${origin}/scenarios#nobody`);
}, { app });

browserTest("a scenario's address is copied without unfolding it (issue 6)", async ({ page, origin }) => {
  await page.goto(`${origin}/scenarios`);
  await page.getByRole("button", { name: "copy address of plain-sample" }).click();
  await page.locator(".scenario > .copy", { hasText: "copied" }).waitFor();
  assert.match(String(await page.evaluate("navigator.clipboard.readText()")), /\/s\/plain-sample~[a-z0-9]{16}\/oauth$/);
  assert.equal(await page.locator("details[open]").count(), 0);
}, { app, permissions: ["clipboard-read", "clipboard-write"] });

browserTest("scenarios are walked by keyboard in the order they are read (WCAG 2.4.3)", async ({ page, origin }) => {
  await page.goto(`${origin}/scenarios?q=-sample`);
  await page.locator(".group-index a").last().focus();
  const order: string[] = [];
  for (let press = 0; press < 4; press++) {
    await page.keyboard.press("Tab");
    order.push(String(await page.evaluate("document.activeElement.innerText.replaceAll(/\\s+/g, ' ')")));
  }
  assert.deepEqual(order, [
    "rich-sample The server names an issuer that it is not",
    "copy address of rich-sample",
    "plain-sample The refresh token is refused",
    "copy address of plain-sample",
  ]);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByText("sends the person to log in again, once").waitFor();
}, { app });

browserTest("scenarios can be searched, unfolded and used with scripts off (issue 6)", async ({ page, origin }) => {
  await page.goto(`${origin}/scenarios`);
  await page.getByRole("searchbox").fill("rich-sample");
  await page.getByRole("button", { name: "search" }).click();
  assert.deepEqual(await shownNames(page), ["rich-sample"]);
  await page.locator(".scenario summary:visible").click();
  await page.getByText("sample-secret", { exact: true }).waitFor();
  assert.ok(!await page.locator(".copy").first().isVisible(), "nothing is offered that needs a script");
}, { app, javaScriptEnabled: false });

browserTest("a scenario from a link is made by a button, and its sandbox says what it plays (issue 6)", async ({
  page,
  origin,
}) => {
  await page.goto(await buildScenarioLink(origin, custom) ?? "");
  await page.getByRole("button", { name: "create it here" }).click();
  await page.getByText("Created:").waitFor();
  assert.match(
    await page.locator("#made code").innerText(),
    /^http:\/\/127\.0\.0\.1:\d+\/s\/x-custom-sample-[0-9a-f]{8}~[a-z0-9]{16}\/oauth$/,
  );
  await page.getByRole("link", { name: "walk through it" }).click();
  await page.getByText("You are in the sandbox").waitFor();
  assert.ok(await page.getByText(custom.story).isVisible());
});

browserTest("all scenarios are filtered within a moment", async ({ page, origin }) => {
  await page.goto(`${origin}/scenarios`);
  const ms = await page.evaluate(`(() => {
    const search = document.getElementById("search");
    const begin = performance.now();
    for (const query of ["r", "re", "refresh", "refresh race", ""]) {
      search.value = query;
      search.dispatchEvent(new Event("input"));
      document.body.offsetHeight;
    }
    return performance.now() - begin;
  })()`);
  assert.equal((await shownNames(page)).length, count);
  assert.ok(Number(ms) < 1000, `five searches took ${ms} ms`);
}, { app });

async function shownNames(page: Page): Promise<readonly string[]> {
  return await page.locator(".scenario:visible summary code").allInnerTexts();
}
