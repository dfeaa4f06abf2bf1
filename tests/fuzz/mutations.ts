/** Ways to break a request. Each is chosen by its name and a seed, so that a case can be replayed with fewer of them. */
import { type Chance, createChance } from "./chance.ts";
import { grow, put, replaceLeaf, waysIn } from "./json_ways.ts";
import { isObject, type Json, type Message, type Pair } from "./message.ts";
import { leaving, oddFraming, oddPath } from "./odd_ways.ts";
import { deep, longText, oddClaim, oddHeaders, oddJson, oddText, oddUri } from "./values.ts";

/** A way to break a request. */
export type Mutate = (message: Message, chance: Chance) => Message;

/** A mutation that was chosen. */
export interface Mutation {
  readonly name: MutationName;
  readonly seed: number;
}

const table = {
  "odd value": oddValue,
  "long value": (message, chance) => replaceText(message, chance, () => longText(chance)),
  "odd URI": (message, chance) => replaceText(message, chance, () => oddUri(chance), /uri|client_id|resource|aud/),
  "deep JSON": (message, chance) => onJson(message, chance, (value) => grow(value, chance, deep(chance))),
  "odd JSON": (message, chance) => onJson(message, chance, (value) => replaceLeaf(value, chance, oddJson(chance))),
  "huge JSON": (message, chance) =>
    onJson(message, chance, (value) => grow(value, chance, longText(chance, { lowest: 16_000, highest: 131_072 }))),
  "odd claims": (message, chance) => onJson(message, chance, (value) => withClaims(value, chance)),
  "left out": leaveOut,
  "twice": repeat,
  "odd header": (message, chance) => {
    const [name, values] = chance.pick(oddHeaders);
    return withHeader(message, name, chance.pick(values));
  },
  "odd host": (message, chance) => withHeader(message, "host", chance.pick(oddHeaders[0]?.[1] ?? [])),
  "long headers": (message, chance) => {
    const count = chance.pick([1, 11, 12]);
    const value = `${longText(chance, { lowest: 4000, highest: 5500 })} <<access_token>>`;
    const more = Array.from({ length: count }, (_, index): Pair => [`x-long-${index}`, value.replaceAll("漢", "a")]);
    return { ...message, headers: [...message.headers, ...more] };
  },
  "other reference": otherReference,
  "other spelling": (message, chance) => respell(message, chance),
  "other method": (message, chance) => ({
    ...message,
    method: chance.pick(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"]),
  }),
  "odd path": oddPath,
  "not JSON": (message, chance) => ({
    ...message,
    body: {
      kind: "text",
      text: chance.pick(['{"a":', "", "null", '{"a":1,"a":2}', "\ufeff{}", "[", "<<rep:70000:[>>"]),
    },
  }),
  "odd framing": (message, chance) => ({ ...message, framing: oddFraming(chance) }),
  "chunked and long": (message, chance) => {
    const filled = replaceText(message, chance, () => `<<rep:${chance.pick([70_000, 1_100_000, 2_000_000])}:a>>`);
    return { ...filled, framing: { length: "chunked", ...leaving(chance, 900_000) } };
  },
  "fault in the URL": (message, chance) => ({
    ...message,
    query: [...message.query, [
      "fault",
      `${chance.pick(["token", "jwks", "mcp", "register"])}:${chance.between(400, 599)}`,
    ]],
  }),
} as const satisfies Readonly<Record<string, Mutate>>;

/** The name of a way to break a request. */
export type MutationName = keyof typeof table;

/** All of them. */
export const mutationNames: readonly MutationName[] = Object.keys(table).filter((name): name is MutationName =>
  name in table
);

/** Breaks a request in the chosen ways. */
export function mutate(message: Message, mutations: readonly Mutation[]): Message {
  return mutations.reduce((broken, { name, seed }) => table[name](broken, createChance(seed)), message);
}

/** Chooses a way to break a request. */
export function chooseMutation(chance: Chance, among: readonly MutationName[] = mutationNames): Mutation {
  return { name: chance.pick(among), seed: chance.seed() };
}

function oddValue(message: Message, chance: Chance): Message {
  if (message.body?.kind === "json" && chance.happens(0.7)) {
    return onJson(message, chance, (value) => replaceLeaf(value, chance, oddText(chance)));
  }
  return replaceText(message, chance, () => oddText(chance));
}

type Part = "query" | "form" | "header";

/** Replaces the value of one parameter, field or header, or a text of a JSON body. */
function replaceText(message: Message, chance: Chance, make: () => string, which = /./): Message {
  const { body } = message;
  const places: (readonly [Part, number])[] = [
    ...message.query.flatMap(([name], index) => which.test(name) ? [["query", index] as const] : []),
    ...(body?.kind === "form" ? body.fields : []).flatMap(([name], index) =>
      which.test(name) ? [["form", index] as const] : []
    ),
  ];
  if (body?.kind === "json" && (places.length === 0 || chance.happens(0.7))) {
    return { ...message, body: { kind: "json", value: replaceLeaf(body.value, chance, make(), which) } };
  }
  if (places.length === 0) {
    return { ...message, query: [...message.query, [chance.pick(["x", "resource", "scope", "prompt"]), make()]] };
  }
  const [part, at] = chance.pick(places);
  const replaced = (pairs: readonly Pair[]): readonly Pair[] =>
    pairs.map(([name, value], index) => [name, index === at ? make() : value]);
  if (part === "query") return { ...message, query: replaced(message.query) };
  return body?.kind === "form" ? { ...message, body: { ...body, fields: replaced(body.fields) } } : message;
}

const claimNames = [
  "aud",
  "iss",
  "scope",
  "client_id",
  "sid",
  "sub",
  "exp",
  "iat",
  "nbf",
  "jti",
  "email",
  "name",
  "cnf",
];

/** Claims of other types, wherever claims stand. */
function withClaims(value: Json, chance: Chance): Json {
  const claims = Object.fromEntries(
    Array.from({ length: chance.between(1, 2) }, () => [chance.pick(claimNames), oddClaim(chance)]),
  );
  const way = waysIn(value).find((found) => found.at(-1) === "claims");
  return way ? put(value, way, claims) : replaceLeaf(value, chance, claims);
}

function onJson(message: Message, chance: Chance, change: (value: Json) => Json): Message {
  const { body } = message;
  if (body?.kind === "json") return { ...message, body: { kind: "json", value: change(body.value) } };
  return replaceText(message, chance, () => oddText(chance));
}

function leaveOut(message: Message, chance: Chance): Message {
  const { body } = message;
  const without = (pairs: readonly Pair[]): readonly Pair[] => {
    const gone = chance.below(Math.max(1, pairs.length));
    return pairs.filter((_, index) => index !== gone);
  };
  if (body?.kind === "form" && chance.happens(0.6)) {
    return { ...message, body: { ...body, fields: without(body.fields) } };
  }
  if (body?.kind === "json" && chance.happens(0.6)) {
    const { value } = body;
    if (!isObject(value)) return message;
    return {
      ...message,
      body: {
        kind: "json",
        value: Object.fromEntries(
          without(Object.keys(value).map((n): Pair => [n, n])).map(([n]) => [n, value[n] ?? null]),
        ),
      },
    };
  }
  return chance.happens(0.5)
    ? { ...message, query: without(message.query) }
    : { ...message, headers: without(message.headers) };
}

function repeat(message: Message, chance: Chance): Message {
  const { body, query, headers } = message;
  const doubled = (pairs: readonly Pair[]): readonly Pair[] => {
    const again = pairs[chance.below(Math.max(1, pairs.length))];
    return again ? [...pairs, chance.happens(0.5) ? again : [again[0], oddText(chance)]] : pairs;
  };
  if (body?.kind === "form" && chance.happens(0.6)) {
    return { ...message, body: { ...body, fields: doubled(body.fields) } };
  }
  return chance.happens(0.5) ? { ...message, query: doubled(query) } : { ...message, headers: doubled(headers) };
}

/** Sets a header in the place of those of its name. */
export function withHeader(message: Message, name: string, value: string): Message {
  return { ...message, headers: [...message.headers.filter(([other]) => other !== name), [name, value]] };
}

/** What was given for one thing, shown as another, or one that was given earlier. */
function otherReference(message: Message, chance: Chance): Message {
  const text = JSON.stringify(message);
  const found = [...text.matchAll(/<<(\w+)>>/g)].map(([macro]) => macro);
  if (found.length === 0) return message;
  const other = chance.pick([
    "client",
    "confidential",
    "code",
    "access_token",
    "refresh_token",
    "id_token",
    "request_uri",
    "registration_access_token",
    "minted",
    "access_token:1",
    "code:1",
    "client:1",
    "session_oauth",
  ]);
  return readMessage(text.replace(chance.pick(found), `<<${other}>>`), message);
}

/** The same in a spelling that is none: one that only a lax reader takes for the same. */
function respell(message: Message, chance: Chance): Message {
  const text = JSON.stringify(message);
  const found = [...text.matchAll(/<<(\w+)>>/g)].map(([macro]) => macro);
  if (found.length === 0) return message;
  const macro = chance.pick(found);
  const spelling = chance.pick(["==", "=", " ", ".", "%20", "\\u0000", "A"]);
  return readMessage(text.replace(macro, `${macro}${spelling}`), message);
}

/** What was a message before a macro in its text was changed is one still. */
function readMessage(text: string, like: Message): Message {
  const read: Message = JSON.parse(text);
  return { ...like, ...read };
}
