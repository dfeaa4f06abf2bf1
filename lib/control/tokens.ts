// `/control/tokens`: tokens without a flow, and their revocation.
import { hash } from "../runtime/node_crypto.ts";
import { z } from "zod";
import { describeValue, OAuthError } from "../http/errors.ts";
import { clientText, closedObject, type Schema } from "../http/json_body.ts";
import { parseResources, parseScope } from "../oauth/params.ts";
import type { Marks } from "../oauth/tokens/mark_table.ts";
import type { MintedRecord } from "../oauth/tokens/minted_table.ts";
import { createSessionId, isRevokedTogether, isSessionId } from "../oauth/tokens/session_id.ts";
import { revokeToken } from "../oauth/tokens/token_status.ts";
import {
  buildRefreshToken,
  type Grant,
  type IssueContext,
  issueTokens,
  openRefreshToken,
} from "../oauth/tokens/tokens.ts";
import { emailText } from "../oauth/users/email_schema.ts";
import { parseUserClaims } from "../oauth/users/claims.ts";
import { createAutoUser, type User, userOf } from "../oauth/users/user.ts";
import { withRevocation } from "../sandbox/changes.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { type Call, type Deps, members, one, operation, shortText } from "./operation.ts";

/** A token to be minted. */
export interface MintRequest {
  /** Whose: an e-mail address, or the claims of a generated user. */
  readonly user?: string | Readonly<Record<string, unknown>>;
  /** The client it is issued to; `control` if not given. */
  readonly client_id?: string;
  readonly scope?: string;
  /** Its lifetime in seconds, which may have ended; what the plan says if not given. */
  readonly expires_in?: number;
  /** The resource it is for; `/oauth` if not given. */
  readonly resource?: string | readonly string[];
  /** The same under the name it has in the token. */
  readonly audience?: string | readonly string[];
  /** Claims that replace those of the token, whatever they say. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Whether a refresh token is issued beside it. */
  readonly refresh_token?: boolean;
}

const texts = z.union([shortText, z.array(shortText).max(20)], { error: "a string, or a list of strings" });

const mintRequestSchema: Schema<MintRequest> = closedObject({
  user: z.union([emailText, members], { error: "an e-mail address, or an object of claims" }).exactOptional(),
  client_id: clientText.exactOptional(),
  scope: z.string().max(4096).exactOptional(),
  expires_in: z.number().int().min(-1e9).max(1e10).exactOptional(),
  resource: texts.exactOptional(),
  audience: texts.exactOptional(),
  claims: members.exactOptional(),
  refresh_token: z.boolean().exactOptional(),
}).refine(({ resource, audience }) => resource === undefined || audience === undefined, {
  error: "resource or audience, not both",
  path: ["audience"],
});

/** What is revoked: a token (with a refresh token, its login), a login, all logins of a client, or all. */
type Revocation =
  | { readonly token: string }
  | { readonly session_id: string }
  | { readonly client_id: string }
  | { readonly all: true };

const revocationSchema: Schema<Revocation> = z.union([
  closedObject({ token: z.string().min(1) }),
  closedObject({ session_id: shortText }),
  closedObject({ client_id: shortText }),
  closedObject({ all: z.literal(true) }),
], { error: 'one of {"token": ...}, {"session_id": ...}, {"client_id": ...} and {"all": true}' });

const token = z.object({
  jti: z.string(),
  session_id: z.string(),
  client_id: z.string(),
  user_id: z.string(),
  scope: z.string(),
  minted_at_ms: z.number(),
  expires_at: z.number().optional(),
  revoked: z.boolean(),
});
const session = z.object({
  session_id: z.string(),
  client_id: z.string(),
  last_used_ms: z.number(),
  revoked: z.boolean(),
});
const minted = z.looseObject({
  access_token: z.string(),
  token_type: z.string(),
  session_id: z.string(),
  claims: members,
});

/** The client of tokens that are minted for none in particular. */
const DEFAULT_CLIENT = "control";

