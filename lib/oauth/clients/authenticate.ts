// Who is asking at the token endpoint: `none`, `client_secret_post` and `client_secret_basic` (RFC 6749 2.3), or a client
// with an assertion (RFC 7523 2.2).
import { OAuthError } from "../../http/errors.ts";
import type { Clients } from "./client_table.ts";
import type { ClientRecord } from "./client_record.ts";
import { isSecretOf } from "./client_secret.ts";
import type { Entry } from "../../store/store.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { type AssertionDeps, readSubject, verifyAssertion } from "./assertion.ts";
import { type Params, requireParam } from "../params.ts";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

interface Credentials {
  readonly clientId: string;
  readonly secret: string | undefined;
  /** Where it said so: the header, or a body parameter. */
  readonly parameter: "authorization" | "client_secret" | "client_id" | "client_assertion";
}

type ClientAuthDeps =
  & AssertionDeps
  & Readonly<{
    clients: Clients;
  }>;

/** Finds out who asks; see {@link createClientAuthenticator}. */
export type ClientAuthenticator = (
  sandbox: Sandbox,
  request: Request,
  params: Params,
  /** True if what is asked for is committed with the client's version, so that the client may be recalled. */
  isCommitted?: boolean,
) => Promise<AuthenticatedClient>;

/** A client with its version, for the commit that makes the request count. */
export type AuthenticatedClient = Entry<ClientRecord> & { readonly value: ClientRecord };

/**
 * Makes the function that authenticates the client of a request.
 *
 * @returns A function of the request, of which the header is read, and its form. It throws OAuthError `invalid_client`
 * (401) for an unknown client, a wrong secret or a wrong assertion, `invalid_request` for two methods at once.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3}
 */
export function createClientAuthenticator(deps: ClientAuthDeps): ClientAuthenticator {
  return async (sandbox, request, params, isCommitted = false) => {
    const assertion = readAssertion(request, params);
    const credentials = assertion === undefined
      ? readCredentials(request, params)
      : await identify(assertion, params.get("client_id"));
    const { recall, find } = deps.clients;
    const entry = await (isCommitted ? recall : find)(sandbox, credentials.clientId);
    const { value: client } = entry;
    if (!client) {
      throw new OAuthError("invalid_client", "Client not found", {
        parameter: credentials.parameter,
        received: credentials.clientId,
        expected:
          "a client_id that this server's registration endpoint has issued, or the https URL of a client metadata document",
        reference: "RFC 6749 5.2",
      });
    }
    if (assertion === undefined) {
      checkSecret(client, credentials);
    } else {
      const endpoint = sandbox.origin + new URL(request.url).pathname;
      await verifyAssertion(deps, { sandbox, client, assertion, endpoint });
    }
    checkSecretLife(client, sandbox.nowMs);
    return { ...entry, value: client };
  };
}

/** The assertion, if the client authenticates with one (RFC 7521 4.2). */
function readAssertion(request: Request, params: Params): string | undefined {
  const assertion = params.get("client_assertion");
  const type = params.get("client_assertion_type");
  if (assertion === undefined && type === undefined) return undefined;
  if (assertion === undefined || type !== ASSERTION_TYPE) {
    throw new OAuthError("invalid_request", "The client assertion is incomplete", {
      parameter: assertion === undefined ? "client_assertion" : "client_assertion_type",
      expected: `client_assertion, and client_assertion_type ${ASSERTION_TYPE}`,
      reference: "RFC 7523 2.2",
    });
  }
  if (request.headers.get("authorization") === null && params.get("client_secret") === undefined) return assertion;
  throw twoWays("client_assertion", "the assertion alone");
}

/** Whose keys to verify an assertion with; that it is theirs is found out later. */
async function identify(assertion: string, sentId: string | undefined): Promise<Credentials> {
  const clientId = await readSubject(assertion);
  if (clientId === undefined || (sentId !== undefined && sentId !== clientId)) {
    throw new OAuthError("invalid_client", "The client assertion is refused: its sub is not the client_id", {
      parameter: "client_assertion",
      expected: sentId === undefined ? "the client_id as sub" : "the client_id that was sent beside it",
      reference: "RFC 7523 3",
    });
  }
  return { clientId, secret: undefined, parameter: "client_assertion" };
}

