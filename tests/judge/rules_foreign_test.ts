/** Rules held against what clients that nobody here wrote have sent: none is broken by a client that does right. */
import assert from "node:assert/strict";
import { buildReport } from "../../lib/judge/report.ts";
import { origin } from "../helpers.ts";
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

type Row = readonly [url: string, made?: Made];

interface Case {
  readonly kind: string;
  readonly rule: string;
  readonly rows: readonly Row[];
  readonly status: "kept" | "broken" | "not observed";
  /** Whether something was cleared or has fallen off before; false if not given. */
  readonly isCut?: boolean;
}

const openid = "/.well-known/openid-configuration";
const authorizes = (resource?: string): Row => [
  `${asks("a")[0]}&code_challenge=x${resource === undefined ? "" : `&resource=${encodeURIComponent(resource)}`}`,
  { peer: "browser", status: 302 },
];
const refused = speaks("2025-11-25", 401);
const refusedWith = (challenge: string): Row => [refused[0], {
  ...refused[1],
  answeredHeaders: [["www-authenticate", challenge]],
}];

const asksToken = (fields: Readonly<Record<string, string>>, answered: unknown): Row => [
  server.token_endpoint,
  { method: "POST", sent: new URLSearchParams({ client_id: "a", ...fields }).toString(), answered },
];

const couldNotFetch = {
  error: "invalid_client",
  error_description: "The document cannot be fetched; expected an https URL, where a client metadata document lies",
};
const answersDocument = (made: Made): Row => [asks("https://client.example/app.json")[0], { peer: "browser", ...made }];

const issuer = `${origin}/tenant`;
const ofTenant = { ...server, issuer };
const told: Row = [resourceUrl, { answered: { resource: `${origin}/oauth`, authorization_servers: [issuer] } }];
const asksTenant = (path: string, isFound = false): Row => [
  origin + path,
  isFound ? { answered: ofTenant } : { status: 404 },
];
const [first, second, third] = [
  "/.well-known/oauth-authorization-server/tenant",
  `${openid}/tenant`,
  `/tenant${openid}`,
] as const;

const ofOrigin: Row = [resourceUrl, { answered: { resource: origin, authorization_servers: [origin] } }];
const ofAnother: Row = [resourceUrl, { answered: { resource: "https://evil.example/mcp" } }];
const rootUrl = resourceUrl.replace(/\/oauth$/, "");
const atRoot: Row = [rootUrl, { status: 404, atMs: 5 }];

