/** What findings come to: failures, warnings, a verdict and its reason; and how strict a caller wants to be. */
import assert from "node:assert/strict";
import { renderJunit } from "../../lib/judge/formats/junit.ts";
import { renderMarkdown } from "../../lib/judge/formats/markdown.ts";
import { failOnShoulds } from "../../lib/judge/verdict.ts";
import { runDouble, type Slip } from "../interop/double/double.ts";
import { json, testApp } from "../helpers.ts";
import { recordedApp } from "../recorder/recorded_app.ts";

/** Verdict and reason with each value of `strict`, and the status. */
async function strictly(slip: Slip | undefined, tools: readonly string[] = ["mock_echo"]): Promise<readonly unknown[]> {
  await using test = await testApp({ loopbackOnly: true });
  await runDouble({ send: (request) => test.app(request), tools, slip });
  return await Promise.all(["", "?strict", "?strict=true", "?strict=should"].map(async (query) => {
    const response = await test.get(`/control/report${query}`);
    const { verdict } = await json(response);
    return `${response.status} ${verdict}`;
  }));
}

Deno.test("GET /control/report?strict=should fails a client for a SHOULD, and ?strict does not (README)", async () => {
  assert.deepEqual(await strictly(undefined), ["200 pass", "200 pass", "200 pass", "200 pass"]);
  assert.deepEqual(await strictly("always registers"), ["200 pass", "200 pass", "200 pass", "422 fail"]);
  assert.deepEqual(await strictly("sends no challenge"), ["200 fail", "422 fail", "422 fail", "422 fail"]);
  assert.deepEqual(await strictly(undefined, []), [
    "200 incomplete",
    "422 incomplete",
    "422 incomplete",
    "422 incomplete",
  ]);
});

Deno.test("GET /control/report refuses a misspelt strict: it would let every client pass", async () => {
  await using test = await testApp({ loopbackOnly: true });
  const response = await test.get("/control/report?strict=shoud");
  assert.equal(response.status, 400);
  assert.match(await response.text(), /strict is not valid.*should/);
});

Deno.test("a broken SHOULD is a warning in every format, and a failure where the caller asks", async () => {
  await using recorded = await recordedApp();
  await runDouble({ send: recorded.send, slip: "always registers" });
  const report = await recorded.report();
  const strict = failOnShoulds(report);
  const say = ({ verdict, clients: [client] }: typeof report): unknown => [verdict, client?.failures, client?.warnings];
  assert.deepEqual([say(report), say(strict)], [["pass", [], ["C6"]], ["fail", ["C6"], []]]);
  assert.match(strict.reason, /^It broke C6 \(SHOULD\): /);
  assert.match(renderMarkdown(report), /^Warnings, which do not fail it: C6\.$/m);
  assert.doesNotMatch(renderMarkdown(strict), /^Warnings/m);
  assert.match(renderJunit(report), /failures="0" errors="0"/);
  assert.match(renderJunit(strict), /failures="1" errors="0"/);
});

Deno.test("JUnit XML: a client that stops half way is an error, one that goes too far a failure", async () => {
  await using recorded = await recordedApp();
  await runDouble({ send: recorded.send, tools: [] });
  assert.match(
    renderJunit(await recorded.report()),
    /failures="0" errors="1"[^]*as far as it should"><error message="It began to speak MCP and listed/,
  );
  const beyond = await recorded.report({ reaches: { refuses_before: "token" } });
  assert.match(
    renderJunit(beyond),
    /failures="1" errors="0"[^]*as far as it should"><failure message="[^"]*It went on/,
  );
});

Deno.test("the reason of a report is that of its worst client, which it names if there are more", async () => {
  await using recorded = await recordedApp();
  const { send } = recorded;
  await runDouble({ send, slip: "always registers" });
  const sendAs = (name: string) => (request: Request): Promise<Response> => {
    const other = new Request(request);
    other.headers.set("user-agent", name);
    return send(other);
  };
  await runDouble({ send: sendAs("second/1"), tools: [] });
  const { verdict, reason, clients } = await recorded.report();
  assert.deepEqual([verdict, clients.map((client) => client.verdict)], ["incomplete", ["pass", "incomplete"]]);
  assert.match(
    reason,
    /^double: It began to speak MCP and listed what the server has, but did not make a call\. Let it/,
  );
  await runDouble({ send: sendAs("third/1"), slip: "sends no challenge" });
  const worse = await recorded.report();
  assert.equal(worse.verdict, "fail");
  assert.match(worse.reason, /^double: It broke C11 \(MUST\): /);
});
