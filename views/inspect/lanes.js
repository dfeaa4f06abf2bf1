// @ts-check
// What belongs together: which session a line is in, which event streams were open meanwhile, and which line has the
// answer to another's request. Sessions and streams are lanes beside the lines, from the first of theirs to the last.
import { blocksOf, isAnswer, isRequest, isStream, messageText, sentOf } from "./stream.js";
import { durationText } from "./text.js";

/**
 * @typedef {import("../../lib/recorder/exchange.ts").Exchange} Exchange
 * @typedef {import("./stream.js").Block} Block
 * @typedef {import("./stream.js").Rpc} Rpc
 */

/**
 * A session, or an event stream.
 *
 * @typedef {object} Lane
 * @property {"session" | "stream"} kind
 * @property {string | undefined} key The session, for its lines to be told from others.
 * @property {string} name
 * @property {number} from Place of its first line.
 * @property {number} to Place of its last one.
 * @property {boolean} isOver Whether it ends there, as far as is known.
 */

/**
 * A lane at a line.
 *
 * @typedef {object} Bar
 * @property {Lane} lane
 * @property {string} part `begin`, `end`, both, or neither.
 */

/**
 * What ties a line to others.
 *
 * @typedef {object} Thread
 * @property {(Bar | undefined)[]} bars By column.
 * @property {string} among The session and the streams, in words.
 * @property {Tie[]} ties
 * @property {Told[]} events What its event stream says, where that is more than the answer.
 * @property {string} end How that ended, if it did.
 */

/**
 * Something said, and the line that it leads to, if any.
 *
 * @typedef {object} Tie
 * @property {string} text
 * @property {number | undefined} at
 */

/**
 * A block of an event stream, or a message of a batch.
 *
 * @typedef {object} Told
 * @property {"there" | "back"} way Whether the client says it, or the server.
 * @property {string} fields
 * @property {string} text
 * @property {number | undefined} atMs
 * @property {number[]} messages Places of its messages among those of the request, or of the response.
 * @property {number | undefined} tied The line that it leads to.
 */

/** As many lanes are drawn; more cannot be told apart. */
export const MAX_LANES = 6;
/** As many blocks of a stream are shown: the last ones. */
export const MAX_EVENTS = 30;

/**
 * What ties the lines of a client together.
 *
 * @param {Exchange[]} exchanges In order.
 * @returns {Map<number, Thread>} By the number of the exchange.
 */
export function threadsOf(exchanges) {
  const keys = sessionKeys(exchanges);
  const lanes = [...sessionLanes(exchanges, keys), ...streamLanes(exchanges)];
  const bars = barsOf(lanes, exchanges.length);
  const ties = answersIn(exchanges, keys);
  return new Map(exchanges.map((exchange, place) => {
    const passing = lanes.filter(({ from, to }) => from <= place && place <= to);
    const session = passing.find(({ key }) => key !== undefined && key === keys[place]);
    return [exchange.sequence, {
      bars: bars[place] ?? [],
      among: amongText(session, passing.filter(({ kind, from }) => kind === "stream" && from < place)),
      ties: tiesOf(exchange, place, session, ties),
      events: toldBy(exchange, ties),
      end: endText(exchange),
    }];
  }));
}

/**
 * @param {Lane | undefined} session
 * @param {Lane[]} streams
 */
function amongText(session, streams) {
  const open = streams.map(({ name }) => name).join(", ");
  return [session ? `in ${session.name}` : "", open === "" ? "" : `${open} open`].filter(Boolean).join("; ");
}

/** @param {Exchange["request"]} message @param {string} name */
function headerIn({ headers }, name) {
  return headers.find(([own]) => own === name)?.[1];
}

/** Path and query, by which a stream of HTTP+SSE and the messages for it are tied. @param {string} url */
function placeOf(url) {
  return url.replace(/^[a-z]+:\/\/[^/]+/, "");
}

