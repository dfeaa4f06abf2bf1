// The inspector: the frame in which `inspect.js` shows what clients do, and what can be had of it without a script.
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { RecordingForm } from "./recording.tsx";
import { InspectList, type Listed, type NotListed } from "./list.tsx";
import type { Endpoints } from "./model.js";
import { assetPath, Page, pathOf } from "../shared/layout.tsx";
import { Endpoint } from "../shared/parts.tsx";

/** What the inspector shows. */
export interface InspectProps {
  /** Addresses of the sandbox. */
  readonly urls: Urls;
  /** What is said of the sandbox, on top. */
  readonly banner?: Html | undefined;
  /** What is on record. */
  readonly listed: Listed | NotListed;
  /** Whether the caller may have recordings judged. */
  readonly judges: boolean;
  /** What is known of the endpoints on record. */
  readonly endpoints: Endpoints;
}

/** The inspector's frame. */
export function InspectPage({ urls, banner, listed, judges, endpoints }: InspectProps): Html {
  const [events, report, exchanges] = [pathOf(urls.events), pathOf(urls.report), pathOf(urls.exchanges)];
  return (
    <Page
      urls={urls}
      title="inspector"
      description="What MCP clients do with this server, live, and whether it is correct."
      current="inspect"
      style="inspect/inspect.css"
      scripts={["shared/page.js", "inspect/inspect.js", "inspect/drop.js"].map((name) => assetPath(urls, name))}
    >
      {banner}
      <h1>inspector</h1>
      <p class="lead">
        What clients do here, live, and whether that is what the specifications require. Secrets are redacted.
      </p>
      <div
        id="inspect"
        data-urls={JSON.stringify({ events, report, exchanges })}
        data-endpoints={JSON.stringify(endpoints)}
      >
        <p id="verdict" class="verdict" role="status"></p>
        <p id="missing" class="quiet"></p>
        <Toolbar />
        <p class="ways-on">
          <a href={`${exchanges}?format=har`} download>exchanges (HAR)</a>
          <a href={`${report}?format=markdown`}>report (Markdown)</a>
          <span>
            <a href={`${report}?format=issue`}>bug report (Markdown)</a>
            <button type="button" class="copy" data-from={`${report}?format=issue`}>
              copy <span class="hidden">bug report</span>
            </button>
          </span>
          <a href={`${report}?format=junit`}>report (JUnit)</a>
          <a href={report}>report (JSON)</a>
        </p>
        <div id="refused" class="notice notice-warn" role="alert" hidden>
          <p>
            <span id="reason"></span>{" "}
            <span id="remedy">
              The <a href={pathOf(urls.scenarios)}>addresses of scenarios</a> have a label that gives you access;{" "}
              <code>standard</code> is the server without faults.
            </span>
          </p>
        </div>
        <InspectList urls={urls} listed={listed} endpoints={endpoints} />
        <div id="empty" hidden={!("total" in listed) || listed.total > 0}>
          <p>No requests yet. Give a client this address, and watch:</p>
          <Endpoint method="GET/POST" url={urls.oauth} />
        </div>
        <p id="no-match" hidden>No exchange matches the filter.</p>
        <div id="timeline"></div>
        <ClearDialog />
      </div>
      {judges && <RecordingForm urls={urls} isShort />}
    </Page>
  );
}

/** Asks before the record is deleted: it is the server's, and a test may still want its report. */
function ClearDialog(): Html {
  return (
    <dialog id="clear-dialog" aria-labelledby="clear-title">
      <form method="dialog">
        <h2 id="clear-title">clear the record?</h2>
        <p id="clear-loss"></p>
        <p>
          This deletes it on the server, for everyone who looks at this sandbox. A test that asks for the report later
          will not see what came before.
        </p>
        <p class="dialog-actions">
          <button type="submit" value="clear">clear the record</button>
          <button type="submit" value="keep" class="button-quiet" autofocus>keep it</button>
        </p>
      </form>
    </dialog>
  );
}

function Toolbar(): Html {
  return (
    <div class="toolbar live">
      <label for="filter">filter</label>
      <input id="filter" type="search" autocomplete="off" spellcheck={false} />
      <label class="check">
        <input id="broken-only" type="checkbox" /> only broken rules
      </label>
      <button type="button" id="pause" class="button-quiet" aria-pressed="false">pause</button>
      <button type="button" id="clear" class="button-quiet">clear</button>
      <span id="state" class="quiet"></span>
    </div>
  );
}
