/**
 * Taking an HTTP archive apart as it comes in: a file of 200 MB is mostly pictures and scripts, so that no more than one of its
 * entries is ever in memory.
 *
 * @module
 */
import { isObject, JsonError, type JsonObject, parseJson } from "../http/json.ts";
import { HarError } from "./har_error.ts";

/** The most that one entry may hold, in bytes; of a larger one, nothing is kept. */
export const MAX_ENTRY_BYTES = 16 * 1024 ** 2;
/** The most that any other member may hold that is read. */
const MAX_MEMBER_BYTES = 64 * 1024;
/** So much of a string is kept at least: more than any reader takes of a body, however its characters are written. */
const MIN_STRING_BYTES = 7 * 1024 ** 2;
/** Members of the log that are read beside its entries: who wrote it. */
const READ_MEMBERS: ReadonlySet<string> = new Set(["creator", "browser", "comment"]);

/** A part of an archive. */
export type HarPart =
  /** One of its entries; undefined if it is too large, or nested too deep. */
  | { readonly kind: "entry"; readonly entry: JsonObject | undefined }
  /** What the log says of itself. */
  | { readonly kind: "member"; readonly name: string; readonly value: unknown };

/** Takes an archive apart. */
export interface HarSplitter {
  /**
   * The parts that a piece of the file has brought to their ends.
   *
   * @throws HarError for what is no archive.
   */
  readonly push: (chunk: Uint8Array) => readonly HarPart[];
  /** Makes sure that the file is whole; throws HarError if not. */
  readonly end: () => void;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];
const HALF_ESCAPE = new Uint8Array([BACKSLASH]);
/** Characters of an escape, such as \u00e9. */
const LONGEST_ESCAPE = 6;
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** What is read at each level: nothing yet, the members of the root, those of the log, its entries. */
const [NOWHERE, ROOT, LOG, ENTRIES] = [0, 1, 2, 3];

/**
 * Makes what takes one archive apart.
 *
 * @param keptOfStrings How much of a string is kept at least, in bytes.
 */
export function createHarSplitter(keptOfStrings: number = MIN_STRING_BYTES): HarSplitter {
  return new Splitter(keptOfStrings);
}

class Splitter implements HarSplitter {
  readonly #keptOfStrings: number;
  /** How deep in the JSON. */
  #depth = 0;
  /** How deep of that lies what is read: {@link ROOT}, {@link LOG} or {@link ENTRIES}; anything deeper is a value in it. */
  #place = NOWHERE;
  #isInString = false;
  #isEscaped = false;
  /** Whether the value of a member is next, rather than its name. */
  #isValueNext = false;
  #name = "";
  #captured: "name" | "member" | "entry" | undefined;
  #pieces: Uint8Array[] = [];
  #size = 0;
  /** Where the string begins that is being read, in what is kept. */
  #stringAt = 0;
  /** Whether what is kept ends neither in an escape nor near one, so that it can be followed by anything. */
  #isPlain = false;
  /** Whether what was left out ends in half an escape. */
  #isCut = false;
  #from = 0;
  #count = 0;
  #position = 0;
  #isBegun = false;
  #hasEntries = false;
  #hasLog = false;
  #parts: HarPart[] = [];

  constructor(keptOfStrings: number) {
    this.#keptOfStrings = keptOfStrings;
  }

  push(chunk: Uint8Array): readonly HarPart[] {
    this.#parts = [];
    this.#from = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (!this.#isInString) this.#read(chunk[at] ?? 0, at, chunk);
      else at = this.#readString(at, chunk);
    }
    if (this.#captured && !this.#isOfFilm()) this.#keep(chunk.subarray(this.#from));
    this.#position += chunk.length;
    return this.#parts;
  }

