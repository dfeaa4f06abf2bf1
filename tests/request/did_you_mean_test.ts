/** Misspellings, and what was probably meant: one name instead of a list of a hundred (issue 16). */
import assert from "node:assert/strict";
import { parseConfig } from "../../lib/cli/config.ts";
import { closest } from "../../lib/http/did_you_mean.ts";
import { createApp } from "../../main.ts";
import { send } from "../control/helpers.ts";
import { assertOAuthError, json, origin, testApp, text } from "../helpers.ts";

const html = { accept: "text/html" };

Deno.test("closest finds a name by letters left out, added, changed or swapped, and by another style", () => {
  const names = ["iss-missing", "iss-wrong-on-error", "standard", "code_ttl_seconds", "send_iss"];
  const slips: Readonly<Record<string, string | undefined>> = {
    "iss-mising": "iss-missing",
    "iss-missingg": "iss-missing",
    "iss-missung": "iss-missing",
    "iss-imssing": "iss-missing",
    "issmissing": "iss-missing",
    "ISS_MISSING": "iss-missing",
    "stadnard": "standard",
    "codeTtlSeconds": "code_ttl_seconds",
    "sendIss": "send_iss",
    "std": undefined,
    "stan": "standard",
    "iss": undefined,
    "": undefined,
    "x": undefined,
    "something-else-altogether": undefined,
    ["s".repeat(10_000)]: undefined,
  };
  for (const [written, meant] of Object.entries(slips)) assert.equal(closest(written, names), meant, written);
});

Deno.test("an unknown scenario is answered with the one that was meant and a link to all, not with 130 names (issue 16)", async (t) => {
  await using test = await testApp();
  const slips: readonly (readonly [path: string, meant: string | undefined, href: string])[] = [
    ["/s/iss-mising/oauth", "iss-missing", "/s/iss-missing/oauth"],
    ["/s/iss-mising~mine/oauth?x=1", "iss-missing", "/s/iss-missing~mine/oauth"],
    [
      "/.well-known/oauth-authorization-server/s/iss_missing",
      "iss-missing",
      "/.well-known/oauth-authorization-server/s/iss-missing",
    ],
    ["/s/qwertzuiop/oauth", undefined, ""],
    ["/s/standard~NOT A LABEL/oauth", undefined, ""],
  ];
  for (const [path, meant, href] of slips) {
    await t.step(path, async () => {
      const description = await assertOAuthError(await test.get(path), 404, "not_found");
      assert(description.length < 300, description);
      assert(description.includes(`see ${origin}/scenarios`), description);
      if (meant === undefined) assert.doesNotMatch(description, /did you mean/);
      else assert.match(description, new RegExp(`; did you mean ${meant}\\?$`));
      const page = await (await test.get(path, html)).text();
      assert(page.includes(`<a href="${origin}/scenarios">`));
      assert.equal(page.includes(`<a href="${href}">${meant}</a>`), meant !== undefined);
    });
  }
});

Deno.test("--scenario says which one was meant, in one line (issue 16)", async () => {
  using kv = await Deno.openKv(":memory:");
  const line =
    /^There is no scenario iss-mising; \/scenarios of a running server lists all; did you mean iss-missing\?$/;
  assert.throws(() => createApp({ kv, scenario: "iss-mising" }), { message: line });
  assert.throws(() => createApp({ kv, scenario: "qwertzuiop" }), /lists all$/);
});

/** Where people and clients look, and the endpoint they mean. */
const paths: Readonly<Record<string, string | undefined>> = {
  "/token": "/oauth/token",
  "/control/token": "/control/tokens",
  "/control/user": "/control/users",
  "/oauth/tokens": "/oauth/token",
  "/authorize": "/oauth/authorize",
  "/register": "/oauth/register",
  "/oauth2/token": "/oauth/token",
  "/v1/oauth2/authorize": "/oauth/authorize",
  "/oauth/tokn": "/oauth/token",
  "/oauth/token/": "/oauth/token",
  "/Oauth/Token": "/oauth/token",
  "/jwks": "/oauth/jwks",
  "/.well-known/jwks.json": "/oauth/jwks",
  "/mcp": "/oauth",
  "/sse": "/oauth/sse",
  "/message": "/oauth/messages",
  "/login": "/oauth/authorize",
  "/userinfo": "/oauth/userinfo",
  "/logout": "/oauth/logout",
  "/control/fault": "/control/faults",
  "/faults": "/control/faults",
  "/scenario": "/scenarios",
  "/guide/": "/guide",
  "/healthz": "/health",
  "/control/clok": "/control/clock",
  "/nothing/that/is/here": undefined,
  "/": undefined,
};

