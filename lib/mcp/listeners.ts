// The clients that listen for changes in the stateless era (`subscriptions/listen` of 2026-07-28). The SDK tells all listeners
// of a handler, so each sandbox with listeners has a handler of its own, and hears only of its own changes.
import type { InboundModernRoute, McpHttpHandler } from "@modelcontextprotocol/server";
import { withEnd } from "../http/stream.ts";
import type { Change } from "./client_link.ts";
import { isEventStream } from "../faults/open_streams.ts";
import { knowsTasks, missingExtension, speakingOf } from "./tasks/task_support.ts";
import { idOf, INVALID_PARAMS, isPlainObject, rpcErrorResponse, SERVER_ERROR } from "./rpc.ts";

/** Streams that can be open in one sandbox. */
export const MAX_LISTENERS_PER_SANDBOX = 100;
/** Streams that can be open in the process. */
export const MAX_LISTENERS = 1000;
/** What one listener may name: resources, and characters of one URI or of the request's id, which each message repeats. */
export const MAX_LISTENED = { resources: 100, characters: 2048 } as const;

/** The listeners of one app. */
export interface Listeners {
  readonly listen: (
    sandboxName: string,
    request: Request,
    message: InboundModernRoute["message"],
  ) => Promise<Response>;
  readonly announce: (sandboxName: string, change: Change) => void;
  /** Ends all streams, and refuses further ones. */
  readonly close: () => Promise<void>;
}

/** What listeners are made with. */
export interface ListenerDeps {
  /** Makes a handler that lets so many listen. */
  readonly createHandler: (maxSubscriptions: number) => McpHttpHandler;
}

/**
 * Makes the listeners of one app.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/subscriptions}
 */
export function createListeners({ createHandler }: ListenerDeps): Listeners {
  const handlers = new Map<string, { readonly handler: McpHttpHandler; open: number }>();
  let open = 0;
  let isClosed = false;

  async function listen(
    sandboxName: string,
    request: Request,
    message: InboundModernRoute["message"],
  ): Promise<Response> {
    if (isClosed) {
      return rpcErrorResponse(503, SERVER_ERROR, "The server is shutting down", { id: idOf(message) });
    }
    const refusal = refuseListening(message, open);
    if (refusal) return refusal;
    const entry = handlers.get(sandboxName) ?? { handler: createHandler(MAX_LISTENERS_PER_SANDBOX), open: 0 };
    handlers.set(sandboxName, entry);
    open++;
    entry.open++;
    const leave = (): void => {
      open--;
      if (--entry.open === 0) handlers.delete(sandboxName);
    };
    try {
      const response = await entry.handler.fetch(request, { parsedBody: message });
      if (response.body && isEventStream(response)) {
        return new Response(withEnd(response.body, leave), response);
      }
      leave();
      return response;
    } catch (error) {
      leave();
      throw error;
    }
  }

  return {
    listen,
    announce: (sandboxName, change) => {
      const notify = handlers.get(sandboxName)?.handler.notify;
      if (change === "tools") notify?.toolsChanged();
      else if (change === "prompts") notify?.promptsChanged();
      else if (change === "resources") notify?.resourcesChanged();
      else notify?.resourceUpdated(change.resource);
    },
    close: async () => {
      isClosed = true;
      await Promise.all([...handlers.values()].map(({ handler }) => handler.close()));
    },
  };
}

function refuseListening(message: InboundModernRoute["message"], open: number): Response | undefined {
  const id = idOf(message);
  if (open >= MAX_LISTENERS) {
    return rpcErrorResponse(503, SERVER_ERROR, `The server has ${MAX_LISTENERS} subscriptions, its limit`, { id });
  }
  const { capabilities, params } = speakingOf(message);
  const notifications = isPlainObject(params) ? params.notifications : undefined;
  if (isPlainObject(notifications) && "taskIds" in notifications && !knowsTasks(capabilities)) {
    const { code, message, data } = missingExtension();
    return rpcErrorResponse(400, code, message, { id, data });
  }
  const resources = isPlainObject(notifications) ? notifications.resourceSubscriptions : undefined;
  const texts: readonly unknown[] = [id, ...Array.isArray(resources) ? resources : []];
  const { resources: most, characters } = MAX_LISTENED;
  const isLong = texts.some((text) => typeof text === "string" && text.length > characters);
  if (texts.length - 1 <= most && !isLong) return undefined;
  const words =
    `Invalid params: a subscription names at most ${most} resources, with ${characters} characters a URI or id`;
  return rpcErrorResponse(400, INVALID_PARAMS, words, { id: isLong ? null : id });
}
