/**
 * Every scenario, in every revision that a client can speak: the client that does right passes, the one that ignores what
 * the scenario is about does not, and neither does one that stops half way.
 */
import assert from "node:assert/strict";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { type Revision, revisions } from "../../lib/judge/settled.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import type { Scenario } from "../../lib/scenarios/scenario.ts";
import type { RuleId } from "../../lib/scenarios/vocabulary.ts";
import { type Slip, Stop } from "../interop/double/double.ts";
import {
  assertRight,
  bestFor,
  missingIn,
  openWorld,
  playScenario,
  type SeenReport,
  type World,
} from "./scenario_world.ts";

/** How a client ignores what a scenario is about: by a slip, which breaks a rule if one can see it, or it trips, and stops half way. */
type Ignoring = readonly [slip: Slip, breaks?: RuleId] | "trips";

const ignoring: Readonly<Record<string, Ignoring>> = {
  standard: ["sends no challenge", "C11"],
  "no-pkce-list": ["needs no proof of PKCE", "C13"],
  "pkce-plain-only": ["uses plain", "C12"],
  "pkce-plain-too": ["uses plain", "C12"],
  "issuer-path": ["looks for OpenID first", "C4"],
  "issuer-slash": ["trusts any metadata", "C5"],
  "issuer-extra-path": ["trusts any metadata", "C5"],
  "oidc-only": ["looks for OpenID first", "C4"],
  "oidc-fields-missing": ["looks for OpenID first", "C4"],
  "spa-catch-all": ["looks for OpenID first", "C4"],
  "metadata-text-404": ["looks for OpenID first", "C4"],
  // The code goes to another host, where no server here sees it: that is no pass, and no proof.
  "http-token-endpoint": ["takes http"],
  "authorize-url-query": ["sends no state", "C15"],
  "no-cors": ["skips resource metadata", "C1"],
  "challenge-missing": ["skips resource metadata", "C1"],
  "prm-only-in-challenge": ["ignores the named metadata", "C2"],
  "challenge-single-quotes": ["skips resource metadata", "C1"],
  "challenge-twice": ["skips resource metadata", "C1"],
  "prm-html": ["looks at the root first", "C3"],
  "prm-path-401": ["looks at the root first", "C3"],
  "prm-path-502": ["looks at the root first", "C3"],
  "issuer-slash-in-prm": ["trusts any metadata", "C5"],
  "prm-resource-origin": ["names no resource", "C14"],
  "prm-resource-slash": ["skips resource metadata", "C1"],
  "query-token-bait": ["puts its token into the URL", "C23"],
  "no-prm": ["skips server metadata", "C31"],
  "no-registration": ["registers anyway", "C29"],
  "dcr-forbidden": ["makes up an id", "C9"],
  "dcr-rejected": ["makes up an id", "C9"],
  "dcr-html": ["makes up an id", "C9"],
  "dcr-nulls": "trips",
  "dcr-no-secret-expiry": "trips",
  "dcr-method-changed": "trips",
  "client-secret-expires": "trips",
  "client-forgotten": "trips",
  "invalid-client-400": "trips",
  "cimd-rejected": ["sends no challenge", "C11"],
  "no-custom-schemes": ["redirects elsewhere", "C16"],
  "no-loopback-redirects": ["makes up an id", "C9"],
  "no-localhost-redirects": ["redirects elsewhere", "C16"],
  "native-clients-only": ["registers without a type", "C8"],
  "exact-redirect-uri": ["redirects elsewhere", "C16"],
  "state-wrong": ["takes any state", "C15"],
  "state-missing": ["takes any state", "C15"],
  "state-mangled": ["takes any state", "C15"],
  "state-required": ["sends no state", "C15"],
  "iss-missing": ["takes any iss", "C25"],
  "person-denies": ["sends no state", "C15"],
  "iss-wrong-on-error": ["acts on any error", "C27"],
  "html-in-error": ["sends no challenge", "C11"],
  "resource-refused": ["names no resource", "C14"],
  "advertised-scope-refused": ["asks for listed scopes", "C17"],
  "offline-access-refused": ["wants offline access", "C21"],
  "openid-refused": ["asks for listed scopes", "C17"],
  "token-200-error": "trips",
  "token-form-encoded": "trips",
  "expires-in-string": "trips",
  "expires-in-zero": "trips",
  "expires-in-missing": ["asks the person instead of refreshing", "C37"],
  "token-type-missing": ["forgets its token", "C22"],
  "token-type-lowercase": "trips",
  "token-nested": ["sends no challenge", "C11"],
  "id-token-null": "trips",
  "scope-commas": ["asks for no scope", "C17"],
  "token-rate-limited": ["does not wait", "C42"],
  "slow-token-endpoint": ["forgets its token", "C22"],
  "clock-skew": ["asks the person instead of refreshing", "C37"],
  "secret-in-body-only": "trips",
  "secret-in-header-only": "trips",
  "auth-methods-unlisted": "trips",
  "short-tokens": ["asks the person instead of refreshing", "C37"],
  "refresh-race": ["refreshes twice at once", "C33"],
  "refresh-lost-response": ["refreshes after invalid_grant", "C39"],
  "refresh-grace": ["keeps its old refresh token", "C34"],
  "refresh-no-new-token": ["loses its refresh token", "C37"],
  "refresh-refused": ["refreshes after invalid_grant", "C39"],
  "refresh-refused-401": ["refreshes after invalid_grant", "C39"],
  "refresh-refuses-resource": ["asks the person instead of refreshing", "C37"],
  "refresh-narrows-scope": ["refreshes for more", "C40"],
  "refresh-unaccepted": "trips",
  "refresh-needs-consent": "trips",
  "endless-401": ["asks its person for ever", "C20"],
  "step-up-with-refresh-token": ["does not step up", "C19"],
  "expired-403": ["asks the person instead of refreshing", "C37"],
  "expired-500": "trips",
  "expired-tool-error": "trips",
  "slash-redirect": "trips",
  "session-lost": ["keeps its lost session", "M35"],
  "session-lost-in-call": ["keeps its lost session", "M35"],
  "session-lost-with-stream": ["keeps its lost session", "M35"],
  "session-lost-again": ["keeps its lost session", "M35"],
  "session-ends-with-token": ["keeps its lost session", "M35"],
  "session-lost-400": ["leaves out its session id", "M33"],
  "session-lost-html": ["keeps its lost session", "M35"],
  "session-short-life": ["keeps its lost session", "M35"],
  "session-lost-between-pages": ["keeps its cursor for the next session", "M110"],
  "no-get-stream": ["asks for its stream again and again", "M27"],
  "get-stream-404": ["asks for its stream again and again", "M27"],
  "get-stream-406": ["asks for its stream again and again", "M27"],
  "get-stream-json": ["asks for its stream again and again", "M27"],
  "get-stream-conflict": ["asks for its stream again and again", "M27"],
  // Nothing shows then whether it takes the refusal.
  "answers-as-streams": ["reads JSON alone", "M25"],
  "answers-as-json": ["reads event streams alone", "M25"],
  "stream-comments": ["chokes on comments", "M52"],
  "notifications-first": ["reads JSON alone", "M25"],
  "stream-trickled": ["reads JSON alone", "M25"],
  "stream-closed-early": ["does not wait as the stream says", "M29"],
  "stream-cut-early": ["comes back with another event id", "M30"],
  "stream-cut-without-id": ["asks again under the same id", "M53"],
  "stream-cut-in-answer": ["comes back with another event id", "M30"],
  "resume-broken": ["does not come back to a stream", "M28"],
  "two-streams": ["comes back with the event id of another stream", "M30"],
  "answers-on-get-stream": ["answers no request", "M31"],
  "accepted-with-body": ["sends again what was accepted", "M24"],
  "accepted-with-200": ["sends again what was accepted", "M24"],
  "accepted-with-204": ["sends again what was accepted", "M24"],
  "end-session-405": ["leaves its session open"],
  "no-session-id": ["makes up a session id", "M33"],
  "session-id-symbols": ["leaves out its session id", "M33"],
  "era-400-empty": ["logs in where it should fall back", "M60"],
  "era-400-html": ["logs in where it should fall back", "M60"],
  "era-400-json": ["logs in where it should fall back", "M60"],
  "era-400-invalid-request": ["logs in where it should fall back", "M60"],
  "era-400-no-session": ["logs in where it should fall back", "M60"],
  "era-404-no-session": ["logs in where it should fall back", "M60"],
  "era-405": ["logs in where it should fall back", "M60"],
  "era-406": ["logs in where it should fall back", "M60"],
  "era-415": ["logs in where it should fall back", "M60"],
  "era-422": ["logs in where it should fall back", "M60"],
  "era-501": ["logs in where it should fall back", "M60"],
  "era-200-method-not-found": ["logs in where it should fall back", "M60"],
  "era-200-invalid-params": ["logs in where it should fall back", "M60"],
  "era-200-no-id": ["logs in where it should fall back", "M60"],
  "era-silent": ["logs in where it should fall back", "M60"],
  "era-404-no-discovery": ["names no version", "M41"],
  "era-header-mismatch": ["falls back whatever it is told", "M59"],
  "era-missing-capability": ["falls back whatever it is told", "M59"],
  "offers-older": ["keeps to its own offer", "M18"],
  // M18 from 2025-06-18 on; before there was no header to name it in, and C45 asks for one.
  "offers-newer": ["keeps to its own offer"],
  "offers-1999": ["takes any counter-offer", "M19"],
  "offers-2099": ["takes any counter-offer", "M19"],
  "offers-nothing": ["takes any counter-offer", "M19"],
  "initialize-refused": ["offers the same again", "M20"],
  "initialize-refused-for-good": ["offers the same again", "M20"],
  "slow-initialize": ["does not wait for initialize", "M16"],
  "declares-nothing": ["asks for what was not declared", "M21"],
  "version-refused-for-older": ["keeps to its refused version", "M58"],
  "version-refused-for-unknown": ["keeps to its refused version", "M58"],
  "discover-lists-newer": ["returns to initialize", "M63"],
  "discover-lists-older": ["ignores the listed versions", "M64"],
  "server-info-changes": ["discovers again for another name", "M65"],
  "http-sse-only": ["posts to the stream's URL", "M38"],
  "http-sse-404": ["posts to the stream's URL", "M38"],
  "http-sse-400": ["posts to the stream's URL", "M38"],
  "http-sse-foreign-endpoint": ["takes any endpoint", "M38"],
  "bare-handshake": ["offers a revision of its own making", "M15"],
  "version-refused-once": ["returns to initialize", "M59"],
  "newer-revision-400": ["logs in where it should fall back", "M60"],
  "moved-while-signed-in": ["keeps its id", "C10"],
  "revocation-fails": "trips",
  "add-numbers": ["names no version", "C45"],
  "standard-headers": ["names no method", "M43"],
  "unknown-notification": ["answers notifications", "M5"],
  "server-requests": ["answers another id", "M6"],
  "old-error-codes": ["takes an old code for a lost login", "M12"],
  "declared-method-missing": ["looks for another transport", "M56"],
  "result-kind-unknown": ["goes on with any result", "M57"],
  "result-kind-missing": ["takes the first page for all", "M107"],
  "call-unanswered": ["waits for ever", "M102"],
  "list-unanswered": ["waits for ever", "M102"],
  "initialize-unanswered": ["cancels initialize", "M99"],
  "answer-after-cancel": ["waits for ever", "M102"],
  "progress-for-ever": ["waits for ever", "M103"],
  "progress-stray": ["answers notifications", "M5"],
  "cancelled-unknown": ["answers notifications", "M5"],
  "answer-twice": "trips",
  "answer-other-id": "trips",
  "answer-id-as-text": "trips",
  "form-defaults": ["leaves defaults out", "M75"],
  "form-limits": ["fills in what does not fit", "M74"],
  "form-required": ["accepts without content", "M73"],
  "form-choices": ["sends titles", "M76"],
  "form-formats": ["fills in what does not fit", "M74"],
  "form-without-mode": ["takes no mode for a mistake", "M71"],
  "form-flood": ["answers every question", "M80"],
  "url-mode": ["looks at the URL first", "M77"],
  "url-required": ["repeats without a visit", "M79"],
  "url-completion-unknown": ["takes any completion for its own", "M78"],
  "url-to-form-only": ["accepts an undeclared mode", "M72"],
  sampling: ["names no model", "M81"],
  "sampling-tool-required": ["uses no tool where it must", "M83"],
  "sampling-no-tool": ["uses tools where it may not", "M83"],
  "sampling-five-tokens": ["writes on and on", "M84"],
  "sampling-tool-loop": ["asks for tools for ever", "M85"],
  "sampling-result-missing": ["takes broken results of tools", "M82"],
  "roots-listed": ["has a web page for a root", "M86"],
  "pings-in-calls": ["answers pings with more", "M67"],
  "undeclared-requests": ["answers what it did not declare", "M69"],
  "undeclared-input": ["answers what it did not declare", "M69"],
  "task-optional": ["polls tasks as fast as it can", "M152"],
  "task-required": ["forgets its tasks", "M150"],
  "task-forbidden": ["asks for a task of any tool", "M141"],
  "task-undeclared": ["asks for a task", "M140"],
  "task-or-result": ["forgets its tasks", "M150"],
  "task-slows-down": ["polls tasks as fast as it can", "M152"],
  "task-asks": ["answers a task twice", "M153"],
  "task-untold": ["forgets its tasks", "M150"],
  "task-told": ["answers notifications", "M5"],
  "task-fails": ["forgets its tasks", "M150"],
  "task-cancelled": ["forgets its tasks", "M150"],
  "task-expires": ["polls tasks as fast as it can", "M152"],
  "task-cancel": ["cancels a task with a notification", "M154"],
  "task-for-resource": ["takes a task for any result", "M151"],
  "task-of-client": ["answers at once where a task is asked for", "M148"],
  pages: ["takes the first page for all", "M107"],
  "page-empty": ["takes a short page for the last", "M108"],
  "pages-of-one": ["takes the first page for all", "M107"],
  "cursor-for-ever": ["reads one page for ever", "M107"],
  "cursor-odd-characters": ["changes cursors", "M109"],
  "cursor-json": ["changes cursors", "M109"],
  "cursor-looks-empty": ["takes the first page for all", "M107"],
  "cursor-unicode": ["changes cursors", "M109"],
  "cursor-long": ["changes cursors", "M109"],
  "cursor-empty": ["takes an empty cursor for the end", "M111"],
  "state-json": ["changes requestState", "M88"],
  "state-base64": ["changes requestState", "M88"],
  "state-long": ["leaves requestState out", "M88"],
  "state-odd-characters": ["changes requestState", "M88"],
  "rounds-three": ["begins anew when it is asked again", "M93"],
  "state-without-questions": ["begins anew when it is asked again", "M93"],
  "questions-without-state": ["keeps requestState for the next round", "M89"],
  "one-of-two-asks": ["sends requestState with other calls", "M92"],
  "question-declined": ["sends an error as its answer", "M94"],
  "request-states": ["goes on under its old id", "M90"],
  "tools-change": ["keeps an old list", "M112"],
  "prompts-change": ["keeps an old list", "M112"],
  "resources-change": ["keeps an old list", "M112"],
  "tools-change-unsaid": "trips",
  "listening-cut-down": ["asks for more again and again", "M115"],
  "listening-breaks-off": ["listens again at once", "M117"],
  "listening-ends": ["listens again at once", "M117"],
  "nobody-may-subscribe": ["subscribes where nobody may", "M113"],
  "cache-fresh": ["fetches what is fresh", "M131"],
  "cache-short": ["keeps what has run out", "M132"],
  "cache-pages": ["keeps what has run out", "M132"],
  "cache-never": ["keeps what is never fresh", "M133"],
  // Where nothing is said, a client may go by what it knows itself.
  "cache-unsaid": ["keeps what is never fresh"],
  "cache-negative": ["keeps what is never fresh", "M133"],
  "cache-polling": ["fetches whenever the time runs out", "M134"],
  "cache-two-resources": ["keeps results by method alone", "M135"],
  "cache-answered": ["keeps what depends on its answers", "M136"],
  "cache-two-users": ["keeps one cache for all logins", "M137"],
  "cache-changed": ["keeps what has changed", "M138"],
  "cache-resource-changed": ["keeps what has changed", "M138"],
  "cache-cursor-refused": ["asks for a refused cursor again", "M139"],
  "custom-headers": ["sends no argument headers", "M46"],
  "skills-no-prefetch": ["reads skills ahead", "M159"],
  "skills-verify-digest": ["loads skills unchecked", "M160"],
  "skills-verify-size": ["loads skills unchecked", "M161"],
  "skills-verify-frontmatter": ["loads skills unchecked", "M162"],
  "invalid-tool-headers": ["calls tools with invalid marks", "M48"],
  "tools-20000": ["takes the first page for all", "M107"],
  "result-10-mib": "trips",
  "structured-content-misfit": ["does not check results", "M121"],
  "structured-content-any": ["takes objects alone", "M122"],
  "content-of-any-type": ["fails at unknown content", "M123"],
  "tool-error-with-hint": ["hides tool errors", "M124"],
  "resource-missing": ["looks for another transport", "M130"],
  "schema-dialects": ["calls tools of any dialect", "M126"],
  "schema-network-ref": ["fetches references", "M127"],
  "schema-ref-elsewhere": ["fetches references", "M127"],
  "schema-unresolved-ref": ["takes unresolved schemas", "M128"],
  "schema-keywords": ["drops schema keywords", "M125"],
  "schema-deep": ["calls tools in capitals", "M118"],
  "schema-wide": ["calls tools in capitals", "M118"],
  "schema-hostile-pattern": ["calls tools in capitals", "M118"],
  "names-alike": ["calls tools in capitals", "M118"],
  "names-equal": ["calls tools in capitals", "M118"],
  "text-with-instructions": ["calls tools in capitals", "M118"],
  "text-with-controls": ["calls tools in capitals", "M118"],
  "text-unseen": ["calls tools in capitals", "M118"],
  "icons-elsewhere": ["shows icons of any origin", "M157"],
  "tool-names-in-base64": ["escapes header values", "M45"],
  "arguments-in-headers": ["sends no argument headers", "M46"],
  "invalid-argument-headers": ["calls tools with invalid marks", "M48"],
  "argument-header-changed": ["repeats a call without listing", "M49"],
  "wrong-audience": ["asks its person for ever", "C20"],
  "bad-signature": ["asks its person for ever", "C20"],
  "unknown-kid": ["asks its person for ever", "C20"],
  "jwks-without-key": "trips",
  "metadata-truncated": ["looks for OpenID first", "C4"],
  "metadata-503-once": ["does not wait", "C42"],
  "slow-metadata": ["skips resource metadata", "C1"],
  "token-truncated": "trips",
  "token-dropped": "trips",
  "token-503-twice": ["does not wait", "C42"],
  "mcp-503-once": ["does not wait", "C42"],
  "mcp-truncated": "trips",
  "mcp-dropped": "trips",
  "slow-tool-call": "trips",
  github: ["registers anyway", "C29"],
  google: ["trusts any metadata", "C5"],
  entra: ["needs no proof of PKCE", "C13"],
  okta: ["sends no state", "C15"],
  slack: ["registers anyway", "C29"],
  atlassian: ["skips server metadata", "C31"],
  keycloak: ["uses plain", "C12"],
  cognito: ["needs no proof of PKCE", "C13"],
  "prm-at-path": ["skips resource metadata", "C1"],
  "prm-unannounced": ["looks at the root first", "C3"],
  "prm-at-root": ["looks at the root first", "C3"],
  "prm-at-custom-url": ["ignores the named metadata", "C2"],
  "legacy-metadata": ["skips server metadata", "C31"],
  "legacy-endpoints": ["skips server metadata", "C31"],
  "resource-mismatch": ["takes any resource", "C14"],
  "metadata-wrong-issuer": ["trusts any metadata", "C5"],
  "client-document": ["always registers", "C6"],
  "auth-basic": "trips",
  "auth-post": "trips",
  "auth-none": "trips",
  "pre-registered": "trips",
  "server-moved": ["keeps its id", "C10"],
  "scope-in-challenge": ["asks for listed scopes", "C17"],
  "scope-in-metadata": ["asks for no scope", "C17"],
  "scope-nowhere": ["asks for a scope of its own", "C17"],
  "step-up": ["does not step up", "C19"],
  "step-up-endless": ["steps up forever", "C20"],
  "offline-access": ["asks for no scope", "C17"],
  "offline-access-unlisted": ["wants offline access", "C21"],
  "iss-supported": "trips",
  "iss-not-advertised": "trips",
  "iss-supported-missing": ["takes any iss", "C25"],
  "iss-wrong-issuer": ["takes any iss", "C25"],
  "iss-unexpected": ["takes any iss", "C25"],
  "iss-normalized": ["takes any iss", "C26"],
  "client-credentials-jwt": ["signs for another server"],
  "client-credentials-basic": "trips",
  "enterprise-managed": ["sends the id_token itself"],
  dpop: ["sends its token as Bearer"],
  "dpop-nonce": ["never repeats the nonce", "C44"],
  "workload-identity": ["insists on its assertion", "C44"],
};

