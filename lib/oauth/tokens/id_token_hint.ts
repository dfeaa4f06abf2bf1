// `id_token_hint`: an id_token that this server issued before, sent back to say who the person is (OpenID Connect Core
// 3.1.2.1) or which login ends (RP-Initiated Logout 2). It proves what it says, but does not sign anyone in.
import { describeValue, OAuthError } from "../../http/errors.ts";
import { parseJson } from "../../http/json.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { UserRecord, Users } from "../users/user_table.ts";
import { decodeBase64url } from "../../http/base64url.ts";
import { ownClaimsOf, type UserClaims } from "../users/claims.ts";
import type { KeysOf } from "../keys/keys.ts";
import { recallAutoUser, type User, userOf } from "../users/user.ts";

/** What an id_token says, as far as a hint needs it. */
export interface IdTokenHint {
  readonly sub: string;
  readonly aud: string;
  /** The login; absent in id_tokens issued before they said so. */
  readonly sid?: string | undefined;
  /** The user's name, if the client was told. */
  readonly name?: string | undefined;
  /** The user's e-mail address, if the client was told. */
  readonly email?: string | undefined;
  readonly claims: UserClaims["claims"];
}

/**
 * Reads a hint: our signature and our issuer are required, whichever client it was issued to. One that has expired is as
 * good as any other (RP-Initiated Logout 2), since an id_token is long expired when it is needed again.
 *
 * @throws OAuthError `invalid_request`.
 * @see {@link https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest}
 */
export async function readIdTokenHint(
  keysOf: KeysOf,
  sandbox: Sandbox,
  token: string,
): Promise<IdTokenHint> {
  const [header = "", payload = "", signature = "", ...more] = token.split(".");
  const { alg, typ, kid } = membersOf(header);
  if (more.length > 0 || typeof kid !== "string") throw refuse("is not an id_token of this server");
  if (typ !== "JWT") throw refuse("is not an id_token", `typ ${describeValue(typ)}`);
  const key = (await (await keysOf(sandbox.id)).made(sandbox.nowMs)).find(({ key }) => key.kid === kid)?.key;
  if (!key || key.alg !== alg) throw refuse("is not signed with a key of this server", `kid ${kid}`);
  const isSpelled = decodeBase64url(signature) !== undefined;
  if (!isSpelled || !key.verify(`${header}.${payload}`, signature)) throw refuse("has a wrong signature");
  const { iss, sub, aud, sid, name, email, ...rest } = membersOf(payload);
  if (iss !== sandbox.issuer) throw refuse("comes from another issuer", describeValue(iss));
  if (typeof sub !== "string" || typeof aud !== "string") throw refuse("has no sub or no aud");
  return {
    sub,
    aud,
    sid: typeof sid === "string" ? sid : undefined,
    name: typeof name === "string" ? name : undefined,
    email: typeof email === "string" ? email : undefined,
    claims: ownClaimsOf(rest),
  };
}

function membersOf(segment: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = parseJson(decodeBase64url(segment)?.toString() ?? "");
    return Object.fromEntries(Object.entries(typeof parsed === "object" && parsed !== null ? parsed : {}));
  } catch {
    return {};
  }
}

/**
 * The person a hint speaks of, if this server can sign them in again: a declared user, one who has signed up, or an
 * auto-generated one, of whom nothing is kept and the hint says enough.
 */
export async function findHinted(
  users: Pick<Users, "find" | "list">,
  sandboxId: string,
  hint: IdTokenHint,
): Promise<User | undefined> {
  const isHinted = (user: UserRecord | undefined): boolean => user?.userId === hint.sub;
  const named = hint.email === undefined ? undefined : await users.find(sandboxId, hint.email);
  // A client without the scope `email` has an id_token without an address.
  const record = isHinted(named) ? named : (await users.list(sandboxId)).find(isHinted);
  return record ? userOf(record) : recallAutoUser(hint);
}

function refuse(problem: string, received?: string): OAuthError {
  return new OAuthError("invalid_request", `id_token_hint ${problem}`, {
    parameter: "id_token_hint",
    received,
    expected: "an id_token that this server has issued; it may have expired",
    reference: "OpenID Connect Core 3.1.2.1",
  });
}
