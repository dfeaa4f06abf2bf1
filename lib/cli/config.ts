// Flags and environment, read once and turned into settings, or into one line that says what is wrong.
import { defaultDatabasePath } from "./data_path.ts";
import { MEMORY } from "./database_file.ts";
import { type Flags, readFlags } from "./flags.ts";
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
  if (flags.isOn("help")) return { kind: "help" };
  if (flags.isOn("version")) return { kind: "version" };
  const stdio = flags.isOn("stdio");
  const port = flags.text("port") ?? present(env("PORT"));
  // An agent starts a server for itself, beside others: it is told the port, and what it leaves behind is of no use.
  const hasFile = os !== undefined && !stdio;
  return {
    kind: "serve",
    config: defined({
      port: stdio && port === undefined ? 0 : parsePort(port),
      host: flags.text("host") ?? present(env("HOST")) ?? "127.0.0.1",
      db: parseDatabase(flags.text("db") ?? present(env("MOCK_DB"))) ?? (hasFile ? databasePath(env, os) : MEMORY),
      tls: parseTls(
        flags.text("tls-cert") ?? present(env("TLS_CERT")),
        flags.text("tls-key") ?? present(env("TLS_KEY")),
      ),
      json: flags.isOn("json"),
      quiet: flags.isOn("quiet"),
      verbose: flags.isOn("verbose"),
      exitWithParent: flags.isOn("exit-with-parent"),
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
  return readSettings(readFlags([], known), env);
}

function readSettings(flags: OwnFlags, env: Environment): Settings {
  return defined({
    publicUrl: parsePublicUrl(flags.text("public-url") ?? present(env("PUBLIC_URL"))),
    allowedOrigins: parseOrigins(flags.texts("allow-origin")?.join(" ") ?? env("ALLOWED_ORIGINS")),
    alg: parseAlg(flags.text("alg") ?? present(env("MOCK_ALG"))),
    tokenLifetimeSeconds: parseLifetime(flags.text("token-lifetime") ?? present(env("MOCK_TOKEN_LIFETIME"))),
    usersPath: flags.text("users") ?? present(env("MOCK_USERS")),
    scenario: flags.text("scenario") ?? present(env("MOCK_SCENARIO")),
    scenariosPath: flags.text("scenarios") ?? present(env("MOCK_SCENARIOS")),
    cataloguePath: flags.text("catalogue") ?? present(env("MOCK_CATALOGUE")),
    controlToken: parseControlToken(flags.text("control-token") ?? env("CONTROL_TOKEN")),
    public: flags.isOn("public") || parseSwitch("MOCK_PUBLIC", env("MOCK_PUBLIC"), false),
    allowClone: flags.isOn("allow-clone") || parseSwitch("MOCK_ALLOW_CLONE", env("MOCK_ALLOW_CLONE"), false),
    record: flags.isOn("no-record") ? false : parseSwitch("MOCK_RECORD", env("MOCK_RECORD"), true),
  });
}

const known = {
  texts: [
    "port",
    "host",
    "db",
    "public-url",
    "allow-origin",
    "tls-cert",
    "tls-key",
    "alg",
    "token-lifetime",
    "users",
    "scenario",
    "scenarios",
    "catalogue",
    "control-token",
  ],
  switches: [
    "public",
    "allow-clone",
    "json",
    "quiet",
    "verbose",
    "exit-with-parent",
    "stdio",
    "no-record",
    "help",
    "version",
  ],
  repeated: ["allow-origin"],
  help: "--help",
} as const;

type OwnFlags = Flags<typeof known.texts[number], typeof known.switches[number]>;

function parseFlags(args: readonly string[]): OwnFlags {
  // `start` is the default, and may be said.
  const given = args[0] === "start" ? args.slice(1) : args;
  // Who is used to npm writes dashes before the flags of a task; Deno hands them on.
  const flags = readFlags(given[0] === "--" ? given.slice(1) : given, known);
  const [unexpected] = flags.others;
  if (unexpected !== undefined) throw new ConfigError(`Unexpected argument '${unexpected}'; --help lists the flags`);
  requireValues(flags);
  return flags;
}

/** Those whose values are read here refuse an empty one in their own words. */
const readsOwnValue = new Set(["port", "control-token", "alg", "token-lifetime", "public-url"]);

/** A variable of the shell that is not set leaves an empty value, and somebody meant to say something by it. */
function requireValues({ texts }: OwnFlags): void {
  const isEmpty = (value: string): boolean => value.trim() === "";
  const empty = known.texts.find((name) => !readsOwnValue.has(name) && texts(name)?.some(isEmpty));
  if (empty !== undefined) {
    throw new ConfigError(`--${empty} is empty: give it a value, or omit it (--help lists the flags)`);
  }
}

function databasePath(env: Environment, os: string): string {
  const path = defaultDatabasePath(env, os);
  if (path !== undefined) return path;
  throw new ConfigError("There is no home directory to keep data in: set --db to a file or to :memory:");
}
