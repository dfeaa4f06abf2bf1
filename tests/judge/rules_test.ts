/** Every rule on clients: a client that keeps it, and one that breaks it and no other. */
import assert from "node:assert/strict";
import { z } from "zod";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import type { Report } from "../../lib/judge/report.ts";
import type { Revision } from "../../lib/judge/settled.ts";
import type { Reach } from "../../lib/scenarios/vocabulary.ts";
import type { AppOptions } from "../../main.ts";
import { type DoubleOptions, runDouble, type Slip } from "../interop/double/double.ts";
import { SINCE_2025_06 } from "../../lib/judge/rules/rule.ts";
import { authorizeQuery, origin, register } from "../helpers.ts";
import {
  all,
  answerAt,
  editAnswer,
  editChallenge,
  editJson,
  forward,
  recordedApp,
  type Twist,
} from "../recorder/recorded_app.ts";

/** A world in which a rule is put to the test. */
interface Case {
  readonly rule: string;
  /** What the client that breaks it does. */
  readonly slips: readonly Slip[];
  /** How the server behaves. */
  readonly twist?: () => Twist;
  readonly client?: Partial<DoubleOptions>;
  readonly app?: Partial<AppOptions>;
  /** How far a client comes there that does right; to a call if not given. */
  readonly reaches?: Reach;
  /** Whether the broken part is only recommended. */
  readonly isRecommended?: boolean;
  /** The revisions it is about; all that have the rule, if not given. */
  readonly revisions?: readonly Revision[];
}

const metadataPath = "/.well-known/oauth-authorization-server";
const editMetadata = (edit: Record<string, unknown>): Twist =>
  all(
    editJson(metadataPath, (document) => ({ ...document, ...edit })),
    editJson("/.well-known/openid-configuration", (document) => ({ ...document, ...edit })),
  );
const noDocuments = (): Twist => editMetadata({ client_id_metadata_document_supported: false });
const resourcePath = "/.well-known/oauth-protected-resource/oauth";
const bareChallenge = (): Twist => editChallenge(() => "Bearer");
const callsForWrite = {
  app: { policy: { enforceToolScopes: true } },
  client: { tools: ["mock_create_note"] },
} as const;

/** Lists the tools in three pages, the second of them empty. */
function inPages(): Twist {
  const after = new Map([[undefined, "a+/=%& page"], ["a+/=%& page", "{}"]]);
  const asked = z.object({
    id: z.union([z.string(), z.number()]),
    method: z.literal("tools/list"),
    params: z.looseObject({ cursor: z.string().optional() }),
  });
  return async (request, answer) => {
    const sent = request.method === "POST" ? await request.clone().text() : "";
    const response = await answer(request);
    const parsed = asked.safeParse(/"tools\/list"/.test(sent) ? JSON.parse(sent) : undefined);
    if (!parsed.success || !response.ok) return response;
    await response.body?.cancel();
    const { id, params: { cursor } } = parsed.data;
    const nextCursor = after.get(cursor);
    const tools = cursor === "a+/=%& page" ? [] : [{ name: "mock_echo", inputSchema: { type: "object" } }];
    const result = { resultType: "complete", tools, ...(nextCursor === undefined ? {} : { nextCursor }) };
    return Response.json({ jsonrpc: "2.0", id, result });
  };
}

/** Refuses every token, whatever it is good for. */
function refusesTokens(status: number, challenge: string): Twist {
  return async (request, answer) => {
    const response = await answer(request);
    if (new URL(request.url).pathname !== "/oauth" || !request.headers.has("authorization")) return response;
    await response.body?.cancel();
    const metadata = `resource_metadata="${origin}${resourcePath}"`;
    return new Response(null, {
      status,
      headers: { "www-authenticate": `Bearer ${challenge}, ${metadata}` },
    });
  };
}

const neverEnough = (): Twist => refusesTokens(403, 'error="insufficient_scope", scope="mcp:admin"');
const neverAccepted = (): Twist => refusesTokens(401, 'error="invalid_token"');

