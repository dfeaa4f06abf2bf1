// Where a request went, by the name that its client has for the server.
import type { JsonObject } from "../http/json.ts";
import { plainUrl } from "../judge/reading.ts";
import { objectsIn, textIn } from "./members.ts";

/** Scheme and address of a server that has no name there. */
const BY_ADDRESS = /^(https?:\/\/)(?:[\d.]+|\[[\da-f:.]+\])(?::\d+)?(?=[/?#]|$)/i;

/**
 * The URL of a request. A proxy that its client knows nothing of sees the address of the server, and the name in a header
 * (RFC 9110 7.2).
 */
export function urlIn(request: JsonObject | undefined): string {
  const url = plainUrl(textIn(request, "url") ?? "");
  if (!BY_ADDRESS.test(url)) return url;
  const host = hostIn(request);
  return host === undefined ? url : plainUrl(url.replace(BY_ADDRESS, (_, scheme: string) => scheme + host));
}

/** What the headers of a request call its server. */
function hostIn(request: JsonObject | undefined): string | undefined {
  const header = objectsIn(request, "headers").find((one) => /^(?:host|:authority)$/i.test(textIn(one, "name") ?? ""));
  const host = textIn(header, "value")?.trim();
  return host !== undefined && /^[\w.:[\]-]+$/.test(host) && URL.canParse(`https://${host}`) ? host : undefined;
}
