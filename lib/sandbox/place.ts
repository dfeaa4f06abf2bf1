// Where a sandbox of a scenario is reached: the way back from a name and a label to a URL.
import type { Place } from "../http/urls.ts";
import type { Scenario } from "../scenarios/scenario.ts";

/** Where a sandbox is, and whether that is all it could ask for. */
interface ScenarioPlace extends Place {
  /** Whether nothing else is at its origin. */
  readonly isOwnOrigin: boolean;
}

/** The most characters between two dots of a host name (RFC 1035 2.3.4). */
const MAX_DNS_LABEL = 63;
/** Hosts that are this machine, where every name below `localhost` is, too (RFC 6761 6.3). */
const LOCAL = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Places a sandbox: below a path, or at an origin of its own where its scenario needs one and the server is on this machine.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const at = (needs_origin: boolean) => placeOf({ name: "a", needs_origin }, "x1", "http://127.0.0.1:8789");
 * assert.deepEqual(at(false), { origin: "http://127.0.0.1:8789", prefix: "/s/a~x1", isOwnOrigin: false });
 * assert.deepEqual(at(true), { origin: "http://a--x1.localhost:8789", prefix: "", isOwnOrigin: true });
 * ```
 */
export function placeOf(
  { name, needs_origin = false }: Pick<Scenario, "name" | "needs_origin">,
  label: string,
  origin: string,
): ScenarioPlace {
  const { protocol, hostname, port } = new URL(origin);
  const host = `${name}--${label}`;
  if (!needs_origin || !LOCAL.test(hostname) || host.length > MAX_DNS_LABEL) {
    return { origin, prefix: `/s/${name}~${label}`, isOwnOrigin: false };
  }
  return { origin: `${protocol}//${host}.localhost${port && `:${port}`}`, prefix: "", isOwnOrigin: true };
}
