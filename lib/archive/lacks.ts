/**
 * What a recording of another tool does not tell, and the rules that need it: they are not observed there, whatever it looks like.
 *
 * @module
 */
import { isEventStream, messagesOf, parseObject, textOf } from "../judge/reading.ts";
import type { Report } from "../judge/report.ts";
import { decide, sumUp } from "../judge/verdict.ts";
import { type Exchange, headerOf } from "../recorder/exchange.ts";
import type { RuleId } from "../scenarios/vocabulary.ts";
import type { Archive } from "./read_har.ts";

const lacks = ["credentials", "event_times", "stream_ends"] as const;

/** Something that a recording lacks. */
export type Lack = typeof lacks[number];

/** What is said of a rule that needs it, and which these are. */
export const lacking: Readonly<Record<Lack, { readonly reason: string; readonly rules: readonly RuleId[] }>> = {
  credentials: {
    reason:
      "The recording has no Authorization header at all: its tool has left them out, as DevTools does unless told otherwise",
    rules: [
      "C20",
      "C22",
      "C23",
      "C24",
      "C33",
      "C34",
      "C36",
      "C37",
      "C38",
      "C41",
      "C43",
      "C44",
      "M12",
      "M131",
      "M137",
      "M157",
    ],
  },
  event_times: {
    reason: "The recording does not tell when the events of its streams came",
    rules: ["M112", "M131", "M138", "M148"],
  },
  stream_ends: {
    reason: "The recording does not tell who ended its streams",
    rules: ["M53", "M115", "M117"],
  },
};

/** What an archive lacks. */
export function lacksOf({ isOwn }: Archive, exchanges: readonly Exchange[]): readonly Lack[] {
  if (isOwn) return [];
  const hasCredentials = exchanges.some(({ request }) => headerOf(request, "authorization") !== undefined);
  const loggedInAt = exchanges.findIndex(({ response }) =>
    textOf(parseObject(response.body), "access_token") !== undefined
  );
  const hasUsedIt = loggedInAt >= 0 &&
    exchanges.slice(loggedInAt).some(({ request }) => messagesOf(request)[0]?.jsonrpc !== undefined);
  const streams = exchanges.filter(({ response }) => isEventStream(response));
  const found: Readonly<Record<Lack, boolean>> = {
    credentials: hasUsedIt && !hasCredentials,
    event_times: streams.some(hasUntimed),
    stream_ends: streams.some(({ stream }) => stream?.endedBy === "cut"),
  };
  return lacks.filter((lack) => found[lack]);
}

/** Whether a stream has brought more than an answer at its end. */
function hasUntimed({ method, response }: Exchange): boolean {
  return messagesOf(response).length > (method === "POST" ? 1 : 0);
}

/** A report in which no rule is judged that needs what is lacking. */
export function withoutLacking(report: Report, missing: readonly Lack[]): Report {
  const reasons = new Map<string, string>(
    missing.flatMap((lack) => lacking[lack].rules.map((rule) => [rule, lacking[lack].reason] as const)),
  );
  if (reasons.size === 0) return report;
  const clients = report.clients.map((client) => {
    const findings = client.findings.map(({ message: _, ...finding }) => {
      const detail = reasons.get(finding.rule);
      return detail === undefined ? finding : { ...finding, status: "not observed" as const, evidence: [], detail };
    });
    return { ...client, findings, ...decide(findings, client.progress) };
  });
  return { ...report, clients, ...sumUp(clients) };
}
