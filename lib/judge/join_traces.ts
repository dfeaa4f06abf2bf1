/**
 * Which traces are one client's: it may have had more than one client_id, as it registered again or found another
 * authorization server.
 *
 * @module
 */
import { type Revision, spokenRevisions } from "./settled.ts";
import type { Trace } from "./proofs.ts";
import type { Step, TokenStep } from "./step.ts";
import { addressOf, textOf } from "./reading.ts";

/** Who has taken steps. */
export interface Owner {
  /** The client_id it had first; undefined for somebody unknown. */
  readonly id: string | undefined;
  /** Senders of its steps, other than the browser that brings authorization requests. */
  readonly peers: ReadonlySet<string>;
}

/** A trace, and what tells it from others. */
interface Candidate {
  readonly id: string;
  readonly steps: readonly Step[];
  /** The name it registered with; empty if it did not. */
  readonly name: string;
  /** Where it was seen. */
  readonly peers: ReadonlySet<string>;
  /** Requests that brought it tokens. */
  readonly issued: readonly TokenStep[];
  /** The revisions of MCP that it spoke, or wanted to, with these. */
  readonly spoken: ReadonlySet<Revision>;
}

interface Joined extends Owner {
  readonly peers: Set<string>;
  readonly parts: Candidate[];
}

/**
 * Finds the client of each step that shows who made it.
 *
 * @param steps All steps, in order.
 * @param traces Those of them that belong together for certain.
 */
export function joinTraces(steps: readonly Step[], traces: readonly Trace[]): ReadonlyMap<Step, Owner> {
  const candidates = readCandidates(steps, traces);
  const namesAt = new Map<string, Set<string>>();
  for (const { name, peers } of candidates) {
    if (name === "") continue;
    for (const peer of peers) namesAt.set(peer, (namesAt.get(peer) ?? new Set()).add(name));
  }
  const clientsAt = new Map<string, Set<Joined>>();
  const owners = new Map<Step, Owner>();
  for (const candidate of candidates) {
    const around = new Set([...candidate.peers].flatMap((peer) => [...clientsAt.get(peer) ?? []]));
    const isAmbiguous = [...candidate.peers].some((peer) => (namesAt.get(peer)?.size ?? 0) > 1);
    const client: Joined = [...around].find(({ parts }) =>
      parts.every((part) => isSame(part, candidate, isAmbiguous))
    ) ??
      { id: candidate.id, peers: new Set(), parts: [] };
    client.parts.push(candidate);
    for (const peer of candidate.peers) {
      client.peers.add(peer);
      clientsAt.set(peer, (clientsAt.get(peer) ?? new Set()).add(client));
    }
    for (const step of candidate.steps) owners.set(step, client);
  }
  return owners;
}

function readCandidates(steps: readonly Step[], traces: readonly Trace[]): readonly Candidate[] {
  const before = sendersBefore(steps);
  return traces.flatMap(({ id, steps: own }) => {
    if (id === undefined) return [];
    const [first] = own;
    const peers = new Set(own.filter((step) => !isBrowsers(step)).map(({ exchange }) => exchange.peer));
    // A browser brings these, so that they say nothing of where their client is.
    if (peers.size === 0 && first) peers.add(before.get(first) ?? first.exchange.peer);
    const names = own.map((step) => step.kind === "registration" ? textOf(step.sent, "client_name") : undefined);
    const issued = own.filter((step) => step.kind === "token" && textOf(step.issued, "access_token") !== undefined);
    return {
      id,
      steps: own,
      name: names.find((name) => name !== undefined) ?? "",
      peers,
      issued: issued.filter((step) => step.kind === "token"),
      spoken: spokenRevisions(own.filter((step) => step.kind === "mcp")),
    };
  });
}

/** Whether a person's browser may have sent it, as a client has them open a page. */
function isBrowsers({ kind }: Step): boolean {
  return kind === "authorization" || kind === "canary";
}

/** Who was last at work before an authorization request. */
function sendersBefore(steps: readonly Step[]): ReadonlyMap<Step, string> {
  const found = new Map<Step, string>();
  let last: string | undefined;
  for (const step of steps) {
    if (!isBrowsers(step)) last = step.exchange.peer;
    else if (last !== undefined) found.set(step, last);
  }
  return found;
}

/** Whether two traces of one sender are one client's. */
function isSame(one: Candidate, other: Candidate, isAmbiguous: boolean): boolean {
  // A metadata document is of one program.
  if (isDocument(one.id) && isDocument(other.id) && addressOf(one.id) !== addressOf(other.id)) return false;
  // What is built with one SDK is often called the same, and a program speaks what it spoke before it registered anew; one that
  // speaks several revisions need not try all of them again.
  if (one.spoken.size > 0 && other.spoken.size > 0 && one.spoken.isDisjointFrom(other.spoken)) return false;
  if (one.name !== "" && other.name !== "") return one.name === other.name && !areInterleaved(one, other);
  if (isAmbiguous && one.name !== other.name) return false;
  // A client that was let in needs no other client_id at the same authorization server, unless it registers anew.
  return !one.issued.some(({ address }) => other.issued.some((token) => token.address === address));
}

/** Whether a client_id is the URL of a metadata document. */
function isDocument(id: string): boolean {
  return /^https?:\/\//i.test(id);
}

/** Whether the first keeps using its own tokens after the other has some: then both are at work at the same time. */
function areInterleaved(one: Candidate, other: Candidate): boolean {
  const [since] = other.issued;
  return since !== undefined && one.issued.length > 0 &&
    one.steps.some((step) => step.at > since.at && step.status < 300 && (step.kind === "mcp" || step.kind === "token"));
}
