// The life of a client's logins: which tokens each answer brought, which refresh token they replace, and from when on the
// client certainly had them.

import { digestOf } from "../recorder/redact/digests.ts";
import { isDelivered, isLongAfter } from "./moments.ts";
import { textOf } from "./reading.ts";
import type { Step, TokenStep } from "./step.ts";
import type { View } from "./view.ts";

/** A request to refresh. */
export interface Refresh {
  readonly step: TokenStep;
  /** Digest of the refresh token that it was made with. */
  readonly sent: string;
  /** What it was answered with; undefined if it was refused, or its answer did not get through whole. */
  readonly grant: Grant | undefined;
}

/** Tokens that an answer brought. */
export interface Grant {
  readonly step: TokenStep;
  /** The answers of one login have one number. */
  readonly login: number;
  /** Digest of the access token. */
  readonly access: string;
  /** Digest of the refresh token that the client has to go on with. */
  readonly refresh: string | undefined;
  /** Digest of the refresh token that this one replaces. */
  readonly replaced: string | undefined;
}

/** All logins of a client. */
export interface Logins {
  /** In order. */
  readonly grants: readonly Grant[];
  /** In order. */
  readonly refreshes: readonly Refresh[];
  /** What brought an access token, by its digest. */
  readonly byAccess: ReadonlyMap<string, Grant>;
  /** What first brought a refresh token, by its digest. */
  readonly byRefresh: ReadonlyMap<string, Grant>;
  /** Whether a client certainly had what an answer brought when it took a later step. */
  readonly isInHand: (grant: Grant, step: Step) => boolean;
}

/** Reads the logins of a client from what it sent and was sent. */
export function readLogins({ steps, tokens }: View): Logins {
  const grants: Grant[] = [];
  const refreshes: Refresh[] = [];
  const byAccess = new Map<string, Grant>();
  const byRefresh = new Map<string, Grant>();
  for (const step of tokens) {
    const sent = step.params.get("grant_type") === "refresh_token"
      ? digestOf(step.params.get("refresh_token") ?? "")
      : undefined;
    const access = textOf(step.issued, "access_token");
    const brought = textOf(step.issued, "refresh_token");
    const own = brought === undefined ? sent : digestOf(brought);
    const grant = access === undefined ? undefined : {
      step,
      login: (sent === undefined ? undefined : byRefresh.get(sent)?.login) ?? grants.length,
      access: digestOf(access),
      refresh: own,
      replaced: own === sent ? undefined : sent,
    };
    if (grant) {
      grants.push(grant);
      byAccess.set(grant.access, grant);
      if (grant.refresh !== undefined && !byRefresh.has(grant.refresh)) byRefresh.set(grant.refresh, grant);
    }
    if (sent !== undefined) refreshes.push({ step, sent, grant });
  }
  const firstUses = readUses(steps);
  const usedAt = (grant: Grant): number => {
    const { access, refresh = "" } = grant;
    const isNew = byRefresh.get(refresh) === grant;
    return Math.min(firstUses.get(access) ?? Infinity, (isNew ? firstUses.get(refresh) : undefined) ?? Infinity);
  };
  return {
    grants,
    refreshes,
    byAccess,
    byRefresh,
    isInHand: (grant, step) =>
      usedAt(grant) < step.at || (isDelivered(grant.step) && step.at > grant.step.at && isLongAfter(grant.step, step)),
  };
}

/** Where each token was first sent, by its digest. */
function readUses(steps: readonly Step[]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const step of steps) {
    const sent = step.kind === "mcp"
      ? step.token
      : step.kind === "token"
      ? step.params.get("refresh_token")
      : step.kind === "other"
      ? step.params.get("token")
      : undefined;
    if (sent && !uses.has(digestOf(sent))) uses.set(digestOf(sent), step.at);
  }
  return uses;
}
