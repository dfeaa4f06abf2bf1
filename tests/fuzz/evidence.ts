/** What judges look for in answers, logs and records. */
import type { Seen, Story } from "./story.ts";

/** No answer may take longer, in milliseconds; a machine that runs other tests beside this one takes two seconds for some. */
export const MAX_MS = 4000;
/** More than this above what it was counts as growth. */
export const MAX_GROWTH_MIB = 250;
/** More than this above what the same load left before counts as growth: what is kept once may be the allocator's. */
export const MAX_REGROWTH_MIB = 80;
/** More than this above what it was counts as growth while what was sent is still held. */
export const MAX_PEAK_MIB = 1000;
/** So many more open files and connections count as growth. */
export const MAX_DESCRIPTORS = 20;

/** What this server says where it did not expect what came. */
const ownFailure = /Something unexpected happened here|"message":"Internal error"|^Internal Server Error$/;
/** A stack trace, or a path of ours. */
export const stackTrace = /^\s+at .*[:(].*:\d+:\d+\)?$|file:\/\/\/\S+\.tsx?|\/(lib|routes|views)\/[\w/]+\.tsx?:\d+/m;

export function isFailure({ answer, logged }: Seen, isShaped: boolean): boolean {
  const { status, body } = answer;
  if (status === undefined || status < 500) return false;
  if ((status === 503 || status === 507) && /temporarily_unavailable|overloaded|busy/i.test(body)) return false;
  if (status === 505 || status === 501) return false;
  return !isShaped || ownFailure.test(body) || errorsIn(logged).length > 0;
}

export function isLate({ answer, message }: Seen, isShaped: boolean): boolean {
  if (message.isLasting || answer.end === "left") return false;
  if (answer.end === "refused") return false;
  // A fault may drop the connection or wait; that nothing at all comes for five seconds is something else.
  if (isShaped) return answer.end === "none" && answer.status === undefined && answer.ms > MAX_MS;
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

export function firstComplaint(printed: string): string {
  return normal(errorsIn(printed)[0] ?? "nothing was said");
}

/** An error without what differs from case to case. */
export function normal(error: string): string {
  return withoutRequest(error).replace(/'https?:\/\/[^']*'/g, "a URL").replace(/\d+/g, "N").slice(0, 120);
}

/** The log says first which request failed. */
function withoutRequest(error: string): string {
  return error.replace(/^[A-Z]+ \/\S*: /, "");
}

/** The error that the log tells of a request, or of any while it was under way. */
export function causeOf({ wire, logged }: Seen, printed: string): string | undefined {
  const prefix = `${wire.method} ${wire.target.split("?", 1)[0]}: `;
  const own = errorsIn(printed).find((line) => line.startsWith(prefix)) ?? errorsIn(logged)[0];
  return own === undefined ? undefined : normal(own);
}

export function routeOf({ message, labels }: Seen): string {
  return [message.name, ...labels.length === 0 ? [] : [`(${[...new Set(labels)].sort().join(", ")})`]].join(" ");
}

export function headerOf({ answer }: Seen, name: string): string | undefined {
  return answer.headers.find(([other]) => other === name)?.[1];
}

export function typeOf(seen: Seen): string {
  return headerOf(seen, "content-type") ?? "";
}

export function excerpt(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

export function excerptAround(text: string, what: string): string {
  const at = text.indexOf(what);
  return text.slice(Math.max(0, at - 60), at + 60);
}

export function storyNames({ case: { steps } }: Story): string {
  return [
    ...new Set(
      steps.flatMap((step) => "message" in step && /^(flood|hold|listen)$/.test(step.kind) ? [step.message.name] : []),
    ),
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

export function secretsIn(text: string, state: Story["state"]): readonly string[] {
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

export function hasOddClaims(authorization: string): boolean {
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

export function redirectUrisOf(body: string): readonly string[] {
  try {
    const { redirect_uris: uris } = JSON.parse(body);
    return Array.isArray(uris) ? uris.filter((uri) => typeof uri === "string") : [];
  } catch {
    return [];
  }
}

/** Whether a URI is read in one way by some parsers and in another by others. */
export function isAmbiguous(uri: string): boolean {
  return shapeOf(uri) !== "plain";
}

export function shapeOf(uri: string): string {
  const before = uri.split(/[?#]/, 1)[0] ?? "";
  if (/\\/.test(before)) return "backslash";
  if (/[\t\r\n\0]/.test(uri)) return "control character";
  if (/^https?:(?!\/\/)/i.test(uri)) return "scheme without //";
  if (/^https?:\/\/[^/]*@/i.test(uri)) return "userinfo";
  const port = /^https?:\/\/[^/]*?:(\d+)(\/|$)/i.exec(before)?.[1];
  if (port !== undefined && Number(port) > 65_535) return "port above 65535";
  return "plain";
}
