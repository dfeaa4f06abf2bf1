// The files pages ask for. They are imported as text, so that a compiled binary carries them; routes serve them.
import { type AssetName, assetNames } from "./asset_names.ts";
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
import inspectDrop from "./inspect/drop.js" with { type: "text" };
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
import run from "./run/run.js" with { type: "text" };
import clientsCss from "./scenarios/clients.css" with { type: "text" };
import gauntletCss from "./gauntlet/gauntlet.css" with { type: "text" };
import runCss from "./run/run.css" with { type: "text" };
import scenarios from "./scenarios/scenarios.js" with { type: "text" };
import scenariosCss from "./scenarios/scenarios.css" with { type: "text" };
import scenariosSearch from "./scenarios/search.js" with { type: "text" };
import specificationsCss from "./specifications/specifications.css" with { type: "text" };
import css from "./shared/style.css" with { type: "text" };

/** A file a page asks for. */
export interface Asset {
  /** Its path below `views/`, under which it is served. */
  readonly fileName: AssetName;
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

const sources: Readonly<Record<AssetName, string>> = {
  "shared/style.css": css,
  "shared/page.js": page,
  "consent/consent.css": factsCss + consentCss,
  "control/control.css": factsCss + controlCss,
  "control/control.js": control,
  "control/request.js": controlRequest,
  "consent/form_post.js": formPost,
  "guide/guide.js": guide,
  "guide/authorize.js": guideAuthorize,
  "guide/exchange.js": guideDom,
  "guide/flow.js": guideFlow,
  "guide/mcp.js": guideMcp,
  "guide/protocol.js": guideProtocol,
  "guide/render.js": guideRender,
  "guide/session.js": guideSession,
  "shared/http_text.js": guideText,
  "guide/token.js": guideToken,
  "guide/way.js": guideWay,
  "home/home.js": home,
  "home/home.css": factsCss + homeCss,
  "inspect/inspect.css": factsCss + inspectCss,
  "inspect/inspect.js": inspect,
  "inspect/client.js": inspectClient,
  "inspect/drop.js": inspectDrop,
  "inspect/feed.js": inspectFeed,
  "inspect/lanes.js": inspectLanes,
  "inspect/line.js": inspectLine,
  "inspect/model.js": inspectModel,
  "inspect/stream.js": inspectStream,
  "inspect/summary.js": inspectSummary,
  "inspect/talk.js": inspectTalk,
  "inspect/text.js": inspectText,
  "inspect/timeline.js": inspectTimeline,
  "scenarios/clients.css": clientsCss,
  "gauntlet/gauntlet.css": gauntletCss,
  "run/run.css": runCss,
  "run/run.js": run,
  "scenarios/scenarios.css": factsCss + scenariosCss,
  "specifications/specifications.css": factsCss + specificationsCss,
  "scenarios/scenarios.js": scenarios,
  "scenarios/search.js": scenariosSearch,
  "favicon.ico": favicon,
};

const contentTypes: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  ico: "image/svg+xml",
};

const made = new Map<AssetName, Asset>();

/** A file, made small when first asked for. */
export function assetOf(fileName: AssetName): Asset {
  const known = made.get(fileName);
  if (known) return known;
  const ending = fileName.slice(fileName.lastIndexOf(".") + 1);
  const body = ending === "ico" ? sources[fileName] : compact(sources[fileName]);
  const asset = { fileName, body, contentType: contentTypes[ending] ?? "" };
  made.set(fileName, asset);
  return asset;
}

/** Every file. */
export function everyAsset(): readonly Asset[] {
  return assetNames.map(assetOf);
}
