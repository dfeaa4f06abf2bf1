/** Limits with `--public`: what an address may ask, and what a sandbox may hold. */
import assert from "node:assert/strict";
import {
  BODY_STEP_BYTES,
  HELD_MS,
  leastShare,
  MAX_TABLE_BYTES,
  quotaOf,
  type Rate,
  rates,
  RETENTION_MS,
} from "../../lib/limits/limits.ts";
import { ownerOf } from "../../lib/limits/quotas.ts";
import { controlPaths, paths } from "../../lib/http/urls.ts";
import {
  authorizeQuery,
  below,
  callOauth,
  codeFields,
  getCode,
  getTokens,
  publicClient,
  register,
  type TestApp,
  text,
} from "../helpers.ts";
import { type PublicApp, publicApp, seed, untilRefused } from "../request/public_app.ts";
import { custom } from "../scenarios/scenario_samples.ts";
import { bytesText, type LimitRow } from "./row.ts";

const own = "/s/standard~0123456789abcdef";
const count = (number: number): string => number.toLocaleString("en-US");

function rateText({ burst, perSecond }: Rate): string {
  return `${count(burst)} at once, ${perSecond < 1 ? `one every ${1 / perSecond} s` : `${perSecond} a second`}`;
}

/** A row for a rate: so many are answered at once, and one more when its time has come. */
function rateRow(
  { what, each, rate, beyond = "429" }: { what: string; each: string; rate: Rate; beyond?: string },
  ask: (test: PublicApp, turn: number) => Promise<Response>,
): LimitRow {
  return {
    what,
    each,
    most: rateText(rate),
    beyond,
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      let turn = 0;
      const { answered, refusal } = await untilRefused(() => ask(test, turn++), rate.burst + 1);
      assert.deepEqual([answered, refusal.status], [rate.burst, 429]);
      test.durations.nowMs += 1000 / rate.perSecond;
      assert.notEqual((await ask(test, turn++)).status, 429);
    },
  };
}

const one = (test: PublicApp): TestApp => test.from("93.184.215.14");
const many = (test: PublicApp, turn: number): TestApp => test.from(`93.${turn >> 12}.${(turn >> 4) & 255}.7`);

const rateRows: readonly LimitRow[] = [
  rateRow({ what: "requests", each: "address", rate: rates.address }, (test) => one(test).get(paths.robots)),
  rateRow(
    { what: "requests", each: "sandbox with a label", rate: rates.labelled },
    (test, turn) => many(test, turn).get(own + paths.robots),
  ),
  {
    what: "requests",
    each: "shared sandbox",
    most: rateText(rates.shared),
    beyond: `429, but each address has ${rateText(rates.spare)} to spare`,
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      for (let turn = 0; turn < rates.shared.burst; turn++) {
        assert.equal((await many(test, turn).get(paths.robots)).status, 200);
      }
      const { answered } = await untilRefused(() => one(test).get(paths.robots), 200);
      assert.equal(answered, rates.spare.burst);
    },
  },
  {
    what: "bytes of a body that count as one more request",
    each: "request",
    most: bytesText(BODY_STEP_BYTES),
    beyond: "counts as the next request",
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      const post = (length: number): Promise<Response> =>
        one(test).fetch(paths.robots, { method: "POST", body: "x".repeat(length) });
      const { answered } = await untilRefused(() => post(BODY_STEP_BYTES), 200);
      assert.equal(answered, rates.address.burst / 2);
    },
  },
  {
    what: "refusals without a delay",
    each: "address",
    most: rateText(rates.refusals),
    beyond: `held back for ${HELD_MS / 1000} s`,
    isPublicOnly: true,
    fill: async () => {
      let slept = 0;
      await using test = await publicApp({ sleep: (ms) => (slept += ms, Promise.resolve()) });
      for (let turn = 0; turn < rates.address.burst + rates.refusals.burst; turn++) await one(test).get(paths.robots);
      assert.equal(slept, 0);
      await one(test).get(paths.robots);
      assert.equal(slept, HELD_MS);
    },
  },
  rateRow(
    { what: "logins with a form or a password", each: "address", rate: rates.logins },
    (test) => one(test).postForm(paths.authorize, { action: "auto" }),
  ),
  rateRow(
    { what: "new sandboxes", each: "address", rate: rates.beginnings },
    (test, turn) => one(test).get(`/s/standard~${turn}${paths.robots}`),
  ),
  {
    what: "new sandboxes",
    each: "process",
    most: rateText(rates.allBeginnings),
    beyond: `429, but each address has ${rates.firstBeginnings.burst} to spare`,
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      const begin = (from: TestApp, turn: number): Promise<Response> => from.get(`/s/standard~${turn}${paths.robots}`);
      for (let turn = 0; turn < rates.allBeginnings.burst; turn++) {
        assert.equal((await begin(many(test, turn), turn)).status, 200);
      }
      let turn = 10_000;
      const { answered } = await untilRefused(() => begin(one(test), turn++), 30);
      assert.equal(answered, rates.firstBeginnings.burst);
    },
  },
  rateRow(
    { what: "rotations of keys", each: "address", rate: rates.rotations },
    (test) => one(test).postJson(own + controlPaths.rotateKeys, {}),
  ),
];

