/**
 * The files pages ask for. They are imported as text, so that a compiled binary carries them; routes serve them.
 * Scripts load each other by relative URL and so have to stand in one folder under these names.
 *
 * @module
 */
import consentCss from "./consent.css" with { type: "text" };
import control from "./control.js" with { type: "text" };
import controlCss from "./control.css" with { type: "text" };
import controlRequest from "./control_request.js" with { type: "text" };
import factsCss from "./facts.css" with { type: "text" };
import formPost from "./form_post.js" with { type: "text" };
import guide from "./guide.js" with { type: "text" };
import guideAuthorize from "./guide_authorize.js" with { type: "text" };
import guideDom from "./guide_dom.js" with { type: "text" };
import guideFlow from "./guide_flow.js" with { type: "text" };
import guideMcp from "./guide_mcp.js" with { type: "text" };
import guideProtocol from "./guide_protocol.js" with { type: "text" };
import guideRender from "./guide_render.js" with { type: "text" };
import guideSession from "./guide_session.js" with { type: "text" };
import guideText from "./guide_text.js" with { type: "text" };
import guideToken from "./guide_token.js" with { type: "text" };
import guideWay from "./guide_way.js" with { type: "text" };
import home from "./home.js" with { type: "text" };
import homeCss from "./home.css" with { type: "text" };
import inspect from "./inspect.js" with { type: "text" };
import inspectCss from "./inspect.css" with { type: "text" };
import inspectClient from "./inspect_client.js" with { type: "text" };
import inspectFeed from "./inspect_feed.js" with { type: "text" };
import inspectLine from "./inspect_line.js" with { type: "text" };
import inspectModel from "./inspect_model.js" with { type: "text" };
import inspectText from "./inspect_text.js" with { type: "text" };
import inspectTimeline from "./inspect_timeline.js" with { type: "text" };
import page from "./page.js" with { type: "text" };
import scenarios from "./scenarios.js" with { type: "text" };
import scenariosCss from "./scenarios.css" with { type: "text" };
import scenariosSearch from "./scenarios_search.js" with { type: "text" };
import css from "./style.css" with { type: "text" };

/** A file a page asks for. */
export interface Asset {
  /** Name under which it has to be served, beside the others. */
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
    | "scenariosScript"
    | "scenariosSearchScript",
    Asset
  >
> = {
  style: styleSheet("style.css", css),
  favicon: {
    fileName: "favicon.ico",
    body: favicon,
    contentType: "image/svg+xml",
  },
  pageScript: script("page.js", page),
  consentStyle: styleSheet("consent.css", factsCss + consentCss),
  controlStyle: styleSheet("control.css", factsCss + controlCss),
  controlScript: script("control.js", control),
  controlRequestScript: script("control_request.js", controlRequest),
  formPostScript: script("form_post.js", formPost),
  guideScript: script("guide.js", guide),
  guideAuthorizeScript: script("guide_authorize.js", guideAuthorize),
  guideDomScript: script("guide_dom.js", guideDom),
  guideFlowScript: script("guide_flow.js", guideFlow),
  guideMcpScript: script("guide_mcp.js", guideMcp),
  guideProtocolScript: script("guide_protocol.js", guideProtocol),
  guideRenderScript: script("guide_render.js", guideRender),
  guideSessionScript: script("guide_session.js", guideSession),
  guideTextScript: script("guide_text.js", guideText),
  guideTokenScript: script("guide_token.js", guideToken),
  guideWayScript: script("guide_way.js", guideWay),
  homeScript: script("home.js", home),
  homeStyle: styleSheet("home.css", factsCss + homeCss),
  inspectStyle: styleSheet("inspect.css", factsCss + inspectCss),
  inspectScript: script("inspect.js", inspect),
  inspectClientScript: script("inspect_client.js", inspectClient),
  inspectFeedScript: script("inspect_feed.js", inspectFeed),
  inspectLineScript: script("inspect_line.js", inspectLine),
  inspectModelScript: script("inspect_model.js", inspectModel),
  inspectTextScript: script("inspect_text.js", inspectText),
  inspectTimelineScript: script("inspect_timeline.js", inspectTimeline),
  scenariosStyle: styleSheet("scenarios.css", factsCss + scenariosCss),
  scenariosScript: script("scenarios.js", scenarios),
  scenariosSearchScript: script("scenarios_search.js", scenariosSearch),
};
