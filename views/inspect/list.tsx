// What the inspector shows where no script runs: the verdict, what was broken, and the latest exchanges.
import type { Exchange } from "../../lib/recorder/exchange.ts";
import type { Report } from "../../lib/judge/report.ts";
import type { ClientReport } from "../../lib/judge/verdict.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { brokenByLine, clientVerdict, countOf, isFailure, lineOf, missingText, placeOf, verdictText } from "./model.js";
import type { Endpoints } from "./model.js";
import { MAX_EVENTS, type Thread, threadsOf, type Tie, type Told } from "./lanes.js";
import { stopsOf, toldOf } from "./summary.js";
import { durationText, momentText, timeText } from "./text.js";
import { pathOf } from "../shared/layout.tsx";
import { Notice } from "../shared/parts.tsx";

/** A sandbox's record, or the latest part of it. */
export interface Listed {
  /** In order. */
  readonly exchanges: readonly Exchange[];
  /** How many there are on record. */
  readonly total: number;
  /** Whether there are some before these. */
  readonly hasOlder: boolean;
  /** What they come to. */
  readonly report: Report;
}

/** Why nothing is listed. */
export interface NotListed {
  /** One sentence. */
  readonly reason: string;
}

/** What a list shows. */
export interface InspectListProps {
  /** Addresses of the sandbox. */
  readonly urls: Urls;
  /** What is on record. */
  readonly listed: Listed | NotListed;
  /** What is known of the endpoints on record. */
  readonly endpoints: Endpoints;
}

/** The record as a list, for a browser without scripts. */
export function InspectList({ urls, listed, endpoints }: InspectListProps): Html {
  return (
    <noscript>
      <Notice tone="info">
        JavaScript is off, so this page does not update: reload it to see more. The links above have everything in text
        form.
      </Notice>
      {"reason" in listed
        ? <Notice tone="warn">{listed.reason}.</Notice>
        : <Record urls={urls} endpoints={endpoints} {...listed} />}
    </noscript>
  );
}

/** A verdict, and exchanges that it is about. */
export function Record(
  { urls, endpoints, exchanges, total, hasOlder, report, where = "on record, the latest first" }:
    & Listed
    & Pick<InspectListProps, "urls" | "endpoints">
    & { readonly where?: string },
): Html {
  const broken = brokenByLine(report);
  const threads = threadsByClient(exchanges, report);
  const [oldest] = exchanges;
  return (
    <>
      <p class={`verdict verdict-${report.verdict}`}>{verdictText(report)}</p>
      <p class="quiet">{missingText(report.record)}</p>
      {report.clients.map((client) => <Client key={client.id} client={client} />)}
      {total === 0 ? null : <p>{`${countOf(total, "exchange")} ${where}:`}</p>}
      <ol class="lines">
        {exchanges.toReversed().map((exchange) => (
          <Line
            key={exchange.sequence}
            exchange={exchange}
            line={lineOf(exchange, endpoints)}
            broken={broken.get(exchange.sequence) ?? []}
            thread={threads.get(exchange.sequence)}
          />
        ))}
      </ol>
      {hasOlder && oldest
        ? (
          <p>
            <a href={`${pathOf(urls.inspect)}?before=${oldest.sequence}`}>older ones</a>
          </p>
        )
        : null}
    </>
  );
}

/** What `client.js` shows of a client where scripts run, but for its table of rules. */
function Client({ client }: { readonly client: ClientReport }): Html {
  return (
    <div class="client-head">
      <h2>{client.name ?? client.id}</h2>
      <ol class="stations" aria-label="how far it came">
        {stopsOf(client.progress).map(({ label, state, at }) => (
          <li key={label} class={state.replace(" ", "-")}>
            <span class={state === "next" ? undefined : "hidden"}>{`${state}: `}</span>
            <LineLink at={at}>{label}</LineLink>
          </li>
        ))}
      </ol>
      <p class="reason">
        <b class={`verdict-${client.verdict}`}>{clientVerdict(client)}</b>
        {`: ${client.reason}.`}
      </p>
      {client.unseen?.map((sentence) => <p key={sentence} class="quiet">{sentence}.</p>)}
      {toldOf(client).map(({ kind, heading, rules }) => (
        <p key={kind} class={kind}>
          {heading}
          {rules.map((
            { text, at },
            index,
          ) => [index === 0 ? "" : ", ", <LineLink key={text} at={at}>{text}</LineLink>])}
        </p>
      ))}
    </div>
  );
}