/** After the first call with a token the resource has another authorization server, which takes no old token. */
function migration(): Twist {
  const second = `${origin}/second`;
  let calls = 0;
  const isLater = (): boolean => calls > 0;
  const move = (document: Record<string, unknown>): Record<string, unknown> => ({
    ...Object.fromEntries(
      Object.entries(document).map((
        [name, value],
      ) => [name, typeof value === "string" ? value.replace(`${origin}/oauth`, `${second}/oauth`) : value]),
    ),
    issuer: second,
  });
  return all(
    editJson(resourcePath, (document) => isLater() ? { ...document, authorization_servers: [second] } : document),
    editJson(`${metadataPath}/second`, move),
    async (request, answer) => {
      if (new URL(request.url).pathname === "/oauth" && request.headers.has("authorization") && calls++ === 1) {
        const challenge = `Bearer error="invalid_token", resource_metadata="${origin}${resourcePath}"`;
        return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
      }
      const response = await answer(request);
      const location = response.headers.get("location");
      if (location === null || !request.url.startsWith(second)) return response;
      const url = new URL(location);
      url.searchParams.set("iss", second);
      return new Response(null, { status: 302, headers: { location: url.href } });
    },
    noDocuments(),
    forward(`${metadataPath}/second`, metadataPath),
    forward("/second/oauth", "/oauth"),
  );
}

/** Tokens for MCP are refused once they have been used for four calls. */
function wornOut(): Twist {
  const uses = new Map<string, number>();
  return async (request, answer) => {
    const token = request.headers.get("authorization") ?? "";
    if (new URL(request.url).pathname !== "/oauth" || token === "") return await answer(request);
    uses.set(token, (uses.get(token) ?? 0) + 1);
    if ((uses.get(token) ?? 0) <= 4) return await answer(request);
    const challenge = `Bearer error="invalid_token", resource_metadata="${origin}${resourcePath}"`;
    return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
  };
}

/** The first requests to a path are refused. */
function refusesAt(path: string, times: number, refusal: () => Response): Twist {
  let left = times;
  return async (request, answer) =>
    new URL(request.url).pathname === path && left-- > 0 ? await Promise.resolve(refusal()) : await answer(request);
}

const busy = (): Response => new Response("Busy", { status: 503, headers: { "retry-after": "5" } });

/** Refreshes are refused. */
function refusesRefreshes(): Twist {
  return async (request, answer) => {
    const isRefresh = request.url.endsWith("/token") && (await request.clone().text()).includes("grant_type=refresh");
    return isRefresh ? Response.json({ error: "invalid_grant" }, { status: 400 }) : await answer(request);
  };
}

const worn = { twist: wornOut, isRecommended: true } as const;
const manyTools = ["mock_echo", "mock_echo", "mock_echo"];
const refreshing = { client: { refresh: true } } as const;

