/** The description of the control API is held against the API: every row, every example, every answer. */
import assert from "node:assert/strict";
import { z } from "zod";
import { errorAnswer, type Operation } from "../../lib/control/operation.ts";
import { operations } from "../../lib/control/operations.ts";
import { documents } from "../../routes/control/openapi.ts";
import { type ControlEndpointName, controlEndpoints } from "../../lib/http/endpoints.ts";
import { controlPaths } from "../../lib/http/urls.ts";
import { runDouble } from "../interop/double/double.ts";
import { beginSession } from "../mcp/helpers.ts";
import { control, listOf, send } from "./helpers.ts";
import { assertOAuthError, json, testApp } from "../helpers.ts";

const operation = z.object({
  operationId: z.string(),
  summary: z.string().min(10),
  parameters: z.array(
    z.object({ name: z.string(), in: z.enum(["path", "query"]), required: z.literal(true).optional() }),
  ).optional(),
  requestBody: z.object({
    content: z.object({
      "application/json": z.object({ schema: z.record(z.string(), z.unknown()), example: z.unknown().optional() }),
    }),
  }).optional(),
  responses: z.record(z.string(), z.unknown()),
});
const document = z.object({
  openapi: z.literal("3.1.1"),
  servers: z.array(z.object({ url: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
});

const described: Readonly<Record<ControlEndpointName, Operation>> = { ...operations, ...documents };

Deno.test("GET /control/openapi.json describes every row of the control API, and no other (OpenAPI 3.1)", async () => {
  await using test = await testApp();
  const { paths, servers } = document.parse(await control(test, "GET /s/standard~doc/control/openapi.json"));
  assert.deepEqual(servers, [{ url: "http://localhost:8789/s/standard~doc" }]);
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `control_${operationId} ${method.toUpperCase()} ${path}`)
  );
  const rows = controlEndpoints.map(({ name, method, path }) => `${name} ${method} ${path.replace(/:(\w+)/, "{$1}")}`);
  const read = [
    "control_report GET /control/report",
    "control_exchanges GET /control/exchanges",
    "control_clear_exchanges DELETE /control/exchanges",
    "control_judge POST /control/judge",
    "control_run GET /control/runs/{run}",
  ];
  assert.deepEqual(described.sort(), [...rows, ...read].sort());
  const changed = Object.entries(paths).filter(([path]) => !read.some((row) => row.endsWith(` ${path}`)));
  for (const [path, methods] of changed) {
    const response = await test.fetch(path.replace(/\{\w+\}/, "x"), { method: "OPTIONS" });
    const allow = response.headers.get("allow")?.split(", ").filter((name) => !["HEAD", "OPTIONS"].includes(name));
    assert.deepEqual(allow, Object.keys(methods).map((name) => name.toUpperCase()).sort(), path);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters = [] } of Object.values(methods)) {
      assert.deepEqual(parameters.filter((one) => one.in === "path").map(({ name }) => name), named, path);
    }
  }
  assert.deepEqual(new Set(controlEndpoints.map(({ path }) => path)), new Set(Object.values(controlPaths)));
});

Deno.test("every example of the control API's description is what its schema asks for, and works", async (t) => {
  for (const { name, method, path } of controlEndpoints) {
    const { input, example, answer: shape } = described[name];
    if (!input) continue;
    await t.step(name, async () => {
      await using test = await testApp({
        openPort: () => ({ port: 40_000, protocol: "http", close: () => Promise.resolve() }),
      });
      assert(example !== undefined, `${name} takes a body and has no example`);
      assert.equal(input.schema.safeParse(example).success, true);
      const answer = await control(test, `${method} ${path}`, example);
      const parsed = shape.safeParse(answer);
      assert.equal(parsed.success, true, JSON.stringify(parsed.error?.issues));
    });
  }
});

Deno.test("every endpoint of the control API that takes no body answers in its shape, also below a sandbox", async (t) => {
  await using test = await testApp();
  await control(test, "POST /control/faults", { ...Object(operations.control_add_faults.example), name: "down" });
  await control(test, "POST /control/users", operations.control_declare_users.example);
  await control(test, "POST /control/clients", operations.control_add_clients.example);
  await control(test, "POST /control/tokens", operations.control_mint_token.example);
  await beginSession((_, init) => test.fetch("/no-auth", init));
  const [{ session } = {}] = listOf(await control(test, "GET /control/sessions"), "sessions");
  const parameters: Record<string, string> = {
    ":name": "down",
    ":email": "ada@example.com",
    ":client_id": "my-app",
    ":session": String(session),
  };
  const bare = controlEndpoints.filter(({ name }) => !described[name].input);
  for (const { name, method, path } of bare.toSorted(({ method }) => method === "DELETE" ? 1 : -1)) {
    if (path === controlPaths.faults && method === "DELETE") continue;
    await t.step(name, async () => {
      const answer = await control(test, `${method} ${path.replace(/:\w+/, (part) => parameters[part] ?? part)}`);
      const parsed = described[name].answer.safeParse(answer);
      assert.equal(parsed.success, true, JSON.stringify(parsed.error?.issues));
    });
  }
});