/** A link to the line of an exchange; the mere text where there is none. */
function LineLink({ at, children }: { readonly at: number | undefined; readonly children: string }): Html {
  return at === undefined ? <>{children}</> : <a href={`#exchange-${at}`}>{children}</a>;
}

type Findings = NonNullable<ReturnType<ReturnType<typeof brokenByLine>["get"]>>;

interface LineProps {
  readonly exchange: Exchange;
  readonly line: ReturnType<typeof lineOf>;
  readonly broken: Findings;
  readonly thread: Thread | undefined;
}

/** What ties exchanges together, each to others of its client. */
function threadsByClient(exchanges: readonly Exchange[], { clients }: Report): ReadonlyMap<number, Thread> {
  const owners = new Map(clients.flatMap(({ exchanges: own }, index) => own.map((at) => [at, index] as const)));
  const byClient = Map.groupBy(exchanges, ({ sequence }) => owners.get(sequence));
  return new Map(byClient.values().flatMap((own) => threadsOf(own)));
}

function Line({ exchange, line: { to, asks, gets }, broken, thread }: LineProps): Html {
  const { sequence, receivedAtMs, startedAtMs, durationMs, method, status, shapedBy } = exchange;
  const { among = "", ties = [], events = [], end = "" } = thread ?? {};
  const shown = events.slice(-MAX_EVENTS);
  const placed = new Set(shown.flatMap((told) => broken.filter((finding) => isShownBy(finding, told))));
  return (
    <li class="listed" id={`exchange-${sequence}`}>
      <span class="quiet">{`${sequence} · ${timeText(startedAtMs)} · ${durationText(durationMs)} `}</span>
      <b>{method}</b>
      {` ${asks} → ${placeOf(to)} `}
      <b>{status}</b>
      {` ${gets}`}
      {shapedBy.length === 0 ? null : <span class="shaped">{` ${shapedBy.join(", ")}`}</span>}
      {among === "" ? null : <span class="quiet">{` ${among}`}</span>}
      {ties.map((tie) => (
        <p key={tie.text} class="ties">
          <TieLink {...tie} />
        </p>
      ))}
      {shown.length === 0 ? null : (
        <ol class="events">
          {shown.map((told) => (
            <Event
              key={told}
              told={told}
              fromMs={receivedAtMs}
              broken={broken.filter((own) => isShownBy(own, told))}
            />
          ))}
        </ol>
      )}
      {end === "" ? null : <p class="ties">{end}</p>}
      {broken.filter((finding) => !placed.has(finding)).map((finding) => (
        <FindingNote key={finding.rule} finding={finding} />
      ))}
    </li>
  );
}

/** Whether a message of a stream or batch is the one that shows a finding. */
function isShownBy({ message }: Findings[number], { way, messages }: Told): boolean {
  return message !== undefined && (message.part === "request") === (way === "there") &&
    messages.includes(message.index);
}

interface EventProps {
  readonly told: Told;
  readonly fromMs: number;
  readonly broken: Findings;
}

function Event({ told: { way, fields, text, atMs, tied }, fromMs, broken }: EventProps): Html {
  return (
    <li>
      <p class={way}>
        {fields === "" ? null : <b>{`${fields} `}</b>}
        <TieLink text={text} at={tied} />
        {atMs === undefined ? null : <span class="quiet">{` ${momentText(atMs - fromMs)}`}</span>}
      </p>
      {broken.map((finding) => <FindingNote key={finding.rule} finding={finding} />)}
    </li>
  );
}

function TieLink({ text, at }: Tie): Html {
  return at === undefined ? <>{text}</> : (
    <>
      {`${text}, `}
      <a href={`#exchange-${at}`}>{`line ${at}`}</a>
    </>
  );
}

function FindingNote({ finding }: { readonly finding: Findings[number] }): Html {
  return (
    <p class={isFailure(finding) ? "finding" : "finding advice"}>
      <b>{finding.detail}.</b> {finding.title}{" "}
      <a href={finding.link}>{`${finding.rule} ${finding.name}, ${finding.level}`}</a>
    </p>
  );
}
