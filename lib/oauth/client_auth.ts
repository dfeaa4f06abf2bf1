/**
 * Who is asking at the token endpoint: `none`, `client_secret_post` and `client_secret_basic` (RFC 6749 2.3).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { hash, timingSafeEqual } from "node:crypto";
import { OAuthError } from "../errors.ts";
import type { ClientRecord, Clients } from "../store/clients.ts";
import type { Entry } from "../store/kv.ts";
import type { Sandbox } from "../sandbox.ts";
import { type Params, requireParam } from "./params.ts";

/** What a client said of itself. */
interface Credentials {
  readonly clientId: string;
  readonly secret: string | undefined;
  /** Where it said so: the header, or a body parameter. */
  readonly parameter: "authorization" | "client_secret" | "client_id";
}

/**
 * Authenticates the client of a token request.
 *
 * @param clients The table of clients.
 * @param sandbox The sandbox.
 * @param request The request, of which the header is read.
 * @param params The form.
 * @returns The client with its version, for the commit that makes the request count.
 * @throws OAuthError `invalid_client` (401) for an unknown client or a wrong secret, `invalid_request` for two methods at
 * once.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3}
 */
export async function authenticateClient(
  clients: Clients,
  sandbox: Sandbox,
  request: Request,
  params: Params,
): Promise<Entry<ClientRecord> & { readonly value: ClientRecord }> {
  const credentials = readCredentials(request, params);
  const entry = await clients.recall(sandbox, credentials.clientId);
  const { value } = entry;
  if (!value) {
    throw new OAuthError("invalid_client", "Client not found", {
      parameter: credentials.parameter,
      received: credentials.clientId,
      expected:
        "a client_id that this server's registration endpoint has issued, or the https URL of a client metadata document",
      reference: "RFC 6749 5.2",
    });
  }
  checkSecret(value, credentials);
  return { ...entry, value };
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
    throw new OAuthError("invalid_request", "The client authenticates in two ways at once", {
      parameter: "client_secret",
      expected: "either the authorization header or client_id and client_secret in the body",
      reference: "RFC 6749 2.3",
    });
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
      expected: `${method}, with which it registered`,
      reference: "RFC 6749 3.2.1",
    });
  }
  const sent = Buffer.from(hash("sha256", secret, "base64url"));
  if (timingSafeEqual(sent, Buffer.from(secretHash))) return;
  throw new OAuthError("invalid_client", "The client secret is wrong", {
    parameter,
    expected: "the client_secret that registration answered with",
    reference: "RFC 6749 5.2",
  });
}
