/** The two pages between a person and a client that is not a browser's: the device's, and the form that carries an answer. */
import assert from "node:assert/strict";
import { browserTest } from "./browser.ts";
import { authorizeUrl, logIn, startDevice } from "./walk.ts";

browserTest("device page takes the code in any case, and logs a person in without scripts (RFC 8628 3.3, 6.1)", async ({
  page,
  origin,
  register,
}) => {
  const code = new URL(await startDevice(origin, register)).searchParams.get("user_code") ?? "";
  await page.goto(`${origin}/oauth/device/verify`);
  await page.getByLabel("the code on your device").fill(code.toLowerCase().replace("-", " "));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Television wants access" }).waitFor();
  await logIn(page, "ada@example.com", "lovelace");
  await page.getByRole("heading", { name: "your device is connected" }).waitFor();
}, { javaScriptEnabled: false });

browserTest("device page refuses a wrong password in place, and a denial is final (RFC 8628 3.3, WCAG 3.3.1)", async ({
  page,
  origin,
  register,
  expectRefusals,
}) => {
  await page.goto(await startDevice(origin, register));
  await logIn(page, "ada@example.com", "lovelace");
  await page.getByRole("heading", { name: "your device is connected" }).waitFor();
  expectRefusals("401 /oauth/device/verify", "400 /oauth/device/verify");
  const url = await startDevice(origin, register);
  await page.goto(url);
  await logIn(page, "ada@example.com", "byron");
  await page.getByRole("alert").getByText("Invalid password").waitFor();
  assert.equal(await page.getByLabel("e-mail").inputValue(), "ada@example.com", "need not be typed again");
  await page.getByRole("button", { name: "deny access" }).click();
  await page.getByRole("heading", { name: "your device was refused" }).waitFor();
  await page.goto(url);
  await page.getByRole("alert").getByText("This code is unknown").waitFor();
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "by itself" : "by its button where scripts are off";
  browserTest(`form_post page posts the answer to the client ${how} (OAuth Form Post Response Mode 2)`, async ({
    page,
    origin,
    register,
    expectRefusals,
  }) => {
    // Nobody takes a POST there; what counts is what was sent.
    expectRefusals("405 /health");
    const redirect_uri = `${origin}/health`;
    const clientId = await register({ redirect_uris: [redirect_uri] });
    const posted = page.waitForRequest((request) => request.method() === "POST" && request.url() === redirect_uri);
    const more = { response_mode: "form_post", auto_approve: "true", redirect_uri };
    await page.goto(authorizeUrl(origin, clientId, more), { waitUntil: "commit" });
    if (!javaScriptEnabled) await page.getByRole("button", { name: "continue" }).click();
    const sent = new URLSearchParams((await posted).postData() ?? "");
    assert.deepEqual([...sent.keys()].sort(), ["code", "iss", "state"]);
    assert.deepEqual([sent.get("iss"), sent.get("state")], [origin, "xyz"]);
    await page.waitForURL(redirect_uri);
  }, { javaScriptEnabled });
}
