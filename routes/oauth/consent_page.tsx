// The pages of the authorization endpoint: the one that asks a person, and the one that posts an answer to a client.
import type { Urls } from "../../lib/http/urls.ts";
import { isDocumentId } from "../../lib/oauth/clients/client_metadata.ts";
import { isLoopbackUri } from "../../lib/oauth/clients/redirect_uri.ts";
import type { OfferedUser } from "../../lib/oauth/users/declared_users.ts";
import { ConsentPage } from "../../views/consent/consent.tsx";
import { FormPostPage } from "../../views/consent/form_post.tsx";
import type { Asked } from "./authorize_person.ts";
import { htmlResponse } from "../request/html.ts";
import type { Context } from "../request/router.ts";

interface ConsentState extends Asked {
  /** The request's own query, which the forms carry on. */
  readonly query: URLSearchParams;
  readonly offered: readonly OfferedUser[];
  readonly problem?: string;
  readonly email?: string | undefined;
  /** HTTP status, 200 if not given. */
  readonly status?: number;
}

/** The page that posts an answer to a client. */
export function formPostResponse(
  urls: Urls,
  redirectUri: string,
  fields: readonly (readonly [name: string, value: string])[],
): Response {
  return htmlResponse(<FormPostPage urls={urls} redirectUri={redirectUri} fields={fields} />);
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