function checkSecretLife({ secretExpiresAtSeconds }: ClientRecord, nowMs: number): void {
  if (secretExpiresAtSeconds === undefined || nowMs < secretExpiresAtSeconds * 1000) return;
  throw new OAuthError("invalid_client", "The client secret has expired", {
    parameter: "client_secret",
    expected: "a client that has registered, or updated its registration, since",
    reference: "RFC 7591 3.2.1",
  });
}

function twoWays(parameter: string, expected: string): OAuthError {
  return new OAuthError("invalid_request", "The client uses two authentication methods at once", {
    parameter,
    expected,
    reference: "RFC 6749 2.3",
  });
}

/**
 * Reads who a client says it is, without a look at whether it is true.
 *
 * @throws OAuthError `invalid_request` if it says nothing, or two things.
 */
export function readClientId(request: Request, params: Params): string {
  return readCredentials(request, params).clientId;
}

function readCredentials(request: Request, params: Params): Credentials {
  const header = request.headers.get("authorization");
  if (header === null) {
    const clientId = requireParam(params, "client_id", "RFC 6749 4.1.3");
    const secret = params.get("client_secret");
    return { clientId, secret, parameter: secret === undefined ? "client_id" : "client_secret" };
  }
  const credentials = parseBasic(header);
  const bodyId = params.get("client_id");
  if (params.get("client_secret") !== undefined || (bodyId !== undefined && bodyId !== credentials.clientId)) {
    throw twoWays("client_secret", "either the authorization header or client_id and client_secret in the body");
  }
  return credentials;
}

/** RFC 6749 2.3.1: id and secret are form-encoded before they are put together. */
function parseBasic(header: string): Credentials {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header) ?? [];
  const [id = "", ...secret] = Buffer.from(encoded ?? "", "base64").toString().split(":");
  try {
    if (encoded !== undefined && id !== "" && secret.length > 0) {
      const decoded = secret.join(":");
      return {
        clientId: formDecode(id),
        secret: decoded === "" ? undefined : formDecode(decoded),
        parameter: "authorization",
      };
    }
  } catch {
    // A stray percent sign: not form-encoded, so refused below.
  }
  throw new OAuthError("invalid_client", "The authorization header is not HTTP Basic with a client id and secret", {
    parameter: "authorization",
    expected: "Basic base64(formencode(client_id) ':' formencode(client_secret))",
    reference: "RFC 6749 2.3.1",
  });
}

function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function checkSecret({ secretHash, metadata }: ClientRecord, { secret, parameter }: Credentials): void {
  const method = metadata.token_endpoint_auth_method;
  if (method === "client_secret_jwt" || method === "private_key_jwt") {
    throw new OAuthError("invalid_client", "This client authenticates with an assertion, but sent none", {
      parameter,
      expected: `${method}, which it has registered`,
      reference: "RFC 7523 2.2",
    });
  }
  if (secretHash === undefined) {
    if (secret === undefined) return;
    throw new OAuthError("invalid_client", "This client is public and has no secret, but one was sent", {
      parameter,
      expected: `client_id in the body alone: it registered with token_endpoint_auth_method ${method}`,
      reference: "RFC 6749 2.3",
    });
  }
  if (secret === undefined) {
    throw new OAuthError("invalid_client", "This client has a secret, but sent none", {
      parameter,
      expected: `${method}, which it has registered`,
      reference: "RFC 6749 3.2.1",
    });
  }
  if (isSecretOf(secretHash, secret)) return;
  throw new OAuthError("invalid_client", "The client secret is wrong", {
    parameter,
    expected: "the client_secret that registration answered with",
    reference: "RFC 6749 5.2",
  });
}
