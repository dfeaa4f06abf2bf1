// Batches of the revisions that had them, in which a request can be cancelled. The SDK sends no answer to a cancelled
// request, as the protocol has it, and so keeps the answers to the rest of its batch, and the stream they share, for as
// long as the session lives. Once all others are answered, the cancelled ones are answered too: clients ignore that.
import { type RequestId, requestIdsOf } from "./request_ids.ts";

/** The first revision without batches. */
export const BATCHES_REMOVED = "2025-06-18";
/** Messages of a batch, which are all under way at the same time. */
export const MAX_BATCH = 100;

interface Batch {
  readonly waiting: Set<RequestId>;
  readonly cancelled: Set<RequestId>;
}

interface Batches {
  /** Notes the requests of a body, if it is a batch. */
  readonly begin: (body: unknown) => void;
  readonly answered: (id: RequestId) => Promise<void>;
  /** Notes that a request was cancelled; false if it belongs to no batch. */
  readonly cancel: (id: RequestId) => Promise<boolean>;
}

/**
 * Makes the batches of one session.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-03-26/basic/utilities/cancellation}
 */
export function createBatches(answer: (id: RequestId) => Promise<void>): Batches {
  const open = new Map<RequestId, Batch>();

  async function finish({ waiting, cancelled }: Batch): Promise<void> {
    if (![...waiting].every((id) => cancelled.has(id))) return;
    const left = [...waiting];
    waiting.clear();
    for (const id of left) {
      open.delete(id);
      await answer(id);
    }
  }

  return {
    begin: (body) => {
      if (!Array.isArray(body)) return;
      const batch: Batch = { waiting: new Set(requestIdsOf(body)), cancelled: new Set() };
      for (const id of batch.waiting) open.set(id, batch);
    },
    answered: async (id) => {
      const batch = open.get(id);
      if (!batch?.waiting.delete(id)) return;
      open.delete(id);
      await finish(batch);
    },
    cancel: async (id) => {
      const batch = open.get(id);
      if (!batch) return false;
      batch.cancelled.add(id);
      await finish(batch);
      return true;
    },
  };
}
