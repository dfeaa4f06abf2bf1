/** Two processes on one database file, as behind a load balancer: what one has done, the other knows at once. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { runDouble } from "../interop/double/double.ts";
import { listOf } from "../control/helpers.ts";
import { json, text } from "../helpers.ts";
import { assertInvalidGrant, hopThroughAll } from "./hopping.ts";
import {
  callStatus,
  fetchCode,
  jsonOf,
  makeFolder,
  redeemCode,
  redeemRefreshToken,
  registerClient,
  type Server,
  signInStatus,
  startServer,
} from "./program.ts";

/** What both are known as. */
const NAME = "https://mock.test";
const TOKEN = "a-token-for-tests";
const CONTROL = { authorization: `Bearer ${TOKEN}` };

/** How long a process may be at work on a busy machine, in milliseconds. */
const HOPPING_PATIENCE_MS = 120_000;

/** Starts both at the same time on a file that does not exist yet, under one name, and stops them in good order. */
async function withTwo(test: (a: Server, b: Server) => Promise<void>, patienceMs?: number): Promise<void> {
  await using folder = await makeFolder();
  const args = ["--db", `${folder.path}/kv.sqlite3`, "--public-url", NAME, "--control-token", TOKEN];
  await using stack = new AsyncDisposableStack();
  const options = patienceMs === undefined ? {} : { patienceMs };
  const start = async (): Promise<Server> => stack.use(await startServer(args, options));
  const [a, b] = await Promise.all([start(), start()]);
  await test(a, b);
  await Promise.all([a.stop(), b.stop()]);
}