const cases: readonly Case[] = [
  {
    kind: "a client that writes an origin as URLs do, with a slash (mcp-remote)",
    rule: "C14",
    rows: [refused, ofOrigin, reads(), registers("A", "a"), authorizes(`${origin}/`)],
    status: "kept",
  },
  {
    kind: "a client that discards metadata of another resource, and looks at the root (go-sdk)",
    rule: "C14",
    rows: [refused, ofAnother, atRoot, reads(), authorizes(`${origin}/oauth`)],
    status: "kept",
  },
  {
    kind: "a client that has looked at the root before it reads metadata of another resource",
    rule: "C14",
    rows: [refused, atRoot, ofAnother, reads(), authorizes(`${origin}/oauth`)],
    status: "broken",
  },
  {
    kind: "a client that looks at the root while it reads metadata of another resource",
    rule: "C14",
    rows: [refused, ofAnother, [rootUrl, { status: 404 }], reads(), authorizes(`${origin}/oauth`)],
    status: "broken",
  },
  {
    kind: "a client that sends the URL it calls where the metadata adds a slash to it",
    rule: "C14",
    rows: [
      refused,
      [resourceUrl, { answered: { resource: `${origin}/oauth/` } }],
      reads(),
      authorizes(`${origin}/oauth`),
    ],
    status: "kept",
  },
  {
    kind: "a client that sends the URL it calls where the metadata names the whole server",
    rule: "C14",
    rows: [refused, ofOrigin, reads(), authorizes(`${origin}/oauth`)],
    status: "broken",
  },
  {
    kind: "a client that adds a slash to a path",
    rule: "C14",
    rows: [
      refused,
      [resourceUrl, { answered: { resource: `${origin}/oauth` } }],
      reads(),
      authorizes(`${origin}/oauth/`),
    ],
    status: "broken",
  },
  {
    kind: "a client of OpenID Connect (openid-client, oidc-client-ts), which makes no MCP request",
    rule: "C1",
    rows: [[origin + openid, { answered: server }], registers("spa", "a"), authorizes()],
    status: "not observed",
  },
  {
    kind: "a client that gets tokens here for a resource on another origin",
    rule: "C1",
    rows: [reads(), registers("gateway", "a"), authorizes("https://elsewhere.example/mcp")],
    status: "not observed",
  },
  {
    kind: "the same client, which also speaks MCP with a server here",
    rule: "C1",
    rows: [refused, reads(), registers("gateway", "a"), authorizes("https://elsewhere.example/mcp")],
    status: "not observed",
  },
  {
    kind: "a client that gets tokens for an MCP server here without its metadata",
    rule: "C1",
    rows: [refused, reads(), registers("hasty", "a"), authorizes(`${origin}/oauth`)],
    status: "broken",
  },
  {
    kind: "a client that continues without a resource, and without resource metadata",
    rule: "C1",
    rows: [refused, reads(), registers("hasty", "a"), authorizes()],
    status: "broken",
  },
  {
    kind: "a client that asks for authorization again after the record was cleared, and remembers what it read",
    rule: "C1",
    rows: [[`${origin}/oauth`, {
      route: "oauth_post",
      method: "POST",
      status: 401,
      headers: [["authorization", "Bearer …a"]],
    }], authorizes()],
    status: "not observed",
    isCut: true,
  },
  {
    kind: "a client that sends no token after the record was cleared, and reads nothing",
    rule: "C1",
    rows: [refused, authorizes()],
    status: "broken",
    isCut: true,
  },
  {
    kind: "a client of OpenID Connect, which requests only OpenID's metadata URL",
    rule: "C4",
    rows: [[origin + openid, { answered: server }], authorizes()],
    status: "not observed",
  },
  {
    kind: "a client of OpenID Connect that registers, which need not use client ID metadata documents",
    rule: "C6",
    rows: [
      [origin + openid, { answered: { ...server, client_id_metadata_document_supported: true } }],
      registers("spa", "a"),
    ],
    status: "not observed",
  },
  {
    kind: "the same, which may omit application_type (OpenID Connect Registration 2)",
    rule: "C8",
    rows: [[origin + openid, { answered: server }], registers("spa", "a")],
    status: "not observed",
  },
  {
    kind: "a client of OpenID Connect that continues although no metadata says that PKCE is supported",
    rule: "C13",
    rows: [
      [origin + openid, { answered: { ...server, code_challenge_methods_supported: undefined } }],
      registers("spa", "a"),
      authorizes(),
    ],
    status: "not observed",
  },
  {
    kind: "a client that needs no refresh tokens, as it does not speak MCP here",
    rule: "C21",
    rows: [
      [origin + openid, { answered: { ...server, grant_types_supported: ["authorization_code", "refresh_token"] } }],
      registers("gateway", "a"),
      authorizes("https://elsewhere.example/mcp"),
    ],
    status: "not observed",
  },
  {
    kind: "all three metadata URLs of an issuer with a path, in order",
    rule: "C4",
    rows: [refused, told, asksTenant(first), asksTenant(second), asksTenant(third, true)],
    status: "kept",
  },
  {
    kind: "the first two metadata URLs of an issuer with a path, and not the third",
    rule: "C4",
    rows: [refused, told, asksTenant(first), asksTenant(second), registers("hasty", "a")],
    status: "broken",
  },
  {
    kind: "the third metadata URL before the second",
    rule: "C4",
    rows: [refused, told, asksTenant(first), asksTenant(third, true)],
    status: "broken",
  },
  {
    kind: "all three metadata URLs of an issuer that no resource metadata named, as a person did",
    rule: "C4",
    rows: [refused, asksTenant(first), asksTenant(second), asksTenant(third, true)],
    status: "kept",
  },
  {
    kind: "the first metadata URL of an issuer that no resource metadata named",
    rule: "C4",
    rows: [refused, asksTenant(first, true)],
    status: "kept",
  },
  {
    kind:
      "a client that falls back to the default endpoints of 2025-03-26 after the one metadata URL of that (python-sdk)",
    rule: "C4",
    rows: [
      refused,
      [resourceUrl, { status: 404 }],
      atRoot,
      [origin + first.replace("/tenant", ""), { status: 404 }],
      [`${origin}/register`, { method: "POST", status: 404 }],
      authorizes(),
    ],
    status: "not observed",
  },
  {
    kind: "a client that takes the URL of the MCP server for the issuer where nobody names one (rmcp)",
    rule: "C4",
    rows: [
      refused,
      [resourceUrl, { status: 404 }],
      atRoot,
      [`${origin}/.well-known/oauth-authorization-server/oauth`, { status: 404 }],
      reads(),
      authorizes(),
    ],
    status: "not observed",
  },
  {
    kind: "a client that takes what a malformed header names for a relative URL, and then searches in order (rmcp)",
    rule: "C3",
    rows: [
      refusedWith(`Bearer resource_metadata='${resourceUrl}'`),
      [`${origin}/'${resourceUrl}'`, { status: 404 }],
      [resourceUrl, { answered: { resource: `${origin}/oauth`, authorization_servers: [origin] } }],
      reads(),
    ],
    status: "kept",
  },
  {
    kind: "a client that stops at a server error (rmcp)",
    rule: "C3",
    rows: [refused, [resourceUrl, { status: 502 }]],
    status: "not observed",
  },
  {
    kind: "a client that goes on after a server error as if there were nothing",
    rule: "C3",
    rows: [refused, [resourceUrl, { status: 502 }], reads(), authorizes()],
    status: "broken",
  },
  {
    kind: "a client that stops where there is nothing, and does not look at the root",
    rule: "C3",
    rows: [refused, [resourceUrl, { status: 404 }]],
    status: "broken",
  },
  {
    kind: "a client that refreshes with what came without an access token beside it, as from Slack (mcp-go)",
    rule: "C35",
    rows: [
      asksToken({ grant_type: "authorization_code", code: "c" }, {
        refresh_token: "R",
        authed_user: { access_token: "A" },
      }),
      asksToken({ grant_type: "refresh_token", refresh_token: "R" }, { refresh_token: "S" }),
    ],
    status: "kept",
  },
  {
    kind: "a client that refreshes with what nothing has brought",
    rule: "C35",
    rows: [
      asksToken({ grant_type: "authorization_code", code: "c" }, {
        refresh_token: "R",
        authed_user: { access_token: "A" },
      }),
      asksToken({ grant_type: "refresh_token", refresh_token: "T" }, { refresh_token: "S" }),
    ],
    status: "broken",
  },
  ...(["C8", "C21"] as const).map((rule) => ({
    kind: "a registration whose body did not come in before the answer, as clients send it after the headers (FastMCP)",
    rule,
    rows: [
      speaks("2026-07-28", 401),
      [serverUrl, { answered: { ...server, grant_types_supported: ["authorization_code", "refresh_token"] } }],
      [server.registration_endpoint, { method: "POST", status: 400, isSentCut: true }],
    ] as const,
    status: "not observed" as const,
  })),
  {
    kind: "a URL that is not a metadata URL",
    rule: "C4",
    rows: [refused, told, asksTenant("/tenant/.well-known/oauth-authorization-server"), asksTenant(first, true)],
    status: "broken",
  },
  {
    kind: "a document that the server could not fetch",
    rule: "C7",
    rows: [refused, reads(), answersDocument({ status: 400, answered: couldNotFetch })],
    status: "not observed",
  },
  {
    kind: "a document for which the server redirected the browser",
    rule: "C7",
    rows: [refused, reads(), answersDocument({ status: 302 })],
    status: "kept",
  },
  {
    kind: "a URL for a server that supports none, whatever its metadata says",
    rule: "C7",
    rows: [refused, reads(), answersDocument({ status: 400, answered: { error: "invalid_client" } })],
    status: "kept",
  },
  {
    kind: "a URL that the draft forbids for a client_id",
    rule: "C7",
    rows: [
      refused,
      reads(),
      answersDocument({
        status: 400,
        answered: {
          error: "invalid_client",
          error_description: "client_id is not the URL of a client metadata document: it has a fragment",
        },
      }),
    ],
    status: "broken",
  },
];

