/** What a run has been given by the server and can use again: ids, codes, tokens. */
import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import type { Answer } from "./wire.ts";
import type { Expander, Gift, Message } from "./message.ts";

/** The pools of one sandbox. */
export interface State {
  readonly expander: Expander;
  /** Takes what an answer gives. */
  readonly take: (message: Message, answer: Answer) => void;
  /** All that is in a pool. */
  readonly all: (pool: string) => readonly string[];
  readonly add: (pool: string, value: string) => void;
}

/** Where a sandbox is, and what the fuzzer listens to. */
export interface Place {
  readonly origin: string;
  readonly prefix: string;
  /** Where somebody counts who calls. */
  readonly listener: string;
}

/** One key pair for everything that a client signs. */
const pair = generateKeyPairSync("ed25519");
const jwk = { ...pair.publicKey.export({ format: "jwk" }), alg: "EdDSA", use: "sig", kid: "fuzz" };

/** Opens empty pools. */
export function createState(place: Place): State {
  const pools = new Map<string, string[]>();
  const base = place.origin + place.prefix;
  const add = (pool: string, value: string): void => {
    const values = pools.get(pool) ?? [];
    values.push(value);
    pools.set(pool, values);
  };
  const from = (pool: string, back: number): string => {
    const values = pools.get(pool) ?? [];
    return values[values.length - 1 - back % Math.max(1, values.length)] ?? `no-${pool}`;
  };
  const expander: Expander = (name, argument) => {
    switch (name) {
      case "base":
        return base;
      case "origin":
        return place.origin;
      case "prefix":
        return place.prefix;
      case "listener":
        return place.listener;
      case "jwk":
        return jwk.x ?? "";
      case "dpop":
        return proof(base, argument);
      case "assertion":
        return assertion(from(argument === "" ? "keyed" : argument, 0), base);
      case "secret-marker":
        return `zqxsecret${argument}`;
      default:
        return from(name, Number(argument || 0));
    }
  };
  return {
    expander,
    add,
    all: (pool) => pools.get(pool) ?? [],
    take: (message, answer) => {
      for (const gift of message.gives) {
        const value = findGift(gift, answer);
        if (value !== undefined) add(gift.pool, value);
      }
    },
  };
}

function findGift({ member, location, header, parameter }: Gift, answer: Answer): string | undefined {
  const headerOf = (name: string): string | undefined => answer.headers.find(([other]) => other === name)?.[1];
  if (header !== undefined) return headerOf(header);
  if (location !== undefined) return URL.parse(headerOf("location") ?? "")?.searchParams.get(location) ?? undefined;
  if (member === undefined || answer.status === undefined || answer.status >= 300) return undefined;
  let value: unknown = parse(answer.body);
  for (const name of member.split(".")) {
    value = typeof value === "object" && value !== null ? Object.entries(value).find(([own]) => own === name)?.[1] : 0;
  }
  if (typeof value !== "string") return undefined;
  return parameter === undefined ? value : URL.parse(value)?.searchParams.get(parameter) ?? undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A DPoP proof (RFC 9449 4.2) for `METHOD path`. */
function proof(base: string, argument: string): string {
  const [htm = "POST", path = "", token] = argument.split(" ");
  const ath = token === undefined ? {} : { ath: createHash("sha256").update(token).digest("base64url") };
  const claims = { htm, htu: base + path, iat: Math.floor(Date.now() / 1000), jti: randomUUID(), ...ath };
  return signed({ typ: "dpop+jwt", alg: "EdDSA", jwk }, claims, pair.privateKey);
}

/** A client's assertion of itself (RFC 7523 2.2). */
function assertion(clientId: string, base: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: clientId, sub: clientId, aud: base, jti: randomUUID(), iat: now, exp: now + 60 };
  return signed({ alg: "EdDSA", kid: "fuzz" }, claims, pair.privateKey);
}

function signed(header: object, claims: object, key: KeyObject): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
}