const cases: readonly Case[] = [
  { rule: "C1", slips: ["skips resource metadata"] },
  {
    rule: "C2",
    slips: ["ignores the named metadata"],
    twist: () =>
      all(
        editChallenge(() => `Bearer resource_metadata="${origin}/custom/place.json"`),
        forward("/custom/place.json", resourcePath),
      ),
  },
  { rule: "C3", slips: ["looks at the root first"], twist: bareChallenge },
  { rule: "C4", slips: ["looks for OpenID first"] },
  {
    rule: "C5",
    slips: ["trusts any metadata"],
    reaches: { refuses_before: "authorization", rule: "C5" },
    twist: () =>
      all(
        editMetadata({ issuer: "https://attacker.example", authorization_response_iss_parameter_supported: false }),
        editAnswer((parameters) => parameters.delete("iss")),
      ),
  },
  { rule: "C6", slips: ["always registers"], isRecommended: true },
  { rule: "C7", slips: ["has a bad document"] },
  { rule: "C8", slips: ["registers without a type"], twist: noDocuments },
  {
    rule: "C9",
    slips: ["makes up an id"],
    reaches: "registration",
    twist: () =>
      all(
        noDocuments(),
        answerAt("/oauth/register", () => Response.json({ error: "invalid_redirect_uri" }, { status: 400 })),
      ),
  },
  { rule: "C10", slips: ["keeps its id"], twist: migration },
  { rule: "C11", slips: ["sends no challenge", "sends another verifier", "sends a short verifier"] },
  { rule: "C12", slips: ["uses plain"] },
  {
    rule: "C13",
    slips: ["needs no proof of PKCE"],
    reaches: { refuses_before: "authorization", rule: "C13" },
    twist: () => editMetadata({ code_challenge_methods_supported: undefined }),
  },
  {
    rule: "C14",
    slips: ["names no resource", "names no resource for the token", "names another resource"],
  },
  {
    rule: "C14",
    slips: ["takes any resource"],
    reaches: { refuses_before: "authorization", rule: "C14" },
    twist: () => editJson(resourcePath, (document) => ({ ...document, resource: "https://evil.example/mcp" })),
  },
  { rule: "C15", slips: ["sends no state"], isRecommended: true },
  {
    rule: "C15",
    slips: ["takes any state"],
    reaches: "authorization",
    twist: () => editAnswer((parameters) => parameters.set("state", "another")),
    isRecommended: true,
  },
  { rule: "C16", slips: ["redirects elsewhere"], twist: noDocuments },
  { rule: "C17", slips: ["asks for no scope"], isRecommended: true },
  {
    rule: "C17",
    slips: ["asks for listed scopes"],
    twist: () => editChallenge((header) => `${header}, scope="mcp:read"`),
    isRecommended: true,
  },
  {
    rule: "C18",
    slips: ["asks for listed scopes"],
    twist: () => editChallenge((header) => `${header}, scope="files:rare"`),
  },
  {
    rule: "C19",
    slips: ["does not step up"],
    reaches: "token",
    isRecommended: true,
    ...callsForWrite,
  },
  {
    rule: "C19",
    slips: ["asks for the new scope alone"],
    reaches: "token",
    revisions: ["2026-07-28"],
    isRecommended: true,
    ...callsForWrite,
  },
  {
    rule: "C20",
    slips: ["steps up forever"],
    twist: neverEnough,
    reaches: { gives_up_within: 10 },
    isRecommended: true,
  },
  {
    rule: "C20",
    slips: ["refreshes for ever"],
    twist: neverAccepted,
    reaches: { gives_up_within: 10 },
    isRecommended: true,
  },
  {
    rule: "C21",
    slips: ["wants offline access"],
    twist: () => all(editMetadata({ scopes_supported: ["mcp:read", "mcp:write", "mcp:admin"] }), noDocuments()),
  },
  { rule: "C21", slips: ["registers for codes alone"], twist: noDocuments, isRecommended: true },
  { rule: "C22", slips: ["forgets its token"] },
  { rule: "C23", slips: ["puts its token into the URL"] },
  { rule: "C24", slips: ["brings a foreign token"] },
  {
    rule: "C25",
    slips: ["takes any iss"],
    reaches: { refuses_before: "token", rule: "C25" },
    twist: () => editAnswer((parameters) => parameters.delete("iss")),
  },
  {
    rule: "C25",
    slips: ["takes any iss"],
    reaches: { refuses_before: "token", rule: "C25" },
    twist: () => editAnswer((parameters) => parameters.set("iss", "https://evil.example")),
  },
  {
    rule: "C25",
    slips: ["takes any iss"],
    reaches: { refuses_before: "token", rule: "C25" },
    twist: () =>
      all(
        editAnswer((parameters) => parameters.set("iss", "https://evil.example")),
        editMetadata({ authorization_response_iss_parameter_supported: undefined }),
      ),
  },
  {
    rule: "C26",
    slips: ["normalises iss"],
    reaches: { refuses_before: "token", rule: "C26" },
    twist: () => editAnswer((parameters) => parameters.set("iss", `${origin}/`)),
  },
  {
    rule: "C27",
    slips: ["acts on any error"],
    reaches: { refuses_before: "token", rule: "C27" },
    twist: () =>
      editAnswer((parameters) => {
        parameters.delete("code");
        parameters.set("error", "temporarily_unavailable");
        parameters.set("iss", "https://evil.example");
      }),
  },
  {
    rule: "C28",
    slips: ["takes http"],
    reaches: "discovery",
    twist: () =>
      all(
        editMetadata({ token_endpoint: "http://plain.example/oauth/token" }),
        (request, answer) =>
          answer(
            request.url.startsWith("http://plain.example/") ? new Request(`${origin}/oauth/token`, request) : request,
          ),
      ),
  },
  {
    rule: "C29",
    slips: ["registers anyway"],
    twist: () => editMetadata({ registration_endpoint: undefined, client_id_metadata_document_supported: undefined }),
    client: { given: { clientId: "given", secret: "" } },
    isRecommended: true,
  },
  {
    rule: "C31",
    slips: ["skips server metadata"],
    client: { version: "2025-03-26" },
    twist: () =>
      all(
        forward("/authorize", "/oauth/authorize"),
        forward("/token", "/oauth/token"),
        forward("/register", "/oauth/register"),
        noDocuments(),
      ),
  },
  {
    rule: "C31",
    slips: ["leaves out the version"],
    client: { version: "2025-03-26" },
    twist: noDocuments,
    isRecommended: true,
  },
  {
    rule: "C32",
    slips: ["repeats itself"],
    reaches: "token",
    app: callsForWrite.app,
    client: { alone: true, given: { clientId: "given" }, ...callsForWrite.client },
    twist: () => editChallenge((header) => header.includes("scope=") ? header : `${header}, scope="mcp:read"`),
    isRecommended: true,
  },
  { rule: "C33", slips: ["refreshes twice at once"], ...refreshing, isRecommended: true },
  { rule: "C34", slips: ["keeps its old refresh token"], ...refreshing },
  { rule: "C35", slips: ["makes up a refresh token"], ...refreshing },
  { rule: "C35", slips: ["refreshes as another client"], ...refreshing, twist: noDocuments },
  { rule: "C35", slips: ["refreshes at another server"], ...refreshing, twist: migration, revisions: SINCE_2025_06 },
  { rule: "C36", slips: ["sends a refused token on and on"], client: { tools: manyTools }, ...worn },
  { rule: "C37", slips: ["asks the person instead of refreshing"], client: { tools: manyTools }, ...worn },
  { rule: "C38", slips: ["lists with its first token"], client: { refresh: true, tools: manyTools }, ...worn },
  {
    rule: "C39",
    slips: ["refreshes after invalid_grant"],
    ...refreshing,
    twist: refusesRefreshes,
    isRecommended: true,
  },
  { rule: "C40", slips: ["refreshes for more"], ...refreshing },
  { rule: "C41", slips: ["uses what it has revoked"], client: { logout: true }, isRecommended: true },
  ...["/oauth/token", "/oauth", metadataPath].map((path): Case => ({
    rule: "C42",
    slips: ["does not wait"],
    twist: () => refusesAt(path, 1, busy),
    isRecommended: true,
  })),
  {
    rule: "C42",
    slips: ["does not wait"],
    twist: () =>
      refusesAt(
        "/oauth/token",
        1,
        () => new Response("Busy", { status: 429, headers: { "retry-after": "Fri, 02 Jan 2026 03:09:00 GMT" } }),
      ),
    isRecommended: true,
  },
  {
    rule: "C44",
    slips: ["repeats what is refused"],
    twist: () =>
      all(
        noDocuments(),
        answerAt("/oauth/register", () => Response.json({ error: "invalid_redirect_uri" }, { status: 400 })),
      ),
    reaches: "discovery",
    isRecommended: true,
  },
  {
    rule: "C44",
    slips: ["repeats what is refused"],
    twist: () => answerAt("/oauth/token", () => Response.json({ error: "invalid_request" }, { status: 400 })),
    reaches: "authorization",
    isRecommended: true,
  },
  {
    rule: "C44",
    slips: ["repeats what is refused"],
    twist: () => answerAt(metadataPath, () => new Response(null, { status: 404 })),
    revisions: SINCE_2025_06,
    isRecommended: true,
  },
  { rule: "C43", slips: ["reads on and on", "has its person log in for nothing"], isRecommended: true },
  { rule: "C43", slips: ["registers for nothing"], twist: noDocuments, isRecommended: true },
  { rule: "C45", slips: ["names no version"] },
  { rule: "C45", slips: ["names another version"], revisions: ["2025-06-18", "2025-11-25"], isRecommended: true },
  { rule: "C45", slips: ["names another version"], revisions: ["2026-07-28"] },
  {
    rule: "M107",
    slips: ["takes the first page for all", "reads one page for ever"],
    twist: inPages,
    isRecommended: true,
  },
  { rule: "M109", slips: ["changes cursors"], twist: inPages },
];

