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
import { headerOf } from "../recorder/exchange.ts";
import { addressPartOf } from "../recorder/peers.ts";
import { shareSteps } from "./shared_steps.ts";
import type { Step } from "./step.ts";
import { messagesOf, textOf } from "./reading.ts";
import { isObject } from "../http/json.ts";

/**
 * Who took steps: a client; somebody beside one who never shows who it is; or nobody that rules are about, such as a person
 * who looks at documents.
 */
export type Standing = "client" | "bystander" | "nobody";

/** The steps of one client. */
export interface ClientSteps {
  readonly standing: Standing;
  /** The client_id it had first; where it never had one, a name for the sender. */
  readonly id: string;
  /** What it calls itself, if it said so. */
  readonly name: string | undefined;
  /** In order. */
  readonly steps: readonly Step[];
  /** Those of them that nothing ties to it, and that may be another's. */
  readonly unsure: ReadonlySet<Step>;
  /** What was taken to be another's, and may be its. */
  readonly shared: readonly Step[];
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
  const isAlone = isLabelled && !second;
  const strangers = new Map<string, Owner>();
  const placeOf = isAlone && !only ? placedTogether(steps, strangers) : placedByOrder(steps, owners, strangers);
  const groups = new Map<Owner, { readonly steps: Step[]; readonly unsure: Set<Step> }>();
  // What came before the client did anything is another's, such as a person who looked at a document.
  let hasBegun = false;
  const placed = new Map<Step, Owner>();
  for (const step of steps) {
    let { owner, isSure } = placeOf(step);
    if (isAlone && only && owner !== only && hasBegun && !isOpened(step)) {
      // The browser brings authorization requests for it.
      [owner, isSure] = [only, step.kind === "authorization"];
    }
    hasBegun ||= owner === only;
    const own = groups.get(owner) ?? { steps: [], unsure: new Set() };
    own.steps.push(step);
    if (!isSure) own.unsure.add(step);
    groups.set(owner, own);
    placed.set(step, owner);
  }
  const shared = shareSteps(placed, owners);
  for (const step of [...shared.values()].flat()) {
    const owner = placed.get(step);
    if (owner) groups.get(owner)?.unsure.add(step);
  }
  return [...groups].map(([owner, { steps: own, unsure }]) => ({
    id: owner.id ?? `unidentified ${own[0]?.exchange.peer ?? ""}`,
    name: nameOf(own),
    standing: owner.id === undefined ? standingOf(own, only !== undefined, isAlone) : "client",
    steps: own,
    unsure,
    shared: shared.get(owner) ?? [],
  }));
}

/** The standing of somebody who never shows who it is. */
function standingOf(steps: readonly Step[], isBeside: boolean, isAlone: boolean): Standing {
  if (steps.every((step) => isNavigation(step) || step.kind === "canary")) return "nobody";
  if (!isBeside) return "client";
  // Clients of MCP post, people look.
  return isAlone || steps.every(({ exchange }) => exchange.method === "GET") ? "nobody" : "bystander";
}

/** Whether a person opened a page by hand: clients send them to authorize, and to canaries, and nowhere else. */
function isOpened(step: Step): boolean {
  return step.kind !== "authorization" && step.kind !== "canary" && isNavigation(step);
}

/** Whether a browser sent it because a person followed a link, or was sent on (Fetch Metadata Request Headers 2.2). */
function isNavigation({ exchange: { request } }: Step): boolean {
  const mode = headerOf(request, "sec-fetch-mode");
  if (mode !== undefined) return mode === "navigate";
  return /^Mozilla\//.test(headerOf(request, "user-agent") ?? "") &&
    (headerOf(request, "accept") ?? "").includes("text/html");
}

/** Whose a step is, and whether anything tells that but the time and the place. */
interface Placed {
  readonly owner: Owner;
  readonly isSure: boolean;
}

type Placing = (step: Step) => Placed;

/** Where nobody has shown who it is: all is one client's, but for what a person opened. */
function placedTogether(steps: readonly Step[], strangers: Map<string, Owner>): Placing {
  const from = steps.find((step) => !isNavigation(step))?.at ?? Infinity;
  return (step) => ({
    owner: strangerOf(isOpened(step) || step.at < from ? step.exchange.peer : "", strangers),
    isSure: true,
  });
}

function strangerOf(peer: string, strangers: Map<string, Owner>): Owner {
  const stranger = strangers.get(peer) ?? { id: undefined, peers: new Set([peer]) };
  strangers.set(peer, stranger);
  return stranger;
}

/** For steps that prove nothing: the next known client at the same sender, else the last one, else an unknown one. */
function placedByOrder(
  all: readonly Step[],
  owners: ReadonlyMap<Step, Owner>,
  strangers: Map<string, Owner>,
): Placing {
  const steps = all.filter((step) => owners.has(step) || !isOpened(step));
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
  return (step) => {
    const { peer } = step.exchange;
    const owner = found.get(step);
    if (owner) return { owner, isSure: true };
    const around = isOpened(step) ? undefined : between.get(peer);
    return around ? { owner: around, isSure: false } : { owner: strangerOf(peer, strangers), isSure: true };
  };
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
