// Which exchanges are alike, so that what a hundred of them tell is told by the first few: calls to an MCP server with the
// same token and the same answer, or one document read over and over.
import { hash } from "../../runtime/node_crypto.ts";
import { detached } from "../../runtime/own_text.ts";
import type { Exchange } from "../exchange.ts";
import { headerOf } from "../exchange.ts";

/** What likeness is told by. */
export interface Likened {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly route?: string | undefined;
  /** A header of the request. */
  readonly sent: (name: string) => string | null | undefined;
  /** What it takes them from: equal headers, if it is the same; undefined if that cannot be told. */
  readonly source?: object;
  readonly body: string | undefined;
}

/** Headers in which a request to an MCP server can differ so that it matters. */
const telling = ["user-agent", "authorization", "accept", "mcp-protocol-version", "mcp-method"] as const;
/** How much of a body is looked through for the method of its message. */
const LOOKED_THROUGH = 500;
/** Hundreds are kept of each sandbox, so longer ones are hashed, in characters. */
const MAX_TRAITS = 1000;

/** What likeness was told by, and what came of it. */
interface Told extends Readonly<Record<"method" | "place" | "route" | "rpc" | "grant" | "likeness", string>> {
  readonly status: number;
  /** Values of the {@link telling} headers. */
  readonly sent: readonly string[];
  readonly source: object | undefined;
}

/** What was told last: nearly every exchange is like one of a few before it, and to compare takes less than to tell anew. */
const known: Told[] = [];
const MAX_KNOWN = 8;
/** Traits longer than this are not remembered, in characters. */
const MAX_KNOWN_TRAITS = 8000;
let next = 0;

/**
 * What an exchange is like: equal for those that tell the same; undefined for what is like nothing else, as it brings a
 * client_id, a code, or a token.
 */
export function likenessOf({ method, url, status, route = "", sent, source, body }: Likened): string | undefined {
  const begin = body?.slice(0, LOOKED_THROUGH);
  const rpc = (begin && /"method"\s*:\s*"([^"]{1,100})"/.exec(begin)?.[1]) ?? "";
  if (rpc === "" && method !== "GET" && method !== "DELETE" && status < 400) return undefined;
  // A person is sent to authorize, and sent on, with GET.
  if ((status >= 300 && status < 400) || /\bresponse_type=|\brequest_uri=/.test(url)) return undefined;
  const grant = (begin && /(?:^|&)grant_type=([^&]{1,100})/.exec(begin)?.[1]) ?? "";
  // Where nothing lies it does not matter what was looked for, unless that were metadata.
  const place = route === "" && !url.includes("/.well-known/") ? "" : url;
  for (const one of known) {
    const isSame = one.place === place && one.rpc === rpc && one.method === method && one.status === status &&
      one.route === route && one.grant === grant &&
      ((source && source === one.source) || telling.every((name, at) => (sent(name) ?? "") === one.sent[at]));
    if (isSame) return one.likeness;
  }
  const values = telling.map((name) => sent(name) ?? "");
  const traits = [method, place, status, route, rpc, grant, ...values].join("\n");
  const likeness = traits.length <= MAX_TRAITS ? traits : hash("sha256", traits, "base64url");
  if (traits.length <= MAX_KNOWN_TRAITS) {
    const own = { rpc: detached(rpc), grant: detached(grant) };
    known[next++ % MAX_KNOWN] = { method, place, status, route, ...own, sent: values, source, likeness };
  }
  return likeness;
}

/** The same of an exchange that was redacted. */
export function likenessOfExchange({ method, url, status, route, request }: Exchange): string | undefined {
  return likenessOf({ method, url, status, route, sent: (name) => headerOf(request, name), body: request.body });
}
