// Rules on how a client comes through a login whose tokens end: what it does with a token that was refused, with a new one,
// with a refresh token that is good, and with one that is not.

import { digestOf } from "../../../recorder/redact/digests.ts";
import { type Grant, type Logins, readLogins, type Refresh } from "../../logins.ts";
import { follows, isBrokenOff, isLongAfter, seemsToFollow } from "../../moments.ts";
import { requestOf } from "../../repeats.ts";
import { listOf, messagesOf, parseObject, scopesOf, textOf } from "../../reading.ts";
import type { AuthorizationStep, McpStep, OtherStep, Step } from "../../step.ts";
import { metadataFor, namesEndpoint, type View } from "../../view.ts";
import { ALWAYS, broken, kept, notObserved, type Outcome, positionsOf, rfc, type Rule } from "../rule.ts";

/** How often one token may be refused: once by surprise, once to make sure. */
const MAX_REFUSALS = 2;

/** Whether a call was refused for its token, and not for what another rule is about. */
function isTokenRefused({ status, token, challenge }: McpStep): boolean {
  const error = challenge?.get("error");
  if (token === undefined) return false;
  // Some servers send the right error with the wrong status.
  return status === 401
    ? error === undefined || error === "invalid_token"
    : status === 403 && error === "invalid_token";
}

/** The newest tokens of a token's login that a client certainly had when it sent that token. */
function newerThan(token: string, step: Step, { byAccess, grants, isInHand }: Logins): Grant | undefined {
  const grant = byAccess.get(token);
  if (!grant) return undefined;
  return grants.findLast((other) =>
    other.login === grant.login && other.step.at > grant.step.at && other.access !== token && isInHand(other, step)
  );
}

/**
 * Refused calls of one token, each made after the one before was answered. Calls side by side count as one, and so do those
 * that are sent in a burst: a client that sends six at once knows of no refusal before the last has gone out.
 */
function inTurn(calls: readonly McpStep[]): readonly McpStep[] {
  const counted: McpStep[] = [];
  for (const call of calls) {
    const last = counted.at(-1);
    const isAgain = counted.some((other) => requestOf(other) === requestOf(call) && idOf(other) === idOf(call));
    if (!last || (isAgain ? follows(last, call) : isLongAfter(last, call))) counted.push(call);
  }
  return counted;
}

/** The id of a message, which a client gives it that sends it again. */
function idOf({ exchange: { request } }: McpStep): unknown {
  return messagesOf(request)[0]?.id;
}

/** The refused calls with each token since that was last accepted, by whether the client had a newer token. */
function refusedCalls(view: View, logins: Logins, hasNewer: boolean): readonly (readonly McpStep[])[] {
  const open = new Map<string, McpStep[]>();
  const runs: McpStep[][] = [];
  for (const call of view.calls) {
    if (call.token === undefined) continue;
    const token = digestOf(call.token);
    if (call.status < 400) open.delete(token);
    if (!isTokenRefused(call) || (newerThan(token, call, logins) !== undefined) !== hasNewer) continue;
    const run = open.get(token);
    if (run) run.push(call);
    else {
      const started = [call];
      open.set(token, started);
      runs.push(started);
    }
  }
  return runs.map(inTurn);
}

function checkRefused(view: View): Outcome {
  const runs = refusedCalls(view, readLogins(view), false);
  const [first] = runs;
  if (!first) return notObserved("No token that it sent was refused");
  const stubborn = runs.find((calls) => calls.length > MAX_REFUSALS);
  if (stubborn) {
    return broken(
      `It sent a token ${stubborn.length} times that was refused each time, where ${MAX_REFUSALS} are enough`,
      positionsOf(stubborn),
    );
  }
  return (view.steps.at(-1)?.at ?? 0) > (first.at(-1)?.at ?? 0)
    ? kept("It did not keep sending a token that was refused", positionsOf(runs.flat()))
    : notObserved("Its token was refused, and it has done nothing since");
}

