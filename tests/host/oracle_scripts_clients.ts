/** Scripts of the scenarios in which clients show who they are in another way than by what registration gave them. */
import { createPrivateKey, hash } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { z } from "zod";
import type { Answer, Walk } from "./oracle_party.ts";
import {
  authorize,
  basic,
  bearer,
  call,
  callTool,
  codeFields,
  discover,
  firstMessage,
  listTools,
  redeem,
  register,
} from "./oracle_steps.ts";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type";

function contextText({ party: { context } }: Walk, name: string): string {
  return z.string().parse(context[name], { error: () => `there is no ${name} in the context` });
}

async function useToken(walk: Walk, { body }: Answer): Promise<void> {
  const token = bearer(String(body.access_token));
  await call(walk, "first message", { ...firstMessage(walk), ...token });
  await call(walk, "tools", { ...listTools, ...token });
  await call(walk, "tool", { ...callTool, ...token });
}

async function preRegistered(walk: Walk): Promise<void> {
  const found = await discover(walk);
  const [id, secret] = [contextText(walk, "client_id"), contextText(walk, "client_secret")];
  const code = await authorize(walk, found, { clientId: id });
  const { client_id: _, ...fields } = codeFields(found, id, code);
  const { metadata } = found;
  await redeem(walk, "token without authentication", { metadata, fields: { ...fields, client_id: id } });
  await redeem(walk, "token with a wrong secret", { metadata, fields, headers: basic(id, "wrong") });
  await redeem(walk, "token of another client", { metadata, fields, headers: basic("another", secret) });
  await useToken(walk, await redeem(walk, "token", { metadata, fields, headers: basic(id, secret) }));
}

async function clientCredentialsBasic(walk: Walk): Promise<void> {
  const { metadata } = await discover(walk);
  const [id, secret] = [contextText(walk, "client_id"), contextText(walk, "client_secret")];
  const fields = { grant_type: "client_credentials" };
  const headers = basic(id, secret);
  await redeem(walk, "token without authentication", { metadata, fields: { ...fields, client_id: id } });
  await redeem(walk, "token with a wrong secret", { metadata, fields, headers: basic(id, "wrong") });
  await redeem(walk, "token by another grant", { metadata, fields: { grant_type: "authorization_code" }, headers });
  await redeem(walk, "token for a scope", { metadata, fields: { ...fields, scope: "mcp:read" }, headers });
  await useToken(walk, await redeem(walk, "token", { metadata, fields, headers }));
}

async function clientCredentialsJwt(walk: Walk): Promise<void> {
  const { metadata, issuer } = await discover(walk);
  const id = contextText(walk, "client_id");
  const key = createPrivateKey(contextText(walk, "private_key_pem"));
  const sign = (more: { readonly aud?: string; readonly iss?: string } = {}): Promise<string> =>
    new SignJWT({ sub: id, iss: id, aud: issuer, jti: crypto.randomUUID(), ...more })
      .setProtectedHeader({ alg: "ES256" }).setIssuedAt().setExpirationTime("1m").sign(key);
  const ask = async (step: string, assertion: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    await redeem(walk, step, {
      metadata,
      fields: {
        grant_type: "client_credentials",
        client_assertion: assertion,
        client_assertion_type: ASSERTION_TYPE,
        ...more,
      },
    });
  await ask("token for another audience", await sign({ aud: "https://wrong.example" }));
  await ask("token of another issuer", await sign({ iss: "another" }));
  await ask("token by another grant", await sign(), { grant_type: "authorization_code" });
  await ask("token with a slash in the audience", await sign({ aud: `${issuer}/` }));
  await ask("token for a scope", await sign(), { scope: "mcp:read" });
  await useToken(walk, await ask("token", await sign()));
}

async function enterprise(walk: Walk): Promise<void> {
  const { metadata, issuer, resource } = await discover(walk);
  const [id, secret] = [contextText(walk, "client_id"), contextText(walk, "client_secret")];
  const idp = contextText(walk, "idp_issuer");
  const { ask } = walk;
  await ask("identity provider's metadata", `${idp}/.well-known/openid-configuration`);
  const exchange = async (step: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    await ask(step, contextText(walk, "idp_token_endpoint"), {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        client_id: contextText(walk, "idp_client_id"),
        subject_token: contextText(walk, "idp_id_token"),
        subject_token_type: `${TOKEN_TYPE}:id_token`,
        requested_token_type: `${TOKEN_TYPE}:id-jag`,
        audience: issuer,
        resource,
        ...more,
      }),
    });
  await exchange("exchange for another kind", { requested_token_type: `${TOKEN_TYPE}:access_token` });
  await exchange("exchange of another kind", { subject_token_type: `${TOKEN_TYPE}:access_token` });
  await exchange("exchange of nonsense", { subject_token: "nonsense" });
  const { body } = await exchange("exchange");
  const fields = { grant_type: JWT_BEARER, assertion: String(body.access_token) };
  const headers = basic(id, secret);
  await redeem(walk, "token without authentication", { metadata, fields: { ...fields, client_id: id } });
  await redeem(walk, "token with a wrong secret", { metadata, fields, headers: basic(id, "wrong") });
  await redeem(walk, "token by another grant", { metadata, fields: { grant_type: "authorization_code" }, headers });
  await redeem(walk, "token without assertion", { metadata, fields: { grant_type: JWT_BEARER }, headers });
  await redeem(walk, "token for the id_token", {
    metadata,
    fields: { ...fields, assertion: contextText(walk, "idp_id_token") },
    headers,
  });
  await useToken(walk, await redeem(walk, "token", { metadata, fields, headers }));
  // The suite's provider takes a new key for each exchange, so this comes last.
  const slashed = await exchange("exchange for the issuer with a slash", { audience: `${issuer}/` });
  const assertion = String(slashed.body.access_token);
  await redeem(walk, "token for the issuer with a slash", { metadata, fields: { ...fields, assertion }, headers });
}

