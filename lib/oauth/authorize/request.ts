// The authorization request, read in two steps: first who asks and where an answer may go, because until both are known
// an error must not be redirected; then everything else, whose errors go back to the client.
import { UNKNOWN_CLIENT } from "../../http/document_errors.ts";
import { OAuthError } from "../../http/errors.ts";
import type { Clients } from "../clients/client_table.ts";
import type { ClientRecord } from "../clients/client_record.ts";
import { believeClient } from "../clients/believed_client.ts";
import { parseUserClaimsText, type UserClaims } from "../users/claims.ts";
import type { Entry } from "../../store/store.ts";
import type { PushedRecord } from "./pushed_table.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Policy } from "../../scenarios/plan.ts";
import { isDocumentId } from "../clients/client_metadata.ts";
import { requireGrantable } from "../tokens/scopes.ts";
import {
  type Params,
  parseExpiresIn,
  parseResources,
  parseScope,
  requireFaultless,
  requireOneOf,
  requireParam,
} from "../params.ts";
import { parseCodeChallenge } from "./pkce.ts";
import { checkMaxAge, parsePrompt, type Prompt } from "./prompt.ts";
import { resolveRedirectUri } from "../clients/redirect_uri.ts";
import { findResponseMode, type ResponseMode, responseModes } from "./response_mode.ts";

/** Who asks, and where the answer goes. */
export interface AuthorizationTarget {
  readonly client: ClientRecord;
  readonly redirectUri: string;
  /** Whether the request named it, or it was the only one registered. */
  readonly redirectUriSent: boolean;
  /** To be sent back as it came (RFC 6749 4.1.1). */
  readonly state?: string | undefined;
  /** How the answer travels; in the query as long as the request asks for something we do not have. */
  readonly responseMode: ResponseMode;
  /** Where the request was kept, if it was pushed: to be used up when it is answered. */
  readonly pushed?: Entry<PushedRecord> | undefined;
}

/** How the person is to be found without asking. */
type AutoApproval =
  | { readonly kind: "auto" }
  | { readonly kind: "login"; readonly email: string; readonly password: string };

/** What is asked for. */
export interface AuthorizationRequest {
  readonly codeChallenge: string;
  readonly scopes: readonly string[];
  /** Resources the token is for (RFC 8707). */
  readonly resources: readonly string[];
  /** Life of access tokens in seconds; absent for tokens that do not expire. */
  readonly expiresInSeconds?: number | undefined;
  /** To be repeated in the id_token. */
  readonly nonce?: string | undefined;
  /** What an auto-generated user is to be like; one who logs in is as declared. */
  readonly userClaims?: UserClaims | undefined;
  /** Thumbprint of the key the code is bound to (RFC 9449 10). */
  readonly dpopJkt?: string | undefined;
  /** Whether the person may, or must, be asked. */
  readonly prompt: readonly Prompt[];
  /** Who the person may be: the e-mail address to begin with. */
  readonly loginHint?: string | undefined;
  /** Who the person must be: an id_token of theirs, unverified. */
  readonly idTokenHint?: string | undefined;
  /** Absent if a person is to be asked. */
  readonly autoApproval?: AutoApproval | undefined;
}

/**
 * Finds the client and the redirect URI.
 *
 * @throws OAuthError that must be shown to the person and never redirected (RFC 6749 4.1.2.1).
 */
export async function parseAuthorizationTarget(
  clients: Clients,
  { sandbox, policy }: { readonly sandbox: Sandbox; readonly policy: Policy },
  params: Params,
): Promise<AuthorizationTarget> {
  requireFaultless(params, ["client_id", "redirect_uri"]);
  const clientId = params.get("client_id");
  if (clientId === undefined) {
    throw new OAuthError("invalid_request", "Invalid OAuth request: missing client_id", {
      parameter: "client_id",
      expected: "the client_id that registration answered with",
      reference: "RFC 6749 4.1.1",
    });
  }
  const client = await findClient(clients, { sandbox, policy }, clientId);
  if (!client) {
    throw new OAuthError("invalid_client", UNKNOWN_CLIENT, {
      status: 400,
      parameter: "client_id",
      received: clientId,
      expected:
        "a client_id that this server's registration endpoint has issued, or the https URL of a client metadata document",
      reference: "RFC 6749 4.1.2.1",
    });
  }
  const sent = params.get("redirect_uri");
  const redirectUri = resolveRedirectUri(sent, client.metadata.redirect_uris, policy.redirectUriMatch);
  return {
    client,
    redirectUri,
    redirectUriSent: sent !== undefined,
    responseMode: findResponseMode(params.get("response_mode")) ?? "query",
    state: params.get("state"),
  };
}

