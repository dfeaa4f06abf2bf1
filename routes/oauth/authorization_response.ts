// What leaves the authorization endpoint for the client, by redirect or form.
import { buildRedirect } from "../../lib/oauth/authorize/response_mode.ts";
import type { AuthorizationTarget } from "../../lib/oauth/authorize/request.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Context } from "../request/router.ts";

/** An authorization response (RFC 6749 4.1.2), success or error, with `iss` on both (RFC 9207 2). */
export function clientResponse(
  { request, sandbox, plan }: Context,
  { redirectUri, state, responseMode }: AuthorizationTarget,
  response: Readonly<Record<string, string>>,
): Response | Promise<Response> {
  const answer = { ...response, state, iss: plan.policy.sendIss ? sandbox.issuer : undefined };
  if (responseMode === "form_post") {
    const fields = Object.entries(answer).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]]
    );
    return formPost(sandbox, redirectUri, fields);
  }
  return new Response(null, {
    // After a form with a password, 303 makes sure that it is not sent on (RFC 9700 4.12).
    status: request.method === "POST" ? 303 : 302,
    headers: { location: buildRedirect(redirectUri, answer, responseMode), "cache-control": "no-store" },
  });
}

async function formPost(
  { urls }: Pick<Sandbox, "urls">,
  redirectUri: string,
  fields: readonly (readonly [string, string])[],
): Promise<Response> {
  const { formPostResponse } = await import("./consent_page.tsx");
  return formPostResponse(urls, redirectUri, fields);
}