Deno.test("an unknown path is answered with the endpoint that was meant, in any sandbox (issue 16)", async (t) => {
  await using test = await testApp();
  for (const prefix of ["", "/s/standard~mine", "/s/issuer-path"]) {
    for (const [path, plain] of Object.entries(paths)) {
      if (path === "/") continue;
      await t.step(prefix + path, async () => {
        const isOfIssuer = prefix === "/s/issuer-path" && plain?.startsWith("/oauth/") &&
          !/\/(?:sse|messages)$/.test(plain);
        const meant = plain === undefined ? undefined : `${prefix}${isOfIssuer ? "/tenant1" : ""}${plain}`;
        const description = await assertOAuthError(await test.get(prefix + path), 404, "not_found");
        assert(description.includes(`received 'GET ${prefix}${path}'`), description);
        assert.doesNotMatch(description, /home page lists/);
        assert.match(description, /an endpoint that \S+\/\.well-known\/oauth-authorization-server\S* names/);
        assert.equal(/; did you mean (\S+)\?$/.exec(description)?.[1], meant);
        const page = await (await test.get(prefix + path, html)).text();
        assert.equal(page.includes(`<a href="${meant}">${meant}</a>`), meant !== undefined);
      });
    }
  }
});

Deno.test("metadata asked for by a name with a slip are answered with those that lie there (RFC 8414 3.1, issue 16)", async (t) => {
  await using test = await testApp();
  const slips: Readonly<Record<string, string | undefined>> = {
    "/.well-known/oauth-authorization-serve": "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorisation-server/s/iss-missing~a":
      "/.well-known/oauth-authorization-server/s/iss-missing~a",
    "/.well-known/openid-config": "/.well-known/openid-configuration",
    "/.well-known/oauth-protected-resources/oauth": "/.well-known/oauth-protected-resource/oauth",
    "/s/standard~mine/.well-known/oauth-authorization_server":
      "/.well-known/oauth-authorization-server/s/standard~mine",
    "/.well-known/security.txt": undefined,
  };
  for (const [path, meant] of Object.entries(slips)) {
    await t.step(path, async () => {
      const description = await assertOAuthError(await test.get(path), 404, "not_found");
      assert.equal(/; did you mean (\S+)\?$/.exec(description)?.[1], meant);
      if (meant !== undefined) assert.equal((await test.get(meant)).status, 200);
    });
  }
});

Deno.test("an unknown flag is answered with the one that was meant (issue 16)", () => {
  const slips: Readonly<Record<string, string | undefined>> = {
    "--prot=1": "port",
    "--scenarioes=x": "scenarios",
    "--token_lifetime=3": "token-lifetime",
    "--tokenLifetime=3": "token-lifetime",
    "--no-recrod": "no-record",
    "--publc": "public",
    "--nothing-like-it": undefined,
  };
  for (const [flag, meant] of Object.entries(slips)) {
    assert.throws(() => parseConfig([flag], () => "/home", "linux"), (error) => {
      assert(error instanceof Error);
      assert.match(error.message, /--help lists the flags/);
      assert.equal(/did you mean --(\S+)\?$/.exec(error.message)?.[1], meant, flag);
      return true;
    });
  }
});

const fault = { match: { endpoint: "token" }, edit: { drop: true } };
const scenario = { name: "mine", plan: {} };

