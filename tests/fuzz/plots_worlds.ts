/** Plots in which a sandbox is bent, shared, or overheard. */
import type { Step } from "./case.ts";
import type { Chance } from "./chance.ts";
import { type Ground, led, named, send, some } from "./drawing.ts";
import { isObject, type Json, type Message, needsOf, type Pair } from "./message.ts";
import { chooseMutation, withHeader } from "./mutations.ts";
import { drawFrom } from "./schema.ts";
import { messages, preludeOf } from "./valid.ts";
import { oddClaim } from "./values.ts";

/** Two processes: one is told something, and both are asked. */
export function pair(chance: Chance): readonly Step[] {
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
export function foreign(chance: Chance): readonly Step[] {
  const among = messages.filter(({ method, path }) => method === "GET" && !path.includes("assets"));
  return some(3, () => {
    const message = chance.pick(among);
    const isImage = chance.happens(0.5);
    const headers: readonly Pair[] = [
      ["sec-fetch-site", "cross-site"],
      ["sec-fetch-mode", isImage ? "no-cors" : "navigate"],
      ["sec-fetch-dest", isImage ? "image" : "document"],
      ["accept", isImage ? "image/avif,image/webp,*/*" : "text/html"],
    ];
    const query = chance.happens(0.7) ? withFault(message, chance) : message.query;
    const asked: Message = { ...message, headers, query };
    return [...preludeOf(asked).map((one) => send(one)), { kind: "foreign", message: asked, mutations: [] }];
  });
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
export function faulty(chance: Chance, ground: Ground): readonly Step[] {
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

/** What asks for no answer at all, which a judge can't tell from a server that hangs. */
const silences = /^(hold|never)$/;

/** What waits is made to wait shortly, what waits for something is made to meet it, and nothing stays silent. */
function tamed(value: Json, taming: Taming): Json {
  const { chance, met } = taming;
  if (typeof value !== "object" || value === null) return value;
  if (!isObject(value)) return value.map((item) => tamed(item, taming));
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => !conditions.test(name) || chance.happens(0.2)).filter(([name]) =>
      !silences.test(name)
    ).map(([name, member]) => {
      if (name === "delay_ms" || name === "every_ms") return [name, 1];
      if (name === "how" && member === "hold") return [name, "cut"];
      if (name === "match" && chance.happens(0.8)) return [name, { endpoint: chance.pick(met) }];
      return [name, tamed(member, taming)];
    }),
  );
}

const claims = ["aud", "iss", "scope", "client_id", "sid", "exp", "sub", "iat", "nbf"];

/** Tokens that say odd things of themselves, shown wherever tokens are looked at. */
export function minted(chance: Chance): readonly Step[] {
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
export function respelled(chance: Chance): readonly Step[] {
  const uses = messages.filter((one) => /<<(access_token|minted|code|refresh_token)>>/.test(JSON.stringify(one)));
  return led(chance.pick(uses), [chooseMutation(chance, ["other spelling", "other reference"])]);
}

/** Secrets where clients put them by mistake. */
export function indiscreet(chance: Chance): readonly Step[] {
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
export function neighbours(chance: Chance): readonly Step[] {
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
export function oracle(chance: Chance): readonly Step[] {
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

/** A clock that is moved as far as it goes, and everything that has a time. */
export function timed(chance: Chance): readonly Step[] {
  const moves: readonly Json[] = [
    { advance_seconds: chance.pick([1, 59, 61, 3600, 86_401, 1e9, 1e12, -1, -3600, -1e9, -1e12]) },
    {
      set: chance.pick<Json>([
        0,
        -1,
        1,
        8.64e15,
        -8.64e15,
        8.65e15,
        1e300,
        "9999-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
      ]),
    },
    { reset: true },
  ];
  const move = named(/^control_move_clock$/).slice(0, 1);
  const moved = (): readonly Step[] =>
    move.map((one) => send({ ...one, body: { kind: "json", value: chance.pick(moves) } }));
  const used = chance.pick(messages);
  return [...led(used, []), ...moved(), send(used), ...led(chance.pick(messages), []), ...moved(), send(used)];
}

/** What the sandbox beside has given is shown here. */
export function borrowed(chance: Chance): readonly Step[] {
  // A link carries all of its scenario, so it is good anywhere.
  const among = messages.filter((one) => one.name !== "scenarios" && preludeOf(one).length > 0);
  const message = chance.pick(among);
  return [
    ...preludeOf(message).map((one): Step => ({ kind: "send", message: one, mutations: [], isElsewhere: true })),
    { kind: "send", message, mutations: [], isBorrowed: true },
  ];
}
