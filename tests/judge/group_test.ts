/** Whose exchanges are whose: by what proves it, and by the user agent only where nothing else tells. */
import assert from "node:assert/strict";
import { buildReport } from "../../lib/judge/report.ts";
import { type DoubleOptions, runDouble, type Slip } from "../interop/double/double.ts";
import { json, origin, testApp } from "../helpers.ts";
import {
  asks,
  type Made,
  make,
  reads,
  registers,
  resourceUrl,
  server,
  serverUrl,
  speaks,
} from "../recorder/made_exchanges.ts";
import { z } from "zod";

type Row = readonly [url: string, made?: Made];

/** Two senders at one address, and one elsewhere: the first three characters of a sender's name are its address. */
const [ai, node, far] = ["pc-ai", "pc-node", "far-1"];

const refused = (peer: string): Row => {
  const [url, made = {}] = speaks("2025-11-25", 401);
  return [url, { ...made, peer, answeredHeaders: [["www-authenticate", `Bearer resource_metadata="${resourceUrl}"`]] }];
};
/** What a person opens in a browser. */
const opens = (url: string, made: Made = {}): Row => [url, {
  peer: "pc-browser",
  ...made,
  headers: [["accept", "text/html,*/*;q=0.8"], ["sec-fetch-mode", "navigate"], ["user-agent", "Mozilla/5.0 (X11)"]],
}];
const stream = (peer: string, status = 401): Row => [`${origin}/oauth`, { peer, status, route: "oauth_get" }];
const looks = (peer: string): Row => [resourceUrl, { peer, answered: { resource: `${origin}/oauth` } }];
const answers = (clientId: string, code: string): Row => [
  asks(clientId)[0],
  { peer: "browser", status: 302, answeredHeaders: [["location", `http://localhost/cb?code=…${code}`]] },
];
const redeems = (peer: string, clientId: string, code: string, token: string): Row => [server.token_endpoint, {
  peer,
  method: "POST",
  sent: `grant_type=authorization_code&code=…${code}${clientId === "" ? "" : `&client_id=${clientId}`}`,
  answered: { access_token: `…${token}`, refresh_token: `…r${token}` },
}];
const calls = (peer: string, token: string, status = 200): Row => [`${origin}/oauth`, {
  peer,
  status,
  method: "POST",
  sent: { jsonrpc: "2.0", id: 1, method: "tools/call" },
  headers: [["authorization", `Bearer …${token}`]],
}];
const session = (peer: string, id: string, path = "no-auth"): Row => [`${origin}/${path}`, {
  peer,
  method: "POST",
  sent: { jsonrpc: "2.0", id: 1, method: "tools/list" },
  headers: [["mcp-session-id", `…${id}`]],
}];
const alone = (sent: string, authorization?: string): Row => [server.token_endpoint, {
  method: "POST",
  sent: `grant_type=client_credentials${sent}`,
  headers: authorization === undefined ? [] : [["authorization", authorization]],
}];
const refreshes = (peer: string, token: string, next: string): Row => [server.token_endpoint, {
  peer,
  method: "POST",
  sent: `grant_type=refresh_token&refresh_token=…${token}`,
  answered: { access_token: `…${next}` },
}];
const revokes = (peer: string, token: string): Row => [`${origin}/oauth/revoke`, {
  peer,
  route: "revoke",
  method: "POST",
  sent: `token=…${token}`,
}];
/** What a client does from its first call to its first with a token. */
const flow = (mcp: string, oauth: string, name: string, id: string): readonly Row[] => [
  refused(mcp),
  looks(oauth),
  reads(oauth),
  registers(name, id, oauth),
  answers(id, `c${id}`),
  redeems(oauth, id, `c${id}`, `t${id}`),
  calls(mcp, `t${id}`),
];

/** Offers a revision, and is refused for its token. */
const offers = (version: string, token: string): Row => {
  const [url, made = {}] = speaks(version, 401);
  return [url, { ...made, peer: node, headers: [["authorization", `Bearer …${token}`]] }];
};
/** A client whose token is refused where it offers some revisions, and that registers again. */
const registersAgain = (...versions: readonly string[]): readonly Row[] => [
  ...flow(node, node, "A", "a").slice(0, 6),
  ...versions.map((version) => offers(version, "ta")),
  ...flow(node, node, "A", "b").slice(1, 6),
  offers("2025-11-25", "tb"),
];

