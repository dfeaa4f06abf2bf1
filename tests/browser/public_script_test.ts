/** A public server attacked by the owner of a sandbox, with a real browser as the victim. */
import assert from "node:assert/strict";
import { browserTest } from "./browser.ts";

const own = "/s/standard~attacker-own-secret-label-1";
const worker = `self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));
self.addEventListener("fetch", (event) => event.respondWith(new Response("PWNED")));`;
const page = `<!doctype html><body><script>document.title = "RAN";
navigator.serviceWorker.register("${own}/oauth/userinfo", { scope: "/" })</script>`;

/** What the attacker's sandbox answers: a page that installs a service worker, and the worker. */
const faults = [
  {
    match: { endpoint: "jwks" },
    life: "always",
    answer: { status: 200, headers: { "content-type": "text/html" }, body: page },
  },
  {
    match: { endpoint: "userinfo" },
    life: "always",
    answer: {
      status: 200,
      headers: { "content-type": "text/javascript", "service-worker-allowed": "/" },
      body: worker,
    },
  },
];

browserTest("a sandbox's owner puts neither a page nor a service worker on a public origin (README, host it)", async ({
  page,
  origin,
  expectRefusals,
  takeNoise,
}) => {
  const made = await fetch(`${origin}${own}/control/faults`, { method: "POST", body: JSON.stringify(faults) });
  assert.equal(made.status, 200, await made.text());
  // It is there for whoever reads it, as a client does.
  const read = await fetch(`${origin}${own}/oauth/jwks`);
  assert.match(await read.text(), /serviceWorker/);

  expectRefusals(`403 ${own}/oauth/jwks`);
  await page.goto(`${origin}${own}/oauth/jwks`);
  assert.match(await page.content(), /A fault of this sandbox has written this answer/);
  assert.notEqual(await page.title(), "RAN");
  // Not even by a script of our own pages, which an attacker has not.
  const registered = await page.evaluate(
    `navigator.serviceWorker.register("${own}/oauth/userinfo", { scope: "/" }).then(() => "installed", String)`,
  );
  assert.match(String(registered), /SecurityError|TypeError/);
  assert.equal(await page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)"), 0);
  // What the browser logged of the worker that it was not given.
  await takeNoise();
  for (const path of ["/guide", "/s/standard~victims-other-label-xx/oauth/device/verify"]) {
    await page.goto(origin + path);
    assert.doesNotMatch(await page.content(), /PWNED/, path);
    assert.match(await page.content(), /Everything here is fake/, path);
  }
}, { app: { public: true } });

browserTest("a login on a public server goes on through the redirects that faults alter (README, host it)", async ({
  page,
  origin,
}) => {
  const made = await fetch(`${origin}/s/state-wrong/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ redirect_uris: [`${origin}/guide`], token_endpoint_auth_method: "none" }),
  });
  const { client_id: clientId } = Object(await made.json());
  const query = new URLSearchParams({
    response_type: "code",
    client_id: String(clientId),
    redirect_uri: `${origin}/guide`,
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
    state: "xyz",
  });
  await page.goto(`${origin}/s/state-wrong/oauth/authorize?${query}`);
  await page.getByRole("button", { name: "approve with a generated user" }).click();
  await page.waitForURL(/\/guide\?code=.*state=not-xyz/);
}, { app: { public: true } });
