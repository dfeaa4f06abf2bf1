/** Ideas for cases: each knows a kind of attack, and leaves it to chance what it is tried on. */
import type { Case, Sending, Step } from "./case.ts";
import type { Chance } from "./chance.ts";
import { isObject, type Json, type Message, needsOf, type Pair } from "./message.ts";
import { chooseMutation, type MutationName, withHeader } from "./mutations.ts";
import type { Mode } from "./process.ts";
import { drawFrom } from "./schema.ts";
import { messages, preludeOf } from "./valid.ts";
import { oddClaim } from "./values.ts";

/** What cases are drawn for. */
export interface Ground {
  readonly mode: Mode;
  readonly scenarios: readonly string[];
  /** The description of the control API, which knows what its bodies may hold. */
  readonly openapi: Json;
}

/** Makes the steps of a case. */
type Plot = (chance: Chance, ground: Ground) => readonly Step[];

interface Kind {
  readonly weight: number;
  /** Another weight with `--public`, where others share the server. */
  readonly publicWeight?: number;
  /** Where it makes sense; anywhere if not given. */
  readonly modes?: readonly Mode[];
  readonly plot: Plot;
  /** How often it plays in the sandbox that all share, and under a scenario that is not the healthy one. */
  readonly rootShare?: number;
  readonly scenarioShare?: number;
}

const send = (message: Message, mutations: Sending["mutations"] = []): Step => ({ kind: "send", message, mutations });
const named = (pattern: RegExp): readonly Message[] => messages.filter(({ name }) => pattern.test(name));

/** What must come before a message, and the message broken. */
function led(message: Message, mutations: Sending["mutations"]): readonly Step[] {
  return [...preludeOf(message).map((one) => send(one)), send(message, mutations)];
}

/** Several of the same kind, one after another. */
function some(count: number, make: () => readonly Step[]): readonly Step[] {
  return Array.from({ length: count }, make).flat();
}

/** What comes after a request in the life of a client: requests that need what it gives. */
function followers(message: Message): readonly Message[] {
  const pools = message.gives.map(({ pool }) => pool);
  return messages.filter((one) => needsOf(one).some((need) => pools.includes(need)));
}

function broken(chance: Chance): readonly Step[] {
  const message = chance.pick(messages);
  const mutations = Array.from({ length: chance.pick([1, 1, 1, 2, 3]) }, () => chooseMutation(chance));
  const next = followers(message);
  const after = next.length > 0 && chance.happens(0.6) ? [send(chance.pick(next))] : [];
  return [...led(message, mutations), ...after];
}

