/**
 * A server that anybody can reach: whoever asks for too much waits, and every page says that all of it is fake.
 *
 * @module
 */
import { OAuthError } from "../lib/errors.ts";
import type { Askers } from "../lib/public/asker.ts";
import { lock } from "../lib/public/harmless.ts";
import { peerOf } from "../lib/public/peer.ts";
import { isShared, type Rate, type RateName, rateOf, rates } from "../lib/public/limits.ts";
import { createRateLimiter } from "../lib/public/rate_limiter.ts";
import { createUnderWay, underWayLimits } from "../lib/public/under_way.ts";
import { type Address, buildSandbox } from "../lib/sandbox.ts";
import { controlPaths, paths } from "../lib/urls.ts";
import { withEnd } from "../lib/stream.ts";
import { renderNotice } from "../views/notice.tsx";
import { failureResponse } from "./failure.tsx";
import type { Located } from "./request_url.ts";
import { allowOrigin, type ConnectionInfo } from "./router.ts";

/** What limits are kept with. */
export interface LimitsDeps {
  /** A clock for durations, in milliseconds. */
  readonly monotonicMs: () => number;
  /** Told who asks. */
  readonly askers: Askers;
  /** Which sandbox a URL is of. */
  readonly addressOf: (url: URL) => Address | undefined;
}

/**
 * Puts limits on an app.
 *
 * @param app The app.
 * @param deps What limits are kept with.
 */
export function limitApp(app: Located, { monotonicMs, askers, addressOf }: LimitsDeps): Located {
  const peers = createRateLimiter(monotonicMs);
  const costs = createRateLimiter(monotonicMs);
  const beginners = createRateLimiter(monotonicMs);
  const all = createRateLimiter(monotonicMs);
  const sandboxes = createRateLimiter(monotonicMs);
  const underWay = createUnderWay(underWayLimits);

  function refusalOf(peer: string, sandbox: string, costly: Costly | undefined): OAuthError | undefined {
    const wait = peers.take(peer, rates.address);
    if (wait > 0) return tooMany("requests of your address", rates.address, wait);
    const waitForCost = costly ? costs.take(`${costly} ${peer}`, rates[costly]) : 0;
    if (costly && waitForCost > 0) return tooMany(costlyNames[costly], rates[costly], waitForCost);
    return refusalToBegin(peer, sandbox) ?? refusalToAsk(peer, sandbox);
  }

  function refusalToBegin(peer: string, sandbox: string): OAuthError | undefined {
    if (isShared(sandbox) || sandboxes.knows(sandbox)) return undefined;
    const wait = beginners.take(peer, rates.beginnings);
    if (wait > 0) return tooMany("new sandboxes of your address", rates.beginnings, wait);
    const waitForOthers = all.take("", rates.allBeginnings);
    // Nobody keeps others out who have hardly begun any.
    if (waitForOthers === 0 || costs.take(`first ${peer}`, rates.firstBeginnings) === 0) return undefined;
    return tooMany("new sandboxes", rates.allBeginnings, waitForOthers);
  }

  function refusalToAsk(peer: string, sandbox: string): OAuthError | undefined {
    const rate = rateOf(sandbox);
    const wait = sandboxes.take(sandbox, rate);
    if (wait === 0 || (isShared(sandbox) && costs.take(`spare ${peer}`, rates.spare) === 0)) return undefined;
    return tooMany(`requests to the sandbox ${sandbox}`, rate, wait);
  }

  /** Counts a request in, and out again when its answer has been made, or its stream of events is over. */
  async function countedIn(
    peer: string,
    request: Request,
    url: URL,
    answer: () => Promise<Response>,
  ): Promise<Response> {
    let leave: () => void;
    try {
      leave = underWay.enter(peer);
    } catch (error) {
      if (error instanceof OAuthError) return refused(error, request, url);
      throw error;
    }
    let isStream = false;
    try {
      const response = await answer();
      isStream = response.body !== null && response.headers.get("content-type") === "text/event-stream";
      return response.body && isStream ? new Response(withEnd(response.body, leave), response) : response;
    } finally {
      if (!isStream) leave();
    }
  }

  return async (request, url, info) => {
    // Where there is no such sandbox, it is the address alone that counts.
    const { name, path } = addressOf(url) ?? { name: "main", path: "" };
    const peer = callerOf(request, info);
    const refusal = refusalOf(peer, name, costOf(request, url, path));
    const response = refusal
      ? refused(refusal, request, url)
      : await countedIn(peer, request, url, () => askers.answer(peer, () => app(request, url, info)));
    lock(response);
    return withNotice(response);
  };
}

/** What costs so much more than other requests that it has a rate of its own, and what an error calls it. */
const costlyNames = { rotations: "rotations of keys of your address", logins: "logins of your address" } as const;
type Costly = keyof typeof costlyNames & RateName;

/** What a request costs beside one of the address's requests, as far as that can be told without its body. */
function costOf({ method }: Request, { searchParams }: URL, path: string): Costly | undefined {
  if (path === controlPaths.rotateKeys) return method === "POST" ? "rotations" : undefined;
  // A scenario's layout may put the endpoint below an issuer's path.
  if (!path.endsWith("/authorize") && !path.endsWith(paths.deviceVerify)) return undefined;
  return method === "POST" || searchParams.has("auto_approve_email") ? "logins" : undefined;
}

/** Names the caller of a request, as far as limits go. */
export function callerOf(request: Request, info: ConnectionInfo | undefined): string {
  return peerOf(hostnameOf(info), request.headers.get("x-forwarded-for"));
}

function hostnameOf(info: ConnectionInfo | undefined): string | undefined {
  return info?.remoteAddr && "hostname" in info.remoteAddr ? info.remoteAddr.hostname : undefined;
}

function tooMany(what: string, { burst, perSecond }: Rate, wait: number): OAuthError {
  const pace = perSecond < 1 ? `one every ${Math.round(1 / perSecond)} seconds` : `${perSecond} a second`;
  return new OAuthError("temporarily_unavailable", `There are too many ${what}`, {
    status: 429,
    expected: `${burst} at once, and ${pace} in the long run`,
    reference: "RFC 6585 4",
    headers: { "retry-after": `${Math.ceil(wait)}` },
  });
}

function refused(refusal: OAuthError, request: Request, url: URL): Response {
  const sandbox = buildSandbox({ origin: url.origin, now: () => 0 });
  const response = failureResponse(refusal, { request, sandbox }, () => {});
  for (const [name, value] of Object.entries(refusal.detail.headers ?? {})) response.headers.set(name, value);
  allowOrigin(response);
  return response;
}

/** Puts the notice at the top of a page; anything else stays as it is, and so does a page that breaks off. */
function withNotice(response: Response): Response {
  const { status, headers, body } = response;
  if (body === null || !headers.get("content-type")?.startsWith("text/html")) return response;
  let isPut = false;
  const notice = new TransformStream<string, string>({
    transform: (text, controller) => {
      controller.enqueue(isPut ? text : text.replace("<body>", () => `<body>${renderNotice()}`));
      isPut ||= text.includes("<body>");
    },
  });
  const page = body.pipeThrough(new TextDecoderStream()).pipeThrough(notice).pipeThrough(new TextEncoderStream());
  return new Response(page, { status, headers });
}
