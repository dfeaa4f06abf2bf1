// What `--help` says. The README has the same flags and variables in a table.
import { DEFAULT_PORT } from "./config_values.ts";
import { signingAlgorithms } from "../oauth/keys/key_table.ts";

/**
 * The text of `--help`.
 *
 * @param os The operating system, if data lives in a file of the user's; undefined if it lives in memory.
 */
export function helpText(os: string | undefined): string {
  const db = os === undefined
    ? "a file, or :memory:                          MOCK_DB             (:memory:)"
    : "a file, :memory:, or a KV server's URL       MOCK_DB             (a file in your data directory)";
  return `mock-oauth: a mock OAuth 2.1 authorization server and MCP server, for people who build MCP clients

Usage: mock-oauth [start] [options]
       mock-oauth clone URL          make a scenario of a server (clone --help)
       mock-oauth judge FILE         judge clients by a recording (judge --help)

  --port N            port to listen on, 0 for any free one        PORT                (${DEFAULT_PORT})
  --host NAME         address to listen on                         HOST                (127.0.0.1)
  --db WHERE          ${db}
  --public-url URL    origin to use instead of the request's       PUBLIC_URL
  --allow-origin O    origin of pages that may call MCP            ALLOWED_ORIGINS     (on loopback: local; else: all)
  --tls-cert FILE     certificate in PEM, for https                TLS_CERT
  --tls-key FILE      its key in PEM                               TLS_KEY
  --alg ALG           signature of tokens: ${signingAlgorithms.join(", ")}     MOCK_ALG            (EdDSA)
  --token-lifetime S  seconds until access tokens expire           MOCK_TOKEN_LIFETIME (never)
  --users FILE        users who exist, as JSON; others log in too  MOCK_USERS          (none)
  --scenario NAME     how the whole server behaves                 MOCK_SCENARIO       (standard)
  --scenarios FILE    scenarios of your own, as JSON               MOCK_SCENARIOS      (none)
  --catalogue FILE    what the MCP servers declare, as JSON        MOCK_CATALOGUE      (their own tools)
  --control-token T   token that /control requires                 CONTROL_TOKEN       (on loopback: none; else: closed)
  --public            rate limits and quotas, for a public server  MOCK_PUBLIC         (off)
  --allow-clone       the page may clone servers of other machines MOCK_ALLOW_CLONE    (off)
  --json              one JSON line when ready, then JSON logs
  --quiet             errors only
  --verbose           also log our own pages and /control
  --exit-with-parent  exit when standard input closes, as it does when the parent process ends
  --stdio             /control/mcp on standard input and output as well; any free port and :memory: by default
  --no-record         do not record requests; no report then       MOCK_RECORD         (on)
  --help              show this text
  --version           show the version
`;
}
