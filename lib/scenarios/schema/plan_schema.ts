// The shape of rules and tokens on the wire. A rule that is added to the plan and not here does not compile.
import { z } from "zod";
import { grantTypes, mcpRevisions, tokenEndpointAuthMethods } from "../vocabulary.ts";
import { type Mint, type PlanPatch, type Policy, resourceMetadataPlaces, serverMetadataPlaces } from "../plan.ts";
import { closedObject, requireShape, type Schema } from "../../http/json_body.ts";
import { withNames } from "./names.ts";

const seconds = z.number().int().min(0).max(10_000_000_000);
const flag = z.boolean().exactOptional();
const scope = z.string().max(1000).regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/, "a scope of printable ASCII");
const scopes = z.array(scope).max(100);

const policyFields = {
  codeTtlSeconds: seconds.exactOptional(),
  clientSecretTtlSeconds: seconds.exactOptional(),
  clientTtlSeconds: seconds.exactOptional(),
  refreshTokenTtlSeconds: seconds.exactOptional(),
  idTokenTtlSeconds: seconds.exactOptional(),
  sendIss: flag,
  revokeOnReuse: flag,
  enforceToolScopes: flag,
  callScope: scope.exactOptional(),
  messageScope: scope.exactOptional(),
  protectedMessages: z.enum(["all", "tool_calls", "none"]).exactOptional(),
  mcpServer: z.enum(["mock", "minimal", "adder"]).exactOptional(),
  mcpRevisions: z.array(z.enum(mcpRevisions)).min(1).exactOptional(),
  mcpTransport: z.enum(["streamable_http", "http_sse"]).exactOptional(),
  mcpFeatures: z.enum(["tools", "all"]).exactOptional(),
  sessionIds: z.enum(["plain", "symbols", "none"]).exactOptional(),
  sessionTtlSeconds: seconds.exactOptional(),
  sessionEndsWithToken: flag,
  endsSession: z.enum(["no", "before", "after"]).exactOptional(),
  mcpAnswerForm: z.enum(["quickest", "events"]).exactOptional(),
  metadataMaxAgeSeconds: seconds.exactOptional(),
  rotateRefreshTokens: z.enum(["always", "public", "never"]).exactOptional(),
  refreshGraceSeconds: seconds.exactOptional(),
  issueRefreshTokens: z.enum(["registered", "always", "with_consent_prompt", "never"]).exactOptional(),
  scopeOfPlainRefresh: z.enum(["granted", "none"]).exactOptional(),
  requirePushedAuthorizationRequests: flag,
  requireDpop: flag,
  requireDpopNonce: flag,
  requireState: flag,
  answer: z.enum(["ask", "approve", "deny"]).exactOptional(),
  grantableScopes: scopes.exactOptional(),
  codeChallengeMethods: z.array(z.enum(["S256", "plain"])).exactOptional(),
  registration: z.enum(["open", "off"]).exactOptional(),
  believeClients: flag,
  clientIdMetadataDocuments: flag,
  tokenEndpointAuthMethods: z.array(z.enum(tokenEndpointAuthMethods)).exactOptional(),
  grantTypes: z.array(z.enum(grantTypes)).exactOptional(),
  redirectUriMatch: z.enum(["loopback_port", "exact", "any"]).exactOptional(),
  privateUseSchemes: flag,
  loopbackRedirects: z.enum(["any", "by_address", "none"]).exactOptional(),
  webClients: flag,
  serverMetadataAt: z.array(z.enum(serverMetadataPlaces)).exactOptional(),
  resourceMetadataAt: z.array(z.enum(resourceMetadataPlaces)).exactOptional(),
  challengeMetadata: z.enum([...resourceMetadataPlaces, "none"]).exactOptional(),
  challengeScope: scope.exactOptional(),
  resourceScopes: scopes.exactOptional(),
  serverScopes: scopes.exactOptional(),
  authorizationServer: z.enum(["first", "second"]).exactOptional(),
  publishedKeys: z.enum(["all", "replaced"]).exactOptional(),
} satisfies { readonly [Name in keyof Policy]-?: z.ZodType<Policy[Name]> };

const mintFields = {
  accessTokenTtlSeconds: seconds.exactOptional(),
  clockSkewSeconds: z.number().int().min(-10_000_000_000).max(10_000_000_000).exactOptional(),
  claims: z.record(z.string(), z.unknown()).exactOptional(),
  signature: z.enum(["right", "wrong", "foreign"]).exactOptional(),
} satisfies { readonly [Name in keyof Mint]-?: z.ZodType<Mint[Name]> };

/** Names as on the wire; what passes is then read under the names it has inside, which gives it its type. */
function onTheWire(fields: z.ZodRawShape): z.ZodObject {
  return closedObject({ ...withShape(withNames(fields, "snake")) });
}

function withShape(fields: Readonly<Record<string, unknown>>): z.ZodRawShape {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, z.ZodType] => field[1] instanceof z.ZodType),
  );
}

const policyOnTheWire = onTheWire(policyFields);
const mintOnTheWire = onTheWire(mintFields);
const inside = (members: Record<string, unknown>): unknown => withNames(members, "camel");

/** Other rules, as they come in. */
export const policySchema: Schema<Partial<Policy>> = policyOnTheWire.pipe(
  z.preprocess(inside, z.strictObject(policyFields)),
);

/** Other tokens, as they come in. */
export const mintSchema: Schema<Partial<Mint>> = mintOnTheWire.pipe(
  z.preprocess(inside, z.strictObject(mintFields)),
);

const insideSchemas: Readonly<Record<"policy" | "mint", Schema>> = {
  policy: closedObject(policyFields),
  mint: closedObject(mintFields),
};

/**
 * Requires the shape of rules or tokens under the names they have inside, as the code of a test gives them.
 *
 * @param patch What was given; undefined members count as absent.
 * @throws OAuthError `invalid_request`, naming the member.
 */
export function requireInside(part: "policy" | "mint", patch: object): void {
  requireShape(
    Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)),
    insideSchemas[part],
  );
}

/** The names of rules and tokens on the wire. */
export const patchNames: Readonly<Record<"policy" | "mint", readonly string[]>> = {
  policy: Object.keys(policyOnTheWire.shape),
  mint: Object.keys(mintOnTheWire.shape),
};

/** Both, as they come in. */
export const planPatchSchema: Schema<PlanPatch> = closedObject({
  policy: policySchema.exactOptional(),
  mint: mintSchema.exactOptional(),
});

const merged = (object: z.ZodObject): z.ZodObject =>
  z.strictObject(Object.fromEntries(Object.entries(object.shape).map(([name, field]) => [name, z.nullable(field)])));

/** A change to overrides, for documentation: null takes one away (RFC 7396). */
export const planMergeSchema: Schema = closedObject({
  policy: merged(policyOnTheWire).partial().exactOptional(),
  mint: merged(mintOnTheWire).partial().exactOptional(),
});
