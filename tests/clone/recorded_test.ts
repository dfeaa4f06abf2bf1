/** Clones from recordings: what a client did at another server is what the clone answers. */
import assert from "node:assert/strict";
import { parseScenariosFile } from "../../lib/scenarios/schema/scenario_schema.ts";
import { entry, har } from "../archive/hars.ts";
import { json, testApp, text } from "../helpers.ts";
import { begin, call, judgeAgainst, record, recordTwo, run, send, there } from "./recording.ts";

Deno.test("a clone of a recording answers calls as they were answered: by arguments, and the same ones in turn", async () => {
  const recording = await record();
  const { code, out, told } = await run(recording);
  assert.equal(code, 0);
  assert.match(told, /^All \d+ answers compared are alike\.$/m);
  assert.match(told, /^ {2}whether it knows the revision 2026-07-28, for which no client asked$/m);
  assert.match(told, /^ {2}what its MCP endpoint answers to GET$/m);
  const [scenario] = parseScenariosFile(out);
  assert(scenario);
  assert.equal(scenario.name, "mcp-example-com");
  assert.deepEqual(scenario.plan.mint, { accessTokenTtlSeconds: 900 });
  await using clone = await testApp({ scenario });
  const session = await begin(clone, text(await json(await clone.postJson("/control/tokens", {})), "access_token"));
  const said = async (name: string, args: object): Promise<string> =>
    JSON.stringify(await send(clone, session, call(name, args)));
  assert.match(await said("mock_echo", { message: "y" }), /Echo: y/);
  assert.match(await said("mock_echo", { message: "x" }), /Echo: x/);
  assert.match(await said("mock_echo", { message: "never sent" }), /Echo: [xy]/);
  const turns = [await said("mock_counter", {}), await said("mock_counter", {}), await said("mock_counter", {})];
  assert.notEqual(turns[0], turns[1]);
  assert.equal(turns[1], turns[2]);
});

Deno.test("a recording that begins in the middle of a session, or has a stream that stays open, is compared to its end", async () => {
  const sent = (method: string, headers: Readonly<Record<string, string>>): Parameters<typeof entry>[0] => ({
    method: "POST",
    request: {
      headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
      postData: { mimeType: "application/json", text: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: {} }) },
    },
  });
  const type = { name: "content-type", value: "text/event-stream" };
  const note = { jsonrpc: "2.0", method: "notifications/subscriptions/acknowledged", params: { notifications: {} } };
  const text = `data: ${JSON.stringify(note)}\n\n`;
  const { told } = await run(har([
    entry(sent("ping", { "mcp-session-id": "a-session-that-began-before-the-recording" })),
    entry({
      ...sent("subscriptions/listen", { "mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen" }),
      response: { headers: [type], content: { mimeType: type.value, text } },
    }),
  ]));
  assert.match(told, /^(?:All \d answers compared are alike\.|Of \d answers compared, 1 differs:)$/m);
});

Deno.test("a scenario is compared with a recording, and the command ends with 1 where they differ", async () => {
  const recording = await record();
  const { out } = await run(recording);
  assert.deepEqual((await run(recording, { check: "s.json" }, { "s.json": out })).code, 0);
  const other = JSON.stringify({ ...JSON.parse(out), plan: { policy: { registration: "off" } } });
  const compared = await run(recording, { check: "s.json" }, { "s.json": other });
  assert.equal(compared.code, 1);
  assert.match(
    compared.out,
    /oauth-authorization-server\n {4}member registration_endpoint: ".*" there, nothing here$/m,
  );
  const renamed = await run(recording, { check: "s.json" }, {
    "s.json": out.replace('"title": "Echo"', '"title": "Ekko"'),
  });
  assert.match(renamed.out, /^Of \d+ answers compared, 1 differs:$/m);
  assert.match(renamed.out, /^ {4}member result\.tools\.mock_echo\.title: "Echo" there, "Ekko" here$/m);
});

Deno.test("judge --against makes the same comparison, as text or JSON, and says what cannot be compared", async () => {
  const recording = await record();
  const { out } = await run(recording);
  const other = JSON.stringify({ ...JSON.parse(out), plan: { policy: { registration: "off" } } });
  const compared = await judgeAgainst(recording, other);
  assert.deepEqual(compared, await run(recording, { check: "s.json" }, { "s.json": other }));
  assert.equal((await judgeAgainst(recording, out)).code, 0);
  const { code, out: text } = await judgeAgainst(recording, other, ["--format", "json"]);
  assert.equal(code, 1);
  const { compared: count, differences } = JSON.parse(text);
  assert(count > differences.length && differences.length > 0);
  await assert.rejects(judgeAgainst(har([entry()]), out), { name: "ConfigError", message: /There is no MCP server/ });
  await assert.rejects(judgeAgainst(recording, "{}"), {
    name: "ConfigError",
    message: /^The scenarios of s\.json cannot/,
  });
});

