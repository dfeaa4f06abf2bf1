// Rules on what a server has said that it can do: a client asks for nothing else.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { conversationIn, type Request } from "../../conversation.ts";
import { triedIn } from "../../eras.ts";
import { follows } from "../../moments.ts";
import { listOf, textOf } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import { tasksIn } from "../../tasks.ts";
import type { View } from "../../view.ts";
import {
  broken,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  SINCE_2026_07,
  WITH_HANDSHAKE,
} from "../rule.ts";

/** The capability that a server must have declared for a method. */
const needed: Readonly<Record<string, string>> = {
  "tools/list": "tools",
  "tools/call": "tools",
  "resources/list": "resources",
  "resources/templates/list": "resources",
  "resources/read": "resources",
  // Whether the server lets anyone subscribe, M113 looks at.
  "resources/subscribe": "resources",
  "resources/unsubscribe": "resources",
  "prompts/list": "prompts",
  "prompts/get": "prompts",
  "completion/complete": "completions",
  "logging/setLevel": "logging",
};

/** The extension that a method belongs to, by the beginning of its name. */
const extensions: readonly (readonly [prefix: string, extension: string])[] = [
  ["tasks/", "io.modelcontextprotocol/tasks"],
  ["skills/", "io.modelcontextprotocol/skills"],
];

function isDeclared(capabilities: JsonObject, name: string): boolean {
  const declared = capabilities[name];
  return declared !== undefined && declared !== null && declared !== false;
}

/** What the answer to a handshake declares. */
export function capabilitiesIn({ answer }: Pick<Request, "answer">): JsonObject | undefined {
  const result = isObject(answer?.message.result) ? answer.message.result : undefined;
  return isObject(result?.capabilities) ? result.capabilities : undefined;
}

function checkDeclared({ calls }: View): Outcome {
  const { requests, notifications } = conversationIn(calls);
  const openings = requests.filter(({ method, step }) => method === "initialize" && step.status < 400);
  const shown: McpStep[] = [];
  for (const request of requests) {
    const name = needed[request.method];
    if (request.era !== "handshake" || name === undefined) continue;
    const own = openings.filter(({ thread, step }) =>
      thread === request.thread && step.address === request.step.address && step.at < request.step.at
    );
    const declared = own.map(capabilitiesIn);
    // Without a session a request may belong to any handshake; and one whose answer is not on record may have declared all.
    if (declared.length === 0 || declared.some((one) => one === undefined || isDeclared(one, name))) continue;
    const version = request.version ?? "";
    // The first revision has completion without a capability.
    if (name === "completions" && version < "2025-03-26") continue;
    return broken(
      `It sent ${request.method}, where the server had not declared ${name}`,
      positionsOf([...own.map(({ step }) => step), request.step]),
      version <= "2025-03-26" ? "SHOULD" : "MUST",
    );
  }
  for (const opening of openings) {
    const began = notifications.some(({ step, thread }) => step.at > opening.step.at && thread === opening.thread);
    if (began && capabilitiesIn(opening)) shown.push(opening.step);
  }
  return shown.length > 0
    ? kept("It asked for nothing that the server had not declared", positionsOf(shown))
    : notObserved("It has not begun to work with a server whose capabilities are on record");
}

/** The answers to server/discover. */
function discoveriesIn(calls: readonly McpStep[]): readonly Request[] {
  return conversationIn(calls).requests.filter(({ method, answer }) =>
    method === "server/discover" && isObject(answer?.message.result)
  );
}

/** Whether a request is about a task that the server itself made, or may have made in an answer that is not on record. */
function isOfGivenTask({ method, params, step }: Request, { calls, isGapless }: View): boolean {
  const id = method.startsWith("tasks/") ? textOf(params, "taskId") : undefined;
  if (id === undefined) return false;
  const isBefore = (one: McpStep): boolean => one.address === step.address && one.at < step.at;
  if (!isGapless || tasksIn(calls).some((task) => task.id === id && isBefore(task.created.step))) return true;
  return conversationIn(calls).requests.some((one) =>
    one.method === "tools/call" && isBefore(one.step) && one.answer === undefined && one.step.status < 400
  );
}

