// Rules on what a client lets a server ask it: it declares what it answers, refuses the rest, and is not flooded.

import { counted } from "../counted.ts";
import { isObject, type JsonObject } from "../../../http/json.ts";
import { conversationIn, hasAllSaid, threadOf } from "../../conversation.ts";
import {
  type Answered,
  capabilityFor,
  hasDeclared,
  modeOf,
  modesIn,
  type Question,
  questionsIn,
} from "../../questions.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import {
  ALWAYS,
  broken,
  brokenBy,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  SINCE_2025_11,
} from "../rule.ts";
import { holdEach, shown } from "./each.ts";
import { cancelledBy } from "./server_work.ts";

const SPECIFICATION = "https://modelcontextprotocol.io/specification";
const ELICITATION = `${SPECIFICATION}/2025-11-25/client/elicitation`;
const INVALID_PARAMS = -32602;

/** Whether an answer says no in the words of the question: nothing was asked of anyone. */
function saysNo({ result }: Answered): boolean {
  return result?.action === "decline" || result?.action === "cancel";
}

/** The first request that a client made so long after a question that it must have left that unanswered. */
function wentOn(view: View, question: Question): McpStep | undefined {
  const { calls, limits } = view;
  // Whoever has left a stream may not have seen what came on it.
  const isSure = hasAllSaid(view) && question.step.stream?.endedBy !== "client";
  if (!isSure || question.answers.length > 0) return undefined;
  const { era, thread, atMs, message, method } = question;
  if (
    era === "handshake" && cancelledBy({ ...question, thread, answers: [], method, eventId: undefined, message }, calls)
  ) {
    return undefined;
  }
  const afterMs = atMs + (era === "handshake" ? limits.of("answer_ms") : 0);
  return calls.find((call) =>
    threadOf(call) === thread && call.method !== undefined && call.exchange.receivedAtMs >= afterMs &&
    call !== question.step
  );
}

/** What a client was asked that it had not said that it can answer. */
function isUndeclared({ method, declared }: Question): boolean {
  const capability = capabilityFor(method);
  return capability !== undefined && declared !== undefined && !hasDeclared(declared, capability);
}

function checkDeclared(view: View): Outcome {
  const well: McpStep[] = [];
  for (const question of questionsIn(view.calls)) {
    const capability = capabilityFor(question.method);
    if (capability === undefined || question.declared === undefined) continue;
    const { step, method, answers: [answer], era } = question;
    const isDeclared = !isUndeclared(question);
    if (answer) {
      if (!isDeclared && answer.result && !saysNo(answer)) {
        const detail = `It answered ${method}, and had not declared ${capability}`;
        return brokenBy(answer.message, detail, positionsOf([step, answer.step]));
      }
      well.push(answer.step);
      continue;
    }
    const later = isDeclared ? undefined : wentOn(view, question);
    if (!later) continue;
    // In 2026-07-28 whoever cannot answer just does not go on with the request.
    if (era === "stateless") well.push(later);
    else {
      return brokenBy(
        question.message,
        `It neither answered nor refused ${method}, which it has not declared, and went on`,
        positionsOf([step, later]),
        view.limits.levelBy("answer_ms"),
      );
    }
  }
  return well.length === 0
    ? notObserved("It was asked for nothing that it answered or refused")
    : kept("It answered what it had declared, and refused what it had not", positionsOf(well));
}

interface Declaration {
  readonly step: McpStep;
  readonly message: JsonObject;
  readonly elicitation: JsonObject;
}

/** The revisions in which elicitation has modes. */
const withModes: ReadonlySet<string | undefined> = new Set(SINCE_2025_11);

function declarationsIn({ calls }: View): readonly Declaration[] {
  return conversationIn(calls).requests.flatMap(
    ({ step, message, method, params, version, era }): readonly Declaration[] => {
      const meta = isObject(params?._meta) ? params._meta : {};
      const declared = era === "stateless"
        ? meta["io.modelcontextprotocol/clientCapabilities"]
        : method === "initialize" && withModes.has(version)
        ? params?.capabilities
        : undefined;
      const elicitation = isObject(declared) ? declared.elicitation : undefined;
      return isObject(elicitation) ? [{ step, message, elicitation }] : [];
    },
  );
}

function checkModes(view: View): Outcome {
  return holdEach(declarationsIn(view), {
    wrong: ({ elicitation }) =>
      Object.keys(elicitation).length > 0 && !isObject(elicitation.form) && !isObject(elicitation.url)
        ? `It declared elicitation with neither form nor url: ${shown(elicitation)}`
        : undefined,
    kept: "Where it declared elicitation, it named a mode, or none for forms",
    none: "It did not declare elicitation in a revision that has modes",
  });
}

