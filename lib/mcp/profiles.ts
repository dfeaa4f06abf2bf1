// The servers of an app, as clients see them. A profile depends only on the endpoint and on what is declared, so it is made
// once for each, the list of tools included.
import type { Implementation, ServerCapabilities } from "@modelcontextprotocol/server";
import {
  answersOf,
  canBeTask,
  type Catalogue,
  type Lists,
  type Paging,
  type Stage,
} from "../scenarios/mcp_catalogue.ts";
import { NEXT_STEP } from "../scenarios/guide.ts";
import type { Policy } from "../scenarios/plan.ts";
import type { McpMode } from "./caller.ts";
import type { McpCall } from "./contract.ts";
import { ownStatesOf } from "./catalogue/own_states.ts";
import { promptRow, resourceRow, templateRow, toolRow } from "./catalogue/rows.ts";
import { conformanceTools } from "./conformance/conformance.ts";
import { conformanceFeatures } from "./conformance/conformance_features.ts";
import { type Features, noFeatures } from "./feature_rows.ts";
import { featureMethods, SKILLS_EXTENSION } from "./features.ts";
import { type AllPages, onePage, type Pages } from "./pages.ts";
import type { Profile } from "./profile.ts";
import { TASKS_EXTENSION } from "./tasks/task.ts";
import { basicTools } from "./tools/basic.ts";
import { adderTools, minimalTools } from "./tools/minimal.ts";
import { nextStepTool } from "./tools/next_step.ts";
import { stageTools } from "./tools/stages.ts";
import { noteTools } from "./tools/notes.ts";
import type { DefinedTool } from "./tools/tool.ts";
import { userTools } from "./tools/user.ts";

/** What decides what an endpoint shows. */
interface AskedProfile extends Pick<McpCall, "mode" | "policy" | "catalogue" | "guide" | "stages"> {
  /** How many stages of the catalogue have begun; none if not given. */
  readonly begun?: number;
}

/** The profiles of one app. */
export interface Profiles {
  readonly of: (asked: AskedProfile) => Profile;
}

/** What a server with tasks says of them: of those of 2025-11-25, and of the extension of 2026-07-28. */
const TASKS = Object.freeze({
  tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
  extensions: { [TASKS_EXTENSION]: {} },
});

const TOOL_METHODS = ["initialize", "ping", "tools/list", "tools/call"] as const;

/** What the SDK says of lists by default: always stale, and private. */
const STALE = Object.freeze({ ttlMs: 0, cacheScope: "private" });

const NO_STATES: ReadonlySet<string> = new Set();

const FULL_CAPABILITIES = Object.freeze({
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true },
  completions: {},
  logging: {},
  ...TASKS,
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
    adder: createProfile({ name: "Mock MCP Server that adds", version }, undefined, adderTools),
  };
  const whole = new Map<McpMode, Profile>();
  const declared = new WeakMap<Catalogue, Map<Profile, Profile[]>>();

  function baseOf(mode: McpMode, { mcpFeatures }: Policy): Profile {
    if (mcpFeatures === "tools" || own[mode].features === conformanceFeatures) return own[mode];
    const known = whole.get(mode) ?? withEverything(own[mode]);
    whole.set(mode, known);
    return known;
  }

  function declaredIn(catalogue: Catalogue, base: Profile, begun: number): Profile {
    const known = declared.get(catalogue) ?? new Map<Profile, Profile[]>();
    declared.set(catalogue, known);
    const staged = known.get(base) ?? [];
    known.set(base, staged);
    return staged[begun] ??= (catalogue.stages ?? []).slice(0, begun).reduce(
      withStage,
      staged[0] ??= withCatalogue(base, catalogue),
    );
  }

  return {
    of: ({ mode, policy, catalogue, begun = 0, guide, stages }) => {
      const base = baseOf(mode, policy);
      const found = catalogue ? declaredIn(catalogue, base, begun) : base;
      const led = guide ? guided(found) : found;
      return stages ? inGauntlet(led) : led;
    },
  };
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
    skills: [],
    pages: onePage,
    checksArguments: false,
    ownStates: NO_STATES,
    cache: STALE,
  };
}

function listed(tools: readonly DefinedTool[]): Pick<Profile, "tools" | "listing"> {
  return { tools: new Map(tools.map((tool) => [tool.name, tool])), listing: tools.map(({ listing }) => listing) };
}

function methodsOf(capabilities: ServerCapabilities): ReadonlySet<string> {
  return new Set([...TOOL_METHODS, ...featureMethods(capabilities)]);
}

/** A profile with the tool that tells what comes next, behind all others. */
const guided = once((profile) => {
  const { tools, pages } = profile;
  // Where a scenario is about how a list is cut into pages, another tool would change them, so there is none.
  const isCut = pages.sizes.length > 0 || pages.size < Infinity;
  return isCut || tools.has(NEXT_STEP) ? profile : { ...profile, ...listed([...tools.values(), nextStepTool]) };
});

/** A profile with the tools that tell of stages, behind all others: without them nobody could go on. */
const inGauntlet = once((profile) => ({ ...profile, ...listed([...profile.tools.values(), ...stageTools]) }));

