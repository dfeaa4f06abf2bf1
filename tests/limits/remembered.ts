/** Limits on what a process remembers so as not to read or verify it again. */
import assert from "node:assert/strict";
import { MAX_REMEMBERED_BYTES } from "../../lib/runtime/bounded_map.ts";
import { authorizeQuery, json, kvTestApp, publicClient, register, type TestApp, text } from "../helpers.ts";
import { heapBytes } from "./heap.ts";
import { bytesText, type LimitRow } from "./row.ts";

/** Something large that is remembered once it was used. */
type Use = (test: TestApp, turn: number) => Promise<Response>;

const LENGTH = 28_000;
const unlike = (turn: number): string => `${turn} `.padEnd(LENGTH, "x");

const client: Use = async (test, turn) => {
  const jwks = { keys: [{ kty: "RSA", e: "AQAB", n: unlike(turn) }] };
  const { clientId } = await register(test, { ...publicClient, jwks });
  return await test.get(authorizeQuery(clientId));
};
const token: Use = async (test, turn) => {
  const minted = await test.postJson("/control/tokens", { scope: "openid", claims: { x: unlike(turn) } });
  return await test.get("/oauth/userinfo", { authorization: `Bearer ${text(await json(minted), "access_token")}` });
};

/** Fills a budget, and half as much again, which must replace the first of what is remembered. */
async function fill(use: Use): Promise<void> {
  // What is stored must not count.
  await using test = await kvTestApp({ record: false });
  let turn = 0;
  const useSome = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      const response = await use(test, turn++);
      assert.equal(response.status, 200);
      await response.body?.cancel();
    }
  };
  // What is counted of a text is what it takes at the most: two bytes a character.
  const most = Math.ceil(MAX_REMEMBERED_BYTES / (2 * LENGTH));
  await useSome(most);
  const before = await heapBytes();
  await useSome(most / 2);
  const enough = before + most / 8 * LENGTH;
  const after = await heapBytes(enough);
  assert(after <= enough, `${after - before} bytes more`);
}

export const rows: readonly LimitRow[] = [
  {
    what: "remembered clients, tokens, documents and scenarios",
    each: "process",
    most: `${bytesText(MAX_REMEMBERED_BYTES)} of each`,
    beyond: "the oldest are read, verified or fetched again",
    fill: async () => {
      for (const use of [client, token]) await fill(use);
    },
  },
];
