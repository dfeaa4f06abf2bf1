// Makes a scenario that behaves as a server was seen to behave: its rules first, then what its answers say beside them, until
// the clone answers as the original does, or nothing more can be done about it.
import type { Fault } from "../scenarios/fault.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { addressOf, isEventStream, textOf } from "../judge/reading.ts";
import { readCatalogue } from "./catalogue.ts";
import { type Difference, differencesOf, lettingPagesIn } from "./differences.ts";
import { grantedBy } from "./login.ts";
import { type Aiming, aimsOf } from "./aims.ts";
import { editFor, faultOf } from "./faults.ts";
import { methodOf, NO_ANSWER, type Observed, resultOf } from "./observed.ts";
import { endpointOf, type Places, readPlaces } from "./places.ts";
import { namesSeveralServers, readLayout, readMint, readPolicy } from "./policy.ts";
import { replay, type Running } from "./replay.ts";
import { type Compared, sharedEdits } from "./shared.ts";
import { pickServer, type Seen } from "./source.ts";
import { withStreamAnswers } from "./streams.ts";
import { mapUrls, type UrlMap } from "./urls.ts";

/** A clone of a server. */
export interface Clone {
  readonly scenario: Scenario;
  /** Where it differs from the original still. */
  readonly differences: readonly Unlike[];
  /** What could not be seen, or taken over. */
  readonly unseen: readonly string[];
  /** How many answers were compared. */
  readonly compared: number;
}

/** A request that two servers answer differently, and in what. */
export interface Unlike {
  /** The request, in words. */
  readonly what: string;
  readonly differences: readonly Difference[];
}

/** What a clone is made of. */
export interface CloneSource extends Seen {
  /** What it is to be called; after its host if not said. */
  readonly name?: string | undefined;
}

/** Starts a server that behaves as a scenario says, at the origin that clones are compared at. */
export type Start = (scenario: Scenario) => Running;

/** Ours has no slash at its end, and clients compare letter by letter. */
const slashedIss: Fault = {
  name: "iss with a slash",
  match: { endpoint: "authorize" },
  edit: { location: { iss: "{issuer}/" } },
};

/** How often faults are added: each round may bring out what an earlier one has hidden. */
const MAX_ROUNDS = 8;
const MAX_FAULTS = 50;

/**
 * Makes the clone of a server.
 *
 * @throws OAuthError `invalid_request` where the server was not seen, or is one of several and none is named.
 */
export async function cloneServer({ name, ...seen }: CloneSource, start: Start): Promise<Clone> {
  const { mcp, observed } = pickServer(seen);
  const places = readPlaces(mcp, observed);
  const layout = readLayout(places);
  const map = mapUrls(places, layout);
  const answered = withStreamAnswers(observed);
  const { catalogue, problems } = readCatalogue(answered);
  const policy = readPolicy(places, observed);
  const mint = readMint(places, observed);
  const isSlashed = textOf(places.serverMetadata, "issuer")?.endsWith("/") ?? false;
  const base: Scenario = {
    name: name ?? nameOf(mcp),
    group: "Custom",
    story: `Answers as ${mcp} does`,
    client: "Does what it does there",
    plan: { policy, ...(mint ? { mint } : {}), ...(isSlashed && policy.sendIss ? { faults: [slashedIss] } : {}) },
    ...(catalogue ? { catalogue } : {}),
    ...(layout ? { layout } : {}),
    // Without metadata of the resource, clients look at the root of the origin.
    ...(places.resourceMetadata === undefined && places.serverMetadata !== undefined ? { needs_origin: true } : {}),
    expects: [],
    links: [{ label: "the original", url: mcp }],
  };
  const scenario = await withFaults(base, { observed, map, start });
  const compared = await compare(scenario, { observed, map, start });
  return { scenario, unseen: [...unseenIn(places, answered), ...problems], ...unlikeOf(compared) };
}

/**
 * Where a scenario differs from a server that was seen.
 *
 * @throws OAuthError likewise.
 */
export async function differencesFrom(
  scenario: Scenario,
  seen: Seen,
  start: Start,
): Promise<Pick<Clone, "differences" | "compared">> {
  const { mcp, observed } = pickServer(seen);
  const map = mapUrls(readPlaces(mcp, observed), scenario.layout);
  return unlikeOf(await compare(scenario, { observed, map, start }));
}

function unlikeOf(compared: readonly Compared[]): Pick<Clone, "differences" | "compared"> {
  const unlike = compared.filter(({ differences }) => differences.length > 0);
  return {
    differences: unlike.map(({ original, differences }) => ({ what: describeRequest(original), differences })),
    compared: compared.length,
  };
}

