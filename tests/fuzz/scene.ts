/** A case on its way: how a request is written for its sandbox, sent, and noted with its answer. */
import type { Case, Sending } from "./case.ts";
import { expand, type Message, type Pair, writeJson } from "./message.ts";
import { mutate } from "./mutations.ts";
import type { State } from "./state.ts";
import type { Observation, Seen } from "./story.ts";
import type { Target } from "./target.ts";
import type { Wire } from "./wire.ts";

/** What a case is played with. */
export interface Stage {
  readonly target: Target;
  /** Makes names of sandboxes; each is used once. */
  readonly nextLabel: () => string;
  /** Counts, for what must differ. */
  readonly nextNumber: () => number;
  /** An origin that somebody listens at, and how often it was called. */
  readonly listener: { readonly origin: string; readonly calls: () => number };
}

/** The part of a run that belongs to one case. */
export interface Scene extends Stage {
  readonly played: Case;
  readonly state: State;
  readonly prefix: string;
  readonly elsewhere: string;
  readonly address: string;
  readonly seen: Seen[];
  readonly observations: Observation[];
  readonly open: Deno.TcpConn[];
  /** Tells what was heard in the sandbox beside. */
  readonly overhearing: (() => Promise<void>)[];
  printedSoFar: number;
}

/** Writes a request as it goes out. */
export function wireOf(scene: Scene, message: Message, isElsewhere = false): Wire {
  const { state, target } = scene;
  const prefix = isElsewhere ? scene.elsewhere : scene.prefix;
  const write = (text: string): string =>
    expand(text, (name, argument) => {
      if (name === "count") return `${scene.nextNumber()}`;
      if (name === "prefix") return prefix;
      if (name === "base") return target.statedOrigin + prefix;
      return state.expander(name, argument);
    });
  const pairs = (of: readonly Pair[]): [string, string][] => of.map(([name, value]) => [write(name), write(value)]);
  const query = new URLSearchParams(pairs(message.query)).toString();
  const path = write(message.path);
  const isBelow = !path.startsWith("/.well-known") || message.isWellKnown === undefined;
  const placed = isBelow ? prefix + path : message.isWellKnown ? path + prefix : path;
  const { body } = message;
  const content = body === undefined
    ? undefined
    : body.kind === "form"
    ? new URLSearchParams(pairs(body.fields)).toString()
    : body.kind === "text"
    ? write(body.text)
    : writeJson(body.value, (name, argument) => write(`<<${name}:${argument}>>`));
  const from: readonly Pair[] = target.mode === "public" ? [["x-forwarded-for", scene.address]] : [];
  const headers: readonly Pair[] = [...from, ...pairs(message.headers)].map(([name, value]) => [name, safe(value)]);
  return {
    method: message.method,
    target: (placed + (query === "" ? "" : `?${query}`)).replaceAll(" ", "%20").replaceAll(/[\r\n\0]/g, ""),
    headers,
    body: content,
    framing: message.framing ?? {},
  };
}

/** A line break in a header that we write ourselves would inject nothing but our own header. */
function safe(value: string): string {
  return value.replaceAll(/[\r\n\0]/g, "");
}

export async function ask(scene: Scene, sending: Sending, step: number): Promise<Seen> {
  const { message: valid, mutations, process = 0, isElsewhere, isBorrowed = false } = sending;
  const message = mutate(valid, mutations);
  const wire = wireOf(scene, message, isElsewhere);
  const answer = await scene.target.send(wire, process);
  scene.state.take(message, answer);
  const labels = mutations.map(({ name }) => name);
  return note(scene, { step, message, labels, wire, answer, process, isBorrowed });
}

export function note(scene: Scene, seen: Omit<Seen, "logged">): Seen {
  const printed = scene.target.printed();
  const logged = printed.slice(scene.printedSoFar);
  scene.printedSoFar = printed.length;
  const noted = { ...seen, logged: logged.length > 20_000 ? logged.slice(0, 20_000) : logged };
  scene.seen.push(noted);
  return noted;
}
