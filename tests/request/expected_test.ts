/** What a schema expects is said in words of ours, whichever member is wrong and however. */
import assert from "node:assert/strict";
import { z } from "zod";
import { operations } from "../../lib/control/operations.ts";
import { planPatchSchema } from "../../lib/scenarios/schema/plan_schema.ts";
import { scenarioSchema } from "../../lib/scenarios/schema/scenario_schema.ts";
import { describeError, OAuthError } from "../../lib/http/errors.ts";
import { inWords } from "../../lib/http/expected.ts";
import { basicTools } from "../../lib/mcp/tools/basic.ts";
import { conformanceTools } from "../../lib/mcp/conformance/conformance.ts";
import { noteTools } from "../../lib/mcp/tools/notes.ts";
import { parseClientDocument, parseRegistration } from "../../lib/oauth/clients/registration.ts";
import { standardPlan } from "../../lib/scenarios/plan.ts";
import { parseUsersFile } from "../../lib/cli/users_file.ts";
import { send } from "../control/helpers.ts";
import { assertOAuthError, redirectUri, testApp } from "../helpers.ts";

/** One of each kind, too small, too large and not to be guessed. */
const badValues: readonly unknown[] = [
  ...[undefined, null, true, 7, -1, 1.5, 1e15, NaN, "", "x", "\0é", "x".repeat(9000)],
  ...[{}, { a: 7 }, { "a b": "c" }, { x: { y: [] } }, [], [7], [""], ["x".repeat(9000)], Array(200).fill("x")],
];

/** Words of zod's own, and values that no JSON has. */
const zodText = /\b(invalid|too (small|big)|unrecognized|must be|undefined|NaN|nonoptional|received|zod|regex)\b/i;

/** A schema and all that stand in it. */
function* within(schema: unknown, path: string): Generator<readonly [path: string, schema: z.ZodType]> {
  if (!(schema instanceof z.ZodType)) return;
  yield [path, schema];
  const members = new Map<string, unknown>(Object.entries(schema.def));
  if (schema instanceof z.ZodObject) {
    for (const [name, member] of Object.entries(schema.shape)) yield* within(member, `${path}.${name}`);
  }
  for (const name of ["innerType", "element", "keyType", "valueType", "in"]) {
    yield* within(members.get(name), path);
  }
  if (schema instanceof z.ZodUnion) { for (const option of schema.options) yield* within(option, path); }
}

const schemas: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(Object.entries(operations).map(([name, { input }]) => [name, input?.schema])),
  scenario: scenarioSchema,
  plan: planPatchSchema,
};

Deno.test("no member of any body of the control API is refused in zod's words (issue 16)", () => {
  let count = 0;
  // Most stand in several bodies, and refuse in the same words wherever they stand.
  const seen = new Set<z.ZodType>();
  for (const [name, schema] of Object.entries(schemas)) {
    for (const [path, member] of within(schema, name)) {
      if (seen.has(member)) continue;
      seen.add(member);
      for (const value of badValues) {
        const parsed = member.safeParse(value, inWords);
        for (const { message } of parsed.error?.issues ?? []) {
          assert.doesNotMatch(message, zodText, `${path} = ${JSON.stringify(value)?.slice(0, 40)}`);
          assert.notEqual(message, "another value", path);
          count++;
        }
      }
    }
  }
  assert(count > 1000, `${count} refusals were looked at`);
});

/** What a call is refused with. */
function refusalOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    assert(error instanceof Error);
    return error instanceof OAuthError ? describeError(error) : error.message;
  }
}

const clientMembers = [
  ...["redirect_uris", "post_logout_redirect_uris", "token_endpoint_auth_method", "token_endpoint_auth_signing_alg"],
  ...["grant_types", "response_types", "client_name", "client_uri", "logo_uri", "scope", "contacts", "tos_uri", "jwks"],
  ...["policy_uri", "jwks_uri", "software_id", "software_version", "application_type", "dpop_bound_access_tokens"],
];

