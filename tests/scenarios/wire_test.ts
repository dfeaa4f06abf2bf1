/** What faults do to a response, in every combination, and what templates put into headers. */
import assert from "node:assert/strict";
import { knownScenarios } from "../../lib/scenarios/known.ts";
import { standard } from "../../lib/scenarios/catalogue/standard.ts";
import { control, send } from "../control/helpers.ts";
import { assertOAuthError, authorizeQuery, redirectOf, register, testApp } from "../helpers.ts";

/** One value of each member of an edit. */
const members: Readonly<Record<string, unknown>> = {
  headers: { "x-a": "{query.x}", location: null },
  json: { remove: ["issuer"], set: { a: "{query.x}" } },
  location: { state: "{query.x}" },
  body: "{query.x}",
  content_type: "text/plain",
  encode: "form",
  delay_ms: 1,
  drop: true,
  truncate_bytes: 3,
  trickle: { bytes: 1000, every_ms: 1 },
};

const statuses = [undefined, 200, 204, 205, 302, 304, 404, 599];

/** Edits of one member and of each two, as an edit of three does nothing that two of it do not. */
function edits(): readonly Record<string, unknown>[] {
  const names = Object.keys(members);
  return names.flatMap((one, index) =>
    [undefined, ...names.slice(index + 1)].map((two) => ({
      [one]: members[one],
      ...(two === undefined ? {} : { [two]: members[two] }),
    }))
  );
}

/** Answers with a JSON body, a redirect, and none. */
const requests: Readonly<Record<string, (clientId: string) => string>> = {
  server_metadata: () => "/.well-known/oauth-authorization-server?x=%E6%BC%A2%00",
  authorize: (clientId) => `${authorizeQuery(clientId, { auto_approve: "true" })}&x=%E6%BC%A2%00`,
};

Deno.test("an edit of any members, with any status, is answered with the status it asks for, never with 500", async (t) => {
  await using test = await testApp({ sleep: () => Promise.resolve() });
  const { clientId } = await register(test);
  for (const edit of edits()) {
    await t.step(JSON.stringify(edit), async () => {
      for (const status of statuses) {
        for (const [endpoint, path] of Object.entries(requests)) {
          const fault = { match: { endpoint }, edit: { ...edit, ...(status === undefined ? {} : { status }) } };
          await control(test, "DELETE /control/faults");
          await control(test, "POST /control/faults", fault);
          const response = await test.get(path(clientId));
          const asked = status ?? (endpoint === "authorize" ? 302 : 200);
          assert.equal(response.status, "drop" in edit && [204, 205, 304].includes(asked) ? 200 : asked);
          if ("drop" in edit) await assert.rejects(response.text(), /dropped on request/);
          else await response.text().catch((error) => assert.match(String(error), /cut off on request/));
        }
      }
    });
  }
});

Deno.test("an edit that drops a response without a body breaks it off nevertheless", async () => {
  await using test = await testApp();
  await control(test, "POST /control/faults", {
    match: { path: "/oauth/token", method: "OPTIONS" },
    edit: { drop: true },
  });
  const response = await test.fetch("/oauth/token", { method: "OPTIONS" });
  await assert.rejects(response.text(), /dropped on request/);
});

Deno.test("what a template puts into a header is percent-encoded where a header cannot hold it (RFC 9110 5.5)", async (t) => {
  await using test = await testApp();
  const values: Readonly<Record<string, string>> = {
    "plain value": "plain value",
    "漢": "%E6%BC%A2",
    "\0": "%00",
    "a\r\nX-Inj: 1": "a%0D%0AX-Inj: 1",
    "\x7f\x85é": "%7F%C2%85%C3%A9",
    "😀\ud800": "%F0%9F%98%80%EF%BF%BD",
  };
  for (const [value, expected] of Object.entries(values)) {
    await t.step(JSON.stringify(value), async () => {
      const faults = [
        { match: { endpoint: "jwks" }, edit: { headers: { "x-a": "{query.x}", "location": "/{query.x}" } } },
        { match: { endpoint: "userinfo" }, answer: { status: 302, headers: { location: "/{query.x}" } } },
        {
          match: { endpoint: "server_metadata" },
          edit: { json: { set: { a: value } }, headers: { "x-a": "{body.b}" } },
        },
        { match: { endpoint: "server_metadata" }, edit: { headers: { "x-b": "{body.a}" } } },
      ];
      await control(test, "POST /control/faults", faults);
      const query = `?${new URLSearchParams({ x: value })}`;
      const edited = await test.get(`/oauth/jwks${query}`);
      assert.equal(edited.headers.get("x-a"), expected);
      assert.equal(edited.headers.get("location"), `/${expected}`);
      assert.equal((await test.get(`/oauth/userinfo${query}`)).headers.get("location"), `/${expected}`);
      const document = await test.get("/.well-known/oauth-authorization-server");
      assert.equal(document.headers.get("x-b"), expected);
      assert.equal(document.headers.get("x-inj"), null);
    });
  }
});

Deno.test("a template in the parameters of a redirect stays inside its parameter", async () => {
  await using test = await testApp();
  const { clientId } = await register(test);
  await control(test, "POST /control/faults", {
    match: { endpoint: "authorize" },
    edit: { location: { state: "{query.x}" } },
  });
  const response = await test.get(`${authorizeQuery(clientId, { auto_approve: "true" })}&x=%0d%0aa%26code=%E6%BC%A2`);
  assert.equal(redirectOf(response).searchParams.get("state"), "\r\na&code=漢");
});

Deno.test("/s/main is not a sandbox, whatever was requested before: the root is the only address of main", async () => {
  await using test = await testApp();
  for (
    const path of ["/s/main/health", "/s/main", "/s/main~a/health", "/.well-known/oauth-authorization-server/s/main"]
  ) {
    assert.equal((await test.get(path)).status, 404);
    assert.equal((await test.get("/health")).status, 200);
    assert.equal((await test.get(path)).status, 404, `${path}, once the root was used`);
  }
  assert.equal((await test.get("http://main.localhost/health")).status, 200, "a name of this machine like any other");
});

Deno.test("a scenario cannot be named main", async () => {
  assert.throws(() => knownScenarios({ scenarios: [{ ...standard, name: "main" }] }), /cannot be named main/);
  await using test = await testApp();
  const refused = await send(test, "POST /control/scenarios", { name: "main", plan: {} });
  assert.match(await assertOAuthError(refused, 400, "invalid_request"), /a name other than main/);
});
