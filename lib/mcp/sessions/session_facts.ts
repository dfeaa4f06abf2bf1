// What faults may ask of the session that a request names.
import type { SessionAsk, SessionFacts } from "../../faults/matches.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Sessions } from "./held_sessions.ts";
import { handleOf } from "./session_table.ts";

/** Each request counts them anew. */
const MAX_COUNTED = 1000;

/** Reads what faults ask of the session that a request names, and of how many there are in its sandbox. */
export async function sessionFactsOf(
  { headers }: Pick<Request, "headers">,
  sandbox: Sandbox,
  { sessions, asked }: { readonly sessions: Pick<Sessions, "list" | "peek" | "count">; readonly asked: SessionAsk },
): Promise<SessionFacts> {
  const alive = asked.alive ? (await sessions.list(sandbox, MAX_COUNTED)).size : 0;
  const id = headers.get("mcp-session-id");
  if (id === null) return { alive };
  const name = { sandbox, handle: handleOf(id) };
  const session = await sessions.peek(name);
  if (!session) return { alive };
  const requestsBefore = asked.count ? await sessions.count(name) : 0;
  const { startedAtMs, openStreams } = session;
  return { alive, named: { ageMs: sandbox.now() - startedAtMs, requestsBefore, hasStream: openStreams > 0 } };
}
