// Pushed authorization requests (RFC 9126): pushed by an authenticated client, then named in the browser by a
// `request_uri` that says nothing, lives shortly, and works once.
import type { Chance } from "../../runtime/chance.ts";
import { OAuthError } from "../../http/errors.ts";
import type { FormFields } from "../../http/form.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Policy } from "../../scenarios/plan.ts";
import type { Entry } from "../../store/store.ts";
import type { Pushed, PushedRecord } from "./pushed_table.ts";

const PREFIX = "urn:ietf:params:oauth:request_uri:";

/** Life of a `request_uri` in seconds: time enough for a redirect (RFC 9126 2.2). */
const LIFE_SECONDS = 90;

/** What authenticates the client, and so does not belong to its request. */
const credentials = ["client_secret", "client_assertion", "client_assertion_type"];

/** What a person or test may put beside a `request_uri`: how to skip the consent page. All else must have been pushed. */
const besides = ["auto_approve", "auto_approve_email", "auto_approve_password", "expires_in"];

/**
 * The parameters of a request that a client pushes, less its credentials.
 *
 * @throws OAuthError `invalid_request` for a `request_uri` among them (RFC 9126 2.1).
 */
export function readPushedForm(form: URLSearchParams, clientId: string): URLSearchParams {
  if (form.has("request_uri")) {
    throw new OAuthError("invalid_request", "request_uri cannot be pushed", {
      parameter: "request_uri",
      expected: "the parameters of the request themselves",
      reference: "RFC 9126 2.1",
    });
  }
  const query = new URLSearchParams(form);
  for (const name of credentials) query.delete(name);
  if (!query.has("client_id")) query.set("client_id", clientId);
  return query;
}

/**
 * Binds a pushed request's code to the key whose proof came with it (RFC 9449 10.1).
 *
 * @param query The request's parameters; `dpop_jkt` is written into it.
 * @throws OAuthError `invalid_request` if the request names another key.
 */
export function bindRequest(query: URLSearchParams, jkt: string): void {
  const named = query.get("dpop_jkt");
  if (named !== null && named !== jkt) {
    throw new OAuthError("invalid_request", "dpop_jkt and the proof name different keys", {
      parameter: "dpop_jkt",
      received: named,
      expected: jkt,
      reference: "RFC 9449 10.1",
    });
  }
  query.set("dpop_jkt", jkt);
}

/**
 * Keeps a request.
 *
 * @returns The body of the response (RFC 9126 2.2).
 */
export async function pushRequest(
  { pushed, chance }: { readonly pushed: Pushed; readonly chance: Chance },
  sandbox: Sandbox,
  { clientId, query }: { readonly clientId: string; readonly query: URLSearchParams },
): Promise<{ readonly request_uri: string; readonly expires_in: number }> {
  const requestUri = `${PREFIX}${chance.id(24)}`;
  const expiresAtMs = sandbox.nowMs + LIFE_SECONDS * 1000;
  await pushed.add(sandbox.id, requestUri, { clientId, query: query.toString(), expiresAtMs });
  return { request_uri: requestUri, expires_in: LIFE_SECONDS };
}

/** A request as it is to be read, and the entry to use up when it is answered. */
interface ResolvedRequest {
  readonly query: FormFields;
  /** Where it was kept, if it was pushed. */
  readonly entry?: Entry<PushedRecord> | undefined;
}

/**
 * Finds the request that a browser brings: its own query, or the pushed request that the query names.
 *
 * @throws OAuthError for a `request_uri` that is unknown, used, another client's or too old (RFC 9126 4), and for a
 * request that was not pushed and had to be. None of these can be redirected: there is no address to trust.
 */
export async function resolveRequest(
  pushed: Pushed,
  sandbox: Sandbox,
  policy: Policy,
  sent: FormFields,
): Promise<ResolvedRequest> {
  const requestUri = valueOf(sent, "request_uri");
  if (requestUri === undefined) {
    if (!policy.requirePushedAuthorizationRequests) return { query: sent };
    throw new OAuthError("invalid_request", "The authorization request was not pushed", {
      parameter: "request_uri",
      expected: `client_id, and a request_uri from ${sandbox.urls.par}`,
      reference: "RFC 9126 5",
    });
  }
  const entry = await pushed.find(sandbox.id, requestUri);
  if (!entry.value) throw refuse("request_uri is unknown, or was used before", requestUri);
  const clientId = valueOf(sent, "client_id");
  if (entry.value.clientId !== clientId) {
    throw refuse("request_uri was pushed by another client", clientId ?? "no client_id");
  }
  if (entry.value.expiresAtMs <= sandbox.nowMs) throw refuse("request_uri has expired", requestUri);
  const resolved = new URLSearchParams(entry.value.query);
  for (const name of besides) {
    const value = valueOf(sent, name);
    if (value !== undefined) resolved.set(name, value);
  }
  return { query: resolved, entry };
}

function valueOf(fields: FormFields, wanted: string): string | undefined {
  for (const [name, value] of fields) if (name === wanted) return value;
  return undefined;
}

/**
 * Uses up a pushed request, before it is answered.
 *
 * @throws OAuthError `invalid_request_uri` if another request has used it first.
 */
export async function takeRequest(pushed: Pushed, entry: Entry<PushedRecord>): Promise<void> {
  if (!await pushed.take(entry)) throw usedRequest();
}

/** The refusal of a `request_uri` that another request has used in the meantime. */
export function usedRequest(): OAuthError {
  return refuse("request_uri was used before");
}

function refuse(message: string, received?: string): OAuthError {
  return new OAuthError("invalid_request_uri", message, {
    parameter: "request_uri",
    received,
    expected: `an unused request_uri of this client, less than ${LIFE_SECONDS} seconds old`,
    reference: "RFC 9126 4",
  });
}
