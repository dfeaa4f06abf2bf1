// What leaves the authorization endpoint: the answer to the client, by redirect or form, and the page that asks a person.
import type { OfferedUser } from "../../lib/oauth/users/declared_users.ts";
import type { AuthorizationTarget } from "../../lib/oauth/authorize/request.ts";
import { isDocumentId } from "../../lib/oauth/clients/client_metadata.ts";
import { isLoopbackUri } from "../../lib/oauth/clients/redirect_uri.ts";
import { buildRedirect } from "../../lib/oauth/authorize/response_mode.ts";
import { ConsentPage } from "../../views/consent/consent.tsx";
import { FormPostPage } from "../../views/consent/form_post.tsx";
import type { PersonAsked } from "./authorize_person.ts";
import { htmlResponse } from "../request/html.ts";
import type { Context } from "../request/router.ts";

/** Who asks, and for what. */
export interface Asked extends PersonAsked {
  readonly target: AuthorizationTarget;
}

interface ConsentState extends Asked {
  /** The request's own query, which the forms carry on. */
  readonly query: URLSearchParams;
  readonly offered: readonly OfferedUser[];
  readonly problem?: string;
  readonly email?: string | undefined;
  /** HTTP status, 200 if not given. */
  readonly status?: number;
}

/** An authorization response (RFC 6749 4.1.2), success or error, with `iss` on both (RFC 9207 2). */
export function clientResponse(
  { request, sandbox, plan }: Context,
  { redirectUri, state, responseMode }: AuthorizationTarget,
  response: Readonly<Record<string, string>>,
): Response {
  const answer = { ...response, state, iss: plan.policy.sendIss ? sandbox.issuer : undefined };
  if (responseMode === "form_post") {
    const fields = Object.entries(answer).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]]
    );
    return htmlResponse(<FormPostPage urls={sandbox.urls} redirectUri={redirectUri} fields={fields} />);
  }
  return new Response(null, {
    // After a form with a password, 303 makes sure that it is not sent on (RFC 9700 4.12).
    status: request.method === "POST" ? 303 : 302,
    headers: { location: buildRedirect(redirectUri, answer, responseMode), "cache-control": "no-store" },
  });
}

/** The page that asks a person. */
export function consentResponse({ sandbox, url, plan }: Context, consent: ConsentState): Response {
  const { target: { client, redirectUri }, request, hinted, query, offered, problem, status = 200 } = consent;
  const email = consent.email ?? hinted?.email ?? request.loginHint;
  const { client_name, client_uri, logo_uri, redirect_uris } = client.metadata;
  const page = (
    <ConsentPage
      urls={sandbox.urls}
      clientId={client.clientId}
      clientHost={isDocumentId(client.clientId) ? new URL(client.clientId).host : undefined}
      clientName={client_name}
      clientUri={client_uri}
      logoUri={logo_uri}
      redirectUri={redirectUri}
      redirectHost={new URL(redirectUri).host || redirectUri}
      loopbackOnly={redirect_uris.every(isLoopbackUri)}
      scopes={request.scopes}
      resource={request.resources.join(" ") || undefined}
      expiresInSeconds={request.expiresInSeconds}
      defaultLifetimeSeconds={plan.mint.accessTokenTtlSeconds}
      formAction={`${url.pathname}?${query}`}
      offered={offered}
      problem={problem}
      email={email}
    />
  );
  return htmlResponse(page, status);
}