async function workload(walk: Walk): Promise<void> {
  const { metadata } = await discover(walk);
  const ask = async (step: string, assertion: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    await redeem(walk, step, {
      metadata,
      fields: { grant_type: JWT_BEARER, client_id: contextText(walk, "client_id"), assertion, ...more },
    });
  await useToken(walk, await ask("token", contextText(walk, "valid_jwt"), { scope: "mcp:read" }));
  await ask("token for another audience", contextText(walk, "wrong_audience_jwt"));
  await ask("second try", contextText(walk, "wrong_audience_jwt"));
  await ask("try with another grant", "", { grant_type: "client_credentials" });
}

/** A client's key, and the proofs that it makes (RFC 9449 4.2). */
async function createProver(): Promise<(claims: Readonly<Record<string, unknown>>) => Promise<string>> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = await exportJWK(publicKey);
  return (claims) =>
    new SignJWT({ jti: crypto.randomUUID(), ...claims })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk }).setIssuedAt().sign(privateKey);
}

async function dpop(walk: Walk): Promise<void> {
  const found = await discover(walk);
  const { metadata } = found;
  const { client_id } = await register(walk, found);
  const code = await authorize(walk, found, { clientId: String(client_id) });
  const prove = await createProver();
  const target = { htm: "POST", htu: String(metadata.token_endpoint) };
  const ask = async (step: string, claims: Readonly<Record<string, unknown>>): Promise<Answer> =>
    await redeem(walk, step, {
      metadata,
      fields: codeFields(found, String(client_id), code),
      headers: { dpop: await prove(claims) },
    });
  await ask("token with a proof for another URL", { ...target, htu: "https://wrong.example" });
  let answer = await ask("token", target);
  const serverNonce = answer.headers.get("dpop-nonce");
  if (serverNonce !== null) answer = await ask("token with the nonce", { ...target, nonce: serverNonce });
  const token = String(answer.body.access_token);
  const ath = hash("sha256", token, "base64url");
  const send = async (step: string, claims: Readonly<Record<string, unknown>> = {}): Promise<Answer> =>
    await call(walk, step, {
      ...listTools,
      headers: {
        authorization: `DPoP ${token}`,
        dpop: await prove({ htm: "POST", htu: walk.party.mcpUrl, ath, ...claims }),
      },
    });
  const first = await send("tools");
  const nonce = first.headers.get("dpop-nonce");
  if (nonce === null) return;
  await send("tools with the server's nonce", { nonce: serverNonce });
  await send("tools with the nonce", { nonce });
}

/** By the names of the suite. */
export const clientScripts: Readonly<Record<string, (walk: Walk) => Promise<void>>> = {
  "auth/pre-registration": preRegistered,
  "auth/client-credentials-basic": clientCredentialsBasic,
  "auth/client-credentials-jwt": clientCredentialsJwt,
  "auth/enterprise-managed-authorization": enterprise,
  "auth/wif-jwt-bearer": workload,
  "auth/dpop": dpop,
  "auth/dpop-nonce": dpop,
};
