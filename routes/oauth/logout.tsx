// `GET` and `POST /oauth/logout`: the end session endpoint (OpenID Connect RP-Initiated Logout 1.0). Nobody stays signed in
// at this server, so a logout ends what a login has left behind: its refresh tokens and access tokens.
import { readFields } from "../../lib/oauth/form.ts";
import { type LogoutRequest, parseLogout } from "../../lib/oauth/logout.ts";
import { parseParams } from "../../lib/oauth/params.ts";
import { LogoutPage, SignedOutPage } from "../../views/consent/logout.tsx";
import type { OAuthDeps } from "./deps.ts";
import { htmlResponse } from "../request/html.ts";
import { requireOwnForm } from "../request/own_form.ts";
import type { Context, Handlers } from "../request/router.ts";

type LogoutDeps = Pick<OAuthDeps, "clients" | "grants" | "keysOf">;

/** The handlers of the end session endpoint. */
export function logoutHandlers(deps: LogoutDeps): Handlers<"show" | "post"> {
  async function logOut(context: Context, sent: URLSearchParams, isConfirmed: boolean): Promise<Response> {
    const { sandbox, plan } = context;
    const asked = await parseLogout(deps, { sandbox, policy: plan.policy }, parseParams(sent));
    // The id_token proves that its client asks; anyone could have sent the person here without one (6).
    if (!asked.hint && !isConfirmed) return confirmPage(context, asked, sent);
    if (asked.hint?.sid !== undefined) await deps.grants.revoke(sandbox.id, asked.hint.sid, sandbox.nowMs);
    return done(context, asked);
  }

  async function post(context: Context): Promise<Response> {
    const form = await readFields(context.request);
    const isConfirmed = form.get("action") === "sign_out";
    if (isConfirmed) requireOwnForm(context);
    form.delete("action");
    return await logOut(context, new URLSearchParams([...context.url.searchParams, ...form]), isConfirmed);
  }

  return { show: (context) => logOut(context, context.url.searchParams, false), post };
}

function confirmPage({ sandbox }: Context, { client, returnTo }: LogoutRequest, sent: URLSearchParams): Response {
  const name = client?.metadata.client_name ?? client?.clientId;
  return htmlResponse(
    <LogoutPage
      urls={sandbox.urls}
      fields={[...sent]}
      clientName={name}
      returnHost={returnTo === undefined ? undefined : new URL(returnTo).host || returnTo}
    />,
  );
}

function done({ request, sandbox }: Context, { hint, returnTo }: LogoutRequest): Response {
  if (returnTo === undefined) {
    return htmlResponse(<SignedOutPage urls={sandbox.urls} hasEnded={hint?.sid !== undefined} />);
  }
  return new Response(null, {
    status: request.method === "POST" ? 303 : 302,
    headers: { location: returnTo, "cache-control": "no-store" },
  });
}