/** What is sent to the control API, and the name that was meant. */
const slips: readonly (readonly [kind: string, line: string, body: unknown, meant: string])[] = [
  ["a policy", "PATCH /control/plan", { policy: { code_ttl_second: 1 } }, "code_ttl_seconds"],
  ["a policy in camel case", "PATCH /control/plan", { policy: { sendIss: true } }, "send_iss"],
  ["a mint member", "PATCH /control/plan", { mint: { acces_token_ttl_seconds: 1 } }, "access_token_ttl_seconds"],
  ["a plan member", "PATCH /control/plan", { polcy: {} }, "policy"],
  ["a value of a policy", "PATCH /control/plan", { policy: { protected_messages: "tool-calls" } }, "tool_calls"],
  ["an endpoint", "POST /control/faults", { ...fault, match: { endpoint: "tokens" } }, "token"],
  ["one of several endpoints", "POST /control/faults", { ...fault, match: { endpoint: ["token", "jwk"] } }, "jwks"],
  ["a wire member", "POST /control/faults", { ...fault, edit: { truncate: 1 } }, "truncate_bytes"],
  ["a fault member", "POST /control/faults", { ...fault, edits: {} }, "edit"],
  ["a condition", "POST /control/faults", { ...fault, match: { rpcMethod: "tools/call" } }, "rpc_method"],
  ["a path into a message", "POST /control/faults", { ...fault, match: { message: { "parms.name": "a" } } }, "params"],
  ["a fault text's method", "POST /control/faults", "mcp.tools/cal:503", "mcp.tools/call"],
  ["a fault text's HTTP method", "POST /control/faults", "mcp.get:405", "mcp.GET"],
  ["a fault text's endpoint with a method", "POST /control/faults", "open_mpc.ping:503", "open_mcp.ping"],
  ["a fault text with a method where there is none", "POST /control/faults", "token.POST:503", "token"],
  ["a fault text's endpoint", "POST /control/faults", "tokn:503", "token"],
  ["a fault text's endpoint, cut short", "POST /control/faults", "tok:503", "token"],
  ["a fault text's effect", "POST /control/faults", "token:dorp", "drop"],
  ["a fault text's code", "POST /control/faults", "token:invalid_grnat", "invalid_grant"],
  ["a scenario member", "POST /control/scenarios", { ...scenario, stroy: "" }, "story"],
  ["a rule", "POST /control/scenarios", { ...scenario, expects: ["c1"] }, "C1"],
  ["a grant", "POST /control/scenarios", {
    ...scenario,
    clients: [{ client_id: "a", token_endpoint_auth_method: "none", grant_types: ["autorization_code"] }],
  }, "authorization_code"],
  ["a user's member", "POST /control/users", { email: "a@b.example", password: "x", rols: [] }, "roles"],
  ["a required member", "POST /control/faults", { matc: fault.match, edit: fault.edit }, "match"],
  ["a required member of a user", "POST /control/users", { emial: "a@b.example", password: "x" }, "email"],
  ["a scenario for a port", "POST /control/origins", { scenario: "iss-mising" }, "iss-missing"],
  ["a breakage", "POST /control/keys/break", { how: "wrong-signatur" }, "wrong_signature"],
];

Deno.test("a slip in the control API is answered with what was meant (issue 16)", async (t) => {
  await using test = await testApp();
  for (const [kind, line, body, meant] of slips) {
    await t.step(kind, async () => {
      const description = await assertOAuthError(await send(test, line, body), 400, "invalid_request");
      assert.equal(/did you mean (\S+?)\?/.exec(description)?.[1], meant, description);
    });
  }
  await t.step("a fault's name", async () => {
    await send(test, "POST /control/faults", { ...fault, name: "flaky-token" });
    const description = text(await json(await send(test, "DELETE /control/faults/flaky-tokn")), "error_description");
    assert.match(description, /did you mean flaky-token\?/);
  });
  await t.step("a value in the query of a report", async () => {
    const description = await assertOAuthError(await test.get("/control/report?format=junti"), 400, "invalid_request");
    assert.match(description, /did you mean junit\?/);
    assert.match(
      await assertOAuthError(await test.get("/control/report?revision=draft"), 400, "invalid_request"),
      /revision .*one of 2025-03-26, 2025-06-18, 2025-11-25, 2026-07-28/,
    );
  });
  // A report that is taken for a strict one would let every client pass.
  const queries: Readonly<Record<string, string>> = {
    "report?srict": "strict",
    "report?strict&fromat=junit": "format",
    "report?waits=3": "wait",
    "report?revison=2026-07-28": "revision",
    "exchanges?limt=1": "limit",
    "events?aftr=1": "after",
  };
  for (const [query, meant] of Object.entries(queries)) {
    await t.step(`a parameter of ${query}`, async () => {
      const description = await assertOAuthError(await test.get(`/control/${query}`), 400, "invalid_request");
      assert(description.includes(`did you mean ${meant}?`), description);
    });
  }
});

Deno.test("a label that cannot be is said to be wrong, and not the scenario beside it (README)", async (t) => {
  await using test = await testApp();
  for (const path of ["/s/iss-missing~A/oauth", "/s/iss-missing~/oauth", "/s/iss-missing~a_b/oauth"]) {
    await t.step(path, async () => {
      const description = await assertOAuthError(await test.get(path), 404, "not_found");
      assert.match(description, /^Not found: the label .*1 to 64 of a-z 0-9 -/);
    });
  }
  assert.match(await assertOAuthError(await test.get("/s/nothing~A/oauth"), 404, "not_found"), /no such scenario/);
});