/** What is stored is broken, and then all is read. */
function stored(chance: Chance): readonly Step[] {
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
function walk(chance: Chance): readonly Step[] {
  return Array.from({ length: chance.between(3, 6) }, () => chance.pick(messages)).flatMap((message) => [
    ...preludeOf(message).map((one) => send(one)),
    ...Array.from(
      { length: chance.pick([1, 1, 2]) },
      () => send(message, chance.happens(0.3) ? [chooseMutation(chance)] : []),
    ),
  ]);
}

function race(chance: Chance): readonly Step[] {
  const message = chance.pick(messages.filter(({ isSingleUse }) => isSingleUse));
  return [...preludeOf(message).map((one) => send(one)), { kind: "race", message, mutations: [], times: 6 }];
}

/** Bodies in a framing that says little of them, where somebody looks at them. */
function framed(chance: Chance): readonly Step[] {
  const among = messages.filter(({ body }) => body !== undefined);
  return some(2, () => led(chance.pick(among), [chooseMutation(chance, ["chunked and long", "odd framing"])]));
}

function headed(chance: Chance): readonly Step[] {
  const names: readonly MutationName[] = ["odd host", "odd header", "long headers", "odd path"];
  return some(2, () => led(chance.pick(messages), [chooseMutation(chance, names)]));
}

/** URIs that parsers read differently, wherever a URI goes. */
function astray(chance: Chance): readonly Step[] {
  const among = named(/^(register|authorize|authorize|par|update_registration|control_add_clients|client_metadata)$/);
  return some(5, () => led(chance.pick(among), [chooseMutation(chance, ["odd URI"])]));
}

/** Exchanges that are hard to keep among others that are not. */
function heavy(chance: Chance): readonly Step[] {
  const among = named(/^(token|userinfo|no_auth_post|register|introspect|jwks)$/);
  const names: readonly MutationName[] = ["long headers", "long value", "huge JSON"];
  const hard = some(2, () => led(chance.pick(among), [chooseMutation(chance, names)]));
  return [...led(chance.pick(named(/^userinfo$/)), []), ...hard, ...led(chance.pick(among), [])];
}

/** Where random bytes of any size may go in a request. */
function withPadding(message: Message, chance: Chance): Message {
  const { body } = message;
  if (body?.kind === "form") {
    const at = chance.below(body.fields.length);
    const fields = body.fields.map(([name, value], index): Pair => [name, index === at ? "<<padding>>" : value]);
    return { ...message, body: { ...body, fields } };
  }
  if (body?.kind !== "json") return withHeader(message, "x-padding", "<<padding>>");
  return { ...message, body: { kind: "json", value: padded(body.value, chance) } };
}

/** Padding in the innermost object, which tends to be open to anything. */
function padded(value: Json, chance: Chance): Json {
  if (typeof value !== "object" || value === null) return "<<padding>>";
  if (!isObject(value)) return value.map((item, index) => index === value.length - 1 ? padded(item, chance) : item);
  const [name, member] = Object.entries(value).findLast(([, one]) => typeof one === "object" && one !== null) ?? [];
  if (name !== undefined && member !== undefined) return { ...value, [name]: padded(member, chance) };
  const own = Object.keys(value);
  return { ...value, [chance.pick([...own, "zz"])]: "<<padding>>" };
}

/** What a flood may cost in all. */
const MAX_FLOOD_BYTES = 400_000_000;

/** What can be asked for again and again, and leaves something behind each time. */
const registrations = named(/^register$/);
const batches = named(/_post$/).filter((one) => JSON.stringify(one).includes("<<batch_session"));
const flooded: readonly (readonly Message[])[] = [
  batches,
  registrations,
  named(/_post$/),
  named(/^(decide|device|par)$/),
  named(/^control_(add|declare|mint|define)/),
];

function floodOf(chance: Chance, { mode }: Ground): Step & { kind: "flood" } {
  // On a server that all share, it is what they share that counts; elsewhere it is what a process keeps.
  const likely = chance.happens(0.5) ? mode === "public" ? registrations : batches : chance.pick(flooded);
  const message = chance.pick(likely.filter(({ body }) => body !== undefined));
  const isMcp = message.name.endsWith("_post");
  const bytes = chance.pick(isMcp ? [30_000, 900_000, 3_900_000, 3_900_000] : [1000, 30_000, 30_000, 30_000]);
  return {
    kind: "flood",
    message: withPadding(message, chance),
    mutations: [],
    bytes,
    times: Math.min(180, Math.floor(MAX_FLOOD_BYTES / bytes)),
    isFilling: !isMcp,
  };
}

function flood(chance: Chance, ground: Ground): readonly Step[] {
  const step = floodOf(chance, ground);
  const prelude = preludeOf(step.message).filter(({ gives }) => gives.every(({ pool }) => pool !== "padding"));
  const end: readonly Step[] = ground.mode === "public" ? [{ kind: "newcomer" }] : [];
  return [...prelude.map((one) => send(one)), step, ...end];
}

/** Streams that nobody reads while much is told on them, or that come and go. */
function deaf(chance: Chance): readonly Step[] {
  const message = chance.pick([
    ...named(/^control_events$/),
    ...named(/^control_(exchanges|report)$/),
    ...named(/^no_auth_get$/),
  ]);
  const echo = named(/^no_auth_post$/).find(({ body }) => JSON.stringify(body).includes("mock_echo"));
  const isLeft = chance.happens(0.5);
  const listen: Step = { kind: "listen", message, mutations: [], count: isLeft ? 150 : 20, isLeft };
  const talk: readonly Step[] = echo === undefined ? [] : [{
    kind: "flood",
    message: withPadding(echo, chance),
    mutations: [],
    bytes: isLeft ? 10_000 : 120_000,
    times: isLeft ? 600 : 500,
    isFilling: false,
  }];
  const prelude = [...new Set([message, ...echo ? [echo] : []].flatMap(preludeOf))].map((one) => send(one));
  return isLeft ? [...prelude, ...talk, listen] : [...prelude, listen, ...talk];
}

function crowd(chance: Chance): readonly Step[] {
  const text = chance.pick([
    "",
    "GET /health HTTP/1.1\r\n",
    "POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\na",
  ]);
  return [{ kind: "idle", count: chance.pick([50, 150, 300]), text }, ...led(chance.pick(messages), [])];
}

/** Two processes: one is told something, and both are asked. */
function pair(chance: Chance): readonly Step[] {
  const changes = messages.filter(({ changes, name }) => changes && !/^control_(reset|clear_exchanges)$/.test(name));
  const change = chance.happens(0.5) ? chance.pick(named(/^(update|delete)_registration$/)) : chance.pick(changes);
  const asked = messages.filter(({ name, gives, method }) =>
    name === "authorize" ||
    (method === "GET" && /^(read_registration|userinfo|control_(list|read)_\w+|jwks)$/.test(name)) ||
    (name === "par" && gives.length > 0)
  ).filter(({ isSingleUse }) => !isSingleUse);
  const messagesAsked = [...named(/^authorize$/).slice(0, 1), ...Array.from({ length: 3 }, () => chance.pick(asked))];
  const prelude = [...new Set([...preludeOf(change), ...messagesAsked.flatMap(preludeOf)])];
  return [
    ...prelude.map((one) => send(one)),
    { kind: "compare", messages: messagesAsked },
    { kind: "send", message: change, mutations: [], process: chance.below(2) },
    { kind: "compare", messages: messagesAsked },
  ];
}

/** What a page of another site can have a browser ask: an image, a navigation, a form. */
function foreign(chance: Chance): readonly Step[] {
  const message = chance.pick(messages.filter(({ method, path }) => method === "GET" && !path.includes("assets")));
  const isImage = chance.happens(0.5);
  const headers: readonly Pair[] = [
    ["sec-fetch-site", "cross-site"],
    ["sec-fetch-mode", isImage ? "no-cors" : "navigate"],
    ["sec-fetch-dest", isImage ? "image" : "document"],
    ["accept", isImage ? "image/avif,image/webp,*/*" : "text/html"],
  ];
  const asked: Message = {
    ...message,
    headers,
    query: chance.happens(0.7) ? withFault(message, chance) : message.query,
  };
  return [...preludeOf(asked).map((one) => send(one)), { kind: "foreign", message: asked, mutations: [] }];
}

function withFault({ query }: Message, chance: Chance): readonly Pair[] {
  const endpoint = chance.pick(["token", "server_metadata", "mcp", "jwks", "authorize"]);
  return [...query, [
    "fault",
    `${endpoint}:${chance.pick(["503", "html", "drop", "delay=50"])}${chance.pick(["", "*always", "*2"])}`,
  ]];
}

/** What faults call the routes on a client's way. */
const endpoints: Readonly<Record<string, string>> = {
  token: "token",
  oauth_post: "mcp",
  no_auth_post: "open_mcp",
  jwks: "jwks",
  userinfo: "userinfo",
  authorize: "authorize",
  register: "register",
  par: "par",
  home: "pages",
  authorization_server_metadata: "server_metadata",
};

/** Valid faults and rules that nobody would think of, and then a client's way through them. */
function faulty(chance: Chance, ground: Ground): readonly Step[] {
  const told = chance.pick(named(/^control_(add_faults|add_faults|change_plan|define_scenarios)$/));
  const asked = Array.from({ length: 3 }, () => {
    const name = chance.pick(Object.keys(endpoints));
    return chance.pick(messages.filter((one) => one.name === name));
  });
  const met = asked.map(({ name }) => endpoints[name] ?? "token");
  const value = tamed(drawBody(told, chance, ground), { chance, met });
  const odd = ["1", "漢", "\0", "a\r\nx-zqx-injected: 1", "<zqx>"];
  const withQuery = asked.map((one): Message => ({ ...one, query: [...one.query, ["x", chance.pick(odd)]] }));
  return [
    send({ ...told, body: { kind: "json", value } }),
    ...withQuery.flatMap((one) => led(one, chance.happens(0.2) ? [chooseMutation(chance)] : [])),
  ];
}

function drawBody({ name, method, path }: Message, chance: Chance, { openapi }: Ground): Json {
  const paths = isObject(openapi) && isObject(openapi.paths) ? openapi.paths : {};
  const described = paths[path];
  const operation = isObject(described) ? described[method.toLowerCase()] : undefined;
  const body = isObject(operation) && isObject(operation.requestBody) ? operation.requestBody.content : undefined;
  const media = isObject(body) ? body["application/json"] : undefined;
  const schema = isObject(media) ? media.schema : undefined;
  return schema === undefined ? name : drawFrom(schema, chance);
}

interface Taming {
  readonly chance: Chance;
  /** The endpoints that are asked afterwards. */
  readonly met: readonly string[];
}

/** Conditions that are rarely met in a short way. */
const conditions = /^(nth|after|until|not_accepting|revision_after)$/;

/** What waits is made to wait shortly, and what waits for something is made to meet it. */
function tamed(value: Json, taming: Taming): Json {
  const { chance, met } = taming;
  if (typeof value !== "object" || value === null) return value;
  if (!isObject(value)) return value.map((item) => tamed(item, taming));
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => !conditions.test(name) || chance.happens(0.2)).map(([name, member]) => {
      if (name === "delay_ms" || name === "every_ms") return [name, 1];
      if (name === "match" && chance.happens(0.8)) return [name, { endpoint: chance.pick(met) }];
      return [name, tamed(member, taming)];
    }),
  );
}

