// Step 1 of a request's way: which sandbox it belongs to, and what its path is in there. Handlers serve every
// sandbox alike, because all they know of it is the `Sandbox` they are given.
import { type Layout, MAIN, type ScenarioClient } from "../scenarios/scenario.ts";
import { buildUrls, paths, type Urls, wellKnown } from "../http/urls.ts";

/**
 * Logins that were revoked together. Each login carries the count of such revocations that it was made after, so that
 * no clock, moved or standing still, can make one seem older or newer than it is.
 */
export interface Revocations {
  readonly count: number;
  /** The last one that was of all logins. */
  readonly all: number;
  /** The last one of each client's logins. */
  readonly clients: Readonly<Record<string, number>>;
}

/** Where nothing was revoked. */
export const noRevocations: Revocations = Object.freeze({ count: 0, all: 0, clients: Object.freeze({}) });

/** A sandbox at the instant of one request: its identity as the asking client sees it, and its time. */
export interface Sandbox {
  /** First part of every key this sandbox keeps in the store. */
  readonly id: string;
  /** What it is called: `main`, or what stands in its URL. */
  readonly name: string;
  readonly scenario: string;
  /** Path prefix: empty for `main`, and where it has an origin of its own. */
  readonly prefix: string;
  /** Scheme, host and port, without a trailing slash. */
  readonly origin: string;
  /** Issuer identifier, byte for byte what metadata, tokens and `iss` carry (RFC 8414 section 2). */
  readonly issuer: string;
  readonly urls: Urls;
  /** When the request arrived, in milliseconds since 1970 on the sandbox's clock: the one instant of all that it does. */
  readonly nowMs: number;
  /** The clock itself, for what outlives a request, such as a session. */
  readonly now: () => number;
  /** Clients that are there without having registered. */
  readonly clients: readonly ScenarioClient[];
  /** Whether a page of another site asks, for which nothing on this machine is fetched. */
  readonly isAskedByForeignPage: boolean;
  readonly revocations: () => Revocations;
  /** The same sandbox as its first authorization server sees it, or the one it moves to. */
  readonly serverAt: (which: "first" | "second") => Sandbox;
}

interface SandboxParts {
  /** First part of its keys; `main` if not given. */
  readonly id?: string;
  /** What it is called; `main` if not given. */
  readonly name?: string;
  /** Name of its scenario; `standard` if not given. */
  readonly scenario?: string;
  /** Path prefix; none if not given. */
  readonly prefix?: string;
  readonly origin: string;
  readonly layout?: Layout;
  readonly clients?: readonly ScenarioClient[];
  /** Whether a page of another site asks; none if not given. */
  readonly isAskedByForeignPage?: boolean;
  readonly now: () => number;
  /** Logins that were revoked; none if not given. */
  readonly revocations?: () => Revocations;
}

/**
 * Makes a sandbox as seen from an origin, now.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const sandbox = buildSandbox({ prefix: "/s/iss-missing", origin: "http://localhost:8789", now: () => 0 });
 * assert.equal(sandbox.issuer, "http://localhost:8789/s/iss-missing");
 * ```
 */
export function buildSandbox(parts: SandboxParts): Sandbox {
  return createSandboxView(parts)(parts.now());
}

/** Makes the function that gives a sandbox as seen from an origin at an instant, as every request needs it. */
export function createSandboxView(parts: SandboxParts): (nowMs: number) => Sandbox {
  const { id = MAIN, name = MAIN, scenario = "standard", prefix = "", origin, layout = {}, clients = [], now } = parts;
  const { revocations = () => noRevocations, isAskedByForeignPage = false } = parts;
  const serverOf = (serverId: string, issuerPath: string): Omit<Sandbox, "nowMs" | "serverAt"> => ({
    id: serverId,
    name,
    scenario,
    prefix,
    origin,
    issuer: origin + prefix + issuerPath,
    urls: buildUrls({ origin, prefix, issuerPath }),
    now,
    clients,
    isAskedByForeignPage,
    revocations,
  });
  const first = serverOf(id, layout.issuer_path ?? "");
  // A server of its own, with its own clients and keys, which happens to be kept here.
  const second = layout.second_issuer_path === undefined
    ? undefined
    : serverOf(secondServerId(id), layout.second_issuer_path);
  // Under load many requests arrive in one millisecond.
  let latest: Sandbox | undefined;
  return (nowMs) => {
    if (latest?.nowMs === nowMs) return latest;
    const serverAt = (which: "first" | "second"): Sandbox =>
      which === "second" && second ? Object.freeze({ ...second, nowMs, serverAt }) : sandbox;
    const sandbox: Sandbox = Object.freeze({ ...first, nowMs, serverAt });
    return latest = sandbox;
  };
}

/** Under which id the second authorization server of a sandbox keeps what is its own. */
export function secondServerId(id: string): string {
  return `${id}/second`;
}

/** Whether a sandbox has a label, which who needs one of its own has chosen. */
export function isLabelled({ name }: Pick<Sandbox, "name">): boolean {
  return name.includes("~");
}