/** What can be done to the tokens of a sandbox. */
export const tokenOperations = {
  control_list_tokens: operation({
    summary: "Tokens that were minted here, and known logins",
    answer: z.object({ tokens: z.array(token), sessions: z.array(session) }),
    run: async ({ grants, minted }, { sandbox }) => {
      const [tokens, marks] = await Promise.all([minted.list(sandbox.id), grants.list(sandbox.id)]);
      return {
        tokens: tokens.map((token) => describeToken(sandbox, token, marks.revoked)),
        sessions: sessionsOf(sandbox, tokens, marks),
      };
    },
  }),
  control_mint_token: operation({
    summary: "Mints an access token without a flow",
    description: "claims replace those of the token, whatever they are, so that a token can be wrong on purpose.",
    input: one(mintRequestSchema),
    example: { user: "ada@example.com", scope: "mcp:read", expires_in: 60 },
    answer: minted,
    run: mint,
  }),
  control_revoke_tokens: operation({
    summary: "Revokes a token, a login, all logins of a client, or all logins",
    input: one(revocationSchema),
    example: { all: true },
    answer: z.object({ revoked: members }),
    run: async (deps, call) => {
      await revoke(deps, call);
      return { revoked: "token" in call.input ? { token: true } : call.input };
    },
  }),
};

async function mint(deps: Deps, { sandbox, plan, input }: Call<MintRequest>): Promise<z.infer<typeof minted>> {
  const { client_id: clientId = DEFAULT_CLIENT, expires_in: expiresInSeconds, claims = {} } = input;
  if (input.refresh_token) await requireClient(deps, sandbox, input.client_id);
  const nowMs = sandbox.nowMs;
  const grant: Grant = {
    sessionId: createSessionId(sandbox, deps.chance),
    clientId,
    user: await findUser(deps, sandbox, input.user),
    scopes: parseScope(input.scope),
    resources: parseResources([input.resource ?? input.audience ?? []].flat()),
    authTimeSeconds: Math.floor(nowMs / 1000),
    expiresInSeconds,
  };
  const issuing: IssueContext = {
    sandbox,
    policy: plan.policy,
    mint: { ...plan.mint, claims: { ...plan.mint.claims, ...claims } },
    keys: await deps.keysOf(sandbox.id),
    chance: deps.chance,
  };
  const tokens = await issueTokens(issuing, grant, input.refresh_token ? buildRefreshToken(issuing, grant) : undefined);
  const issued = claimsOf(tokens.access_token);
  await deps.minted.add(sandbox.id, {
    jti: describeValue(issued.jti),
    digest: hash("sha256", tokens.access_token, "base64url"),
    sessionId: grant.sessionId,
    clientId,
    userId: describeValue(issued.sub),
    scope: grant.scopes.join(" "),
    mintedAtMs: nowMs,
    ...(typeof issued.exp === "number" ? { expiresAtSeconds: issued.exp } : {}),
  });
  return { ...tokens, session_id: grant.sessionId, claims: issued };
}

/** A known user, a user of that address, or a generated one. */
async function findUser({ users, chance }: Deps, sandbox: Sandbox, asked: MintRequest["user"]): Promise<User> {
  if (typeof asked !== "string") {
    return createAutoUser(sandbox.nowMs, chance, asked && parseUserClaims(asked, "user"));
  }
  const known = await users.find(sandbox.id, asked);
  return known ? userOf(known) : createAutoUser(sandbox.nowMs, chance, parseUserClaims({ email: asked }, "user"));
}

/** A refresh token is of no use without the client that redeems it. */
async function requireClient({ clients }: Deps, sandbox: Sandbox, clientId: string | undefined): Promise<void> {
  const client = clientId === undefined ? undefined : await clients.find(sandbox, clientId);
  if (client?.value?.metadata.grant_types.includes("refresh_token")) return;
  throw new OAuthError("invalid_request", "A refresh token needs a client that can redeem it", {
    parameter: "client_id",
    received: clientId ?? "nothing",
    expected: "the client_id of a client with refresh_token among its grant_types",
  });
}

