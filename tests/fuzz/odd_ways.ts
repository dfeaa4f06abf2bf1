/** Odd ways for a request to go: paths, framings, and clients that leave. */
import type { Chance } from "./chance.ts";
import type { Framing, Message } from "./message.ts";

/** A path that routers and proxies read differently. */
export function oddPath(message: Message, chance: Chance): Message {
  const { path } = message;
  const changed = chance.pick<(path: string) => string>([
    (p) => `${p}/`,
    (p) => `/${p}`,
    (p) => p.replace("/", "//"),
    (p) => p.replaceAll("o", "%6f"),
    (p) => p.toUpperCase(),
    (p) => `${p}/%00`,
    (p) => `${p}/..%2f..%2fetc/passwd`,
    (p) => `${p};password=<<secret-marker:Path>>`,
    (p) => `${p}/<<access_token>>`,
    (p) => `${p}/<<refresh_token>>`,
    (p) => `${p}/<<rep:9000:a>>`,
    (p) => `${p}/%E0%A4%A`,
    (p) => `${p}/${"../".repeat(5)}health`,
    (p) => `/s/main${p}`,
    (p) => `/s/nowhere${p}`,
    (p) => `/s/standard~<zqx${p}`,
    (p) => `${p}?x=<zqx`,
  ]);
  return { ...message, path: changed(path) };
}

/** Bytes in another order, number or pace than a request has. */
export function oddFraming(chance: Chance): Framing {
  return chance.pickWeighted<Framing>([
    [4, { length: "chunked", ...leaving(chance, 200) }],
    [2, { length: "short" }],
    [1, { length: "long", leaveAfter: 1 << 30 }],
    [1, { length: "both" }],
    [1, { length: "none" }],
    [2, leaving(chance, 200, 1)],
    [2, { pauseMs: 20 }],
    [2, { target: "absolute" }],
    [1, { target: "authority" }],
    [1, { target: "asterisk" }],
    [1, { pipelined: 3 }],
    [1, { charset: "latin1" }],
    [1, { charset: "utf-16le" }],
    [1, { version: chance.pick(["HTTP/1.0", "HTTP/2.0", "HTTP/9"]) }],
  ]);
}

/** Sometimes the client does not stay until the end. */
export function leaving(chance: Chance, most: number, share = 0.3): Framing {
  return chance.happens(share) ? { leaveAfter: chance.between(0, most) } : {};
}