function checkUndeclaredMode(view: View): Outcome {
  const refused: McpStep[] = [];
  for (const question of questionsIn(view.calls)) {
    const { method, version, declared, step, answers: [answer], era } = question;
    const mode = modeOf(question);
    if (method !== "elicitation/create" || version !== "2025-11-25" || era !== "handshake") continue;
    if (mode === undefined || !hasDeclared(declared, "elicitation") || modesIn(declared).has(mode)) continue;
    if (answer) {
      if (answer.error?.code === INVALID_PARAMS) {
        refused.push(answer.step);
        continue;
      }
      const what = answer.error ? `the error ${shown(answer.error.code)}` : shown(answer.result);
      const detail = `It answered an elicitation in the mode ${mode}, which it has not declared, with ${what}`;
      return brokenBy(answer.message, `${detail}, not with -32602`, positionsOf([step, answer.step]));
    }
    const later = wentOn(view, question);
    if (!later) continue;
    return brokenBy(
      question.message,
      `It did not answer an elicitation in the mode ${mode}, which it has not declared, and went on`,
      positionsOf([step, later]),
      view.limits.levelBy("answer_ms"),
    );
  }
  return refused.length === 0
    ? notObserved("It was asked in no mode of elicitation that it had not declared")
    : kept("It refused the mode of elicitation that it had not declared with -32602", positionsOf(refused));
}

/** Within this time answers count as given in a row: no person reads so many questions in it. */
const IN_A_ROW_MS = 10_000;

function checkFloods({ calls, limits }: View): Outcome {
  const most = limits.of("questions_in_a_row");
  // Loops of tools are what M85 looks at. In 2026-07-28 nothing is said of how often a person may be asked.
  const asked = questionsIn(calls).filter(({ method, era, params }) =>
    (method === "sampling/createMessage" && params.tools === undefined) ||
    (method === "elicitation/create" && era === "handshake")
  );
  const seen: McpStep[] = [];
  for (const [, questions] of Map.groupBy(asked, ({ thread, method }) => JSON.stringify([thread, method]))) {
    if (busiest(questions.map(({ atMs }) => atMs)) <= most) continue;
    const answered = questions.flatMap(({ answers: [answer] }) =>
      answer?.result && !saysNo(answer) ? [answer.step] : []
    );
    const count = busiest(answered.map(({ exchange }) => exchange.receivedAtMs));
    if (count > most) {
      return broken(
        `It answered ${counted(count, "question")} of one kind within ${IN_A_ROW_MS / 1000} seconds`,
        positionsOf(answered),
        limits.levelBy("questions_in_a_row"),
      );
    }
    seen.push(...questions.map(({ step }) => step));
  }
  return seen.length === 0
    ? notObserved(`It was not asked more than ${counted(most, "question")} of one kind in a row`)
    : kept("It did not answer all questions of a flood", positionsOf(seen));
}

/** How many moments at most lie within the time in which they are in a row. */
function busiest(moments: readonly number[]): number {
  const sorted = moments.toSorted((one, other) => one - other);
  return Math.max(0, ...sorted.map((ms, at) => at - sorted.findIndex((other) => other > ms - IN_A_ROW_MS) + 1));
}

/** What the rules here have in common. */
const COMMON = { isOfMessages: true, isOfMcp: true } as const;

/** Rules on what a client lets a server ask it. */
export const askedRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M69",
    name: "answers-what-it-declares",
    title:
      "A client declares roots, sampling and elicitation if it answers for them, and refuses what it has not declared.",
    level: "MUST",
    revisions: ALWAYS,
    link: `${ELICITATION}#capabilities`,
    official: [],
    check: checkDeclared,
  },
  {
    ...COMMON,
    id: "M70",
    name: "elicitation-modes",
    title: "A client that declares elicitation supports forms, URLs, or both; where it names nothing, it means forms.",
    level: "MUST",
    revisions: SINCE_2025_11,
    link: `${ELICITATION}#capabilities`,
    official: [],
    check: checkModes,
  },
  {
    ...COMMON,
    id: "M72",
    name: "undeclared-mode-refused",
    title: "A client refuses an elicitation in a mode that it has not declared with -32602.",
    level: "MUST",
    revisions: ["2025-11-25"],
    link: `${ELICITATION}#error-handling`,
    official: [],
    check: checkUndeclaredMode,
  },
  {
    ...COMMON,
    id: "M80",
    name: "no-floods",
    title: "A client limits how many questions it answers in a row, be they for a person or for a model.",
    level: "SHOULD",
    revisions: ALWAYS,
    link: `${ELICITATION}#security-considerations`,
    official: [],
    check: checkFloods,
  },
];
