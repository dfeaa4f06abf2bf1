// DPoP proofs (RFC 9449 4.3): that the sender of a token holds the key it is bound to. Loaded with the first proof, as
// jose is, so that clients that send none pay nothing.
import { hash } from "../../runtime/node_crypto.ts";
import { calculateJwkThumbprint, EmbeddedJWK, errors, type JWTPayload, jwtVerify, type JWTVerifyResult } from "jose";
import { describeValue, OAuthError } from "../../http/errors.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Replays } from "../replay_table.ts";
import { isStrictJwt } from "../../http/base64url.ts";
import { dpopAlgorithms } from "./bearer.ts";
import { seal, unseal } from "../keys/seal.ts";

type ProofRequest = Readonly<{
  sandbox: Sandbox;
  /** 32 bytes that nonces are sealed with. */
  sealingKey: Uint8Array;
  replays: Replays;
  /** Whether the proof must repeat a nonce of ours (RFC 9449 8). */
  requireNonce: boolean;
  method: string;
  /** URL of the endpoint, without query. */
  url: string;
  accessToken: string | undefined;
}>;

/** How far from now a proof may have been made, in seconds, in both directions. */
const WINDOW_SECONDS = 300;
/** A nonce is good in the time slot it was given out in, and in the next. */
const NONCE_SLOT_MS = 5 * 60 * 1000;

/**
 * Verifies a proof.
 *
 * @param proof The `dpop` header.
 * @returns The thumbprint of its key (RFC 7638).
 * @throws OAuthError `invalid_dpop_proof`, or `use_dpop_nonce` with a nonce in the header `dpop-nonce`.
 */
export async function verifyProof(proof: string, request: ProofRequest): Promise<string> {
  const { sandbox, replays } = request;
  const { payload, protectedHeader } = await verifySignature(proof);
  const { jti, iat, nonce } = payload;
  checkTarget(payload, request);
  if (typeof jti !== "string" || jti === "") throw refuse("The proof has no jti");
  checkTime(iat, sandbox.nowMs);
  if (request.requireNonce) checkNonce(nonce, request);
  const { jwk } = protectedHeader;
  if (!jwk) throw refuse("The proof has no jwk");
  const jkt = await calculateJwkThumbprint(jwk);
  if (!await replays.use(sandbox.id, ["dpop", jkt, jti], 2 * WINDOW_SECONDS * 1000)) {
    throw refuse("The proof was used before", { expected: "a new jti in each proof", reference: "RFC 9449 11.1" });
  }
  return jkt;
}

async function verifySignature(proof: string): Promise<JWTVerifyResult> {
  if (proof.includes(",")) throw refuse("There is more than one proof", { expected: "one dpop header" });
  try {
    if (!isStrictJwt(proof)) throw new errors.JWTInvalid("it is not in base64url without padding");
    return await jwtVerify(proof, async (header, token) => {
      // A private key that was sent around proves nothing.
      if (header.jwk && ["d", "p", "q", "dp", "dq", "qi", "k"].some((name) => Object.hasOwn(header.jwk ?? {}, name))) {
        throw refuse("The proof's jwk contains a private key", { expected: "the public key alone" });
      }
      return await EmbeddedJWK(header, token);
    }, {
      typ: "dpop+jwt",
      algorithms: [...dpopAlgorithms],
      // Only the signature is jose's matter; time is checked on the sandbox's clock below.
      currentDate: new Date(0),
      clockTolerance: Number.MAX_SAFE_INTEGER,
    });
  } catch (error) {
    if (error instanceof OAuthError) throw error;
    const reason = error instanceof errors.JOSEError ? `: ${error.message}` : "";
    throw refuse(`The dpop header is not a DPoP proof${reason}`, {
      expected: `a JWT of type dpop+jwt with the public key as jwk, signed with ${dpopAlgorithms.join(", ")}`,
    });
  }
}

function checkTarget({ htm, htu, ath }: JWTPayload, { method, url, accessToken }: ProofRequest): void {
  if (htm !== method) {
    throw refuse("The proof is for another method", { received: describeValue(htm), expected: method });
  }
  if (typeof htu !== "string" || plain(htu) !== plain(url)) {
    throw refuse("The proof is for another URL", { received: describeValue(htu), expected: url });
  }
  if (accessToken === undefined || ath === hash("sha256", accessToken, "base64url")) return;
  throw refuse("The proof is for another access token", {
    received: ath === undefined ? "no ath" : `ath ${describeValue(ath)}`,
    expected: "ath: the base64url of the access token's SHA-256",
  });
}

/** RFC 9449 4.3: compared after normalisation, without query and fragment. */
function plain(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function checkTime(iat: number | undefined, nowMs: number): void {
  if (typeof iat !== "number") throw refuse("The proof has no iat");
  const ageSeconds = Math.floor(nowMs / 1000) - iat;
  if (Math.abs(ageSeconds) <= WINDOW_SECONDS) return;
  throw refuse(ageSeconds > 0 ? "The proof is too old" : "The proof was issued in the future", {
    received: `iat ${iat}, which is ${ageSeconds} seconds ago`,
    expected: `within ${WINDOW_SECONDS} seconds of now`,
    reference: "RFC 9449 11.1",
  });
}

/** The nonces of the authorization server and of the resource are two things (RFC 9449 9). */
function checkNonce(nonce: unknown, { sandbox, sealingKey, accessToken }: ProofRequest): void {
  const slot = Math.floor(sandbox.nowMs / NONCE_SLOT_MS);
  const contents = (slot: number): string => `${accessToken === undefined ? "server" : "resource"} ${slot}`;
  const found = typeof nonce === "string" ? unseal("nonce", sealingKey, nonce) : undefined;
  if (found === contents(slot) || found === contents(slot - 1)) return;
  throw new OAuthError("use_dpop_nonce", "The proof must repeat the nonce of this response", {
    parameter: "dpop",
    expected: "the value of the dpop-nonce header as nonce in the proof",
    reference: "RFC 9449 8",
    headers: { "dpop-nonce": seal("nonce", sealingKey, contents(slot)) },
  });
}

function refuse(
  message: string,
  detail: { received?: string; expected?: string; reference?: string } = {},
): OAuthError {
  return new OAuthError("invalid_dpop_proof", message, {
    parameter: "dpop",
    reference: "RFC 9449 4.3",
    ...detail,
  });
}