/** How it ignores the same in a revision that does not have that rule yet, if not by being let in and losing its token. */
const ignoringEarlier: Readonly<Record<string, Ignoring>> = {
  "stream-cut-in-answer": ["asks again under the same id", "M53"],
  "prm-path-502": ["skips resource metadata", "C1"],
  "prm-resource-origin": ["sends no challenge", "C11"],
  "no-prm": ["skips resource metadata", "C1"],
  "advertised-scope-refused": ["sends no challenge", "C11"],
  "moved-while-signed-in": ["brings a foreign token", "C24"],
  "task-optional": ["polls tasks as fast as it can", "M142"],
  "task-required": ["asks for no task where it has to", "M141"],
  "task-slows-down": ["polls tasks as fast as it can", "M142"],
  "task-asks": ["does not say which task it answers for", "M145"],
  "task-untold": ["forgets its tasks", "M143"],
  "task-fails": ["forgets its tasks", "M143"],
  "task-cancelled": ["forgets its tasks", "M143"],
  "task-expires": ["polls tasks as fast as it can", "M142"],
  "task-cancel": ["cancels a task with a notification", "M146"],
  google: ["looks for OpenID first", "C4"],
  slack: ["sends no challenge", "C11"],
  atlassian: ["skips resource metadata", "C1"],
};

