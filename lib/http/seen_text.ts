// The text of bodies that somebody had in hand anyway: what a handler has read, what a response was made of. Ask here
// before you copy a body, because that costs more than answering with it.

// Held by the message itself: a WeakMap of all of them costs the garbage collector more than the texts do.
const TEXT = Symbol("seen text");

interface Noted extends Pick<Request | Response, "headers"> {
  [TEXT]?: string;
}

/** Notes the whole text of a body. */
export function noteText<T extends Request | Response>(message: T, text: string): T {
  const noted: Noted = message;
  noted[TEXT] = text;
  return message;
}

/** The whole text of a body, if somebody has noted it. */
export function notedText(message: Request | Response): string | undefined {
  const noted: Noted = message;
  return noted[TEXT];
}
