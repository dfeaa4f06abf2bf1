/**
 * The files pages ask for. They are imported as text, so that a compiled binary carries them; routes serve them.
 * Scripts load each other by relative URL and so have to stand in one folder under these names.
 *
 * @module
 */
import guide from "./guide.js" with { type: "text" };
import guideDom from "./guide_dom.js" with { type: "text" };
import guideFlow from "./guide_flow.js" with { type: "text" };
import guideProtocol from "./guide_protocol.js" with { type: "text" };
import page from "./page.js" with { type: "text" };
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

/**
 * Drops what only readers of the source need: comments that have lines of their own, indentation, and line ends that
 * mean nothing. Half of a script is its documentation.
 */
function compact(source: string): string {
  return source
    .replaceAll(/^\s*\/\*[\s\S]*?\*\/\n|^\s*\/\/.*\n/gm, "")
    .replaceAll(/^\s+/gm, "")
    .replaceAll(/([{;,])\n/g, "$1");
}

function script(fileName: string, source: string): Asset {
  return {
    fileName,
    body: compact(source),
    contentType: "text/javascript; charset=utf-8",
  };
}

/** Every asset, by name. */
export const assets: Readonly<
  Record<
    | "style"
    | "favicon"
    | "pageScript"
    | "guideScript"
    | "guideDomScript"
    | "guideFlowScript"
    | "guideProtocolScript",
    Asset
  >
> = {
  style: {
    fileName: "style.css",
    body: compact(css),
    contentType: "text/css; charset=utf-8",
  },
  favicon: {
    fileName: "favicon.ico",
    body: favicon,
    contentType: "image/svg+xml",
  },
  pageScript: script("page.js", page),
  guideScript: script("guide.js", guide),
  guideDomScript: script("guide_dom.js", guideDom),
  guideFlowScript: script("guide_flow.js", guideFlow),
  guideProtocolScript: script("guide_protocol.js", guideProtocol),
};