/** The session of each exchange: by its header, or over HTTP+SSE by the URL that its stream has named. @param {Exchange[]} exchanges */
function sessionKeys(exchanges) {
  /** @type {Set<string>} */
  const named = new Set();
  return exchanges.map((exchange) => {
    const id = headerIn(exchange.response, "mcp-session-id") ?? headerIn(exchange.request, "mcp-session-id");
    if (id !== undefined) return id;
    const place = placeOf(exchange.url);
    if (exchange.method === "POST") return named.has(place) ? place : undefined;
    const endpoint = isStream(exchange) ? blocksOf(exchange).find(({ fields }) => fields === "endpoint") : undefined;
    if (!endpoint) return undefined;
    named.add(placeOf(endpoint.text));
    return placeOf(endpoint.text);
  });
}

/**
 * @param {Exchange[]} exchanges
 * @param {(string | undefined)[]} keys
 */
function sessionLanes(exchanges, keys) {
  /** @type {Map<string, Lane>} */
  const lanes = new Map();
  for (const [place, key] of keys.entries()) {
    if (key === undefined) continue;
    const lane = lanes.get(key) ??
      { kind: "session", key, name: `session ${lanes.size + 1}`, from: place, to: place, isOver: false };
    const { method, status } = exchanges[place] ?? { method: "", status: 0 };
    const isOver = status === 404 || method === "DELETE" && status < 300;
    lanes.set(key, { ...lane, to: place, isOver });
  }
  // Over HTTP+SSE, a session ends with its stream.
  for (const lane of lanes.values()) {
    lane.isOver ||= lane.key?.startsWith("/") && !exchanges[lane.from]?.isOpen || false;
  }
  return [...lanes.values()];
}

/** Event streams that were open while something else happened. @param {Exchange[]} exchanges @returns {Lane[]} */
function streamLanes(exchanges) {
  return exchanges.flatMap(({ sequence, isOpen = false, stream }, from) => {
    const endedAtMs = isOpen ? Infinity : stream?.endedAtMs ?? 0;
    const to = exchanges.findLastIndex(({ receivedAtMs }) => receivedAtMs < endedAtMs);
    return to <= from
      ? []
      : [{ kind: "stream", key: undefined, name: `stream ${sequence}`, from, to, isOver: !isOpen }];
  });
}

/**
 * Gives each lane a column that is free from its first line to its last.
 *
 * @param {Lane[]} lanes
 * @param {number} length
 */
function barsOf(lanes, length) {
  /** @type {(Bar | undefined)[][]} */
  const bars = Array.from({ length }, () => []);
  /** @type {number[]} */
  const freeFrom = [];
  for (const lane of lanes.toSorted((one, other) => one.from - other.from)) {
    const free = freeFrom.findIndex((place) => place <= lane.from);
    const column = free < 0 ? freeFrom.length : free;
    if (column >= MAX_LANES) continue;
    freeFrom[column] = lane.to + 1;
    for (let place = lane.from; place <= lane.to; place++) {
      const part = [place === lane.from ? "begin" : "", place === lane.to && lane.isOver ? "end" : ""];
      const own = bars[place];
      if (own) own[column] = { lane, part: part.filter(Boolean).join(" ") };
    }
  }
  return bars.map((own) => Array.from(own));
}

/**
 * Which lines have the answers to requests of others, and which events were resumed after where.
 *
 * @typedef {object} Answers
 * @property {Map<Rpc, { at: number, message: Rpc }>} others The other half of each message that has one on another line.
 * @property {Map<string, number>} streams The line of each event id.
 */

/**
 * @param {Exchange[]} exchanges
 * @param {(string | undefined)[]} keys
 * @returns {Answers}
 */
