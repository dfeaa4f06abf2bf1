/**
 * Names for senders of requests: equal for equal senders, and nothing more can be had from them.
 *
 * @module
 */
import { createHmac } from "node:crypto";

/** Names a sender by its address and user agent. */
export type Peers = (address: string, userAgent: string) => string;

/** Senders whose names are remembered. */
const MAX_PEERS = 1000;

/**
 * Makes the function that names senders.
 *
 * @param key Random bytes, so that no address can be found by trying.
 */
export function createPeers(key: Uint8Array): Peers {
  const known = new Map<string, string>();
  return (address, userAgent) => {
    const traits = `${address} ${userAgent}`;
    const found = known.get(traits);
    if (found !== undefined) return found;
    const name = createHmac("sha256", key).update(traits).digest("base64url").slice(0, 8);
    if (known.size >= MAX_PEERS) known.clear();
    known.set(traits, name);
    return name;
  };
}
