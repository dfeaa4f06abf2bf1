/** Ids and secrets of clients: any VSCHAR, wherever one is read (RFC 6749 A.1, A.2). */
import assert from "node:assert/strict";
import { control, listOf, send } from "../control/helpers.ts";
import {
  assertOAuthError,
  callOauth,
  claimsOf,
  codeFields,
  getCode,
  json,
  redirectUri,
  register,
  type TestApp,
  testApp,
  text,
} from "../helpers.ts";

const all = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index)).join("");
const texts = ["my app", " ", " lead", "trail ", "a  b", "a+b", "a%20b", "a:b", "a/b", "$&", "__proto__", all] as const;

/** Form-encodes as a client does before it puts id and secret together (RFC 6749 2.3.1, B). */
function formEncode(value: string): string {
  return new URLSearchParams({ x: value }).toString().slice(2);
}

function basic(clientId: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${btoa(`${formEncode(clientId)}:${formEncode(secret)}`)}` };
}

async function redeem(test: TestApp, clientId: string, secret: string, method: string): Promise<Response> {
  const { client_id: _, ...fields } = codeFields(clientId, await getCode(test, clientId));
  return method === "client_secret_basic"
    ? await test.postForm("/oauth/token", fields, basic(clientId, secret))
    : await test.postForm("/oauth/token", { ...fields, client_id: clientId, client_secret: secret });
}

for (const method of ["client_secret_basic", "client_secret_post"]) {
  Deno.test(`client_id and client_secret may hold any VSCHAR with ${method} (RFC 6749 A.1, A.2)`, async (t) => {
    await using test = await testApp();
    for (const [index, client_id] of texts.entries()) {
      const client_secret = texts[(index + 1) % texts.length] ?? "";
      await t.step(JSON.stringify([client_id, client_secret]).slice(0, 60), async () => {
        const client = { client_id, client_secret, redirect_uris: [redirectUri], token_endpoint_auth_method: method };
        const [made] = listOf(await control(test, "POST /control/clients", client), "clients");
        assert.deepEqual([made?.client_id, made?.client_secret], [client_id, client_secret]);
        const tokens = await json(await redeem(test, client_id, client_secret, method));
        const token = text(tokens, "access_token");
        assert.equal(claimsOf(token).client_id, client_id);
        await assertOAuthError(await redeem(test, client_id, `${client_secret} `, method), 401, "invalid_client");
        const mint = await control(test, "POST /control/tokens", { client_id });
        assert.equal(claimsOf(text(mint, "access_token")).client_id, client_id);
        await control(test, "POST /control/tokens/revoke", { client_id });
        assert.equal((await callOauth(test, token)).status, 401);
        const removed = await control(test, `DELETE /control/clients/${encodeURIComponent(client_id)}`);
        assert.equal(removed.client_id, client_id);
      });
    }
  });
}

Deno.test("a client of a scenario may hold any VSCHAR, and a fault finds it by its id (RFC 6749 A.1, A.2)", async () => {
  const client = {
    client_id: all,
    client_secret: "two words",
    token_endpoint_auth_method: "client_secret_basic",
    grant_types: ["client_credentials"],
  };
  await using test = await testApp();
  const fault = { name: "down", match: { endpoint: "token", client_id: all }, answer: { status: 503 }, nth: 2 };
  const [made = {}] = listOf(
    await control(test, "POST /control/scenarios", { name: "spaces", plan: { faults: [fault] }, clients: [client] }),
    "scenarios",
  );
  const ask = async (): Promise<number> => {
    const fields = { grant_type: "client_credentials", client_id: all };
    const response = await test.postForm(`${text(made, "url")}/oauth/token`, fields, basic(all, "two words"));
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual([await ask(), await ask()], [200, 503]);
});

Deno.test("what is not VSCHAR is refused in words that name the paragraphs (RFC 6749 A.1, A.2)", async (t) => {
  await using test = await testApp();
  for (const wrong of ["", "tab\t", "é", "a\u0000b", "x".repeat(1025)]) {
    for (const member of ["client_id", "client_secret"]) {
      await t.step(`${member} ${JSON.stringify(wrong).slice(0, 20)}`, async () => {
        const body = { redirect_uris: [redirectUri], [member]: wrong };
        const description = await assertOAuthError(
          await send(test, "POST /control/clients", body),
          400,
          "invalid_request",
        );
        assert.match(description, /expected 1 to 1024 printable ASCII characters, spaces included \(RFC 6749 A\.1/);
      });
    }
  }
});

Deno.test("a registration says where it is managed so that its id comes back as it is (RFC 7592 3)", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const body = await json(await test.postJson("/oauth/register", { redirect_uris: [redirectUri] }));
  const uri = text(body, "registration_client_uri");
  assert.equal(decodeURIComponent(uri.slice(uri.lastIndexOf("/") + 1)), body.client_id);
  assert.notEqual(clientId, body.client_id);
});
