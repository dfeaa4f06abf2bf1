// The values of flags and variables: each from its text, or one line that says what is wrong with it.
import { MAX_LIFETIME_SECONDS } from "../oauth/params.ts";
import { type SigningAlgorithm, signingAlgorithms } from "../oauth/keys/key_table.ts";

/** The port of the original. */
export const DEFAULT_PORT = 8789;

/** A setting that cannot be used; its message is one line for stderr. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message.replace(/\p{Cc}+/gu, " "));
    this.name = "ConfigError";
  }
}

/** An empty variable is an unset one. */
export function present(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** The port to listen on; 0 for any free one. */
export function parsePort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new ConfigError(`The port is '${text}', but must be a whole number from 0 to 65535`);
}

/** What tokens are signed with. */
export function parseAlg(text: string | undefined): SigningAlgorithm {
  if (text === undefined) return "EdDSA";
  const alg = signingAlgorithms.find((known) => known === text);
  if (alg) return alg;
  throw new ConfigError(`The algorithm is '${text}', but must be one of ${signingAlgorithms.join(", ")}`);
}

/** How long access tokens live by default, in seconds. */
export function parseLifetime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,12}$/.test(text) ? Number(text) : NaN;
  if (seconds >= 1 && seconds <= MAX_LIFETIME_SECONDS) return seconds;
  throw new ConfigError(
    `The token lifetime is '${text}', but must be whole seconds from 1 to ${MAX_LIFETIME_SECONDS}`,
  );
}

/** An origin, without a slash at its end. */
export function parsePublicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.pathname === "/" && !url.search && !url.hash &&
    !url.username && !url.password;
  if (isOrigin) return url.origin;
  throw new ConfigError(`The public URL is '${text}', but must be an origin such as https://mock.example.com`);
}

/** Origins, separated by spaces or commas. */
export function parseOrigins(text: string | undefined): readonly string[] | undefined {
  const texts = present(text?.trim())?.split(/[\s,]+/);
  const wrong = texts?.find((text) => text !== "null" && !/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/.test(text));
  if (wrong === undefined) return texts;
  throw new ConfigError(`An allowed origin is '${wrong}', but must be an origin such as https://inspector.example.com`);
}

/**
 * It must fit into an `authorization` header; the message does not show it. Unlike other settings it may not be empty: a
 * variable of a shell or a secret of a CI that is not set would open what somebody meant to close.
 */
export function parseControlToken(text: string | undefined): string | undefined {
  if (text === undefined || /^[\x21-\x7e]+$/.test(text)) return text;
  if (text === "") {
    throw new ConfigError(
      "The control token is empty, but must be printable ASCII; omit --control-token and CONTROL_TOKEN for none",
    );
  }
  throw new ConfigError("The control token must be printable ASCII without spaces");
}

/** Paths of certificate and key in PEM. */
export interface TlsFiles {
  /** The certificate, with those that vouch for it. */
  readonly certPath: string;
  readonly keyPath: string;
}

/** Both, or neither. */
export function parseTls(certPath: string | undefined, keyPath: string | undefined): TlsFiles | undefined {
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath };
  if (certPath === undefined && keyPath === undefined) return undefined;
  throw new ConfigError("https requires both --tls-cert and --tls-key");
}

/**
 * Whether something is on.
 *
 * @param isOn What is true without it.
 */
export function parseSwitch(name: string, value: string | undefined, isOn: boolean): boolean {
  const text = present(value) ?? String(isOn);
  if (text === "false" || text === "0") return false;
  if (text === "true" || text === "1") return true;
  throw new ConfigError(`${name} is '${text}', but must be true or false`);
}

/**
 * Reads where the data is.
 *
 * @param text A path, `:memory:`, or the URL of a KV server.
 * @throws ConfigError for a URL of another scheme, which would be taken for the name of a file.
 */
export function parseDatabase(text: string | undefined): string | undefined {
  if (text === undefined || !/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  if (URL.canParse(text) && /^https?:/i.test(text)) return text;
  throw new ConfigError(`The database is '${text}', but must be a file, :memory:, or the http(s) URL of a KV server`);
}
