// Ports of their own for sandboxes. Some scenarios need an origin at which there is nothing else; a name below `localhost`
// does that, too, but many systems do not resolve such names for programs, and a port needs no set-up.
import { OAuthError } from "../http/errors.ts";
import { controlPaths } from "../http/urls.ts";
import type { Address } from "./sandbox.ts";

/** A port that was opened. */
export interface OpenPort {
  readonly port: number;
  /** `http`, or `https` where the server speaks TLS. */
  readonly protocol: "http" | "https";
}

/** Opens a port of 127.0.0.1 that leads to the same server. */
export type OpenPortFor = () => OpenPort;

/** Ports of their own. */
export interface OwnOrigins {
  /** The sandbox whose port a request came to; undefined for the server's own. */
  readonly find: (url: URL) => Address | undefined;
  /** Opens a port for a sandbox, unless it has one; gives its origin. */
  readonly open: (sandbox: { readonly scenario: string; readonly label: string }) => string;
}

/** Ports that a server opens at most: each takes a file descriptor for as long as the server runs. */
export const MAX_OWN_ORIGINS = 100;

/**
 * Makes what gives sandboxes ports of their own.
 *
 * @param openPort Opens a port; undefined where the server does not listen by itself, or others could reach it.
 */
export function createOwnOrigins(openPort: OpenPortFor | undefined): OwnOrigins {
  const byPort = new Map<string, Address>();
  const byName = new Map<string, string>();

  return {
    find: ({ port, pathname }) => {
      const address = byPort.size === 0 ? undefined : byPort.get(port);
      return address && { ...address, path: pathname };
    },
    open: ({ scenario, label }) => {
      const name = `${scenario}~${label}`;
      const known = byName.get(name);
      if (known !== undefined) return known;
      if (!openPort) throw cannotOpen();
      if (byName.size >= MAX_OWN_ORIGINS) throw tooMany();
      const { port, protocol } = opened(openPort);
      const origin = `${protocol}://127.0.0.1:${port}`;
      byPort.set(`${port}`, { name, scenario, label, prefix: "", path: "/" });
      byName.set(name, origin);
      return origin;
    },
  };
}

function opened(openPort: OpenPortFor): OpenPort {
  try {
    return openPort();
  } catch (error) {
    const received = error instanceof Error ? error.message : String(error);
    throw new OAuthError("temporarily_unavailable", "The system cannot open a port", { received, status: 503 });
  }
}

function cannotOpen(): OAuthError {
  return new OAuthError("invalid_request", "This server does not open ports for sandboxes", {
    parameter: "path",
    received: controlPaths.origins,
    expected: "a server started by main.ts or startMockServer, without --public and --public-url; " +
      "or a server of your own with --scenario",
  });
}

function tooMany(): OAuthError {
  return new OAuthError("invalid_request", "This server has opened all the ports it may", {
    parameter: "label",
    expected: `one of the ${MAX_OWN_ORIGINS} sandboxes that have a port`,
    status: 507,
  });
}
