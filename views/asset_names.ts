// Which files pages ask for, each by its path below `views/`, under which it is served: scripts load each other by the same
// relative URLs everywhere. What is in them, `assets.ts` has, which a start has no use for.

/** Every file that a page asks for. */
export const assetNames = [
  "shared/style.css",
  "shared/page.js",
  "consent/consent.css",
  "control/control.css",
  "control/control.js",
  "control/request.js",
  "consent/form_post.js",
  "guide/guide.js",
  "guide/authorize.js",
  "guide/exchange.js",
  "guide/flow.js",
  "guide/mcp.js",
  "guide/protocol.js",
  "guide/render.js",
  "guide/session.js",
  "shared/http_text.js",
  "guide/token.js",
  "guide/way.js",
  "home/home.js",
  "home/home.css",
  "inspect/inspect.css",
  "inspect/inspect.js",
  "inspect/client.js",
  "inspect/feed.js",
  "inspect/lanes.js",
  "inspect/line.js",
  "inspect/model.js",
  "inspect/stream.js",
  "inspect/summary.js",
  "inspect/talk.js",
  "inspect/text.js",
  "inspect/timeline.js",
  "scenarios/clients.css",
  "run/run.css",
  "run/run.js",
  "scenarios/scenarios.css",
  "specifications/specifications.css",
  "scenarios/scenarios.js",
  "scenarios/search.js",
  "favicon.ico",
] as const;

/** Name of a file that a page asks for. */
export type AssetName = typeof assetNames[number];
