/**
 * `GET` and `POST /oauth/authorize`: the authorization endpoint and its consent page (RFC 6749 4.1.1, RFC 9207).
 *
 * @module
 */
import type { Chance } from "../lib/chance.ts";
import { describeError, errorStatus, OAuthError } from "../lib/errors.ts";
import { readText, requireContentType } from "../lib/http.ts";
import {
  type AuthorizationRequest,
  type AuthorizationTarget,
  buildRedirect,
  parseAuthorizationRequest,
  parseAuthorizationTarget,
} from "../lib/oauth/authorization_request.ts";
import { isDocumentId } from "../lib/oauth/client_metadata.ts";
import { issueCode } from "../lib/oauth/code.ts";
import type { Keys } from "../lib/oauth/keys.ts";
import { type Params, parseExpiresIn, parseParams, requireFaultless } from "../lib/oauth/params.ts";
import { isLoopbackUri } from "../lib/oauth/redirect_uri.ts";
import { createAutoUser, signIn, type User } from "../lib/oauth/user.ts";
import type { Clients } from "../lib/store/clients.ts";
import type { Users } from "../lib/store/users.ts";
import { paths } from "../lib/urls.ts";
import { ConsentPage } from "../views/consent.tsx";
import { htmlResponse } from "./html.ts";
import type { Context, Route } from "./router.ts";

/** What the authorization endpoint needs. */
export interface AuthorizeDeps {
  /** The table of clients. */
  readonly clients: Clients;
  /** The table of users. */
  readonly users: Users;
  /** Where ids and secrets are drawn from. */
  readonly chance: Chance;
  /** A sandbox's keys. */
  readonly keysOf: (sandboxId: string) => Promise<Keys>;
}

/** Who asks, and for what. */
interface Asked {
  readonly target: AuthorizationTarget;
  readonly request: AuthorizationRequest;
}

/** Fields of the consent page's forms; everything else in a POST belongs to the authorization request. */
const formFields: ReadonlySet<string> = new Set(["action", "email", "password", "expires_in"]);

/** The rows of the authorization endpoint. */
export function authorizeRoutes(deps: AuthorizeDeps): readonly Route[] {
  /** A client's request: answered at once if it says how to approve itself, else with the consent page. */
  async function authorize(context: Context): Promise<Response> {
    const query = context.url.searchParams;
    return await withTarget(deps, context, query, async (target, request) => {
      const { autoApproval } = request;
      if (!autoApproval) return consentResponse(context, query, { target, request });
      const user = autoApproval.kind === "auto"
        ? createAutoUser(context.sandbox.now(), deps.chance)
        : await signInHere(deps, context, autoApproval);
      return approve(deps, context, { target, request, user });
    });
  }

  /** A person's answer, or a script's. The request stands in the query, or beside the form's own fields. */
  async function decide(context: Context): Promise<Response> {
    requireContentType(context.request, "application/x-www-form-urlencoded");
    const form = new URLSearchParams(await readText(context.request));
    const { answer, query } = splitForm(context.url, form);
    return await withTarget(deps, context, query, async (target, request) => {
      requireFaultless(answer);
      const decided = withLifetime(request, form, answer);
      switch (answer.get("action")) {
        case "auto": {
          const user = createAutoUser(context.sandbox.now(), deps.chance);
          return approve(deps, context, { target, request: decided, user });
        }
        case "login":
          return await login(deps, context, query, { target, request: decided, answer });
        case "deny":
          throw new OAuthError("access_denied", "The user denied the request", { reference: "RFC 6749 4.1.2.1" });
        default:
          throw new LocalError(invalidAction(answer.get("action")));
      }
    });
  }

  return [
    { name: "authorize", method: "GET", path: paths.authorize, cors: false, handler: authorize },
    { name: "decide", method: "POST", path: paths.authorize, cors: false, handler: decide },
  ];
}

/** An error that is for the person or script at hand, though the client's redirect URI is known. */
class LocalError extends Error {
  readonly error: OAuthError;

  constructor(error: OAuthError) {
    super(error.message);
    this.error = error;
  }
}

/** Runs the second half of a request; from here on errors go back to the client, with `state` and `iss`. */
async function withTarget(
  { clients }: AuthorizeDeps,
  context: Context,
  query: URLSearchParams,
  answer: (target: AuthorizationTarget, request: AuthorizationRequest) => Response | Promise<Response>,
): Promise<Response> {
  const params = parseParams(query);
  const target = await parseAuthorizationTarget(clients, context.sandbox, params);
  try {
    return await answer(target, parseAuthorizationRequest(params));
  } catch (error) {
    if (error instanceof LocalError) throw error.error;
    if (!(error instanceof OAuthError)) throw error;
    return redirect(context, target, { error: error.code, error_description: describeError(error) });
  }
}

async function signInHere(
  { users, chance }: AuthorizeDeps,
  { sandbox }: Context,
  credentials: { readonly email: string; readonly password: string },
): Promise<User> {
  try {
    return await signIn({ users, chance }, { sandboxId: sandbox.id, nowMs: sandbox.now() }, credentials);
  } catch (error) {
    // A wrong password is the person's matter, not the client's.
    throw error instanceof OAuthError ? new LocalError(error) : error;
  }
}

