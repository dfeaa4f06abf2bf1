// The files pages ask for. They are imported as text, so that a compiled binary carries them; routes serve them.
// Each is served under its path below `views/`, so that scripts load each other by the same relative URLs everywhere.
import consentCss from "./consent/consent.css" with { type: "text" };
import control from "./control/control.js" with { type: "text" };
import controlCss from "./control/control.css" with { type: "text" };
import controlRequest from "./control/request.js" with { type: "text" };
import factsCss from "./shared/facts.css" with { type: "text" };
import formPost from "./consent/form_post.js" with { type: "text" };
import guide from "./guide/guide.js" with { type: "text" };
import guideAuthorize from "./guide/authorize.js" with { type: "text" };
import guideDom from "./guide/exchange.js" with { type: "text" };
import guideFlow from "./guide/flow.js" with { type: "text" };
import guideMcp from "./guide/mcp.js" with { type: "text" };
import guideProtocol from "./guide/protocol.js" with { type: "text" };
import guideRender from "./guide/render.js" with { type: "text" };
import guideSession from "./guide/session.js" with { type: "text" };
import guideText from "./shared/http_text.js" with { type: "text" };
import guideToken from "./guide/token.js" with { type: "text" };
import guideWay from "./guide/way.js" with { type: "text" };
import home from "./home/home.js" with { type: "text" };
import homeCss from "./home/home.css" with { type: "text" };
import inspect from "./inspect/inspect.js" with { type: "text" };
import inspectCss from "./inspect/inspect.css" with { type: "text" };
import inspectClient from "./inspect/client.js" with { type: "text" };
import inspectFeed from "./inspect/feed.js" with { type: "text" };
import inspectLanes from "./inspect/lanes.js" with { type: "text" };
import inspectLine from "./inspect/line.js" with { type: "text" };
import inspectModel from "./inspect/model.js" with { type: "text" };
import inspectStream from "./inspect/stream.js" with { type: "text" };
import inspectSummary from "./inspect/summary.js" with { type: "text" };
import inspectTalk from "./inspect/talk.js" with { type: "text" };
import inspectText from "./inspect/text.js" with { type: "text" };
import inspectTimeline from "./inspect/timeline.js" with { type: "text" };
import page from "./shared/page.js" with { type: "text" };
import scenarios from "./scenarios/scenarios.js" with { type: "text" };
import scenariosCss from "./scenarios/scenarios.css" with { type: "text" };
import scenariosSearch from "./scenarios/search.js" with { type: "text" };
import specificationsCss from "./specifications/specifications.css" with { type: "text" };
import css from "./shared/style.css" with { type: "text" };

/** A file a page asks for. */
export interface Asset {
  /** Its path below `views/`, under which it is served. */
  readonly fileName: string;
  readonly body: string;
  readonly contentType: string;
}

const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>rect{fill:#111}path{stroke:#fff}` +
  `@media(prefers-color-scheme:dark){rect{fill:#eee}path{stroke:#111}}</style><rect width="32" height="32" rx="7"/>` +
  `<path d="M8 22V10l8 8 8-8v12" fill="none" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

/** Drops what only readers of the source need. Half of a script is its documentation. */
function compact(source: string): string {
  return source
    .replaceAll(/^\s*\/\*[\s\S]*?\*\/\n|^\s*\/\/.*\n/gm, "")
    .replaceAll(/^\s+/gm, "");
}

/** A script or a style sheet, made small when first asked for: a start has no use for it. */
function asset(fileName: string, source: string): Asset {
  const type = fileName.endsWith(".js") ? "javascript" : "css";
  let body: string | undefined;
  return {
    fileName,
    contentType: `text/${type}; charset=utf-8`,
    get body(): string {
      return body ??= compact(source);
    },
  };
}

/** Every asset. */
export const assets: readonly Asset[] = [
  asset("shared/style.css", css),
  asset("shared/page.js", page),
  asset("consent/consent.css", factsCss + consentCss),
  asset("control/control.css", factsCss + controlCss),
  asset("control/control.js", control),
  asset("control/request.js", controlRequest),
  asset("consent/form_post.js", formPost),
  asset("guide/guide.js", guide),
  asset("guide/authorize.js", guideAuthorize),
  asset("guide/exchange.js", guideDom),
  asset("guide/flow.js", guideFlow),
  asset("guide/mcp.js", guideMcp),
  asset("guide/protocol.js", guideProtocol),
  asset("guide/render.js", guideRender),
  asset("guide/session.js", guideSession),
  asset("shared/http_text.js", guideText),
  asset("guide/token.js", guideToken),
  asset("guide/way.js", guideWay),
  asset("home/home.js", home),
  asset("home/home.css", factsCss + homeCss),
  asset("inspect/inspect.css", factsCss + inspectCss),
  asset("inspect/inspect.js", inspect),
  asset("inspect/client.js", inspectClient),
  asset("inspect/feed.js", inspectFeed),
  asset("inspect/lanes.js", inspectLanes),
  asset("inspect/line.js", inspectLine),
  asset("inspect/model.js", inspectModel),
  asset("inspect/stream.js", inspectStream),
  asset("inspect/summary.js", inspectSummary),
  asset("inspect/talk.js", inspectTalk),
  asset("inspect/text.js", inspectText),
  asset("inspect/timeline.js", inspectTimeline),
  asset("scenarios/scenarios.css", factsCss + scenariosCss),
  asset("specifications/specifications.css", factsCss + specificationsCss),
  asset("scenarios/scenarios.js", scenarios),
  asset("scenarios/search.js", scenariosSearch),
  { fileName: "favicon.ico", body: favicon, contentType: "image/svg+xml" },
];
