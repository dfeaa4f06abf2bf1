/** Which names the MCP endpoints answer to, and which pages. */
import { endpoints } from "../../lib/http/endpoints.ts";
import assert from "node:assert/strict";
import { findForeignOrigin, isLoopback, type OriginPolicy } from "../../lib/http/origin.ts";
import { buildSandbox, type Sandbox } from "../../lib/sandbox/sandbox.ts";
import { standardPlan } from "../../lib/scenarios/plan.ts";
import { mcpHandlers } from "../../routes/mcp/mcp.ts";
import { assertRefused, initialize, openMcp } from "./helpers.ts";

const local: OriginPolicy = { loopbackOnly: true };
const proxied: OriginPolicy = { loopbackOnly: true, publicOrigin: "https://mock.example" };
const hosted: OriginPolicy = { allowedOrigins: ["https://inspector.example"] };

const cases: readonly [policy: OriginPolicy, host: string, origin: string | null, allowed: boolean][] = [
  [local, "localhost:8789", null, true],
  [local, "127.0.0.1:8789", "http://localhost:6274", true],
  [local, "127.9.9.9", null, true],
  [local, "[::1]:8789", "http://[::1]:3000", true],
  [local, "refresh-race.localhost:8789", "http://refresh-race.localhost:8789", true],
  [local, "localhost:8789", "https://app.localhost", true],
  [local, "localhost:8789", "https://evil.example", false],
  [local, "localhost:8789", "http://localhost.evil.example", false],
  [local, "localhost:8789", "null", false],
  [local, "localhost:8789", "", false],
  [local, "evil.example:8789", null, false],
  [local, "evil.example:8789", "http://evil.example:8789", false],
  [local, "127.0.0.1.evil.example", null, false],
  [local, "192.168.1.2", null, false],
  [proxied, "mock.example", "https://mock.example", true],
  [proxied, "mock.example", "https://other.example", false],
  [proxied, "localhost:8789", "https://mock.example", true],
  [{ ...local, allowedOrigins: ["vscode-webview://x", "null"] }, "localhost", "vscode-webview://x", true],
  [{ ...local, allowedOrigins: ["vscode-webview://x", "null"] }, "localhost", "null", true],
  [hosted, "mock.example", null, true],
  [hosted, "mock.example", "https://inspector.example", true],
  [hosted, "mock.example", "https://mock.example", true],
  [hosted, "mock.example", "http://inspector.example", false],
  [hosted, "mock.example", "http://localhost:6274", false],
  [{ allowedOrigins: [] }, "mock.example", "https://any.example", false],
  [{}, "mock.example", "https://any.example", true],
];

Deno.test("findForeignOrigin lets in this machine, the server's own pages and those that are named", () => {
  for (const [policy, host, origin, allowed] of cases) {
    const problem = findForeignOrigin(new URL(`http://${host}/no-auth`), origin, policy);
    assert.equal(problem === undefined, allowed, `${host} from ${origin}: ${problem}`);
  }
});

Deno.test("isLoopback knows the names that always mean this machine (RFC 6761 6.3)", () => {
  for (const name of ["localhost", "a.b.localhost", "127.0.0.1", "127.1.2.3", "[::1]"]) {
    assert.ok(isLoopback(name), name);
  }
  for (const name of ["", "localhost.", "xlocalhost", "128.0.0.1", "127.0.0.1.x", "[::2]", "0.0.0.0"]) {
    assert.ok(!isLoopback(name), name);
  }
});

Deno.test("every MCP endpoint refuses a page from elsewhere with 403 before it asks for a token (MCP transports)", async () => {
  await using mcp = await openMcp();
  const verifyToken = (): never => assert.fail("not reached");
  const handlers = mcpHandlers({
    mcp: mcp.endpoint,
    leadingOf: () => ({}),
    catalogueOf: () => Promise.resolve(undefined),
    verifier: { verifyForResource: verifyToken },
    keysOf: verifyToken,
    replays: { use: verifyToken },
    origins: local,
  });
  const byKey = new Map(Object.entries(handlers));
  const routes = endpoints.flatMap(({ name, method, path }) => {
    const key = name.replace(/_(post|get|delete)$/, "").replace("no_auth", "noAuth");
    const handler = byKey.get(key) ?? byKey.get(name);
    return handler ? [{ method, path, handler }] : [];
  });
  assert.equal(routes.length, 18);
  const sandboxOf = ({ origin }: URL): Sandbox => buildSandbox({ origin, now: () => mcp.nowMs });
  const ask = async (path: string, headers: Record<string, string>, host = "localhost"): Promise<Response[]> => {
    const answers = routes.filter((route) => route.path === path).map((route) => {
      const request = new Request(`http://${host}${path}`, {
        method: route.method,
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
        ...(route.method === "POST" && { body: JSON.stringify(initialize()) }),
      });
      const url = new URL(request.url);
      return route.handler({
        request,
        url,
        sandbox: sandboxOf(url),
        plan: standardPlan,
        param: "",
        info: undefined,
      });
    });
    return await Promise.all(answers);
  };
  const doors = ["/no-auth", "/bearer", "/oauth"];
  const older = doors.flatMap((door) => [`${door}/sse`, `${door}/messages`]);
  for (const path of [...doors, "/conformance", ...older]) {
    for (const response of await ask(path, { origin: "https://evil.example" })) {
      await assertRefused(response, 403, -32000);
    }
    for (const response of await ask(path, {}, "evil.example")) await assertRefused(response, 403, -32000);
    for (const response of await ask(path, { origin: "http://localhost:6274" })) {
      assert.notEqual(response.status, 403);
      await response.body?.cancel();
    }
  }
});