/** Registers without a name; refused where there is no client_id. */
const triesToRegister = (uri: string, clientId?: string): Row => [server.registration_endpoint, {
  peer: node,
  method: "POST",
  status: clientId === undefined ? 400 : 201,
  sent: { redirect_uris: [uri] },
  answered: clientId === undefined ? { error: "invalid_client_metadata" } : { client_id: clientId },
}];

/** Two clients, one after the other, each with a token. */
const tokensOfTwo: readonly Row[] = [
  answers("a", "ca"),
  redeems(ai, "a", "ca", "ta"),
  answers("b", "cb"),
  redeems(node, "b", "cb", "tb"),
];

interface Case {
  readonly kind: string;
  readonly rows: readonly Row[];
  readonly isLabelled?: boolean;
  /** Numbers of exchanges by client. */
  readonly clients: Readonly<Record<string, readonly number[]>>;
}

const userinfo = (peer: string, token: string): Row => [`${origin}/oauth/userinfo`, {
  peer,
  route: "userinfo",
  headers: [["authorization", `Bearer …${token}`]],
}];

const cases: readonly Case[] = [
  {
    kind: "two clients of OpenID Connect that ask for userinfo, each with its token (OpenID Connect Core 5.3)",
    rows: [
      registers("A", "a", ai),
      registers("B", "b", node),
      answers("a", "ca"),
      redeems(ai, "a", "ca", "ta"),
      answers("b", "cb"),
      redeems(node, "b", "cb", "tb"),
      userinfo(far, "tb"),
      userinfo(far, "ta"),
    ],
    clients: { a: [1, 3, 4, 8], b: [2, 5, 6, 7] },
  },
  {
    kind: "two clients whose MCP requests come from elsewhere, tied by the token alone",
    rows: [...tokensOfTwo, calls(far, "tb"), calls(far, "ta")],
    clients: { a: [1, 2, 6], b: [3, 4, 5] },
  },
  {
    kind: "two clients whose first registrations are refused, tied by the redirect URI",
    rows: [
      triesToRegister("http://127.0.0.1:41/cb"),
      triesToRegister("http://127.0.0.1:42/cb"),
      triesToRegister("http://127.0.0.1:42/cb", "b"),
      triesToRegister("http://127.0.0.1:41/cb", "a"),
      [`${origin}/oauth/authorize?response_type=code&redirect_uri=http://127.0.0.1:42/cb`, {
        peer: "browser",
        route: "authorize",
        status: 400,
      }],
      ...tokensOfTwo,
    ],
    clients: { a: [1, 4, 6, 7], b: [2, 3, 5, 8, 9] },
  },
  {
    kind: "a refused registration with a redirect URI that two clients have, by order in time",
    rows: [
      triesToRegister("http://localhost/cb", "a"),
      triesToRegister("http://localhost/cb"),
      triesToRegister("http://localhost/cb", "b"),
      ...tokensOfTwo,
    ],
    clients: { a: [1, 4, 5], b: [2, 3, 6, 7] },
  },
  {
    kind: "two clients that refresh elsewhere without a client_id, tied by the refresh token (RFC 6749 6)",
    rows: [...tokensOfTwo, refreshes(far, "rtb", "tb2"), refreshes(far, "rta", "ta2")],
    clients: { a: [1, 2, 6], b: [3, 4, 5] },
  },
  {
    kind: "two clients that revoke elsewhere, tied by the token in the body (RFC 7009 2.1)",
    rows: [...tokensOfTwo, revokes(far, "tb"), revokes(far, "ta")],
    clients: { a: [1, 2, 6], b: [3, 4, 5] },
  },
  {
    kind: "MCP with one user agent and OAuth with another, tied by the token",
    rows: flow(ai, node, "A", "a"),
    clients: { a: [1, 2, 3, 4, 5, 6, 7] },
  },
  {
    kind: "the same that stops before it has a token, tied by the metadata that the refusal named",
    rows: flow(ai, node, "A", "a").slice(0, 5),
    clients: { a: [1, 2, 3, 4, 5] },
  },
  {
    kind: "the same that never has a client_id",
    rows: [...flow(ai, node, "A", "a").slice(0, 3), stream(ai)],
    clients: { [`unidentified ${ai}`]: [1, 2, 3, 4] },
  },
  {
    kind: "the same whose stream is refused as well before it looks for metadata",
    rows: [refused(ai), stream(ai), ...flow(ai, node, "A", "a").slice(1, 5)],
    clients: { a: [1, 2, 3, 4, 5, 6] },
  },
  {
    kind: "the same with a client_id that it was given",
    rows: [refused(ai), looks(node), reads(node), asks("given")],
    clients: { given: [1, 2, 3, 4] },
  },
  {
    kind: "two such clients, one after the other",
    rows: [...flow(ai, node, "A", "a"), ...flow(ai, node, "B", "b")],
    clients: { a: [1, 2, 3, 4, 5, 6, 7], b: [8, 9, 10, 11, 12, 13, 14] },
  },
  {
    kind: "two such clients, the second of which begins before the first has its token",
    rows: [...flow(ai, node, "A", "a").slice(0, 5), ...flow(ai, node, "B", "b").slice(0, 5), ...[
      redeems(node, "a", "ca", "ta"),
      redeems(node, "b", "cb", "tb"),
      calls(ai, "ta"),
      calls(ai, "tb"),
    ]],
    clients: { a: [1, 2, 3, 4, 5, 11, 13], b: [6, 7, 8, 9, 10, 12, 14] },
  },
  {
    kind: "two clients with one user agent that call themselves differently",
    rows: [...flow(node, node, "A", "a"), ...flow(node, node, "B", "b"), calls(node, "ta")],
    clients: { a: [1, 2, 3, 4, 5, 6, 7, 15], b: [8, 9, 10, 11, 12, 13, 14] },
  },
  {
    kind: "two clients with one user agent and one name that work at the same time",
    rows: [...flow(node, node, "A", "a"), ...flow(node, node, "A", "b"), calls(node, "ta")],
    clients: { a: [1, 2, 3, 4, 5, 6, 7, 15], b: [8, 9, 10, 11, 12, 13, 14] },
  },
  {
    kind: "a client that registers again and continues with the new client_id",
    rows: [...flow(node, node, "A", "a"), calls(node, "ta", 401), ...flow(node, node, "A", "b").slice(1)],
    clients: { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] },
  },
  {
    kind: "two clients with one user agent that were both given a client_id",
    rows: [
      refused(node),
      answers("one", "c1"),
      redeems(node, "one", "c1", "t1"),
      calls(node, "t1"),
      refused(node),
      answers("two", "c2"),
      redeems(node, "two", "c2", "t2"),
      calls(node, "t2"),
    ],
    clients: { one: [1, 2, 3, 4], two: [5, 6, 7, 8] },
  },
  {
    kind: "a client whose configured client_id is refused, and that then registers",
    rows: [refused(node), [asks("given")[0], { peer: "browser", status: 400 }], ...flow(node, node, "A", "a").slice(1)],
    clients: { given: [1, 2, 3, 4, 5, 6, 7, 8] },
  },
  {
    kind: "a client_id with a space, form-encoded in HTTP Basic and in the body (RFC 6749 2.3.1, A.1)",
    rows: [
      alone("", "Basic my+app:…x"),
      alone("&client_id=my+app"),
      alone("", "Basic my%20app:…x"),
      alone("", "Basic my app:…x"),
    ],
    clients: { "my app": [1, 2, 3, 4] },
  },
  {
    kind: "a code that was redeemed without a client_id, as an assertion says who it is",
    rows: [answers("a", "ca"), redeems(node, "", "ca", "ta"), calls(ai, "ta")],
    clients: { a: [1, 2, 3] },
  },
  {
    kind: "a session that continues with another token",
    rows: [
      ...flow(node, node, "A", "a").slice(3),
      session(node, "s", "oauth"),
      ...flow(node, node, "B", "b").slice(3, 6),
      [`${origin}/oauth`, {
        peer: ai,
        method: "POST",
        sent: { jsonrpc: "2.0", id: 1, method: "ping" },
        headers: [["authorization", "Bearer …tb"], ["mcp-session-id", "…s"]],
      }],
      [`${origin}/oauth`, {
        peer: ai,
        method: "POST",
        sent: { jsonrpc: "2.0", id: 1, method: "ping" },
        headers: [["authorization", "Bearer …ta"], ["mcp-session-id", "…s"]],
      }],
    ],
    clients: { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
  },
  {
    kind: "somebody at another address who is refused while the client looks for metadata",
    rows: [refused(far), ...flow(ai, node, "A", "a")],
    clients: { [`unidentified ${far}`]: [1], a: [2, 3, 4, 5, 6, 7, 8] },
  },
  {
    kind: "somebody who reads other metadata than the refusal named",
    rows: [
      refused(ai),
      [`${resourceUrl.slice(0, -5)}bearer`, { peer: "pc-curl", answered: { resource: `${origin}/bearer` } }],
      ...flow(ai, node, "A", "a").slice(1),
      ...flow("pc-curl", "pc-curl", "C", "c").slice(3),
    ],
    clients: { a: [1, 3, 4, 5, 6, 7, 8], c: [2, 9, 10, 11, 12] },
  },
  {
    kind: "somebody at another address who looks at a document between a client's first step and its last",
    rows: [
      refused(ai),
      looks(node),
      [serverUrl, { peer: far, answered: server }],
      ...flow(ai, node, "A", "a").slice(2),
    ],
    clients: { a: [1, 2, 4, 5, 6, 7, 8], [`unidentified ${far}`]: [3] },
  },
  {
    kind: "a client that looks ahead with another user agent and is answered 404, as mcp-remote does",
    rows: [stream(ai, 404), looks(node), reads(node), stream(node, 404), ...flow(ai, ai, "A", "a")],
    clients: { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
  },
  {
    kind: "a person who looks at a document beside the client",
    rows: [...flow(node, node, "A", "a"), looks("pc-curl")],
    clients: { a: [1, 2, 3, 4, 5, 6, 7], "unidentified pc-curl": [8] },
  },
  {
    kind: "the same in a sandbox with a label, where the client is alone",
    rows: [...flow(node, node, "A", "a"), looks("pc-curl")],
    isLabelled: true,
    clients: { a: [1, 2, 3, 4, 5, 6, 7, 8] },
  },
  {
    kind: "a client that nobody can name in a sandbox with a label",
    rows: [refused(ai), [`${origin}/.well-known/openid-configuration`, { peer: node }]],
    isLabelled: true,
    clients: { [`unidentified ${ai}`]: [1, 2] },
  },
  {
    kind: "a person who looks at documents with curl before the client begins, in a sandbox with a label",
    rows: [
      looks("pc-curl"),
      [serverUrl, { peer: "pc-curl", answered: server }],
      [server.authorization_endpoint, { peer: "pc-curl", status: 400, route: "authorize" }],
      [server.registration_endpoint, { peer: "pc-curl", status: 405 }],
      ...flow(node, node, "A", "a"),
    ],
    isLabelled: true,
    clients: { "unidentified pc-curl": [1, 2, 3, 4], a: [5, 6, 7, 8, 9, 10, 11] },
  },
  {
    kind: "the same with a client of two user agents",
    rows: [looks("pc-curl"), reads("pc-curl"), ...flow(ai, node, "A", "a")],
    isLabelled: true,
    clients: { "unidentified pc-curl": [1, 2], a: [3, 4, 5, 6, 7, 8, 9] },
  },
  {
    kind: "the same without a label",
    rows: [looks("pc-curl"), reads("pc-curl"), ...flow(ai, node, "A", "a")],
    clients: { "unidentified pc-curl": [1, 2], a: [3, 4, 5, 6, 7, 8, 9] },
  },
  {
    kind: "a person whose browser opens documents before, while and after the client works, in a sandbox with a label",
    rows: [
      opens(resourceUrl),
      opens(serverUrl, { answered: server }),
      ...flow(ai, node, "A", "a").slice(0, 3),
      opens(server.registration_endpoint, { status: 405 }),
      ...flow(ai, node, "A", "a").slice(3),
      opens(`${origin}/oauth`, { status: 401, route: "oauth_get" }),
    ],
    isLabelled: true,
    clients: { "unidentified pc-browser": [1, 2, 6, 11], a: [3, 4, 5, 7, 8, 9, 10] },
  },
  {
    kind: "a person whose browser opens documents, and a client that nobody can name, in a sandbox with a label",
    rows: [opens(resourceUrl), refused(ai), looks(node)],
    isLabelled: true,
    clients: { "unidentified pc-browser": [1], [`unidentified ${ai}`]: [2, 3] },
  },
  {
    kind: "a person who is refused by another MCP server before, and a client that reads its metadata twice",
    rows: [
      [`${origin}/bearer`, {
        peer: "pc-curl",
        method: "POST",
        status: 401,
        sent: { jsonrpc: "2.0", id: 1, method: "ping" },
      }],
      ...flow(node, node, "A", "a").slice(0, 3),
      looks(node),
      ...flow(node, node, "A", "a").slice(3),
    ],
    clients: { "unidentified pc-curl": [1], a: [2, 3, 4, 5, 6, 7, 8, 9] },
  },
  {
    kind: "the same refused by the client's own MCP server",
    rows: [
      refused("pc-curl"),
      ...flow(node, node, "A", "a").slice(0, 3),
      looks(node),
      ...flow(node, node, "A", "a").slice(3),
    ],
    clients: { "unidentified pc-curl": [1], a: [2, 3, 4, 5, 6, 7, 8, 9] },
  },
  {
    kind: "the same with a client of two user agents, either of which may come first",
    rows: [
      refused("pc-curl"),
      ...flow(ai, node, "A", "a").slice(0, 3),
      looks(node),
      ...flow(ai, node, "A", "a").slice(3),
    ],
    clients: { "unidentified pc-curl": [1], a: [2, 3, 4, 5, 6, 7, 8, 9] },
  },
  {
    kind: "the same with a client that looks for metadata first",
    rows: [looks("pc-curl"), looks(node), ...flow(ai, node, "A", "a")],
    isLabelled: true,
    clients: { "unidentified pc-curl": [1], a: [2, 3, 4, 5, 6, 7, 8, 9] },
  },
  {
    kind: "two clients in a sandbox with a label",
    rows: [...flow(ai, node, "A", "a"), ...flow(ai, node, "B", "b")],
    isLabelled: true,
    clients: { a: [1, 2, 3, 4, 5, 6, 7], b: [8, 9, 10, 11, 12, 13, 14] },
  },
  {
    kind: "a client of two revisions that registers again, and tries one of them (go-sdk)",
    rows: registersAgain("2026-07-28", "2025-11-25"),
    clients: { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] },
  },
  {
    kind: "two clients of one name, each with a revision of its own",
    rows: registersAgain("2026-07-28"),
    clients: { a: [1, 2, 3, 4, 5, 6, 7], b: [8, 9, 10, 11, 12, 13] },
  },
  {
    kind: "a person who calls the MCP server once a client is known",
    rows: [...flow(node, node, "A", "a").slice(0, 5), session("pc-curl", "x", "oauth"), redeems(node, "a", "ca", "ta")],
    clients: { a: [1, 2, 3, 4, 5, 7], "unidentified pc-curl": [6] },
  },
  {
    kind: "a client of OpenID Connect beside somebody who is refused by MCP",
    rows: [
      refused("pc-curl"),
      [`${origin}/.well-known/openid-configuration`, { peer: node, answered: server }],
      answers("spa", "c"),
      redeems(node, "spa", "c", "t"),
    ],
    clients: { "unidentified pc-curl": [1], spa: [2, 3, 4] },
  },
];

