// The bodies that a browser no longer had. It keeps those of the page that it shows, and forgets them with the page; what was in
// its cache it has brought out again.
import type { Exchange } from "../recorder/exchange.ts";

/**
 * Exchanges with the bodies that their tool has lost, where a cache had them later: what it had came from the exchange before.
 *
 * @param exchanges In order.
 * @param cached Those of them for which nothing was sent.
 */
export function withCachedBodies(
  exchanges: readonly Exchange[],
  cached: ReadonlySet<number>,
): readonly Exchange[] {
  const found = new Map<number, Exchange["response"]>();
  const lost = new Map<string, Exchange>();
  for (const exchange of exchanges) {
    const { sequence, method, url, status, response } = exchange;
    if (method !== "GET") continue;
    const before = lost.get(url);
    if (!cached.has(sequence)) lost.set(url, exchange);
    else if (before?.status === status && before.response.truncated && !before.response.body && response.body) {
      found.set(before.sequence, { ...before.response, body: response.body, truncated: response.truncated });
    }
  }
  return found.size === 0 ? exchanges : exchanges.map((exchange) => {
    const response = found.get(exchange.sequence);
    return response ? { ...exchange, response } : exchange;
  });
}
