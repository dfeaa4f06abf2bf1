// Every path of the server by name, from the list of endpoints, and the absolute URLs that tell a client where to go:
// in metadata, challenges and pages.
import { controlPlaces } from "./control_places.ts";
import { ownPlaces, serverPlaces, wellKnownPlaces } from "./endpoints.ts";

/** Paths below a sandbox's prefix; `:name` stands for any one last segment. */
export const paths: Readonly<Record<keyof typeof ownPlaces, string>> = pathsOf(ownPlaces);

/** Paths of the API that tests control a sandbox with, below its prefix. */
export const controlPaths: Readonly<Record<keyof typeof controlPlaces, string>> = pathsOf(controlPlaces);

/** Paths at the origin's root, into which a sandbox's prefix is inserted (RFC 8414 section 3.1, RFC 9728 section 3.1). */
export const wellKnown: Readonly<Record<keyof typeof wellKnownPlaces, string>> = pathsOf(wellKnownPlaces);

const serverPaths = pathsOf(serverPlaces);

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

/** Builds the absolute URLs of a sandbox. */
export function buildUrls({ origin, prefix, issuerPath = "" }: Place): Urls {
  const base = origin + prefix;
  const issuer = base + issuerPath;
  return Object.freeze({
    ...below(base, paths),
    ...below(issuer, serverPaths),
    control: base + controlPaths.index,
    authorizationServer: origin + wellKnown.authorizationServer + prefix + issuerPath,
    openidConfiguration: origin + wellKnown.openidConfiguration + prefix + issuerPath,
    protectedResource: origin + wellKnown.protectedResource + prefix,
    oauthProtectedResource: origin + wellKnown.protectedResource + prefix + paths.oauth,
  });
}

/**
 * The other name of a server on a loopback interface, which can be called by its name and its address: two origins. Undefined
 * for any other server.
 */
export function otherNameOf(origin: string): string | undefined {
  const url = new URL(origin);
  const other: Readonly<Record<string, string>> = { localhost: "127.0.0.1", "127.0.0.1": "localhost" };
  const hostname = other[url.hostname];
  if (hostname === undefined) return undefined;
  url.hostname = hostname;
  return url.origin;
}

function pathsOf<Name extends string>(
  places: Readonly<Record<Name, { readonly path: string }>>,
): Readonly<Record<Name, string>>;
function pathsOf(places: Readonly<Record<string, { readonly path: string }>>): Readonly<Record<string, string>> {
  return Object.freeze(Object.fromEntries(Object.entries(places).map(([name, { path }]) => [name, path])));
}

function below<Name extends string>(base: string, paths: Readonly<Record<Name, string>>): Record<Name, string>;
function below(base: string, paths: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, base + path]));
}
