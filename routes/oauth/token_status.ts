// `POST /oauth/revoke` (RFC 7009) and `POST /oauth/introspect` (RFC 7662).
import { OAuthError } from "../../lib/http/errors.ts";
import { noStoreJson } from "../../lib/http/body.ts";
import { introspectionAuthMethods } from "../../lib/scenarios/vocabulary.ts";
import { readForm } from "../../lib/oauth/form.ts";
import { requireParam } from "../../lib/oauth/params.ts";
import { introspectToken, revokeToken, type TokenStatusContext } from "../../lib/oauth/tokens/token_status.ts";
import type { ClientRecord } from "../../lib/oauth/clients/client_record.ts";
import type { OAuthDeps } from "./deps.ts";
import type { Context, Handlers } from "../request/router.ts";

type TokenStatusDeps = Pick<OAuthDeps, "authenticate" | "grants" | "keysOf" | "verifier">;

interface Asked {
  readonly client: ClientRecord;
  readonly token: string;
  readonly status: TokenStatusContext;
}

/** The handlers of revocation and introspection. */
export function tokenStatusHandlers(
  { authenticate, grants, keysOf, verifier }: TokenStatusDeps,
): Handlers<"revoke" | "introspect"> {
  async function readAsked({ request, sandbox, plan: { policy } }: Context, reference: string): Promise<Asked> {
    const params = await readForm(request);
    const { value: client } = await authenticate(sandbox, request, params);
    const keys = await keysOf(sandbox.id);
    return {
      client,
      token: requireParam(params, "token", reference),
      status: { sandbox, keys, verifier, grants, policy },
    };
  }

  async function revoke(context: Context): Promise<Response> {
    const { client, token, status } = await readAsked(context, "RFC 7009 2.1");
    await revokeToken(status, token, client.clientId);
    return new Response(null, { headers: { "cache-control": "no-store" } });
  }

  async function introspect(context: Context): Promise<Response> {
    const { client, token, status } = await readAsked(context, "RFC 7662 2.1");
    requireProof(client);
    return noStoreJson(await introspectToken(status, token));
  }

  return { revoke, introspect };
}

/** A client id is not a secret, so with public clients anyone could try out tokens. */
function requireProof({ metadata }: ClientRecord): void {
  if (introspectionAuthMethods.includes(metadata.token_endpoint_auth_method)) return;
  throw new OAuthError("invalid_client", "A public client cannot introspect, because it cannot prove who it is", {
    parameter: "client_id",
    expected: `a client that registered with token_endpoint_auth_method ${introspectionAuthMethods.join(" or ")}`,
    reference: "RFC 7662 2.1",
  });
}
