// Ports of their own for sandboxes. Some scenarios need an origin at which there is nothing else; a name below `localhost`
// does that, too, but many systems do not resolve such names for programs, and a port needs no set-up.
import { OAuthError } from "../http/errors.ts";
import { controlPaths } from "../http/urls.ts";
import { idleSinceMs } from "./held_sandbox.ts";
import type { Address } from "./sandbox.ts";

/** A port that was opened. */
export interface OpenPort {
  readonly port: number;
  /** `http`, or `https` where the server speaks TLS. */
  readonly protocol: "http" | "https";
  /** Listens no more. */
  readonly close: () => Promise<void>;
}

/** Opens a port of 127.0.0.1 that leads to the same server. */
export type OpenPortFor = () => OpenPort | Promise<OpenPort>;

/** Ports of their own. */
export interface OwnOrigins {
  /** The sandbox whose port a request came to; undefined for the server's own. */
  readonly find: (url: URL) => Address | undefined;
  /** Opens a port for a sandbox, unless it has one; gives its origin. */
  readonly open: (sandbox: { readonly scenario: string; readonly label: string }) => Promise<string>;
  /** Notes that a sandbox was reset: until its port is used again, another sandbox may have that one's place. */
  readonly spare: (name: string) => void;
}

interface Opened {
  readonly address: Address;
  readonly origin: string;
  readonly close: OpenPort["close"];
  usedMs: number;
}

/** Ports that a server has open at most: each takes a file descriptor. */
export const MAX_OWN_ORIGINS = 100;

/**
 * Makes what gives sandboxes ports of their own. A port stays open for as long as there is room, so that a test can reset
 * its sandbox and use the port again; then one closes that was not used since its sandbox was reset, or for a day.
 *
 * @param openPort Opens a port; undefined where the server does not listen by itself, or others could reach it.
 * @param now The clock, in milliseconds since 1970.
 */
export function createOwnOrigins(openPort: OpenPortFor | undefined, now: () => number): OwnOrigins {
  const byPort = new Map<string, Opened>();
  const byName = new Map<string, Opened>();
  const opening = new Map<string, Promise<Opened>>();

  function makeRoom(): void {
    if (byPort.size + opening.size < MAX_OWN_ORIGINS) return;
    const [longest] = [...byPort].toSorted(([, one], [, other]) => one.usedMs - other.usedMs);
    if (!longest || longest[1].usedMs >= idleSinceMs(now())) throw tooMany();
    const [port, { address, close }] = longest;
    byPort.delete(port);
    byName.delete(address.name);
    // A port that cannot be closed leads nowhere any longer.
    void close().catch(() => {});
  }

  async function add(address: Address): Promise<Opened> {
    if (!openPort) throw cannotOpen();
    const { port, protocol, close } = await opened(openPort);
    const added = { address, origin: `${protocol}://127.0.0.1:${port}`, close, usedMs: now() };
    byPort.set(`${port}`, added);
    byName.set(address.name, added);
    return added;
  }

  return {
    find: ({ port, pathname }) => {
      const known = byPort.size === 0 ? undefined : byPort.get(port);
      if (!known) return undefined;
      known.usedMs = now();
      return { ...known.address, path: pathname };
    },
    open: async ({ scenario, label }) => {
      const name = `${scenario}~${label}`;
      let known = byName.get(name) ?? await opening.get(name);
      if (!known) {
        makeRoom();
        const added = add({ name, scenario, label, prefix: "", path: "/" }).finally(() => opening.delete(name));
        opening.set(name, added);
        known = await added;
      }
      known.usedMs = now();
      return known.origin;
    },
    spare: (name) => {
      const known = byName.get(name);
      if (known) known.usedMs = -Infinity;
    },
  };
}

async function opened(openPort: OpenPortFor): Promise<OpenPort> {
  try {
    return await openPort();
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
  return new OAuthError("invalid_request", "All ports that this server may open are in use", {
    parameter: "label",
    expected:
      `one of the ${MAX_OWN_ORIGINS} sandboxes that have a port; POST /control/reset of one that is no longer ` +
      "needed makes room, and so does a day without use",
    status: 507,
  });
}
