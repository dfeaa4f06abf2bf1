/**
 * Which steps of different senders belong together, as one was told of a URL and the other went there next: a refusal names
 * the metadata of the resource, these name the authorization server, and its metadata the place to register.
 *
 * @module
 */
import { headerOf } from "../recorder/exchange.ts";
import { metadataUrls } from "./metadata_urls.ts";
import { addressPartOf } from "../recorder/peers.ts";
import type { Step } from "./step.ts";
import { namesEndpoint } from "./view.ts";
import { addressOf, listOf, originOf, pathOf } from "./reading.ts";
import { wellKnown } from "../http/urls.ts";

/** One sender was told of a URL, and another at the same address requested it. */
export interface Link {
  /** Who was told; nothing proves whose step it is. */
  readonly from: Step;
  /** Who went there. */
  readonly to: Step;
}

/** Methods with which a client begins; the same one does not come twice before it has looked for metadata. */
export const openings: ReadonlySet<string> = new Set(["initialize", "server/discover"]);

/** How many steps are remembered that nobody has followed yet: a client that is refused all day must not cost more. */
const MAX_WAITING = 50;

/**
 * Links steps. Who was told of a URL with the same user agent goes first, then who shows elsewhere to be a client. A sender
 * that was told of a URL itself was not told of it by what others were told before.
 *
 * @param steps All steps, in order.
 * @param owners Those of them that prove whose they are.
 */
export function linkSteps(steps: readonly Step[], owners: ReadonlyMap<Step, unknown>): readonly Link[] {
  const links: Link[] = [];
  const proven = new Set([...owners.keys()].map(({ exchange }) => exchange.peer));
  const told = new Map<string, readonly Step[]>();
  const tell = (peer: string, from: Step): void =>
    void told.set(peer, [...(told.get(peer) ?? []).slice(-MAX_WAITING), from]);
  let waiting: Step[] = [];
  for (const to of steps) {
    const { peer } = to.exchange;
    const own = told.get(peer)?.findLast((from) => leadsTo(from, to));
    const fitting = waiting.filter((from) =>
      addressPartOf(from.exchange.peer) === addressPartOf(peer) && leadsTo(from, to) &&
      (from.exchange.peer === peer || from.at > (own?.at ?? -1))
    );
    const first = fitting.find(({ exchange }) => exchange.peer === peer) ??
      fitting.find(({ exchange }) => proven.has(exchange.peer)) ?? fitting.at(-1);
    if (first) {
      const taken = untilNextOpening(fitting.filter(({ exchange }) => exchange.peer === first.exchange.peer));
      waiting = waiting.filter((step) => !taken.has(step));
      if (first.exchange.peer !== peer) { for (const from of taken) links.push({ from, to }); }
      tell(peer, first);
    }
    if (!tellsOfUrl(to)) continue;
    tell(peer, to);
    if (!owners.has(to)) waiting = [...waiting.slice(-MAX_WAITING), to];
  }
  return links;
}

function tellsOfUrl({ kind, status }: Step): boolean {
  return kind === "resource_metadata" || kind === "server_metadata" || (kind === "mcp" && status === 401);
}

/** What comes after is another client's that calls with the same library. */
function untilNextOpening(steps: readonly Step[]): ReadonlySet<Step> {
  const next = steps.findIndex((step, index) => index > 0 && step.kind === "mcp" && openings.has(step.method ?? ""));
  return new Set(next < 0 ? steps : steps.slice(0, next));
}

function leadsTo(from: Step, to: Step): boolean {
  switch (to.kind) {
    case "resource_metadata":
      return from.kind === "mcp" && namesMetadataAt(from, to.address);
    case "server_metadata":
      // Only clients of MCP say which revision they speak: others look for metadata as well.
      return (from.kind === "resource_metadata" && namesIssuerAt(from, to.address)) ||
        (from.kind !== "server_metadata" && headerOf(to.exchange.request, "mcp-protocol-version") !== undefined);
    case "registration":
    case "token":
    case "other":
      return from.kind === "server_metadata" && namesEndpoint(from.document, to.address);
    default:
      return false;
  }
}

/** A refusal that names no metadata lets the client look for those of the resource, or of what lies above it. */
function namesMetadataAt({ challenge, address: resource }: Extract<Step, { kind: "mcp" }>, address: string): boolean {
  const url = challenge?.get("resource_metadata");
  if (url !== undefined && URL.canParse(url)) return addressOf(url) === address;
  const asked = pathOf(address).replace(wellKnown.protectedResource, "");
  return pathOf(resource).startsWith(asked) || asked.startsWith(pathOf(resource));
}

/** Without resource metadata, the resource's own origin is the issuer. */
function namesIssuerAt({ document, ...read }: Extract<Step, { kind: "resource_metadata" }>, address: string): boolean {
  const issuers = document ? listOf(document, "authorization_servers") ?? [] : [originOf(read.address)];
  return issuers.some((issuer) => metadataUrls(issuer).includes(address));
}
