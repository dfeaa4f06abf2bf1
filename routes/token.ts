/**
 * `POST /oauth/token`: the token endpoint (RFC 6749 3.2).
 *
 * @module
 */
import type { Chance } from "../lib/chance.ts";
import { OAuthError } from "../lib/errors.ts";
import { noStoreJson, readText, requireContentType } from "../lib/http.ts";
import type { ClientAuthenticator } from "../lib/oauth/client_auth.ts";
import { redeemAuthorizationCode } from "../lib/oauth/grants/authorization_code.ts";
import type { TokenRequest } from "../lib/oauth/grants/context.ts";
import { redeemRefreshToken } from "../lib/oauth/grants/refresh_token.ts";
import type { Keys } from "../lib/oauth/keys.ts";
import { parseParams, requireFaultless, requireParam } from "../lib/oauth/params.ts";
import { grantTypes } from "../lib/oauth/client_metadata.ts";
import type { TokenResponse } from "../lib/oauth/tokens.ts";
import type { Clients } from "../lib/store/clients.ts";
import type { Grants } from "../lib/store/grants.ts";
import { paths } from "../lib/urls.ts";
import type { Context, Route } from "./router.ts";

/** What the token endpoint needs. */
export interface TokenDeps {
  /** The table of clients. */
  readonly clients: Clients;
  /** Marks of what was used and revoked. */
  readonly grants: Grants;
  /** Finds out who asks. */
  readonly authenticate: ClientAuthenticator;
  /** Where ids and secrets are drawn from. */
  readonly chance: Chance;
  /** A sandbox's keys. */
  readonly keysOf: (sandboxId: string) => Promise<Keys>;
}

/** One handler a grant; metadata advertises the same list. */
const redeem: Readonly<Record<typeof grantTypes[number], (request: TokenRequest) => Promise<TokenResponse>>> = {
  authorization_code: redeemAuthorizationCode,
  refresh_token: redeemRefreshToken,
};

/** The row of the token endpoint. */
export function tokenRoutes({ clients, authenticate, grants, chance, keysOf }: TokenDeps): readonly Route[] {
  async function token({ request, sandbox, plan }: Context): Promise<Response> {
    requireContentType(request, "application/x-www-form-urlencoded");
    const params = parseParams(new URLSearchParams(await readText(request)));
    requireFaultless(params);
    const grantType = parseGrantType(requireParam(params, "grant_type", "RFC 6749 4.1.3"));
    const [client, keys] = await Promise.all([
      authenticate(sandbox, request, params),
      keysOf(sandbox.id),
    ]);
    const { policy, mint } = plan;
    return noStoreJson(
      await redeem[grantType]({ sandbox, policy, mint, keys, chance, params, client, clients, grants }),
    );
  }

  return [{ name: "token", method: "POST", path: paths.token, cors: true, handler: token }];
}

function parseGrantType(text: string): typeof grantTypes[number] {
  const known = grantTypes.find((grantType) => grantType === text);
  if (known) return known;
  throw new OAuthError("unsupported_grant_type", "grant_type is not supported", {
    parameter: "grant_type",
    received: text,
    expected: grantTypes.join(" or "),
    reference: "RFC 6749 5.2",
  });
}
