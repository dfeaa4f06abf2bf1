// Rules on forms that a server has a person fill in: what an answer looks like, and that its content is what was asked for.

import { type Field, fieldsOf, misfitOf } from "../../forms.ts";
import type { Fit } from "../../schema_fit.ts";
import { isObject, type JsonObject } from "../../../http/json.ts";
import { type Answered, modeOf, modesIn, type Question, questionsOf } from "../../questions.ts";
import { isRedacted } from "../../reading.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import {
  brokenBy,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  SINCE_2025_06,
  SINCE_2025_11,
} from "../rule.ts";
import { holdEach, shown } from "./each.ts";

const ELICITATION = "https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation";

/** Revisions in which a question may be asked by a form or by a URL. */
const withModes: ReadonlySet<string | undefined> = new Set(SINCE_2025_11);
/** All that have elicitation. */
const withForms: ReadonlySet<string | undefined> = new Set(SINCE_2025_06);

/** An answer with its question. */
interface Reply extends Answered {
  readonly question: Question;
}

/** What was answered to elicitations, the first answer to each. */
function repliesIn({ calls }: View, versions: ReadonlySet<string | undefined>): readonly Reply[] {
  return questionsOf(calls, "elicitation/create").filter(({ version }) => versions.has(version))
    .flatMap((question) => question.answers.slice(0, 1).map((answer) => ({ ...answer, question })));
}

/** A form that was filled in. */
interface Filled extends Reply {
  readonly fields: readonly Field[];
  readonly content: JsonObject;
}

function filledIn(view: View, versions: ReadonlySet<string | undefined>): readonly Filled[] {
  return repliesIn(view, versions).flatMap((reply): readonly Filled[] => {
    const { question, result } = reply;
    if (modeOf(question) !== "form" || result?.action !== "accept" || !isObject(result.content)) return [];
    return [{ ...reply, fields: fieldsOf(question.params.requestedSchema), content: result.content }];
  });
}

/** Errors that say that a request was not understood. */
const notUnderstood: ReadonlySet<unknown> = new Set([-32600, -32601, -32602]);

function checkNoMode({ calls }: View): Outcome {
  const questions = questionsOf(calls, "elicitation/create").filter(({ version, declared }) =>
    withModes.has(version) && modesIn(declared).has("form")
  );
  const well: McpStep[] = [];
  for (const question of questions.filter(({ params }) => params.mode === undefined)) {
    const { step, answers: [answer], era } = question;
    if (answer?.error && notUnderstood.has(answer.error.code)) {
      const detail = `It answered an elicitation without a mode with the error ${shown(answer.error.code)}`;
      return brokenBy(answer.message, detail, positionsOf([step, answer.step]));
    }
    if (answer?.result) well.push(answer.step);
    // Without sessions there is no error to send: that it answers forms with a mode shows that it could have.
    const other = answer || era === "handshake"
      ? undefined
      : questions.find(({ params, answers: [first] }) => params.mode === "form" && first !== undefined);
    const later = other &&
      calls.find(({ at, method }) => at > Math.max(step.at, other.step.at) && method !== undefined);
    if (later) {
      const detail = "It left an elicitation without a mode unanswered, and answered one with the mode form";
      return brokenBy(question.message, detail, positionsOf([step, later]), "SHOULD");
    }
  }
  return well.length === 0
    ? notObserved("It was not asked without a mode, or did not answer")
    : kept("It took elicitations without a mode for forms", positionsOf(well));
}

const actions: ReadonlySet<unknown> = new Set(["accept", "decline", "cancel"]);

function checkActions(view: View): Outcome {
  const answered = repliesIn(view, withForms).filter(({ result }) => result && !isRedacted(result.action));
  return holdEach(answered, {
    wrong: ({ result, question }) => {
      if (!actions.has(result?.action)) {
        return `It answered an elicitation with the action ${shown(result?.action)}, which there is not`;
      }
      if (result?.action !== "accept") return undefined;
      const mode = modeOf(question);
      const needed = fieldsOf(question.params.requestedSchema).find(({ isRequired }) => isRequired);
      if (mode === "form" && needed && !isObject(result.content)) {
        return `It accepted a form that requires ${needed.name}, without content`;
      }
      return mode === "url" && isObject(result.content) && Object.keys(result.content).length > 0
        ? { detail: "It accepted to open a URL, and sent content with that", level: "SHOULD" }
        : undefined;
    },
    kept: "Every answer to an elicitation had one of the three actions, and content where it accepted a form",
    none: "It answered no elicitation",
  });
}

function checkContent(view: View): Outcome {
  const filled = filledIn(view, withForms).filter(({ fields }) => fields.length > 0);
  const held = filled.map((reply) => ({ ...reply, misfit: contentMisfit(reply) }));
  return holdEach(held.filter(({ misfit }) => misfit !== undefined), {
    wrong: ({ misfit }) => misfit ?? undefined,
    kept: "What it filled in fits the schema of the form",
    none: "It accepted no form with content whose schema tells whether it fits",
  });
}

/** What is wrong with a form as it was filled in. */
function contentMisfit({ fields, content, question: { version } }: Filled): Fit {
  const isNamed = !Object.keys(content).some(isRedacted);
  const missing = fields.find(({ name, isRequired }) => isRequired && isNamed && !(name in content));
  if (missing) return `It accepted a form without the member ${missing.name}, which is required`;
  let all: Fit = isNamed ? null : undefined;
  for (const field of fields) {
    const value = content[field.name];
    const misfit = value === undefined ? null : fieldMisfit(field, value, version);
    if (typeof misfit === "string") return `It filled in ${field.name} with ${shown(value)}, which ${misfit}`;
    if (misfit === undefined) all = undefined;
  }
  return all;
}

