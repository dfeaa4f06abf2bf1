/**
 * A refresh race: eight requests with one refresh token at the same time, under each policy, on one app and on two that
 * share a database. What each request gets, and what is good afterwards, follows from the policy and from nothing else.
 */
import assert from "node:assert/strict";
import type { AppOptions } from "../../main.ts";
import { callOauth, codeFields, getCode, json, register, type TestApp, testApp, text } from "../helpers.ts";

const RACERS = 8;

type Rules = NonNullable<AppOptions["policy"]>;

/** A client and how it authenticates. */
type ClientKind = "public" | "confidential";

/** What comes of a race. */
interface Outcome {
  /** How many of the requests get tokens; the others are refused with `invalid_grant`. */
  readonly winners: number;
  /** How many different refresh tokens come of it. */
  readonly successors: number;
  /** Whether the winner's tokens work afterwards, or the login is revoked. */
  readonly survives: boolean;
}

const rotation: Outcome = { winners: 1, successors: 1, survives: true };
const rotationAndRevocation: Outcome = { ...rotation, survives: false };
const noRotation: Outcome = { winners: RACERS, successors: 0, survives: true };
const grace: Outcome = { winners: RACERS, successors: 1, survives: true };

/** Every policy there is, with what it says of either kind of client. */
const table: readonly (readonly [Rules, Readonly<Record<ClientKind, Outcome>>])[] = [
  [{ rotateRefreshTokens: "always", revokeOnReuse: true }, {
    public: rotationAndRevocation,
    confidential: rotationAndRevocation,
  }],
  [{ rotateRefreshTokens: "always", revokeOnReuse: false }, { public: rotation, confidential: rotation }],
  [{ rotateRefreshTokens: "public", revokeOnReuse: true }, {
    public: rotationAndRevocation,
    confidential: noRotation,
  }],
  [{ rotateRefreshTokens: "public", revokeOnReuse: false }, { public: rotation, confidential: noRotation }],
  [{ rotateRefreshTokens: "never", revokeOnReuse: true }, { public: noRotation, confidential: noRotation }],
  [{ rotateRefreshTokens: "never", revokeOnReuse: false }, { public: noRotation, confidential: noRotation }],
  [{ rotateRefreshTokens: "always", revokeOnReuse: true, refreshGraceSeconds: 30 }, {
    public: grace,
    confidential: grace,
  }],
  [{ rotateRefreshTokens: "always", revokeOnReuse: false, refreshGraceSeconds: 30 }, {
    public: grace,
    confidential: grace,
  }],
  [{ rotateRefreshTokens: "public", revokeOnReuse: true, refreshGraceSeconds: 30 }, {
    public: grace,
    confidential: noRotation,
  }],
];

/** A login, as the racers know it. */
interface Login {
  readonly credentials: Readonly<Record<string, string>>;
  readonly refreshToken: string;
}

async function logIn(app: TestApp, kind: ClientKind): Promise<Login> {
  const method = kind === "public" ? "none" : "client_secret_post";
  const { clientId, secret } = await register(app, { token_endpoint_auth_method: method });
  const more: Record<string, string> = secret === "" ? {} : { client_secret: secret };
  const code = await getCode(app, clientId);
  const tokens = await json(await app.postForm("/oauth/token", codeFields(clientId, code, more)));
  return { credentials: { client_id: clientId, ...more }, refreshToken: text(tokens, "refresh_token") };
}

function refresh(app: TestApp, { credentials, refreshToken }: Login): Promise<Response> {
  const fields = { grant_type: "refresh_token", refresh_token: refreshToken, ...credentials };
  return app.postForm("/oauth/token", fields);
}

async function statusOf(app: TestApp, token: string): Promise<number> {
  const response = await callOauth(app, token);
  await response.body?.cancel();
  return response.status;
}

/** Runs a race and holds what comes of it against the policy. */
async function race(apps: readonly TestApp[], kind: ClientKind, expected: Outcome): Promise<void> {
  const at = (index: number): TestApp => apps[index % apps.length] ?? assert.fail("There is no app");
  const login = await logIn(at(0), kind);
  const responses = await Promise.all(Array.from({ length: RACERS }, (_, index) => refresh(at(index), login)));
  const bodies = await Promise.all(responses.map(json));
  const won = bodies.filter((_, index) => responses[index]?.status === 200);
  const lost = bodies.filter((_, index) => responses[index]?.status === 400);
  assert.deepEqual([won.length, lost.length], [expected.winners, RACERS - expected.winners]);
  for (const { error } of lost) assert.equal(error, "invalid_grant");

  const successors = new Set(won.flatMap((body) => "refresh_token" in body ? [text(body, "refresh_token")] : []));
  assert.equal(successors.size, expected.successors);
  assert(!successors.has(login.refreshToken));
  for (const app of apps) {
    for (const body of won) {
      assert.equal(await statusOf(app, text(body, "access_token")), expected.survives ? 200 : 401);
    }
  }
  const [refreshToken = login.refreshToken] = successors;
  const next = await refresh(at(1), { ...login, refreshToken });
  assert.equal(next.status, expected.survives ? 200 : 400);
  if (!expected.survives) assert.equal((await json(next)).error, "invalid_grant");
}

for (const appCount of [1, 2]) {
  const where = appCount === 1 ? "one app" : "two apps that share a database";
  Deno.test(`POST /oauth/token under eight refreshes at once does what the policy says, on ${where} (OAuth 2.1 4.3.1)`, async (t) => {
    for (const [policy, outcomes] of table) {
      for (const kind of ["public", "confidential"] as const) {
        await t.step(`${JSON.stringify(policy)}, ${kind} client`, async () => {
          using kv = await Deno.openKv(":memory:");
          await using first = await testApp({ kv, policy });
          await using second = await testApp({ kv, policy });
          const apps = [first, second].slice(0, appCount);
          await race(apps, kind, outcomes[kind]);
        });
      }
    }
  });
}

Deno.test("a race after another does not wake what the first one ended (OAuth 2.1 4.3.1)", async () => {
  using kv = await Deno.openKv(":memory:");
  await using first = await testApp({ kv });
  await using second = await testApp({ kv });
  const login = await logIn(first, "public");
  for (let time = 1; time <= 3; time++) {
    const responses = await Promise.all([first, second, first, second].map((app) => refresh(app, login)));
    const won = responses.filter(({ status }) => status === 200);
    assert.equal(won.length, time === 1 ? 1 : 0);
    await Promise.all(responses.map((response) => response.body?.cancel()));
  }
});

Deno.test("within a grace window eight racers on two apps agree on one successor, and after it the old token ends the login", async () => {
  using kv = await Deno.openKv(":memory:");
  const policy = { refreshGraceSeconds: 30 };
  await using first = await testApp({ kv, policy });
  await using second = await testApp({ kv, policy });
  const login = await logIn(first, "public");
  const successor = text(await json(await refresh(first, login)), "refresh_token");
  for (const app of [first, second]) {
    app.clock.nowMs += 29_999;
    assert.equal(text(await json(await refresh(app, login)), "refresh_token"), successor);
    app.clock.nowMs += 1;
  }
  assert.equal((await json(await refresh(second, login))).error, "invalid_grant");
  assert.equal((await json(await refresh(first, { ...login, refreshToken: successor }))).error, "invalid_grant");
});
