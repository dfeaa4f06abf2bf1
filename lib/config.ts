/**
 * Flags and environment, read once and turned into settings, or into one line that says what is wrong.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { defaultDatabasePath } from "./data_path.ts";
import { type SigningAlgorithm, signingAlgorithms } from "./store/keys.ts";

/** How the server is to behave, whichever way it was started. */
export interface Settings {
  /** Origin to name in place of the request's own. */
  readonly publicUrl?: string;
  /** Origins of pages that may call the MCP endpoints, beside those of this machine or in place of all. */
  readonly allowedOrigins?: readonly string[];
  /** What tokens are signed with. */
  readonly alg: SigningAlgorithm;
  /** A file of users, as JSON. */
  readonly usersPath?: string;
  /** Name of the scenario of the whole process. */
  readonly scenario?: string;
  /** A file of scenarios, as JSON. */
  readonly scenariosPath?: string;
  /** What a caller of the control API has to show. */
  readonly controlToken?: string;
  /** Whether anybody can reach it, so that there are limits. */
  readonly public: boolean;
  /** Whether exchanges are recorded. */
  readonly record: boolean;
}

/** What the program was told. */
export interface Config {
  /** Port to listen on; 0 for any free one. */
  readonly port: number;
  /** Address to listen on. */
  readonly host: string;
  /** A path, `:memory:`, or the URL of a KV server. */
  readonly db: string;
  /** Paths of certificate and key in PEM, for https. */
  readonly tls?: { readonly certPath: string; readonly keyPath: string };
  /** One JSON line when ready, then a JSON line per exchange. */
  readonly json: boolean;
  /** No line per exchange, and none when ready. */
  readonly quiet: boolean;
  /** How the server is to behave. */
  readonly settings: Settings;
}

/** What to do instead of serving. */
export type Command =
  | { readonly kind: "serve"; readonly config: Config }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

/** Environment by name; absent ones are undefined. */
export type Environment = (name: string) => string | undefined;

/** A setting that cannot be used; its message is one line for stderr. */
export class ConfigError extends Error {
  /**
   * Makes one.
   *
   * @param message What is wrong and what is accepted; what came may hold line breaks, the message does not.
   */
  constructor(message: string) {
    super(message.replace(/\p{Cc}+/gu, " "));
    this.name = "ConfigError";
  }
}

/** The port of the original. */
export const DEFAULT_PORT = 8789;

/**
 * Reads flags and environment; a flag wins over its variable.
 *
 * @param args The command line, without the program.
 * @param env The environment.
 * @param os The operating system, as `Deno.build.os` names it: it decides where data lives.
 * @throws ConfigError for anything that cannot be used.
 */
export function parseConfig(args: readonly string[], env: Environment, os: string): Command {
  const flags = parseFlags(args);
  if (flags.help) return { kind: "help" };
  if (flags.version) return { kind: "version" };
  const tls = parseTls(flags["tls-cert"] ?? present(env("TLS_CERT")), flags["tls-key"] ?? present(env("TLS_KEY")));
  return {
    kind: "serve",
    config: {
      port: parsePort(flags.port ?? present(env("PORT"))),
      host: flags.host ?? present(env("HOST")) ?? "127.0.0.1",
      db: parseDatabase(flags.db ?? present(env("MOCK_DB"))) ?? databasePath(env, os),
      ...(tls === undefined ? {} : { tls }),
      json: flags.json ?? false,
      quiet: flags.quiet ?? false,
      settings: readSettings(flags, env),
    },
  };
}

/**
 * Reads what `deno serve` and Deno Deploy can be told: the environment.
 *
 * @param env The environment.
 * @throws ConfigError for anything that cannot be used.
 */
export function parseSettings(env: Environment): Settings {
  return readSettings({}, env);
}

