/** The consent page in a real browser: the ways in, the way out, and what clients and people write into it. */
import assert from "node:assert/strict";
import { browserTest } from "./browser.ts";
import { authorizeUrl, logIn } from "./walk.ts";

const attack = `"><script>alert('x')</script><img src=x onerror=alert(1)>`;

browserTest("consent page logs in, and a new e-mail address creates the user (issue 4)", async ({
  page,
  origin,
  register,
}) => {
  const clientId = await register();
  await page.goto(authorizeUrl(origin, clientId));
  await logIn(page, "ada@example.com", "lovelace");
  await page.waitForURL(`${origin}/guide`);
});

browserTest("consent page logs a declared user in by one click (issue 16)", async ({ page, origin, register }) => {
  const clientId = await register({ redirect_uris: [`${origin}/health`] });
  await page.goto(authorizeUrl(origin, clientId, { redirect_uri: `${origin}/health` }));
  await page.getByRole("button", { name: "Ada Lovelace ada@example.com" }).click();
  await page.waitForURL(/\/health\?code=/);
}, { app: { users: [{ email: "ada@example.com", password: "x", name: "Ada Lovelace" }] }, javaScriptEnabled: false });

browserTest("consent page shows what was wrong beside the field, which has the focus (issue 16, WCAG 3.3.1)", async ({
  page,
  origin,
  register,
  expectRefusals,
}) => {
  const url = authorizeUrl(origin, await register());
  await page.goto(url);
  await logIn(page, "ada@example.com", "lovelace");
  await page.waitForURL(`${origin}/guide`);
  expectRefusals("401 /oauth/authorize");
  await page.goto(url);
  await logIn(page, "ada@example.com", "byron");
  await page.getByRole("alert").getByText("Invalid password").waitFor();
  await page.locator("#password:focus").waitFor();
  const [alert, field] = await Promise.all(
    [page.getByRole("alert"), page.locator("#password")].map((found) => found.boundingBox()),
  );
  const apart = (field?.y ?? NaN) - (alert?.y ?? NaN);
  assert.ok(apart > 0 && apart < 350, `the field is ${apart} px below the message`);
}, { viewport: { width: 390, height: 844 } });

browserTest("consent page refuses a wrong password in place, and takes the right one (WCAG 3.3.1)", async ({
  page,
  origin,
  register,
  expectRefusals,
}) => {
  const clientId = await register({ redirect_uris: [`${origin}/health`] });
  const url = authorizeUrl(origin, clientId, { redirect_uri: `${origin}/health` });
  expectRefusals("401 /oauth/authorize");
  await page.goto(url);
  await logIn(page, "ada@example.com", "lovelace");
  await page.waitForURL(/\/health\?code=/);
  await page.goto(url);
  await logIn(page, "ada@example.com", "byron");
  await page.getByRole("alert").getByText("Invalid password").waitFor();
  assert.equal(await page.getByLabel("e-mail").inputValue(), "ada@example.com", "need not be typed again");
  assert.equal(await page.getByLabel("password", { exact: true }).inputValue(), "");
  await page.getByLabel("password", { exact: true }).fill("lovelace");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/health\?code=.*&state=xyz&iss=/);
});

browserTest("consent page sends a denial back to the client (RFC 6749 4.1.2.1)", async ({ page, origin, register }) => {
  const clientId = await register({ redirect_uris: [`${origin}/health`] });
  await page.goto(authorizeUrl(origin, clientId, { redirect_uri: `${origin}/health` }));
  await page.getByRole("button", { name: "deny access" }).click();
  await page.waitForURL(/\/health\?error=access_denied&.*state=xyz/);
});

browserTest("consent page works with scripts off (issue 4)", async ({ page, origin, register }) => {
  const clientId = await register({ redirect_uris: [`${origin}/health`] });
  await page.goto(authorizeUrl(origin, clientId, { redirect_uri: `${origin}/health` }));
  await page.locator("#auto-expires-in").fill("60");
  await page.getByRole("button", { name: "approve with a generated user" }).click();
  await page.waitForURL(/\/health\?code=/);
}, { javaScriptEnabled: false });

