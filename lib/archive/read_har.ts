/**
 * Reading an HTTP archive (HAR 1.2), of whatever tool has written it, as exchanges such as this server records: secrets are
 * redacted as soon as an entry is read, and what was redacted before stays as it is.
 *
 * @module
 */
import { nodeCrypto } from "../runtime/node_crypto.ts";
import { compareExchanges, type Exchange } from "../recorder/exchange.ts";
import type { Digests } from "../recorder/redact/digests.ts";
import { createPseudonyms, type Pseudonyms } from "../recorder/redact/pseudonyms.ts";
import { redactLine } from "../recorder/redact/redact.ts";
import { redactExchange } from "../recorder/seen_exchange.ts";
import { exchangeBytes } from "../recorder/sizes.ts";
import { addressOf } from "../judge/reading.ts";
import { MAX_TEXT_LENGTH } from "./bodies.ts";
import { withCachedBodies } from "./cached_bodies.ts";
import { readEntry } from "./entry.ts";
import { HarError } from "./har_error.ts";
import { objectIn, textIn } from "./members.ts";
import { withoutIdleBodies } from "./needed.ts";
import { replacedIn } from "./replaced.ts";
import type { ReplacedLack } from "./replaced_lacks.ts";
import { urlIn } from "./urls.ts";
import { createHarSplitter, type HarPart } from "./split.ts";

/** What an archive holds. */
export interface Archive {
  /** Who wrote it; undefined if it does not say. */
  readonly creator: string | undefined;
  /** What was exchanged, in order; each has the number of its entry, from 1, or in an archive of this server its own. */
  readonly exchanges: readonly Exchange[];
  /** How many entries there are, of whatever kind. */
  readonly entries: number;
  /** Those that may have been of interest, and cannot be read: they were not answered, or are too large. */
  readonly unreadable: readonly UnreadableEntry[];
  /** Whether a browser had some of the answers, so that nothing was sent for them. */
  readonly hasCached: boolean;
  /** The numbers of those whose headers are the ones that were sent, as far as that shows. */
  readonly ofWire: ReadonlySet<number>;
  /** The numbers of those of which something is not what was sent, and what. */
  readonly replaced: ReadonlyMap<number, ReadonlySet<ReplacedLack>>;
  /** Whether this server wrote it, with all that it knows. */
  readonly isOwn: boolean;
  /** What it says of itself, such as what is missing; undefined if it says nothing. */
  readonly comment: string | undefined;
}

/** An entry that cannot be read. */
export interface UnreadableEntry {
  /** Its number, from 1. */
  readonly number: number;
  /** Where it went, without the query; undefined if that cannot be read either. */
  readonly address: string | undefined;
  /** When it was sent, in milliseconds since 1970; undefined if that cannot be read. */
  readonly startedAtMs: number | undefined;
}

/** What an archive is read with. */
export interface HarOptions {
  /** Random bytes: digests of what could be guessed are keyed with them. */
  readonly key: Uint8Array;
  /** The most entries of interest; {@link MAX_EXCHANGES} if not given. */
  readonly maxExchanges?: number;
  /** The most that is kept of all of them, in bytes; {@link MAX_KEPT_BYTES} if not given. */
  readonly maxBytes?: number;
}

/** The most exchanges that one archive may hold. */
export const MAX_EXCHANGES = 50_000;
/** The most that is kept of one archive, in bytes. */
export const MAX_KEPT_BYTES = 128 * 1024 ** 2;

/** Reads archives piece by piece. */
export interface HarReader {
  /**
   * Takes in the next piece of the file.
   *
   * @throws HarError as soon as it is no archive, or holds too much.
   */
  readonly push: (chunk: Uint8Array) => void;
  /**
   * Ends the file.
   *
   * @throws HarError if it is not whole.
   */
  readonly end: () => Archive;
}

/**
 * Reads an archive that comes in pieces.
 *
 * @throws HarError for what is no archive, is not whole, or holds too much.
 */
export async function readHar(chunks: AsyncIterable<Uint8Array>, options: HarOptions): Promise<Archive> {
  const reader = createHarReader(options);
  for await (const chunk of chunks) reader.push(chunk);
  return reader.end();
}

