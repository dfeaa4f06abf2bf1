// The servers of an app, as clients see them. A profile depends only on the endpoint and on what is declared, so it is made
// once for each, the list of tools included.
import type { Implementation, ServerCapabilities } from "@modelcontextprotocol/server";
import type { Catalogue } from "../scenarios/mcp_catalogue.ts";
import type { Policy } from "../scenarios/plan.ts";
import type { McpMode } from "./caller.ts";
import { promptRow, resourceRow, templateRow, toolRow } from "./catalogue/rows.ts";
import { conformanceTools } from "./conformance/conformance.ts";
import { conformanceFeatures } from "./conformance/conformance_features.ts";
import { type Features, noFeatures } from "./feature_rows.ts";
import { featureMethods } from "./features.ts";
import { onePage, type Pages } from "./pages.ts";
import type { Profile } from "./profile.ts";
import { basicTools } from "./tools/basic.ts";
import { minimalTools } from "./tools/minimal.ts";
import { noteTools } from "./tools/notes.ts";
import type { DefinedTool } from "./tools/tool.ts";
import { userTools } from "./tools/user.ts";

/** The profiles of one app. */
export interface Profiles {
  /** What an endpoint shows, with what is declared. */
  readonly of: (mode: McpMode, policy: Policy, catalogue?: Catalogue) => Profile;
}

const TOOL_METHODS = ["initialize", "ping", "tools/list", "tools/call"] as const;

/** What the SDK says of lists by default: always stale, and private. */
const STALE = Object.freeze({ ttlMs: 0, cacheScope: "private" });

const FULL_CAPABILITIES = Object.freeze({
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true },
  completions: {},
  logging: {},
});

const INSTRUCTIONS = "A mock server for testing MCP clients: nothing here has an effect on the outside world. " +
  "Every tool answers exactly as its description says. Notes are seen only by the session or caller that wrote them.";
const USER_INSTRUCTIONS = `${INSTRUCTIONS} The tools userInfo, greet and adminAction speak of the user who logged in.`;
const SUITE_INSTRUCTIONS =
  `${INSTRUCTIONS} The tools, prompts and resources named test are those of the official conformance suite.`;

/** Makes the profiles. */
export function createProfiles(version: string): Profiles {
  const everyday = [...basicTools, ...noteTools];
  const open = createProfile({ name: "Mock MCP Server for E2E Testing", version }, INSTRUCTIONS, everyday);
  const own: Readonly<Record<McpMode, Profile>> = {
    "no-auth": open,
    bearer: open,
    oauth: createProfile({ name: "Mock MCP Server with OAuth", version }, USER_INSTRUCTIONS, [
      ...everyday,
      ...userTools,
    ]),
    conformance: createProfile(
      { name: "Mock MCP Server for Conformance Testing", version },
      SUITE_INSTRUCTIONS,
      [...everyday, ...conformanceTools],
      conformanceFeatures,
    ),
    minimal: createProfile({ name: "Mock MCP Server with one tool", version }, undefined, minimalTools),
  };
  const whole = new Map<McpMode, Profile>();
  const declared = new WeakMap<Catalogue, Map<Profile, Profile>>();

  function baseOf(mode: McpMode, { mcpFeatures }: Policy): Profile {
    if (mcpFeatures === "tools" || own[mode].features === conformanceFeatures) return own[mode];
    const known = whole.get(mode) ?? withEverything(own[mode]);
    whole.set(mode, known);
    return known;
  }

  function declaredIn(catalogue: Catalogue, base: Profile): Profile {
    const known = declared.get(catalogue) ?? new Map<Profile, Profile>();
    declared.set(catalogue, known);
    const profile = known.get(base) ?? withCatalogue(base, catalogue);
    known.set(base, profile);
    return profile;
  }

  const byPolicy = new WeakMap<Policy, Catalogue>();
  return {
    of: (mode, policy, catalogue = catalogueOf(policy, byPolicy)) => {
      const base = baseOf(mode, policy);
      return catalogue ? declaredIn(catalogue, base) : base;
    },
  };
}

