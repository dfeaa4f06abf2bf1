/**
 * Every path of the server, written once: route rows take their path from {@link paths}, and everything that tells a
 * client where to go (metadata, challenges, pages) takes the absolute form from {@link buildUrls}.
 *
 * @module
 */

/** Paths below a sandbox's prefix, by the name of the route that serves them; `:name` stands for any one last segment. */
export const paths = {
  home: "/",
  guide: "/guide",
  scenarios: "/scenarios",
  inspect: "/inspect",
  health: "/health",
  noAuth: "/no-auth",
  bearer: "/bearer",
  oauth: "/oauth",
  conformance: "/conformance",
  authorize: "/oauth/authorize",
  token: "/oauth/token",
  register: "/oauth/register",
  registration: "/oauth/register/:client_id",
  jwks: "/oauth/jwks",
  revoke: "/oauth/revoke",
  introspect: "/oauth/introspect",
  userinfo: "/oauth/userinfo",
  logout: "/oauth/logout",
  par: "/oauth/par",
  device: "/oauth/device",
  deviceVerify: "/oauth/device/verify",
  idpConfiguration: "/idp/.well-known/openid-configuration",
  idpToken: "/idp/token",
  idpJwks: "/idp/jwks",
  clientMetadata: "/client-metadata/:name",
  report: "/control/report",
  exchanges: "/control/exchanges",
  events: "/control/events",
  customResourceMetadata: "/custom/metadata/location.json",
  assets: "/assets/",
  style: "/assets/shared/style.css",
  guideScript: "/assets/guide/guide.js",
  favicon: "/favicon.ico",
  robots: "/robots.txt",
} as const;

/** Paths of the API that tests control a sandbox with, below its prefix. */
export const controlPaths = {
  index: "/control",
  openapi: "/control/openapi.json",
  faults: "/control/faults",
  fault: "/control/faults/:name",
  clock: "/control/clock",
  users: "/control/users",
  user: "/control/users/:email",
  clients: "/control/clients",
  client: "/control/clients/:client_id",
  tokens: "/control/tokens",
  revokeTokens: "/control/tokens/revoke",
  rotateKeys: "/control/keys/rotate",
  breakKeys: "/control/keys/break",
  plan: "/control/plan",
  scenarios: "/control/scenarios",
  origins: "/control/origins",
  reset: "/control/reset",
} as const;

/** Paths at the origin's root, into which a sandbox's prefix is inserted (RFC 8414 section 3.1, RFC 9728 section 3.1). */
export const wellKnown = {
  authorizationServer: "/.well-known/oauth-authorization-server",
  openidConfiguration: "/.well-known/openid-configuration",
  protectedResource: "/.well-known/oauth-protected-resource",
} as const;

/** The absolute URLs of one sandbox, as seen by the client that asks. */
export type Urls = Readonly<
  Record<keyof typeof paths | keyof typeof wellKnown | "oauthProtectedResource" | "control", string>
>;

/** Where a sandbox is seen. */
export interface Place {
  /** Scheme, host and port, without a trailing slash. */
  readonly origin: string;
  /** The sandbox's prefix: empty for `main`, else `/s/<scenario>`. */
  readonly prefix: string;
  /** Path of its authorization server below that: empty, or `/tenant1`. */
  readonly issuerPath?: string;
}

/**
 * Builds the absolute URLs of a sandbox.
 *
 * @param place Where it is seen.
 */
export function buildUrls({ origin, prefix, issuerPath = "" }: Place): Urls {
  const base = origin + prefix;
  const issuer = base + issuerPath;
  return Object.freeze({
    home: base + paths.home,
    guide: base + paths.guide,
    scenarios: base + paths.scenarios,
    inspect: base + paths.inspect,
    health: base + paths.health,
    noAuth: base + paths.noAuth,
    bearer: base + paths.bearer,
    oauth: base + paths.oauth,
    conformance: base + paths.conformance,
    authorize: issuer + paths.authorize,
    token: issuer + paths.token,
    register: issuer + paths.register,
    registration: issuer + paths.registration,
    jwks: issuer + paths.jwks,
    revoke: issuer + paths.revoke,
    introspect: issuer + paths.introspect,
    userinfo: issuer + paths.userinfo,
    logout: issuer + paths.logout,
    par: issuer + paths.par,
    device: issuer + paths.device,
    deviceVerify: issuer + paths.deviceVerify,
    idpConfiguration: base + paths.idpConfiguration,
    idpToken: base + paths.idpToken,
    idpJwks: base + paths.idpJwks,
    clientMetadata: base + paths.clientMetadata,
    control: base + controlPaths.index,
    report: base + paths.report,
    exchanges: base + paths.exchanges,
    events: base + paths.events,
    customResourceMetadata: base + paths.customResourceMetadata,
    assets: base + paths.assets,
    style: base + paths.style,
    guideScript: base + paths.guideScript,
    favicon: base + paths.favicon,
    robots: base + paths.robots,
    authorizationServer: origin + wellKnown.authorizationServer + prefix + issuerPath,
    openidConfiguration: origin + wellKnown.openidConfiguration + prefix + issuerPath,
    protectedResource: origin + wellKnown.protectedResource + prefix,
    oauthProtectedResource: origin + wellKnown.protectedResource + prefix + paths.oauth,
  });
}
