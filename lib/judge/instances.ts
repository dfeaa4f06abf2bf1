/**
 * Whether requests come from one instance of a program, or from several: started one after the other, or side by side.
 *
 * @module
 */
/** Whose a later request is: the same instance's, another one's, or it cannot be told. */
export type Sender = "same" | "other" | "unknown";

/** So far an instance counts on while it does other things. */
const MAX_COUNTED = 16;

/**
 * Tells by the ids whose a request is: each instance counts its requests, and begins anew. One that makes a new client to try
 * again does so too, and is taken for another.
 *
 * @param before A request.
 * @param later One that came later.
 */
export function senderOf({ id: before }: { readonly id?: unknown }, { id: later }: { readonly id?: unknown }): Sender {
  if (typeof before !== "number" || typeof later !== "number") return "unknown";
  if (later <= before) return "other";
  return later - before <= MAX_COUNTED ? "same" : "unknown";
}
