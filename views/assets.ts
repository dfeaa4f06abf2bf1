/**
 * The files pages ask for. They are imported as text, so that a compiled binary carries them; routes serve them.
 * Each is served under its path below `views/`, so that scripts load each other by the same relative URLs everywhere.
 *
 * @module
 */
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
import inspectLine from "./inspect/line.js" with { type: "text" };
import inspectModel from "./inspect/model.js" with { type: "text" };
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
  /** The content. */
  readonly body: string;
  /** Value of its `content-type` header. */
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

/** Strings, templates and regular expressions, whose spaces mean something; no script here divides, or nests templates. */
const literal = /("(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*)/;

/** In a script also go spaces and line ends beside punctuation that can't end a statement. */
function compactScript(source: string): string {
  return compact(source).split(literal).map((part, index) =>
    index % 2 === 1 ? part : part
      .replaceAll(/,?\n(?=[}\])])/g, "")
      .replaceAll(/ ?(=>|&&|\|\||\?\?|[=!]==|[{(\[;,?:=]) ?\n?/g, "$1")
      .replaceAll(/(?<=[)\w]) (?=\})|\n(?=[.?:])/g, "")
  ).join("");
}

/** A style sheet has no text that looks like its punctuation, so that more may go: spaces around it, a leading zero. */
function compactCss(source: string): string {
  return compact(source)
    .replaceAll(/ ?([{,>]|: ) ?/g, (mark) => mark.trim())
    .replaceAll(/;\n(?=})|\n|(?<=[\s:(,])0(?=\.\d)/g, "");
}

/** Made when first asked for: a start has no use for it. */
function compacted(asset: Omit<Asset, "body">, source: string, compactAs: (source: string) => string): Asset {
  let body: string | undefined;
  return {
    ...asset,
    get body(): string {
      return body ??= compactAs(source);
    },
  };
}

function script(fileName: string, source: string): Asset {
  return compacted({ fileName, contentType: "text/javascript; charset=utf-8" }, source, compactScript);
}

function styleSheet(fileName: string, source: string): Asset {
  return compacted({ fileName, contentType: "text/css; charset=utf-8" }, source, compactCss);
}

/** Every asset, by name. */
export const assets: Readonly<
  Record<
    | "style"
    | "favicon"
    | "pageScript"
    | "consentStyle"
    | "controlStyle"
    | "controlScript"
    | "controlRequestScript"
    | "formPostScript"
    | "guideScript"
    | "guideAuthorizeScript"
    | "guideDomScript"
    | "guideFlowScript"
    | "guideMcpScript"
    | "guideProtocolScript"
    | "guideRenderScript"
    | "guideSessionScript"
    | "guideTextScript"
    | "guideTokenScript"
    | "guideWayScript"
    | "homeStyle"
    | "homeScript"
    | "inspectStyle"
    | "inspectScript"
    | "inspectClientScript"
    | "inspectFeedScript"
    | "inspectLineScript"
    | "inspectModelScript"
    | "inspectTextScript"
    | "inspectTimelineScript"
    | "scenariosStyle"
    | "specificationsStyle"
    | "scenariosScript"
    | "scenariosSearchScript",
    Asset
  >
> = {
  style: styleSheet("shared/style.css", css),
  favicon: {
    fileName: "favicon.ico",
    body: favicon,
    contentType: "image/svg+xml",
  },
  pageScript: script("shared/page.js", page),
  consentStyle: styleSheet("consent/consent.css", factsCss + consentCss),
  controlStyle: styleSheet("control/control.css", factsCss + controlCss),
  controlScript: script("control/control.js", control),
  controlRequestScript: script("control/request.js", controlRequest),
  formPostScript: script("consent/form_post.js", formPost),
  guideScript: script("guide/guide.js", guide),
  guideAuthorizeScript: script("guide/authorize.js", guideAuthorize),
  guideDomScript: script("guide/exchange.js", guideDom),
  guideFlowScript: script("guide/flow.js", guideFlow),
  guideMcpScript: script("guide/mcp.js", guideMcp),
  guideProtocolScript: script("guide/protocol.js", guideProtocol),
  guideRenderScript: script("guide/render.js", guideRender),
  guideSessionScript: script("guide/session.js", guideSession),
  guideTextScript: script("shared/http_text.js", guideText),
  guideTokenScript: script("guide/token.js", guideToken),
  guideWayScript: script("guide/way.js", guideWay),
  homeScript: script("home/home.js", home),
  homeStyle: styleSheet("home/home.css", factsCss + homeCss),
  inspectStyle: styleSheet("inspect/inspect.css", factsCss + inspectCss),
  inspectScript: script("inspect/inspect.js", inspect),
  inspectClientScript: script("inspect/client.js", inspectClient),
  inspectFeedScript: script("inspect/feed.js", inspectFeed),
  inspectLineScript: script("inspect/line.js", inspectLine),
  inspectModelScript: script("inspect/model.js", inspectModel),
  inspectTextScript: script("inspect/text.js", inspectText),
  inspectTimelineScript: script("inspect/timeline.js", inspectTimeline),
  scenariosStyle: styleSheet("scenarios/scenarios.css", factsCss + scenariosCss),
  specificationsStyle: styleSheet("specifications/specifications.css", factsCss + specificationsCss),
  scenariosScript: script("scenarios/scenarios.js", scenarios),
  scenariosSearchScript: script("scenarios/search.js", scenariosSearch),
};