function answersIn(exchanges, keys) {
  /** @type {Answers} */
  const answers = { others: new Map(), streams: new Map() };
  /** @type {Map<string, { at: number, message: Rpc }>} */
  const open = new Map();
  const said = exchanges.flatMap((exchange, place) => {
    const { sequence: at, receivedAtMs, durationMs } = exchange;
    const back = blocksOf(exchange).flatMap(({ id, messages, atMs = receivedAtMs + durationMs }) => {
      if (id !== undefined) answers.streams.set(id, at);
      return messages.map((message) => ({ message, at, atMs, who: "server", session: keys[place] }));
    });
    const there = sentOf(exchange).map((message) => (
      { message, at, atMs: receivedAtMs, who: "client", session: keys[place] }
    ));
    return [...there, ...back];
  });
  for (const { message, at, who, session } of said.toSorted(inTime)) {
    const isOwn = session === undefined ? at : session;
    if (isRequest(message)) open.set(JSON.stringify([isOwn, who, message.id]), { at, message });
    else if (isAnswer(message)) {
      const asked = open.get(JSON.stringify([isOwn, who === "server" ? "client" : "server", message.id]));
      if (!asked || asked.at === at) continue;
      answers.others.set(message, asked);
      answers.others.set(asked.message, { at, message });
    }
  }
  return answers;
}

/**
 * Within a millisecond the client asks before the server answers.
 *
 * @param {{ atMs: number, who: string }} one
 * @param {{ atMs: number, who: string }} other
 */
function inTime(one, other) {
  return one.atMs - other.atMs || one.who.localeCompare(other.who);
}

/**
 * @param {Exchange} exchange
 * @param {number} place
 * @param {Lane | undefined} session Its own.
 * @param {Answers} answers
 * @returns {Tie[]}
 */
function tiesOf(exchange, place, session, { others, streams }) {
  const own = session ? [session] : [];
  const isGiven = headerIn(exchange.request, "mcp-session-id") === undefined;
  const begun = isGiven ? own.filter(({ from }) => from === place) : [];
  const ended = own.filter(({ to, isOver }) => to === place && isOver);
  const isUnknown = exchange.status === 404;
  const resumed = headerIn(exchange.request, "last-event-id");
  return [
    ...begun.map(({ name }) => ({ text: `${name} begins`, at: undefined })),
    ...ended.map(({ name }) => ({
      text: isUnknown ? `the server does not know ${name}` : `${name} ends`,
      at: undefined,
    })),
    ...resumed === undefined ? [] : [{ text: `resumes after event ${resumed}`, at: streams.get(resumed) }],
    ...sentOf(exchange).flatMap((message) => {
      const other = others.get(message);
      if (!other) return [];
      const text = isRequest(message) ? "answered on another stream" : `answers ${messageText(other.message)}`;
      return [{ text, at: other.at }];
    }),
  ];
}

/** How a stream ended, if it is one that was seen to end. @param {Exchange} exchange */
function endText({ stream, receivedAtMs, isOpen = false }) {
  if (isOpen || stream?.endedBy === undefined) return "";
  const who = stream?.endedBy === "cut" ? "stream cut off" : `stream ended by the ${stream?.endedBy}`;
  return `${who} after ${durationText((stream?.endedAtMs ?? receivedAtMs) - receivedAtMs)}`;
}

/**
 * @param {Exchange} exchange
 * @param {Answers} answers
 * @returns {Told[]}
 */
function toldBy(exchange, { others }) {
  const sent = sentOf(exchange);
  const blocks = isStream(exchange) ? blocksOf(exchange) : [];
  const isPlain = blocks.length === 1 &&
    blocks.every(({ fields, messages }) => fields === "" && messages.every(isAnswer));
  let place = 0;
  /** @type {(way: Told["way"], block: Block) => Told} */
  const tell = (way, { fields, messages, text, atMs }) => {
    const tied = messages.flatMap((message) => others.get(message)?.at ?? [])[0];
    const places = messages.map(() => place++);
    return { way, fields, text: text || messages.map(messageText).join(", "), atMs, messages: places, tied };
  };
  const there = sent.map((message) =>
    tell("there", { fields: "", id: undefined, messages: [message], text: "", atMs: undefined })
  );
  place = 0;
  const back = blocks.map((block) => tell("back", block));
  return [...sent.length > 1 ? there : [], ...isPlain ? [] : back];
}