/** A client's last step before something is written into a table. */
type Step = (at: TestApp) => Promise<() => Promise<Response>>;

const withClient = (step: (at: TestApp, clientId: string) => Promise<() => Promise<Response>>): Step => async (at) =>
  await step(at, (await register(at, { grant_types: [...publicClient.grant_types, DEVICE] })).clientId);
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const now = <T>(value: T): Promise<T> => Promise.resolve(value);

/** What writes a row into each table. */
const steps: Readonly<Record<string, Step>> = {
  client: (at) => now(() => at.postJson(paths.register, publicClient)),
  user: withClient((at, clientId) => {
    let person = 0;
    return now(() =>
      at.get(authorizeQuery(clientId, { auto_approve_email: `p${person++}@example.com`, auto_approve_password: "x" }))
    );
  }),
  session: withClient(async (at, clientId) => {
    const token = text(await getTokens(at, clientId), "access_token");
    return () => callOauth(at, token);
  }),
  device: withClient((at, clientId) => now(() => at.postForm(paths.device, { client_id: clientId }))),
  pushed: withClient((at, clientId) =>
    now(() => at.postForm(paths.par, new URLSearchParams(authorizeQuery(clientId).slice(paths.authorize.length + 1))))
  ),
  minted: (at) => now(() => at.postJson(controlPaths.tokens, {})),
  spent: withClient(async (at, clientId) => {
    const codes = [await getCode(at, clientId), await getCode(at, clientId)];
    return () => at.postForm(paths.token, codeFields(clientId, codes.pop() ?? ""));
  }),
  revoked: withClient(async (at, clientId) => {
    const tokens = [await getTokens(at, clientId), await getTokens(at, clientId)];
    return () => at.postForm(paths.revoke, { client_id: clientId, token: text(tokens.pop() ?? {}, "access_token") });
  }),
};

const refused = "507, which says when the next one expires";
const evicted = "the oldest of the address that has most are removed";

/** A row for a table of a sandbox with a label, filled but for one by hand. */
function tableRow([table, prepare]: readonly [string, Step]): LimitRow {
  const { of = table, rows = 0 } = quotaOf("standard~a", table) ?? {};
  return {
    what: of,
    each: "sandbox with a label",
    most: count(rows),
    beyond: refused,
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      const at = below(test, own);
      const act = await prepare(at);
      const known = (await Array.fromAsync(test.kv.list({ prefix: [own.slice(3), table] }))).length;
      await seed(test, [own.slice(3), table], rows - known - 1);
      test.durations.nowMs += 60_000;
      const last = await act();
      assert(last.status < 400, `${last.status} ${await last.text()}`);
      const refusal = await act();
      assert.equal(refusal.status, 507);
      assert.match(await refusal.text(), /is used up.*the next expires in \d+ h \d+ min/);
    },
  };
}

