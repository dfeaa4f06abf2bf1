/**
 * Rules on scopes: which to ask for, what to do when they are not enough.
 *
 * @module
 */
import type { AuthorizationStep, McpStep, TokenStep } from "../../step.ts";
import { challengeBefore, resourceFor, type View } from "../../view.ts";
import { listOf, scopesOf } from "../../reading.ts";
import { OFFLINE } from "./refresh.ts";
import {
  broken,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  SINCE_2025_11,
  SPECIFICATION,
} from "../rule.ts";

/** Authorization requests for one challenge that the official suite still accepts, less the one before the challenge. */
const MAX_STEP_UPS = 2;
/** How many new tokens a client may get without its person while each is refused. */
const MAX_VAIN_TOKENS = 4;
/** How often the same request may be refused before it counts as a loop. */
const MAX_REPEATS = 3;

function includesAll(scopes: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((scope) => scopes.includes(scope));
}

function quote(scopes: readonly string[]): string {
  return scopes.length === 0 ? "no scope" : `'${scopes.join(" ")}'`;
}

/** The scopes of the 401 that a client answered with a request, if it named any. */
function challengedScopes(view: View, request: AuthorizationStep): readonly string[] | undefined {
  const call = challengeBefore(view, request);
  const scope = call?.status === 401 ? call.challenge?.get("scope") : undefined;
  return scope === undefined ? undefined : scopesOf(scope);
}

/** Whether a challenge asks for more than the resource has said it supports. */
function isBeyondSupported(view: View, request: AuthorizationStep): boolean {
  const supported = listOf(resourceFor(view, request)?.document, "scopes_supported");
  return supported !== undefined && !includesAll(supported, challengedScopes(view, request) ?? []);
}

function checkChoice(view: View): Outcome {
  const requests = view.authorizations.filter((request) =>
    !request.params.has("request") && challengeBefore(view, request)?.status !== 403 &&
    !isBeyondSupported(view, request) &&
    (challengedScopes(view, request) !== undefined || resourceFor(view, request) !== undefined)
  );
  for (const [index, request] of requests.entries()) {
    const supported = listOf(resourceFor(view, request)?.document, "scopes_supported");
    const expected = challengedScopes(view, request) ?? supported ?? [];
    const sent = scopesOf(request.params.get("scope"));
    // Another rule decides whether that scope may be requested.
    const more = sent.filter((scope) => !expected.includes(scope) && scope !== OFFLINE);
    // A client that asks again may also request the scopes that it had before.
    if (includesAll(sent, expected) && (more.length === 0 || index > 0)) continue;
    return broken(`It requested ${quote(sent)} where ${quote(expected)} was expected`, [
      challengeBefore(view, request)?.at ?? request.at,
      request.at,
    ]);
  }
  return requests.length === 0
    ? notObserved("It did not request authorization after a 401 response")
    : kept("It requested the expected scopes", positionsOf(requests));
}

function checkAuthority(view: View): Outcome {
  const requests = view.authorizations.filter((request) => challengedScopes(view, request) !== undefined);
  const followed: AuthorizationStep[] = [];
  for (const request of requests) {
    const expected = challengedScopes(view, request) ?? [];
    const sent = scopesOf(request.params.get("scope"));
    if (includesAll(sent, expected)) followed.push(request);
    else if (isBeyondSupported(view, request)) {
      return broken(`It requested ${quote(sent)} where the 401 response named ${quote(expected)}`, [
        challengeBefore(view, request)?.at ?? request.at,
        request.at,
      ]);
    }
  }
  return followed.length === 0
    ? notObserved(
      requests.length === 0
        ? "No 401 response named a scope"
        : "It did not request the scopes that the 401 response named, and the resource metadata lists them all: see C17",
    )
    : kept(
      "It requested the scopes that the 401 response named, whatever scopes_supported lists",
      positionsOf(followed),
    );
}

function refusals({ calls }: View): readonly McpStep[] {
  return calls.filter(({ status, challenge }) => status === 403 && challenge?.get("error") === "insufficient_scope");
}

/** Whether there is no user who could be asked. */
function actsForItself({ tokens, authorizations }: View): boolean {
  return authorizations.length === 0 && tokens.some(({ params }) => params.get("grant_type") === "client_credentials");
}

function checkStepUp(view: View): Outcome {
  const refused = refusals(view).filter(({ challenge }) => challenge?.get("scope") !== undefined);
  const [first] = refused;
  if (!first || actsForItself(view)) return notObserved("No request was refused with insufficient_scope");
  const answered: number[] = [];
  for (const call of refused) {
    const request = view.authorizations.find(({ at }) => at > call.at);
    if (!request || challengeBefore(view, request) !== call) continue;
    const before = view.authorizations.findLast(({ at }) => at < call.at);
    const wanted = [
      ...scopesOf(call.challenge?.get("scope")),
      // The union of scopes is required since 2026-07-28.
      ...view.revision === "2026-07-28" ? scopesOf(before?.params.get("scope")) : [],
    ];
    const sent = scopesOf(request.params.get("scope"));
    if (!includesAll(sent, wanted)) {
      return broken(`It requested ${quote(sent)} where ${quote([...new Set(wanted)])} was needed`, [
        call.at,
        request.at,
      ]);
    }
    answered.push(call.at, request.at);
  }
  if (answered.length > 0) return kept("It requested the missing scopes after insufficient_scope", answered);
  // Until it continues, its user may not have been asked yet. A stream that it reopens says nothing.
  const next = view.calls.find(({ at, verb }) => at > first.at && verb !== "GET");
  return next
    ? broken("It did not request the missing scopes after insufficient_scope, and continued", [first.at, next.at])
    : notObserved("It got insufficient_scope, and has neither requested the missing scopes nor continued");
}