for (const { kind, rows, isLabelled = false, clients } of cases) {
  Deno.test(`exchanges are grouped by client: ${kind}`, () => {
    const report = buildReport(make(...rows), { sandbox: "main", hasOrigin: true, isWhole: true, isLabelled });
    assert.deepEqual(
      Object.fromEntries(report.clients.map(({ id, exchanges }) => [id, exchanges.toSorted((a, b) => a - b)])),
      clients,
    );
  });
}

/** Sends what goes to the MCP server with another user agent, as the AI SDK does. */
function withTwoAgents(send: DoubleOptions["send"]): DoubleOptions["send"] {
  return (request) => {
    const isMcp = new URL(request.url).pathname.endsWith("/oauth");
    const asked = new Request(request);
    asked.headers.set("user-agent", isMcp ? "ai-sdk/2.0" : "node");
    return send(asked);
  };
}

const shape = z.object({
  verdict: z.string(),
  reason: z.string(),
  clients: z.array(z.object({ id: z.string(), verdict: z.string() })),
});

for (
  const { where, path } of [{ where: "main", path: "" }, { where: "a labelled sandbox", path: "/s/standard~agents" }]
) {
  const run = async (...slips: readonly (Slip | undefined)[]): Promise<z.infer<typeof shape>> => {
    await using test = await testApp({ loopbackOnly: true });
    for (const slip of slips) {
      await runDouble({ send: withTwoAgents((request) => test.app(request)), base: origin + path, slip });
    }
    return shape.parse(await json(await test.fetch(`${origin}${path}/control/report`)));
  };

  Deno.test(`GET /control/report: a right client with two user agents is one and passes, a broken one fails, in ${where}`, async () => {
    const right = await run(undefined);
    assert.deepEqual([right.verdict, right.clients.length], ["pass", 1]);
    for (const slip of ["skips resource metadata", "names no resource", "puts its token into the URL"] as const) {
      const wrong = await run(slip);
      assert.deepEqual([wrong.verdict, wrong.clients.length], ["fail", 1], slip);
    }
  });
}

