// What a tool, a prompt or a resource can ask of the client and tell it in the course of one call, whichever era the
// call came in: the SDK turns a question into a request of the server where there are sessions, and into an answer that
// asks for input where there are none.
import type { LoggingLevel, Server, ServerContext } from "@modelcontextprotocol/server";

/** What can change under a client that listens. */
export type Change = ListChange | { readonly resource: string };

/** Lists that clients can be told of when they change. */
export type ListChange = "tools" | "prompts" | "resources";

/** A client's answers by the names of the questions. */
export type Responses = Record<string, unknown> | undefined;

/** One call's way to the client. */
export interface ClientLink {
  /** Answers to what an earlier round of this call asked for, unchecked. */
  readonly responses: Responses;
  /** What an earlier round of this call wanted to remember. */
  readonly state: unknown;
  /** Signs what the next round is to remember. */
  readonly remember: (value: unknown) => Promise<string>;
  readonly supports: (capability: "elicitation" | "sampling" | "roots") => boolean;
  /** Sends a line of a log, if the client has asked for lines of this level. */
  readonly log: (level: LoggingLevel, data: unknown) => Promise<void>;
  /** Closes the stream of this call: the client has to resume it for the response, where the revision allows that. */
  readonly closeStream: () => void;
  readonly announce: (change: Change) => Promise<void>;
  /** The revision that applies to the call. */
  readonly revision: string;
  /** Notes that the client was asked for this in URL mode, and is to be told when it is done. */
  readonly asked: (elicitationId: string) => void;
}

interface LinkDeps {
  /** Signs a state for the sandbox the request was sent to. */
  readonly remember: (value: unknown) => Promise<string>;
  /** Tells the listeners of 2026-07-28. */
  readonly announce: (change: Change) => void;
  readonly subscribed: ReadonlySet<string>;
  readonly asked: Set<string>;
}

/** Makes the link of one call. */
export function createClientLink(server: Server, { mcpReq, http }: ServerContext, deps: LinkDeps): ClientLink {
  return {
    responses: mcpReq.inputResponses,
    state: mcpReq.requestState(),
    remember: deps.remember,
    supports: (capability) => server.getClientCapabilities()?.[capability] !== undefined,
    log: (level, data) => mcpReq.log(level, data),
    closeStream: () => http?.closeSSE?.(),
    revision: server.getNegotiatedProtocolVersion() ?? "",
    asked: (elicitationId) => void deps.asked.add(elicitationId),
    announce: async (change) => {
      deps.announce(change);
      if (typeof change === "string") await tellOf(server, change);
      else if (deps.subscribed.has(change.resource)) await server.sendResourceUpdated({ uri: change.resource });
    },
  };
}

/** Tells the client of a server that a list has changed. */
export async function tellOf(server: Server, change: ListChange): Promise<void> {
  await server.notification({ method: `notifications/${change}/list_changed` });
}
