// Percent-encoding of texts in which secrets are redacted.

/** Encodes a text; what is shown instead of a secret stays readable. */
export function encode(text: string): string {
  // Half a character of two cannot be encoded.
  return encodeURIComponent(text.toWellFormed()).replaceAll("%E2%80%A6", "…");
}

/** Decodes a text; what is not encoded as it must be stays as it is, and the rest is decoded all the same. */
export function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  return text.replaceAll("+", " ").replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
