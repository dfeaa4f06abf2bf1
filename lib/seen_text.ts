/**
 * The text of bodies that somebody had in hand anyway: what a handler has read, what a response was made of. Whoever wants
 * a copy asks here first, because copying a body costs more than answering with it.
 *
 * @module
 */

const texts = new WeakMap<Request | Response, string>();

/**
 * Notes the whole text of a body.
 *
 * @param message Whose body.
 * @param text The text.
 * @returns The message.
 */
export function noteText<T extends Request | Response>(message: T, text: string): T {
  texts.set(message, text);
  return message;
}

/** The whole text of a body, if somebody has noted it. */
export function notedText(message: Request | Response): string | undefined {
  return texts.get(message);
}
