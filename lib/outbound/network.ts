// The network as an option: what goes out where nothing else was handed in. It needs the permissions to use the net and,
// for https, to read the certificates that are trusted: `--allow-net --allow-sys --allow-env=NODE_USE_SYSTEM_CA`; there are
// none narrower.
import type { ClientRequestArgs, IncomingMessage } from "node:http";
import { bodyText, MAX_BODY_BYTES } from "../http/request_body.ts";

/** Statuses whose responses have no body (Fetch standard, null body status). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Sends a request to one address, whatever its host name resolves to: the name serves for TLS and `host` alone. The runtime's
 * own `fetch` cannot be told where to connect, so this is Node's client; it is loaded when something first goes out.
 */
export async function fetchAt(request: Request, address: string): Promise<Response> {
  const { protocol, port, host, hostname, pathname, search } = new URL(request.url);
  const isTls = protocol === "https:";
  const { request: send } = isTls ? await import("node:https") : await import("node:http");
  // A certificate is for the name, not for the address; an address in the URL has no name to ask for (RFC 6066 3).
  const isNamed = !/^(\[|[\d.]+$)/.test(hostname);
  const body = request.body === null ? undefined : new TextEncoder().encode(await bodyText(request, MAX_BODY_BYTES));
  const options: ClientRequestArgs & { readonly servername?: string } = {
    method: request.method,
    host: address,
    port: Number(port) || (isTls ? 443 : 80),
    path: pathname + search,
    headers: {
      ...Object.fromEntries(request.headers),
      host,
      "accept-encoding": "identity",
      ...(body && { "content-length": String(body.length) }),
    },
    // No connection is kept: the next request may be for another name at the same address.
    agent: false,
    signal: request.signal,
    ...(isTls && isNamed ? { servername: hostname } : {}),
  };
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    send(options, resolve).on("error", reject).end(body);
  });
  const status = message.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  if (!BODILESS.has(status)) return new Response(ReadableStream.from(message), { status, headers });
  message.destroy();
  return new Response(null, { status, headers });
}

/** Whether a DNS server has said that there is no such name, or no address of this kind. */
function isEmptyAnswer(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOTFOUND" || error.code === "ENODATA");
}

/** All addresses of a host name, IPv4 first, since it is the one that is routed everywhere. */
export async function resolveDns(hostname: string): Promise<readonly string[]> {
  const { resolve4, resolve6 } = await import("node:dns/promises");
  const answers = await Promise.allSettled([resolve4(hostname), resolve6(hostname)]);
  const addresses = answers.flatMap((answer) => answer.status === "fulfilled" ? answer.value : []);
  for (const answer of answers) {
    // A host without addresses is one thing, a look-up that failed another.
    if (addresses.length === 0 && answer.status === "rejected" && !isEmptyAnswer(answer.reason)) throw answer.reason;
  }
  return addresses;
}
