// The refusals of URLs that do not exist: each says which one was probably meant, and where all of them are listed.
import { closest } from "../http/did_you_mean.ts";
import { OAuthError } from "../http/errors.ts";
import type { Sandbox } from "./sandbox.ts";
import { controlPaths, paths, wellKnown } from "../http/urls.ts";

/** What clients and people call endpoints elsewhere, by the last segment of the path. */
const elsewhere: ReadonlyMap<string, keyof typeof paths> = new Map([
  ["mcp", "oauth"],
  ["auth", "authorize"],
  ["login", "authorize"],
  ["authorization", "authorize"],
  ["access_token", "token"],
  ["jwks.json", "jwks"],
  ["certs", "jwks"],
  ["keys", "jwks"],
  ["revocation", "revoke"],
  ["introspection", "introspect"],
  ["user", "userinfo"],
  ["me", "userinfo"],
  ["signout", "logout"],
  ["endsession", "logout"],
  ["end_session", "logout"],
  ["device_authorization", "device"],
  ["code", "device"],
  ["docs", "guide"],
  ["report", "report"],
  ["status", "health"],
  ["healthz", "health"],
]);

/**
 * The refusal of a path that has no endpoint.
 *
 * @param asked What was asked for: the method, and the path below the sandbox's prefix as it was sent.
 */
export function noSuchEndpoint(
  { method, path }: { readonly method: string; readonly path: string },
  { urls, origin, prefix }: Sandbox,
): OAuthError {
  const here = new Map<string, string>();
  const at = (name: keyof typeof paths): string => new URL(urls[name]).pathname;
  for (const name of Object.keys(paths)) {
    // `/mcp` means a client's way in, and not the agents' own.
    const isMeant = name !== "agent" || path.startsWith(controlPaths.index);
    if (isMeant && isName(name) && !paths[name].includes(":")) here.set(at(name).slice(prefix.length), at(name));
  }
  for (const known of Object.values(controlPaths)) if (!known.includes(":")) here.set(known, prefix + known);
  const wanted = nearest(path, [...here.keys()]);
  const known = elsewhere.get(lastOf(path));
  const meant = nearestMetadata(path, prefix) ??
    (wanted === undefined ? (known === undefined ? undefined : at(known)) : here.get(wanted));
  const metadata = origin + wellKnown.authorizationServer + prefix;
  return new OAuthError("not_found", "Not found: there is no endpoint at this path", {
    parameter: "path",
    received: `${method} ${prefix}${path}`,
    expected: `an endpoint that ${metadata} names, or that the README lists`,
    meant: meant === undefined ? undefined : { text: meant, path: meant },
  });
}

function isName(name: string): name is keyof typeof paths {
  return name in paths;
}

/**
 * `/token` and `/v1/oauth2/token` mean `/oauth/token`, before any path that only looks alike; but `/control/token` means
 * its neighbour `/control/tokens`.
 */
function nearest(path: string, known: readonly string[]): string | undefined {
  const last = lastOf(path);
  const ending = known.filter((one) => lastOf(one) === last);
  const folder = folderOf(path);
  const neighbours = folder === "" ? [] : known.filter((one) => folderOf(one).endsWith(folder));
  return ending.find((one) => one.endsWith(path)) ?? likeLast(last, neighbours) ??
    (last === "" ? undefined : ending[0]) ?? closest(path, known) ?? likeLast(last, known);
}

function likeLast(last: string, known: readonly string[]): string | undefined {
  const meant = closest(last, known.map(lastOf));
  return known.find((one) => lastOf(one) === meant);
}

/** Metadata lie at the origin, with what they are of behind: the slip is in the name alone, and the rest stays. */
function nearestMetadata(path: string, prefix: string): string | undefined {
  const [, name = "", rest = ""] = /^(\/\.well-known\/[^/]+)(.*)$/.exec(path) ?? [];
  const meant = closest(name, Object.values(wellKnown));
  return meant === undefined ? undefined : meant + prefix + rest;
}

function folderOf(path: string): string {
  const plain = withoutSlash(path);
  return plain.slice(0, plain.lastIndexOf("/"));
}

function lastOf(path: string): string {
  const plain = withoutSlash(path);
  return plain.slice(plain.lastIndexOf("/") + 1).toLowerCase();
}

function withoutSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

/** The refusal of a URL whose sandbox cannot be. */
export function noSuchScenario(names: readonly string[], { pathname }: URL, origin: string): OAuthError {
  const [, token = ""] = /\/s\/([^/]*)/.exec(pathname) ?? [];
  const [written = "", ...label] = token.split("~");
  const meant = names.includes(written) ? undefined : closest(written, names);
  const hasBadLabel = names.includes(written) && token.includes("~");
  const problem = hasBadLabel ? "the label of this sandbox is not one" : "there is no such scenario";
  return new OAuthError("not_found", `Not found: ${problem}`, {
    parameter: "path",
    received: pathname,
    expected: "/s/<scenario>, or /s/<scenario>~<label> with a label of 1 to 64 of a-z 0-9 -",
    see: `${origin}${paths.scenarios}`,
    meant: meant === undefined
      ? undefined
      : { text: meant, path: pathname.replace(`/s/${token}`, () => `/s/${[meant, ...label].join("~")}`) },
  });
}
