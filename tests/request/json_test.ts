/** JSON that is nested too deep, or too large as it is stored, is refused wherever it can come in (README, limits). */
import assert from "node:assert/strict";
import { MAX_NESTING } from "../../lib/http/json.ts";
import { bodyEndpoints } from "./body_endpoints.ts";
import { authorizeQuery, json, publicClient, register, testApp } from "../helpers.ts";

/** Levels that V8 reads, writes but cannot read, and cannot write; and more brackets than a parser likes. */
const depths = [MAX_NESTING + 1, 2700, 10_000, 500_000];

function nested(levels: number, open = '{"a":', close = "}"): string {
  return `${open.repeat(levels)}1${close.repeat(levels)}`;
}

Deno.test("every endpoint that reads JSON refuses what is nested deeper than 100 levels (README, limits)", async (t) => {
  await using test = await testApp();
  for (const { method, path, type, headers, maxBytes } of await bodyEndpoints(test)) {
    if (type !== "application/json" || path === "/oauth") continue;
    await t.step(`${method} ${path}`, async () => {
      for (const levels of depths) {
        for (const body of [nested(levels), nested(levels, "[", "]")].filter(({ length }) => length <= maxBytes)) {
          const response = await test.fetch(path, { method, body, headers: { ...headers, "content-type": type } });
          assert.equal(response.status, 400);
          assert.match(await response.text(), /100 levels/);
        }
      }
    });
  }
});

Deno.test("every member that may hold any JSON takes it up to the limit, and what it says can be read (README, limits)", async (t) => {
  const jwk = { kty: "OKP", crv: "Ed25519", x: "AAAA" };
  const cases: readonly (readonly [string, string, number, (value: unknown) => unknown, string])[] = [
    ["POST", "/oauth/register", 4, (zz) => ({ ...publicClient, jwks: { keys: [{ ...jwk, zz }] } }), "/control/clients"],
    ["PATCH", "/control/plan", 3, (x) => ({ mint: { claims: { x } } }), "/control/plan"],
    ["POST", "/control/tokens", 2, (x) => ({ user: "a@b.co", claims: { x } }), "/control/tokens"],
    ["POST", "/control/faults", 4, (x) => ({ match: {}, edit: { json: { set: { x } } } }), "/control/faults"],
    ["POST", "/control/faults", 3, (x) => ({ match: {}, mint: { claims: { x } } }), "/control/faults"],
    ["POST", "/control/users", 2, (x) => ({ email: "a@b.co", password: "p", claims: { x } }), "/control/users"],
    ["POST", "/control/scenarios", 4, (x) => ({ name: "deep", plan: { mint: { claims: { x } } } }), "/health"],
  ];
  for (const [method, path, above, wrap, read] of cases) {
    await t.step(`${method} ${path}`, async () => {
      await using test = await testApp();
      const send = (levels: number): Promise<Response> =>
        test.fetch(path, {
          method,
          body: JSON.stringify(wrap(JSON.parse(nested(levels)))),
          headers: { "content-type": "application/json" },
        });
      const most = await send(MAX_NESTING - above);
      assert(most.ok, `${most.status} ${await most.text()}`);
      assert.equal((await test.get(read)).status, 200);
      assert.equal((await send(MAX_NESTING - above + 1)).status, 400);
    });
  }
});

Deno.test("JSON in a parameter is refused where it is nested too deep: 400, never 500 (README, limits)", async (t) => {
  await using test = await testApp();
  const { clientId } = await register(test);
  const other = await register(test, { token_endpoint_auth_method: "client_secret_post" });
  const segment = (text: string): string => btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  for (const levels of depths.slice(0, 2)) {
    const deep = nested(levels, "[", "]");
    const jwt = `${segment(`{"alg":"EdDSA","typ":${deep},"kid":"x"}`)}.${segment(`{"sub":${deep}}`)}.AAAA`;
    const cases: readonly (readonly [string, number, () => Promise<Response>])[] = [
      [
        "claims of a person",
        302,
        () => test.get(authorizeQuery(clientId, { auto_approve: "true", auto_approve_claims: deep })),
      ],
      ["a client assertion", 401, () =>
        test.postForm("/oauth/token", {
          grant_type: "client_credentials",
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: jwt,
        })],
      ["an access token", 401, () => test.postForm("/oauth", {}, { authorization: `Bearer ${jwt}` })],
      [
        "a DPoP proof",
        400,
        () =>
          test.postForm("/oauth/token", { grant_type: "authorization_code", client_id: clientId, code: "x" }, {
            dpop: jwt,
          }),
      ],
      [
        "a token to look at",
        200,
        () =>
          test.postForm("/oauth/introspect", { client_id: other.clientId, client_secret: other.secret, token: jwt }),
      ],
    ];
    for (const [what, status, ask] of cases) {
      await t.step(`${what}, ${levels} levels`, async () => {
        const response = await ask();
        assert.equal(response.status, status, await response.text());
        if (status === 302) {
          assert.match(response.headers.get("location") ?? "", /error=invalid_request.*100( |%20)levels/);
        }
      });
    }
  }
});

Deno.test("what does not fit into a row is refused with 413, counted as it is stored: two bytes a character (Deno KV limit)", async (t) => {
  const jwk = { kty: "OKP", crv: "Ed25519", x: "AAAA" };
  const fault = (body: string): unknown => ({ match: { endpoint: "jwks" }, answer: { status: 200, body } });
  const cases: readonly (readonly [string, string, readonly number[], (text: string) => unknown])[] = [
    ["POST", "/oauth/register", [400, 413], (zz) => ({ ...publicClient, jwks: { keys: [{ ...jwk, zz }] } })],
    ["PATCH", "/control/plan", [413], (x) => ({ mint: { claims: { x } } })],
    ["POST", "/control/faults", [413], fault],
    ["POST", "/control/faults", [413], (text) => [fault(text.slice(0, 20_000)), fault(text.slice(0, 20_000))]],
    ["POST", "/control/scenarios", [413], (x) => ({ name: "large", plan: { mint: { claims: { x } } } })],
    ["POST", "/control/clients", [400, 413], (client_name) => ({ ...publicClient, client_name })],
    ["POST", "/control/users", [400, 413], (x) => ({ email: "a@b.co", password: "p", claims: { x } })],
  ];
  for (const [method, path, refused, wrap] of cases) {
    for (const character of ["漢", "é", "a"]) {
      await t.step(`${method} ${path} ${character}`, async () => {
        await using test = await testApp();
        for (const length of [33_000, 70_000]) {
          const body = JSON.stringify(wrap(character.repeat(length)));
          const headers = { "content-type": "application/json" };
          const response = await test.fetch(path, { method, body, headers });
          const expected = length === 33_000 && character !== "漢" ? [200, 201, ...refused] : refused;
          assert(
            expected.includes(response.status),
            `${length}: ${response.status} ${JSON.stringify(await json(response))}`,
          );
        }
        assert.equal((await test.get("/health")).status, 200);
      });
    }
  }
});
