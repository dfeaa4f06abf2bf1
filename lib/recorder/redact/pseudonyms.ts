// What stands on record instead of secrets and senders. Equal ones are named equally by all that have the same
// key, so that one flow can be read together that several processes have served.
import { createDigests, type Digests } from "./digests.ts";
import { createPeers, type Peers } from "../peers.ts";

/** Names for what is not shown. */
export interface Pseudonyms {
  readonly digests: Digests;
  readonly peerOf: Peers;
}

/**
 * Makes names.
 *
 * @param key Random bytes, so that what could be guessed cannot be found by trying.
 */
export function createPseudonyms(key: Uint8Array): Pseudonyms {
  return { digests: createDigests(key), peerOf: createPeers(key) };
}
