/** A limit of the server: a row of the README's table of limits, and a test that fills it. */
export interface LimitRow {
  /** What is limited, such as `body of a request`. */
  readonly what: string;
  /** Whom or what it counts for: `request`, `session`, `sandbox`, `address`, `process`. */
  readonly each: string;
  /** The limit with its unit, made of the constant that the code obeys. */
  readonly most: string;
  /** What happens beyond it. */
  readonly beyond: string;
  /** Whether it holds with `--public` alone. */
  readonly isPublicOnly?: boolean;
  /** Fills it to the brim, then one more; throws unless both are answered as the row says. */
  readonly fill: () => Promise<void>;
}

/** A size as the README writes it: whole KiB or MiB where it is one, else bytes. */
export function bytesText(bytes: number): string {
  if (bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2} MiB`;
  return bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes.toLocaleString("en-US")} bytes`;
}