/** Makes each profile's variant once. */
function once(make: (profile: Profile) => Profile): (profile: Profile) => Profile {
  const made = new WeakMap<Profile, Profile>();
  return (profile) => {
    const variant = made.get(profile) ?? make(profile);
    made.set(profile, variant);
    return variant;
  };
}

/** A profile that has, behind its own tools, all that the official suite asks for. */
function withEverything(profile: Profile): Profile {
  return {
    ...profile,
    // The suite has a tool that is called as one of ours is.
    ...listed([...profile.tools.values(), ...conformanceTools.filter(({ name }) => !profile.tools.has(name))]),
    capabilities: FULL_CAPABILITIES,
    sessionMethods: methodsOf(FULL_CAPABILITIES),
    features: conformanceFeatures,
  };
}

/** A profile with what a catalogue declares, in place of its own lists or behind them. */
function withCatalogue(profile: Profile, catalogue: Catalogue): Profile {
  const { serverInfo = profile.serverInfo, instructions = profile.instructions } = catalogue;
  const { built_in = false, any_arguments = false, ttlMs = 0, cacheScope = "private" } = catalogue;
  const capabilities = capabilitiesOf(profile.capabilities, catalogue);
  return {
    ...withLists(profile, catalogue, built_in),
    serverInfo,
    instructions,
    capabilities,
    sessionMethods: methodsOf(capabilities),
    skills: catalogue.skills ?? [],
    pages: allPagesOf(catalogue),
    checksArguments: !any_arguments,
    ownStates: ownStatesOf(catalogue),
    cache: { ttlMs, cacheScope },
  };
}

/** A profile after a change of its lists. */
function withStage(profile: Profile, stage: Stage): Profile {
  const { tools = [], prompts = [], resources = [], resourceTemplates = [] } = stage.remove ?? {};
  const { features } = profile;
  const left: Profile = {
    ...profile,
    ...listed([...profile.tools.values()].filter(({ name }) => !tools.includes(name))),
    features: {
      prompts: features.prompts.filter(({ listing }) => !prompts.includes(listing.name)),
      resources: features.resources.filter(({ listing }) => !resources.includes(listing.uri)),
      templates: features.templates.filter(({ listing }) => !resourceTemplates.includes(listing.uriTemplate)),
    },
  };
  return withLists(left, stage, true);
}

/** A profile with lists in place of its own, or behind them. */
function withLists(profile: Profile, lists: Lists, isBehind: boolean): Profile {
  const { tools, prompts, resources, resourceTemplates } = lists;
  const { features: own } = profile;
  const templates = resourceTemplates?.map(templateRow);
  return {
    ...profile,
    ...listed(joined([...profile.tools.values()], tools?.map(toolRow), isBehind, ({ name }) => name)),
    features: {
      prompts: joined(own.prompts, prompts?.map(promptRow), isBehind, ({ listing }) => listing.name),
      resources: joined(own.resources, resources?.map(resourceRow), isBehind, ({ listing }) => listing.uri),
      templates: joined(own.templates, templates, isBehind, ({ listing }) => listing.uriTemplate),
    },
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

/** What a server says that it can do: what it can by itself, and what is declared, now or later. */
function capabilitiesOf(
  own: ServerCapabilities,
  { stages = [], list_changed, ...catalogue }: Catalogue,
): ServerCapabilities {
  const all: readonly Lists[] = [catalogue, ...stages];
  const hasTasks = all.some(({ tools = [] }) => tools.some(canBeTask));
  const hasSkills = catalogue.skills !== undefined;
  const has = (name: keyof Lists): boolean => all.some((lists) => lists[name] !== undefined);
  const completes = all.some(({ prompts = [], resourceTemplates = [] }) =>
    [...prompts, ...resourceTemplates].some(({ complete }) => complete !== undefined)
  );
  const logs = all.some(({ tools = [] }) =>
    tools.some(({ answer }) => answersOf(answer).some((gives) => gives.logs !== undefined))
  );
  const promise = list_changed === "sent" || list_changed === "promised" ? { listChanged: true } : {};
  return {
    ...own,
    tools: { ...own.tools, ...promise },
    ...((own.prompts || has("prompts")) && { prompts: { ...own.prompts, ...promise } }),
    ...((own.resources || has("resources") || has("resourceTemplates") || hasSkills) &&
      { resources: { subscribe: true, ...own.resources, ...promise } }),
    ...(completes && { completions: {} }),
    ...(logs && { logging: {} }),
    ...(hasTasks && TASKS),
    ...(hasSkills && {
      extensions: { ...own.extensions, ...(hasTasks && TASKS.extensions), [SKILLS_EXTENSION]: {} },
    }),
  };
}

function allPagesOf({ pages, ...all }: Catalogue): AllPages {
  const { tools, resources, resourceTemplates, prompts } = pages ?? {};
  const of = {
    ...(tools && { tools: cutAs(tools) }),
    ...(resources && { resources: cutAs(resources) }),
    ...(resourceTemplates && { resourceTemplates: cutAs(resourceTemplates) }),
    ...(prompts && { prompts: cutAs(prompts) }),
  };
  return { ...cutAs(all), ...(pages && { of }) };
}

function cutAs({ page_sizes = [], page_size = Infinity, cursors = [] }: Paging): Pages {
  return { sizes: page_sizes, size: page_size, cursors };
}
