// Who signs in at the authorization endpoint: the person at hand, or without asking the one that the request names. With an
// `id_token_hint` only that person can (OpenID Connect Core 3.1.2.2).
import { OAuthError } from "../../lib/http/errors.ts";
import type { AuthorizationRequest, AuthorizationTarget } from "../../lib/oauth/authorize/request.ts";
import { findOffered } from "../../lib/oauth/users/declared_users.ts";
import { findHinted, readIdTokenHint } from "../../lib/oauth/tokens/id_token_hint.ts";
import { interactionRequired, loginRequired, otherPerson } from "../../lib/oauth/authorize/prompt.ts";
import { createAutoUser, signIn, type User } from "../../lib/oauth/users/user.ts";
import type { OAuthDeps } from "./deps.ts";
import type { Context } from "../request/router.ts";

/** What signing in needs. */
export type PersonDeps = Pick<OAuthDeps, "users" | "offered" | "chance" | "keysOf">;

interface Hinted {
  readonly sub: string;
  readonly email: string | undefined;
  /** The user; absent if this server no longer knows them. */
  readonly user: User | undefined;
}

/** A request, and the one person it may be answered with, if it says so. */
export interface PersonAsked {
  readonly request: AuthorizationRequest;
  /** Absent if anyone may sign in. */
  readonly hinted: Hinted | undefined;
}

/** Who asks, and for what. */
export interface Asked extends PersonAsked {
  readonly target: AuthorizationTarget;
}

/**
 * Reads the person of a request's `id_token_hint`.
 *
 * @throws OAuthError `invalid_request` for a hint that is not an id_token of this server.
 */
export async function readHinted(
  { keysOf, users }: PersonDeps,
  { sandbox }: Context,
  { idTokenHint, userClaims }: AuthorizationRequest,
): Promise<Hinted | undefined> {
  if (idTokenHint === undefined) return undefined;
  const hint = await readIdTokenHint(keysOf, sandbox, idTokenHint);
  const user = await findHinted(users, sandbox.id, { ...hint, ...userClaims });
  return { sub: hint.sub, email: user?.email ?? hint.email, user };
}

/**
 * Who signs in without being asked: nobody, unless the request or the policy says so.
 *
 * @returns The user, or what is wrong with the password, for the person or script at hand.
 * @throws OAuthError for the client.
 */
export async function findUnasked(
  deps: PersonDeps,
  context: Context,
  asked: PersonAsked,
): Promise<User | OAuthError | undefined> {
  const { autoApproval, prompt } = asked.request;
  const mayAsk = !prompt.includes("none");
  const { answer } = context.plan.policy;
  // A driver approves by habit, with auto_approve=true; that the person denies is what its test is about.
  if (answer === "deny") throw denied();
  if (!autoApproval) {
    if (answer === "approve") return generatedOrHinted(deps, context, asked);
    if (mayAsk) return undefined;
    throw loginRequired();
  }
  if (autoApproval.kind === "auto") return generatedOrHinted(deps, context, asked);
  const user = await signInHere(deps, context, asked, autoApproval);
  if (mayAsk || !(user instanceof OAuthError)) return user;
  throw user.code === "temporarily_unavailable" ? user : interactionRequired(user.message);
}

/**
 * An auto-generated person, or the one of the hint.
 *
 * @throws OAuthError `login_required` if the server no longer knows the person of the hint.
 */
export function generatedOrHinted(
  { chance }: Pick<PersonDeps, "chance">,
  { sandbox }: Context,
  { request, hinted }: PersonAsked,
): User {
  const user = hinted ? hinted.user : createAutoUser(sandbox.nowMs, chance, request.userClaims);
  if (user) return user;
  throw otherPerson();
}

/**
 * Signs in with e-mail address and password; with a hint no other user is created.
 *
 * @returns The user, or what is wrong with the password, for the person or script at hand.
 * @throws OAuthError `login_required` for the client, if this is another person than the hint's.
 */
export async function signInHere(
  { users, chance }: PersonDeps,
  { sandbox }: Context,
  { hinted }: PersonAsked,
  credentials: { readonly email: string; readonly password: string },
): Promise<User | OAuthError> {
  if (hinted) requireHinted(hinted, await users.find(sandbox.id, credentials.email.trim()));
  return await orProblem(signIn({ users, chance }, { sandboxId: sandbox.id, nowMs: sandbox.nowMs }, credentials));
}

/**
 * The declared user whose button was pressed.
 *
 * @returns The user, or what is wrong with the button, for the person or script at hand.
 * @throws As {@link signInHere}.
 */
export async function findDeclared(
  { users, offered }: PersonDeps,
  { sandbox }: Context,
  { hinted }: PersonAsked,
  email: string | undefined,
): Promise<User | OAuthError> {
  const user = await orProblem(findOffered(users, sandbox.id, offered, email));
  if (!(user instanceof OAuthError)) requireHinted(hinted, user);
  return user;
}

function requireHinted(hinted: Hinted | undefined, user: Pick<User, "userId"> | undefined): void {
  if (hinted && user?.userId !== hinted.sub) throw otherPerson();
}

/** A wrong password concerns the person, not the client: such an error is returned, so that it is not redirected. */
async function orProblem(user: Promise<User>): Promise<User | OAuthError> {
  try {
    return await user;
  } catch (error) {
    if (error instanceof OAuthError) return error;
    throw error;
  }
}

/** The refusal in the person's name. */
export function denied(): OAuthError {
  return new OAuthError("access_denied", "The user denied the request", { reference: "RFC 6749 4.1.2.1" });
}