const claims = ["aud", "iss", "scope", "client_id", "sid", "exp", "sub", "iat", "nbf"];

/** Tokens that say odd things of themselves, shown wherever tokens are looked at. */
function minted(chance: Chance): readonly Step[] {
  const odd = Object.fromEntries(
    Array.from({ length: chance.pick([1, 1, 2]) }, () => [chance.pick(claims), oddClaim(chance)]),
  );
  const uses = named(/^(oauth_post|userinfo|userinfo_post|introspect|revoke)$/).filter((one) =>
    JSON.stringify(one).includes("<<access_token>>") && !JSON.stringify(one).includes("session")
  );
  const shown = Array.from({ length: 3 }, () => chance.pick(uses)).map((one): Message => {
    const text = JSON.stringify(one).replaceAll("<<access_token>>", "<<minted>>");
    return JSON.parse(text);
  });
  const mint = named(/^control_mint_token$/).map((one): Message => ({
    ...one,
    body: { kind: "json", value: { user: "ada@fuzz.example", scope: "openid mcp:read", claims: odd } },
  }));
  const steps = shown.flatMap((
    one,
  ) => [...preludeOf(one).filter(({ name }) => name !== "control_mint_token").map((m) => send(m)), send(one)]);
  return [...mint.map((one) => send(one)), ...steps];
}

