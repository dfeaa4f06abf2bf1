/** The fixture with a socket, for clients that cannot be given a fetch. */
import assert from "node:assert/strict";
import { startMockServer } from "../../main.ts";

Deno.test("startMockServer listens where it is asked to, serves what fetch serves, and stops listening (README)", async () => {
  const mock = await startMockServer({ port: 0 });
  const { hostname, port } = new URL(mock.url);
  assert.equal(hostname, "127.0.0.1");
  assert(Number(port) > 0);
  const [outside, inside] = await Promise.all([fetch(`${mock.url}/oauth/jwks`), mock.fetch("/oauth/jwks")]);
  assert.deepEqual(await outside.json(), await inside.json());
  const token = await mock.token({ scope: "openid" });
  const answer = await fetch(`${mock.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  await answer.body?.cancel();
  assert.equal(answer.status, 200);
  const own = await mock.openOrigin("no-prm");
  assert.match(own, /^http:\/\/127\.0\.0\.1:\d+$/);
  const challenged = await fetch(`${own}/oauth`, { method: "POST" });
  await challenged.body?.cancel();
  assert.equal(challenged.status, 401);
  const inPort = await mock.fetch(`${own}/.well-known/oauth-authorization-server`);
  assert.equal((await inPort.json()).issuer, own);
  const asked = mock.authorize(`${own}/oauth/authorize?client_id=nobody`);
  await assert.rejects(asked, /mock\.authorize: .* 400 client_id is not registered/);
  await mock[Symbol.asyncDispose]();
  for (const url of [mock.url, own]) await assert.rejects(fetch(`${url}/health`), TypeError);
});
