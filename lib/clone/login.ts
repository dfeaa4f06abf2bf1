// A login at a clone, so that its tokens can be compared with those that a recording has got: codes are good only once.
import { endpointOf, type Places } from "./places.ts";
import { messageWith, type Observed } from "./observed.ts";
import { isObject } from "../http/json.ts";
import { parseObject, textOf } from "../judge/reading.ts";
import type { UrlMap } from "./urls.ts";

/** The form of a token request that was granted; undefined for any other request. */
export function grantOf({ method, status, request }: Observed): URLSearchParams | undefined {
  const form = method === "POST" && status < 300 ? new URLSearchParams(request.body ?? "") : undefined;
  return form?.has("grant_type") ? form : undefined;
}

/** What was granted, by its grant. */
export function grantedBy(grant: string, places: Places, observed: readonly Observed[]): Observed | undefined {
  const url = endpointOf(places, "token_endpoint");
  return observed.find((one) => one.url === url && grantOf(one)?.get("grant_type") === grant);
}

const REDIRECT = "http://127.0.0.1:33418/callback";
const VERIFIER = "mock-oauth-clone".repeat(3);
/** SHA-256 of that, in base64url (RFC 7636 4.2). */
const CHALLENGE = "nRK_lWlvvBIgk47uDDfqK4yv0X9CFIdlb4xq2n2wjTI";

/**
 * Logs in at a clone, as a public client whose person agrees.
 *
 * @param scope What is asked for; undefined for nothing.
 * @returns The token request, and what it was answered with; undefined where the clone lets nobody in.
 */
export async function logIn(
  { urls }: UrlMap,
  scope: string | null,
  send: (request: Request) => Promise<Response>,
): Promise<Observed | undefined> {
  const asked = { redirect_uris: [REDIRECT], token_endpoint_auth_method: "none", grant_types: GRANTS };
  const json = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked) };
  const registered = parseObject(await (await send(new Request(urls.register, json))).text());
  // Where nobody can register, a clone believes what a client calls itself.
  const client_id = textOf(registered, "client_id") ?? "mock-oauth-clone";
  const client_secret = textOf(registered, "client_secret");
  const query = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: REDIRECT,
    state: "clone",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    resource: urls.oauth,
    auto_approve: "true",
    ...(scope === null ? {} : { scope }),
  });
  const answer = await send(new Request(`${urls.authorize}?${query}`, { redirect: "manual" }));
  await answer.body?.cancel();
  const code = URL.parse(answer.headers.get("location") ?? "")?.searchParams.get("code");
  if (typeof code !== "string") return undefined;
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    client_id,
    code,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    resource: urls.oauth,
    ...(client_secret === undefined ? {} : { client_secret }),
  }).toString();
  const headers = new Headers({ "content-type": "application/x-www-form-urlencoded" });
  const response = await send(new Request(urls.token, { method: "POST", headers, body: form }));
  return {
    method: "POST",
    url: urls.token,
    request: messageWith(headers, form),
    status: response.status,
    response: messageWith(response.headers, await response.text()),
  };
}

const GRANTS = ["authorization_code", "refresh_token"] as const;

/** Seconds that a granted token lives; undefined if it does not say. */
export function lifetimeOf(granted: Observed | undefined): number | undefined {
  const body = parseObject(granted?.response.body);
  const seconds = isObject(body) ? Number(body.expires_in) : NaN;
  return Number.isInteger(seconds) && seconds > 0 ? seconds : undefined;
}