interface Comparing {
  readonly observed: readonly Observed[];
  readonly map: UrlMap;
  readonly start: Start;
}

/** Compares a scenario with what was seen. */
async function compare(scenario: Scenario, { observed, map, start }: Comparing): Promise<readonly Compared[]> {
  const answers = await replay(observed, map, start(scenario));
  const known = { toOurs: map.toOurs, letsPagesIn: lettingPagesIn(observed) };
  return observed.flatMap((original, index) => {
    const clone = answers[index];
    return clone ? [{ original, clone, differences: differencesOf(original, clone, known) }] : [];
  });
}

async function withFaults(base: Scenario, comparing: Comparing): Promise<Scenario> {
  const { map, observed } = comparing;
  const isOpen = !observed.some(({ status, url }) =>
    (status === 401 || status === 403) && map.translate(url) === map.urls.oauth
  );
  const aiming: Aiming = { map, catalogue: base.catalogue, isOpen };
  const faults: Fault[] = [...(base.plan.faults ?? [])];
  const scenario = (): Scenario => ({
    ...base,
    plan: { ...base.plan, ...(faults.length === 0 ? {} : { faults: [...faults] }) },
  });
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = faultsFor(await compare(scenario(), comparing), faults, aiming);
    if (found.length === 0) break;
    faults.push(...found.slice(0, MAX_FAULTS - faults.length));
  }
  return scenario();
}

/** Faults for what differs, each for requests of its own. */
function faultsFor(compared: readonly Compared[], faults: readonly Fault[], aiming: Aiming): readonly Fault[] {
  const isNew = (match: Fault["match"], among: readonly Fault[]): boolean =>
    !among.some((fault) => JSON.stringify(fault.match) === JSON.stringify(match));
  const shared = sharedEdits(compared, aiming).filter(({ match }) => isNew(match, faults));
  // What is left to do, the next round tells.
  if (shared.length > 0) return shared.map(({ match, edit }) => faultOf(match, edit, faults));
  const found: Fault[] = [];
  for (const { original, clone, differences } of compared) {
    const alike = compared.map((one) => one.original)
      .filter(({ method, url, status }) =>
        method === original.method && url === original.url && status === original.status
      );
    const isSettled = differences.length === 0 || clone.status === NO_ANSWER;
    const edit = isSettled ? undefined : editFor({ original, clone, differences, alike }, aiming.map);
    if (!edit) continue;
    const match = aimsOf(original, clone, aiming).find((aim) => isNew(aim, faults));
    // What is wanted of the same requests may follow from the first that wants it.
    if (match && isNew(match, found)) found.push(faultOf(match, edit, [...faults, ...found]));
  }
  return found;
}

/** A name for a scenario, after a host. */
function nameOf(url: string): string {
  const name = (URL.parse(url)?.host ?? "clone").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return name.slice(0, 40).replace(/-+$/, "") || "clone";
}

/** A request in words. */
function describeRequest(observed: Observed): string {
  const rpc = methodOf(observed);
  const token = observed.request.headers.some(([name]) => name === "authorization");
  return `${observed.method} ${observed.url}${rpc === undefined ? "" : ` ${rpc}`}${token ? " with a token" : ""}`;
}

function unseenIn(places: Places, observed: readonly Observed[]): readonly string[] {
  const has = (method: string): boolean =>
    observed.some((one) => methodOf(one) === method && resultOf(one) !== undefined);
  const own = observed.filter(({ url }) => addressOf(url) === places.mcp);
  const isAsked = (method: string): boolean => own.some((one) => methodOf(one) === method);
  const isSession = has("initialize") || has("server/discover");
  const registration = endpointOf(places, "registration_endpoint");
  const registered = observed.some(({ method, url }) => method === "POST" && url === registration);
  return [
    ...(isSession ? [] : ["what the MCP server says after the login: its name, tools, resources and prompts"]),
    ...(isAsked("server/discover") ? [] : ["whether it knows the revision 2026-07-28, for which no client asked"]),
    ...(own.some(({ method }) => method === "GET") ? [] : ["what its MCP endpoint answers to GET"]),
    ...(registration === undefined || registered ? [] : ["what a registration is answered with"]),
    ...(places.serverMetadata === undefined ? [] : ["the pages of the login, and what its tokens hold"]),
    ...(places.serverMetadata === undefined || grantedBy("authorization_code", places, observed)
      ? []
      : ["what a token request is answered with that is right"]),
    ...(namesSeveralServers(places) ? ["the authorization servers but the first"] : []),
    ...(observed.some(({ response }) => isEventStream(response))
      ? ["what comes on streams of events when nobody asks"]
      : []),
    "how names of headers are spelled, as HTTP libraries write them in lower case",
  ];
}