function revisionsOf(scenario: Scenario): readonly Revision[] {
  return revisions.filter((revision) => scenario.revisions?.includes(revision) ?? true);
}

function hasRule(revision: Revision, ids: readonly RuleId[]): boolean {
  return rules.some((rule) => ids.includes(rule.id) && rule.revisions.includes(revision));
}

/** How a client of a revision ignores a scenario, and the rule of that revision that it breaks. */
function ignoringIn({ name, reaches }: Scenario, revision: Revision): Ignoring {
  const how = ignoring[name];
  assert(how, `${name} has no client that ignores what it is about`);
  if (how === "trips" || how[1] === undefined || hasRule(revision, [how[1]])) return how;
  // Going on without end fails in every revision, with a rule or without.
  if (typeof reaches === "object" && "gives_up_within" in reaches) return [how[0]];
  return ignoringEarlier[name] ?? ["forgets its token", "C22"];
}

/** Whether a client that stops as soon as it has asked for a token has come far enough. */
function isFarEnough({ reaches = "call" }: Scenario): boolean {
  return typeof reaches !== "string" ||
    ["discovery", "registration", "authorization", "token", "connection"].includes(reaches);
}

type Play = (test: World, scenario: Scenario, version: Revision) => Promise<SeenReport>;

/** Plays every scenario, in every revision if not told otherwise. */
function walk(
  play: Play,
  check: (scenario: Scenario, version: Revision, report: SeenReport) => void,
  versionsOf: (scenario: Scenario) => readonly Revision[] = revisionsOf,
): (t: Deno.TestContext) => Promise<void> {
  return async (t: Deno.TestContext): Promise<void> => {
    await using test = await openWorld();
    for (const scenario of catalogue) {
      await t.step(scenario.name, async () => {
        for (const version of versionsOf(scenario)) check(scenario, version, await play(test, scenario, version));
      });
    }
  };
}

