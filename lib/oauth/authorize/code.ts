// Authorization codes: issued without being written down, redeemed once.
import type { Chance } from "../../runtime/chance.ts";
import type { Keys } from "../keys/keys.ts";
import { seal, unseal } from "../keys/seal.ts";
import type { Grant } from "../tokens/tokens.ts";

/** A code's contents. */
export interface AuthorizationCode {
  readonly jti: string;
  readonly grant: Grant;
  readonly redirectUri: string;
  /** Whether the authorization request named it, so that the token request must too (RFC 6749 4.1.3). */
  readonly redirectUriSent: boolean;
  readonly codeChallenge: string;
  /** Whether the client had the person asked for consent (OpenID Connect Core 11). */
  readonly consentAsked?: boolean | undefined;
  /** The key it is bound to (RFC 9449 10), if it is. */
  readonly dpopJkt?: string | undefined;
  readonly expiresAtMs: number;
}

/** Issues a code. */
export function issueCode(keys: Keys, code: Omit<AuthorizationCode, "jti">, chance: Chance): string {
  return seal("code", keys.sealing, { jti: chance.id(), ...code });
}

/**
 * Opens a code.
 *
 * @returns Its contents, live or not, or undefined for anything this sandbox has not issued.
 */
export function openCode(keys: Keys, text: string): AuthorizationCode | undefined {
  return unseal<AuthorizationCode>("code", keys.sealing, text);
}