Deno.test("a path that ends like a member of every object is not found, and nothing else was meant (RFC 9110 15.5.5)", async () => {
  await using test = await testApp();
  for (const name of ["constructor", "__proto__", "toString", "valueOf", "hasOwnProperty"]) {
    for (const path of [`/${name}`, `/oauth/${name}`, `/control/exchanges/${name}`, `/s/standard~a/${name}`]) {
      assert.doesNotMatch(await assertOAuthError(await test.get(path), 404, "not_found"), /did you mean/, path);
    }
  }
});

Deno.test("createApp refuses an option that does not exist, and a control policy that is not one (README)", async (t) => {
  using kv = await Deno.openKv(":memory:");
  const cases: readonly (readonly [options: object, says: RegExp])[] = [
    [{ controll: "open" }, /createApp: controll is not an option; .*did you mean control\?/],
    [{ publicURL: origin }, /publicURL .*did you mean publicUrl\?/],
    [{ control: "opne" }, /control is not a policy; expected "open"/],
    [{ control: { token: "" } }, /control is not a policy/],
    [{ control: {} }, /control is not a policy/],
  ];
  for (const [options, says] of cases) {
    await t.step(JSON.stringify(options), () => {
      assert.throws(
        () => createApp({ kv, ...options }),
        (error) => error instanceof TypeError && says.test(error.message),
      );
    });
  }
});

Deno.test("a slip in a client's metadata, in the URL of its document or in a fault for its endpoint is told, not ignored (README)", async (t) => {
  await using test = await testApp();
  const refused = async (response: Response): Promise<string> =>
    await assertOAuthError(response, 400, "invalid_request");
  for (
    const [slip, meant] of [["client_idd", "client_id"], ["redirect_urls", "redirect_uris"], [
      "grant_type",
      "grant_types",
    ]]
  ) {
    await t.step(`POST /control/clients: ${slip}`, async () => {
      const sent = { redirect_uris: ["http://127.0.0.1/cb"], [slip ?? ""]: "x" };
      const said = await refused(await send(test, "POST /control/clients", sent));
      assert.match(said, new RegExp(`^${slip} is not a known member.*did you mean ${meant}\\?`));
    });
  }
  await t.step("what others understand stays allowed (RFC 7591 2)", async () => {
    const sent = {
      redirect_uris: ["http://127.0.0.1/cb"],
      token_endpoint_auth_method: "none",
      "client_name#de": "Meiner",
      client_id_issued_at: 1,
      client_secret_expires_at: 0,
      registration_client_uri: origin,
      request_uris: [],
      default_max_age: 1,
      default_acr_values: [],
      require_auth_time: true,
      sector_identifier_uri: "https://a.example",
      subject_type: "public",
      id_token_signed_response_alg: "RS256",
      userinfo_signed_response_alg: "RS256",
      request_object_signing_alg: "RS256",
      initiate_login_uri: "https://a.example",
      software_statement: "x",
      backchannel_logout_uri: "https://a.example",
      frontchannel_logout_uri: "https://a.example",
      tls_client_auth_subject_dn: "x",
      require_pushed_authorization_requests: true,
      authorization_details_types: [],
      has_secret: false,
      my_company: "x",
    };
    assert.equal((await send(test, "POST /control/clients", sent)).status, 200);
  });
  await t.step("/client-metadata", async () => {
    const said = await refused(await test.get("/client-metadata/a.json?redirect_urii=http://127.0.0.1/cb"));
    assert.match(said, /did you mean redirect_uri\?/);
    const document = await test.get("/client-metadata/a.json?redirect_uri=http://127.0.0.1/cb&v=2");
    assert.equal(document.status, 200);
    await document.body?.cancel();
  });
  await t.step("?fault=mcp:503 where the endpoint is open_mcp", async () => {
    for (const path of ["/no-auth", "/bearer"]) {
      assert.match(await refused(await test.get(`${path}?fault=mcp:503*2`)), /expected open_mcp:503\*2/);
      await (await test.get(`${path}?fault=token:503`)).body?.cancel();
    }
    assert.equal((await test.get("/no-auth?fault=open_mcp:503")).status, 503);
  });
  await t.step("POST /control/tokens/revoke of a client that is not", async () => {
    const said = await refused(await send(test, "POST /control/tokens/revoke", { client_id: "nobody" }));
    assert.match(said, /No client of this sandbox/);
    await json(await send(test, "POST /control/tokens", { client_id: "somebody" }));
    for (const client_id of ["somebody", "https://app.example/client.json"]) {
      assert.equal((await send(test, "POST /control/tokens/revoke", { client_id })).status, 200);
    }
  });
});