/** What a person does before the client begins. */
const before: Readonly<Record<string, readonly Request[]>> = {
  "opened its documents in a browser": ["/.well-known/oauth-protected-resource/oauth", "/oauth/authorize", "/oauth"]
    .map(
      (path) =>
        asked(path, { accept: "text/html,*/*;q=0.8", "sec-fetch-mode": "navigate", "user-agent": "Mozilla/5.0 (X11)" }),
    ),
  "read its resource metadata with curl": [asked("/.well-known/oauth-protected-resource/oauth")],
  "tried its endpoints with curl": ["/.well-known/oauth-authorization-server", "/oauth/authorize", "/oauth/register"]
    .map(
      (path) => asked(path),
    ),
  "was refused with curl": [asked("/oauth"), asked("/bearer")],
  "called with curl": [
    new Request(asked("/bearer"), {
      method: "POST",
      headers: { "user-agent": "curl/8", accept: "*/*", "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    }),
  ],
};

function asked(path: string, headers: Record<string, string> = {}): Request {
  return new Request(origin + path, { headers: { "user-agent": "curl/8", ...headers } });
}

/** The same in a sandbox: its prefix is inserted into the paths of metadata. */
function within(sandbox: string, request: Request): Request {
  const { pathname } = new URL(request.url);
  const at = /^\/\.well-known\/[a-z-]+/.exec(pathname)?.[0] ?? "";
  return new Request(origin + at + sandbox + pathname.slice(at.length), request.clone());
}

for (const [what, requests] of Object.entries(before)) {
  for (const sandbox of ["", "/s/standard~before"]) {
    Deno.test(`GET /control/report: what a person did before keeps and breaks no rule of a client, where they ${what}, in ${sandbox || "main"}`, async () => {
      const agents: readonly ((send: DoubleOptions["send"]) => DoubleOptions["send"])[] = [
        (send) => send,
        withTwoAgents,
      ];
      for (const through of agents) {
        for (const [slip, verdict] of [[undefined, "pass"], ["skips resource metadata", "fail"]] as const) {
          await using test = await testApp({ loopbackOnly: true });
          for (const request of requests) await test.app(within(sandbox, request));
          await runDouble({ send: through((request) => test.app(request)), base: origin + sandbox, slip });
          const report = shape.parse(await json(await test.fetch(`${origin}${sandbox}/control/report`)));
          assert.equal(report.verdict, verdict, JSON.stringify([slip, report.reason]));
        }
      }
    });
  }
}

Deno.test("GET /control/exchanges names the client as the report does, also where it has two user agents", async () => {
  await using test = await testApp({ loopbackOnly: true });
  await runDouble({ send: withTwoAgents((request) => test.app(request)), slip: "always registers" });
  const report = shape.parse(await json(await test.fetch("/control/report")));
  const { exchanges } = z.object({ exchanges: z.array(z.object({ client: z.string().optional() })) })
    .parse(await json(await test.fetch("/control/exchanges")));
  assert.deepEqual(new Set(exchanges.map(({ client }) => client)), new Set([report.clients[0]?.id]));
});