/** What a policy declares. */
function catalogueOf(policy: Policy, known: WeakMap<Policy, Catalogue>): Catalogue | undefined {
  const { mcpTools: tools = [], mcpPageSizes: page_sizes = [], mcpCursors: cursors = [] } = policy;
  if (tools.length === 0 && page_sizes.length === 0 && cursors.length === 0) return undefined;
  const catalogue = known.get(policy) ?? { built_in: true, tools, page_sizes, cursors };
  known.set(policy, catalogue);
  return catalogue;
}

function createProfile(
  serverInfo: Implementation,
  instructions: string | undefined,
  tools: readonly DefinedTool[],
  features: Features = noFeatures,
): Profile {
  const capabilities = features === noFeatures ? { tools: {} } : FULL_CAPABILITIES;
  return {
    serverInfo,
    instructions,
    ...listed(tools),
    capabilities,
    sessionMethods: methodsOf(capabilities),
    features,
    pages: onePage,
    cache: STALE,
  };
}

function listed(tools: readonly DefinedTool[]): Pick<Profile, "tools" | "listing"> {
  return { tools: new Map(tools.map((tool) => [tool.name, tool])), listing: tools.map(({ listing }) => listing) };
}

function methodsOf(capabilities: ServerCapabilities): ReadonlySet<string> {
  return new Set([...TOOL_METHODS, ...featureMethods(capabilities)]);
}

/** A profile that has, behind its own tools, all that the official suite asks for. */
function withEverything(profile: Profile): Profile {
  return {
    ...profile,
    ...listed([...profile.tools.values(), ...conformanceTools]),
    capabilities: FULL_CAPABILITIES,
    sessionMethods: methodsOf(FULL_CAPABILITIES),
    features: conformanceFeatures,
  };
}

/** A profile with what a catalogue declares, in place of its own lists or behind them. */
function withCatalogue(profile: Profile, catalogue: Catalogue): Profile {
  const { tools, prompts, resources, resourceTemplates, built_in = false, ttlMs = 0, cacheScope = "private" } =
    catalogue;
  const { features: own } = profile;
  const features = {
    prompts: joined(own.prompts, prompts?.map(promptRow), built_in, ({ listing }) => listing.name),
    resources: joined(own.resources, resources?.map(resourceRow), built_in, ({ listing }) => listing.uri),
    templates: joined(
      own.templates,
      resourceTemplates?.map(templateRow),
      built_in,
      ({ listing }) => listing.uriTemplate,
    ),
  };
  const capabilities = capabilitiesOf(profile.capabilities, catalogue);
  return {
    ...profile,
    ...listed(joined([...profile.tools.values()], tools?.map(toolRow), built_in, ({ name }) => name)),
    capabilities,
    sessionMethods: methodsOf(capabilities),
    features,
    pages: pagesOf(catalogue),
    cache: { ttlMs, cacheScope },
  };
}

/** Our own rows, in which a declared one of the same name takes that one's place, and the other declared ones behind them. */
function joined<Row>(
  own: readonly Row[],
  declared: readonly Row[] | undefined,
  isBehind: boolean,
  nameOf: (row: Row) => string,
): readonly Row[] {
  if (!declared || !isBehind) return declared ?? own;
  const news = new Map(declared.map((row) => [nameOf(row), row]));
  const kept = own.map((row) => {
    const replaced = news.get(nameOf(row));
    news.delete(nameOf(row));
    return replaced ?? row;
  });
  return [...kept, ...news.values()];
}

/** What a server says that it can do: what it can by itself, and what is declared. */
function capabilitiesOf(
  own: ServerCapabilities,
  { prompts, resources, resourceTemplates }: Catalogue,
): ServerCapabilities {
  const completes = [...prompts ?? [], ...resourceTemplates ?? []].some(({ complete }) => complete !== undefined);
  return {
    ...own,
    ...(prompts && !own.prompts && { prompts: {} }),
    ...((resources || resourceTemplates) && !own.resources && { resources: { subscribe: true } }),
    ...(completes && { completions: {} }),
  };
}

function pagesOf({ page_sizes = [], page_size = Infinity, cursors = [] }: Catalogue): Pages {
  return { sizes: page_sizes, size: page_size, cursors };
}
