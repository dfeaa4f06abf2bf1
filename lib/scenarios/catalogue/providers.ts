// Authorization servers that many clients meet, each as a sum of the quirks it is known for. This is how such
// a server treats a client; tokens, pages and addresses are this server's own.
import type { Scenario } from "../scenario.ts";
import { resourceRefused, stateRequired } from "./oauth/authorization.ts";
import { secretInBodyOnly } from "./oauth/client_auth.ts";
import { issuerExtraPath, noPkceList, oidcOnly, pkcePlainToo } from "./oauth/discovery.ts";
import { refreshNeedsConsent, refreshNoNewToken } from "./oauth/refresh.ts";
import { dcrForbidden, noRegistration } from "./oauth/registration.ts";
import { issuerSlashInPrm, noPrm } from "./oauth/resource_metadata.ts";
import { errorsAs200, expiresInString, scopeCommas, tokenFormEncoded, tokenNested } from "./oauth/token.ts";
import { since2025_06, since2025_11 } from "./since.ts";

/** A provider: what it is called, the quirks it has, and what is its own. */
interface Provider
  extends Pick<Scenario, "name" | "story" | "client" | "layout" | "needs_origin" | "reaches" | "revisions"> {
  /** Scenarios of one quirk each, the later over the earlier. */
  readonly quirks: readonly Scenario[];
  /** What it has besides them. */
  readonly plan: Scenario["plan"];
  /** What a right client shows, where one quirk hides what another asks for; those of all quirks if not given. */
  readonly expects?: Scenario["expects"];
}

function provider({ quirks, plan, expects, ...said }: Provider): Scenario {
  const plans = [...quirks.map((quirk) => quirk.plan), plan];
  const links = new Map(quirks.flatMap((quirk) => quirk.links.map((link) => [link.url, link])));
  const clients = quirks.flatMap((quirk) => quirk.clients ?? []);
  return {
    ...said,
    group: "Providers",
    plan: {
      policy: Object.assign({}, ...plans.map(({ policy }) => policy ?? {})),
      mint: Object.assign({}, ...plans.map(({ mint }) => mint ?? {})),
      faults: plans.flatMap(({ faults }) => faults ?? []),
    },
    ...(clients.length === 0 ? {} : { clients }),
    expects: expects ?? [...new Set(quirks.flatMap((quirk) => quirk.expects))],
    links: [...links.values()],
  };
}

/** None of these says in its responses who it is. */
const withoutIss = { sendIss: false } as const;

/** Scopes that an administrator has set up: no others can be had. */
const setUp = ["mcp:read", "mcp:write", "mcp:admin", "openid", "profile", "email", "offline_access"] as const;

/** Scenarios that are like a provider. */
export const providerScenarios: readonly Scenario[] = [
  provider({
    name: "github",
    story: "Like GitHub: no registration, tokens as a form, errors with 200, scopes with commas, no refresh tokens",
    client: "Uses credentials it was given, asks for JSON, and looks for error in a 200",
    // The form comes last: what is no longer JSON cannot be edited.
    quirks: [noRegistration, scopeCommas, tokenFormEncoded],
    revisions: since2025_06,
    plan: {
      policy: { ...withoutIss, serverMetadataAt: ["oauth"], issueRefreshTokens: "never" },
      faults: [errorsAs200],
    },
    layout: { issuer_path: "/login/oauth" },
  }),
  provider({
    name: "google",
    story:
      "Like Google: OpenID Connect only, no registration, a slash after the issuer, refresh tokens only with consent",
    client: "Uses credentials it was given, asks for consent to be refreshed, and keeps the refresh token it has",
    quirks: [oidcOnly, noRegistration, issuerSlashInPrm, refreshNeedsConsent, refreshNoNewToken],
    expects: ["C4", "C5"],
    reaches: { refuses_before: "authorization", rule: "C5" },
    revisions: since2025_11,
    plan: { policy: withoutIss, mint: { accessTokenTtlSeconds: 3599 } },
  }),
  provider({
    name: "entra",
    story:
      "Like Microsoft Entra: a tenant in the path, no mention of PKCE, no registration, no resource, expires_in as a string",
    client: "Stops, as nothing says that the server supports PKCE; a client that continues is refused for its resource",
    quirks: [oidcOnly, noPkceList, noRegistration, resourceRefused, expiresInString],
    expects: ["C4", "C13"],
    reaches: { refuses_before: "authorization", rule: "C13" },
    revisions: since2025_11,
    plan: { policy: withoutIss },
    layout: { issuer_path: "/common/v2.0" },
  }),
  provider({
    name: "okta",
    story: "Like Okta: registration by administrators only, state required, scopes that must be set up, a grace window",
    client: "Uses credentials it was given, sends a state, and repeats a refresh whose response was lost",
    quirks: [dcrForbidden, stateRequired],
    expects: ["C15"],
    revisions: since2025_06,
    plan: {
      policy: { serverScopes: setUp, grantableScopes: setUp, refreshGraceSeconds: 30 },
      mint: { accessTokenTtlSeconds: 3600 },
    },
    layout: { issuer_path: "/oauth2/default" },
  }),
  provider({
    name: "slack",
    story:
      "Like Slack: no registration, the token one level down, errors with 200 and ok: false, tokens valid for twelve hours",
    client: "Uses credentials it was given, finds the nested token, and checks ok",
    quirks: [noRegistration, secretInBodyOnly, scopeCommas, tokenNested],
    expects: ["C6", "C11", "C17", "C29"],
    reaches: "token",
    plan: {
      policy: withoutIss,
      mint: { accessTokenTtlSeconds: 12 * 60 * 60 },
      faults: [{ ...errorsAs200, name: "not-ok", edit: { status: 200, json: { set: { ok: false } } } }],
    },
  }),
  provider({
    name: "atlassian",
    story: "Like Atlassian: no resource metadata, an issuer with a path of its own, one-time refresh tokens",
    client: "Finds the server at the origin, and refuses metadata whose issuer differs",
    quirks: [noPrm, issuerExtraPath],
    expects: ["C1", "C31"],
    reaches: "discovery",
    plan: { policy: { rotateRefreshTokens: "always" }, mint: { accessTokenTtlSeconds: 3600 } },
    needs_origin: true,
  }),
  provider({
    name: "keycloak",
    story:
      "Like Keycloak: a realm in the path, registration only for trusted hosts and not for pages, PKCE's plain too",
    client: "Shows the refusal, and uses credentials it was given; uses S256",
    quirks: [oidcOnly, dcrForbidden, pkcePlainToo],
    expects: ["C4", "C11", "C12"],
    revisions: since2025_06,
    plan: {
      mint: { accessTokenTtlSeconds: 300 },
      faults: [{
        name: "register-no-cors",
        match: { endpoint: "register" },
        edit: { headers: { "access-control-allow-origin": null, "access-control-allow-headers": null } },
      }],
    },
    layout: { issuer_path: "/realms/mcp" },
  }),
  provider({
    name: "cognito",
    story: "Like Amazon Cognito: a pool in the path, OpenID Connect only, no mention of PKCE, no registration",
    client: "Stops, as nothing says that the server supports PKCE",
    quirks: [oidcOnly, noPkceList, noRegistration, refreshNoNewToken],
    expects: ["C4", "C13"],
    reaches: { refuses_before: "authorization", rule: "C13" },
    revisions: since2025_11,
    plan: { policy: withoutIss, mint: { accessTokenTtlSeconds: 3600 } },
    layout: { issuer_path: "/eu-west-1_example" },
  }),
];
