// `GET` and `POST /oauth/authorize`: the authorization endpoint and its consent page (RFC 6749 4.1.1, RFC 9207).
import { describeError, errorStatus, OAuthError } from "../../lib/http/errors.ts";
import { withErrorHeaders } from "../../lib/http/body.ts";
import { type FormFields, parseFields } from "../../lib/http/form.ts";
import { readFields } from "../../lib/oauth/form.ts";
import {
  type AuthorizationRequest,
  parseAuthorizationRequest,
  parseAuthorizationTarget,
} from "../../lib/oauth/authorize/request.ts";
import { issueCode } from "../../lib/oauth/authorize/code.ts";
import { requireGrantType } from "../../lib/oauth/grants/context.ts";
import { type Params, parseExpiresIn, parseParams, requireFaultless } from "../../lib/oauth/params.ts";
import { resolveRequest, takeRequest, usedRequest } from "../../lib/oauth/authorize/pushed.ts";
import { createSessionId } from "../../lib/oauth/tokens/session_id.ts";
import type { User } from "../../lib/oauth/users/user.ts";
import { clientResponse } from "./authorization_response.ts";
import {
  type Asked,
  denied,
  findDeclared,
  findUnasked,
  generatedOrHinted,
  type PersonDeps,
  readHinted,
  signInHere,
} from "./authorize_person.ts";
import type { OAuthDeps } from "./deps.ts";
import { requireOwnForm } from "../request/own_form.ts";
import type { Context, Handlers } from "../request/router.ts";

type AuthorizeDeps = PersonDeps & Pick<OAuthDeps, "clients" | "pushed">;

/** Fields of the consent page's forms; everything else in a POST belongs to the authorization request. */
const formFields: ReadonlySet<string> = new Set(["action", "email", "password", "expires_in"]);

/** The handlers of the authorization endpoint. */
export function authorizeHandlers(deps: AuthorizeDeps): Handlers<"ask" | "decide"> {
  /** A client's request: answered at once if it says how to approve itself, else with the consent page. */
  async function ask(context: Context): Promise<Response> {
    return await withTarget(deps, context, parseFields(context.url.search.slice(1)), async (asked) => {
      const user = await findUnasked(deps, context, asked);
      if (user) return user instanceof OAuthError ? user : approve(deps, context, { ...asked, user });
      const { consentResponse } = await import("./consent_page.tsx");
      return consentResponse(context, { ...asked, query: context.url.searchParams, offered: deps.offered });
    });
  }

  /** A person's answer, or a script's. The request stands in the query, or beside the form's own fields. */
  async function decide(context: Context): Promise<Response> {
    requireOwnForm(context);
    const form = await readFields(context.request);
    const { answer, query } = splitForm(context.url, form);
    return await withTarget(deps, context, query, async (asked) => {
      requireFaultless(answer);
      const decided = { ...asked, request: withLifetime(asked.request, form, answer) };
      switch (answer.get("action")) {
        case "auto":
          return approve(deps, context, { ...decided, user: generatedOrHinted(deps, context, decided) });
        case "login":
          return await login(deps, context, query, { ...decided, answer });
        case "declared": {
          const user = await findDeclared(deps, context, decided, answer.get("email"));
          return user instanceof OAuthError ? user : approve(deps, context, { ...decided, user });
        }
        case "deny":
          throw denied();
        default:
          return invalidAction(answer.get("action"));
      }
    });
  }

  return { ask, decide };
}

/**
 * Runs the second half of a request. From here on an error that is thrown goes back to the client, with `state` and `iss`;
 * one that is returned is for the person or script at hand.
 */
async function withTarget(
  deps: AuthorizeDeps,
  context: Context,
  sent: FormFields,
  answer: (asked: Asked) => Promise<Response | OAuthError>,
): Promise<Response> {
  const { sandbox, plan } = context;
  const { clients, pushed } = deps;
  const resolved = await resolveRequest(pushed, sandbox, plan.policy, sent);
  const params = parseParams(resolved.query);
  const found = await parseAuthorizationTarget(clients, { sandbox, policy: plan.policy }, params);
  const target = { ...found, pushed: resolved.entry };
  let answered: Response | OAuthError;
  try {
    requireGrantType(target.client, "authorization_code");
    const request = parseAuthorizationRequest(params, plan.policy);
    answered = await answer({ target, request, hinted: await readHinted(deps, context, request) });
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    if (target.pushed) await takeRequest(pushed, target.pushed);
    return await clientResponse(context, target, { error: error.code, error_description: describeError(error) });
  }
  if (answered instanceof OAuthError) throw answered;
  return answered;
}

async function login(
  deps: AuthorizeDeps,
  context: Context,
  query: URLSearchParams,
  { answer, ...asked }: Asked & { readonly answer: Params },
): Promise<Response | OAuthError> {
  const email = answer.get("email");
  const password = answer.get("password");
  const again = async (problem: string, status: number): Promise<Response> => {
    const { consentResponse } = await import("./consent_page.tsx");
    return consentResponse(context, { ...asked, query, offered: deps.offered, problem, status, email });
  };
  if (email === undefined || password === undefined) return again("Email and password are required", 400);
  const user = await signInHere(deps, context, asked, { email, password });
  if (!(user instanceof OAuthError)) return await approve(deps, context, { ...asked, user });
  return withErrorHeaders(await again(user.message, errorStatus(user)), user);
}

/** Issues the code. Nothing is stored, so nothing can be stored by half; it uses up a pushed request. */
async function approve(
  { chance, keysOf, pushed }: AuthorizeDeps,
  context: Context,
  { target, request, user }: Asked & { readonly user: User },
): Promise<Response | OAuthError> {
  const { sandbox, plan } = context;
  const nowMs = sandbox.nowMs;
  const { client, redirectUri, redirectUriSent } = target;
  if (target.pushed && !await pushed.take(target.pushed)) return usedRequest();
  const { codeChallenge, dpopJkt, scopes, resources, expiresInSeconds, nonce, prompt } = request;
  const code = issueCode(await keysOf(sandbox.id), {
    grant: {
      sessionId: createSessionId(sandbox, chance),
      clientId: client.clientId,
      user,
      scopes,
      resources,
      authTimeSeconds: Math.floor(nowMs / 1000),
      expiresInSeconds,
      nonce,
    },
    redirectUri,
    redirectUriSent,
    codeChallenge,
    consentAsked: prompt.includes("consent") || undefined,
    dpopJkt,
    expiresAtMs: nowMs + plan.policy.codeTtlSeconds * 1000,
  }, chance);
  return await clientResponse(context, target, { code });
}

/** A lifetime in the form counts, also an empty one, which is how a person asks for the default. */
function withLifetime(request: AuthorizationRequest, form: URLSearchParams, answer: Params): AuthorizationRequest {
  if (!form.has("expires_in")) return request;
  return { ...request, expiresInSeconds: parseExpiresIn(answer.get("expires_in")) };
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
    expected: "auto, login, declared or deny",
  });
}