browserTest("consent page is walked by keyboard in the order it is read (WCAG 2.4.3)", async ({
  page,
  origin,
  register,
}) => {
  await page.goto(authorizeUrl(origin, await register()));
  await page.getByLabel("token lifetime in seconds").first().focus();
  const order: string[] = [];
  for (let press = 0; press < 6; press++) {
    await page.keyboard.press("Tab");
    order.push(String(await page.evaluate("document.activeElement.id || document.activeElement.innerText")));
  }
  assert.deepEqual(order, [
    "approve with a generated user",
    "email",
    "password",
    "login-expires-in",
    "log in and approve",
    "deny access",
  ]);
});

browserTest("consent page loads a client's logo, and nothing else from another host (issue 4)", async ({
  page,
  origin,
  register,
  takeNoise,
}) => {
  const logo = "https://client.example/logo.png";
  await page.goto(authorizeUrl(origin, await register({ logo_uri: logo })));
  assert.deepEqual((await takeNoise()).toSorted(), [
    `another host: ${logo}`,
    "console error: Failed to load resource: net::ERR_NAME_NOT_RESOLVED",
  ]);
});

browserTest("consent page shows an attack by a client or a person as text (issue 4)", async ({
  page,
  origin,
  register,
  expectRefusals,
}) => {
  const callback = `${origin}/guide?x=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&y='onerror='alert(1)`;
  const clientId = await register({ client_name: attack, redirect_uris: [callback] });
  const scope = `<script>alert(1)</script> 'onload='alert(1)`;
  await page.goto(authorizeUrl(origin, clientId, { state: attack, scope, redirect_uri: callback }));
  assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), `${attack} wants access`);
  assert.deepEqual(await page.locator(".chips li").allInnerTexts(), scope.split(" "));
  assert.ok((await page.locator(".facts").innerText()).includes(callback));

  expectRefusals("400 /oauth/authorize", "400 /oauth/authorize");
  // A browser would not send such an address by itself.
  await page.evaluate("for (const form of document.forms) form.noValidate = true");
  await logIn(page, attack, "");
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("e-mail").inputValue(), attack);

  await page.goto(authorizeUrl(origin, clientId, { redirect_uri: `https://x.example/${attack}` }));
  assert.ok((await page.locator(".facts").innerText()).includes(`https://x.example/${attack}`));
  assert.equal(await page.locator("main script, main img").count(), 0);
});

browserTest("guide shows what comes back in the URL as text (issue 4)", async ({
  page,
  origin,
  register,
  takeNoise,
  expectRefusals,
}) => {
  await register();
  expectRefusals("401 /oauth");
  await page.goto(`${origin}/guide?error=${encodeURIComponent(attack)}&state=${encodeURIComponent(attack)}`);
  await page.getByText("An answer arrived that this page did not ask for").waitFor();
  await page.getByRole("button", { name: "discover" }).click();
  await page.getByRole("button", { name: "register" }).click();
  await page.locator("#step-3[data-state=open]").waitFor();
  // As if the browser had gone to the server, and an attacker had written the answer.
  await page.locator("#authorize-redirect_uri").fill(`${origin}/health`);
  await page.locator("#authorize-submit").click();
  await page.locator(".facts").waitFor();
  expectRefusals("400 /oauth/authorize");
  const answer = new URLSearchParams({ error: attack, error_description: attack, state: attack, iss: attack });
  await page.goto(`${origin}/guide?${answer}`);
  await page.locator("#step-3 .stop").waitFor();
  assert.ok((await page.locator("#step-3 .checks").innerText()).includes(`the server says ${attack}: ${attack}`));
  assert.equal(await page.locator("main script, main img").count(), 0);
  assert.deepEqual(await takeNoise(), []);
});
