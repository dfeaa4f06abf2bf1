// The logout request of OpenID Connect RP-Initiated Logout 1.0: which login ends, and where the browser goes then.
import { excerpt, OAuthError } from "../http/errors.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Policy } from "../scenarios/plan.ts";
import type { Clients } from "./clients/client_table.ts";
import type { ClientRecord } from "./clients/client_record.ts";
import { findClient } from "./authorize/request.ts";
import { type IdTokenHint, readIdTokenHint } from "./tokens/id_token_hint.ts";
import type { KeysOf } from "./keys/keys.ts";
import { type Params, requireFaultless } from "./params.ts";
import { buildRedirect } from "./authorize/response_mode.ts";

/** A request whose every parameter was found right. */
export interface LogoutRequest {
  /** What the id_token says, if one was sent. */
  readonly hint: IdTokenHint | undefined;
  /** The client that asks, as far as it says so. */
  readonly client: ClientRecord | undefined;
  /** Where the browser goes afterwards, `state` included. */
  readonly returnTo: string | undefined;
}

const REFERENCE = "OpenID Connect RP-Initiated Logout 2";

/**
 * Reads a logout request. `logout_hint` and `ui_locales` are accepted and change nothing: there is no session to choose, and
 * the pages have one language.
 *
 * @throws OAuthError `invalid_request` or `invalid_client`. None of these may be redirected: the address cannot be trusted.
 * @see {@link https://openid.net/specs/openid-connect-rpinitiated-1_0.html}
 */
export async function parseLogout(
  { clients, keysOf }: { readonly clients: Clients; readonly keysOf: KeysOf },
  asked: { readonly sandbox: Sandbox; readonly policy: Policy },
  params: Params,
): Promise<LogoutRequest> {
  requireFaultless(params);
  const token = params.get("id_token_hint");
  const hint = token === undefined ? undefined : await readIdTokenHint(keysOf, asked.sandbox, token);
  const sentId = params.get("client_id");
  if (hint && sentId !== undefined && sentId !== hint.aud) {
    throw refuse("client_id", "client_id is not the client that id_token_hint was issued to", sentId, hint.aud);
  }
  const clientId = sentId ?? hint?.aud;
  const client = clientId === undefined ? undefined : await findClient(clients, asked, clientId);
  // A client that has removed its registration may still sign its person out.
  if (sentId !== undefined && !client && !hint) {
    throw refuse("client_id", "client_id is not registered here", sentId, "a client_id that this server has issued");
  }
  const uri = params.get("post_logout_redirect_uri");
  const returnTo = uri === undefined ? undefined : withState(requireRegistered(uri, client), params.get("state"));
  return { hint, client, returnTo };
}

function requireRegistered(uri: string, client: ClientRecord | undefined): string {
  if (!client) {
    throw refuse(
      "post_logout_redirect_uri",
      "post_logout_redirect_uri cannot be checked without a client",
      uri,
      "id_token_hint or client_id of a registered client as well",
    );
  }
  const { post_logout_redirect_uris: registered = [] } = client.metadata;
  if (registered.includes(uri)) return uri;
  const known = registered.slice(0, 5).map((one) => `'${excerpt(one)}'`).join(" or ");
  throw refuse(
    "post_logout_redirect_uri",
    "post_logout_redirect_uri is not registered for this client",
    uri,
    `exactly ${known || "one of post_logout_redirect_uris (the client has registered none)"}`,
  );
}

function withState(uri: string, state: string | undefined): string {
  return state === undefined ? uri : buildRedirect(uri, { state }, "query");
}

function refuse(parameter: string, message: string, received: string, expected: string): OAuthError {
  return new OAuthError("invalid_request", message, { parameter, received, expected, reference: REFERENCE });
}
