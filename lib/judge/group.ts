/**
 * Tells whose steps are whose: first by what proves it ({@link traceSteps}), then by what clients call themselves, then by
 * the metadata that a refusal named and who read it, then by order in time; and by the user agent only where none of these
 * tells. A client that registers again stays one as long as it calls itself the same.
 *
 * @module
 */
import { joinTraces, type Owner } from "./join_traces.ts";
import { type Link, linkSteps } from "./links.ts";
import { traceSteps } from "./proofs.ts";
import { addressPartOf } from "../recorder/peers.ts";
import type { Step } from "./step.ts";
import { messagesOf, textOf } from "./reading.ts";
import { isObject } from "../http/json.ts";

/** The steps of one client. */
export interface ClientSteps {
  /** The client_id it had first; where it never had one, a name for the sender. */
  readonly id: string;
  /** What it calls itself, if it said so. */
  readonly name: string | undefined;
  /** In order. */
  readonly steps: readonly Step[];
}

/** How a sandbox is used. */
export interface GroupOptions {
  /** Whether it has a label: a single client in it has then done all that was done there. */
  readonly isLabelled?: boolean;
}

/** How often is looked what links tell: as often as a client can change its HTTP library on its way to a token. */
const MAX_PASSES = 8;

/**
 * Groups steps by client, in the order of first appearance.
 *
 * @param steps All steps of a sandbox, in order.
 * @param options How the sandbox is used.
 */
export function groupByClient(
  steps: readonly Step[],
  { isLabelled = false }: GroupOptions = {},
): readonly ClientSteps[] {
  const owners = joinTraces(steps, traceSteps(steps));
  const [only, second] = new Set(owners.values());
  const strangers = new Map<string, Owner>();
  const ownerOf = isLabelled && !second
    ? () => only ?? strangerOf("", strangers)
    : ownersByOrder(steps, owners, strangers);
  const groups = new Map<Owner, Step[]>();
  for (const step of steps) {
    const owner = owners.get(step) ?? ownerOf(step);
    const own = groups.get(owner) ?? [];
    own.push(step);
    groups.set(owner, own);
  }
  return [...groups].map(([{ id }, own]) => ({
    id: id ?? `unidentified ${own[0]?.exchange.peer ?? ""}`,
    name: nameOf(own),
    steps: own,
  }));
}

function strangerOf(peer: string, strangers: Map<string, Owner>): Owner {
  const stranger = strangers.get(peer) ?? { id: undefined, peers: new Set([peer]) };
  strangers.set(peer, stranger);
  return stranger;
}

/** For steps that prove nothing: the next known client at the same sender, else the last one, else an unknown one. */
function ownersByOrder(
  steps: readonly Step[],
  owners: ReadonlyMap<Step, Owner>,
  strangers: Map<string, Owner>,
): (step: Step) => Owner {
  const links = linkSteps(steps, owners);
  const known = new Map(owners);
  let found = findNeighbours(steps, known);
  // What one link tells may be what another needs.
  for (let pass = 0; pass < MAX_PASSES && tellLinks(links, known, found); pass++) found = findNeighbours(steps, known);
  const between = findBetween(steps, owners, found);
  for (const { from, to } of links) {
    // Of clients that never showed who they are, the one told of a URL and the one that requested it are one.
    if (!found.has(from) && !found.has(to)) strangers.set(to.exchange.peer, strangerOf(from.exchange.peer, strangers));
  }
  return (step) => found.get(step) ?? between.get(step.exchange.peer) ?? strangerOf(step.exchange.peer, strangers);
}

/** Positions of a first and a last step. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Senders that did nothing but while a single client at their address was on its way to show who it is: they are that one. */
function findBetween(
  steps: readonly Step[],
  owners: ReadonlyMap<Step, Owner>,
  found: ReadonlyMap<Step, Owner>,
): ReadonlyMap<string, Owner> {
  const unknown = new Map<string, Span>();
  const ways = new Map<Owner, Span>();
  for (const step of steps) {
    const { at, exchange: { peer } } = step;
    const owner = found.get(step);
    if (!owner) unknown.set(peer, { from: unknown.get(peer)?.from ?? at, to: at });
    else if (!ways.has(owner)) ways.set(owner, { from: at, to: owners.has(step) ? at : Infinity });
    else if (owners.has(step) && ways.get(owner)?.to === Infinity) {
      ways.set(owner, { from: ways.get(owner)?.from ?? at, to: at });
    }
  }
  return new Map([...unknown].flatMap(([peer, { from, to }]) => {
    const around = [...ways].filter(([{ peers }, way]) =>
      way.from < from && to < way.to && [...peers].some((other) => addressPartOf(other) === addressPartOf(peer))
    );
    const [owner] = around[0] ?? [];
    return owner && around.length === 1 ? [[peer, owner] as const] : [];
  }));
}

/** Says of both ends of each link whose they are, if either is known; false if nothing new was learned. */
function tellLinks(links: readonly Link[], known: Map<Step, Owner>, found: ReadonlyMap<Step, Owner>): boolean {
  let isNew = false;
  for (const { from, to } of links.toReversed()) {
    if (known.has(from)) continue;
    const owner = known.get(to) ?? found.get(to) ?? found.get(from);
    if (!owner) continue;
    known.set(from, owner);
    if (!known.has(to)) known.set(to, owner);
    isNew = true;
  }
  return isNew;
}

function findNeighbours(steps: readonly Step[], owners: ReadonlyMap<Step, Owner>): ReadonlyMap<Step, Owner> {
  const found = new Map<Step, Owner>();
  for (const ordered of [steps.toReversed(), steps]) {
    const nearest = new Map<string, Owner>();
    for (const step of ordered) {
      const { peer } = step.exchange;
      const owner = owners.get(step);
      // A browser brings the authorization request, which says nothing of the browser, but of where its client is.
      if (owner) {
        for (const sender of step.kind === "authorization" ? owner.peers : [peer]) nearest.set(sender, owner);
      }
      const neighbour = owner ?? nearest.get(peer);
      if (neighbour && !found.has(step)) found.set(step, neighbour);
    }
  }
  return found;
}

/** The name from registration, else from MCP. */
function nameOf(steps: readonly Step[]): string | undefined {
  for (const step of steps) {
    const name = step.kind === "registration" ? textOf(step.sent, "client_name") : undefined;
    if (name !== undefined) return name;
  }
  return steps.map((step) => step.kind === "mcp" ? softwareOf(step) : undefined).find((name) => name !== undefined);
}

function softwareOf({ exchange }: Step): string | undefined {
  const params = messagesOf(exchange.request)[0]?.params;
  if (!isObject(params)) return undefined;
  const info = isObject(params._meta) ? params._meta["io.modelcontextprotocol/clientInfo"] : params.clientInfo;
  return isObject(info) ? textOf(info, "name") : undefined;
}