function readSettings(flags: Partial<ReturnType<typeof parseFlags>>, env: Environment): Settings {
  const publicUrl = parsePublicUrl(flags["public-url"] ?? present(env("PUBLIC_URL")));
  const allowedOrigins = parseOrigins(flags["allow-origin"]?.join(" ") ?? env("ALLOWED_ORIGINS"));
  const usersPath = flags.users ?? present(env("MOCK_USERS"));
  const scenario = flags.scenario ?? present(env("MOCK_SCENARIO"));
  const scenariosPath = flags.scenarios ?? present(env("MOCK_SCENARIOS"));
  const controlToken = parseControlToken(flags["control-token"] ?? present(env("CONTROL_TOKEN")));
  return {
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
    alg: parseAlg(flags.alg ?? present(env("MOCK_ALG"))),
    ...(usersPath === undefined ? {} : { usersPath }),
    ...(scenario === undefined ? {} : { scenario }),
    ...(scenariosPath === undefined ? {} : { scenariosPath }),
    ...(controlToken === undefined ? {} : { controlToken }),
    public: flags.public ?? parseSwitch("MOCK_PUBLIC", env, false),
    record: flags["no-record"] ? false : parseSwitch("MOCK_RECORD", env, true),
  };
}

// deno-lint-ignore explicit-function-return-type -- parseArgs gives each flag its type, which cannot be named
function parseFlags(args: readonly string[]) {
  try {
    // `start` is what is done anyway; it is there for whoever wants to say so.
    const { values, tokens } = parseArgs({
      tokens: true,
      args: args[0] === "start" ? args.slice(1) : [...args],
      strict: true,
      options: {
        port: { type: "string" },
        host: { type: "string" },
        db: { type: "string" },
        "public-url": { type: "string" },
        "allow-origin": { type: "string", multiple: true },
        "tls-cert": { type: "string" },
        "tls-key": { type: "string" },
        alg: { type: "string" },
        users: { type: "string" },
        scenario: { type: "string" },
        scenarios: { type: "string" },
        "control-token": { type: "string" },
        public: { type: "boolean" },
        json: { type: "boolean" },
        quiet: { type: "boolean" },
        "no-record": { type: "boolean" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "V" },
      },
    });
    requireOnce(tokens.flatMap((token) => token.kind === "option" ? [token.name] : []));
    return values;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const [reason = "a flag cannot be read"] = error instanceof Error ? error.message.split(/\.(?:\s|$)/) : [];
    throw new ConfigError(`${reason}; --help lists the flags`);
  }
}

/** Only `--allow-origin` adds to what was said before; of any other flag, one of two would be ignored. */
function requireOnce(names: readonly string[]): void {
  const twice = names.find((name, index) => name !== "allow-origin" && names.indexOf(name) !== index);
  if (twice !== undefined) throw new ConfigError(`--${twice} is given twice; --help lists the flags`);
}

/** An empty variable is an unset one. */
function present(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new ConfigError(`The port is '${text}', but must be a whole number from 0 to 65535`);
}

function parseAlg(text: string | undefined): SigningAlgorithm {
  if (text === undefined) return "EdDSA";
  const alg = signingAlgorithms.find((known) => known === text);
  if (alg) return alg;
  throw new ConfigError(`The algorithm is '${text}', but must be one of ${signingAlgorithms.join(", ")}`);
}

function parsePublicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.pathname === "/" && !url.search && !url.hash &&
    !url.username && !url.password;
  if (isOrigin) return url.origin;
  throw new ConfigError(`The public URL is '${text}', but must be an origin such as https://mock.example.com`);
}

/** Origins, separated by spaces or commas. */
function parseOrigins(text: string | undefined): readonly string[] | undefined {
  const texts = present(text?.trim())?.split(/[\s,]+/);
  const wrong = texts?.find((text) => text !== "null" && !/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/.test(text));
  if (wrong === undefined) return texts;
  throw new ConfigError(`An allowed origin is '${wrong}', but must be an origin such as https://inspector.example.com`);
}

/** It must fit into an `authorization` header; the message does not show it. */
function parseControlToken(text: string | undefined): string | undefined {
  const token = present(text);
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw new ConfigError("The control token must be printable ASCII without spaces");
}

function parseTls(certPath: string | undefined, keyPath: string | undefined): Config["tls"] {
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath };
  if (certPath === undefined && keyPath === undefined) return undefined;
  throw new ConfigError("For https both --tls-cert and --tls-key are needed");
}

function parseSwitch(name: string, env: Environment, isOn: boolean): boolean {
  const text = present(env(name)) ?? String(isOn);
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

function databasePath(env: Environment, os: string): string {
  const path = defaultDatabasePath(env, os);
  if (path !== undefined) return path;
  throw new ConfigError("No home directory is known to keep data in; say where with --db, or --db :memory:");
}
