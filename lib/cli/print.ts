// Printing at once and in full.

/** Writes a text to a stream. */
export function print(stream: { readonly writeSync: (bytes: Uint8Array) => number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    // The reader is gone.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