Deno.test("GET /control lists what can be done, with links", async () => {
  await using test = await testApp();
  const index = await control(test, "GET /s/standard~here/control");
  assert.equal(index.sandbox, "standard~here");
  const links = listOf(index, "links");
  assert.equal(links.length, controlEndpoints.length);
  assert.equal(links[0]?.href, "http://localhost:8789/s/standard~here/control");
  for (const { href, method } of links) {
    assert(typeof href === "string");
    if (method === "GET" && !href.includes("{")) assert.equal((await test.get(href)).status, 200, href);
  }
});

Deno.test("a control request that is wrong is told which member, what arrived and what is accepted", async (t) => {
  await using test = await testApp();
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    [
      "POST /control/clock",
      { advance: 5 },
      /^the body is .*received '\{'advance':5\}'; expected \{'advance_seconds': 60\}/,
    ],
    [
      "POST /control/faults",
      { match: { endpoint: "tokens" }, edit: { drop: true } },
      /match\.endpoint .*'tokens'.*token/,
    ],
    ["POST /control/faults", { match: {} }, /at least one of answer, edit, policy, mint/],
    [
      "POST /control/faults",
      [{ match: {}, edit: { drop: true } }, { match: {}, edits: {} }],
      /^1\.edits is not a known member.*edit/,
    ],
    ["POST /control/faults", { match: {}, edit: { status: 99 } }, /^edit\.status .*'99'.*200/],
    [
      "POST /control/faults",
      { match: {}, policy: { sendIss: false } },
      /^policy\.sendIss is not a known member.*send_iss/,
    ],
    ["POST /control/faults", "token:nothing", /^fault cannot be read; received 'token:nothing'/],
    ["POST /control/faults", { match: {}, edit: { drop: true }, life: "soon" }, /^life .*'soon'.*'next', 'always'/],
    [
      "PATCH /control/plan",
      { policy: { send_iss: "no" } },
      /^policy\.send_iss .*received 'the string no'; expected a boolean, true or false/,
    ],
    ["PATCH /control/plan", { policy: { sends_iss: null } }, /^policy\.sends_iss is not a known member.*send_iss/],
    ["POST /control/users", { email: "x", password: "y" }, /^email .*received 'x'/],
    ["POST /control/tokens", { user: 5 }, /^user .*'5'.*e-mail address/],
    ["POST /control/tokens/revoke", { all: false }, /expected one of .*session_id/],
    ["POST /control/reset", { a: 1 }, /^a is not a known member; expected no members$/],
    ["POST /control/keys/break", { how: "well" }, /^how .*'well'.*wrong_signature, foreign_key/],
    ["POST /control/clients", { client_id: "https://a.example/c", redirect_uris: ["http://localhost/"] }, /^client_id/],
  ];
  for (const [line, body, expected] of cases) {
    await t.step(`${line} ${JSON.stringify(body)}`, async () => {
      const response = await send(test, line, body);
      assert.equal(errorAnswer.safeParse(await json(response.clone())).success, true);
      assert.match(await assertOAuthError(response, 400, "invalid_request"), expected);
    });
  }
  const broken = await test.fetch("/control/clock", { method: "POST", body: "{" });
  assert.match(await assertOAuthError(broken, 400, "invalid_request"), /The body is not JSON/);
});

Deno.test("a control error never shows a password that came with it", async () => {
  await using test = await testApp();
  const response = await send(test, "POST /control/users", { email: "a@b.example", password: { hunter: 2 } });
  assert.doesNotMatch(await assertOAuthError(response, 400, "invalid_request"), /hunter/);
});

Deno.test("GET /control/openapi.json has the shapes of report and exchanges, which hold for what a client did (OpenAPI 3.1)", async () => {
  await using test = await testApp();
  await runDouble({ send: (request) => test.app(request) });
  const [report, exchanges] = [
    await json(await test.get("/control/report")),
    await json(await test.get("/control/exchanges")),
  ];
  for (
    const [answer, { answer: shape }] of [[report, operations.control_report], [
      exchanges,
      operations.control_exchanges,
    ]] as const
  ) {
    assert.equal(shape.safeParse(answer).error?.message, undefined);
  }
  assert.equal(report.verdict, "pass");
  const { paths } = await json(await test.get("/control/openapi.json"));
  const described = JSON.stringify(paths);
  for (const member of [...Object.keys(report), ...Object.keys(exchanges), "findings", "shapedBy", "strict"]) {
    assert(described.includes(`"${member}"`), member);
  }
});
