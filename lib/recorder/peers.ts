// Names for senders of requests: equal for equal senders, and nothing more can be had from them.
import { nodeCrypto } from "../runtime/node_crypto.ts";
import { boundedMap } from "../runtime/bounded_map.ts";

/** Names a sender by its address and user agent; names of one address begin alike, see {@link addressPartOf}. */
export type Peers = (address: string, userAgent: string) => string;

/** How much of a name stands for the address alone. */
const ADDRESS_LENGTH = 3;
const NAME_LENGTH = 8;

const MAX_PEERS = 1000;
/** Senders who say more of themselves than this get a new name each time, in characters: a thousand of them would be large. */
const MAX_REMEMBERED_LENGTH = 512;

/**
 * Makes the function that names senders.
 *
 * @param key Random bytes, so that no address can be found by trying.
 */
export function createPeers(key: Uint8Array): Peers {
  const known = boundedMap<string, string>(MAX_PEERS);
  return (address, userAgent) => {
    const traits = `${address} ${userAgent}`;
    const found = known.get(traits);
    if (found !== undefined) return found;
    const digest = (text: string): string => nodeCrypto().createHmac("sha256", key).update(text).digest("base64url");
    const name = digest(address).slice(0, ADDRESS_LENGTH) + digest(traits).slice(0, NAME_LENGTH - ADDRESS_LENGTH);
    if (traits.length <= MAX_REMEMBERED_LENGTH) known.set(traits, name);
    return name;
  };
}

/** The part of a sender's name that all senders at its address have in common. */
export function addressPartOf(peer: string): string {
  return peer.slice(0, ADDRESS_LENGTH);
}