/** The same token in a spelling that only a lax reader takes for it. */
function respelled(chance: Chance): readonly Step[] {
  const uses = messages.filter((one) => /<<(access_token|minted|code|refresh_token)>>/.test(JSON.stringify(one)));
  return led(chance.pick(uses), [chooseMutation(chance, ["other spelling", "other reference"])]);
}

/** Secrets where clients put them by mistake. */
function indiscreet(chance: Chance): readonly Step[] {
  const secret = chance.pick([
    "<<refresh_token>>",
    "<<access_token>>",
    "<<secret>>",
    "<<code>>",
    "<<registration_access_token>>",
  ]);
  const text = chance.pick([
    secret,
    "password: <<secret-marker:Colon>>",
    "Authorization: Bearer <<secret-marker:BearerInText>>",
    "access_token=<<secret-marker:Assigned>>",
    "https://user:<<secret-marker:UserinfoInText>>@x.example/",
  ]);
  const echo = named(/^no_auth_post$/).find(({ body }) => JSON.stringify(body).includes("mock_echo"));
  const place = chance.pick<() => Message | undefined>([
    () =>
      echo &&
      {
        ...echo,
        body: {
          kind: "json",
          value: {
            jsonrpc: "2.0",
            id: 1,
            method: "tools/call",
            params: { name: "mock_echo", arguments: { message: text } },
          },
        },
      },
    () => ({
      ...chance.pick(named(/^token$/)),
      headers: [["content-type", "text/plain"]],
      body: { kind: "text", text },
    }),
    () =>
      withHeader(
        chance.pick(named(/^(jwks|userinfo|token)$/)),
        "cookie",
        "first=1; second=<<secret-marker:SecondCookie>>",
      ),
    () => ({ ...chance.pick(named(/^jwks$/)), path: `/oauth/token/${secret}` }),
    () => ({
      ...chance.pick(named(/^authorize$/)),
      query: [["client_id", "https://u:<<secret-marker:Userinfo>>@x.example/c"]],
    }),
  ])();
  const message = place ?? chance.pick(messages);
  return [...preludeOf(message).map((one) => send(one)), send(message)];
}

