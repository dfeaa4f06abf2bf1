/** The control page in a real browser: something is broken by hand, seen to be in force, and mended again. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest } from "./browser.ts";

browserTest("control page sets a fault, which happens, and removes it (issue 16)", async ({ page, origin }) => {
  await page.goto(`${origin}/control`);
  const form = page.locator("form[data-kind=fault]");
  await form.getByLabel("what happens").selectOption("500");
  await form.getByLabel("how often").selectOption("*always");
  await form.locator("summary").click();
  assert.equal(
    await form.locator(".shell code").innerText(),
    `curl -i '${origin}/control/faults' \\\n  -H 'content-type: application/json' \\\n  -d '"token:500*always"'`,
  );
  await form.getByRole("button", { name: "set the fault" }).click();
  await inForce(page, "token:500*always (always; met 0 times)");
  assert.equal(await statusOf(`${origin}/oauth/token`), 500);
  await page.reload();
  await inForce(page, "token:500*always (always; met once)");
  await page.getByRole("button", { name: "remove token:500*always" }).click();
  await page.locator("#state li").waitFor({ state: "detached" });
  await page.locator("#state-title:focus").waitFor();
  assert.notEqual(await statusOf(`${origin}/oauth/token`), 500);
});

browserTest(
  "control page moves the clock, overrides a rule and declares a user, and takes all back (issue 16)",
  async ({
    page,
    origin,
    expectRefusals,
  }) => {
    await page.goto(`${origin}/control`);
    await page.getByLabel("by this many seconds").fill("90");
    await page.getByRole("button", { name: "advance the clock" }).click();
    await inForce(page, "moved by 90 s");
    await page.getByRole("button", { name: "override the policy" }).click();
    await inForce(page, "policy.require_state = true");
    await page.getByRole("button", { name: "declare the user" }).click();
    await inForce(page, "ada@example.com");
    for (const name of ["put back the clock", "remove policy.require_state", "remove ada@example.com"]) {
      await page.getByRole("button", { name }).click();
      await page.getByRole("button", { name }).waitFor({ state: "detached" });
    }
    const { overrides } = await (await fetch(`${origin}/control/plan`)).json();
    assert.deepEqual(overrides, { policy: {}, mint: {} });

    expectRefusals("400 /control/plan");
    await page.getByLabel("value, as JSON or a word").fill("perhaps");
    await page.getByRole("button", { name: "override the policy" }).click();
    await page.getByRole("alert").getByText("policy.require_state").waitFor();
  },
);

browserTest("control page mints a token that works, and revokes it (issue 16)", async ({ page, origin }) => {
  await page.goto(`${origin}/control`);
  const form = page.locator("form[data-kind=mint]");
  await form.getByLabel("scope").fill("openid");
  await form.getByRole("button", { name: "mint a token" }).click();
  const answer = await form.locator(".answer code").innerText();
  const { access_token: token } = JSON.parse(answer);
  const ask = (): Promise<number> => statusOf(`${origin}/oauth/userinfo`, { authorization: `Bearer ${token}` });
  assert.equal(await ask(), 200);
  await page.getByLabel("access or refresh token").fill(String(token));
  await page.getByRole("button", { name: "revoke the token" }).click();
  await page.locator("form[data-kind=revoke] .answer").getByText("done: 200").waitFor();
  assert.equal(await ask(), 401);
});

browserTest("control page rotates the keys, breaks and mends them, and adds a client (issue 16)", async ({
  page,
  origin,
}) => {
  const kids = async (): Promise<readonly string[]> => {
    const { keys } = await (await fetch(`${origin}/oauth/jwks`)).json();
    return keys.map(({ kid }: { readonly kid: string }) => kid);
  };
  const before = await kids();
  await page.goto(`${origin}/control`);
  await press(page, "rotate", "rotate the keys");
  assert.ok((await kids()).length > before.length, "the old keys stay beside the new");

  const statusOfMinted = async (): Promise<number> => {
    const minted = await fetch(`${origin}/control/tokens`, { method: "POST", body: '{"scope":"openid"}' });
    const { access_token: token } = await minted.json();
    return statusOf(`${origin}/oauth/userinfo`, { authorization: `Bearer ${token}` });
  };
  const broken = page.locator("form[data-kind=break]");
  await press(page, "break", "break the keys");
  assert.equal(await statusOfMinted(), 401);
  await broken.getByLabel("what is wrong").selectOption("none");
  await press(page, "break", "break the keys");
  assert.equal(await statusOfMinted(), 200);

  await press(page, "client", "add the client");
  await inForce(page, "my-app");
  await page.getByRole("button", { name: "remove my-app" }).click();
  await page.getByRole("button", { name: "remove my-app" }).waitFor({ state: "detached" });
});

browserTest(
  "control page asks once more before it resets the sandbox (issue 16)",
  async ({ page, origin, register }) => {
    await register();
    await page.goto(`${origin}/control`);
    await inForce(page, "Notes for Teams");
    await page.getByRole("button", { name: "reset the sandbox" }).click();
    await page.getByRole("button", { name: "really all of it?" }).waitFor();
    await page.getByLabel("value, as JSON or a word").focus();
    await page.getByRole("button", { name: "reset the sandbox" }).click();
    await inForce(page, "Notes for Teams");
    await page.getByRole("button", { name: "really all of it?" }).click();
    await page.locator("#state").getByText("Notes for Teams").waitFor({ state: "detached" });
  },
);

browserTest("control page of a guarded server takes the token, and keeps it in the tab (issue 16)", async ({
  page,
  origin,
}) => {
  await page.goto(`${origin}/control`);
  await page.getByText("The control token is missing or wrong").waitFor();
  await page.getByLabel("control token").fill("wrong");
  await page.getByRole("button", { name: "use it" }).click();
  await page.getByText("That is not the control token").waitFor();
  await page.getByLabel("control token").fill("secret");
  await page.getByRole("button", { name: "use it" }).click();
  await page.getByRole("button", { name: "set the fault" }).click();
  await inForce(page, "token:503");
  await page.reload();
  await inForce(page, "token:503");
}, { app: { control: { token: "secret" } } });

browserTest("control page without scripts shows what is in force and the commands, and no button (issue 16)", async ({
  page,
  origin,
  register,
}) => {
  await register();
  await page.goto(`${origin}/control`);
  await inForce(page, "Notes for Teams");
  for (const control of await page.locator("button, input, select, textarea").all()) {
    assert.ok(!await control.isVisible());
  }
  await page.locator("summary").first().click();
  assert.match(await page.locator(".shell code").first().innerText(), /^curl -i '/);
}, { javaScriptEnabled: false });

async function inForce(page: Page, text: string): Promise<void> {
  await page.locator("#state").getByText(text).first().waitFor();
}

async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  const response = url.endsWith("/token") ? await fetch(url, { method: "POST" }) : await fetch(url, { headers });
  await response.body?.cancel();
  return response.status;
}

/** Presses a form's button, and waits until it says that it is done. */
async function press(page: Page, kind: string, name: string): Promise<void> {
  const form = page.locator(`form[data-kind=${kind}]`);
  await form.locator(".answer").evaluate((answer) => answer.replaceChildren());
  await form.getByRole("button", { name }).click();
  await form.locator(".answer").getByText("done: 200").waitFor();
}
