import assert from "node:assert/strict";
import { createRouter, type Route } from "../../routes/request/router.ts";
import { paths, wellKnown } from "../../lib/http/urls.ts";
import { assertOAuthError, json, origin, testApp } from "../helpers.ts";

const row: Route = {
  name: "a",
  method: "GET",
  path: "/a",
  cors: false,
  kind: "pages",
  handler: () => new Response(),
};

Deno.test("createRouter refuses two rows with one name, or one method and path", () => {
  assert.throws(
    () => createRouter([row, { ...row, path: "/b" }]),
    /stands in the table twice/,
  );
  assert.throws(
    () => createRouter([row, { ...row, name: "b" }]),
    /stands in the table twice/,
  );
  createRouter([row, { ...row, name: "b", method: "POST" }]);
});

/** Every path of the table with the methods it has. */
const table: [string, readonly string[], boolean][] = [
  ["/", ["GET", "HEAD"], true],
  ["/guide", ["GET", "HEAD"], false],
  ["/scenarios", ["GET", "HEAD"], true],
  ["/scenarios/clients", ["GET", "HEAD"], true],
  ["/specifications", ["GET", "HEAD"], false],
  ["/inspect", ["GET", "HEAD"], false],
  ["/scenarios/make", ["GET", "HEAD", "POST"], false],
  ["/inspect/recording", ["GET", "HEAD", "POST"], false],
  ["/runs/:run", ["GET", "HEAD"], false],
  ["/runs/:run/keep", ["POST"], false],
  ["/kept/:id", ["GET", "HEAD"], false],
  ["/runs/:run/badge.svg", ["GET", "HEAD"], true],
  ["/runs/:run/mcp.json", ["GET", "HEAD"], true],
  ["/gauntlet", ["GET", "HEAD", "POST"], true],
  ["/health", ["GET", "HEAD"], true],
  ["/favicon.ico", ["GET", "HEAD"], false],
  ["/robots.txt", ["GET", "HEAD"], false],
  ["/assets/shared/style.css", ["GET", "HEAD"], false],
  ["/assets/guide/guide.js", ["GET", "HEAD"], false],
  ["/.well-known/oauth-authorization-server", ["GET", "HEAD"], true],
  ["/.well-known/openid-configuration", ["GET", "HEAD"], true],
  ["/.well-known/oauth-protected-resource", ["GET", "HEAD"], true],
  ["/.well-known/oauth-protected-resource/oauth", ["GET", "HEAD"], true],
  ["/oauth/jwks", ["GET", "HEAD"], true],
  ["/client-metadata/:name", ["GET", "HEAD"], true],
  ["/custom/metadata/location.json", ["GET", "HEAD"], true],
  ["/elicitation/:id", ["GET", "HEAD", "POST"], false],
  ["/canary/:name", ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"], true],
  ["/control/report", ["GET", "HEAD"], true],
  ["/control/judge", ["POST"], true],
  ["/control/runs/:run", ["GET", "HEAD"], true],
  ["/control/mcp", ["POST"], true],
  ["/control/exchanges", ["DELETE", "GET", "HEAD"], true],
  ["/control/events", ["GET", "HEAD"], true],
  ["/oauth/register", ["POST"], true],
  ["/oauth/revoke", ["POST"], true],
  ["/oauth/introspect", ["POST"], true],
  ["/oauth/userinfo", ["GET", "HEAD", "POST"], true],
  ["/oauth/register/:client_id", ["DELETE", "GET", "HEAD", "PUT"], true],
  ["/oauth/token", ["POST"], true],
  ["/oauth/par", ["POST"], true],
  ["/oauth/device", ["POST"], true],
  ["/idp/.well-known/openid-configuration", ["GET", "HEAD"], true],
  ["/idp/token", ["POST"], true],
  ["/idp/jwks", ["GET", "HEAD"], true],
  ["/oauth/device/verify", ["GET", "HEAD", "POST"], false],
  ["/oauth/logout", ["GET", "HEAD", "POST"], false],
  ["/oauth/authorize", ["GET", "HEAD", "POST"], false],
  ["/no-auth", ["DELETE", "GET", "HEAD", "POST"], true],
  ["/bearer", ["DELETE", "GET", "HEAD", "POST"], true],
  ["/conformance", ["DELETE", "GET", "HEAD", "POST"], true],
  ["/oauth", ["DELETE", "GET", "HEAD", "POST"], true],
  ["/no-auth/sse", ["GET", "HEAD"], true],
  ["/no-auth/messages", ["POST"], true],
  ["/bearer/sse", ["GET", "HEAD"], true],
  ["/bearer/messages", ["POST"], true],
  ["/oauth/sse", ["GET", "HEAD"], true],
  ["/oauth/messages", ["POST"], true],
];

Deno.test("this file looks at every path there is", () => {
  const { assets: _, ...own } = paths;
  const all = [
    ...Object.values(own),
    ...Object.values(wellKnown),
    wellKnown.protectedResource + paths.oauth,
  ];
  assert.deepEqual(table.map(([path]) => path).sort(), all.sort());
});

Deno.test("every endpoint answers a wrong method with 405 and what it takes (RFC 9110 15.5.6)", async (t) => {
  await using test = await testApp();
  for (const [path, methods, cors] of table) {
    await t.step(path, async () => {
      for (
        const method of ["GET", "POST", "DELETE", "PUT", "PATCH"].filter((
          name,
        ) => !methods.includes(name))
      ) {
        const response = await test.fetch(path, { method });
        assert.equal(response.status, 405, method);
        assert.deepEqual(
          response.headers.get("allow")?.split(", "),
          [...methods, "OPTIONS"].sort(),
        );
        assert.equal(
          response.headers.get("access-control-allow-origin"),
          cors ? "*" : null,
        );
        assert.match(
          String((await json(response)).error_description),
          new RegExp(`has no ${method}`),
        );
      }
    });
  }
});

Deno.test("every endpoint a page may call answers its preflight (Fetch standard, CORS protocol)", async (t) => {
  await using test = await testApp();
  for (const [path, methods, cors] of table) {
    await t.step(path, async () => {
      const response = await test.fetch(path, {
        method: "OPTIONS",
        headers: {
          origin: "https://page.example",
          "access-control-request-method": "POST",
          "access-control-request-headers": "x-mine",
        },
      });
      assert.equal(response.status, 204);
      assert.deepEqual(
        response.headers.get("allow")?.split(", "),
        [...methods, "OPTIONS"].sort(),
      );
      assert.equal(
        response.headers.get("access-control-allow-origin"),
        cors ? "*" : null,
      );
      assert.equal(
        response.headers.get("access-control-allow-headers"),
        cors ? "x-mine" : null,
      );
    });
  }
});

Deno.test("a page may read the challenge and the session id (Fetch standard, CORS protocol)", async () => {
  await using test = await testApp();
  const response = await test.fetch("/oauth", { method: "POST" });
  assert.equal(response.status, 401);
  const exposed = response.headers.get("access-control-expose-headers") ?? "";
  for (const name of ["www-authenticate", "mcp-session-id"]) {
    assert(exposed.split(", ").includes(name), name);
  }
  await response.body?.cancel();
});

Deno.test("HEAD answers as GET without a body (RFC 9110 9.3.2)", async () => {
  await using test = await testApp();
  const response = await test.fetch("/health", { method: "HEAD" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.equal(await response.text(), "");
});

Deno.test("an unknown path is a page for a person and JSON for a program", async () => {
  await using test = await testApp();
  assert.match(
    await assertOAuthError(await test.get("/nope"), 404, "not_found"),
    /^Not found/,
  );
  const page = await test.get("/nope", { accept: "text/html" });
  assert.equal(page.status, 404);
  assert.match(await page.text(), /<!doctype html>/i);
});

Deno.test("an unexpected failure is a bare server_error, and one line in the log", async () => {
  const lines: string[] = [];
  const kv = await Deno.openKv(":memory:");
  await using test = await testApp({
    kv,
    log: (event) => event.event === "error" && lines.push(event.message),
  });
  kv.close();
  const response = await test.get("/oauth/jwks");
  const body = await json(response);
  assert.equal(response.status, 500);
  assert.equal(body.error, "server_error");
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^GET \/oauth\/jwks: /);
  const reason = (lines[0] ?? "").slice("GET /oauth/jwks: ".length);
  assert(!JSON.stringify(body).includes(reason));
});

Deno.test("the log has a line for every exchange, in order, and nothing of a query or a body", async () => {
  const lines: string[] = [];
  await using test = await testApp({
    log: (event) => lines.push(JSON.stringify(event)),
  });
  await (await test.get("/health?auto_approve_password=hunter2")).body
    ?.cancel();
  await (await test.postForm("/oauth/token", { client_secret: "hunter2" })).body
    ?.cancel();
  assert.match(
    lines[0] ?? "",
    /"sequence":1,.*"method":"GET","path":"\/health","status":200/,
  );
  assert.match(
    lines[1] ?? "",
    /"sequence":2,.*"method":"POST","path":"\/oauth\/token","status":400/,
  );
  assert(!lines.join().includes("hunter2"));
  assert(origin.startsWith("http"));
});

Deno.test("GET /health has the original's members, the version and the uptime", async () => {
  await using test = await testApp();
  test.clock.nowMs += 65_400;
  const body = await json(await test.get("/health"));
  assert.equal(body.name, "Mock MCP Server for E2E Testing");
  assert.equal(body.status, "healthy");
  assert.equal(body.documentation, "/guide");
  assert.match(String(body.version), /^\d+\.\d+\.\d+$/);
  assert.equal(body.uptime_seconds, 65);
  assert.deepEqual(body.modes, {
    "no-auth": {
      endpoints: { mcp: "/no-auth" },
      description: "No authentication required",
    },
    bearer: {
      endpoints: { mcp: "/bearer" },
      description: "Bearer token required in Authorization header",
    },
    oauth: {
      endpoints: { mcp: "/oauth" },
      description: "OAuth 2.1 with flexible authorization modes",
    },
  });
});

Deno.test("GET / is server information: a page for browsers, JSON for programs", async () => {
  await using test = await testApp();
  const body = await json(await test.get("/", { accept: "application/json" }));
  assert.deepEqual(body.endpoints, {
    "no-auth": `${origin}/no-auth`,
    bearer: `${origin}/bearer`,
    oauth: `${origin}/oauth`,
  });
  const page = await (await test.get("/", { accept: "text/html,*/*" })).text();
  for (const path of ["/no-auth", "/bearer", "/oauth"]) {
    assert(page.includes(origin + path), path);
  }
});