Deno.test("of several servers in a recording the one is cloned that is named, and of no other anything is taken over", async (t) => {
  const recording = await recordTwo();
  const servers = [`${there}/oauth`, "https://other.example/oauth"];
  const message = `There are 2 MCP servers in it, and none is named; expected the URL of one of them: ${
    servers.join(", ")
  }`;
  await assert.rejects(run(recording), { name: "ConfigError", message });
  const many = har(Array.from({ length: 12 }, (_, at) =>
    entry({
      method: "POST",
      url: `https://mcp-${at}.example/${"a".repeat(1000)}`,
      request: { postData: { mimeType: "application/json", text: '{"jsonrpc":"2.0","id":1,"method":"ping"}' } },
    })));
  await assert.rejects(run(many), { message: /^There are 12 MCP servers in it.{800,1500}, and 4 more$/ });
  await assert.rejects(run(recording, { url: "https://third.example/mcp" }), {
    name: "ConfigError",
    message: /^There is no MCP server of that URL in it; received 'https:\/\/third\.example\/mcp'; expected one of /,
  });
  for (const [at, url] of servers.entries()) {
    await t.step(url, async () => {
      const { out, told } = await run(recording, { url });
      assert.match(told, /^All \d+ answers compared are alike\.$/m);
      assert.deepEqual([out.includes('"mock_echo"'), out.includes('"other_echo"')], [at === 0, at === 1]);
      assert(!out.includes(at === 0 ? "other.example" : there));
      assert.equal((await judgeAgainst(recording, out, ["--server", url])).code, 0);
      await assert.rejects(judgeAgainst(recording, out), { name: "ConfigError", message });
    });
  }
});

Deno.test("what a server of HTTP+SSE has answered on its stream is in its clone, which is one as well (MCP 2024-11-05)", async () => {
  const rpc = (id: number, more: object): string => JSON.stringify({ jsonrpc: "2.0", id, ...more });
  const serverInfo = { name: "old", version: "1" };
  const results = [
    { protocolVersion: "2024-11-05", capabilities: { tools: {} }, serverInfo },
    { tools: [{ name: "dig", inputSchema: { type: "object" } }] },
    { content: [{ type: "text", text: "dug" }] },
  ];
  const events = results.map((result, id) => `event: message\ndata: ${rpc(id, { result })}\n\n`).join("");
  const text = `event: endpoint\ndata: /messages?sid=1\n\n${events}`;
  const type = { name: "content-type", value: "text/event-stream" };
  const asked = [
    { method: "initialize", params: { protocolVersion: "2024-11-05", capabilities: {}, clientInfo: serverInfo } },
    { method: "tools/list" },
    { method: "tools/call", params: { name: "dig", arguments: {} } },
  ];
  const posts = asked.map((message, id) =>
    entry({
      method: "POST",
      url: `${there}/messages?sid=1`,
      status: 202,
      request: { postData: { mimeType: "application/json", text: rpc(id, message) } },
    })
  );
  const stream = entry({ url: `${there}/sse`, response: { headers: [type], content: { mimeType: type.value, text } } });
  const { out, told } = await run(har([stream, ...posts]));
  const [scenario] = parseScenariosFile(out);
  assert(scenario?.catalogue?.tools);
  assert.equal(scenario.plan.policy?.mcpTransport, "http_sse");
  assert.match(scenario.story, /mcp\.example\.com\/sse/);
  assert.deepEqual(scenario.catalogue.serverInfo, serverInfo);
  assert.deepEqual(scenario.catalogue.tools.map(({ name, answer }) => [name, answer]), [
    ["dig", { when: {}, content: [{ type: "text", text: "dug" }] }],
  ]);
  assert.doesNotMatch(told, /after the login/);
});

Deno.test("what catalogues cannot have is left out of the lists, however many have it, and said once", async () => {
  const tools = Array.from(
    { length: 250 },
    (_, at) => ({ name: `t${at}`, inputSchema: { type: "object" }, vendor: at }),
  );
  const wrong = [{ name: "a" }, { name: "b" }].map((tool) => ({ ...tool, inputSchema: { type: "array" } }));
  const body = (more: object): string => JSON.stringify({ jsonrpc: "2.0", id: 1, ...more });
  const { out, told } = await run(har([entry({
    method: "POST",
    request: { postData: { mimeType: "application/json", text: body({ method: "tools/list" }) } },
    response: {
      headers: [{ name: "content-type", value: "application/json" }],
      content: { mimeType: "application/json", text: body({ result: { tools: [...wrong, ...tools] } }) },
    },
  })]));
  const [scenario] = parseScenariosFile(out);
  assert.deepEqual(scenario?.catalogue?.tools?.map(({ name }) => name), tools.map(({ name }) => name));
  assert.match(told, /^ {2}tools\.t0\.vendor and 249 like it: left out \(the protocol has no such member\)$/m);
  assert.match(told, /^ {2}tools\.b and 1 like it: left out \(it needs .+\)$/m);
});

Deno.test("what the URLs of a recording hold of secrets is in no clone, nor in what is said of it", async () => {
  const secrets = ["AIzaSyD3kfj5ldkfj333", "c2lnbmF0dXJl0123456789", "hunter22", "p4th-secret-0123456789"];
  const [key = "", sig = "", password = "", path = ""] = secrets;
  const recording = (await record()).replaceAll(
    `${there}/oauth`,
    `https://ada:${password}@mcp.example.com/s/${path}/oauth`,
  )
    .replaceAll(`/oauth"`, `/oauth?key=${key}&sig=${sig}"`)
    .replaceAll(
      `${there}/.well-known/oauth-protected-resource/oauth`,
      `${there}/.well-known/oauth-protected-resource/s/${path}/oauth`,
    );
  const { out, told } = await run(recording);
  const compared = await run(recording, { check: "s.json" }, { "s.json": out.replaceAll("Echo", "Bang") });
  assert.match(compared.out, /SECRET/);
  for (const secret of secrets) {
    for (const [what, text] of Object.entries({ out, told, compared: compared.out })) {
      assert(!text.includes(secret), `${secret} in ${what}`);
    }
  }
});
