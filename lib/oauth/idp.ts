// A company's identity provider, as enterprise-managed authorization and workload identity need one: it exchanges an
// id_token for an assertion that the token endpoint takes (ID-JAG), and gives workloads assertions of who they are. It
// believes the id_tokens of the server it stands beside, and its own. Loaded with the first request to it.
import { createLocalJWKSet, errors, jwtVerify } from "jose";
import type { Chance } from "../runtime/chance.ts";
import { OAuthError } from "../http/errors.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { ClientRecord } from "./clients/client_record.ts";
import { isStrictJwt } from "../http/base64url.ts";
import type { Keys } from "./keys/keys.ts";
import type { SigningKey, VerifyingKey } from "./keys/signing_key.ts";
import { type Params, parseExpiresIn, parseResources, parseScope, requireOneOf, requireParam } from "./params.ts";
import { createAutoUser } from "./users/user.ts";

/** Type of an ID-JAG in its header. */
export const ID_JAG_TYPE = "oauth-id-jag+jwt";
/** What the grant is called that exchanges tokens (RFC 8693 2.1). */
export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

const ID_JAG = "urn:ietf:params:oauth:token-type:id-jag";
const ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";
const JWT = "urn:ietf:params:oauth:token-type:jwt";
const LIFE_SECONDS = 300;

/** One request to the identity provider, its client authenticated. */
type IdpRequest = Readonly<{
  sandbox: Sandbox;
  client: ClientRecord;
  params: Params;
  chance: Chance;
  /** The identity provider's own key. */
  key: SigningKey;
  /** The keys of the server beside it, which signs the id_tokens it believes. */
  serverKeys: Keys;
}>;

/** The issuer of assertions. */
export function idpIssuer({ urls }: Pick<Sandbox, "urls">): string {
  return urls.idpToken.slice(0, urls.idpToken.lastIndexOf("/"));
}

/**
 * Exchanges an id_token for an ID-JAG (RFC 8693 2; Identity Assertion JWT Authorization Grant 4.3).
 *
 * @param request The request. With `auto_approve=true` it needs no id_token, and speaks of a generated person.
 * @throws OAuthError `invalid_request` for another kind of exchange, or an id_token that is not good.
 */
export async function exchangeToken(request: IdpRequest): Promise<Record<string, unknown>> {
  const { params } = request;
  requireOneOf(params, "requested_token_type", [ID_JAG], "RFC 8693 2.1");
  const audience = requireParam(params, "audience", "RFC 8693 2.1");
  const resources = parseResources(params.all("resource"));
  const scope = parseScope(params.get("scope")).join(" ") || undefined;
  const subject = params.get("auto_approve") === "true" ? generateSubject(request) : await readIdToken(request);
  const expiresIn = parseExpiresIn(params.get("expires_in")) ?? LIFE_SECONDS;
  const assertion = sign(request, ID_JAG_TYPE, {
    ...subject,
    aud: audience,
    client_id: clientAtServer(request),
    resource: resources.length > 1 ? resources : resources[0],
    scope,
  }, expiresIn);
  return {
    issued_token_type: ID_JAG,
    access_token: assertion,
    // It is not an access token (RFC 8693 2.2.1).
    token_type: "N_A",
    expires_in: expiresIn,
    scope,
  };
}

/** A client may be known to the server by another name than here. */
function clientAtServer({ sandbox, client }: IdpRequest): string {
  return sandbox.clients.find(({ client_id }) => client_id === client.clientId)?.assertions_for ?? client.clientId;
}

/**
 * Gives a workload an assertion of who it is, for the audience it names; or a client that tries the exchange an
 * id_token of a generated person, as if that person had just logged in here.
 */
export function identify(request: IdpRequest): Record<string, unknown> {
  const { params, client } = request;
  if (params.get("requested_token_type") === ID_TOKEN) {
    const idToken = sign(request, "JWT", { ...generateSubject(request), aud: client.clientId }, LIFE_SECONDS);
    return { issued_token_type: ID_TOKEN, access_token: idToken, token_type: "N_A", expires_in: LIFE_SECONDS };
  }
  const aud = requireParam(params, "audience", "RFC 7523 3");
  const expiresIn = parseExpiresIn(params.get("expires_in")) ?? LIFE_SECONDS;
  const assertion = sign(request, "JWT", { sub: `workload:${client.clientId}`, aud }, expiresIn);
  return { issued_token_type: JWT, access_token: assertion, token_type: "N_A", expires_in: expiresIn };
}

function sign({ sandbox, chance, key }: IdpRequest, typ: string, claims: object, expiresInSeconds: number): string {
  const iat = Math.floor(sandbox.nowMs / 1000);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const payload = { iss: idpIssuer(sandbox), ...claims, iat, exp: iat + expiresInSeconds, jti: chance.id() };
  const signingInput = `${encode({ alg: key.alg, typ, kid: key.kid })}.${encode(payload)}`;
  return `${signingInput}.${key.sign(signingInput)}`;
}

/** What an assertion says of a person. */
interface Subject {
  readonly sub: string | undefined;
  readonly name: unknown;
  readonly email: unknown;
}

function generateSubject({ sandbox, chance }: IdpRequest): Subject {
  const { userId, userName, email } = createAutoUser(sandbox.nowMs, chance);
  return { sub: userId, name: userName, email };
}

/** Keys as jose looks them up; each key's own `kty` replaces the one that stands here for the type's sake. */
export function keySetOf(keys: readonly Pick<VerifyingKey, "publicJwk">[]): { keys: { kty: "OKP" }[] } {
  return { keys: keys.map(({ publicJwk }) => ({ kty: "OKP", ...publicJwk })) };
}

/** OpenID Connect Core 3.1.3.7, on the sandbox's clock. */
async function readIdToken({ sandbox, client, params, serverKeys, key }: IdpRequest): Promise<Subject> {
  requireOneOf(params, "subject_token_type", [ID_TOKEN], "RFC 8693 2.1");
  const token = requireParam(params, "subject_token", "RFC 8693 2.1");
  try {
    if (!isStrictJwt(token)) throw new errors.JWTInvalid("It is not in base64url without padding");
    const { payload } = await jwtVerify(
      token,
      createLocalJWKSet(keySetOf([key, ...await serverKeys.published(sandbox.nowMs)])),
      {
        typ: "JWT",
        issuer: [sandbox.issuer, idpIssuer(sandbox)],
        audience: client.clientId,
        requiredClaims: ["sub", "exp"],
        currentDate: new Date(sandbox.nowMs),
      },
    );
    const { sub, email, name } = payload;
    return { sub, email, name };
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new OAuthError("invalid_request", `subject_token is invalid: ${error.message}`, {
      parameter: "subject_token",
      expected: `an id_token of ${sandbox.issuer} or ${idpIssuer(sandbox)} for this client`,
      reference: "RFC 8693 2.2.2",
    });
  }
}
