/**
 * What a program says at once, and whole, whoever reads it.
 *
 * @module
 */

/**
 * Writes a text to a stream.
 *
 * @param stream Standard output, or standard error.
 * @param text The text.
 */
export function print(stream: { readonly writeSync: (bytes: Uint8Array) => number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    // Nobody reads any more.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
