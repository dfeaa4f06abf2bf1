// Who calls, as far as limits go: an address, or the network that one customer has.
import { expandIpv6, isPublicAddress } from "../outbound/ip.ts";

/**
 * Names the caller. A peer inside one's own network is the proxy in front of the server, and the last address that it
 * has added to `x-forwarded-for` is the caller's; a caller who connects directly can write there what they like.
 *
 * @param peer Address of the other end of the connection; undefined where it is not known.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(peerOf("93.184.215.14", "198.51.100.7"), "93.184.215.14");
 * assert.equal(peerOf("10.0.0.2", "invented, 93.184.215.14"), "93.184.215.14");
 * assert.equal(peerOf("2606:4700::1:2:3", null), peerOf("2606:4700:0:0:9::", null));
 * ```
 */
export function peerOf(peer: string | undefined, forwardedFor: string | null): string {
  const own = plainOf(peer ?? "");
  const added = forwardedFor?.split(",").at(-1)?.trim();
  const address = added && !isPublicAddress(own) ? plainOf(added) : own;
  return networkOf(address.slice(0, 64));
}

/**
 * Names the other end of a connection; a peer inside one's own network is a proxy, which speaks for many.
 *
 * @returns Undefined for a proxy.
 */
export function addressOf(peer: string): string | undefined {
  const address = plainOf(peer);
  return isPublicAddress(address) ? networkOf(address) : undefined;
}

/**
 * One spelling for an address: an IPv4 one that a socket for both families has (RFC 4291 2.5.5.2), or that a proxy has
 * sent with its port.
 */
function plainOf(address: string): string {
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/i.exec(address)?.[1];
  return ipv4 ?? /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? address;
}

/** Anyone who has one IPv6 address has 2^64 of them (RFC 6177 2). */
function networkOf(address: string): string {
  return expandIpv6(address)?.slice(0, 4).join(":") ?? address;
}
