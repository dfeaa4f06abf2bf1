/** Plots that break one request or another. */
import type { Step } from "./case.ts";
import type { Chance } from "./chance.ts";
import { followers, led, named, send, some } from "./drawing.ts";
import { chooseMutation, type MutationName } from "./mutations.ts";
import { messages, preludeOf } from "./valid.ts";

export function broken(chance: Chance): readonly Step[] {
  const message = chance.pick(messages);
  const mutations = Array.from({ length: chance.pick([1, 1, 1, 2, 3]) }, () => chooseMutation(chance));
  const next = followers(message);
  const after = next.length > 0 && chance.happens(0.6) ? [send(chance.pick(next))] : [];
  return [...led(message, mutations), ...after];
}

/** What is stored is broken, and then all is read. */
export function stored(chance: Chance): readonly Step[] {
  const among = messages.filter(({ changes, body }) => changes && body?.kind === "json");
  const names: readonly MutationName[] = [
    "deep JSON",
    "deep JSON",
    "deep JSON",
    "huge JSON",
    "huge JSON",
    "odd JSON",
    "long value",
    "odd claims",
    "odd URI",
  ];
  return some(3, () => led(chance.pick(among), [chooseMutation(chance, names)]));
}

/** A long way, in which anything may come at any time, also what was used up. */
export function walk(chance: Chance): readonly Step[] {
  return Array.from({ length: chance.between(3, 6) }, () => chance.pick(messages)).flatMap((message) => [
    ...preludeOf(message).map((one) => send(one)),
    ...Array.from(
      { length: chance.pick([1, 1, 2]) },
      () => send(message, chance.happens(0.3) ? [chooseMutation(chance)] : []),
    ),
  ]);
}

export function race(chance: Chance): readonly Step[] {
  const message = chance.pick(messages.filter(({ isSingleUse }) => isSingleUse));
  return [...preludeOf(message).map((one) => send(one)), { kind: "race", message, mutations: [], times: 6 }];
}

/** Bodies in a framing that says little of them, where somebody looks at them. */
export function framed(chance: Chance): readonly Step[] {
  const among = messages.filter(({ body }) => body !== undefined);
  return some(2, () => led(chance.pick(among), [chooseMutation(chance, ["chunked and long", "odd framing"])]));
}

export function headed(chance: Chance): readonly Step[] {
  const names: readonly MutationName[] = ["odd host", "odd header", "long headers", "odd path"];
  return some(2, () => led(chance.pick(messages), [chooseMutation(chance, names)]));
}

/** URIs that parsers read differently, wherever a URI goes. */
export function astray(chance: Chance): readonly Step[] {
  const among = named(/^(register|authorize|authorize|par|update_registration|control_add_clients|client_metadata)$/);
  return some(5, () => led(chance.pick(among), [chooseMutation(chance, ["odd URI"])]));
}

/** Exchanges that are hard to keep among others that are not. */
export function heavy(chance: Chance): readonly Step[] {
  const among = named(/^(token|userinfo|no_auth_post|register|introspect|jwks)$/);
  const names: readonly MutationName[] = ["long headers", "long value", "huge JSON"];
  const hard = some(2, () => led(chance.pick(among), [chooseMutation(chance, names)]));
  return [...led(chance.pick(named(/^userinfo$/)), []), ...hard, ...led(chance.pick(among), [])];
}
