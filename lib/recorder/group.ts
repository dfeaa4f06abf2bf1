/**
 * Tells whose steps are whose: first by what proves it ({@link traceSteps}), then by what clients call themselves, then by
 * the metadata that a refusal named and who read it, then by order in time; and by the user agent only where none of these
 * tells. A client that registers again stays one as long as it calls itself the same.
 *
 * @module
 */
import { joinTraces, type Owner } from "./join_traces.ts";
import { placeOf } from "./peers.ts";
import { traceSteps } from "./proofs.ts";
import type { McpStep, Step } from "./step.ts";
import { headerOf } from "./exchange.ts";
import { addressOf, isObject, messagesOf, textOf } from "./wire.ts";

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

/** With these a client begins; the same one does not come twice before it has looked for metadata. */
const openings: ReadonlySet<string> = new Set(["initialize", "server/discover"]);

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

/** For steps that prove nothing: who is next known at the same sender, else who was last; or somebody unknown. */
function ownersByOrder(
  steps: readonly Step[],
  owners: ReadonlyMap<Step, Owner>,
  strangers: Map<string, Owner>,
): (step: Step) => Owner {
  const links = linkChallenges(steps, owners);
  const near = findNeighbours(steps, owners);
  const anchors = new Map(owners);
  for (const { call, read } of links) {
    const owner = near.get(read) ?? near.get(call);
    if (owner) anchors.set(call, owner).set(read, owner);
  }
  const found = links.length === 0 ? near : findNeighbours(steps, anchors);
  // Of those who never showed who they are, whoever was refused and whoever looked for metadata after it are one.
  for (const { call, read } of links) {
    if (!found.has(call) && !found.has(read)) {
      strangers.set(read.exchange.peer, strangerOf(call.exchange.peer, strangers));
    }
  }
  return (step) => found.get(step) ?? strangerOf(step.exchange.peer, strangers);
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

/** A refusal, and who looked for metadata after it with another user agent. */
interface Link {
  readonly call: Step;
  readonly read: Step;
}

/** Ties refusals to the reading of the metadata that they led to, where that came from the same place as somebody else. */
function linkChallenges(steps: readonly Step[], owners: ReadonlyMap<Step, Owner>): readonly Link[] {
  const links: Link[] = [];
  let waiting: McpStep[] = [];
  for (const step of steps) {
    if (step.kind === "mcp") {
      if (step.status === 401 && !owners.has(step)) waiting.push(step);
      continue;
    }
    if (!isSearch(step)) continue;
    const fitting = waiting.filter((call) => isAnswered(call, step));
    // Who was refused itself looks for itself.
    const first = fitting.find(({ exchange }) => exchange.peer === step.exchange.peer) ?? fitting[0];
    if (!first) continue;
    const mine = fitting.filter(({ exchange }) => exchange.peer === first.exchange.peer);
    const next = mine.findIndex(({ method = "" }, index) => index > 0 && openings.has(method));
    const taken = new Set(next < 0 ? mine : mine.slice(0, next));
    waiting = waiting.filter((call) => !taken.has(call));
    if (first.exchange.peer !== step.exchange.peer) { for (const call of taken) links.push({ call, read: step }); }
  }
  return links;
}

/** Only a client of MCP looks for metadata of a resource, or says which revision it speaks as it looks for a server's. */
function isSearch({ kind, exchange }: Step): boolean {
  return kind === "resource_metadata" ||
    (kind === "server_metadata" && headerOf(exchange.request, "mcp-protocol-version") !== undefined);
}

/** Whether a reading of metadata can be what a refusal led to. */
function isAnswered({ challenge, exchange }: McpStep, read: Step): boolean {
  if (placeOf(exchange.peer) !== placeOf(read.exchange.peer)) return false;
  const named = challenge?.get("resource_metadata");
  return named === undefined || read.kind !== "resource_metadata" || addressOf(named) === read.address;
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
