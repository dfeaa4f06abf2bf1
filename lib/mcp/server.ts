// Builds the SDK's server for a profile. The low-level class is used on purpose: `McpServer` registers and converts every
// tool again for each server, and a server is made for each stateless request and each session.
import { Server, type ServerContext } from "@modelcontextprotocol/server";
import { type Change, type ClientLink, createClientLink } from "./client_link.ts";
import { cacheOf, installFeatures } from "./features.ts";
import type { Log } from "./contract.ts";
import { pageOf, pagesOf } from "./pages.ts";
import { callTool, type Profile } from "./profile.ts";
import { readState, signState } from "./request_state.ts";
import type { CallFacts } from "./call_facts.ts";
import type { ToolCall } from "./tools/tool.ts";

/** What servers need besides their profile. */
export interface ServerDeps {
  readonly factsOf: (request: Request | undefined) => CallFacts;
  readonly announce: (sandboxName: string, change: Change) => void;
  readonly log: Log;
  /** What a session's client was asked for in URL mode. */
  readonly asked?: Set<string>;
}

/**
 * Builds a server that is not connected yet.
 *
 * @param revisions Those that it can agree on; all of the SDK's if not given.
 */
export function buildServer(
  profile: Profile,
  { factsOf, announce, log, asked = new Set() }: ServerDeps,
  revisions?: readonly string[],
): Server {
  const { serverInfo, instructions, capabilities } = profile;
  const server = new Server(serverInfo, {
    capabilities,
    ...(revisions === undefined ? {} : { supportedProtocolVersions: [...revisions] }),
    ...(instructions === undefined ? {} : { instructions }),
    // A catalogue may ask in as many rounds.
    inputRequired: { maxRounds: 100 },
    requestState: {
      verify: async (state, { http }) => {
        const { profile, signer } = factsOf(http?.req);
        return profile.ownStates.has(state) ? state : readState(state, await signer());
      },
    },
  });
  const subscribed = new Set<string>();
  const linkOf = (context: ServerContext): ClientLink =>
    createClientLink(server, context, {
      remember: async (value) => signState(value, await factsOf(context.http?.req).signer()),
      announce: (change) => announce(factsOf(context.http?.req).call.sandbox.name, change),
      subscribed,
      asked,
    });

  const factsIn = (context: ServerContext): CallFacts => factsOf(context.http?.req);
  const callOf = (context: ServerContext): ToolCall => ({
    ...watched(factsIn(context).call, context),
    client: linkOf(context),
  });
  server.setRequestHandler("tools/list", ({ params }, context) => {
    const { profile } = factsIn(context);
    const { items, ...rest } = pageOf(profile.listing, params?.cursor, pagesOf("tools", profile.pages));
    return { tools: items, ...rest, ...cacheOf(server, profile) };
  });
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const revision = server.getNegotiatedProtocolVersion() ?? "";
    const request = { name: params.name, args: params.arguments, revision, log };
    return await callTool(factsIn(context).profile, request, callOf(context));
  });
  installFeatures(server, capabilities, { factsOf: factsIn, callOf, subscribed, log });
  return server;
}

/** Adds to a call what only the SDK can give it: the client's cancellation, and the way to report progress. */
function watched(call: ToolCall, { mcpReq }: ServerContext): ToolCall {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return { ...call, signal: mcpReq.signal };
  return {
    ...call,
    signal: mcpReq.signal,
    progress: (progress, total, message) =>
      mcpReq.notify({
        method: "notifications/progress",
        params: { progressToken, progress, total, message },
      }),
  };
}
