/**
 * A server that anybody can reach: whoever asks for too much waits, and every page says that all of it is fake.
 *
 * @module
 */
import { OAuthError } from "../lib/errors.ts";
import { peerOf } from "../lib/public/peer.ts";
import { type Rate, rateOf, rates } from "../lib/public/limits.ts";
import { createRateLimiter } from "../lib/public/rate_limiter.ts";
import { type Address, buildSandbox } from "../lib/sandbox.ts";
import { controlPaths } from "../lib/urls.ts";
import { renderNotice } from "../views/notice.tsx";
import { failureResponse } from "./failure.tsx";
import type { Located } from "./request_url.ts";
import { allowOrigin, type ConnectionInfo } from "./router.ts";

/** What limits are kept with. */
export interface LimitsDeps {
  /** A clock for durations, in milliseconds. */
  readonly monotonicMs: () => number;
  /** Which sandbox a URL is of. */
  readonly addressOf: (url: URL) => Address | undefined;
}

/**
 * Puts limits on an app.
 *
 * @param app The app.
 * @param deps What limits are kept with.
 */
export function limitApp(app: Located, { monotonicMs, addressOf }: LimitsDeps): Located {
  const peers = createRateLimiter(monotonicMs);
  const beginners = createRateLimiter(monotonicMs);
  const all = createRateLimiter(monotonicMs);
  const rotators = createRateLimiter(monotonicMs);
  const sandboxes = createRateLimiter(monotonicMs);

  function refusalOf(peer: string, sandbox: string, isRotation: boolean): OAuthError | undefined {
    const wait = peers.take(peer, rates.address);
    if (wait > 0) return tooMany("requests of your address", rates.address, wait);
    const waitToRotate = isRotation ? rotators.take(peer, rates.rotations) : 0;
    if (waitToRotate > 0) return tooMany("rotations of keys of your address", rates.rotations, waitToRotate);
    const isNew = sandbox.includes("~") && !sandboxes.knows(sandbox);
    const waitToBegin = isNew ? beginners.take(peer, rates.beginnings) : 0;
    if (waitToBegin > 0) return tooMany("new sandboxes of your address", rates.beginnings, waitToBegin);
    const waitForOthers = isNew ? all.take("", rates.allBeginnings) : 0;
    if (waitForOthers > 0) return tooMany("new sandboxes", rates.allBeginnings, waitForOthers);
    const rate = rateOf(sandbox);
    const waitForSandbox = sandboxes.take(sandbox, rate);
    return waitForSandbox > 0 ? tooMany(`requests to the sandbox ${sandbox}`, rate, waitForSandbox) : undefined;
  }

  return async (request, url, info) => {
    // Where there is no such sandbox, it is the address alone that counts.
    const { name, path } = addressOf(url) ?? { name: "main", path: "" };
    const isRotation = path === controlPaths.rotateKeys && request.method === "POST";
    const refusal = refusalOf(peerOf(hostnameOf(info), request.headers.get("x-forwarded-for")), name, isRotation);
    return withNotice(refusal ? refused(refusal, request, url) : await app(request, url, info));
  };
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