interface Redeemed {
  readonly clientId: string;
  readonly code: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** A whole login, as one server serves it. */
async function logIn({ client }: Server): Promise<Redeemed> {
  const clientId = await registerClient(client);
  const code = await fetchCode(client, clientId);
  const body = await jsonOf(await redeemCode(client, clientId, code), 200);
  return { clientId, code, accessToken: text(body, "access_token"), refreshToken: text(body, "refresh_token") };
}

Deno.test("100 parallel redemptions of one code by two processes give exactly one token (RFC 6749 4.1.2)", () =>
  withTwo(async (a, b) => {
    for (let round = 0; round < 3; round++) {
      const clientId = await registerClient(a.client);
      const code = await fetchCode(b.client, clientId);
      const attempts = Array.from({ length: 100 }, (_, n) => redeemCode((n % 2 ? a : b).client, clientId, code));
      const answers = await Promise.all(attempts.map(async (attempt) => {
        const response = await attempt;
        return { status: response.status, body: await json(response) };
      }));
      const won = answers.filter(({ status }) => status === 200);
      const lost = answers.filter(({ status, body }) => status === 400 && body.error === "invalid_grant");
      assert.deepEqual([won.length, lost.length], [1, 99], JSON.stringify(answers.find(({ status }) => status > 400)));
      // The others were replays, so the one token is worth nothing any more, on either side.
      const token = text(won[0]?.body ?? {}, "access_token");
      assert.deepEqual(await Promise.all([callStatus(a.client, token), callStatus(b.client, token)]), [401, 401]);
    }
  }));

Deno.test("a client registered on one process authorizes on the other and redeems on the first (RFC 7591 3)", () =>
  withTwo(async (a, b) => {
    const clientId = await registerClient(a.client);
    const code = await fetchCode(b.client, clientId);
    const token = text(await jsonOf(await redeemCode(a.client, clientId, code), 200), "access_token");
    assert.deepEqual(await Promise.all([callStatus(a.client, token), callStatus(b.client, token)]), [200, 200]);
  }));

Deno.test("a code replayed on one process revokes its token on the other at once (RFC 6749 4.1.2)", () =>
  withTwo(async (a, b) => {
    const { clientId, code, accessToken, refreshToken } = await logIn(a);
    assert.deepEqual([await callStatus(a.client, accessToken), await callStatus(b.client, accessToken)], [200, 200]);
    await assertInvalidGrant(await redeemCode(b.client, clientId, code));
    assert.deepEqual([await callStatus(a.client, accessToken), await callStatus(b.client, accessToken)], [401, 401]);
    await assertInvalidGrant(await redeemRefreshToken(a.client, clientId, refreshToken));
  }));

Deno.test("a refresh token rotated on one process and reused on the other revokes the family (OAuth 2.1 4.3.1)", () =>
  withTwo(async (a, b) => {
    const { clientId, accessToken, refreshToken } = await logIn(a);
    const rotated = await jsonOf(await redeemRefreshToken(b.client, clientId, refreshToken), 200);
    assert.equal(await callStatus(a.client, text(rotated, "access_token")), 200);
    await assertInvalidGrant(await redeemRefreshToken(a.client, clientId, refreshToken));
    await assertInvalidGrant(await redeemRefreshToken(b.client, clientId, text(rotated, "refresh_token")));
    for (const token of [accessToken, text(rotated, "access_token")]) {
      assert.deepEqual([await callStatus(a.client, token), await callStatus(b.client, token)], [401, 401]);
    }
  }));

Deno.test("50 parallel uses of one refresh token by two processes give exactly one (OAuth 2.1 4.3.1)", () =>
  withTwo(async (a, b) => {
    const { clientId, refreshToken } = await logIn(a);
    const uses = Array.from(
      { length: 50 },
      (_, n) => redeemRefreshToken((n % 2 ? a : b).client, clientId, refreshToken),
    );
    const statuses = await Promise.all(uses.map(async (use) => {
      const response = await use;
      await response.body?.cancel();
      return response.status;
    }));
    assert.deepEqual(statuses.toSorted(), [200, ...Array.from({ length: 49 }, () => 400)]);
  }));

Deno.test("a database that another process is writing to is waited for, at the start and later (README)", async () => {
  await using folder = await makeFolder();
  const db = `${folder.path}/kv.sqlite3`;
  using other = new DatabaseSync(db);
  const lockFor = (ms: number): Promise<void> => {
    other.exec("begin immediate");
    return new Promise((resolve) => setTimeout(() => resolve(other.exec("commit")), ms));
  };
  const [server] = await Promise.all([startServer(["--db", db]), lockFor(400)]);
  await using running = server;
  await Promise.all([registerClient(running.client), lockFor(400)]);
  await running.stop();
});

Deno.test("two processes that start together on no file have one set of keys (RFC 7517 5)", () =>
  withTwo(async (a, b) => {
    const jwks = async ({ client }: Server): Promise<unknown> => jsonOf(await client.fetch("/oauth/jwks"), 200);
    const [ofA, ofB] = await Promise.all([jwks(a), jwks(b)]);
    assert.deepEqual(ofA, ofB);
  }));

Deno.test("two processes asked to create one user at the same time keep one password (README)", () =>
  withTwo(async (a, b) => {
    const clientId = await registerClient(a.client);
    const ada = (password: string): { email: string; password: string } => ({ email: "ada@example.com", password });
    const created = await Promise.all([
      signInStatus(a.client, clientId, ada("first")),
      signInStatus(b.client, clientId, ada("second")),
    ]);
    assert.deepEqual(created.toSorted(), [302, 401]);
    const kept = created[0] === 302 ? "first" : "second";
    for (const { client } of [a, b]) {
      assert.equal(await signInStatus(client, clientId, ada(kept)), 302);
      assert.equal(await signInStatus(client, clientId, ada(kept === "first" ? "second" : "first")), 401);
    }
  }));

Deno.test("500 logins that hop between two processes with every request meet no failure, and nothing is spent twice (README)", () =>
  withTwo(async (a, b) => {
    await hopThroughAll([a.client, b.client]);
    for (const { printed } of [a, b]) assert.doesNotMatch(printed.stdout, /"event":"error"/);
  }, HOPPING_PATIENCE_MS));

Deno.test("a flow that hops between two processes with every request is one flow in the report of either", () =>
  withTwo(async (a, b) => {
    let count = 0;
    await runDouble({
      base: NAME,
      send: (request) => {
        const { client } = count++ % 2 === 0 ? a : b;
        return fetch(new Request(request.url.replace(NAME, client.url), request));
      },
    });
    for (const { client } of [b, a]) {
      const report = await jsonOf(await client.fetch("/control/report?wait=20&strict", { headers: CONTROL }), 200);
      const [only, ...others] = listOf(report, "clients");
      assert.deepEqual([report.verdict, only?.name, Object(only?.exchanges).length, others], [
        "pass",
        "double",
        count,
        [],
      ]);
    }
  }));

Deno.test("a process that was started anew reports on what came since, and no more", async () => {
  await using folder = await makeFolder();
  const args = ["--db", `${folder.path}/kv.sqlite3`];
  const counts: number[] = [];
  for (let start = 0; start < 2; start++) {
    await using server = await startServer(args);
    await registerClient(server.client);
    const answer = await jsonOf(await server.client.fetch("/control/exchanges"), 200);
    counts.push(listOf(answer, "exchanges").length);
    await server.stop();
  }
  assert.deepEqual(counts, [1, 1]);
});