Deno.test(
  "a client that does right passes every scenario in every revision that the scenario is for",
  walk(
    (test, scenario, version) => playScenario(test, scenario, { version }, version),
    (scenario, version, report) => {
      assertRight(report, version);
      if (version === bestFor(scenario)) assert.deepEqual(missingIn(report), [], "it shows what the scenario expects");
    },
  ),
);

Deno.test(
  "a client that stops as soon as it has asked for a token passes no scenario that wants it to come farther",
  walk(
    (test, scenario, version) => {
      let isOver = false;
      const send = async (request: Request): Promise<Response> => {
        if (isOver) throw new Stop();
        isOver = /(?<!\/idp)\/token$/.test(new URL(request.url).pathname);
        return await test.app(request);
      };
      return playScenario(test, scenario, { version, send }, version);
    },
    (scenario, version, { verdict, reason, clients }) => {
      if (isFarEnough(scenario)) return;
      assert.equal(verdict, "incomplete", `${version}: ${reason}`);
      assert.equal(clients[0]?.progress.outcome, "short", version);
    },
    // It stops before it speaks MCP, so that one revision tells of all.
    (scenario) => revisionsOf(scenario).slice(-1),
  ),
);

Deno.test(
  "a client that ignores what a scenario is about does not pass it, in any revision that the scenario is for",
  walk(
    async (test, scenario, version) => {
      const how = ignoringIn(scenario, version);
      return await playScenario(test, scenario, { version, slip: how === "trips" ? undefined : how[0] }, version);
    },
    (scenario, version, { verdict, reason, clients: [client] }) => {
      const how = ignoringIn(scenario, version);
      if (how === "trips") {
        // What becomes of it is in the test before this one.
        assert(!isFarEnough(scenario), `${version}: half way is far enough`);
      } else {
        const [, rule] = how;
        assert.notEqual(verdict, "pass", `${version}: ${reason}`);
        if (rule === undefined) return;
        // A recommendation that the scenario does not test is a warning.
        const isWarning = !scenario.expects.includes(rule) && client?.warnings.includes(rule);
        const isFound = isWarning || client?.failures.includes(rule);
        assert.deepEqual([verdict, isFound], [isWarning ? "incomplete" : "fail", true], `${version}: ${reason}`);
      }
    },
  ),
);

Deno.test("every scenario expects a rule of every revision that it is for", () => {
  for (const scenario of catalogue) {
    const without = revisionsOf(scenario).filter((revision) => !hasRule(revision, scenario.expects));
    assert.deepEqual(without, [], scenario.name);
  }
});