/** Whether a value, or what there was to choose, is redacted on record. */
function isUnreadable({ choices }: Field, value: unknown): boolean {
  return isRedacted(value) || isRedacted(choices);
}

function fieldMisfit(field: Field, value: unknown, version: string | undefined): Fit {
  if (isUnreadable(field, value)) return undefined;
  if (field.isMultiple) return countMisfit(field.schema, value);
  if (field.choices === undefined) return misfitOf(field.schema, value);
  // Since 2025-11-25, M76 looks at choices.
  return withModes.has(version) ? null : choiceMisfit(field, value) ?? null;
}

function countMisfit({ minItems, maxItems }: JsonObject, value: unknown): Fit {
  if (!Array.isArray(value)) return null;
  if (typeof minItems === "number" && value.length < minItems) return `has fewer than ${minItems} values`;
  return typeof maxItems === "number" && value.length > maxItems ? `has more than ${maxItems} values` : null;
}

/** What is wrong with a choice; undefined for nothing. */
function choiceMisfit({ choices = [], isMultiple }: Field, value: unknown): string | undefined {
  if (Array.isArray(value) !== isMultiple) return isMultiple ? "is not a list of values" : "is not one of the values";
  const chosen: readonly unknown[] = Array.isArray(value) ? value : [value];
  const wrong = chosen.find((one) => !choices.some((choice) => choice.value === one));
  if (wrong === undefined) return undefined;
  const titled = choices.find(({ title }) => title === wrong);
  return titled ? `is the title of ${shown(titled.value)}` : "is not one of the values";
}

function checkChoices(view: View): Outcome {
  const chosen = filledIn(view, withModes).flatMap(({ fields, content, step, message }) =>
    fields.flatMap((field) => {
      const value = content[field.name];
      return field.choices === undefined || value === undefined || isUnreadable(field, value)
        ? []
        : [{ field, value, step, message }];
    })
  );
  return holdEach(chosen, {
    wrong: ({ field, value }) => {
      const misfit = choiceMisfit(field, value);
      return misfit && `It chose ${shown(value)} for ${field.name}, which ${misfit}`;
    },
    kept: "What it chose were values that there are to choose",
    none: "It filled in no form with a choice that can be read on record",
  });
}

function checkDefaults(view: View): Outcome {
  const untouched = filledIn(view, withModes).flatMap(({ fields, content, step, message }) => {
    const preset = fields.filter(({ schema }) => "default" in schema);
    // Of a form that a person has changed, nobody knows whether they emptied what is missing.
    const isChanged = preset.some(({ name, schema }) =>
      name in content && JSON.stringify(content[name]) !== JSON.stringify(schema.default)
    );
    const missing = preset.filter(({ name }) => !(name in content));
    // Nor of one field that may be empty.
    const mayBeEmptied = missing.length === 1 && missing.every(({ isRequired }) => !isRequired);
    return preset.length === 0 || isChanged || mayBeEmptied ? [] : [{ missing, step, message }];
  });
  return holdEach(untouched, {
    wrong: ({ missing: [first] }) =>
      first && `It accepted a form without ${first.name}, whose default is ${shown(first.schema.default)}`,
    kept: "It filled in the defaults of what was left as it was",
    none: "It accepted no form with defaults that was left as it was",
  });
}

/** What the rules here have in common. */
const COMMON = { isOfMessages: true, isOfMcp: true } as const;

/** Rules on forms. */
export const elicitationRules: readonly Rule[] = [
  {
    ...COMMON,
    id: "M71",
    name: "no-mode-is-form",
    title: "A client takes an elicitation without a mode for a form.",
    level: "MUST",
    revisions: SINCE_2025_11,
    link: `${ELICITATION}#elicitation-requests`,
    official: [],
    check: checkNoMode,
  },
  {
    ...COMMON,
    id: "M73",
    name: "elicitation-action",
    title: "An answer to an elicitation accepts, declines or cancels; content comes with a form that is accepted.",
    level: "MUST",
    revisions: SINCE_2025_06,
    link: `${ELICITATION}#response-actions`,
    official: ["client-elicitation-sep1034-general"],
    check: checkActions,
  },
  {
    ...COMMON,
    id: "M74",
    name: "content-fits",
    title: "What a client sends as the content of a form fits the schema that was requested.",
    level: "SHOULD",
    revisions: SINCE_2025_06,
    link: `${ELICITATION}#form-mode-security`,
    official: [],
    check: checkContent,
  },
  {
    ...COMMON,
    id: "M75",
    name: "defaults-filled-in",
    title: "A client fills in the defaults of a form, so that what is left as it is comes back.",
    level: "SHOULD",
    revisions: SINCE_2025_11,
    link: `${ELICITATION}#requested-schema`,
    official: ["string", "integer", "number", "enum", "boolean"].map((type) =>
      `client-elicitation-sep1034-${type}-default`
    ),
    check: checkDefaults,
  },
  {
    ...COMMON,
    id: "M76",
    name: "chosen-values",
    title: "Of a choice, a client sends the value, not its title; a list of them only where several can be chosen.",
    level: "MUST",
    revisions: SINCE_2025_11,
    link: `${ELICITATION}#requested-schema`,
    official: [],
    check: checkChoices,
  },
];
