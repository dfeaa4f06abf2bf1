// Which IP addresses are on the public internet: a server that fetches what a stranger names must reach no others
// (server-side request forgery). What the tables do not allow is refused.
//
// The arithmetic is ours: `node:net` has a `BlockList`, but loading it takes 14 to 40 ms, which every start would pay.

/** IPv4 that is not public, from IANA's registry of special purposes. */
const specialIpv4 = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // shared by carriers (CGNAT)
  "127.0.0.0/8", // loopback
  "168.63.129.16/32", // a public address by its number, and the metadata service of one cloud
  "169.254.0.0/16", // link-local, where clouds keep their metadata service
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments
  "192.0.2.0/24", // documentation
  "192.31.196.0/24", // AS112
  "192.52.193.0/24", // AMT
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "192.175.48.0/24", // AS112
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, and broadcast
] as const;

/** The only IPv6 that is public: mapped, NAT64, unique local, link-local and multicast addresses all stand outside. */
const globalIpv6 = "2000::/3";

/** What is special inside of it: forms that carry an IPv4 address, and addresses that no host has. */
const specialIpv6 = [
  "2001::/23", // protocol assignments, with Teredo
  "2001:db8::/32", // documentation
  "2002::/16", // 6to4
  "2620:4f:8000::/48", // AS112
  "3fff::/20", // documentation
] as const;

interface Range {
  readonly first: bigint;
  readonly shift: bigint;
}

interface Ranges {
  readonly special4: readonly Range[];
  readonly special6: readonly Range[];
  readonly global6: Range;
}

let known: Ranges | undefined;

/** The tables as numbers, once something is looked up in them. */
function rangesOf(): Ranges {
  return known ??= {
    special4: specialIpv4.map((text) => parseRange(text, 32)),
    special6: specialIpv6.map((text) => parseRange(text, 128)),
    global6: parseRange(globalIpv6, 128),
  };
}

/**
 * Whether an address is a host's on the public internet.
 *
 * @param address IPv4 or IPv6 as text, without brackets or zone.
 * @returns False also for anything that is not an address.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6890.html#section-2.2}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert(isPublicAddress("93.184.215.14"));
 * assert(!isPublicAddress("169.254.169.254"));
 * assert(!isPublicAddress("::ffff:93.184.215.14"));
 * ```
 */
export function isPublicAddress(address: string): boolean {
  const { special4, special6, global6 } = rangesOf();
  const ipv4 = parseIpv4(address);
  if (ipv4 !== undefined) return !special4.some((range) => isWithin(ipv4, range));
  const ipv6 = parseIpv6(address);
  if (ipv6 === undefined) return false;
  return isWithin(ipv6, global6) && !special6.some((range) => isWithin(ipv6, range)) && !isIsatap(ipv6);
}

/** ISATAP (RFC 5214 6.1) hides an IPv4 address in the lower half of any prefix. */
function isIsatap(address: bigint): boolean {
  const marker = (address >> 32n) & 0xffff_ffffn;
  return marker === 0x0000_5efen || marker === 0x0200_5efen;
}

function isWithin(address: bigint, { first, shift }: Range): boolean {
  return address >> shift === first >> shift;
}

function parseRange(text: string, bits: number): Range {
  const [base = "", length = ""] = text.split("/");
  const first = parseIpv4(base) ?? parseIpv6(base);
  if (first === undefined) throw new Error(`${text} is not a range of addresses`);
  return { first, shift: BigInt(bits - Number(length)) };
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.reduce((sum, part) => sum << 8n | BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  return expandIpv6(text)?.reduce((sum, group) => sum << 16n | BigInt(`0x${group}`), 0n);
}

/**
 * The eight groups of an IPv6 address, in hexadecimal without leading zeros.
 *
 * @param text The address in any spelling, without brackets or zone.
 * @returns Undefined for anything that is not an IPv6 address.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(expandIpv6("::FFFF:1.2.3.4"), ["0", "0", "0", "0", "0", "ffff", "102", "304"]);
 * ```
 */
export function expandIpv6(text: string): readonly string[] | undefined {
  // The URL parser knows every way of writing one, and gives back the one that is all hexadecimal.
  const hostname = /^[\da-f:.]*:[\da-f:.]*$/i.test(text) ? URL.parse(`http://[${text}]/`)?.hostname : undefined;
  if (hostname === undefined) return undefined;
  const [head = "", tail = ""] = hostname.slice(1, -1).split("::");
  const [before, after] = [groups(head), groups(tail)];
  return [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
}

function groups(text: string): readonly string[] {
  return text === "" ? [] : text.split(":");
}