async function run({ twist, app, client, reaches }: Case, version: Revision, slip?: Slip): Promise<Report> {
  await using recorded = await recordedApp(twist?.(), app);
  const given = client?.given
    ? await register(recorded.test, {
      redirect_uris: ["http://127.0.0.1:3999/callback"],
      ...(client.alone
        ? { grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_basic" }
        : {}),
    })
    : undefined;
  const own = given && { given: { clientId: given.clientId, ...(given.secret ? { secret: given.secret } : {}) } };
  await runDouble({ send: recorded.send, wait: recorded.wait, version, ...client, ...own, slip });
  return await recorded.report(reaches === undefined ? {} : { reaches });
}

function brokenRules({ clients }: Report): readonly string[] {
  return clients.flatMap(({ findings }) =>
    findings.filter(({ status }) => status === "broken").map(({ rule, level, detail, evidence }) => {
      assert(evidence.length > 0, `${rule} shows nothing`);
      assert(detail !== "");
      return `${rule} ${level}`;
    })
  );
}

/** The revisions that a case is about: all that have its rule, unless it says another. */
function revisionsOf({ rule: id, client, revisions }: Case): readonly Revision[] {
  const rule = rules.find((candidate) => candidate.id === id);
  assert(rule, id);
  return revisions ?? (client?.version === undefined ? rule.revisions : [client.version]);
}

for (const one of cases) {
  const { rule: id, slips, isRecommended = false } = one;
  const rule = rules.find((candidate) => candidate.id === id);
  assert(rule, id);

  for (const revision of revisionsOf(one)) {
    Deno.test(`${id} is kept by a client of ${revision} that does right where others do not: ${slips.join(", ")} (${rule.link})`, async () => {
      const report = await run(one, revision);
      assert.deepEqual(report.clients.length, 1, JSON.stringify(report.clients.map((client) => client.id)));
      assert.deepEqual(brokenRules(report), [], JSON.stringify(report, null, 1));
      assert.equal(report.clients[0]?.revision, revision);
      const finding = report.clients[0]?.findings.find((found) => found.rule === id);
      assert.equal(finding?.status, "kept", JSON.stringify(finding));
      assert.equal(report.verdict, "pass");
    });

    for (const slip of slips) {
      Deno.test(`${id}, and no other rule, is broken by a client of ${revision} that ${slip} (${rule.link})`, async () => {
        const report = await run(one, revision, slip);
        assert.deepEqual(report.clients.length, 1, JSON.stringify(report.clients.map((client) => client.id)));
        const level = rule.level === "MAY" ? "MAY" : isRecommended ? "SHOULD" : "MUST";
        assert.deepEqual(
          brokenRules(report),
          [`${id} ${level}`],
          JSON.stringify(report.clients[0]?.findings.filter(({ status }) => status === "broken"), null, 1),
        );
        assert.equal(report.verdict, isRecommended ? "pass" : "fail");
      });
    }
  }
}

Deno.test("C19 is not observed for a client that may still wait for its user's approval", async () => {
  const report = await run({ rule: "C19", slips: [], ...callsForWrite }, "2026-07-28", "waits for its person");
  const finding = report.clients[0]?.findings.find(({ rule }) => rule === "C19");
  assert.deepEqual([finding?.status, brokenRules(report)], ["not observed", []], finding?.detail);
});

for (const isKnown of [true, false]) {
  Deno.test(
    `C9 is ${isKnown ? "kept" : "broken"} by a client that is refused for ${
      isKnown ? "the redirect_uri of an id it was given" : "an id that the server does not know"
    }`,
    async () => {
      await using recorded = await recordedApp(
        answerAt("/oauth/register", () => Response.json({ error: "access_denied" }, { status: 403 })),
      );
      const known = await register(recorded.test);
      const query = authorizeQuery(isKnown ? known.clientId : "acme", { redirect_uri: "https://elsewhere.example/cb" });
      for (
        const request of [
          new Request(origin + metadataPath),
          new Request(`${origin}/oauth/register`, { method: "POST", body: "{}" }),
          new Request(`${origin}/oauth/authorize?${query}`),
        ]
      ) await (await recorded.send(request)).text();
      const { clients } = await recorded.report();
      assert.equal(clients.length, 1);
      assert.equal(clients[0]?.findings.find(({ rule }) => rule === "C9")?.status, isKnown ? "kept" : "broken");
    },
  );
}

Deno.test("every rule has a client that breaks it", () => {
  assert.deepEqual([...new Set(cases.map(({ rule }) => rule))].sort(), rules.map(({ id }) => id).sort());
});
