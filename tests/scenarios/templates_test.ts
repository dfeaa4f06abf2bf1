/** The templates of faults: each is filled wherever it stands, each is documented, and no other is taken. */
import assert from "node:assert/strict";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { messageTemplates, type TemplateName, templates } from "../../lib/scenarios/templates.ts";
import { describeScenario, parseScenario } from "../../lib/scenarios/schema/scenario_schema.ts";
import { control, send } from "../control/helpers.ts";
import {
  assertOAuthError,
  authorizeQuery,
  json,
  origin,
  redirectOf,
  register,
  type TestApp,
  testApp,
} from "../helpers.ts";

/** What each stands for in a request to `/no-auth`, in a sandbox of a scenario with one authorization server. */
const prefix = "/s/standard~t";
const base = origin + prefix;
const values: Readonly<Record<TemplateName, string>> = {
  issuer: base,
  second_issuer: base,
  origin,
  other_origin: "http://127.0.0.1:8789",
  canary_url: `${base}/canary`,
  other_canary_url: `http://127.0.0.1:8789${prefix}/canary`,
  host: "localhost:8789",
  prefix,
  path: `${prefix}/no-auth`,
  mcp_url: `${base}/oauth`,
  resource_metadata_url: `${origin}/.well-known/oauth-protected-resource${prefix}/oauth`,
  custom_resource_metadata_url: `${base}/custom/metadata/location.json`,
  authorize_url: `${base}/oauth/authorize`,
  token_url: `${base}/oauth/token`,
  register_url: `${base}/oauth/register`,
  jwks_url: `${base}/oauth/jwks`,
  revoke_url: `${base}/oauth/revoke`,
  introspect_url: `${base}/oauth/introspect`,
  userinfo_url: `${base}/oauth/userinfo`,
  par_url: `${base}/oauth/par`,
  device_url: `${base}/oauth/device`,
  rpc_id: "77",
  rpc_id_text: "77",
};
const names = Object.keys(templates);

/** Where a text of a fault may stand, and the parts of a message that it may name there. */
const places: readonly {
  readonly name: string;
  readonly put: (text: string) => object;
  readonly parts: readonly string[];
}[] = [
  { name: "answer.body", put: (body) => ({ answer: { status: 200, body } }), parts: ["query", "message"] },
  {
    name: "answer.body",
    put: (text) => ({ answer: { status: 200, body: { a: [text] } } }),
    parts: ["query", "message"],
  },
  {
    name: "answer.headers",
    put: (text) => ({ answer: { status: 200, headers: { "x-a": text } } }),
    parts: ["query", "message"],
  },
  {
    name: "edit.headers",
    put: (text) => ({ edit: { headers: { "x-a": text } } }),
    parts: ["query", "message", "body"],
  },
  { name: "edit.json.set", put: (a) => ({ edit: { json: { set: { a } } } }), parts: ["query", "message", "body"] },
  { name: "edit.body", put: (body) => ({ edit: { body } }), parts: ["query", "message", "body"] },
  { name: "edit.content_type", put: (text) => ({ edit: { content_type: text } }), parts: ["query", "message", "body"] },
  {
    name: "edit.stream.before",
    put: (text) => ({ edit: { stream: { before: [{ message: { a: text } }] } } }),
    parts: ["query", "message", "event"],
  },
  {
    name: "edit.stream.fields",
    put: (id) => ({ edit: { stream: { fields: { id } } } }),
    parts: ["query", "message", "event"],
  },
  {
    name: "edit.location",
    put: (a) => ({ edit: { location: { a } } }),
    parts: ["query", "message", "body", "location"],
  },
];

function ping(test: TestApp, id: unknown, query = ""): Promise<Response> {
  return test.fetch(`${prefix}/no-auth${query}`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id, method: "ping" }),
  });
}

/** Sets a fault for every request to an MCP endpoint; no match looks into the message. */
async function play(test: TestApp, effect: object): Promise<void> {
  await control(test, `POST ${prefix}/control/faults`, { match: { endpoint: "open_mcp" }, ...effect });
}

Deno.test("every template is filled in a text, in JSON and in a header, also where no match needs the message", async (t) => {
  await using test = await testApp();
  for (const [name, value] of Object.entries(values)) {
    await t.step(name, async () => {
      await play(test, { answer: { status: 200, headers: { "x-a": `<{${name}}>` }, body: `<{${name}}>` } });
      const answered = await ping(test, 77);
      assert.deepEqual([answered.headers.get("x-a"), await answered.text()], [`<${value}>`, `<${value}>`]);
      await play(test, { answer: { status: 200, body: { a: `{${name}}`, b: [`<{${name}}>`] } } });
      assert.deepEqual(await json(await ping(test, 77)), { a: name === "rpc_id" ? 77 : value, b: [`<${value}>`] });
      await play(test, {
        edit: { headers: { "x-a": `{${name}}` }, json: { set: { a: `<{${name}}>` } }, content_type: `text/{${name}}` },
      });
      const edited = await ping(test, 77);
      assert.deepEqual([edited.headers.get("x-a"), edited.headers.get("content-type")], [value, `text/${value}`]);
      assert.equal(JSON.parse(await edited.text()).a, `<${value}>`);
      await play(test, { edit: { body: `<{${name}}>` } });
      assert.equal(await (await ping(test, 77)).text(), `<${value}>`);
    });
  }
});