Deno.test("a registration, a metadata document and a file of users are refused in our words (RFC 7591 3.2.2)", () => {
  const user = { email: "ada@example.com", password: "x" };
  const base = { client_id: "https://a.example/c.json", client_name: "a", redirect_uris: [redirectUri] };
  let count = 0;
  for (const value of badValues.map((value) => value === undefined || Number.isNaN(value) ? null : value)) {
    const refusals = [
      ...clientMembers.flatMap((name) => {
        const body = JSON.stringify({ ...base, [name]: value });
        return [
          refusalOf(() => parseRegistration(body, standardPlan.policy)),
          refusalOf(() => parseClientDocument(body, base.client_id)),
        ];
      }),
      refusalOf(() => parseClientDocument(JSON.stringify({ ...base, client_secret: value }), base.client_id)),
      ...["email", "password", "name", "userId", "roles", "claims"].map((name) =>
        refusalOf(() => parseUsersFile(JSON.stringify([{ ...user, [name]: value }])))
      ),
    ].filter((refusal) => refusal !== undefined);
    for (const refusal of refusals) assert.doesNotMatch(refusal.replace(/; received '.*?'; /s, "; "), zodText);
    count += refusals.length;
  }
  assert(count > 200, `${count} refusals were looked at`);
});

Deno.test("tools refuse arguments in our words, too, for models to read (MCP tools, error handling)", () => {
  const tools = [...basicTools, ...noteTools, ...conformanceTools];
  let count = 0;
  for (const { name, listing, prepare } of tools) {
    for (const member of Object.keys(listing.inputSchema.properties ?? {})) {
      for (const value of badValues) {
        const { problem } = { problem: undefined, ...prepare({ [member]: value }) };
        // One tool is held against a JSON Schema, by the SDK.
        if (problem === undefined || problem.startsWith("data")) continue;
        assert.doesNotMatch(problem, zodText, name);
        assert.match(problem, /expected /);
        count++;
      }
    }
  }
  assert(count > 100, `${count} refusals were looked at`);
});

Deno.test("a refusal says parameter, received and expected in plain words (issue 16)", async (t) => {
  await using test = await testApp();
  const cases: readonly (readonly [line: string, body: unknown, sentence: string])[] = [
    [
      "POST /control/users",
      { email: "nobody", password: "x" },
      "email is not valid; received 'nobody'; expected an e-mail address such as ada@example.com",
    ],
    [
      "POST /control/users",
      { email: `${"x".repeat(300)}@b.example`, password: "x" },
      "expected a string of at most 254 characters",
    ],
    ["POST /control/users", { email: "a@b.example", password: "" }, "expected a string of at least 1 character"],
    [
      "POST /control/users",
      { email: "a@b.example", password: "x", rolls: [] },
      "rolls is not a known member; expected one of email, password, name, user_id, roles, claims (did you mean roles?)",
    ],
    [
      "PATCH /control/plan",
      { policy: { code_ttl_seconds: -1 } },
      "received '-1'; expected a number of at least 0",
    ],
    [
      "PATCH /control/plan",
      { policy: { send_iss: "yes" } },
      "received 'the string yes'; expected a boolean, true or false",
    ],
    [
      "PATCH /control/plan",
      { policy: { answer: "aprove" } },
      "expected one of ask, approve, deny (did you mean approve?)",
    ],
    ["PATCH /control/plan", { policy: { answer: 7 } }, "received '7'; expected one of ask, approve, deny"],
    ["PATCH /control/plan", { policy: [] }, "policy is not valid; received '[]'; expected an object"],
    [
      "PATCH /control/plan",
      { policy: { code_ttl_second: 1 } },
      "expected a known name (did you mean code_ttl_seconds?)",
    ],
    ["POST /control/users", { email: "a@b.example" }, "password is missing; expected a string"],
    [
      "POST /control/users",
      { email: "a@b.example", password: 7 },
      "received 'a value that is not shown'; expected a string",
    ],
    ["POST /control/tokens", { expires_in: 0.5 }, "received '0.5'; expected a whole number"],
    [
      "POST /control/tokens/revoke",
      { token: "eyJ-secret", all: true },
      "received '{'token':'not shown','all':true}'; expected one of {'token': ...}",
    ],
  ];
  for (const [line, body, sentence] of cases) {
    await t.step(`${line} ${JSON.stringify(body).slice(0, 60)}`, async () => {
      const description = await assertOAuthError(await send(test, line, body), 400, "invalid_request");
      assert(description.includes(sentence), description);
      assert.doesNotMatch(description, /eyJ-secret/);
    });
  }
});
