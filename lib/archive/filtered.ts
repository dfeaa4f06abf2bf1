// What a filter or a tool has kept from a recording: nothing of a kind is there that each client of MCP has, or each server.
import { isObject } from "../http/json.ts";
import { messagesOf } from "../judge/reading.ts";
import { type Exchange, headerOf } from "../recorder/exchange.ts";
import type { Lack } from "./lacking.ts";
import { isWellKnown, metadataIn } from "./servers.ts";

/** What such filters leave out that is of an MCP server, its authorization servers, and their clients. */
export function filteredIn(exchanges: readonly Exchange[]): Readonly<Partial<Record<Lack, boolean>>> {
  const calls = exchanges.filter(({ route }) => route === "oauth_post" || route === "oauth_get");
  return {
    notifications: isOfHandshake(calls) && !calls.some(isNotification),
    metadata_requests: !exchanges.some((exchange) => isWellKnown(exchange.url) || metadataIn(exchange) !== undefined),
    answer_headers: exchanges.every(({ response }) => response.headers.every(([name]) => name === "content-type")),
    moments: isOfSeconds(exchanges),
    given_sessions: calls.some(({ request }) => hasSession(request)) &&
      !calls.some(({ response }) => hasSession(response)),
  };
}

/** Whether a session or the like was begun, after which each client sends a notification. */
function isOfHandshake(calls: readonly Exchange[]): boolean {
  return calls.some(({ request, response }) =>
    messagesOf(request)[0]?.method === "initialize" && messagesOf(response).some(({ result }) => isObject(result))
  );
}

/** Whether a client sends what is not answered, or it cannot be told. */
function isNotification({ method, status, request }: Exchange): boolean {
  return status === 202 || (method === "POST" && request.truncated) ||
    messagesOf(request).some(({ id, method: name }) => id === undefined && name !== undefined);
}

/** Whether all times are whole seconds, and some of them the same. */
function isOfSeconds(exchanges: readonly Exchange[]): boolean {
  const seconds = new Set(exchanges.map(({ receivedAtMs }) => receivedAtMs));
  return seconds.size < exchanges.length && [...seconds].every((ms) => ms % 1000 === 0);
}

function hasSession(message: Exchange["request"]): boolean {
  return headerOf(message, "mcp-session-id") !== undefined;
}
