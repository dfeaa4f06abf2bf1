/** Probes of the scenarios of tokens that are not what they should be. */
import assert from "node:assert/strict";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { z } from "zod";
import { assertOAuthError, callOauth, claimsOf, json, startMs, text } from "../helpers.ts";
import type { Probe, ProbeSandbox } from "./sweep_probe.ts";
import { appOf, logIn, statusOf } from "./sweep_steps.ts";

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });

async function keysAt(at: ProbeSandbox): Promise<z.infer<typeof keySet>> {
  return keySet.parse(await json(await at.get("/oauth/jwks")));
}

/** How a client fares that verifies a token with the key set: `good`, or the code of jose's error. */
async function verify(at: ProbeSandbox, token: string): Promise<string> {
  try {
    await jwtVerify(token, createLocalJWKSet(await keysAt(at)), { currentDate: new Date(startMs) });
    return "good";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

/** Tokens of a login with an id_token. */
async function tokensOf(at: ProbeSandbox): Promise<{ readonly access: string; readonly idToken: string }> {
  const { access, tokens } = await logIn(appOf(at), { request: { scope: "openid" } });
  return { access, idToken: text(tokens, "id_token") };
}

/** Insists that `/oauth` refuses every token; gives the words of the refusal. */
async function refusalAt(at: ProbeSandbox): Promise<string> {
  const { access } = await tokensOf(at);
  await assertOAuthError(await callOauth(appOf(at), (await tokensOf(at)).access), 401, "invalid_token");
  return await assertOAuthError(await callOauth(appOf(at), access), 401, "invalid_token");
}

/** Probes of tokens by the name of the scenario. */
export const tokenClaimsProbes: Readonly<Record<string, Probe>> = {
  "wrong-audience": async (at) => {
    const { access, idToken } = await tokensOf(at);
    assert.equal(claimsOf(access).aud, "https://another-resource.example.com/mcp");
    assert.equal(await verify(at, access), "good");
    assert.equal(await verify(at, idToken), "good");
    assert.match(await refusalAt(at), /^Token audience does not match/);
  },
  "bad-signature": async (at) => {
    const { access, idToken } = await tokensOf(at);
    for (const token of [access, idToken]) {
      assert.equal(await verify(at, token), "ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
    }
    assert.match(await refusalAt(at), /signature is wrong/);
  },
  "unknown-kid": async (at) => {
    const { access, idToken } = await tokensOf(at);
    const kids = (await keysAt(at)).keys.map(({ kid }) => kid);
    assert.equal(kids.length, 2);
    for (const token of [access, idToken]) {
      assert.equal(kids.includes(decodeProtectedHeader(token).kid ?? ""), false);
      assert.equal(await verify(at, token), "ERR_JWKS_NO_MATCHING_KEY");
    }
    assert.match(await refusalAt(at), /not one of this server's/);
  },
  "jwks-without-key": async (at) => {
    const { access, idToken } = await tokensOf(at);
    assert.deepEqual((await keysAt(at)).keys, []);
    assert.equal(await verify(at, idToken), "ERR_JWKS_NO_MATCHING_KEY");
    assert.equal(await statusOf(appOf(at), access), 200);
  },
};
