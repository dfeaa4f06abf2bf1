/** The official clients of the revisions with sessions, where sessions get lost and streams are refused. */
import assert from "node:assert/strict";
import { z } from "zod";
import { control } from "../control/helpers.ts";
import { clients as all } from "../mcp/conformance_clients.ts";
import { json, origin, type TestApp, testApp } from "../helpers.ts";
import { ticking } from "./scenario_world.ts";

const clients = all.filter(({ name }) => name.endsWith("2025-11-25"));
const url = new URL(`${origin}/no-auth`);

const shape = z.object({
  clients: z.array(z.object({
    findings: z.array(z.object({ rule: z.string(), status: z.string(), level: z.string() })),
  })),
});

/** What is found of the only client by the rules on sessions and by those that are broken. */
async function findings(test: TestApp): Promise<Readonly<Record<string, string>>> {
  await test.answered();
  const { clients: [client, other] } = shape.parse(await json(await test.get("/control/report")));
  assert(client && !other);
  const told = client.findings.filter(({ rule, status }) =>
    status === "broken" || (status === "kept" && ["M27", "M33", "M34", "M35", "M36"].includes(rule))
  );
  return Object.fromEntries(told.map(({ rule, status, level }) => [rule, status === "kept" ? status : level]));
}

for (const { name, connect } of clients) {
  Deno.test(`the ${name} leaves a lost session to its user, who breaks M35 by going on in it`, async () => {
    await using test = await testApp();
    const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
      test.app(new Request(input, init));
    await using client = await connect(fetch, url);
    await client.call("mock_echo", { message: "m" });
    await control(test, "DELETE /control/sessions");
    for (let count = 0; count < 2; count++) {
      await assert.rejects(client.call("mock_echo", { message: "m" }));
      await control(test, "POST /control/clock", { advance_seconds: 2 });
    }
    assert.deepEqual(await findings(test), { M33: "kept", M34: "kept", M35: "MUST" });
  });

  Deno.test(`the ${name} keeps M35 where its user connects again`, async () => {
    // On a slow machine an answer would end after the next request by a clock that stands still.
    await using test = await testApp(ticking());
    const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
      test.app(new Request(input, init));
    // On a slow machine its stream would be asked for again meanwhile, in the session that is lost.
    let isLost = false;
    let isGone = false;
    await using lost = await connect(
      (input, init) =>
        isGone || (isLost && init?.method === "GET") ? Promise.reject(new TypeError("gone")) : fetch(input, init),
      url,
    );
    await lost.call("mock_echo", { message: "m" });
    isLost = true;
    await control(test, "DELETE /control/sessions");
    await assert.rejects(lost.call("mock_echo", { message: "m" }));
    isGone = true;
    await using client = await connect(fetch, url);
    await client.call("mock_echo", { message: "m" });
    assert.deepEqual(await findings(test), { M33: "kept", M34: "kept", M35: "kept" });
  });

  for (const status of [400, 404, 405, 406, 409]) {
    Deno.test(`the ${name} goes on where GET gets ${status}, and breaks no rule`, async () => {
      await using test = await testApp();
      const answer = { status, body: "No stream here" };
      await control(test, "POST /control/faults", { match: { method: "GET" }, life: "always", answer });
      const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
        test.app(new Request(input, init));
      await using client = await connect(fetch, url);
      for (let count = 0; count < 2; count++) await client.call("mock_echo", { message: "m" });
      await control(test, "DELETE /control/faults");
      assert.deepEqual(await findings(test), { M27: "kept", M33: "kept", M34: "kept" });
    });
  }
}