function checkExtensions(view: View): Outcome {
  const { calls } = view;
  const { requests } = conversationIn(calls);
  const discoveries = discoveriesIn(calls);
  const used: McpStep[] = [];
  for (const request of requests) {
    if (request.era !== "stateless" || request.method === "server/discover") continue;
    const [, extension] = extensions.find(([prefix]) => request.method.startsWith(prefix)) ?? [];
    const known = discoveries.filter(({ step }) => step.address === request.step.address && step.at < request.step.at);
    if (known.length === 0) continue;
    const declares = known.some((one) => {
      const declared = capabilitiesIn(one)?.extensions;
      return extension === undefined || (isObject(declared) && extension in declared);
    });
    if (!declares && known.every(({ step }) => follows(step, request.step)) && !isOfGivenTask(request, view)) {
      return broken(
        `It sent ${request.method}, where the server had not declared the extension ${extension}`,
        positionsOf([...known.map(({ step }) => step), request.step]),
      );
    }
    if (declares) used.push(request.step);
  }
  return used.length > 0
    ? kept("It used no extension that the server had not declared", positionsOf(used))
    : notObserved("It has not worked with a server whose extensions are on record");
}

function checkListed({ calls }: View): Outcome {
  const tried = triedIn(conversationIn(calls));
  const openings = conversationIn(calls).requests.filter(({ method }) => method === "initialize");
  const chosen: McpStep[] = [];
  for (const { step, answer } of discoveriesIn(calls)) {
    const result = isObject(answer?.message.result) ? answer.message.result : undefined;
    const listed = listOf(result, "supportedVersions") ?? [];
    if (listed.length === 0) continue;
    const later = [...tried.map((one) => one.step), ...openings.map((one) => one.step)].filter((one) =>
      one.at > step.at && one.address === step.address && one.method !== "server/discover"
    );
    // Whether to begin with initialize at all is M63's to say.
    const other = later.find((one) =>
      one.method !== "initialize" && one.versions.offered !== undefined && !listed.includes(one.versions.offered) &&
      follows(step, one)
    );
    if (other) {
      return broken(
        `It went on with ${other.versions.offered}, where the server lists ${listed.join(", ")}`,
        positionsOf([step, other]),
      );
    }
    chosen.push(...later.filter(({ versions: { offered = "" } }) => listed.includes(offered)));
  }
  return chosen.length > 0
    ? kept("It went on with a revision that the server lists", positionsOf(chosen))
    : notObserved("It has not gone on since a server listed its revisions");
}

const SERVER_INFO = "io.modelcontextprotocol/serverInfo";

function checkServerInfo({ calls }: View): Outcome {
  const { requests } = conversationIn(calls);
  const named = requests.flatMap((request) => {
    const result = isObject(request.answer?.message.result) ? request.answer.message.result : undefined;
    const info = isObject(result?._meta) ? result._meta[SERVER_INFO] : undefined;
    return request.era === "stateless" && isObject(info) ? [{ request, info: JSON.stringify(info) }] : [];
  });
  const changed: McpStep[] = [];
  const asked: McpStep[] = [];
  for (const [index, { request: { step, method }, info }] of named.entries()) {
    // A client that sends server/discover asks for just this, and may act on it.
    if (method === "server/discover") continue;
    const before = named.slice(0, index).findLast((one) => one.request.step.address === step.address);
    const next = requests.find((one) => one.step.at > step.at && one.step.address === step.address);
    if (!before || before.info === info || !next) continue;
    changed.push(step);
    if (next.method === "server/discover" || next.method === "initialize") asked.push(step, next.step);
  }
  if (changed.length === 0) return notObserved("No server changed its name between two answers");
  // Once it may just have been time to discover again.
  if (asked.length > 2 && asked.length === changed.length * 2) {
    return broken("It began anew each time that the server gave another name", positionsOf(asked));
  }
  return asked.length > 0
    ? notObserved("It discovered a server again that had changed its name, for whatever reason")
    : kept("It went on as before where the server changed its name", positionsOf(changed));
}

const SPECIFICATION_2026 = "https://modelcontextprotocol.io/specification/2026-07-28";

/** The rules on what servers declare. */
export const capabilityRules: readonly Rule[] = [
  {
    id: "M21",
    name: "declared-capabilities",
    title: "A client uses only capabilities that the server has declared.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: "https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#operation",
    official: [],
    check: checkDeclared,
  },
  {
    id: "M64",
    name: "discovered-version",
    title: "A client goes on with one of the revisions that server/discover lists.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    link: `${SPECIFICATION_2026}/server/discover#discoverresult`,
    official: [],
    check: checkListed,
  },
  {
    id: "M65",
    name: "server-info-is-for-show",
    title: "A client does not change what it does by the name or version of a server.",
    level: "SHOULD",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    link: `${SPECIFICATION_2026}/server/discover#discoverresult`,
    official: [],
    check: checkServerInfo,
  },
  {
    id: "M66",
    name: "declared-extensions",
    title: "A client uses an extension only where the server has declared it.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    isOfMessages: true,
    link: `${SPECIFICATION_2026}/basic/versioning#extension-negotiation`,
    official: [],
    check: checkExtensions,
  },
];
