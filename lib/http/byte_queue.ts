// What waits for a reader: counted in bytes, handed over one by one as it is asked for.

/** The most that waits for one reader, in bytes; what finds room may go beyond it. */
export const MAX_WAITING_BYTES = 512 * 1024;
/** The most pieces that wait for one reader. */
export const MAX_WAITING_PIECES = 1000;

/** So much is handed over at a time: a reader of thousands of events gets thousands of chunks fewer. */
const JOINED_BYTES = 64 * 1024;

/** Bytes that wait for one reader. */
interface ByteQueue {
  /** Adds some; they may be more than there is room for. */
  readonly push: (bytes: Uint8Array) => void;
  /** What waits, joined together as far as it is not too much at once; undefined at the end. */
  readonly take: () => Promise<Uint8Array | undefined>;
  readonly isEmpty: () => boolean;
  /** Whether so much waits that its reader counts as gone. */
  readonly isFull: () => boolean;
  /** Waits until the reader waits for more, or the end. */
  readonly drained: () => Promise<void>;
  readonly clear: () => void;
  readonly end: () => void;
}

/** Makes an empty queue. */
export function createByteQueue(): ByteQueue {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let isOver = false;
  /** Set while a reader waits. */
  let give: ((bytes: Uint8Array | undefined) => void) | undefined;
  let told: (() => void)[] = [];

  function takeJoined(): Uint8Array | undefined {
    let count = 0;
    let bytes = 0;
    for (const { byteLength } of waiting) {
      if (count > 0 && bytes + byteLength > JOINED_BYTES) break;
      bytes += byteLength;
      count++;
    }
    waitingBytes -= bytes;
    const taken = waiting.splice(0, count);
    return taken.length > 1 ? Buffer.concat(taken) : taken[0];
  }

  function tell(): void {
    for (const resolve of told) resolve();
    told = [];
  }

  return {
    push: (bytes) => {
      if (give) {
        give(bytes);
        give = undefined;
        return;
      }
      waiting.push(bytes);
      waitingBytes += bytes.byteLength;
    },
    take: () => {
      const next = takeJoined();
      if (next || isOver) return Promise.resolve(next);
      return new Promise((resolve) => {
        give = resolve;
        tell();
      });
    },
    isEmpty: () => waiting.length === 0,
    isFull: () => waitingBytes >= MAX_WAITING_BYTES || waiting.length >= MAX_WAITING_PIECES,
    drained: () => give || isOver ? Promise.resolve() : new Promise((resolve) => void told.push(resolve)),
    clear: () => {
      waiting = [];
      waitingBytes = 0;
    },
    end: () => {
      isOver = true;
      if (waiting.length === 0) give?.(undefined);
      tell();
    },
  };
}
