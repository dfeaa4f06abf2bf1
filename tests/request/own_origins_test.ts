/** Scenarios that need an origin to themselves: by a port, which no system has to resolve, and what is said without. */
import assert from "node:assert/strict";
import { IDLE_MS } from "../../lib/sandbox/held_sandbox.ts";
import { MAX_OWN_ORIGINS, type OpenPort } from "../../lib/sandbox/origins.ts";
import { catalogue as builtInScenarios } from "../../lib/scenarios/catalogue/catalogue.ts";
import { runDouble } from "../interop/double/double.ts";
import { json, type TestApp, testApp } from "../helpers.ts";

/** Ports that nobody listens on: requests go in by their URLs. */
function ports(): () => OpenPort {
  let port = 40_000;
  return () => ({ port: ++port, protocol: "http", close: () => Promise.resolve() });
}

function noDescriptors(): OpenPort {
  throw new Error("Too many open files");
}

async function open(test: TestApp, body: object): Promise<Record<string, unknown>> {
  return await json(await test.postJson("/control/origins", body));
}

Deno.test("POST /control/origins gives a sandbox a port, and everything it says names that port (RFC 8414 2)", async () => {
  await using test = await testApp({ loopbackOnly: true, openPort: ports() });
  const { origin, mcp_url, label } = await open(test, { scenario: "iss-missing", label: "mine" });
  assert.deepEqual([origin, mcp_url, label], ["http://127.0.0.1:40001", "http://127.0.0.1:40001/oauth", "mine"]);
  const metadata = await json(await test.app(new Request(`${origin}/.well-known/oauth-authorization-server`)));
  assert.deepEqual([metadata.issuer, metadata.token_endpoint], [origin, `${origin}/oauth/token`]);
  const report = await json(await test.app(new Request(`${origin}/control/report`)));
  assert.equal(report.sandbox, "iss-missing~mine");
  // The same sandbox, and the same port again.
  assert.equal((await open(test, { scenario: "iss-missing", label: "mine" })).origin, origin);
  assert.notEqual((await open(test, { scenario: "iss-missing" })).origin, origin);
});

Deno.test("every scenario that needs an origin has one by a port, and its report has no note (README)", async (t) => {
  for (const { name } of builtInScenarios.filter(({ needs_origin }) => needs_origin)) {
    await t.step(name, async () => {
      await using test = await testApp({ loopbackOnly: true, openPort: ports() });
      const { origin } = await open(test, { scenario: name, label: "a" });
      await runDouble({ base: String(origin), send: (request) => test.app(request) });
      const report = await json(await test.app(new Request(`${origin}/control/report`)));
      assert.equal(report.note, undefined);
      assert.equal(report.sandbox, `${name}~a`);
    });
  }
});

Deno.test("/scenarios shows the command that opens a port beside every scenario that needs an origin (README)", async (t) => {
  await using test = await testApp({ loopbackOnly: true, openPort: ports() });
  const page = await (await test.get("/scenarios", { accept: "text/html" })).text();
  for (const { name, needs_origin = false } of builtInScenarios) {
    await t.step(name, async () => {
      const [, entry = ""] = page.split(` id="${name}"`);
      const [command] =
        /<code>curl \S+\/control\/origins .*?<\/code>/.exec(entry.split('<li class="scenario"')[0] ?? "") ?? [];
      assert.equal(command !== undefined, needs_origin, "others need none");
      if (command === undefined) return;
      const [, url = "", body = ""] = /curl (\S+) -d '(.*)'/.exec(command.replaceAll("&quot;", '"')) ?? [];
      const response = await test.app(new Request(url, { method: "POST", body }));
      const { origin, mcp_url } = await json(response);
      assert.deepEqual([response.status, mcp_url], [200, `${origin}/oauth`]);
      const report = await json(await test.app(new Request(`${origin}/control/report`)));
      assert.equal(report.scenario, name);
    });
  }
});

Deno.test("called by a path, a scenario that needs an origin says so in its report (README)", async (t) => {
  for (const { name, needs_origin = false } of builtInScenarios.slice(0, 40)) {
    await t.step(name, async () => {
      await using test = await testApp({ loopbackOnly: true });
      await (await test.app(new Request(`http://localhost:8789/s/${name}~a/oauth`, { method: "POST" }))).body?.cancel();
      const report = await test.get(`/s/${name}~a/control/report`);
      const { note } = await json(report);
      if (needs_origin) assert.match(String(note), /needs an origin of its own.*POST \/control\/origins/);
      else assert.equal(note, undefined);
      const markdown = await (await test.get(`/s/${name}~a/control/report?format=markdown`)).text();
      assert.equal(markdown.includes("needs an origin of its own"), needs_origin);
    });
  }
});

Deno.test("POST /control/origins is refused where no port can be opened, and for names that are not scenarios (README)", async (t) => {
  const cases = {
    "a server that others started (deno serve)": [{}, { scenario: "no-prm" }, /does not open ports.*--scenario/],
    "a public one": [
      { public: true, control: "open", openPort: ports() },
      { scenario: "no-prm" },
      /does not open ports/,
    ],
    "one with a public URL": [
      { publicUrl: "https://mock.example", control: "open", openPort: ports() },
      { scenario: "no-prm" },
      /does not open ports/,
    ],
    "a system without file descriptors": [
      { control: "open", openPort: noDescriptors },
      { scenario: "no-prm" },
      /system cannot open a port.*Too many open files/,
      503,
    ],
    "an unknown scenario": [{ openPort: ports(), control: "open" }, { scenario: "nothing" }, /no such scenario/],
    "a label that fits no URL": [
      { openPort: ports(), control: "open" },
      { scenario: "no-prm", label: "A b" },
      /a-z 0-9/,
    ],
  } as const;
  for (const [name, [options, body, says, status = 400]] of Object.entries(cases)) {
    await t.step(name, async () => {
      await using test = await testApp({ control: "open", ...options });
      const refused = await test.postJson("/control/origins", body);
      assert.equal(refused.status, status);
      assert.match(String((await json(refused)).error_description), says);
    });
  }
});

Deno.test("POST /control/origins gives the port of a sandbox that was reset, or not used for a day, to another (README)", async () => {
  let nowMs = 1_700_000_000_000;
  const closed: number[] = [];
  const next = ports();
  const openPort = (): OpenPort => {
    const { port, protocol } = next();
    return { port, protocol, close: () => Promise.resolve(void closed.push(port)) };
  };
  await using test = await testApp({ loopbackOnly: true, openPort, now: () => nowMs });
  const answer = (label: string): Promise<Response> =>
    test.postJson("/control/origins", { scenario: "standard", label });
  for (let number = 1; number <= MAX_OWN_ORIGINS; number++) await (await answer(`a-${number}`)).body?.cancel();

  const full = await answer("more");
  assert.equal(full.status, 507);
  assert.match(String((await json(full)).error_description), /POST \/control\/reset .* makes room.* a day/);

  const reset = async (port: number): Promise<void> => {
    const request = new Request(`http://127.0.0.1:${port}/control/reset`, { method: "POST" });
    await json(await test.app(request));
  };
  await reset(40_001);
  await reset(40_002);
  const used = await test.app(new Request("http://127.0.0.1:40001/control/report"));
  assert.equal((await json(used)).sandbox, "standard~a-1");
  assert.equal((await answer("more")).status, 200);
  assert.deepEqual(closed, [40_002], "the other was used again");
  assert.equal((await answer("yet-more")).status, 507);

  nowMs += IDLE_MS * 2;
  assert.equal((await answer("yet-more")).status, 200);
  assert.equal(closed.length, 2);
});