/** Which sandbox a URL is of, before anybody has looked whether there is such a scenario. */
export interface Address {
  /** What it is called: `main`, `iss-missing`, `iss-missing~label`. */
  readonly name: string;
  /** The scenario that is named; undefined for the process's own. */
  readonly scenario: string | undefined;
  readonly label: string | undefined;
  readonly prefix: string;
  /** The path less the prefix, wherever that stood. */
  readonly path: string;
}

/** The longest name that a scenario can have: limits count by names, so none may be as long as a URL. */
const MAX_SCENARIO_NAME = 64;
const PREFIXED = /^(\/\.well-known\/[a-z-]+)?\/s\/([^/]+)(\/.*)?$/;
const TOKEN = /^([a-z0-9]+(?:-[a-z0-9]+)*)(?:~([a-z0-9-]{1,64}))?$/;
const HOST = /^([a-z0-9]+(?:-[a-z0-9]+)*)(?:--([a-z0-9-]{1,60}))?\.localhost$/;

/**
 * Reads which sandbox a URL is of: `/s/<scenario>[~<label>]` in its path, or `<scenario>[--<label>].localhost` as its host.
 *
 * @param isScenario Whether a name is that of a scenario: other hosts below `localhost` are this machine's as they are.
 * @returns Undefined for a prefix that can be no sandbox's.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const url = new URL("http://localhost/.well-known/oauth-authorization-server/s/iss-missing~a1");
 * const { name, path } = parseAddress(url, () => true) ?? {};
 * assert.deepEqual([name, path], ["iss-missing~a1", "/.well-known/oauth-authorization-server"]);
 * ```
 */
export function parseAddress({ pathname, hostname }: URL, isScenario: (name: string) => boolean): Address | undefined {
  const prefixed = pathname.includes("/s/") ? PREFIXED.exec(pathname) : null;
  if (prefixed) {
    const [, inserted, token = "", rest = ""] = prefixed;
    const [, scenario, label] = TOKEN.exec(token) ?? [];
    // The root is the one address of the server's own sandbox.
    if (scenario === undefined || scenario === MAIN || scenario.length > MAX_SCENARIO_NAME) return undefined;
    const path = `${inserted ?? ""}${rest}` || paths.home;
    return { name: token, scenario, label, prefix: `/s/${token}`, path };
  }
  const [, scenario, label] = hostname.endsWith(".localhost") ? HOST.exec(hostname) ?? [] : [];
  if (scenario !== undefined && isScenario(scenario)) {
    const name = label === undefined ? scenario : `${scenario}~${label}`;
    return { name, scenario, label, prefix: "", path: pathname };
  }
  return { name: MAIN, scenario: undefined, label: undefined, prefix: "", path: pathname };
}

/** A path as the route table has it. */
export interface RoutedPath {
  /** What to look up; empty where there is nothing. */
  readonly path: string;
  readonly server: "first" | "second";
}

/** What the default endpoints of MCP 2025-03-26 stand for. */
const defaultEndpoints: Readonly<Record<string, string>> = {
  "/authorize": paths.authorize,
  "/token": paths.token,
  "/register": paths.register,
};

const WELL_KNOWN = "/.well-known/";
/** Places behind which the path of an issuer comes. */
const issuerPlaces = [wellKnown.authorizationServer, wellKnown.openidConfiguration] as const;

/**
 * Takes a path of a sandbox to the one the route table has, whatever the sandbox's layout.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const layout = { issuer_path: "/tenant1" };
 * assert.equal(routePath("/tenant1/oauth/token", layout).path, "/oauth/token");
 * assert.equal(routePath("/oauth/token", layout).path, "");
 * ```
 */
export function routePath(path: string, layout: Layout = {}): RoutedPath {
  const { issuer_path = "", second_issuer_path, default_endpoints = false, trailing_slash = false } = layout;
  for (const place of path.startsWith(WELL_KNOWN) ? issuerPlaces : []) {
    if (path !== place && !path.startsWith(`${place}/`)) continue;
    const issuer = path.slice(place.length);
    if (issuer === issuer_path) return routedAt(place);
    return issuer === second_issuer_path ? routedAt(place, "second") : routedAt("");
  }
  if (second_issuer_path !== undefined && path.startsWith(`${second_issuer_path}/`)) {
    return routedAt(path.slice(second_issuer_path.length), "second");
  }
  if (issuer_path !== "") {
    if (path.startsWith(`${issuer_path}/`)) return routedAt(path.slice(issuer_path.length));
    // The server's own endpoints lie below its issuer and nowhere else.
    const isOfServer = path.startsWith(`${paths.oauth}/`) && path !== paths.oauthSse && path !== paths.oauthMessages;
    return routedAt(isOfServer ? "" : path);
  }
  if (trailing_slash && path === `${paths.oauth}/`) return routedAt(paths.oauth);
  return routedAt(default_endpoints ? defaultEndpoints[path] ?? path : path);
}

function routedAt(path: string, server: RoutedPath["server"] = "first"): RoutedPath {
  return { path, server };
}
