// The methods of the protocol that serve prompts, resources and completion. An endpoint without these does not have them.
import {
  type CompleteResult,
  type JSONRPCMessage,
  ProtocolError,
  type Server,
  type ServerCapabilities,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import type { CallFacts } from "./call_facts.ts";
import type { Log } from "./contract.ts";
import type { ReadAnswer } from "./feature_rows.ts";
import { pageOf, pagesOf } from "./pages.ts";
import type { Profile } from "./profile.ts";
import { MODERN_REVISION } from "./revisions.ts";
import { INVALID_PARAMS, RESOURCE_NOT_FOUND } from "./rpc.ts";
import { awaitResult } from "./tasks/awaited_result.ts";
import { TASKS_REVISION } from "./tasks/task.ts";
import { scopeOf } from "./tasks/task_methods.ts";
import { sessionTaskMethods, withoutEmptyContent } from "./tasks/task_support.ts";
import type { ToolCall } from "./tools/tool.ts";

/** The methods that {@link installFeatures} serves in a session, by what the server says that it can do. */
const methods = {
  prompts: ["prompts/list", "prompts/get"],
  resources: [
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
  ],
  completions: ["completion/complete"],
  logging: ["logging/setLevel"],
  tasks: sessionTaskMethods,
  skills: ["skills/list", "skills/get"],
} as const;

/** The extension of servers that have skills (SEP-2640). */
export const SKILLS_EXTENSION = "io.modelcontextprotocol/skills";

/** The methods besides those of tools that a server with these capabilities answers to in a session. */
export function featureMethods(capabilities: ServerCapabilities): readonly string[] {
  const { prompts, resources, completions, logging, tasks, skills } = methods;
  return [
    ...(capabilities.prompts ? prompts : []),
    ...(capabilities.resources ? resources : []),
    ...(capabilities.completions ? completions : []),
    ...(capabilities.logging ? logging : []),
    ...(capabilities.tasks ? tasks : []),
    ...(hasSkills(capabilities) ? skills : []),
  ];
}

function hasSkills({ extensions }: ServerCapabilities): boolean {
  return extensions?.[SKILLS_EXTENSION] !== undefined;
}

interface FeatureDeps {
  readonly factsOf: (context: ServerContext) => CallFacts;
  readonly callOf: (context: ServerContext) => ToolCall;
  readonly subscribed: Set<string>;
  readonly log: Log;
}

/** Has a server serve prompts, resources and completion, as far as it says that it can. */
export function installFeatures(server: Server, capabilities: ServerCapabilities, deps: FeatureDeps): void {
  if (capabilities.prompts) installPrompts(server, deps);
  if (capabilities.resources) installResources(server, deps);
  if (capabilities.tasks) installTasks(server, deps);
  if (hasSkills(capabilities)) installSkills(server, deps);
  if (!capabilities.completions) return;
  server.setRequestHandler("completion/complete", ({ params: { ref, argument } }, context) => {
    const { prompts, templates } = deps.factsOf(context).profile.features;
    const row = ref.type === "ref/prompt"
      ? prompts.find(({ listing }) => listing.name === ref.name)
      : templates.find(({ listing }) => listing.uriTemplate === ref.uri);
    if (!row) throw new ProtocolError(INVALID_PARAMS, "There is nothing of that name to complete");
    return completion(row.complete?.get(argument.name)?.(argument.value) ?? []);
  });
}

/** Has a server wait for tasks to end; what else is asked about tasks, is answered without the SDK. */
function installTasks(server: Server, { factsOf, log }: FeatureDeps): void {
  const method = "tasks/result";
  server.setRequestHandler(method, { params: z.looseObject({}) }, async (params, context) => {
    const { mcpReq } = context;
    const ask = { method, params, facts: factsOf(context), revision: TASKS_REVISION, log };
    return await scopeOf(ask.facts).waitFor(() =>
      awaitResult(ask, {
        ask: (question) => mcpReq.send(question, z.looseObject({}), { timeout: MAX_WAIT_MS }),
        notify: (method, params) => mcpReq.notify({ method, params }),
        signal: mcpReq.signal,
      })
    );
  });
}

/** A person may take this long to answer what a task asks. */
const MAX_WAIT_MS = 60 * 60 * 1000;

function installPrompts(server: Server, { factsOf, callOf }: FeatureDeps): void {
  server.setRequestHandler("prompts/list", ({ params }, context) => {
    const { profile } = factsOf(context);
    const { items, ...rest } = pageOf(profile.features.prompts, params?.cursor, pagesOf("prompts", profile.pages));
    return { prompts: items.map(({ listing }) => listing), ...rest, ...cacheOf(server, profile) };
  });
  server.setRequestHandler("prompts/get", ({ params }, context) => {
    const prompt = factsOf(context).profile.features.prompts.find(({ listing }) => listing.name === params.name);
    if (!prompt) throw new ProtocolError(INVALID_PARAMS, "Unknown prompt");
    const args = params.arguments ?? {};
    const missing = prompt.listing.arguments?.find(({ name, required }) => required && args[name] === undefined);
    if (missing) throw new ProtocolError(INVALID_PARAMS, `The argument ${missing.name} is required`);
    return prompt.get(args, callOf(context));
  });
}

function installResources(server: Server, { factsOf, callOf, subscribed }: FeatureDeps): void {
  server.setRequestHandler("resources/list", ({ params }, context) => {
    const { profile } = factsOf(context);
    const { items, ...rest } = pageOf(profile.features.resources, params?.cursor, pagesOf("resources", profile.pages));
    return { resources: items.map(({ listing }) => listing), ...rest, ...cacheOf(server, profile) };
  });
  server.setRequestHandler("resources/templates/list", ({ params }, context) => {
    const { profile } = factsOf(context);
    const { items, ...rest } = pageOf(
      profile.features.templates,
      params?.cursor,
      pagesOf("resourceTemplates", profile.pages),
    );
    return { resourceTemplates: items.map(({ listing }) => listing), ...rest, ...cacheOf(server, profile) };
  });
  server.setRequestHandler("resources/read", async ({ params: { uri } }, context) => {
    const { resources, templates } = factsOf(context).profile.features;
    const call = callOf(context);
    const found = resources.find(({ listing }) => listing.uri === uri)?.read(call) ??
      templates.values().map(({ read }) => read(uri, call)).find((answer) => answer !== undefined);
    if (!found) throw new ProtocolError(INVALID_PARAMS, NOT_FOUND, { uri });
    return cacheable(server, await found);
  });
  server.setRequestHandler("resources/subscribe", ({ params: { uri } }, context) => {
    const { resources } = factsOf(context).profile.features;
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
}

/** Has a server list its skills; their files are read as all resources are. */
function installSkills(server: Server, { factsOf }: FeatureDeps): void {
  const [list, get] = methods.skills;
  server.setRequestHandler(
    list,
    { params: z.looseObject({ cursor: z.string().optional() }) },
    ({ cursor }, context) => {
      const { profile } = factsOf(context);
      const { items, ...rest } = pageOf(profile.skills, cursor, profile.pages);
      return { skills: items, ...rest, ...cacheOf(server, profile) };
    },
  );
  server.setRequestHandler(get, { params: z.looseObject({ uri: z.string() }) }, ({ uri }, context) => {
    const { profile } = factsOf(context);
    const skill = profile.skills.find((one) => one.uri === uri);
    if (!skill) throw new ProtocolError(INVALID_PARAMS, "Unknown skill", { uri });
    return { skill, ...cacheOf(server, profile) };
  });
}

/** What a list says of how long it may be kept, which no revision before 2026-07-28 knows. */
export function cacheOf(server: Server, { cache }: Pick<Profile, "cache">): Partial<Profile["cache"]> {
  return isModern(server) ? cache : {};
}

function cacheable(server: Server, answer: ReadAnswer): ReadAnswer {
  if (isModern(server)) return answer;
  const { ttlMs: _, cacheScope: _scope, ...rest } = answer;
  return rest;
}

function isModern(server: Server): boolean {
  return (server.getNegotiatedProtocolVersion() ?? "") >= MODERN_REVISION;
}

/** Words by which the answer is known again, whose code the revisions up to 2025-11-25 have as one of its own. */
const NOT_FOUND = "Resource not found";

/**
 * A message as the revisions up to 2025-11-25 have it. Of a resource that does not exist the SDK sends the code of 2026-07-28
 * in every revision, and of a task that a call has become it knows nothing.
 *
 * @param message Any message to a client in a session.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/server/resources#error-handling}
 */
export function asOfSessions(message: JSONRPCMessage): JSONRPCMessage {
  if ("result" in message) {
    const result = withoutEmptyContent(message.result);
    return result === message.result ? message : { ...message, result: { ...result } };
  }
  if (!("error" in message) || message.error.message !== NOT_FOUND) return message;
  return { ...message, error: { ...message.error, code: RESOURCE_NOT_FOUND } };
}

/** The protocol lets an answer carry a hundred values. */
function completion(values: readonly string[]): CompleteResult {
  return { completion: { values: values.slice(0, 100), total: values.length, hasMore: values.length > 100 } };
}