  end(): void {
    if (!this.#isBegun) throw new HarError("The file is empty");
    if (this.#depth > 0) {
      const where = this.#count === 0 ? "before its first entry" : `after ${entries(this.#count)}`;
      throw new HarError(`The file ends in the middle, ${where}: it is not a whole HAR`);
    }
    if (!this.#hasLog) throw new HarError("The file is JSON, but no HAR: it has no member log");
    if (!this.#hasEntries) throw new HarError("The file is JSON, but no HAR: its log has no entries");
  }

  /** Reads on in a string, which may be a whole picture. Returns where it stopped. */
  #readString(start: number, chunk: Uint8Array): number {
    let from = this.#isEscaped ? start + 1 : start;
    for (;;) {
      const quote = chunk.indexOf(QUOTE, from);
      const end = quote < 0 ? chunk.length : quote;
      let backslashes = 0;
      while (end - backslashes > from && chunk[end - backslashes - 1] === BACKSLASH) backslashes++;
      const isEscaped = backslashes % 2 === 1;
      this.#isEscaped = isEscaped && quote < 0;
      if (quote < 0) return end;
      if (!isEscaped) {
        this.#endString(quote, chunk);
        return quote;
      }
      from = quote + 1;
    }
  }

  #endString(at: number, chunk: Uint8Array): void {
    this.#isInString = false;
    const isWhole = this.#captured === "name" || this.#captured === "member";
    if (isWhole && this.#depth === this.#place) this.#finish(chunk.subarray(this.#from, at + 1));
  }

  /** Reads one byte outside of strings. */
  #read(byte: number, at: number, chunk: Uint8Array): void {
    if (BLANKS.has(byte)) return;
    const isHere = this.#depth === this.#place;
    if (this.#depth === 0) return this.#begin(byte, at);
    if (byte === ARRAY_END || byte === OBJECT_END) return this.#close(at, chunk);
    if (isHere && this.#place === ENTRIES && byte !== OBJECT && byte !== COMMA) {
      throw new HarError(`Entry ${this.#count + 1} is not an object`);
    }
    switch (byte) {
      case QUOTE:
        this.#isInString = true;
        this.#stringAt = this.#size + at - this.#from;
        if (isHere && !this.#isValueNext) this.#capture("name", at);
        else if (isHere && this.#isRead()) this.#capture("member", at);
        return;
      case COLON:
        if (isHere) this.#isValueNext = true;
        return;
      case COMMA:
        if (isHere) this.#isValueNext = false;
        return;
      case ARRAY:
      case OBJECT:
        this.#open(byte, at, isHere);
    }
  }

  #begin(byte: number, at: number): void {
    if (!this.#isBegun && this.#position + at < 3 && BYTE_ORDER_MARK.includes(byte)) return;
    if (this.#isBegun) throw new HarError("The file goes on after the end of its JSON");
    if (byte !== OBJECT) throw new HarError("The file is no HAR: it does not begin with {");
    this.#isBegun = true;
    this.#depth = this.#place = ROOT;
    this.#isValueNext = false;
  }

  #open(byte: number, at: number, isHere: boolean): void {
    if (isHere && this.#place === ROOT && this.#name === "log" && byte === OBJECT) {
      this.#hasLog = true;
      this.#place = LOG;
      this.#isValueNext = false;
    } else if (isHere && this.#place === LOG && this.#name === "entries" && byte === ARRAY) {
      this.#hasEntries = true;
      this.#place = ENTRIES;
    } else if (isHere && this.#place === ENTRIES) this.#capture("entry", at);
    else if (isHere && this.#isRead()) this.#capture("member", at);
    this.#depth++;
  }

  #close(at: number, chunk: Uint8Array): void {
    this.#depth--;
    if (this.#depth < this.#place) {
      this.#place--;
      // What was entered was a value.
      this.#isValueNext = true;
      this.#name = "";
    } else if (this.#depth === this.#place && this.#captured) this.#finish(chunk.subarray(this.#from, at + 1));
  }

  /** Whether what comes next is a member that is read. */
  #isRead(): boolean {
    return this.#place === LOG && this.#isValueNext && READ_MEMBERS.has(this.#name);
  }

  #capture(what: "name" | "member" | "entry", at: number): void {
    this.#captured = what;
    this.#pieces = [];
    this.#isCut = false;
    this.#size = 0;
    this.#from = at;
  }

  /** Keeps a copy of a piece of what is read, unless that is too large altogether. */
  #keep(piece: Uint8Array): void {
    if (this.#isCut) this.#pieces.push(HALF_ESCAPE);
    this.#isCut = false;
    this.#size += piece.length;
    this.#isPlain = piece.length >= LONGEST_ESCAPE && !piece.subarray(-LONGEST_ESCAPE).includes(BACKSLASH);
    if (this.#size <= this.#limit()) this.#pieces.push(piece.slice());
    else this.#pieces = [];
  }

  /** Leaves out a piece in the middle of a string that is longer than anything that is read, such as a film. */
  #isOfFilm(): boolean {
    const isLong = this.#isInString && this.#isPlain && this.#size - this.#stringAt >= this.#keptOfStrings;
    if (isLong) this.#isCut = this.#isEscaped;
    return isLong;
  }

  #limit(): number {
    return this.#captured === "entry" ? MAX_ENTRY_BYTES : MAX_MEMBER_BYTES;
  }

  #finish(last: Uint8Array): void {
    const what = this.#captured;
    const isWhole = this.#size + last.length <= this.#limit();
    const where = what === "entry" ? `Entry ${this.#count + 1}` : "What the HAR says of itself";
    const pieces = this.#isCut ? [...this.#pieces, HALF_ESCAPE, last] : [...this.#pieces, last];
    const value = isWhole ? valueOf(pieces, where) : undefined;
    this.#captured = undefined;
    this.#pieces = [];
    if (what === "name") this.#name = typeof value === "string" ? value : "";
    else if (what === "member") this.#parts.push({ kind: "member", name: this.#name, value });
    else {
      this.#count++;
      this.#parts.push({ kind: "entry", entry: isObject(value) ? value : undefined });
    }
  }
}

/** @throws HarError for what is not JSON: then the file is none, whatever else is in it. */
function valueOf(pieces: readonly Uint8Array[], where: string): unknown {
  const decoder = new TextDecoder();
  const text = pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (error.isTooDeep) return undefined;
    throw new HarError(`${where} ${error.message}`);
  }
}

function entries(count: number): string {
  return count === 1 ? "1 entry" : `${count} entries`;
}