Deno.test("{rpc_id} is the id as JSON, {rpc_id_text} the id as text, and null where there is none (JSON-RPC 5)", async () => {
  await using test = await testApp();
  const cases: readonly (readonly [unknown, unknown, unknown])[] = [
    [77, 77, "77"],
    ["a", "a", "a"],
    ["7", "7", "7"],
    [undefined, null, ""],
    [{}, null, ""],
  ];
  const body = '{"jsonrpc":"2.0","id":{rpc_id},"text":"{rpc_id_text}","kept":"{{rpc_id}}"}';
  for (const [id, asJson, asText] of cases) {
    await play(test, { answer: { status: 200, body } });
    const told = JSON.parse(await (await ping(test, id)).text());
    assert.deepEqual([told.id, told.text, told.kept], [asJson, asText, "{rpc_id}"], JSON.stringify(id));
    await play(test, { answer: { status: 200, body: { id: "{rpc_id}", text: "{rpc_id_text}" } } });
    assert.deepEqual(await json(await ping(test, id)), { id: asJson, text: asText });
  }
});

Deno.test("a template of a part that the message does not have is empty, and one that it has is filled", async () => {
  await using test = await testApp();
  await play(test, {
    answer: { status: 200, headers: { "x-a": "<{query.x}{query.y}>" }, body: "<{query.x}{query.y}>" },
  });
  const answered = await ping(test, 1, "?x=1");
  assert.deepEqual([answered.headers.get("x-a"), await answered.text()], ["<1>", "<1>"]);
  await play(test, { edit: { headers: { "x-a": "<{body.jsonrpc}{body.y}>" }, json: { set: { a: "{body.id}" } } } });
  const edited = await ping(test, 1);
  assert.equal(edited.headers.get("x-a"), "<2.0>");
  assert.equal((await json(edited)).a, 1, "a number stays a number");
  await play(test, { edit: { content_type: "text/{body.jsonrpc}" } });
  assert.equal((await ping(test, 1)).headers.get("content-type"), "text/2.0");
  const { clientId } = await register(test);
  await control(test, "POST /control/faults", {
    match: { endpoint: "authorize" },
    edit: { location: { a: "<{location.state}{location.y}>" } },
  });
  const response = await test.get(authorizeQuery(clientId, { auto_approve: "true" }));
  assert.equal(redirectOf(response).searchParams.get("a"), "<xyz>");
});

Deno.test("a fault or a scenario with an unknown template is refused, naming it and those there are", async (t) => {
  await using test = await testApp();
  for (const { name, put, parts } of places) {
    await t.step(name, async () => {
      const others = Object.keys(messageTemplates).filter((part) => !parts.includes(part));
      for (const unknown of ["rpcid", "RPC_ID", "issuer_url", "queries.x", "query", ...others.map((it) => `${it}.x`)]) {
        const fault = { match: {}, ...put(`{issuer} {${unknown}}`) };
        const refused = await assertOAuthError(await send(test, "POST /control/faults", fault), 400, "invalid_request");
        assert(refused.includes(name) && refused.includes(`{${unknown}} is not one`), refused);
        for (const known of [...names, ...parts.map((part) => `${part}.name`)]) {
          assert(refused.includes(`{${known}}`), `${known} in ${refused}`);
        }
        const scenario = { name: "mine", plan: { faults: [{ name: "a", ...fault }] } };
        const told = await assertOAuthError(
          await send(test, "POST /control/scenarios", scenario),
          400,
          "invalid_request",
        );
        assert(told.includes(`{${unknown}} is not one`), told);
      }
      for (const known of [...names, "{anything}", ...parts.map((part) => `${part}.x`)]) {
        await control(test, "DELETE /control/faults");
        await control(test, "POST /control/faults", { match: {}, ...put(`{${known}}`) });
      }
    });
  }
});

Deno.test("every scenario of the catalogue holds known templates alone", () => {
  for (const { official: _, ...scenario } of catalogue) {
    if (scenario.name !== "main") parseScenario({ ...describeScenario(scenario), group: "Custom" });
  }
});

Deno.test("GET /control/openapi.json lists every template", async () => {
  await using test = await testApp();
  const api = await (await test.get("/control/openapi.json")).text();
  for (const name of [...names, ...Object.keys(messageTemplates).map((part) => `${part}.name`)]) {
    assert(api.includes(`{${name}}`), name);
  }
});
