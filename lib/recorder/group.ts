/**
 * Tells whose steps are whose. A client is known by its client_id from registration on; what it did before (discovery,
 * first refusals) is hers who is next identified at the same address with the same user agent. A client that registers
 * again stays one as long as it calls itself the same.
 *
 * @module
 */
import { headerOf } from "./exchange.ts";
import { digestOf } from "./redact.ts";
import type { Step } from "./step.ts";
import { isObject, messagesOf, textOf } from "./wire.ts";

/** The steps of one client. */
export interface ClientSteps {
  /** The client_id it had first; where it never had one, a name for the sender. */
  readonly id: string;
  /** What it calls itself, if it said so. */
  readonly name: string | undefined;
  /** In order. */
  readonly steps: readonly Step[];
}

/** Where a client_id is at home. */
interface Home {
  readonly peer: string;
  readonly name: string;
}

/**
 * Groups steps by client, in the order of first appearance.
 *
 * @param steps All steps of a sandbox.
 */
export function groupByClient(steps: readonly Step[]): readonly ClientSteps[] {
  const ids = identify(steps);
  const homes = findHomes(steps, ids);
  const neighbours = findNeighbours(steps, { ids, homes });
  const keys = new Map<string, string>();
  const keyOf = (id: string): string => {
    const key = keys.get(id) ?? keyOfHome(homes, id);
    keys.set(id, key);
    return key;
  };
  const groups = new Map<string, { id: string | undefined; readonly steps: Step[] }>();
  for (const step of steps) {
    const id = ids.get(step);
    const owner = id ?? neighbours.get(step);
    const key = owner === undefined ? `${step.exchange.peer} ` : keyOf(owner);
    const group = groups.get(key) ?? { id: undefined, steps: [] };
    group.id ??= id;
    group.steps.push(step);
    groups.set(key, group);
  }
  return [...groups].map(([key, { id, steps: own }]) => ({
    id: id ?? `unidentified ${key.trim()}`,
    name: nameOf(own),
    steps: own,
  }));
}

/** The client_id that a step names, or whose token it carries. */
function identify(steps: readonly Step[]): ReadonlyMap<Step, string> {
  const owners = new Map<string, string>();
  const ids = new Map<Step, string>();
  for (const step of steps) {
    const id = idOf(step, owners);
    if (!id) continue;
    ids.set(step, id);
    const token = step.kind === "token" ? textOf(step.issued, "access_token") : undefined;
    if (token !== undefined) owners.set(digestOf(token), id);
  }
  return ids;
}

function idOf(step: Step, owners: ReadonlyMap<string, string>): string | undefined {
  switch (step.kind) {
    case "registration":
      return textOf(step.registered, "client_id");
    case "authorization":
      return step.params.get("client_id") ?? undefined;
    case "token":
    case "other":
      return basicIdOf(step) ?? step.params.get("client_id") ?? undefined;
    case "mcp":
      return step.token === undefined ? undefined : owners.get(digestOf(step.token));
    default:
      return undefined;
  }
}

/** The id of HTTP Basic, which redaction leaves readable. */
function basicIdOf({ exchange }: Step): string | undefined {
  const id = /^basic ([^:]+):/i.exec(headerOf(exchange.request, "authorization") ?? "")?.[1];
  try {
    return id === undefined ? undefined : decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** A browser brings the authorization request, so that one says nothing of where its client is. */
function findHomes(steps: readonly Step[], ids: ReadonlyMap<Step, string>): ReadonlyMap<string, Home> {
  const homes = new Map<string, Home>();
  let lastPeer: string | undefined;
  const guesses = new Map<string, Home>();
  for (const step of steps) {
    const id = ids.get(step);
    const { peer } = step.exchange;
    if (step.kind === "authorization") {
      if (id !== undefined && !guesses.has(id)) guesses.set(id, { peer: lastPeer ?? peer, name: "" });
      continue;
    }
    lastPeer = peer;
    if (id === undefined || homes.has(id)) continue;
    homes.set(id, { peer, name: step.kind === "registration" ? textOf(step.sent, "client_name") ?? "" : "" });
  }
  return new Map([...guesses, ...homes]);
}

/** Clients at one address are one, unless they call themselves differently. */
function keyOfHome(homes: ReadonlyMap<string, Home>, id: string): string {
  const { peer, name } = homes.get(id) ?? { peer: "", name: id };
  if (name !== "") return `${peer} ${name}`;
  const names = new Set(
    homes.values().filter((home) => home.peer === peer && home.name !== "").map((home) => home.name),
  );
  return names.size === 1 ? `${peer} ${[...names].join()}` : `${peer} `;
}

interface Identified {
  readonly ids: ReadonlyMap<Step, string>;
  readonly homes: ReadonlyMap<string, Home>;
}

/** For steps that name nobody: who is next identified at the same place, else who was last. */
function findNeighbours(steps: readonly Step[], { ids, homes }: Identified): ReadonlyMap<Step, string> {
  const found = new Map<Step, string>();
  for (const ordered of [steps.toReversed(), steps]) {
    const nearest = new Map<string, string>();
    for (const step of ordered) {
      const id = ids.get(step);
      const home = id === undefined ? undefined : homes.get(id);
      if (id !== undefined && home) nearest.set(home.peer, id);
      const neighbour = nearest.get(step.exchange.peer);
      if (id === undefined && neighbour !== undefined && !found.has(step)) found.set(step, neighbour);
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
