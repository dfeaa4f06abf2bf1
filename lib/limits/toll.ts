// What a request costs the address it comes from, and whether that address can pay.
import { OAuthError } from "../http/errors.ts";
import { controlPaths, paths } from "../http/urls.ts";
import type { Errand } from "./asker.ts";
import { BODY_STEP_BYTES, isShared, type Rate, rateOf, rates, UNKNOWN_BODY_BYTES } from "./limits.ts";
import { createRateLimiter } from "./rate_limiter.ts";

/** A request, as far as its cost goes. */
interface Passer {
  readonly address: string;
  readonly sandbox: string;
  readonly cost: Cost;
}

interface Cost {
  /** How many requests it counts as, by the size of its body. */
  readonly requests: number;
  /** What costs so much more than other requests that it has a rate of its own. */
  readonly kind: CostlyKind | undefined;
}

/** What has a rate of its own. */
type CostlyKind = "rotations" | "logins";

interface Toll {
  /** Takes what a request costs; gives the refusal where the address, or its sandbox, has asked too much. */
  readonly take: (passer: Passer) => OAuthError | undefined;
  /** Whether a refusal may be given at once: an address that does not wait is made to. */
  readonly isAtOnce: (address: string) => boolean;
}

/** What an error calls it. */
const costly: Readonly<Record<CostlyKind, string>> = {
  rotations: "key rotations from your address",
  logins: "logins from your address",
};

/** What a request costs, as far as that can be told without its body. */
export function costOf(
  request: Pick<Request, "method" | "headers" | "body">,
  { searchParams }: URL,
  path: string,
): Cost {
  const { method, headers, body } = request;
  const declared = headers.get("content-length");
  const bytes = declared === null ? (body === null ? 0 : UNKNOWN_BODY_BYTES) : Number(declared);
  return { requests: 1 + Math.floor(bytes / BODY_STEP_BYTES), kind: kindOf(method, searchParams, path) };
}

/** What an errand costs: its body has come with the request that it is part of. */
export function costOfErrand({ method, path }: Errand): Cost {
  return { requests: 1, kind: kindOf(method, new URLSearchParams(), path) };
}

function kindOf(method: string, query: URLSearchParams, path: string): Cost["kind"] {
  if (path === controlPaths.rotateKeys) return method === "POST" ? "rotations" : undefined;
  // A scenario's layout may put the endpoint below an issuer's path.
  if (!path.endsWith("/authorize") && !path.endsWith(paths.deviceVerify)) return undefined;
  return method === "POST" || query.has("auto_approve_email") ? "logins" : undefined;
}

/** Begins to count. */
export function createToll(monotonicMs: () => number): Toll {
  const addresses = createRateLimiter(monotonicMs);
  const kinds = createRateLimiter(monotonicMs);
  const beginners = createRateLimiter(monotonicMs);
  const all = createRateLimiter(monotonicMs);
  const sandboxes = createRateLimiter(monotonicMs);

  function takeAddress({ address, cost }: Passer): OAuthError | undefined {
    const wait = addresses.take(address, rates.address, Math.min(cost.requests, rates.address.burst));
    if (wait > 0) return tooMany("requests from your address", rates.address, wait);
    const { kind } = cost;
    const waitForKind = kind ? kinds.take(`${kind} ${address}`, rates[kind]) : 0;
    return kind && waitForKind > 0 ? tooMany(costly[kind], rates[kind], waitForKind) : undefined;
  }

  function takeBeginning({ address, sandbox }: Passer): OAuthError | undefined {
    if (isShared(sandbox) || sandboxes.knows(sandbox)) return undefined;
    const wait = beginners.take(address, rates.beginnings);
    if (wait > 0) return tooMany("new sandboxes from your address", rates.beginnings, wait);
    const waitForOthers = all.take("", rates.allBeginnings);
    // Nobody keeps others out who have hardly begun any.
    if (waitForOthers === 0 || kinds.take(`first ${address}`, rates.firstBeginnings) === 0) return undefined;
    return tooMany("new sandboxes", rates.allBeginnings, waitForOthers);
  }

  function takeSandbox({ address, sandbox }: Passer): OAuthError | undefined {
    const rate = rateOf(sandbox);
    const wait = sandboxes.take(sandbox, rate);
    if (wait === 0 || (isShared(sandbox) && kinds.take(`spare ${address}`, rates.spare) === 0)) return undefined;
    return tooMany(`requests to the sandbox ${sandbox}`, rate, wait);
  }

  return {
    take: (passer) => takeAddress(passer) ?? takeBeginning(passer) ?? takeSandbox(passer),
    isAtOnce: (address) => kinds.take(`refusals ${address}`, rates.refusals) === 0,
  };
}

function tooMany(what: string, { burst, perSecond }: Rate, wait: number): OAuthError {
  const pace = perSecond < 1 ? `one every ${Math.round(1 / perSecond)} seconds` : `${perSecond} a second`;
  return new OAuthError("temporarily_unavailable", `Too many ${what}`, {
    status: 429,
    expected: `${burst} at once, then ${pace}`,
    reference: "RFC 6585 4",
    headers: { "retry-after": `${Math.ceil(wait)}` },
  });
}