/** Fills a table that all share with rows of one address, and lets another add to it. */
async function fillShared(test: PublicApp, table: readonly string[], rows: number, bytes = 1): Promise<void> {
  for (let from = 0; from < rows; from += 250) {
    const atomic = test.kv.atomic();
    for (let row = from; row < Math.min(rows, from + 250); row++) {
      const key = [...table, `seeded${row}`];
      const goneAtMs = test.clock.nowMs + RETENTION_MS;
      const booking = { key, owner: ownerOf("93.184.215.14"), bytes, writtenAtMs: test.clock.nowMs - row, goneAtMs };
      atomic.set(key, {}).set(["#owned", ...key], booking);
    }
    await atomic.commit();
  }
  test.durations.nowMs += 60_000;
}

const sharedClients = quotaOf("main", "client");
const sharedMarks = quotaOf("main", "spent");
const sharedScenarios = quotaOf("#scenario", "");

/** One more row goes in, and the table is no larger. */
async function addOne(test: PublicApp, table: readonly string[], add: () => Promise<Response>): Promise<void> {
  const size = async (): Promise<number> => (await Array.fromAsync(test.kv.list({ prefix: [...table] }))).length;
  const before = await size();
  const { status } = await add();
  assert(status === 200 || status === 201, `${status}`);
  assert.equal(await size(), before);
}

const sharedRows: readonly LimitRow[] = [
  {
    what: "clients; as many users, sessions, devices and notes each",
    each: "shared sandbox",
    most: count(sharedClients?.rows ?? 0),
    beyond: evicted,
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      await fillShared(test, ["main", "client"], sharedClients?.rows ?? 0);
      await addOne(test, ["main", "client"], () => test.from("8.8.8.8").postJson(paths.register, publicClient));
    },
  },
  {
    what: "marks of use, and half as many of revocation",
    each: "shared sandbox",
    most: count(sharedMarks?.rows ?? 0),
    beyond: `507 to addresses that have an equal share, of ${leastShare.rows} or more; no mark is removed`,
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      const { clientId } = await register(test.from("8.8.8.8"));
      await fillShared(test, ["main", "spent"], sharedMarks?.rows ?? 0);
      const redeem = async (address: string): Promise<number> => {
        const at = test.from(address);
        return (await at.postForm(paths.token, codeFields(clientId, await getCode(at, clientId)))).status;
      };
      assert.equal(await redeem("93.184.215.14"), 507);
      for (let mark = 0; mark < leastShare.rows; mark++) assert.equal(await redeem("8.8.8.8"), 200);
    },
  },
  {
    what: "all rows of one kind",
    each: "sandbox",
    most: `${bytesText(MAX_TABLE_BYTES)} with a label, ${bytesText(sharedClients?.bytes ?? 0)} where all share it`,
    beyond: `${refused}; where all share it, ${evicted}`,
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      const at = below(test, own);
      const jwks = { keys: [{ kty: "RSA", e: "AQAB", n: "x".repeat(29_000) }] };
      const add = (): Promise<Response> => {
        test.durations.nowMs += 1000;
        return at.postJson(paths.register, { ...publicClient, jwks });
      };
      const { answered } = await untilRefused(add, 100);
      assert(answered * 29_000 < MAX_TABLE_BYTES && answered * 31_000 > MAX_TABLE_BYTES, `${answered}`);
      const share = (sharedClients?.bytes ?? 0) / 100;
      await fillShared(test, ["main", "client"], 100, share);
      await addOne(test, ["main", "client"], () => test.from("8.8.8.8").postJson(paths.register, publicClient));
    },
  },
  {
    what: "scenarios that callers defined, and as many kept runs",
    each: "server",
    most: `${count(sharedScenarios?.rows ?? 0)}, and ${bytesText(sharedScenarios?.bytes ?? 0)}`,
    beyond: evicted,
    isPublicOnly: true,
    fill: async () => {
      await using test = await publicApp();
      await fillShared(test, ["#scenario"], sharedScenarios?.rows ?? 0);
      const bring = (): Promise<Response> => test.from("8.8.8.8").postJson(own + controlPaths.scenarios, custom);
      await addOne(test, ["#scenario"], bring);
      await fillShared(test, ["#kept"], quotaOf("#kept", "")?.rows ?? 0);
      await addOne(test, ["#kept"], () => test.from("8.8.8.8").postForm("/runs/0123456789abcdef/keep", {}));
    },
  },
];

export const rows: readonly LimitRow[] = [...rateRows, ...Object.entries(steps).map(tableRow), ...sharedRows];
