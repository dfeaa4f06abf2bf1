// Printing at once and in full.
import { isOfSystem } from "./system_error.ts";

/** Where a process writes; each call says how many bytes it took. */
export interface OutStream {
  readonly write: (bytes: Uint8Array) => Promise<number>;
  readonly writeSync: (bytes: Uint8Array) => number;
}

/** Writes a text to a stream. */
export function print(stream: Pick<OutStream, "writeSync">, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    // The reader is gone.
    if (!isOfSystem(error, "EPIPE")) throw error;
  }
}
