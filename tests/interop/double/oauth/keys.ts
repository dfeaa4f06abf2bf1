/** What a client proves itself with: proofs that it holds a key (RFC 9449), and assertions (RFC 7523, RFC 8693). */
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import { hash } from "node:crypto";

/** The grant that an assertion is exchanged with (RFC 7523 2.1). */
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_TYPE = "urn:ietf:params:oauth:token-type";
const LIFE_SECONDS = 60;

/** Makes DPoP proofs with a key of its own. */
export interface Prover {
  /** A proof for a request, which is bound to the access token that goes with it. */
  readonly prove: (url: string, accessToken: string | undefined, verb?: string) => Promise<string>;
  /** Keeps the nonce that a response brings, for the next proofs at that URL. */
  readonly learn: (url: string, response: Response) => void;
}

/** Creates a key and what proves its possession (RFC 9449 4.2). */
export async function createProver(nowMs: () => number): Promise<Prover> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const jwk = await exportJWK(publicKey);
  const nonces = new Map<string, string>();
  return {
    prove: (htu, accessToken, htm = "POST") =>
      new SignJWT({
        htm,
        htu,
        iat: Math.floor(nowMs() / 1000),
        jti: crypto.randomUUID(),
        nonce: nonces.get(htu),
        ath: accessToken === undefined ? undefined : hash("sha256", accessToken, "base64url"),
      }).setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk }).sign(privateKey),
    learn: (url, response) => {
      const nonce = response.headers.get("dpop-nonce");
      if (nonce !== null) nonces.set(url, nonce);
    },
  };
}

/** The fields with which a client authenticates that signs an assertion for this one request (RFC 7523 2.2). */
export async function assertIdentity(
  { clientId, privateJwk, audience, nowMs }: {
    readonly clientId: string;
    readonly privateJwk: Readonly<Record<string, unknown>>;
    readonly audience: string;
    readonly nowMs: number;
  },
): Promise<Record<string, string>> {
  const key = await importJWK({ kty: "EC", ...privateJwk }, "ES256");
  const iat = Math.floor(nowMs / 1000);
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    iat,
    exp: iat + LIFE_SECONDS,
    jti: crypto.randomUUID(),
  };
  return {
    client_assertion: await new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(key),
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  };
}

/** What an assertion is asked for. */
interface Asked {
  readonly audience: string;
  readonly resource: string | undefined;
  readonly scope: string;
}

/** Sends a form to the identity provider, and returns the `access_token` of its response, which may be any token. */
export type AskIdp = (fields: Record<string, string>) => Promise<string>;

/** Gets an assertion about the workload that the client is. */
export async function assertWorkload(ask: AskIdp, { audience }: Asked): Promise<string> {
  return await ask({ grant_type: "client_credentials", audience });
}

/** Logs a person in at the identity provider. */
export async function getIdToken(ask: AskIdp): Promise<string> {
  return await ask({ grant_type: "client_credentials", requested_token_type: `${TOKEN_TYPE}:id_token` });
}

/** Exchanges the person's id_token for an ID-JAG (Identity Assertion JWT Authorization Grant 4.3). */
export async function exchangeIdToken(
  ask: AskIdp,
  idToken: string,
  { audience, resource, scope }: Asked,
): Promise<string> {
  return await ask({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: idToken,
    subject_token_type: `${TOKEN_TYPE}:id_token`,
    requested_token_type: `${TOKEN_TYPE}:id-jag`,
    audience,
    ...(resource === undefined ? {} : { resource }),
    ...(scope === "" ? {} : { scope }),
  });
}
