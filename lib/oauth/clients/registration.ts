// Dynamic client registration (RFC 7591): what a client may say of itself. Loaded when the first client registers, since
// loading zod costs a quarter of a start.
import { z } from "zod";
import { excerpt, OAuthError } from "../../http/errors.ts";
import { inWords, receivedAt } from "../../http/expected.ts";
import { isObject, JsonError, type JsonObject, MAX_NESTING, parseJson } from "../../http/json.ts";
import type { Policy } from "../../scenarios/plan.ts";
import type { ClientRecord } from "./client_record.ts";
import type { ClientMetadata } from "./client_metadata.ts";
import { assertionAlgorithms, grantTypes, tokenEndpointAuthMethods } from "../../scenarios/vocabulary.ts";
import { checkApplicationType, checkRedirectPolicy, checkRedirectUri } from "./redirect_uri.ts";

const text = z.string().min(1).max(1024).refine((value) => !value.includes("\0"), {
  error: "text without NUL characters",
});
const webUri = z.string().max(2048).refine(
  (value) => /^https?:\/\//i.test(value) && URL.canParse(value),
  { error: "an http or https URL" },
);

const metadata = z.object({
  redirect_uris: z.array(z.string()).max(50).optional(),
  post_logout_redirect_uris: z.array(z.string()).max(50).optional(),
  token_endpoint_auth_method: z.enum(tokenEndpointAuthMethods).optional(),
  token_endpoint_auth_signing_alg: text.optional(),
  grant_types: z.array(z.string().max(256)).max(50).optional(),
  response_types: z.array(z.string().max(256)).max(50).optional(),
  client_name: text.optional(),
  client_uri: webUri.optional(),
  logo_uri: webUri.optional(),
  scope: z.string().max(4096).regex(
    /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/,
    "a scope of printable ASCII without double quote and backslash",
  ).optional(),
  contacts: z.array(text).max(50).optional(),
  tos_uri: webUri.optional(),
  policy_uri: webUri.optional(),
  jwks_uri: webUri.optional(),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(50) }).optional(),
  software_id: text.optional(),
  software_version: text.optional(),
  application_type: z.enum(["web", "native"]).optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
});

/** What a client may say of itself that this server knows. */
export const registrationMembers: readonly string[] = Object.keys(metadata.shape);

/** A client and a server that have never met share no secret. */
const documentMethods = tokenEndpointAuthMethods.filter((method) => !method.startsWith("client_secret"));

const publicDocument = "no secret in a document that anyone can read";

const document = metadata.extend({
  client_id: z.string(),
  client_name: text,
  client_secret: z.never(publicDocument).optional(),
  client_secret_expires_at: z.never(publicDocument).optional(),
  token_endpoint_auth_method: z.enum(documentMethods).default("none"),
});

const update = metadata.extend({ client_id: z.string(), client_secret: z.string().max(1024).optional() });

/** What a client is told of its registration and must not send back. */
const issuedMembers = [
  "registration_access_token",
  "registration_client_uri",
  "client_secret_expires_at",
  "client_id_issued_at",
] as const;

/** A stored record holds 64 KiB; what a client says of itself is kept well below. */
const MAX_METADATA_LENGTH = 32 * 1024;

/**
 * Reads a registration request.
 *
 * @throws OAuthError `invalid_redirect_uri` or `invalid_client_metadata`, naming the field.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-2}
 */
export function parseRegistration(body: string, policy: Policy): ClientMetadata {
  const sent = readMembers(metadata, parseJsonObject(body));
  const client = complete({ ...sent, ...offeredMethod(sent, policy) });
  for (const uri of client.redirect_uris) checkRedirectPolicy(uri, policy);
  const { application_type: type = "web" } = client;
  if (!policy.webClients && type === "web") throw refuse("application_type", type, "native");
  return client;
}

/** A server may register another way to authenticate than was asked for (RFC 7591 3.2.1). */
function offeredMethod(
  { token_endpoint_auth_method: asked = "client_secret_basic" }: z.infer<typeof metadata>,
  { tokenEndpointAuthMethods: offered }: Policy,
): Pick<z.infer<typeof metadata>, "token_endpoint_auth_method"> {
  if (!offered || offered.includes(asked)) return {};
  return { token_endpoint_auth_method: tokenEndpointAuthMethods.find((method) => method === offered[0]) };
}

/**
 * Reads a client metadata document: the same members, of which one says who it is about.
 *
 * @throws OAuthError `invalid_redirect_uri` or `invalid_client_metadata`, naming the member.
 * @see {@link https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/}
 */
export function parseClientDocument(body: string, clientId: string): ClientMetadata {
  const sent = readMembers(document, parseJsonObject(body));
  const { client_id, client_secret: _s, client_secret_expires_at: _e, ...fields } = sent;
  if (client_id === clientId) return complete(fields);
  throw new OAuthError("invalid_client_metadata", "client_id is not the URL that the document was fetched from", {
    parameter: "client_id",
    received: client_id,
    expected: `'${excerpt(clientId)}', character by character`,
  });
}

/**
 * Reads a request to change a registration: all of the metadata, with the client's own id (RFC 7592 2.2).
 *
 * @returns The new metadata, and the secret if it was sent along.
 * @throws OAuthError `invalid_redirect_uri` or `invalid_client_metadata`, naming the member.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7592.html#section-2.2}
 */