/** What made a client ask the person: its token, which had been accepted before, was refused. */
function refusalBefore(view: View, request: AuthorizationStep, { byAccess }: Logins): McpStep | undefined {
  const call = view.calls.findLast(({ at, status }) => at < request.at && (status === 401 || status === 403));
  if (!call || !isTokenRefused(call) || call.token === undefined) return undefined;
  const token = digestOf(call.token);
  const granted = scopesOf(textOf(byAccess.get(token)?.step.issued, "scope"));
  const isForMore = scopesOf(call.challenge?.get("scope")).some((scope) => !granted.includes(scope));
  const wasAccepted = view.calls.some((other) =>
    other.at < call.at && other.status < 400 && other.token !== undefined && digestOf(other.token) === token
  );
  return wasAccepted && !isForMore ? call : undefined;
}

/** Whether a refresh token can still be used for what a person is asked for: nothing has ended it, and it is of that server. */
function isUsable(view: View, { refresh, step }: Grant, request: AuthorizationStep): boolean {
  if (refresh === undefined) return false;
  const document = metadataFor(view, request)?.document;
  const grants = listOf(document, "grant_types_supported");
  const isEnded = view.steps.some((other) =>
    other.kind === "other" && other.at < request.at && digestOf(other.params.get("token") ?? "") === refresh
  );
  return !isEnded && namesEndpoint(document, step.address) && (grants?.includes("refresh_token") ?? true);
}

function checkRefreshFirst(view: View): Outcome {
  const logins = readLogins(view);
  const { refreshes, byAccess } = logins;
  for (const request of view.authorizations) {
    const call = refusalBefore(view, request, logins);
    const grant = byAccess.get(digestOf(call?.token ?? ""));
    if (!call || !grant || !isUsable(view, grant, request)) continue;
    const isTried = refreshes.some(({ step, sent }) =>
      sent === grant.refresh && step.at > grant.step.at && step.at < request.at
    );
    if (isTried) continue;
    return broken("It asked the person to log in again, although it held a refresh token that it had not tried", [
      grant.step.at,
      call.at,
      request.at,
    ]);
  }
  return refreshes.length === 0
    ? notObserved(
      logins.grants.some(({ refresh }) => refresh !== undefined)
        ? "It holds a refresh token, and has not had to use it: let its access token expire"
        : "It held no refresh token",
    )
    : kept("It refreshed before it asked the person again", positionsOf(refreshes.map(({ step }) => step)));
}

function checkNewTokens(view: View): Outcome {
  const logins = readLogins(view);
  const stale = refusedCalls(view, logins, true).find((calls) => calls.length >= MAX_REFUSALS);
  if (stale) {
    return broken(
      `It sent a token ${stale.length} times that was refused each time, although it had got a newer one`,
      positionsOf(stale),
    );
  }
  const renewed = logins.grants.filter(({ step }) => step.params.get("grant_type") === "refresh_token");
  const firstCalls = renewed.flatMap(({ access }) =>
    view.calls.find(({ token }) => token !== undefined && digestOf(token) === access) ?? []
  );
  if (firstCalls.length > 0) return kept("It went on with the tokens that it got last", positionsOf(firstCalls));
  return notObserved(renewed.length === 0 ? "It got no new tokens" : "It has not used its new token yet");
}

function isInvalidGrant({ step }: Refresh): boolean {
  return step.status >= 400 && textOf(parseObject(step.exchange.response.body), "error") === "invalid_grant";
}

function checkInvalidGrant(view: View): Outcome {
  const { refreshes, grants } = readLogins(view);
  // Another rule judges those that a newer one has replaced.
  const replaced = new Set(grants.map((grant) => grant.replaced));
  const refused = refreshes.filter((refresh) => isInvalidGrant(refresh) && !replaced.has(refresh.sent));
  const [first] = refused;
  if (!first) return checkLostAnswers(view, refreshes);
  for (const refusal of refused) {
    const again = refreshes.find(({ step, sent }) =>
      sent === refusal.sent && step.at > refusal.step.at && seemsToFollow(refusal.step, step)
    );
    if (again) {
      return broken("It sent a refresh token again that had been refused with invalid_grant", [
        refusal.step.at,
        again.step.at,
      ]);
    }
  }
  const asked = view.authorizations.find(({ at }) => at > first.step.at);
  return asked
    ? kept("It asked the person to log in again after invalid_grant", [first.step.at, asked.at])
    : notObserved("Its refresh was refused with invalid_grant, and it has not asked the person to log in again yet");
}

