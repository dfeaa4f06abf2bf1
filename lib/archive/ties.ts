// What ties exchanges together: what one brought, and another sends.
import { answerOf, formOf, originOf, parseObject, textOf } from "../judge/reading.ts";
import type { Exchange } from "../recorder/exchange.ts";
import { digestOf } from "../recorder/redact/digests.ts";

/** Some clients send the same state every time, which then ties nothing together. */
export function uniqueStatesIn(exchanges: readonly Exchange[]): (state: string) => boolean {
  const logins = new Map<string, Set<string>>();
  for (const exchange of exchanges) {
    const sent = parametersOf(exchange);
    const [state, client] = [sent.get("state"), sent.get("client_id")];
    if (state === null || client === null) continue;
    const login = JSON.stringify([originOf(exchange.url), client, sent.getAll("resource")]);
    logins.set(state, (logins.get(state) ?? new Set()).add(login));
  }
  return (state) => (logins.get(state)?.size ?? 0) === 1;
}

/** What ties an exchange to others of its login. */
export function keysOf(exchange: Exchange, isOne: (state: string) => boolean): readonly string[] {
  const [sent, answer, body] = [parametersOf(exchange), answerOf(exchange), exchange.response.body];
  const own = (["code", "state", "request_uri", "device_code"] as const).flatMap((name) => {
    const values = [sent.get(name), answer?.get(name), ...tokenIn(body, name)];
    if (name === "state" && !values.every((state) => !state || isOne(state))) return [];
    return values.flatMap((value) => value ? [`${name} ${digestOf(value)}`] : []);
  });
  const refreshed = [digestOf(sent.get("refresh_token") ?? ""), ...tokenIn(body, "refresh_token")];
  const issued = [digestOf(sent.get("token") ?? ""), ...tokenIn(body, "access_token")];
  return [...own, ...[...refreshed, ...issued].flatMap((token) => token ? [`token ${token}`] : [])];
}

/** The digest of a secret that an answer brought, if it did. */
export function tokenIn(body: string | undefined, name: string): readonly string[] {
  const value = textOf(parseObject(body), name);
  return value === undefined ? [] : [digestOf(value)];
}

/** The parameters of a request, in its form or its URL. */
export function parametersOf(exchange: Exchange): Pick<URLSearchParams, "get" | "getAll"> {
  if (exchange.method === "POST" && exchange.request.body) return formOf(exchange);
  return new URLSearchParams(exchange.url.replace(/#.*$/s, "").split("?").slice(1).join("?"));
}

/** Sets of names that grow together. */
export function createSets(): {
  readonly find: (name: string) => string;
  readonly join: (one: string, other: string) => void;
} {
  const parents = new Map<string, string>();
  const find = (name: string): string => {
    let root = name;
    for (let next = parents.get(root); next !== undefined && next !== root; next = parents.get(root)) root = next;
    // What was gone through once is not gone through again.
    for (let at = name; at !== root;) {
      const next = parents.get(at) ?? root;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  return { find, join: (one, other) => void parents.set(find(one), find(other)) };
}
