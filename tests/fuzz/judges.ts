/** What must never be seen, as a table: each judge looks at a story and says what is wrong with it. */
import type { Observation, Seen, Story } from "./story.ts";
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

/** No answer may take longer, in milliseconds. */
export const MAX_MS = 2000;
/** A hang takes five seconds; a machine that is busy with others may take one without any. */
const MAX_STOP_MS = 2000;
const MAX_GROWTH_MIB = 250;
const MAX_DESCRIPTORS = 20;

/** What this server says where it did not expect what came. */
const ownFailure = /Something unexpected happened here|"message":"Internal error"|^Internal Server Error$/;
const stackTrace = /^\s+at .*[:(].*:\d+:\d+\)?$|file:\/\/\/\S+\.tsx?|\/(lib|routes|views)\/[\w/]+\.tsx?:\d+/m;

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
    says: "no secret is on record, in a HAR, in a report or in the log",
    judge: ({ record, printed, state }) => [
      ...secretsIn(record, state).map((name) => ({ kind: `${name} on record`, detail: "in /control/exchanges" })),
      ...secretsIn(printed, state).map((name) => ({ kind: `${name} in the log`, detail: "in what was printed" })),
    ],
  },
  "no growth": {
    says: "what was taken is given back after a rest",
    judge: (story) => [
      ...of(story, "memory").filter(({ beforeMiB, afterMiB }) => afterMiB > beforeMiB + MAX_GROWTH_MIB).map((
        { beforeMiB, afterMiB, peakMiB },
      ) => ({
        kind: `memory: ${story.case.plot} ${storyNames(story)}`,
        detail: `${Math.round(beforeMiB)} MiB before, ${Math.round(peakMiB)} at the end, ${
          Math.round(afterMiB)
        } after a rest`,
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
        const authorization = one.wire.headers.find(([name]) => name === "authorization")?.[1] ?? "";
        const isGood = one.answer.status === 200 && /^(oauth_post|userinfo)/.test(one.message.name);
        return isGood && (/[=\s.]$/.test(authorization) || hasOddClaims(authorization));
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

function isFailure({ answer, logged }: Seen, isShaped: boolean): boolean {
  const { status, body } = answer;
  if (status === undefined || status < 500) return false;
  if ((status === 503 || status === 507) && /temporarily_unavailable|overloaded|busy/i.test(body)) return false;
  if (status === 505 || status === 501) return false;
  return !isShaped || ownFailure.test(body) || errorsIn(logged).length > 0;
}

function isLate({ answer, message }: Seen, isShaped: boolean): boolean {
  if (message.isLasting || answer.end === "left") return false;
  if (answer.end === "refused") return false;
  // A fault may drop the connection or wait; that nothing at all comes for five seconds is something else.
  if (isShaped) return answer.end === "none" && answer.status === undefined && answer.ms > 2 * MAX_MS;
  if (message.framing?.length === "long" || message.framing?.leaveAfter !== undefined) return false;
  return answer.ms > MAX_MS;
}

/** What is said of an attack that was withstood. */
const expected = /^No connection can be accepted \(/;

/** Errors in a log of JSON lines, and whatever else stands there. */
export function errorsIn(printed: string): readonly string[] {
  return printed.split("\n").flatMap((line) => {
    if (line.trim() === "" || line.startsWith('{"event":"exchange"') || line.startsWith('{"event":"ready"')) return [];
    if (!line.startsWith("{")) return /^\s/.test(line) ? [] : [line];
    const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
    return message === undefined || expected.test(message) ? [] : [message];
  });
}

function firstComplaint(printed: string): string {
  return normal(errorsIn(printed)[0] ?? "nothing was said");
}

/** An error without what differs from case to case. */
function normal(error: string): string {
  return withoutRequest(error).replace(/'https?:\/\/[^']*'/g, "a URL").replace(/\d+/g, "N").slice(0, 120);
}

/** The log says first which request failed. */
function withoutRequest(error: string): string {
  return error.replace(/^[A-Z]+ \/\S*: /, "");
}

/** The error that the log tells of a request, or of any while it was under way. */
function causeOf({ wire, logged }: Seen, printed: string): string | undefined {
  const prefix = `${wire.method} ${wire.target.split("?", 1)[0]}: `;
  const own = errorsIn(printed).find((line) => line.startsWith(prefix)) ?? errorsIn(logged)[0];
  return own === undefined ? undefined : normal(own);
}

function routeOf({ message, labels }: Seen): string {
  return [message.name, ...labels.length === 0 ? [] : [`(${[...new Set(labels)].sort().join(", ")})`]].join(" ");
}

function headerOf({ answer }: Seen, name: string): string | undefined {
  return answer.headers.find(([other]) => other === name)?.[1];
}

function typeOf(seen: Seen): string {
  return headerOf(seen, "content-type") ?? "";
}

function excerpt(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

function excerptAround(text: string, what: string): string {
  const at = text.indexOf(what);
  return text.slice(Math.max(0, at - 60), at + 60);
}

function storyNames({ case: { steps } }: Story): string {
  return [
    ...new Set(steps.flatMap((step) => step.kind === "flood" || step.kind === "listen" ? [step.message.name] : [])),
  ]
    .join(", ");
}

/** Pools that hold what nobody else may see, and how long a value must be so as to be no chance find. */
const secretPools = [
  "secret",
  "code",
  "access_token",
  "refresh_token",
  "registration_access_token",
  "device_code",
  "id_jag",
  "minted",
  "own_token",
];
const MIN_SECRET_LENGTH = 16;

function secretsIn(text: string, state: Story["state"]): readonly string[] {
  const markers = [...text.matchAll(/zqxsecret\w+/g)].map(([marker]) => marker);
  const real = secretPools.filter((pool) =>
    state.all(pool).some((value) => value.length >= MIN_SECRET_LENGTH && text.includes(value))
  );
  return [...new Set([...markers, ...real])];
}

/** Types that the claims of an access token have (RFC 9068 2.2, RFC 7519 4.1). */
const claimTypes: Readonly<Record<string, (value: unknown) => boolean>> = {
  iss: isText,
  sub: isText,
  client_id: isText,
  sid: isText,
  jti: isText,
  scope: isText,
  aud: (value) => isText(value) || (Array.isArray(value) && value.every(isText)),
  exp: isTime,
  iat: isTime,
  nbf: isTime,
};

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

function hasOddClaims(authorization: string): boolean {
  try {
    const payload = authorization.split(".")[1] ?? "";
    const bytes = Uint8Array.from(
      atob(payload.replaceAll("-", "+").replaceAll("_", "/")),
      (char) => char.charCodeAt(0),
    );
    const claims: Readonly<Record<string, unknown>> = JSON.parse(new TextDecoder().decode(bytes));
    return Object.entries(claimTypes).some(([name, fits]) => Object.hasOwn(claims, name) && !fits(claims[name]));
  } catch {
    return false;
  }
}

function redirectUrisOf(body: string): readonly string[] {
  try {
    const { redirect_uris: uris } = JSON.parse(body);
    return Array.isArray(uris) ? uris.filter((uri) => typeof uri === "string") : [];
  } catch {
    return [];
  }
}

/** Whether a URI is read in one way by some parsers and in another by others. */
function isAmbiguous(uri: string): boolean {
  return shapeOf(uri) !== "plain";
}

function shapeOf(uri: string): string {
  const before = uri.split(/[?#]/, 1)[0] ?? "";
  if (/\\/.test(before)) return "backslash";
  if (/[\t\r\n\0]/.test(uri)) return "control character";
  if (/^https?:(?!\/\/)/i.test(uri)) return "scheme without //";
  if (/^https?:\/\/[^/]*@/i.test(uri)) return "userinfo";
  const port = /^https?:\/\/[^/]*?:(\d+)(\/|$)/i.exec(before)?.[1];
  if (port !== undefined && Number(port) > 65_535) return "port above 65535";
  return "plain";
}
