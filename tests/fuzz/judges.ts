/** What must never be seen, as a table: each judge looks at a story and says what is wrong with it. */
import {
  causeOf,
  errorsIn,
  excerpt,
  excerptAround,
  firstComplaint,
  hasOddClaims,
  headerOf,
  isAmbiguous,
  isFailure,
  isLate,
  MAX_DESCRIPTORS,
  MAX_GROWTH_MIB,
  MAX_MS,
  MAX_PEAK_MIB,
  MAX_REGROWTH_MIB,
  normal,
  redirectUrisOf,
  routeOf,
  secretsIn,
  shapeOf,
  stackTrace,
  storyNames,
  typeOf,
} from "./evidence.ts";
import type { Observation, Story } from "./story.ts";
import { INJECTED, MARKER } from "./values.ts";

/** Something that must not be. */
export interface Finding {
  readonly judge: JudgeName;
  /** What tells it from other findings of the same judge; equal for what has one cause, as far as can be told. */
  readonly kind: string;
  /** What was seen. */
  readonly detail: string;
  /** The step that shows it, if one does. */
  readonly step?: number;
}

interface Judge {
  /** What it insists on. */
  readonly says: string;
  readonly judge: (story: Story) => readonly Omit<Finding, "judge">[];
}

/** A hang takes five seconds; a machine that is busy with others may take one without any. */
const MAX_STOP_MS = 4000;

