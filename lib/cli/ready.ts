// The first words of the program.
import type { Config } from "./config.ts";
import { version } from "../runtime/version.ts";

/** The URL to call the server by. */
export function serverUrl(port: number, { host, tls }: Pick<Config, "host" | "tls">): string {
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `${tls ? "https" : "http"}://${name}:${port}`;
}

interface Listening {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** What earlier tests have left in force; empty for nothing. */
  readonly inForce: string;
}

/** What the program says when it is ready: a line of JSON, or the URLs that somebody will need. */
export function readyText({ json, db }: Pick<Config, "json" | "db">, { url, port, pid, inForce }: Listening): string {
  if (json) return `${JSON.stringify({ event: "ready", url, port, pid, version, db })}\n`;
  const left = inForce === "" ? "" : `  in force                     ${inForce}; POST ${url}/control/reset ends it\n\n`;
  return greeting(url, db) + left;
}

function greeting(url: string, db: string): string {
  return `mock oauth server ${version}

  paste into your MCP client   ${url}/oauth
  without authorization        ${url}/no-auth
  with any bearer token        ${url}/bearer

  watch what a client does     ${url}/inspect
  make the server misbehave    ${url}/scenarios
  walk through the flow        ${url}/guide
  data                         ${db}

`;
}

/** What the program says when `deno serve` has made it listen. */
export function servedText(
  { hostname, port }: { readonly hostname: string; readonly port: number },
  { db, publicUrl }: { readonly db: string; readonly publicUrl: string | undefined },
): string {
  const open = hostname === "0.0.0.0" || hostname === "::"
    ? `It listens on every address of this machine; --host 127.0.0.1 makes it reachable from this machine only.\n\n`
    : "";
  return greeting(publicUrl ?? serverUrl(port, { host: hostname }), db) + open;
}
