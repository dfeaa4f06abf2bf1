// Who calls, on a server that anyone can reach.
import { peerOf } from "../../lib/limits/peer.ts";
import type { ConnectionInfo } from "./router.ts";

/** Names the caller of a request, as far as limits go. */
export function callerOf(request: Request, info: ConnectionInfo | undefined): string {
  return peerOf(hostnameOf(info), request.headers.get("x-forwarded-for"));
}

function hostnameOf(info: ConnectionInfo | undefined): string | undefined {
  return info?.remoteAddr?.hostname;
}