const table = {
  "no 5xx": {
    says: "no request is answered with 5xx but those that somebody asked for, and 503 and 507 in our own words",
    judge: ({ seen, isShaped, printed }) =>
      seen.filter((one) => isFailure(one, isShaped)).map((one) => ({
        kind: causeOf(one, printed) ?? `${one.answer.status} ${routeOf(one)}`,
        detail: `${one.answer.status} from ${routeOf(one)}: ${excerpt(one.answer.body)}`,
        step: one.step,
      })),
  },
  "in time": {
    says: "an answer begins within two seconds",
    judge: ({ seen, isShaped }) =>
      seen.filter((one) => isLate(one, isShaped)).map((one) => ({
        kind: `${one.answer.status === undefined ? "no answer" : "slow"} ${routeOf(one)}`,
        detail: `${one.answer.end} after ${Math.round(one.answer.ms)} ms`,
        step: one.step,
      })),
  },
  "others served": {
    says: "somebody else is answered within two seconds meanwhile",
    judge: (story) =>
      of(story, "health").filter(({ worstMs }) => worstMs > MAX_MS).map(({ worstMs }) => ({
        kind: `/health late in ${story.case.plot}`,
        detail: `/health took ${Math.round(worstMs)} ms`,
      })),
  },
  "no insides": {
    says: "no answer and no line on stderr shows a stack trace or a path of ours",
    judge: ({ seen, printed }) => [
      ...seen.filter(({ answer, message }) => message.name !== "guide_script" && stackTrace.test(answer.body)).map((
        one,
      ) => ({
        kind: `body of ${routeOf(one)}`,
        detail: excerpt(one.answer.body),
        step: one.step,
      })),
      ...(stackTrace.test(printed)
        ? [{ kind: `printed: ${firstComplaint(printed)}`, detail: excerpt(stackTrace.exec(printed)?.[0] ?? "") }]
        : []),
    ],
  },
  "no surprise": {
    says: "the log tells of nothing that nobody expected",
    judge: ({ printed }) => [...new Set(errorsIn(printed).map(normal))].map((kind) => ({ kind, detail: kind })),
  },
  "escaped": {
    says: "nothing that came in stands unescaped in a page",
    judge: ({ seen, isShaped }) =>
      isShaped ? [] : seen.filter((one) => typeOf(one).startsWith("text/html") && one.answer.body.includes(MARKER))
        .map((one) => ({ kind: routeOf(one), detail: excerptAround(one.answer.body, MARKER), step: one.step })),
  },
  "no foreign script": {
    says: "what a sandbox's owner shapes runs no script on a public server's origin",
    judge: ({ seen, case: { mode } }) =>
      mode !== "public" ? [] : seen.flatMap((one) => {
        const isActive = /html|xml|svg|javascript|css/.test(typeOf(one)) && /<zqx>|<script>zqx/.test(one.answer.body);
        const isBoxed = /sandbox/.test(headerOf(one, "content-security-policy") ?? "");
        const header = one.step < 0
          ? undefined
          : ["service-worker-allowed", "set-cookie", "clear-site-data", "refresh"].find((name) =>
            headerOf(one, name) !== undefined
          );
        if (!(isActive && !isBoxed) && header === undefined) return [];
        return [{
          kind: header ?? "active content",
          detail: `${one.wire.target}: ${typeOf(one)} ${header ?? ""}`,
          step: one.step,
        }];
      }),
  },
  "no injection": {
    says: "no value becomes a header of its own",
    judge: ({ seen }) =>
      seen.filter((one) => headerOf(one, INJECTED) !== undefined).map((one) => ({
        kind: routeOf(one),
        detail: JSON.stringify(one.answer.headers),
        step: one.step,
      })),
  },
  "no secret": {
    says: "no secret is on record, in a HAR, in a report, in the log or in the data file",
    judge: ({ record, printed, state, observations }) => [
      ...secretsIn(record, state).map((name) => ({ kind: `${name} on record`, detail: "in /control/exchanges" })),
      ...observations.flatMap((one) =>
        one.kind === "kept" ? [{ kind: `${one.marker} in the data file`, detail: "as it was sent" }] : []
      ),
      ...secretsIn(printed, state).map((name) => ({ kind: `${name} in the log`, detail: "in what was printed" })),
    ],
  },
  "no growth": {
    says: "what is taken is bounded, and given back after a rest or used again",
    judge: (story) => [
      ...of(story, "memory").filter(({ beforeMiB, peakMiB, afterMiB, againMiB = Infinity }) =>
        peakMiB > beforeMiB + MAX_PEAK_MIB ||
        (afterMiB > beforeMiB + MAX_GROWTH_MIB && againMiB > afterMiB + MAX_REGROWTH_MIB)
      ).map((
        { beforeMiB, afterMiB, peakMiB, againMiB },
      ) => ({
        kind: `memory: ${story.case.plot} ${storyNames(story)}`,
        detail: `${Math.round(beforeMiB)} MiB before, ${Math.round(peakMiB)} at the end, ${
          Math.round(afterMiB)
        } after a rest${againMiB === undefined ? "" : `, ${Math.round(againMiB)} after the same again`}`,
      })),
      ...of(story, "descriptors").filter(({ before, after }) => after > before + MAX_DESCRIPTORS).map((
        { before, after },
      ) => ({
        kind: `descriptors: ${story.case.plot}`,
        detail: `${before} before, ${after} after a rest`,
      })),
    ],
  },
  "alive": {
    says: "the process goes on",
    judge: (story) =>
      of(story, "dead").map(() => ({
        kind: firstComplaint(story.printed),
        detail: excerpt(story.printed.slice(-500)),
      })),
  },
  "ends": {
    says: "SIGTERM ends the process within two seconds, with exit code 0",
    judge: (story) =>
      of(story, "stopped").filter(({ how }) => how.ms > MAX_STOP_MS || how.code !== 0).map(({ how }) => ({
        kind: how.code === 0 ? "late" : `code ${how.code}`,
        detail: `${Math.round(how.ms)} ms, code ${how.code}, signal ${how.signal}`,
      })),
  },
  "single use": {
    says: "what is good for one use has one success, however many try at once",
    judge: (story) =>
      of(story, "race").filter(({ successes }) => successes > 1).map(({ name, successes, step }) => ({
        kind: name,
        detail: `${successes} successes`,
        step,
      })),
  },
  "complete": {
    says: "what was answered is on record, or counted as left out",
    judge: (story) =>
      of(story, "record").filter(({ answered, recorded, isToldOf }) => recorded < answered && !isToldOf).map((
        { answered, recorded },
      ) => ({ kind: "exchanges missing", detail: `${recorded} of ${answered} on record` })),
  },
  "in force": {
    says: "what one process was told is in force in the other",
    judge: (story) =>
      of(story, "disagreement").map(({ what, step }) => ({ kind: what.split(":", 1)[0] ?? "", detail: what, step })),
  },
  "unasked": {
    says: "a page of another site changes nothing",
    judge: (story) => of(story, "foreign change").map(({ what, step }) => ({ kind: what, detail: what, step })),
  },
  "kept apart": {
    says: "nothing that one sandbox has given is good in another",
    judge: ({ seen, isShaped }) =>
      seen.filter(({ isBorrowed, answer: { status = 400 } }) => isBorrowed && !isShaped && status < 400).map((one) => ({
        kind: routeOf(one),
        detail: `${one.answer.status} for what another sandbox has given`,
        step: one.step,
      })),
  },
  "own events": {
    says: "nobody hears of another sandbox",
    judge: (story) =>
      of(story, "overheard").map(({ text, step }) => ({ kind: "overheard", detail: excerpt(text), step })),
  },
  "newcomers": {
    says: "somebody from another address can always register and sign in",
    judge: (story) =>
      story.isShaped
        ? []
        : of(story, "newcomer").filter(({ answer }) => answer.status !== 201 && answer.status !== 302).map((
          { answer, step },
        ) => ({
          kind: `${answer.status}`,
          detail: `${answer.status}: ${excerpt(answer.body)}`,
          step,
        })),
  },
  "tokens as issued": {
    says: "a token with malformed claims or in another spelling is not accepted",
    judge: ({ seen, isShaped }) =>
      isShaped ? [] : seen.filter((one) => {
        const authorization = one.wire.headers.find(([name]) => name === "authorization")?.[1].trim() ?? "";
        const isGood = one.answer.status === 200 && /^(oauth_post|userinfo)/.test(one.message.name);
        return isGood && (/[=.]$/.test(authorization) || hasOddClaims(authorization));
      }).map((one) => ({
        kind: routeOf(one),
        detail: `${one.answer.status} for a token that is not as issued`,
        step: one.step,
      })),
  },
  "plain redirects": {
    says: "a redirect URI that parsers read differently, or that is no URL, is neither registered nor used",
    judge: ({ seen, isShaped }) =>
      isShaped ? [] : seen.flatMap((one) => {
        const location = headerOf(one, "location");
        if (location !== undefined && isAmbiguous(location)) {
          return [{ kind: `sent to ${shapeOf(location)}`, detail: location.slice(0, 200), step: one.step }];
        }
        const isRegistered = one.answer.status === 201 ||
          (one.answer.status === 200 && one.message.name.startsWith("update_registration"));
        const uri = isRegistered ? redirectUrisOf(one.answer.body).find(isAmbiguous) : undefined;
        return uri === undefined
          ? []
          : [{ kind: `registered ${shapeOf(uri)}`, detail: uri.slice(0, 200), step: one.step }];
      }),
  },
  "no oracle": {
    says: "a page of another site does not have this server call others on this machine",
    judge: (story) => of(story, "called").map(({ origin }) => ({ kind: "called", detail: `asked from ${origin}` })),
  },
} as const satisfies Readonly<Record<string, Judge>>;

/** The name of a judge. */
export type JudgeName = keyof typeof table;

/** Everything that is wrong with a story. */
export function judge(story: Story): readonly Finding[] {
  return judgeNames.flatMap((name) => table[name].judge(story).map((finding) => ({ judge: name, ...finding })));
}

/** The judges. */
export const judgeNames: readonly JudgeName[] = Object.keys(table).filter((name): name is JudgeName => name in table);

/** What a judge insists on. */
export function saysOf(name: JudgeName): string {
  return table[name].says;
}

function of<K extends Observation["kind"]>(story: Story, kind: K): readonly (Observation & { readonly kind: K })[] {
  const isKind = (one: Observation): one is Observation & { readonly kind: K } => one.kind === kind;
  return story.observations.filter(isKind);
}
