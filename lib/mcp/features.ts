// Prompts, resources and completion: rows as the tools are, and the methods of the protocol that serve them. An endpoint
// without such rows does not have these methods.
import {
  type BlobResourceContents,
  type CompleteResult,
  type GetPromptResult,
  type InputRequiredResult,
  type JSONRPCMessage,
  type Prompt,
  ProtocolError,
  type Resource,
  type ResourceTemplateType,
  type Server,
  type ServerContext,
  type TextResourceContents,
} from "@modelcontextprotocol/server";
import type { Policy } from "../scenarios/plan.ts";
import type { ClientLink } from "./client_link.ts";
import { pageOf } from "./pages.ts";
import { INVALID_PARAMS, RESOURCE_NOT_FOUND } from "./rpc.ts";

/** Values that complete what a person has typed so far. */
type Completer = (typed: string) => readonly string[];

/** A row of the prompt table. */
export interface PromptRow {
  readonly listing: Prompt;
  /** Completers by argument. */
  readonly complete?: ReadonlyMap<string, Completer>;
  /** What it comes to; the arguments that its entry requires are there. */
  readonly get: (args: Readonly<Record<string, string>>, client: ClientLink) => GetPromptResult | InputRequiredResult;
}

/** A row of the resource table. */
export interface ResourceRow {
  readonly listing: Resource;
  readonly contents: TextResourceContents | BlobResourceContents;
}

interface TemplateRow {
  readonly listing: ResourceTemplateType;
  /** Completers by variable. */
  readonly complete?: ReadonlyMap<string, Completer>;
  /** What a URI of this template holds; undefined for any other URI. */
  readonly read: (uri: string) => TextResourceContents | undefined;
}

/** What an endpoint has besides tools. */
export interface Features {
  readonly prompts: readonly PromptRow[];
  readonly resources: readonly ResourceRow[];
  readonly templates: readonly TemplateRow[];
}

/** The methods that {@link installFeatures} serves in a session. */
export const featureMethods: readonly string[] = Object.freeze([
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "completion/complete",
  "logging/setLevel",
]);

/** Has a server serve prompts, resources and completion. */
export function installFeatures(
  server: Server,
  { prompts, resources, templates }: Features,
  { linkOf, policyOf, subscribed }: {
    readonly linkOf: (context: ServerContext) => ClientLink;
    readonly policyOf: (context: ServerContext) => Policy;
    readonly subscribed: Set<string>;
  },
): void {
  server.setRequestHandler("prompts/list", ({ params }, context) => {
    const { items, ...rest } = pageOf(prompts, params?.cursor, policyOf(context));
    return { prompts: items.map(({ listing }) => listing), ...rest };
  });
  server.setRequestHandler("prompts/get", ({ params }, context) => {
    const prompt = prompts.find(({ listing }) => listing.name === params.name);
    if (!prompt) throw new ProtocolError(INVALID_PARAMS, "Unknown prompt");
    const args = params.arguments ?? {};
    const missing = prompt.listing.arguments?.find(({ name, required }) => required && args[name] === undefined);
    if (missing) throw new ProtocolError(INVALID_PARAMS, `The argument ${missing.name} is required`);
    return prompt.get(args, linkOf(context));
  });
  server.setRequestHandler("resources/list", ({ params }, context) => {
    const { items, ...rest } = pageOf(resources, params?.cursor, policyOf(context));
    return { resources: items.map(({ listing }) => listing), ...rest };
  });
  server.setRequestHandler("resources/templates/list", ({ params }, context) => {
    const { items, ...rest } = pageOf(templates, params?.cursor, policyOf(context));
    return { resourceTemplates: items.map(({ listing }) => listing), ...rest };
  });
  server.setRequestHandler("resources/read", ({ params: { uri } }) => {
    const contents = resources.find(({ listing }) => listing.uri === uri)?.contents ??
      templates.values().map(({ read }) => read(uri)).find((found) => found !== undefined);
    if (!contents) throw new ProtocolError(INVALID_PARAMS, NOT_FOUND, { uri });
    return { contents: [contents] };
  });
  server.setRequestHandler("resources/subscribe", ({ params: { uri } }) => {
    if (!resources.some(({ listing }) => listing.uri === uri)) {
      throw new ProtocolError(INVALID_PARAMS, NOT_FOUND, { uri });
    }
    subscribed.add(uri);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params: { uri } }) => {
    subscribed.delete(uri);
    return {};
  });
  server.setRequestHandler("completion/complete", ({ params: { ref, argument } }) => {
    const row = ref.type === "ref/prompt"
      ? prompts.find(({ listing }) => listing.name === ref.name)
      : templates.find(({ listing }) => listing.uriTemplate === ref.uri);
    if (!row) throw new ProtocolError(INVALID_PARAMS, "There is nothing of that name to complete");
    return completion(row.complete?.get(argument.name)?.(argument.value) ?? []);
  });
}

/** Words by which the answer is known again, whose code the revisions up to 2025-11-25 have as one of its own. */
const NOT_FOUND = "Resource not found";

/**
 * Gives the answer to a request for a resource that does not exist the code of the revisions up to 2025-11-25: the SDK
 * sends that of 2026-07-28 in every revision.
 *
 * @param message Any message to a client in a session.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/server/resources#error-handling}
 */
export function withSessionCode(message: JSONRPCMessage): JSONRPCMessage {
  if (!("error" in message) || message.error.message !== NOT_FOUND) return message;
  return { ...message, error: { ...message.error, code: RESOURCE_NOT_FOUND } };
}

/** The protocol lets an answer carry a hundred values. */
function completion(values: readonly string[]): CompleteResult {
  return { completion: { values: values.slice(0, 100), total: values.length, hasMore: values.length > 100 } };
}
