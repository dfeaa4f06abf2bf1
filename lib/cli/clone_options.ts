// What `mock-oauth clone` is told.
import { redactLine } from "../recorder/redact/redact.ts";
import { defined } from "../runtime/defined.ts";
import { ConfigError, present } from "./config_values.ts";
import { readFlags } from "./flags.ts";

/** What to clone, and how far to go. */
export interface CloneOptions {
  /** URL of the MCP endpoint; with `from`, that of the only one in there if not given. */
  readonly url?: string;
  /** A recording to read instead of asking. */
  readonly from?: string;
  /** A scenario to compare with, instead of making one. */
  readonly check?: string;
  readonly name?: string;
  readonly register: boolean;
  /** A token that the server takes. */
  readonly token?: string;
}

/** What `mock-oauth clone --help` says. */
export const cloneHelp = `mock-oauth clone: make a scenario that behaves as an MCP server does

Usage: mock-oauth clone URL [options] > scenario.json
       mock-oauth --scenarios scenario.json --scenario NAME

It asks what a client asks before it logs in, one request at a time, 40 at most, and prints a scenario to standard
output; what it could not see, and where the clone differs, goes to standard error.

  --token T         a token that the server takes, to see its tools, resources and prompts   MOCK_CLONE_TOKEN
  --register        register a client, which stays there
  --name NAME       name of the scenario (after the host)
  --from FILE       read a HAR instead of asking; URL says which of its MCP servers, where there are several
  --check FILE      compare this scenario with the server, and end with code 1 if they differ
`;

const known = {
  texts: ["token", "name", "from", "check"],
  switches: ["register", "help"],
  repeated: [],
  help: "clone --help",
} as const;

/**
 * Reads the command line behind `clone`.
 *
 * @returns Undefined where it asks for help.
 * @throws ConfigError for anything that cannot be used.
 */
export function parseCloneOptions(
  args: readonly string[],
  env: (name: string) => string | undefined,
): CloneOptions | undefined {
  const { text, isOn, others: [url, another] } = readFlags(args, known);
  if (isOn("help")) return undefined;
  if (another !== undefined) throw new ConfigError(`clone takes one URL, not ${redactLine(another)} as well`);
  const from = text("from");
  if (url === undefined && from === undefined) {
    throw new ConfigError("clone needs the URL of an MCP endpoint, or --from with a HAR (clone --help says more)");
  }
  const name = text("name");
  if (name !== undefined && !/^(?=.{1,40}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    throw new ConfigError(`--name is '${name}', but must be letters a-z, digits and single hyphens, at most 40`);
  }
  return defined({
    url: serverUrl(url),
    from,
    check: text("check"),
    name,
    register: isOn("register"),
    token: text("token") ?? present(env("MOCK_CLONE_TOKEN")),
  });
}

/**
 * The URL of a server, in its normal form.
 *
 * @throws ConfigError for what is none, and for one with a password: that is no part of a client's URL, nor would it be kept.
 */
export function serverUrl(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const url = URL.parse(given);
  if (!url || !/^https?:$/.test(url.protocol)) {
    const [isFile, isHost] = [/\.(?:har|json)$/i.test(given), /^[\w.-]+(?::\d{1,5})?(?:\/|$)/.test(given)];
    const meant = isFile
      ? `; did you mean --from ${given}?`
      : isHost
      ? `; did you mean ${schemeFor(given)}${given}?`
      : "";
    throw new ConfigError(
      redactLine(`${given} is not an http or https URL, such as https://mcp.example.com/mcp${meant}`),
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new ConfigError("The URL holds a user name or a password, which clients do not send: leave it out");
  }
  return url.href;
}

function schemeFor(host: string): string {
  return /^(?:localhost|127\.)/.test(host) ? "http://" : "https://";
}
