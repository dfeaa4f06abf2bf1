// A recording that was made elsewhere: the form that takes it, and what its clients came to.
import type { Exchange } from "../../lib/recorder/exchange.ts";
import type { Report } from "../../lib/judge/report.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { assetPath, Page, pathOf } from "../shared/layout.tsx";
import { CodeBlock, Field, Notice } from "../shared/parts.tsx";
import { Record } from "./list.tsx";
import type { Endpoints } from "./model.js";

/** What came of a recording. */
interface JudgedRecording {
  readonly report: Report;
  /** The same as text. */
  readonly markdown: string;
  /** Those of its clients, or some of them. */
  readonly exchanges: readonly Exchange[];
  /** How many they are. */
  readonly total: number;
}

/** What the page of a recording shows. */
export interface RecordingProps {
  readonly urls: Urls;
  /** What came of it, or why nothing did; undefined before there is any. */
  readonly told: JudgedRecording | { readonly reason: string; readonly mayTry: boolean } | undefined;
  readonly endpoints: Endpoints;
}

/** The page of a recording. */
export function RecordingPage({ urls, told, endpoints }: RecordingProps): Html {
  const isRefused = told !== undefined && "reason" in told;
  return (
    <Page
      urls={urls}
      title="recording"
      description="What MCP clients did with another server, and whether it is correct."
      current="inspect"
      style="inspect/inspect.css"
      scripts={["shared/page.js", "inspect/drop.js"].map((name) => assetPath(urls, name))}
    >
      <h1>recording</h1>
      <p class="lead">What clients did elsewhere, and whether that is what the specifications require.</p>
      {isRefused ? <Notice tone="bad">{told.reason}.</Notice> : null}
      {told && "report" in told ? <Told urls={urls} told={told} endpoints={endpoints} /> : null}
      {isRefused && !told.mayTry ? null : <RecordingForm urls={urls} />}
      <p>
        <a href={pathOf(urls.inspect)}>the inspector</a>
      </p>
    </Page>
  );
}

function Told(
  { urls, told: { report, markdown, exchanges, total }, endpoints }:
    & Pick<RecordingProps, "urls" | "endpoints">
    & { readonly told: JudgedRecording },
): Html {
  return (
    <>
      {report.note === undefined ? null : <p class="quiet">{report.note}.</p>}
      <Record
        urls={urls}
        endpoints={endpoints}
        exchanges={exchanges}
        total={total}
        hasOlder={false}
        where={exchanges.length < total
          ? `of its clients; ${exchanges.length} are listed, which break rules or are the latest`
          : "of its clients, the latest first"}
        report={report}
      />
      <details>
        <summary>the whole report</summary>
        <CodeBlock label="report (Markdown)" text={markdown} />
      </details>
    </>
  );
}

/** The form that takes a recording; where scripts run, a file can be dropped anywhere on the page. */
export function RecordingForm(
  { urls, isShort = false }: { readonly urls: Urls; readonly isShort?: boolean },
): Html {
  return (
    <form id="recording" method="post" action={pathOf(urls.inspectRecording)} enctype="multipart/form-data">
      <Field
        id="har"
        label="judge a recording (HAR)"
        hint={isShort ? undefined : HINT}
      >
        <input id="har" name="har" type="file" required aria-describedby={isShort ? undefined : "har-hint"} />
      </Field>
      {isShort ? null : (
        <label class="check">
          <input type="checkbox" name="whole" value="true" /> its clients had done nothing before
        </label>
      )}
      <p>
        <button type="submit">judge it</button>
      </p>
    </form>
  );
}

const HINT =
  "Of any client with any server, 16 MiB at most, as browsers and proxies export it. It can be dropped on this page as well. Nothing of it is kept, and secrets are redacted.";