/** Finds the client of a browser's request, which proves nothing of who sends it. */
export async function findClient(
  clients: Clients,
  { sandbox, policy }: { readonly sandbox: Sandbox; readonly policy: Policy },
  clientId: string,
): Promise<ClientRecord | undefined> {
  if (policy.believeClients) return (await believeClient(clients, sandbox, clientId)).value;
  if (isDocumentId(clientId) && !policy.clientIdMetadataDocuments) return undefined;
  return (await clients.recall(sandbox, clientId)).value;
}

/**
 * Reads what is asked for.
 *
 * @throws OAuthError that goes back to the client by redirect.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.1}
 */
export function parseAuthorizationRequest(params: Params, policy: Policy): AuthorizationRequest {
  requireFaultless(params);
  refuseRequestObject(params.get("request"));
  if (policy.requireState) requireParam(params, "state", "RFC 6749 10.12");
  requireOneOf(params, "response_type", ["code"], "RFC 6749 4.1.1", "unsupported_response_type");
  if (params.get("response_mode") !== undefined) {
    requireOneOf(params, "response_mode", responseModes, "OAuth 2.0 Multiple Response Type Encoding Practices 2.1");
  }
  checkMaxAge(params);
  const dpopJkt = parseDpopJkt(params.get("dpop_jkt"));
  const expiresInSeconds = parseExpiresIn(params.get("expires_in"));
  const autoApproval = parseAutoApproval(params);
  return {
    codeChallenge: parseCodeChallenge(params, policy.codeChallengeMethods),
    scopes: requireGrantable(parseScope(params.get("scope")), policy.grantableScopes),
    resources: parseResources(params.all("resource")),
    prompt: parsePrompt(params.get("prompt")),
    dpopJkt,
    loginHint: params.get("login_hint"),
    idTokenHint: params.get("id_token_hint"),
    expiresInSeconds,
    nonce: params.get("nonce"),
    autoApproval,
    userClaims: parseAutoClaims(params, autoApproval),
  };
}

function parseAutoClaims(params: Params, autoApproval: AutoApproval | undefined): UserClaims | undefined {
  const userClaims = parseUserClaimsText(params.get("auto_approve_claims"), "auto_approve_claims");
  if (userClaims === undefined || autoApproval?.kind !== "login") return userClaims;
  throw new OAuthError(
    "invalid_request",
    "auto_approve_claims is for an auto-generated user, not for one who logs in",
    {
      parameter: "auto_approve_claims",
      expected: "auto_approve=true, without auto_approve_email",
    },
  );
}

/** The parameters in a request object replace those beside it, so overlooking one would change the request. */
function refuseRequestObject(text: string | undefined): void {
  if (text === undefined) return;
  throw new OAuthError("request_not_supported", "Request objects are not supported", {
    parameter: "request",
    expected: "the parameters themselves, or a pushed request",
    reference: "RFC 9101 6.1",
  });
}

function parseDpopJkt(text: string | undefined): string | undefined {
  if (text === undefined || /^[A-Za-z0-9_-]{43}$/.test(text)) return text;
  throw new OAuthError("invalid_request", "dpop_jkt is not a thumbprint", {
    parameter: "dpop_jkt",
    received: text,
    expected: "the SHA-256 thumbprint of a key: 43 characters of base64url",
    reference: "RFC 9449 10",
  });
}

/** The pair wins over `auto_approve`; half a pair is a slip that a test's author should hear of. */
function parseAutoApproval(params: Params): AutoApproval | undefined {
  const email = params.get("auto_approve_email");
  const password = params.get("auto_approve_password");
  if (email !== undefined && password !== undefined) return { kind: "login", email, password };
  if (email !== undefined || password !== undefined) {
    throw new OAuthError("invalid_request", "auto_approve_email and auto_approve_password must be sent together", {
      parameter: email === undefined ? "auto_approve_email" : "auto_approve_password",
      expected: "both, or neither",
    });
  }
  const auto = params.get("auto_approve");
  if (auto === undefined || auto === "false") return undefined;
  if (auto === "true") return { kind: "auto" };
  throw new OAuthError("invalid_request", "auto_approve is neither true nor false", {
    parameter: "auto_approve",
    received: auto,
    expected: "true",
  });
}
