import { classifyInboundRequest } from "@modelcontextprotocol/server";
import assert from "node:assert/strict";
import { asFastModern, envelopeOf, isUsualInSession } from "../../lib/mcp/fast_path.ts";
import { createProfiles } from "../../lib/mcp/profiles.ts";
import { standardPlan } from "../../lib/scenarios/plan.ts";
import { envelope, OPEN, openMcp, postModern } from "./helpers.ts";

const profile = createProfiles("1").of({ mode: "conformance", policy: standardPlan.policy });
const name = "mock_echo";
const version = "io.modelcontextprotocol/protocolVersion";
const metas = [
  undefined,
  {},
  { progressToken: 7 },
  { progressToken: 1.5 },
  { other: 1 },
  envelope,
  { ...envelope, progressToken: "p" },
  { ...envelope, progressToken: {} },
  { ...envelope, [version]: "2025-11-25" },
  { ...envelope, "io.modelcontextprotocol/clientInfo": { name: 1 } },
  { [version]: "2026-07-28" },
];
const paramsOf = [
  undefined,
  {},
  { name },
  { name, arguments: { message: "x" } },
  { name, arguments: [] },
  { name: 1 },
  [],
];
const heads = [null, "2025-06-18", "2025-11-25", "2026-07-28", "2027-01-01", "x"].flatMap((revision) =>
  [null, "tools/call", "tools/list"].map((method) => ({ revision, method }))
);

/** Messages that differ from a good one in any combination of members. */
function* messages(): Generator<unknown> {
  for (const jsonrpc of ["2.0", "1.0"]) {
    for (const id of [1, "a", 1.5, null, undefined]) {
      for (const method of ["tools/call", "tools/list", "initialize"]) {
        for (const given of paramsOf) {
          for (const _meta of metas) {
            const params = Array.isArray(given) || (!given && !_meta) ? given : { ...given, ..._meta && { _meta } };
            const message = { jsonrpc, ...id !== undefined && { id }, method, ...params && { params } };
            yield message;
            yield { ...message, result: {} };
          }
        }
      }
    }
  }
}

Deno.test("the fast path takes only requests that the SDK's classifier accepts for the same era (MCP SDK 2.4.0)", () => {
  const envelopes = new Map([[envelopeOf(envelope), true as const]]);
  const taken = { modern: 0, legacy: 0 };
  for (const body of messages()) {
    for (const { revision, method } of heads) {
      const headers = new Headers({ "mcp-name": name });
      if (revision !== null) headers.set("mcp-protocol-version", revision);
      if (method !== null) headers.set("mcp-method", method);
      const isModern = asFastModern(body, headers, profile, envelopes) !== undefined;
      const isLegacy = isUsualInSession(body, headers, profile);
      if (!isModern && !isLegacy) continue;
      const found = classifyInboundRequest({
        httpMethod: "POST",
        ...revision !== null && { protocolVersionHeader: revision },
        ...method !== null && { mcpMethodHeader: method },
        mcpNameHeader: name,
        body,
      });
      const told = JSON.stringify({ body, revision, method });
      assert.equal(found.kind, isModern ? "modern" : "legacy", told);
      if (found.kind === "legacy") assert.equal(found.reason, "no-claim", told);
      taken[isModern ? "modern" : "legacy"]++;
    }
  }
  assert(taken.modern > 0 && taken.legacy > 0, JSON.stringify(taken));
});

Deno.test("a request is refused for its _meta however many good ones came before (MCP 2026-07-28, base protocol)", async () => {
  await using mcp = await openMcp();
  const fetch = mcp.fetchAs("no-auth", OPEN);
  const call = (meta: Record<string, unknown>): Promise<Response> =>
    postModern(fetch, { method: "tools/call", params: { name, arguments: { message: "x" } }, meta });
  for (let count = 0; count < 3; count++) {
    const good = await call({ progressToken: count });
    assert.equal(good.status, 200);
    await good.body?.cancel();
    for (const key of Object.keys(envelope)) {
      const bad = await call({ [key]: 1 });
      assert.equal(bad.status, 400, key);
      await bad.body?.cancel();
    }
  }
});
