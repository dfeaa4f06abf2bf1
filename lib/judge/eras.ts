/**
 * What the answers to requests of 2026-07-28 tell a client of the server: whether it has that revision, or is an older one.
 *
 * @module
 */
import { isObject, type JsonObject } from "../http/json.ts";
import { headerOf } from "../recorder/exchange.ts";
import type { Conversation, Request } from "./conversation.ts";
import { listOf } from "./reading.ts";
import type { McpStep } from "./step.ts";

/** What an answer is a sign of: a server of 2026-07-28 that does as asked, one that refuses, or an older server. */
export type EraSign = "answers" | "refuses" | "is_older";

/** A request of 2026-07-28, and what its answer tells. */
export interface Tried {
  readonly request: Request;
  readonly step: McpStep;
  /** Undefined where the answer tells nothing, such as one for want of a token. */
  readonly sign: EraSign | undefined;
  /** The code of the error, if it is one. */
  readonly code: number | undefined;
  /** The revisions that a refusal lists. */
  readonly supported: readonly string[] | undefined;
}

/** A revision that is not supported (MCP 2026-07-28, versioning). */
export const UNSUPPORTED_VERSION = -32022;
/** Errors that only servers of 2026-07-28 have: headers that differ, a capability that is missing, a revision. */
const statelessErrors: readonly (number | undefined)[] = [-32020, -32021, UNSUPPORTED_VERSION];
const METHOD_NOT_FOUND = -32601;
/** Statuses that say nothing of the protocol: for want of a token, or of time. */
const besideThePoint: readonly number[] = [401, 403, 407, 408, 429];

/** All requests of 2026-07-28, in order. */
export function triedIn({ requests }: Pick<Conversation, "requests">): readonly Tried[] {
  return requests.filter(({ era }) => era === "stateless").map(readTried);
}

function readTried(request: Request): Tried {
  const { step } = request;
  const error = errorIn(step);
  const code = typeof error?.code === "number" ? error.code : undefined;
  const data = isObject(error?.data) ? error.data : undefined;
  return { request, step, sign: signOf(request, code), code, supported: listOf(data, "supported") };
}

/** The error that a response carries, whichever id it is for. */
export function errorIn({ answered }: McpStep): JsonObject | undefined {
  return answered.map(({ message }) => message.error).find(isObject);
}

function signOf({ step, method, answer }: Request, code: number | undefined): EraSign | undefined {
  const { status } = step;
  if (statelessErrors.includes(code) || (status === 404 && code === METHOD_NOT_FOUND)) return "refuses";
  if (status < 300) {
    const result = answer?.message.result;
    if (isObject(result)) {
      if (method === "server/discover") return listOf(result, "supportedVersions") ? "answers" : "is_older";
      // Some older servers answer what they have as well, without a session and in the words of their own revision.
      return "resultType" in result ? "answers" : undefined;
    }
    const isForNone = step.answered.some(({ message }) => isObject(message.error) && (message.id ?? null) === null);
    // Of other methods such an error may be about the request itself.
    const isOlder = code !== undefined && (method === "server/discover" || code === METHOD_NOT_FOUND || isForNone);
    return isOlder ? "is_older" : undefined;
  }
  const isAside = status < 400 || besideThePoint.includes(status) || (status >= 500 && status !== 501);
  return isAside ? undefined : "is_older";
}

/** Whether a request asks for a stream that is not tied to any session: so a client looks for HTTP+SSE. */
export function looksForHttpSse({ verb, session, exchange: { request } }: McpStep): boolean {
  return verb === "GET" && session === undefined && headerOf(request, "last-event-id") === undefined &&
    (headerOf(request, "accept") ?? "").toLowerCase().includes("text/event-stream");
}
