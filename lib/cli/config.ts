// Flags and environment, read once and turned into settings, or into one line that says what is wrong.
import { parseArgs } from "node:util";
import { defaultDatabasePath } from "./data_path.ts";
import { MEMORY } from "./database_file.ts";
import { closest } from "../http/did_you_mean.ts";
import { defined } from "../runtime/defined.ts";
import {
  ConfigError,
  parseAlg,
  parseControlToken,
  parseDatabase,
  parseLifetime,
  parseOrigins,
  parsePort,
  parsePublicUrl,
  parseSwitch,
  parseTls,
  present,
  type TlsFiles,
} from "./config_values.ts";
import type { SigningAlgorithm } from "../oauth/keys/key_table.ts";

/** How the server is to behave, whichever way it was started. */
export interface Settings {
  /** Origin to name instead of the request's own. */
  readonly publicUrl?: string;
  /** Origins of pages that may call the MCP endpoints, in addition to those of this machine, or instead of all. */
  readonly allowedOrigins?: readonly string[];
  readonly alg: SigningAlgorithm;
  /** Life of access tokens where neither the request nor the scenario says, in seconds; absent for good. */
  readonly tokenLifetimeSeconds?: number;
  readonly usersPath?: string;
  readonly scenario?: string;
  readonly scenariosPath?: string;
  readonly cataloguePath?: string;
  readonly controlToken?: string;
  /** Whether anybody can reach it, so that there are limits. */
  readonly public: boolean;
  /** Whether the page that clones servers may ask those that are not on this machine. */
  readonly allowClone: boolean;
  readonly record: boolean;
}

/** What the program was told. */
export interface Config {
  /** Port to listen on; 0 for any free one. */
  readonly port: number;
  readonly host: string;
  /** A path, `:memory:`, or the URL of a KV server. */
  readonly db: string;
  /** Paths of certificate and key in PEM, for https. */
  readonly tls?: TlsFiles;
  /** One JSON line when ready, then a JSON line per exchange. */
  readonly json: boolean;
  /** No line per exchange, and none when ready. */
  readonly quiet: boolean;
  /** Whether our own pages and the control API are logged, too. */
  readonly verbose: boolean;
  /** Whether to end when standard input closes, as it does when the process that started this one has ended. */
  readonly exitWithParent: boolean;
  /** Whether standard input and output are for an agent, which gets the control API there as an MCP server. */
  readonly stdio: boolean;
  readonly settings: Settings;
}

/** What to do instead of serving. */
export type Command =
  | { readonly kind: "serve"; readonly config: Config }
  | { readonly kind: "clone" | "judge"; readonly args: readonly string[] }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

/** Environment by name; absent ones are undefined. */
type Environment = (name: string) => string | undefined;

/**
 * Reads flags and environment; a flag wins over its variable.
 *
 * @param args The command line, without the program.
 * @param os The operating system, as `Deno.build.os` names it: it decides where data lives. If undefined, it lives in memory.
 * @throws ConfigError for anything that cannot be used.
 */
export function parseConfig(args: readonly string[], env: Environment, os: string | undefined): Command {
  // Its flags are its own, and most starts have no use for them.
  const [command] = args;
  if (command === "clone" || command === "judge") return { kind: command, args: args.slice(1) };
  const flags = parseFlags(args);
  if (flags.help) return { kind: "help" };
  if (flags.version) return { kind: "version" };
  const stdio = flags.stdio ?? false;
  const port = flags.port ?? present(env("PORT"));
  // An agent starts a server for itself, beside others: it is told the port, and what it leaves behind is of no use.
  const hasFile = os !== undefined && !stdio;
  return {
    kind: "serve",
    config: defined({
      port: stdio && port === undefined ? 0 : parsePort(port),
      host: flags.host ?? present(env("HOST")) ?? "127.0.0.1",
      db: parseDatabase(flags.db ?? present(env("MOCK_DB"))) ?? (hasFile ? databasePath(env, os) : MEMORY),
      tls: parseTls(flags["tls-cert"] ?? present(env("TLS_CERT")), flags["tls-key"] ?? present(env("TLS_KEY"))),
      json: flags.json ?? false,
      quiet: flags.quiet ?? false,
      verbose: flags.verbose ?? false,
      exitWithParent: flags["exit-with-parent"] ?? false,
      stdio,
      settings: readSettings(flags, env),
    }),
  };
}

/**
 * Reads what `deno serve` and Deno Deploy can be told: the environment.
 *
 * @throws ConfigError for anything that cannot be used.
 */
export function parseSettings(env: Environment): Settings {
  return readSettings({}, env);
}