/** A refresh token whose answer was lost may have been used up: asking the person is as good as trying it once more. */
function checkLostAnswers({ authorizations }: View, refreshes: readonly Refresh[]): Outcome {
  for (const { step, sent } of refreshes.filter(({ step }) => isBrokenOff(step))) {
    const asked = authorizations.find(({ at }) => at > step.at);
    const again = refreshes.some((other) => other.sent === sent && other.step.at > step.at);
    if (asked && !again) {
      return kept("It asked the person to log in again when the response to a refresh was lost", [step.at, asked.at]);
    }
  }
  return notObserved("No refresh was refused with invalid_grant");
}

/** Revocations that were carried out, with the digest of the token. */
function revocations(view: View): readonly { readonly step: OtherStep; readonly token: string }[] {
  return view.steps.filter((step) => step.kind === "other").flatMap((step) => {
    const token = step.params.get("token");
    const isRevocation = step.exchange.route === "revoke" ||
      view.serverMetadata.some(({ document }) => textOf(document, "revocation_endpoint") === step.address);
    return isRevocation && token !== null && step.status < 300 ? [{ step, token: digestOf(token) }] : [];
  });
}

function checkRevoked(view: View): Outcome {
  const revoked = revocations(view);
  for (const { step: revocation, token } of revoked) {
    const used = view.steps.find((step) =>
      step.at > revocation.at && follows(revocation, step) && sentToken(step) === token
    );
    if (used) return broken("It sent a token that it had revoked", [revocation.at, used.at]);
  }
  return revoked.length === 0
    ? notObserved("It revoked no token, which nothing requires")
    : kept("It did not use what it had revoked", positionsOf(revoked.map(({ step }) => step)));
}

/** Digest of the token that a step uses; the end of a session may come after the end of a login. */
function sentToken(step: Step): string | undefined {
  const sent = step.kind === "mcp" && step.verb !== "DELETE"
    ? step.token
    : step.kind === "token"
    ? step.params.get("refresh_token")
    : undefined;
  return sent ? digestOf(sent) : undefined;
}

/** The rules on the life of a login. */
export const loginLifeRules: readonly Rule[] = [
  {
    id: "C36",
    name: "refused-token-not-repeated",
    title: "A client does not keep sending an access token that was refused.",
    level: "SHOULD",
    revisions: ALWAYS,
    isOfMcp: true,
    link: rfc("6750 3.1"),
    official: [],
    check: checkRefused,
  },
  {
    id: "C37",
    name: "refresh-before-the-person",
    title: "A client that holds a good refresh token uses it before it asks the person to log in again.",
    level: "SHOULD",
    revisions: ALWAYS,
    isOfMcp: true,
    link: rfc("6749 1.5"),
    official: [],
    check: checkRefreshFirst,
  },
  {
    id: "C38",
    name: "new-tokens-kept",
    title: "A client that got a new access token uses it instead of the one before, whatever else fails.",
    level: "SHOULD",
    revisions: ALWAYS,
    isOfMcp: true,
    link: rfc("6749 6"),
    official: [],
    check: checkNewTokens,
  },
  {
    id: "C39",
    name: "stops-after-invalid-grant",
    title: "A client whose refresh is refused with invalid_grant discards the refresh token, and asks the person.",
    level: "SHOULD",
    revisions: ALWAYS,
    link: rfc("6749 5.2"),
    official: [],
    check: checkInvalidGrant,
  },
  {
    id: "C41",
    name: "revoked-token-not-used",
    title: "A client that revokes a token, as it may at logout, does not use it again.",
    level: "SHOULD",
    revisions: ALWAYS,
    link: rfc("7009 2"),
    official: [],
    check: checkRevoked,
  },
];