async function login(
  deps: AuthorizeDeps,
  context: Context,
  query: URLSearchParams,
  { answer, ...asked }: Asked & { readonly answer: Params },
): Promise<Response> {
  const email = answer.get("email");
  const password = answer.get("password");
  const again = (problem: string, status: number): Response =>
    consentResponse(context, query, { ...asked, problem, status, ...(email === undefined ? {} : { email }) });
  if (email === undefined || password === undefined) return again("Email and password are required", 400);
  try {
    const user = await signInHere(deps, context, { email, password });
    return await approve(deps, context, { ...asked, user });
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    return again(error.error.message, errorStatus(error.error));
  }
}

/** Issues the code: nothing is written down, so nothing can be stored half. */
async function approve(
  { chance, keysOf }: AuthorizeDeps,
  context: Context,
  { target, request, user }: Asked & { readonly user: User },
): Promise<Response> {
  const { sandbox, plan } = context;
  const nowMs = sandbox.now();
  const { client, redirectUri, redirectUriSent } = target;
  const { codeChallenge, scopes, resources, expiresInSeconds, nonce } = request;
  const code = issueCode(await keysOf(sandbox.id), {
    grant: {
      sessionId: `session-${nowMs}-${chance.base36(7)}`,
      clientId: client.clientId,
      user,
      scopes,
      resources,
      authTimeSeconds: Math.floor(nowMs / 1000),
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
      ...(nonce === undefined ? {} : { nonce }),
    },
    redirectUri,
    redirectUriSent,
    codeChallenge,
    expiresAtMs: nowMs + plan.policy.codeTtlSeconds * 1000,
  }, chance);
  return redirect(context, target, { code });
}

/** An authorization response (RFC 6749 4.1.2), success or error, with `iss` on both (RFC 9207 2). */
function redirect(
  { request, sandbox, plan }: Context,
  { redirectUri, state }: AuthorizationTarget,
  response: Readonly<Record<string, string>>,
): Response {
  const iss = plan.policy.sendIss ? sandbox.issuer : undefined;
  return new Response(null, {
    // After a form with a password, 303 makes sure that it is not sent on (RFC 9700 4.12).
    status: request.method === "POST" ? 303 : 302,
    headers: { location: buildRedirect(redirectUri, { ...response, state, iss }), "cache-control": "no-store" },
  });
}

function consentResponse(
  { sandbox, url }: Context,
  query: URLSearchParams,
  asked: Asked & { readonly problem?: string; readonly email?: string; readonly status?: number },
): Response {
  const { target: { client, redirectUri }, request, problem, email, status = 200 } = asked;
  const { client_name, client_uri, logo_uri, redirect_uris } = client.metadata;
  const page = (
    <ConsentPage
      urls={sandbox.urls}
      clientId={client.clientId}
      {...(isDocumentId(client.clientId) ? { clientHost: new URL(client.clientId).host } : {})}
      {...(client_name === undefined ? {} : { clientName: client_name })}
      {...(client_uri === undefined ? {} : { clientUri: client_uri })}
      {...(logo_uri === undefined ? {} : { logoUri: logo_uri })}
      redirectUri={redirectUri}
      redirectHost={new URL(redirectUri).host || redirectUri}
      loopbackOnly={redirect_uris.every(isLoopbackUri)}
      scopes={request.scopes}
      {...(request.resources.length === 0 ? {} : { resource: request.resources.join(" ") })}
      {...(request.expiresInSeconds === undefined ? {} : { expiresInSeconds: request.expiresInSeconds })}
      formAction={`${url.pathname}?${query}`}
      {...(problem === undefined ? {} : { problem })}
      {...(email === undefined ? {} : { email })}
    />
  );
  return htmlResponse(page, status);
}

/** A lifetime in the form counts, also an empty one, which is how a person says "never". */
function withLifetime(request: AuthorizationRequest, form: URLSearchParams, answer: Params): AuthorizationRequest {
  if (!form.has("expires_in")) return request;
  const { expiresInSeconds: _, ...rest } = request;
  const chosen = parseExpiresIn(answer.get("expires_in"));
  return { ...rest, ...(chosen === undefined ? {} : { expiresInSeconds: chosen }) };
}

/** Takes the page's own fields out of a form; what is left belongs to the request, beside what its URL says. */
function splitForm(url: URL, form: URLSearchParams): { readonly answer: Params; readonly query: URLSearchParams } {
  const own = new URLSearchParams();
  const query = new URLSearchParams(url.searchParams);
  for (const [name, value] of form) (formFields.has(name) ? own : query).append(name, value);
  return { answer: parseParams(own), query };
}

function invalidAction(action: string | undefined): OAuthError {
  return new OAuthError("invalid_request", "Invalid action", {
    parameter: "action",
    received: action ?? "none",
    expected: "auto, login or deny",
  });
}
