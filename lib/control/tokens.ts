/**
 * `/control/tokens`: tokens without a flow, and what becomes of them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { readBody } from "../http/json_body.ts";
import { type MintRequest, mintRequestSchema, type Revocation, revocationSchema } from "./requests.ts";
import { withRevocation } from "../sandbox/changes.ts";
import { describeValue, OAuthError } from "../http/errors.ts";
import { noStoreJson } from "../http/body.ts";
import { parseUserClaims } from "../oauth/users/claims.ts";
import { parseResources, parseScope } from "../oauth/params.ts";
import { createSessionId, isSessionId, isRevokedTogether } from "../oauth/tokens/session_id.ts";
import { revokeToken } from "../oauth/tokens/token_status.ts";
import {
  buildRefreshToken,
  type Grant,
  type IssueContext,
  issueTokens,
  openRefreshToken,
} from "../oauth/tokens/tokens.ts";
import { createAutoUser, type User } from "../oauth/users/user.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Marks } from "../oauth/tokens/mark_table.ts";
import type { MintedRecord } from "../oauth/tokens/minted_table.ts";
import type { Context, ControlDeps, ControlHandlers } from "./operation.ts";

/** The client of tokens that are minted for none in particular. */
const DEFAULT_CLIENT = "control";

/** The handlers of tokens. */
export function tokenHandlers(
  deps: ControlDeps,
): Pick<ControlHandlers, "control_list_tokens" | "control_mint_token" | "control_revoke_tokens"> {
  const { grants, minted } = deps;
  return {
    control_list_tokens: async ({ sandbox }) => {
      const [tokens, marks] = await Promise.all([minted.list(sandbox.id), grants.list(sandbox.id)]);
      return noStoreJson({
        tokens: tokens.map((token) => describeToken(sandbox, token, marks.revoked)),
        sessions: sessionsOf(sandbox, tokens, marks),
      });
    },
    control_mint_token: (context) => mint(deps, context),
    control_revoke_tokens: async ({ request, sandbox }) => {
      const asked = await readBody(request, revocationSchema);
      await revoke(deps, sandbox, asked);
      return noStoreJson({ revoked: "token" in asked ? { token: true } : asked });
    },
  };
}

async function mint(deps: ControlDeps, { request, sandbox, plan }: Context): Promise<Response> {
  const { keysOf, chance, minted } = deps;
  const asked = await readBody(request, mintRequestSchema);
  const { client_id: clientId = DEFAULT_CLIENT, expires_in: expiresInSeconds, claims = {} } = asked;
  if (asked.refresh_token) await requireClient(deps, sandbox, asked.client_id);
  const nowMs = sandbox.nowMs;
  const grant: Grant = {
    sessionId: createSessionId(sandbox, chance),
    clientId,
    user: await userOf(deps, sandbox, asked.user),
    scopes: parseScope(asked.scope),
    resources: parseResources([asked.resource ?? asked.audience ?? []].flat()),
    authTimeSeconds: Math.floor(nowMs / 1000),
    ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
  };
  const issuing: IssueContext = {
    sandbox,
    policy: plan.policy,
    mint: { ...plan.mint, claims: { ...plan.mint.claims, ...claims } },
    keys: await keysOf(sandbox.id),
    chance,
  };
  const tokens = await issueTokens(issuing, grant, asked.refresh_token ? buildRefreshToken(issuing, grant) : undefined);
  const issued = claimsOf(tokens.access_token);
  const record = {
    jti: describeValue(issued.jti),
    sessionId: grant.sessionId,
    clientId,
    userId: describeValue(issued.sub),
    scope: grant.scopes.join(" "),
    mintedAtMs: nowMs,
    ...(typeof issued.exp === "number" ? { expiresAtSeconds: issued.exp } : {}),
  };
  await minted.add(sandbox.id, record);
  return noStoreJson({ ...tokens, session_id: grant.sessionId, claims: issued });
}

/** Somebody who is known, somebody of that address, or somebody made up. */
async function userOf({ users, chance }: ControlDeps, sandbox: Sandbox, asked: MintRequest["user"]): Promise<User> {
  if (typeof asked !== "string") {
    return createAutoUser(sandbox.nowMs, chance, asked && parseUserClaims(asked, "user"));
  }
  const known = await users.find(sandbox.id, asked);
  if (!known) return createAutoUser(sandbox.nowMs, chance, parseUserClaims({ email: asked }, "user"));
  const { userId, userName, email, claims } = known;
  return { userId, userName, email, ...(claims ? { claims } : {}) };
}

/** A refresh token is good for nothing without the client that redeems it. */
async function requireClient({ clients }: ControlDeps, sandbox: Sandbox, clientId: string | undefined): Promise<void> {
  const client = clientId === undefined ? undefined : await clients.find(sandbox, clientId);
  if (client?.value?.metadata.grant_types.includes("refresh_token")) return;
  throw new OAuthError("invalid_request", "A refresh token needs a client that can redeem it", {
    parameter: "client_id",
    received: clientId ?? "nothing",
    expected: "the client_id of a client with refresh_token among its grant_types",
  });
}

async function revoke(deps: ControlDeps, sandbox: Sandbox, asked: Revocation): Promise<void> {
  const { liveSandboxes, grants } = deps;
  if ("token" in asked) return await revokeOne(deps, sandbox, asked.token);
  if ("session_id" in asked) {
    requireSessionId(asked.session_id);
    return await grants.revoke(sandbox.id, asked.session_id, sandbox.nowMs);
  }
  const clientId = "client_id" in asked ? asked.client_id : undefined;
  await liveSandboxes.change(liveSandboxes.of(sandbox), (state) => withRevocation(state, clientId));
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
  { keysOf, verifier, grants, liveSandboxes }: ControlDeps,
  sandbox: Sandbox,
  token: string,
): Promise<void> {
  const keys = await keysOf(sandbox.id);
  const refresh = openRefreshToken(keys, token);
  const owner = refresh ? refresh.grant.clientId : await ownerOf(verifier.verifySignature(sandbox, token));
  const { policy } = liveSandboxes.of(sandbox).plan();
  await revokeToken({ sandbox, policy, keys, verifier, grants }, token, owner);
}

async function ownerOf(claims: Promise<{ readonly client_id: string }>): Promise<string> {
  try {
    return (await claims).client_id;
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw new OAuthError("invalid_request", "This sandbox has not issued that token, or its claims are malformed", {
      parameter: "token",
      received: "something that is not shown",
      expected: "an access token or a refresh token of this sandbox",
    });
  }
}

/** Every login that a token was minted for, or that has redeemed something, once. */
function sessionsOf(
  sandbox: Sandbox,
  tokens: readonly MintedRecord[],
  { uses, revoked }: Marks,
): readonly Readonly<Record<string, unknown>>[] {
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
): Readonly<Record<string, unknown>> {
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