/** Something is done here while somebody listens next door. */
function neighbours(chance: Chance): readonly Step[] {
  const listeners = [...named(/_post$/).filter(({ isLasting }) => isLasting), ...named(/^control_events$/)];
  const here = chance.pick(listeners.filter((one) => !needsOf(one).includes("access_token")));
  const acts = named(/^conformance_post$/).filter((one) => one.changes);
  return [
    { kind: "overhear", message: here, mutations: [], isElsewhere: true },
    ...Array.from({ length: 3 }, () => send(chance.pick(acts))),
    send(chance.pick(messages.filter((one) => preludeOf(one).length === 0))),
  ];
}

/** A page of another site has the server look somewhere on this machine. */
function oracle(chance: Chance): readonly Step[] {
  const message = chance.pick(
    named(/^(token|par|device|introspect|revoke|authorize)$/).filter(({ body }) => body?.kind === "form"),
  );
  const { body } = message;
  const fields = body?.kind === "form" ? body.fields : [];
  const asked: Message = {
    ...withHeader(message, "origin", "http://evil.example"),
    body: {
      kind: "form",
      fields: fields.map((
        [name, value],
      ): Pair => [name, name === "client_id" ? `<<listener>>/${chance.seed()}` : value]),
    },
  };
  return led(asked, []);
}

const kinds: Readonly<Record<string, Kind>> = {
  broken: { weight: 20, plot: broken, rootShare: 0.15, scenarioShare: 0.15 },
  stored: { weight: 14, plot: stored, rootShare: 0.15 },
  walk: { weight: 4, plot: walk, scenarioShare: 0.3 },
  race: { weight: 3, plot: race },
  framed: { weight: 10, plot: framed, scenarioShare: 0.6 },
  headed: { weight: 8, plot: headed },
  astray: { weight: 8, plot: astray },
  heavy: { weight: 6, plot: heavy },
  faulty: { weight: 12, publicWeight: 30, plot: faulty },
  minted: { weight: 8, plot: minted },
  respelled: { weight: 3, plot: respelled },
  indiscreet: { weight: 8, plot: indiscreet },
  foreign: { weight: 6, plot: foreign },
  neighbours: { weight: 4, plot: neighbours },
  oracle: { weight: 3, plot: oracle },
  pair: { weight: 60, modes: ["pair"], plot: pair },
  crowd: { weight: 200, modes: ["few"], plot: crowd },
  // Only where they are asked for by name: one takes as long as fifty others.
  flood: { weight: 0, modes: ["local", "memory", "public"], plot: flood, rootShare: 0.6 },
  deaf: { weight: 0, modes: ["local", "memory", "public"], plot: deaf },
};

/** The names of the plots. */
export const plotNames: readonly string[] = Object.keys(kinds);

/** Plots after which the record is always looked at. */
const recordPlots: ReadonlySet<string> = new Set(["indiscreet", "heavy"]);

/** Draws a case. */
export function drawCase(chance: Chance, ground: Ground, plots: readonly string[] = plotNames): Case {
  const possible = Object.entries(kinds).filter(([name, { modes }]) =>
    plots.includes(name) && (modes === undefined || modes.includes(ground.mode))
  );
  const plot = chance.pickWeighted(
    possible.map(([name, { weight, publicWeight = weight }]): readonly [number, string] => [
      ground.mode === "public" ? publicWeight : weight,
      name,
    ]),
  );
  const { plot: draw, rootShare = 0.05, scenarioShare = 0 } = kinds[plot] ?? { plot: broken };
  const isRoot = chance.happens(rootShare);
  const scenario = !isRoot && chance.happens(scenarioShare) ? chance.pick(ground.scenarios) : "standard";
  const isRecordRead = recordPlots.has(plot) || chance.happens(0.15);
  return { plot, mode: ground.mode, scenario, isRoot, isRecordRead, steps: draw(chance, ground) };
}
