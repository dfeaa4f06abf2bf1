/** Plots of number: much of the same, many at once, streams that nobody reads. */
import type { Step } from "./case.ts";
import type { Chance } from "./chance.ts";
import { type Ground, led, named, send } from "./drawing.ts";
import { isObject, type Json, type Message, type Pair } from "./message.ts";
import { withHeader } from "./mutations.ts";
import { messages, preludeOf } from "./valid.ts";

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
  return { ...value, [chance.pick([...own, ...own, "zz"])]: "<<padding>>" };
}

/** What a flood may cost in all. */
const MAX_FLOOD_BYTES = 400_000_000;

/** What can be asked for again and again, and leaves something behind each time. */
const registrations = named(/^register$/);
const batches = named(/_post$/).filter((one) => JSON.stringify(one).includes("<<batch_session"));
const flooded: readonly (readonly Message[])[] = [
  batches,
  registrations,
  named(/(no_auth|oauth|bearer|conformance)_post$/),
  named(/^(decide|device|par)$/),
  named(/^control_(add|declare|mint|define)/),
];

function floodOf(chance: Chance, { mode }: Ground): Step & { kind: "flood" } {
  // On a server that all share, it is what they share that counts; elsewhere it is what a process keeps.
  const likely = chance.happens(0.5) ? mode === "public" ? registrations : batches : chance.pick(flooded);
  const message = chance.pick(likely.filter(({ body }) => body !== undefined));
  const isMcp = message.body?.kind === "json" && message.name.endsWith("_post");
  const bytes = chance.pick(isMcp ? [900_000, 3_900_000, 3_900_000, 3_900_000] : [1000, 30_000, 30_000, 30_000]);
  return {
    kind: "flood",
    message: withPadding(message, chance),
    mutations: [],
    bytes,
    times: Math.min(180, Math.floor(MAX_FLOOD_BYTES / bytes)),
    isFilling: !isMcp,
    parallel: isMcp ? 4 : 1,
    addresses: chance.pick([1, 1, 10, 1000]),
  };
}

export function flood(chance: Chance, ground: Ground): readonly Step[] {
  return flooding(floodOf(chance, ground), ground);
}

/** What costs the server much and the client little. */
const costly = named(
  /^(control_(rotate_keys|reset|report|exchanges|openapi|declare_users)|scenarios|decide|token|register|home)$/,
);

export function rush(chance: Chance, ground: Ground): readonly Step[] {
  const message = chance.pick(costly);
  return flooding({
    kind: "flood",
    message,
    mutations: [],
    bytes: 0,
    times: 120,
    isFilling: false,
    parallel: 40,
    addresses: 1,
  }, ground);
}

function flooding(step: Step & { kind: "flood" }, { mode }: Ground): readonly Step[] {
  const end: readonly Step[] = mode === "public" ? [{ kind: "newcomer" }] : [];
  return [...preludeOf(step.message).map((one) => send(one)), step, ...end];
}

/** Clients that ask and do not stay for the answer. */
export function hasty(chance: Chance): readonly Step[] {
  const message = chance.pick(messages);
  const left: Step = { kind: "listen", message, mutations: [], count: chance.pick([1, 20, 60]), isLeft: true };
  return [...preludeOf(message).map((one) => send(one)), left, send(message)];
}

/** Streams that nobody reads while much is told on them, or that come and go. */
export function deaf(chance: Chance): readonly Step[] {
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
    parallel: 4,
    addresses: 1,
  }];
  const prelude = [...new Set([message, ...echo ? [echo] : []].flatMap(preludeOf))].map((one) => send(one));
  return isLeft ? [...prelude, ...talk, listen] : [...prelude, listen, ...talk];
}

/** Bodies as large as they may be that do not come to an end. */
export function held(chance: Chance): readonly Step[] {
  const message = chance.pick(named(/_post$/).filter(({ body }) => body?.kind === "json"));
  const hold: Step = {
    kind: "hold",
    message: withPadding(message, chance),
    mutations: [],
    count: 100,
    bytes: 3_900_000,
  };
  return [...preludeOf(message).map((one) => send(one)), hold, send(message)];
}

export function crowd(chance: Chance): readonly Step[] {
  const text = chance.pick([
    "",
    "GET /health HTTP/1.1\r\n",
    "POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\na",
  ]);
  return [{ kind: "idle", count: chance.pick([50, 150, 300]), text }, ...led(chance.pick(messages), [])];
}
