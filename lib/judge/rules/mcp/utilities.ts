// Rules on what a client asks a server to do beside its work: log messages of a level, and complete arguments.

import { times } from "../counted.ts";
import { isObject } from "../../../http/json.ts";
import { type Asked, conversationIn, type Request } from "../../conversation.ts";
import type { View } from "../../view.ts";
import { ALWAYS, broken, kept, notObserved, type Outcome, positionsOf, type Rule } from "../rule.ts";
import { holdEach, shown } from "./each.ts";

const UTILITIES = "https://modelcontextprotocol.io/specification/2025-11-25/server/utilities";

/** RFC 5424 6.2.1, in small letters. */
const logLevels: ReadonlySet<unknown> = new Set([
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
]);

interface Leveled extends Asked {
  readonly level: unknown;
}

const LOG_LEVEL = "io.modelcontextprotocol/logLevel";

function levelIn(request: Request): readonly Leveled[] {
  const { method, params } = request;
  if (method === "logging/setLevel") return [{ ...request, level: params?.level }];
  const meta = params?._meta;
  return isObject(meta) && LOG_LEVEL in meta ? [{ ...request, level: meta[LOG_LEVEL] }] : [];
}

function checkLogLevels({ calls }: View): Outcome {
  return holdEach(conversationIn(calls).requests.flatMap(levelIn), {
    wrong: ({ method, level }) =>
      logLevels.has(level) ? undefined : `It sent ${method} with the log level ${shown(level)}, which there is not`,
    kept: "Every log level that it asked for was one of the eight",
    none: "It asked for no log level",
  });
}

const SECOND_MS = 1000;

function checkCompletions({ calls, limits }: View): Outcome {
  const asked = conversationIn(calls).requests.filter(({ method }) => method === "completion/complete");
  const most = limits.of("completions_per_second");
  const windowMs = SECOND_MS * Math.max(1, 1 / most);
  const mostInWindow = Math.max(1, most);
  for (const [, group] of Map.groupBy(asked, argumentOf)) {
    const within: Request[] = [];
    for (const request of group) {
      within.push(request);
      const fromMs = request.step.exchange.receivedAtMs - windowMs;
      while ((within[0]?.step.exchange.receivedAtMs ?? Infinity) <= fromMs) within.shift();
      if (within.length > mostInWindow) {
        return broken(
          `It asked for completions of one argument ${times(within.length)} within ${windowMs} ms`,
          positionsOf(within.map(({ step }) => step)),
          limits.levelBy("completions_per_second"),
        );
      }
    }
  }
  return asked.length < 2
    ? notObserved("It asked for completions fewer than two times")
    : kept("It left time between its requests for completions", positionsOf(asked.map(({ step }) => step)));
}

/** What is to be completed: the argument of a prompt or template, in a session. */
function argumentOf({ thread, params }: Request): string {
  const argument = isObject(params?.argument) ? params.argument.name : undefined;
  return JSON.stringify([thread, params?.ref, argument]);
}

/** Rules on utilities. */
export const utilityRules: readonly Rule[] = [
  {
    id: "M104",
    name: "log-level",
    title: "A log level that a client asks for is one of the eight that there are.",
    level: "MUST",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${UTILITIES}/logging#log-levels`,
    official: [],
    check: checkLogLevels,
  },
  {
    id: "M105",
    name: "spaced-completions",
    title: "A client does not ask for completions of one argument at every keystroke.",
    level: "SHOULD",
    revisions: ALWAYS,
    isOfMcp: true,
    link: `${UTILITIES}/completion#implementation-considerations`,
    official: [],
    check: checkCompletions,
  },
];
