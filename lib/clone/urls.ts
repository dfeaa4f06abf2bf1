// The URLs of a server that is cloned, and what each is in the clone: as a template in a scenario, and as a URL of ours.
import { wellKnown } from "../http/urls.ts";
import { buildUrls, type Urls } from "../http/urls.ts";
import { addressOf } from "../judge/reading.ts";
import type { Layout } from "../scenarios/scenario.ts";
import type { TemplateName } from "../scenarios/templates.ts";
import { endpointMembers, endpointOf, type Places } from "./places.ts";

/** Where a clone is while it is compared: the whole of its origin. */
export const CLONE_ORIGIN = "https://clone.example";

/** The URLs of one server in terms of its clone. */
export interface UrlMap {
  /** A text with templates instead of its URLs; what would be read as a template is kept from being one. */
  readonly toTemplates: (text: string) => string;
  /** A text with the URLs of the clone instead. */
  readonly toOurs: (text: string) => string;
  /** Where the clone has what the server has at a URL; undefined where it has nothing like it. */
  readonly translate: (url: string) => string | undefined;
  /** The URLs of the clone. */
  readonly urls: Urls;
}

interface Row {
  readonly theirs: string;
  readonly template: string;
  readonly ours: string;
  /** Whether requests go there; other rows are beginnings of URLs. */
  readonly isPlace: boolean;
}

/** Maps the URLs of a server. */
export function mapUrls(places: Places, layout: Layout | undefined): UrlMap {
  const issuerPath = layout?.issuer_path ?? "";
  const urls = buildUrls({ origin: CLONE_ORIGIN, prefix: "", issuerPath });
  const rows = [...rowsOf(places, urls, issuerPath)].filter(({ theirs }) => theirs !== "")
    .toSorted((a, b) => b.theirs.length - a.theirs.length);
  const replace = (text: string, to: "template" | "ours"): string =>
    rows.reduce((rest, row) => replaceUrl(rest, row.theirs, row[to]), text);
  return {
    toTemplates: (text) => replace(text.replace(TEMPLATE, "{$&}"), "template"),
    toOurs: (text) => replace(text, "ours"),
    translate: (url) => {
      const address = addressOf(url);
      const row = rows.find(({ theirs, isPlace }) => isPlace && theirs === address);
      return row && row.ours + url.slice(address.length);
    },
    urls,
  };
}

/** What templates look like; such a text of a server's own is written with two braces. */
const TEMPLATE = /\{[A-Za-z_][\w-]*(?:\.[\w.-]+)?\}/g;

function* rowsOf(places: Places, urls: Urls, issuerPath: string): Generator<Row, void> {
  const { mcp, origin, resource, issuer, server } = places;
  const place = (theirs: string | undefined, template: string, ours: string): Row => ({
    theirs: theirs ?? "",
    template,
    ours,
    isPlace: true,
  });
  const named = (theirs: string | undefined, template: TemplateName, ours: string): Row =>
    place(theirs, `{${template}}`, ours);
  yield named(mcp, "mcp_url", urls.oauth);
  yield named(resource.path, "resource_metadata_url", urls.oauthProtectedResource);
  yield place(resource.root, `{origin}${wellKnown.protectedResource}{prefix}`, urls.protectedResource);
  yield named(resource.custom, "custom_resource_metadata_url", urls.customResourceMetadata);
  const inserted = (path: string): string => `{origin}${path}{prefix}${issuerPath}`;
  yield place(server.oauth, inserted(wellKnown.authorizationServer), urls.authorizationServer);
  yield place(server.oidc, inserted(wellKnown.openidConfiguration), urls.openidConfiguration);
  const appended = issuerPath + wellKnown.openidConfiguration;
  yield place(server.oidc_appended, `{origin}{prefix}${appended}`, CLONE_ORIGIN + appended);
  for (const [member, name] of entriesOf(endpointMembers)) {
    const url = endpointOf(places, member);
    yield named(url && addressOf(url), `${name}_url`, urls[name]);
  }
  yield { theirs: issuer, template: "{issuer}", ours: CLONE_ORIGIN + issuerPath, isPlace: false };
  yield { theirs: origin, template: "{origin}{prefix}", ours: CLONE_ORIGIN, isPlace: false };
}

function entriesOf<Name extends string, Value>(
  record: Readonly<Record<Name, Value>>,
): readonly (readonly [Name, Value])[];
function entriesOf(record: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(record);
}

/** Replaces a URL in a text wherever it ends there, or goes on with a path that is no longer word of its own. */
function replaceUrl(text: string, url: string, by: string): string {
  let written = "";
  let from = 0;
  for (let at = text.indexOf(url); at !== -1; at = text.indexOf(url, from)) {
    const end = at + url.length;
    const goesOn = /^[\w-]/.test(text.slice(end, end + 1));
    written += text.slice(from, at) + (goesOn ? url : by);
    from = end;
  }
  return written + text.slice(from);
}