function readSettings(flags: Partial<ReturnType<typeof parseFlags>>, env: Environment): Settings {
  return defined({
    publicUrl: parsePublicUrl(flags["public-url"] ?? present(env("PUBLIC_URL"))),
    allowedOrigins: parseOrigins(flags["allow-origin"]?.join(" ") ?? env("ALLOWED_ORIGINS")),
    alg: parseAlg(flags.alg ?? present(env("MOCK_ALG"))),
    tokenLifetimeSeconds: parseLifetime(flags["token-lifetime"] ?? present(env("MOCK_TOKEN_LIFETIME"))),
    usersPath: flags.users ?? present(env("MOCK_USERS")),
    scenario: flags.scenario ?? present(env("MOCK_SCENARIO")),
    scenariosPath: flags.scenarios ?? present(env("MOCK_SCENARIOS")),
    cataloguePath: flags.catalogue ?? present(env("MOCK_CATALOGUE")),
    controlToken: parseControlToken(flags["control-token"] ?? env("CONTROL_TOKEN")),
    public: flags.public ?? parseSwitch("MOCK_PUBLIC", env("MOCK_PUBLIC"), false),
    allowClone: flags["allow-clone"] ?? parseSwitch("MOCK_ALLOW_CLONE", env("MOCK_ALLOW_CLONE"), false),
    record: flags["no-record"] ? false : parseSwitch("MOCK_RECORD", env("MOCK_RECORD"), true),
  });
}

const options = {
  port: { type: "string" },
  host: { type: "string" },
  db: { type: "string" },
  "public-url": { type: "string" },
  "allow-origin": { type: "string", multiple: true },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  alg: { type: "string" },
  "token-lifetime": { type: "string" },
  users: { type: "string" },
  scenario: { type: "string" },
  scenarios: { type: "string" },
  catalogue: { type: "string" },
  "control-token": { type: "string" },
  public: { type: "boolean" },
  "allow-clone": { type: "boolean" },
  json: { type: "boolean" },
  quiet: { type: "boolean" },
  verbose: { type: "boolean" },
  "exit-with-parent": { type: "boolean" },
  stdio: { type: "boolean" },
  "no-record": { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

// deno-lint-ignore explicit-function-return-type -- parseArgs gives each flag its type, which cannot be named
function parseFlags(args: readonly string[]) {
  try {
    // `start` is the default, and may be said.
    const given = args[0] === "start" ? args.slice(1) : args;
    const { values, tokens } = parseArgs({
      tokens: true,
      // Who is used to npm writes dashes before the flags of a task; Deno hands them on.
      args: given[0] === "--" ? given.slice(1) : [...given],
      strict: true,
      options,
    });
    const found = tokens.flatMap((token) => token.kind === "option" ? [token] : []);
    requireOnce(found.map(({ name }) => name));
    requireValue(found);
    return values;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const ambiguous = /^Option '([^']+)' argument is ambiguous/.exec(error instanceof Error ? error.message : "")?.[1];
    if (ambiguous !== undefined) {
      throw new ConfigError(
        `'${ambiguous}' has no value; one that begins with a dash is written ${ambiguous}=-1 (--help lists the flags)`,
      );
    }
    const [reason = "a flag cannot be read"] = error instanceof Error ? error.message.split(/\.(?:\s|$)/) : [];
    throw new ConfigError(`${reason}; --help lists the flags${meantBy(reason)}`);
  }
}

/** The flag that somebody meant who wrote one there is not. */
function meantBy(reason: string): string {
  const [, written] = /^Unknown option '--([^']+)'/.exec(reason) ?? [];
  const meant = written === undefined ? undefined : closest(written, Object.keys(options));
  return meant === undefined ? "" : `; did you mean --${meant}?`;
}

/** Only `--allow-origin` adds to what was said before; of any other flag, one of two would be ignored. */
function requireOnce(names: readonly string[]): void {
  const twice = names.find((name, index) => name !== "allow-origin" && names.indexOf(name) !== index);
  if (twice !== undefined) throw new ConfigError(`--${twice} is given twice; --help lists the flags`);
}

/** Those whose values are read here refuse an empty one in their own words. */
const readsOwnValue = new Set(["port", "control-token", "alg", "token-lifetime", "public-url"]);

/** A variable of the shell that is not set leaves an empty value, and somebody meant to say something by it. */
function requireValue(given: readonly { readonly name: string; readonly value?: string | undefined }[]): void {
  const empty = given.find(({ name, value }) => value?.trim() === "" && !readsOwnValue.has(name));
  if (empty) {
    throw new ConfigError(`--${empty.name} is empty: give it a value, or omit it (--help lists the flags)`);
  }
}

function databasePath(env: Environment, os: string): string {
  const path = defaultDatabasePath(env, os);
  if (path !== undefined) return path;
  throw new ConfigError("There is no home directory to keep data in: set --db to a file or to :memory:");
}
