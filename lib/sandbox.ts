/**
 * Step 1 of a request's way: which isolated world it belongs to. Today every request belongs to `main`; the type is
 * what everything below stands on, so that other sandboxes need no other change than here.
 *
 * @module
 */
import { buildUrls, type Urls } from "./urls.ts";

/** An isolated world: its identity as the asking client sees it, and its clock. */
export interface Sandbox {
  /** First part of every key this sandbox keeps in the store. */
  readonly id: string;
  /** Name of the scenario that shapes its answers. */
  readonly scenario: string;
  /** Path prefix: empty for `main`. */
  readonly prefix: string;
  /** Scheme, host and port, without a trailing slash. */
  readonly origin: string;
  /** Issuer identifier, byte for byte what metadata, tokens and `iss` carry (RFC 8414 section 2). */
  readonly issuer: string;
  /** Absolute URLs of all its endpoints. */
  readonly urls: Urls;
  /** The sandbox's virtual clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** What every sandbox of one app has in common. */
export interface SandboxOptions {
  /** The clock that virtual clocks are offsets of, in milliseconds since 1970. */
  readonly now: () => number;
  /** Origin to use in place of the request's own, when a proxy stands in front. */
  readonly publicOrigin?: string;
}

/** One origin a name: a server is seen under few of them, and a client that invents more gains nothing. */
const MAX_CACHED_ORIGINS = 100;

/**
 * Makes the function that finds a request's sandbox. The issuer follows the URL the request was sent to, so that one
 * process works as `localhost`, as `127.0.0.1` and under a container's name.
 *
 * @param options What the app was given.
 */
export function createSandboxResolver({ now, publicOrigin }: SandboxOptions): (url: URL) => Sandbox {
  const byOrigin = new Map<string, Sandbox>();
  return (url) => {
    const origin = publicOrigin ?? url.origin;
    const known = byOrigin.get(origin);
    if (known) return known;
    const sandbox = Object.freeze({
      id: "main",
      scenario: "standard",
      prefix: "",
      origin,
      issuer: origin,
      urls: buildUrls(origin, ""),
      now,
    });
    if (byOrigin.size >= MAX_CACHED_ORIGINS) byOrigin.clear();
    byOrigin.set(origin, sandbox);
    return sandbox;
  };
}