for (const { kind, rule, rows, status, isCut = false } of cases) {
  Deno.test(`${rule} is ${status} for ${kind}`, () => {
    const report = buildReport(make(...rows), { sandbox: "main", hasOrigin: true, isWhole: !isCut, expects: [rule] });
    const findings = report.clients.flatMap((client) => client.findings.filter((found) => found.rule === rule));
    assert.deepEqual(findings.map((found) => found.status), [status], findings[0]?.detail);
  });
}

const challenges = (scope: string): Row => refusedWith(`Bearer scope="${scope}"`);
const details: readonly (readonly [kind: string, rule: string, rows: readonly Row[], detail: RegExp])[] = [
  ...["C22", "C23", "C24"].map((rule) =>
    [
      "a client of OpenID Connect, which sends its token to /oauth/userinfo alone",
      rule,
      [[origin + openid, { answered: server }], registers("spa", "a"), authorizes()],
      /no request to an MCP server/,
    ] as const
  ),
  [
    "a client that asks for no scope where the 401 names one and the resource none",
    "C18",
    [challenges("mcp:basic"), [resourceUrl, { answered: { resource: `${origin}/oauth` } }], authorizes()],
    /did not request the scopes that the 401 response named/,
  ],
  [
    "a client that is called upon for no scope",
    "C18",
    [refused, [resourceUrl, { answered: { resource: `${origin}/oauth` } }], authorizes()],
    /No 401 response named a scope/,
  ],
];

for (const [kind, rule, rows, detail] of details) {
  Deno.test(`what ${rule} says is true of ${kind}`, () => {
    const report = buildReport(make(...rows), { sandbox: "main", hasOrigin: true, isWhole: true, expects: [rule] });
    const [found] = report.clients.flatMap((client) => client.findings.filter((finding) => finding.rule === rule));
    assert.equal(found?.status, "not observed");
    assert.match(found.detail, detail);
  });
}
