// Rules on how a client refreshes: one at a time, with the token that it got last, where it got it, for what was granted.

import { digestOf } from "../../../recorder/redact/digests.ts";
import { type Grant, type Logins, readLogins, type Refresh } from "../../logins.ts";
import { gapBetween, isDelivered, isLongAfter, mayHaveGivenUp, overlap } from "../../moments.ts";
import { idOf } from "../../proofs.ts";
import { scopesOf, textOf } from "../../reading.ts";
import type { TokenStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { issuerOf } from "./registration.ts";
import { ALWAYS, broken, kept, notObserved, type Outcome, positionsOf, rfc, type Rule } from "../rule.ts";

const NO_REFRESH = "It did not refresh";

/** Refreshes with the same token, each with the one before. */
function pairsOf({ refreshes }: Logins): readonly (readonly [Refresh, Refresh])[] {
  const last = new Map<string, Refresh>();
  return refreshes.flatMap((refresh) => {
    const before = last.get(refresh.sent);
    last.set(refresh.sent, refresh);
    return before ? [[before, refresh] as const] : [];
  });
}

/** Whether a second refresh was made as if the first had not been, though that had brought a new refresh token. */
function isRace([first, second]: readonly [Refresh, Refresh], { isInHand }: Logins): boolean {
  const { grant } = first;
  if (overlap(first.step, second.step)) return !mayHaveGivenUp(first.step, second.step);
  return grant?.replaced !== undefined && isDelivered(grant.step) && !isLongAfter(grant.step, second.step) &&
    !isInHand(grant, second.step);
}

function checkSingle(view: View): Outcome {
  const logins = readLogins(view);
  const race = pairsOf(logins).find((pair) => isRace(pair, logins));
  if (race) {
    const [{ step: first }, { step: second }] = race;
    const when = overlap(first, second)
      ? "before the first was answered"
      : `${Math.max(0, Math.round(gapBetween(first, second)))} ms after the first was answered with a new one`;
    return broken(`It sent a refresh token twice, the second time ${when}`, positionsOf([first, second]));
  }
  const carriedOut = logins.refreshes.filter(({ grant }) => grant !== undefined).map(({ step }) => step);
  return carriedOut.length === 0
    ? notObserved(logins.refreshes.length === 0 ? NO_REFRESH : "None of its refreshes was carried out")
    : kept("It refreshed once at a time", positionsOf(carriedOut));
}

function checkSuperseded(view: View): Outcome {
  const logins = readLogins(view);
  const replacedBy = new Map<string, Grant>();
  const successors: Refresh[] = [];
  for (const refresh of logins.refreshes) {
    const newer = replacedBy.get(refresh.sent);
    if (newer && logins.isInHand(newer, refresh.step)) {
      return broken("It sent a refresh token again after it had got a new one instead", [
        newer.step.at,
        refresh.step.at,
      ]);
    }
    if (logins.byRefresh.get(refresh.sent)?.replaced !== undefined) successors.push(refresh);
    const { grant } = refresh;
    if (grant?.replaced !== undefined && !newer) replacedBy.set(grant.replaced, grant);
  }
  if (successors.length > 0) {
    return kept(
      "It refreshed with the refresh token that it got last",
      positionsOf(successors.map(({ step }) => step)),
    );
  }
  return notObserved(
    replacedBy.size > 0
      ? "It got a new refresh token, and has not refreshed with it: let it refresh once more"
      : logins.refreshes.length === 0
      ? NO_REFRESH
      : "None of its refreshes brought a new refresh token",
  );
}

/** Whether a response brought a refresh token, be there an access token beside it or, as from some providers, elsewhere. */
function bringsRefresh({ issued }: TokenStep, sent: string): boolean {
  const brought = textOf(issued, "refresh_token");
  return brought !== undefined && digestOf(brought) === sent;
}

/** Whether a response before a step may have brought anything. */
function isUnread({ at, status, issued, exchange }: TokenStep, step: TokenStep): boolean {
  return at < step.at && status < 300 && issued === undefined && exchange.response.truncated;
}

function checkOwn(view: View): Outcome {
  const { refreshes, byRefresh } = readLogins(view);
  const own: TokenStep[] = [];
  for (const { step, sent } of refreshes) {
    const source = byRefresh.get(sent)?.step ?? view.tokens.find((one) => bringsRefresh(one, sent));
    if (!source || source.at > step.at) {
      if (view.isWhole && !view.tokens.some((one) => isUnread(one, step))) {
        return broken("It tried to refresh with a token that it was never issued", [step.at]);
      }
      continue;
    }
    const [id, owner] = [idOf(step), idOf(source)];
    if (id !== undefined && owner !== undefined && id !== owner) {
      return broken(`It sent a refresh token of the client_id ${owner} as ${id}`, positionsOf([source, step]));
    }
    const [issuer, issued] = [issuerOf(view, step), issuerOf(view, source)];
    if (issuer !== undefined && issued !== undefined && issuer !== issued) {
      return broken(`It sent a refresh token that ${issued} had issued to ${issuer}`, positionsOf([source, step]));
    }
    own.push(step);
  }
  return own.length === 0
    ? notObserved(refreshes.length === 0 ? NO_REFRESH : "Not all issued tokens are on record")
    : kept("It sent refresh tokens only where it had got them, as the client they were issued to", positionsOf(own));
}

/** The scopes that the person granted a login; undefined if nothing says which. */
function grantedScopes({ authorizations }: View, { step }: Grant): readonly string[] | undefined {
  const scope = textOf(step.issued, "scope");
  if (scope !== undefined) return scopesOf(scope);
  // What is not said is what was asked for (RFC 6749 5.1).
  const code = step.params.get("code");
  const asked = code === null ? undefined : authorizations.find(({ answer }) => answer?.get("code") === code);
  return asked?.params.has("scope") ? scopesOf(asked.params.get("scope")) : undefined;
}

function checkScope(view: View): Outcome {
  const { refreshes, byRefresh, grants } = readLogins(view);
  const scoped: TokenStep[] = [];
  for (const { step, sent } of refreshes) {
    const scopes = scopesOf(step.params.get("scope"));
    const login = byRefresh.get(sent)?.login;
    const first = grants.find((grant) => grant.login === login);
    const granted = first && grantedScopes(view, first);
    if (scopes.length === 0 || !first || !granted) continue;
    const more = scopes.filter((scope) => !granted.includes(scope));
    if (more.length > 0) {
      return broken(`It refreshed for '${more.join(" ")}', which had not been granted`, [first.step.at, step.at]);
    }
    scoped.push(step);
  }
  return scoped.length === 0
    ? notObserved(refreshes.length === 0 ? NO_REFRESH : "It named no scope where it refreshed")
    : kept("It refreshed only for scopes that had been granted", positionsOf(scoped));
}

/** The rules on refreshing. */
export const refreshingRules: readonly Rule[] = [
  {
    id: "C33",
    name: "one-refresh-at-a-time",
    title: "A client refreshes once at a time, and lets all of its parts use the response.",
    level: "SHOULD",
    revisions: ALWAYS,
    link: "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.3.1",
    official: [],
    check: checkSingle,
  },
  {
    id: "C34",
    name: "superseded-refresh-token",
    title: "A client that gets a new refresh token discards the old one, and refreshes with the new one.",
    level: "MUST",
    revisions: ALWAYS,
    link: rfc("6749 6"),
    official: [],
    check: checkSuperseded,
  },
  {
    id: "C35",
    name: "own-refresh-tokens-only",
    title: "A client sends a refresh token only to the server that issued it, as the client it was issued to.",
    level: "MUST",
    revisions: ALWAYS,
    link: rfc("6749 10.4"),
    official: [],
    check: checkOwn,
  },
  {
    id: "C40",
    name: "scope-of-refresh",
    title: "A client that names scopes where it refreshes names none that had not been granted.",
    level: "MUST",
    revisions: ALWAYS,
    link: rfc("6749 6"),
    official: [],
    check: checkScope,
  },
];
