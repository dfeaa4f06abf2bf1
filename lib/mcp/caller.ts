// Who calls an MCP endpoint, as its route has established before the protocol is looked at.
import type { ResourceScope } from "../oauth/tokens/scopes.ts";

/**
 * The endpoints: open, any bearer token, a token of our authorization server; and an open one with everything the
 * official conformance suite calls for. `minimal` and `adder` replace `oauth` where one tool is enough and no
 * session is kept.
 */
export type McpMode = "no-auth" | "bearer" | "oauth" | "conformance" | "minimal" | "adder";

/** The person a token stands for. */
export interface McpUser {
  readonly userId: string;
  readonly userName: string;
  readonly email: string;
  /** The login the token came from. */
  readonly sessionId: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** The caller of one request. */
export interface McpCaller {
  /** Whom notes belong to where the protocol has no session (2026-07-28): the login or token, else the caller's traits. */
  readonly owner: string;
  /** The OAuth client, and the id of the token that it brings; set only on `/oauth`. */
  readonly token?: { readonly clientId: string; readonly id: string };
  /** Set only on `/oauth`, where it adds the tools that concern a user. */
  readonly user?: McpUser;
  /** Refuses calls of tools whose scope the token lacks; absent where every token may call all. */
  readonly refuseScope?: (needed: readonly ResourceScope[]) => Response | undefined;
}

/**
 * Whom a session or a task belongs to: the person, even after another login, as a step-up is one (MCP security best
 * practices, session hijacking); without a person, the owner of the notes.
 */
export function holderOf({ user, owner }: McpCaller): string {
  return user ? `user:${user.userId}` : owner;
}