/** Makes what reads one archive. */
export function createHarReader(
  { key, maxExchanges = MAX_EXCHANGES, maxBytes = MAX_KEPT_BYTES }: HarOptions,
): HarReader {
  const splitter = createHarSplitter();
  const { digests, peerOf } = createPseudonyms(key);
  const pseudonyms: Pseudonyms = { digests: onceOnly(digests), peerOf };
  const exchanges: Exchange[] = [];
  const isKnown = createKnown();
  const names = new Map<string, string>();
  const unreadable: UnreadableEntry[] = [];
  const [cached, ofWire] = [new Set<number>(), new Set<number>()];
  const replaced = new Map<number, ReadonlySet<ReplacedLack>>();
  let [entries, bytes, isOwn, comment] = [0, 0, true, ""];

  function take(part: HarPart): void {
    if (part.kind === "member") {
      const { name, value } = part;
      if (typeof value === "string") comment = value;
      else names.set(name, textIn(objectIn(part, "value"), "name") ?? "");
      return;
    }
    const number = ++entries;
    const read = part.entry ? readEntry(part.entry, number) : { kind: "unreadable" as const };
    if (read.kind === "aside") return;
    if (read.kind === "unreadable") {
      const url = urlIn(objectIn(part.entry, "request"));
      const startedAtMs = Date.parse(textIn(part.entry, "startedDateTime") ?? "");
      unreadable.push({
        number,
        address: url === "" ? undefined : redactLine(addressOf(url)),
        startedAtMs: Number.isNaN(startedAtMs) ? undefined : startedAtMs,
      });
      return;
    }
    isOwn &&= read.own !== undefined;
    const { peer, isCut, sequence = number } = read.own ?? {};
    const exchange: Exchange = {
      ...redactExchange(read.own ? read.seen : withoutIdleBodies(read.seen), pseudonyms, MAX_TEXT_LENGTH),
      sequence,
      ...(peer === undefined ? {} : { peer }),
      ...(isCut ? { isCut } : {}),
    };
    // Tools that listen in two places write one request twice.
    if (!read.own && isKnown(exchange)) return;
    if (read.isCached) cached.add(sequence);
    if (read.isOfWire) ofWire.add(sequence);
    const others = read.own ? undefined : replacedIn(read.seen);
    if (others?.size) replaced.set(sequence, others);
    bytes += exchangeBytes(exchange);
    if (exchanges.push(exchange) > maxExchanges) throw new HarError(`It holds more than ${maxExchanges} exchanges`);
    if (bytes > maxBytes) {
      throw new HarError(`It holds more than ${Math.floor(maxBytes / 1024 ** 2)} MiB of requests and answers in text`);
    }
  }

  return {
    push: (chunk) => splitter.push(chunk).forEach(take),
    end: () => {
      splitter.end();
      return {
        creator: (names.get("creator") || names.get("browser")) || undefined,
        exchanges: withCachedBodies(exchanges.toSorted(compareExchanges), cached),
        entries,
        unreadable,
        hasCached: cached.size > 0,
        ofWire,
        replaced,
        isOwn: isOwn && exchanges.length > 0,
        comment: comment || undefined,
      };
    },
  };
}

/** Tells whether an exchange has come before: at the same millisecond, with all the same in it. */
function createKnown(): (exchange: Exchange) => boolean {
  const known = new Set<string>();
  return (exchange) => {
    const digest = nodeCrypto().createHash("sha256").update(JSON.stringify({ ...exchange, sequence: 0 })).digest(
      "base64",
    );
    const isAgain = known.has(digest);
    known.add(digest);
    return isAgain;
  };
}

/** What stands instead of a secret: its beginning, its length, and a digest. */
const REDACTED = /^(?:.{0,4}…\d{1,9})?…[\w-]{22,43}$/;

/** Names secrets, but for what is such a name already: a digest of a digest fits no challenge, and no other archive. */
function onceOnly(digests: Digests): Digests {
  return (value, kind) => REDACTED.test(value) ? value : digests(value, kind);
}
