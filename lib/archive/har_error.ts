/** A file that cannot be read as an HTTP archive; the message says why, as a sentence without its full stop. */
export class HarError extends Error {
  /** Makes one. */
  constructor(message: string) {
    super(message);
    this.name = "HarError";
  }
}
