// A server that anyone can reach: callers that ask for too much wait, and every page says that everything is fake.
import { allowOrigin } from "../../lib/http/any_origin.ts";
import { OAuthError } from "../../lib/http/errors.ts";
import type { Askers, Errand } from "../../lib/limits/asker.ts";
import { lock } from "../../lib/limits/harmless.ts";
import { HELD_MS } from "../../lib/limits/limits.ts";
import { bodyText, isBodyAwaited, meterBody } from "../../lib/http/request_body.ts";
import { bodyLimits, createBodyBytes, type HeldBody } from "../../lib/limits/body_bytes.ts";
import { costOf, costOfErrand, createToll } from "../../lib/limits/toll.ts";
import { createUnderWay, type UnderWay, underWayLimits } from "../../lib/limits/under_way.ts";
import { type Address, buildSandbox } from "../../lib/sandbox/sandbox.ts";
import type { Sleep } from "../../lib/runtime/sleep.ts";
import { withEnd } from "../../lib/http/stream.ts";
import { renderNotice } from "../../views/shared/notice.tsx";
import { failureResponse } from "./failure.ts";
import { callerOf } from "./caller.ts";
import type { Located } from "./request_url.ts";
import type { ConnectionInfo } from "./router.ts";

interface LimitsDeps {
  readonly monotonicMs: () => number;
  readonly sleep: Sleep;
  readonly askers: Askers;
  readonly addressOf: (url: URL) => Address | undefined | Promise<Address | undefined>;
}

/** Puts limits on an app. */
export function limitApp(
  app: Located,
  { monotonicMs, sleep, askers, addressOf }: LimitsDeps,
): (...arrived: Parameters<Located>) => Promise<Response> {
  const toll = createToll(monotonicMs);
  const underWay = createUnderWay(underWayLimits);
  const bodies = createBodyBytes(bodyLimits);

  return async (request, url, info) => {
    // Where there is no such sandbox, only the address counts.
    const { name: sandbox, path } = await addressOf(url) ?? { name: "main", path: "" };
    const address = callerOf(request, info);
    const body = bodies.open(address);
    meterBody(request, body.take);
    const refuse = (refusal: OAuthError): Promise<Response> => refused(refusal, request, url);
    const pay = (errand: Errand): OAuthError | undefined =>
      toll.take({ address, sandbox: errand.sandbox, cost: costOfErrand(errand) });
    const refusal = toll.take({ address, sandbox, cost: costOf(request, url, path) });
    const answer = async (): Promise<Response> => {
      if (!refusal) return await askers.answer({ address, pay }, () => app(request, url, info));
      await sleep(HELD_MS);
      return await refuse(refusal);
    };
    const isRefusedAtOnce = refusal !== undefined && toll.isAtOnce(address);
    const response = isRefusedAtOnce ? await refuse(refusal) : await countedIn(underWay, address, answer, refuse);
    void freeWhenSent(body, request, info);
    lock(response);
    return withNotice(response);
  };
}

/** Counts a request in, and out again when its answer has been made, or its stream of events has ended. */
async function countedIn(
  { enter }: UnderWay,
  address: string,
  answer: () => Promise<Response>,
  refuse: (refusal: OAuthError) => Promise<Response>,
): Promise<Response> {
  let leave: () => void;
  try {
    leave = enter(address);
  } catch (error) {
    if (error instanceof OAuthError) return await refuse(error);
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

/** Frees a body when the answer is sent, where that is told, and the recorder has read what no handler has asked for. */
async function freeWhenSent({ free }: HeldBody, request: Request, info: ConnectionInfo | undefined): Promise<void> {
  const reading = isBodyAwaited(request) ? bodyText(request, 0) : undefined;
  if (reading || info?.completed) await Promise.allSettled([reading, info?.completed]);
  free();
}

async function refused(refusal: OAuthError, request: Request, url: URL): Promise<Response> {
  const sandbox = buildSandbox({ origin: url.origin, now: () => 0 });
  const response = await failureResponse(refusal, { request, sandbox }, () => {});
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