async function revoke(deps: Deps, { sandbox, live, input }: Call<Revocation>): Promise<void> {
  const { liveSandboxes, grants } = deps;
  if ("token" in input) return await revokeOne(deps, { sandbox, live }, input.token);
  if ("session_id" in input) {
    requireSessionId(input.session_id);
    return await grants.revoke(sandbox.id, input.session_id, sandbox.nowMs);
  }
  const clientId = "client_id" in input ? input.client_id : undefined;
  if (clientId !== undefined) await requireKnown(deps, sandbox, clientId);
  await liveSandboxes.change(live, (state) => withRevocation(state, clientId));
}

/** A slip is not acknowledged as if something were revoked; a URL is a client wherever it is used. */
async function requireKnown({ clients, grants, minted }: Deps, sandbox: Sandbox, clientId: string): Promise<void> {
  if (URL.canParse(clientId) || await clients.wasRemoved(sandbox.id, clientId)) return;
  if ((await clients.find(sandbox, clientId)).value) return;
  const [tokens, { uses }] = await Promise.all([minted.list(sandbox.id), grants.list(sandbox.id)]);
  if ([...tokens, ...uses].some((known) => known.clientId === clientId)) return;
  throw new OAuthError("invalid_request", "No client of this sandbox has this id", {
    parameter: "client_id",
    received: clientId,
    expected: "a client_id that GET /control/clients or GET /control/tokens lists",
  });
}

/** A slip is not acknowledged as if something were revoked. */
function requireSessionId(sessionId: string): void {
  if (isSessionId(sessionId)) return;
  throw new OAuthError("invalid_request", "That is not the id of a login", {
    parameter: "session_id",
    received: sessionId,
    expected:
      "a session_id that GET /control/tokens lists, or the sid of a token, such as session-1767225600000-0a1b2c3",
  });
}

async function revokeOne(
  { keysOf, verifier, grants }: Deps,
  { sandbox, live }: Pick<Call, "sandbox" | "live">,
  token: string,
): Promise<void> {
  const keys = await keysOf(sandbox.id);
  const refresh = openRefreshToken(keys, token);
  const owner = refresh ? refresh.grant.clientId : await ownerOf(verifier.verifySignature(sandbox, token));
  await revokeToken({ sandbox, policy: live.plan().policy, keys, verifier, grants }, token, owner);
}

async function ownerOf(claims: Promise<{ readonly client_id: string }>): Promise<string> {
  try {
    return (await claims).client_id;
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw new OAuthError("invalid_request", "This sandbox has not issued that token, or its claims are malformed", {
      parameter: "token",
      received: "a value that is not shown",
      expected: "an access token or a refresh token of this sandbox",
    });
  }
}

/** Every login that a token was minted for or that has redeemed something, each once. */
function sessionsOf(
  sandbox: Sandbox,
  tokens: readonly MintedRecord[],
  { uses, revoked }: Marks,
): z.infer<typeof session>[] {
  const sessions = new Map<string, { readonly clientId: string; readonly lastMs: number }>();
  const note = (id: string, clientId: string, atMs: number): void => {
    sessions.set(id, { clientId, lastMs: Math.max(atMs, sessions.get(id)?.lastMs ?? atMs) });
  };
  for (const { sessionId, clientId, mintedAtMs } of tokens) note(sessionId, clientId, mintedAtMs);
  for (const { grantId, clientId = "", usedAtMs } of uses) note(grantId, clientId, usedAtMs);
  return [...sessions].map(([id, { clientId, lastMs }]) => ({
    session_id: id,
    client_id: clientId,
    last_used_ms: lastMs,
    revoked: revoked.includes(id) || isRevokedTogether(sandbox, id, clientId),
  }));
}

function describeToken(
  sandbox: Sandbox,
  { jti, sessionId, clientId, userId, scope, mintedAtMs, expiresAtSeconds }: MintedRecord,
  revoked: readonly string[],
): z.infer<typeof token> {
  return {
    jti,
    session_id: sessionId,
    client_id: clientId,
    user_id: userId,
    scope,
    minted_at_ms: mintedAtMs,
    ...(expiresAtSeconds === undefined ? {} : { expires_at: expiresAtSeconds }),
    revoked: revoked.includes(jti) || revoked.includes(sessionId) || isRevokedTogether(sandbox, sessionId, clientId),
  };
}

/** What was just signed is read, not believed. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}