export function parseUpdate(
  body: string,
  client: ClientRecord,
): { readonly metadata: ClientMetadata; readonly secret: string | undefined } {
  const object = withoutNulls(parseJsonObject(body));
  const issued = issuedMembers.find((member) => member in object);
  if (issued !== undefined) throw refuse(issued, "a value", "nothing: only the server sets it (RFC 7592 2.2)");
  const { client_id, client_secret: secret, ...fields } = readMembers(update, object);
  if (client_id !== client.clientId) throw refuse("client_id", client_id, `'${client.clientId}'`);
  const method = client.metadata.token_endpoint_auth_method;
  const metadata = complete({ ...fields, token_endpoint_auth_method: fields.token_endpoint_auth_method ?? method });
  if (metadata.token_endpoint_auth_method === method) return { metadata, secret };
  // A process that has not heard of the change would still expect the former method.
  throw refuse("token_endpoint_auth_method", metadata.token_endpoint_auth_method, `${method}, or a new registration`);
}

/** Fills in the defaults and checks what one member says of another. */
function complete(fields: z.infer<typeof metadata>): ClientMetadata {
  const { redirect_uris = [], grant_types, response_types, token_endpoint_auth_method, ...rest } = fields;
  for (const uri of redirect_uris) checkRedirectUri(uri);
  for (const uri of rest.post_logout_redirect_uris ?? []) checkRedirectUri(uri, "post_logout_redirect_uris");
  const grants = knownGrants(grant_types ?? ["authorization_code"]);
  if (redirect_uris.length === 0 && grants.includes("authorization_code")) {
    throw new OAuthError("invalid_redirect_uri", "redirect_uris is missing", {
      parameter: "redirect_uris",
      expected: "at least one redirect URI, which the authorization_code grant needs",
      reference: "RFC 7591 2",
    });
  }
  if (response_types && !response_types.includes("code")) {
    throw refuse("response_types", JSON.stringify(response_types), '["code"]');
  }
  const client = {
    ...rest,
    redirect_uris,
    grant_types: grants,
    response_types: grants.includes("authorization_code") ? ["code"] : [],
    token_endpoint_auth_method: token_endpoint_auth_method ?? "client_secret_basic",
  };
  checkKeys(client);
  if (rest.application_type) { for (const uri of redirect_uris) checkApplicationType(uri, rest.application_type); }
  const length = JSON.stringify(client).length;
  if (length > MAX_METADATA_LENGTH) {
    throw refuse("the metadata as a whole", `${length} characters`, `at most ${MAX_METADATA_LENGTH}`);
  }
  return client;
}

/** A client that signs must have said with what, and must not have told the world its private key. */
function checkKeys(
  { token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg, ...client }: ClientMetadata,
): void {
  const { jwks, jwks_uri } = client;
  if (jwks && jwks_uri !== undefined) throw refuse("jwks", "jwks and jwks_uri", "one of them");
  const isSecret = jwks?.keys.some((key) => key.kty === "oct" || "d" in key || "k" in key);
  if (isSecret) throw refuse("jwks", "a secret or private key", "public keys alone");
  if (method === "private_key_jwt" && !jwks && jwks_uri === undefined) {
    throw refuse("token_endpoint_auth_method", method, "jwks or jwks_uri as well, to verify assertions with");
  }
  if (alg === undefined) return;
  const accepted: readonly string[] = method === "client_secret_jwt" || method === "private_key_jwt"
    ? assertionAlgorithms[method]
    : Object.values(assertionAlgorithms).flat();
  if (!accepted.includes(alg)) throw refuse("token_endpoint_auth_signing_alg", alg, accepted.join(" or "));
}

function parseJsonObject(body: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = parseJson(body);
  } catch (error) {
    if (error instanceof JsonError && error.isTooDeep) {
      throw refuse("the body", "deeper JSON", `JSON of ${MAX_NESTING} levels at most`);
    }
    throw refuse("the body", excerpt(body), "a JSON object");
  }
  if (isObject(parsed)) return parsed;
  throw refuse("the body", excerpt(body), "a JSON object");
}

/** Clients that serialise absent fields as null mean that they are absent. */
function withoutNulls(object: JsonObject): JsonObject {
  if (Object.values(object).every((value) => value !== null && value !== "")) return object;
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== ""));
}

/**
 * A server may register less than was asked for (RFC 7591 2). VS Code asks for the device grant beside the two we have,
 * so what we do not know is left out, and the response says what is left.
 */
function knownGrants(asked: readonly string[]): readonly string[] {
  const known = grantTypes.filter((grant) => asked.includes(grant));
  // A refresh token has to come from somewhere.
  if (known.some((grant) => grant !== "refresh_token")) return known;
  throw refuse("grant_types", JSON.stringify(asked), `one of ${grantTypes.join(", ")}, and not refresh_token alone`);
}

function refuse(field: string, received: string, expected: string): OAuthError {
  return new OAuthError("invalid_client_metadata", `${field} cannot be registered`, {
    parameter: field,
    received,
    expected,
    reference: "RFC 7591 2",
  });
}

function readMembers<T>(schema: z.ZodType<T>, object: JsonObject): T {
  const sent = withoutNulls(object);
  const parsed = schema.safeParse(sent, inWords);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") || "the body";
  const received = issue && receivedAt(sent, issue);
  const code = field.startsWith("redirect_uris") ? "invalid_redirect_uri" : "invalid_client_metadata";
  throw new OAuthError(code, `${field} cannot be registered`, {
    parameter: field,
    received,
    expected: issue?.message,
    reference: "RFC 7591 2",
  });
}