function checkRetryLimit(view: View): Outcome {
  const byScope = Map.groupBy(refusals(view), ({ challenge }) => challenge?.get("scope") ?? "");
  const vain = [...byScope.values(), ...deafStretches(view)];
  if (vain.length === 0) return notObserved("Nothing that it had requested was refused again");
  const evidence: number[] = [];
  for (const calls of vain) {
    const requests = view.authorizations.filter((request) => {
      const call = challengeBefore(view, request);
      return call !== undefined && calls.includes(call);
    });
    if (requests.length > MAX_STEP_UPS) {
      return broken(
        `It requested authorization ${requests.length} times for what it was refused each time`,
        positionsOf(requests),
      );
    }
    const renewals = vainRenewals(view, calls);
    if (renewals.length > MAX_VAIN_TOKENS) {
      return broken(
        `It got ${renewals.length} new tokens without its person, and each was refused, where ${MAX_VAIN_TOKENS} are enough`,
        positionsOf(renewals),
      );
    }
    evidence.push(...positionsOf(calls), ...positionsOf(requests));
  }
  return kept("It did not keep requesting what did not help", evidence.sort((one, other) => one - other));
}

/** Stretches of calls in which one token after another was refused and none accepted. */
function deafStretches({ calls }: View): readonly (readonly McpStep[])[] {
  const stretches: McpStep[][] = [[]];
  for (const call of calls) {
    if (call.token === undefined) continue;
    if (call.status === 401) stretches.at(-1)?.push(call);
    else if (call.status < 400) stretches.push([]);
  }
  return stretches.filter((stretch) => new Set(stretch.map(({ token }) => token)).size > 1);
}

/** What brought new tokens, without the person, during calls that were refused with 401 whatever the token. */
function vainRenewals({ tokens }: View, calls: readonly McpStep[]): readonly TokenStep[] {
  const refused = calls.filter(({ status }) => status === 401);
  const [first, last] = [refused[0], refused.at(-1)];
  return tokens.filter(({ at, issued, params }) =>
    first && last && at > first.at && at < last.at && issued !== undefined &&
    params.get("grant_type") !== "authorization_code"
  );
}

function checkAlone(view: View): Outcome {
  const [first] = refusals(view);
  if (!first || !actsForItself(view)) {
    return notObserved("It acted for a user, or was not refused with insufficient_scope");
  }
  const again = view.calls.filter(({ at, token, method, status }) =>
    at > first.at && token === first.token && method === first.method && status === 403
  );
  return again.length >= MAX_REPEATS
    ? broken("It kept repeating the refused request with the same token", [first.at, ...positionsOf(again)])
    : kept("It requested more scope, or gave up", [first.at]);
}

const strategy = `${SPECIFICATION}#scope-selection-strategy`;
const stepUp = `${SPECIFICATION}#step-up-authorization-flow`;

/** The rules on scopes. */
export const scopeRules: readonly Rule[] = [
  {
    id: "C17",
    name: "scope-choice",
    title: "A client requests the scopes that the 401 response names, else all that the resource lists, else none.",
    level: "SHOULD",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: strategy,
    official: ["scope-from-www-authenticate", "scope-from-scopes-supported", "scope-omitted-when-undefined"],
    check: checkChoice,
  },
  {
    id: "C18",
    name: "scope-challenge-authoritative",
    title: "A client requests the scopes that a 401 response names, even if the resource does not list them.",
    level: "MUST",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: strategy,
    official: ["scope-step-up-initial"],
    check: checkAuthority,
  },
  {
    id: "C19",
    name: "step-up",
    title: "A client that gets insufficient_scope requests the missing scopes, and those it already had.",
    level: "SHOULD",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: stepUp,
    official: ["scope-step-up-escalation", "sep-2350-scope-union-on-reauth"],
    check: checkStepUp,
  },
  {
    id: "C20",
    name: "step-up-limited",
    title: "A client does not keep requesting scopes or tokens that do not help.",
    level: "SHOULD",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: stepUp,
    official: ["scope-retry-limit"],
    check: checkRetryLimit,
  },
  {
    id: "C32",
    name: "alone-step-up",
    title: "A client that acts for itself and gets insufficient_scope requests the scope, or gives up at once.",
    level: "MAY",
    revisions: SINCE_2025_11,
    link: stepUp,
    official: [],
    check: checkAlone,
  },
];
