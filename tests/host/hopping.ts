/** Clients behind a load balancer that takes turns: each request of a login goes to another process than the one before. */
import assert from "node:assert/strict";
import { text } from "../helpers.ts";
import {
  callStatus,
  type Client,
  fetchCode,
  jsonOf,
  redeemCode,
  redeemRefreshToken,
  registerClient,
} from "./program.ts";

/** Whole logins, so many at a time. */
const [FLOWS, CONNECTIONS] = [500, 16] as const;

/** What came of one login: the one-time credentials that were spent in it, and the tokens that it got last. */
interface Hopped {
  readonly clientId: string;
  readonly code: string;
  readonly firstRefreshToken: string;
  readonly accessToken: string;
  readonly durationMs: number;
}

/** A client that registers, logs in, calls, refreshes and calls again. */
async function hop(servers: readonly Client[], first: number): Promise<Hopped> {
  const startMs = performance.now();
  let turn = first;
  const next = (): Client => {
    const server = servers[turn++ % servers.length];
    assert(server);
    return server;
  };
  const clientId = await registerClient(next());
  const code = await fetchCode(next(), clientId);
  const tokens = await jsonOf(await redeemCode(next(), clientId, code), 200);
  assert.equal(await callStatus(next(), text(tokens, "access_token")), 200);
  const firstRefreshToken = text(tokens, "refresh_token");
  const refreshed = await jsonOf(await redeemRefreshToken(next(), clientId, firstRefreshToken), 200);
  const accessToken = text(refreshed, "access_token");
  assert.notEqual(text(refreshed, "refresh_token"), firstRefreshToken);
  assert.equal(await callStatus(next(), accessToken), 200);
  return { clientId, code, firstRefreshToken, accessToken, durationMs: performance.now() - startMs };
}

/** Insists that a grant is refused. */
export async function assertInvalidGrant(response: Response): Promise<void> {
  assert.equal((await jsonOf(response, 400)).error, "invalid_grant");
}

/**
 * Has 500 logins hop, insists that none meets a failure, and that what was spent on one process is spent on the others: of
 * every tenth login both credentials are tried once more.
 *
 * @returns How long each login took, the quickest first.
 */
export async function hopThroughAll(servers: readonly Client[]): Promise<readonly number[]> {
  const done: Hopped[] = [];
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun < FLOWS) done.push(await hop(servers, begun++));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  assert.equal(done.length, FLOWS);
  assert.equal(new Set(done.map(({ code }) => code)).size, FLOWS);
  const again = done.filter((_, index) => index % 10 === 0);
  await Promise.all(again.map(async ({ clientId, code, firstRefreshToken, accessToken }, index) => {
    const one = servers[index % servers.length];
    const other = servers[(index + 1) % servers.length];
    assert(one && other);
    await assertInvalidGrant(await redeemRefreshToken(one, clientId, firstRefreshToken));
    await assertInvalidGrant(await redeemCode(other, clientId, code));
    assert.deepEqual([await callStatus(one, accessToken), await callStatus(other, accessToken)], [401, 401]);
  }));
  return done.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
}
