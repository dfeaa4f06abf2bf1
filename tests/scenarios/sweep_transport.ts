/** Probes of the scenarios of what goes wrong on the way: what breaks off, what never comes, what comes late, what passes. */
import assert from "node:assert/strict";
import { callOauth, codeFields, json } from "../helpers.ts";
import { type Probe, type ProbeSandbox, waitedIn } from "./sweep_probe.ts";
import { appOf, callTool, logIn, redeem, statusOf } from "./sweep_steps.ts";

/** Insists that a body breaks off before its end; gives what has arrived of it. */
async function brokenOff(response: Response): Promise<string> {
  assert.equal(response.status, 200);
  const decoder = new TextDecoder();
  let arrived = "";
  await assert.rejects(async () => {
    for await (const chunk of response.body ?? []) arrived += decoder.decode(chunk);
  }, /on request/);
  return arrived;
}

/** Insists that the connection is dropped before anything has arrived. */
async function assertDropped(response: Response): Promise<void> {
  assert.equal(await brokenOff(response), "");
}

/** Insists that a part of the body arrives, which is not JSON. */
async function assertTruncated(response: Response): Promise<void> {
  const arrived = await brokenOff(response);
  assert.notEqual(arrived, "");
  assert.throws(() => JSON.parse(arrived), SyntaxError, arrived);
}

/** Insists on a server that is down, and says for how long. */
async function assertDown(response: Response): Promise<void> {
  assert.deepEqual([response.status, response.headers.get("retry-after"), await response.text()], [
    503,
    "1",
    "Service Unavailable",
  ]);
}

/** Insists that a code was used up by an answer that did not arrive whole, and that the next login is well. */
async function loseFirstTokens(at: ProbeSandbox, assertLost: typeof assertDropped): Promise<void> {
  const { clientId, code, response } = await redeem(appOf(at));
  await assertLost(response);
  const again = await at.postForm("/oauth/token", codeFields(clientId, code));
  assert.equal((await json(again)).error, "invalid_grant");
  assert.equal(await statusOf(appOf(at), (await logIn(appOf(at))).access), 200);
}

/** Insists that the answer to the first tool call is lost, and nothing else. */
async function loseFirstToolCall(at: ProbeSandbox, assertLost: typeof assertDropped): Promise<void> {
  const { access } = await logIn(appOf(at));
  assert.equal(await statusOf(appOf(at), access), 200);
  await assertLost(await callTool(appOf(at), access, "mock_list_notes"));
  const second = await callTool(appOf(at), access, "mock_list_notes");
  assert.match(await second.text(), /"result"/);
}

/** Probes of what happens on the way, by the name of the scenario. */
export const transportProbes: Readonly<Record<string, Probe>> = {
  "metadata-truncated": async (at) => {
    await assertTruncated(await at.wellKnown("oauth-authorization-server"));
    await assertTruncated(await at.wellKnown("openid-configuration"));
    assert.equal((await at.wellKnown("oauth-protected-resource", "/oauth")).status, 200);
  },
  "metadata-503-once": async (at) => {
    await assertDown(await at.wellKnown("oauth-authorization-server"));
    assert.equal((await at.wellKnown("oauth-authorization-server")).status, 200);
    assert.equal((await at.wellKnown("openid-configuration")).status, 200);
  },
  "slow-metadata": async (at) => {
    const waited = await waitedIn(at, async (sandbox) => {
      await json(await sandbox.wellKnown("oauth-authorization-server"));
      await json(await sandbox.wellKnown("oauth-protected-resource", "/oauth"));
      await logIn(appOf(sandbox));
    });
    assert.deepEqual(waited, [10_000, 10_000]);
  },
  "token-truncated": (at) => loseFirstTokens(at, assertTruncated),
  "token-dropped": (at) => loseFirstTokens(at, assertDropped),
  "token-503-twice": async (at) => {
    const { clientId, code, response } = await redeem(appOf(at));
    await assertDown(response);
    const ask = (): Promise<Response> => at.postForm("/oauth/token", codeFields(clientId, code));
    await assertDown(await ask());
    assert.equal((await ask()).status, 200);
  },
  "mcp-503-once": async (at) => {
    const { access } = await logIn(appOf(at));
    await assertDown(await callOauth(appOf(at), access));
    assert.equal(await statusOf(appOf(at), access), 200);
  },
  "mcp-truncated": (at) => loseFirstToolCall(at, assertTruncated),
  "mcp-dropped": (at) => loseFirstToolCall(at, assertDropped),
};
