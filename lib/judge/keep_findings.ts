/**
 * What was found once stays found, though what shows it has fallen off the record and could not be kept to judge by.
 *
 * @module
 */
import type { Progress } from "./progress.ts";
import type { Report } from "./report.ts";
import { type ClientReport, decide, type Finding, sumUp } from "./verdict.ts";

/**
 * Adds to a report what an earlier one of the same record had found and this one can no longer see.
 *
 * @param report What can be seen.
 * @param past What was found before.
 * @param judged Sequence numbers of the exchanges that the report is made from.
 */
export function keepFindings(report: Report, past: Report, judged: ReadonlySet<number>): Report {
  const known = new Map(past.clients.map((client) => [client.id, client]));
  const ids = new Set(report.clients.map(({ id }) => id));
  // Of a client that has been seen to do something not all can be left on record, or it would still be seen.
  const gone = past.clients.filter((client) => !ids.has(client.id) && !client.exchanges.some((at) => judged.has(at)));
  const clients = [
    ...gone,
    ...report.clients.map((client) => {
      const before = known.get(client.id);
      return before ? joined(client, before, judged) : client;
    }),
  ];
  return { ...report, clients, ...sumUp(clients) };
}

function joined(client: ClientReport, before: ClientReport, judged: ReadonlySet<number>): ClientReport {
  const past = new Map(before.findings.map((finding) => [finding.rule, finding]));
  const findings = client.findings.map((finding) => weightier(finding, past.get(finding.rule), judged));
  const progress = farther(client.progress, before.progress);
  return { ...client, findings, progress, ...decide(findings, progress) };
}

/** What was reached once stays reached. */
function farther(present: Progress, past: Progress): Progress {
  const before = new Map(past.stations.map((station) => [station.station, station]));
  const stations = present.stations.map((station) =>
    station.reached ? station : before.get(station.station) ?? station
  );
  return { ...(present.outcome === "short" ? past : present), stations };
}

function weightier(present: Finding, past: Finding | undefined, judged: ReadonlySet<number>): Finding {
  // What all evidence is left of has just been judged again, with all that has happened since.
  if (!past || past.evidence.every((at) => judged.has(at))) return present;
  if (past.status === "broken") return past;
  return present.status === "not observed" && past.status === "kept" ? past : present;
}
