// The ids of a session's requests that the SDK has not answered yet. Its transport finds the stream of an answer by the id
// alone: of two requests with one id at once it would answer the second twice, and the first never.
import { isPlainObject } from "../rpc.ts";

/** The id of a request; 1 and "1" are two. */
export type RequestId = string | number;

/** The ids of one session that are in use. */
export interface RequestIds {
  /** Whether a request with this id waits for its answer, and its client too. */
  readonly isAwaited: (id: RequestId) => boolean;
  /** Takes the ids of a message or a batch; if one of them is in use, or stands in it twice, takes none and returns that. */
  readonly take: (body: unknown) => RequestId | undefined;
  /** Notes that their client has hung up, though it may come back for the answers. */
  readonly leave: (ids: readonly RequestId[]) => void;
  readonly release: (ids: readonly RequestId[]) => void;
}

/** Makes the ids of one session, none of them in use. */
export function createRequestIds(): RequestIds {
  /** Whether its client is still there, by id. */
  const taken = new Map<RequestId, boolean>();
  return {
    isAwaited: (id) => taken.get(id) ?? false,
    take: (body) => {
      const ids = requestIdsOf(body);
      const repeated = ids.find((id, index) => taken.has(id) || ids.indexOf(id) !== index);
      if (repeated === undefined) { for (const id of ids) taken.set(id, true); }
      return repeated;
    },
    leave: (ids) => {
      for (const id of ids) if (taken.has(id)) taken.set(id, false);
    },
    release: (ids) => {
      for (const id of ids) taken.delete(id);
    },
  };
}

/** The ids of the requests in a message or a batch; answers of the client carry ids of the server's. */
export function requestIdsOf(body: unknown): readonly RequestId[] {
  return (Array.isArray(body) ? body : [body]).flatMap((message) => {
    if (!isPlainObject(message) || typeof message.method !== "string") return [];
    return typeof message.id === "string" || typeof message.id === "number" ? [message.id] : [];
  });
}
