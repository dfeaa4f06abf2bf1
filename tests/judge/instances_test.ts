/** Instances of one program that work at the same time: nothing but a proof tells their requests apart. */
import assert from "node:assert/strict";
import { buildReport, type Report } from "../../lib/judge/report.ts";
import { runDouble, type Slip } from "../interop/double/double.ts";
import { json, origin, testApp } from "../helpers.ts";
import { type Made, make, reads, registers, resourceUrl, server, speaks } from "../recorder/made_exchanges.ts";
import { z } from "zod";

type Row = readonly [url: string, made?: Made];

const openings: readonly Row[] = [
  [speaks("2025-11-25", 401)[0], {
    ...speaks("2025-11-25", 401)[1],
    answeredHeaders: [["www-authenticate", `Bearer resource_metadata="${resourceUrl}"`]],
  }],
  [resourceUrl, { answered: { resource: `${origin}/oauth`, authorization_servers: [origin] } }],
  reads(),
];

/** What an instance does up to its first call, with requests that show who it is from the fourth on. */
function instance(id: string): readonly Row[] {
  return [
    ...openings,
    registers("Same", id),
    [
      `${server.authorization_endpoint}?response_type=code&client_id=${id}&code_challenge=${id}&code_challenge_method=S256` +
      `&resource=${origin}/oauth&state=${id}&redirect_uri=http://localhost/cb`,
      { peer: "browser", status: 302, answeredHeaders: [["location", `http://localhost/cb?code=…${id}&state=${id}`]] },
    ],
    [server.token_endpoint, {
      method: "POST",
      sent:
        `grant_type=authorization_code&code=…${id}&client_id=${id}&code_verifier=x…43…${id}&resource=${origin}/oauth` +
        "&redirect_uri=http://localhost/cb",
      answered: { access_token: `…t${id}` },
    }],
    [`${origin}/oauth`, {
      method: "POST",
      sent: { jsonrpc: "2.0", id: 1, method: "tools/call" },
      headers: [["authorization", `Bearer …t${id}`], ["mcp-protocol-version", "2025-11-25"]],
    }],
  ];
}

/** All ways to merge two lists. */
function* merges(one: readonly Row[], other: readonly Row[]): Generator<readonly Row[]> {
  const [first, ...rest] = one;
  const [second, ...others] = other;
  if (!first || !second) return yield [...one, ...other];
  for (const merged of merges(rest, other)) yield [first, ...merged];
  for (const merged of merges(one, others)) yield [second, ...merged];
}

function judge(rows: readonly Row[]): Report {
  return buildReport(make(...rows), {
    sandbox: "main",
    hasOrigin: true,
    isWhole: true,
    isLabelled: true,
    expects: ["C2"],
  });
}

Deno.test("two instances of one client at the same time both pass, however their requests alternate", () => {
  const all = [...merges(instance("a"), instance("b"))];
  assert.equal(all.length, 3432);
  // Every eleventh will do: seven that follow each other differ in little.
  for (const rows of all.filter((_, index) => index % 11 === 0)) {
    const { clients, verdict, reason } = judge(rows);
    if (verdict !== "pass") {
      assert.fail(`${reason}\n${rows.map(([url, made]) => `${made?.method ?? "GET"} ${url}`).join("\n")}`);
    }
    for (const { progress: { stations } } of clients) assert(stations[0]?.reached, JSON.stringify(stations));
  }
});

Deno.test("an instance that skips a step fails where nobody else can have taken it", () => {
  const [a, b] = [instance("a"), instance("b")];
  const withoutMetadata = b.filter(([url]) => url !== resourceUrl);
  assert.deepEqual(
    judge([...a, ...withoutMetadata, ...a.slice(-1)]).clients.map(({ id, failures }) => [id, failures]),
    [["a", []], ["b", ["C1"]]],
  );
  const nobody = [...merges(a.filter(([url]) => url !== resourceUrl), withoutMetadata)].slice(0, 100);
  for (const rows of nobody) assert(judge(rows).clients.every(({ failures }) => failures.includes("C1")));
});

const shape = z.object({
  verdict: z.string(),
  reason: z.string(),
  clients: z.array(z.object({ id: z.string(), verdict: z.string(), failures: z.array(z.string()) })),
});

async function run(path: string, ...slips: readonly Slip[]): Promise<z.infer<typeof shape>> {
  await using test = await testApp({ loopbackOnly: true });
  const send = (request: Request): Promise<Response> => test.app(request);
  await Promise.all(slips.map((slip) => runDouble({ send, base: origin + path, version: "2026-07-28", slip })));
  return shape.parse(await json(await test.fetch(`${origin}${path}/control/report`)));
}

/** What a broken instance does itself, whoever read what it should have heeded. */
const broken: readonly (readonly [slip: Slip, scenario: string, rule: string])[] = [
  ["takes any iss", "iss-supported-missing", "C25"],
  ["always registers", "client-document", "C6"],
  ["registers without a type", "iss-supported", "C8"],
];

for (const [slip, scenario, rule] of broken) {
  Deno.test(`GET /control/report: two instances at the same time that break ${rule} both fail`, async () => {
    const { clients } = await run(`/s/${scenario}`, slip, slip);
    assert.deepEqual(clients.map(({ verdict, failures }) => [verdict, failures.includes(rule)]), [
      ["fail", true],
      ["fail", true],
    ]);
  });
}

for (const path of ["", "/s/standard", "/s/standard~instances"]) {
  Deno.test(`GET /control/report: three instances of a client at the same time pass, in ${path || "main"}`, async () => {
    const { verdict, reason, clients } = await run(path, "always registers", "always registers", "always registers");
    assert.equal(verdict, "pass", reason);
    assert.equal(clients.length, 3);
  });
}
