// `/scenarios/make`: a scenario of a recording or of a server, what was found of it, and its address once it has a name.
import { describeDifference } from "../../lib/cli/clone_text.ts";
import { type Clone, cloneServer } from "../../lib/clone/clone.ts";
import { createAsker } from "../../lib/clone/ask.ts";
import type { Observed } from "../../lib/clone/observed.ts";
import { probe } from "../../lib/clone/probe.ts";
import { mcpUrlsIn, requireMcp } from "../../lib/clone/source.ts";
import { MAX_HAR_BYTES, readingHar } from "../../lib/control/recordings.ts";
import { scenarioOperations } from "../../lib/control/scenarios.ts";
import { noStoreJson, prefersHtml } from "../../lib/http/body.ts";
import { describeError, errorStatus, OAuthError } from "../../lib/http/errors.ts";
import { readFileForm } from "../../lib/http/file_form.ts";
import { isObject, parseJson, problemOf } from "../../lib/http/json.ts";
import { isLoopback } from "../../lib/http/origin.ts";
import { bodyText } from "../../lib/http/request_body.ts";
import { buildUrls, controlPaths } from "../../lib/http/urls.ts";
import { redactLine } from "../../lib/recorder/redact/redact.ts";
import { defineScenario, parseScenario } from "../../lib/scenarios/schema/scenario_schema.ts";
import {
  type Choice,
  ChoicePage,
  type Found,
  FoundPage,
  type Made,
  MadePage,
  MakingPage,
} from "../../views/scenarios/making.tsx";
import { callOf } from "../control/handlers.ts";
import type { Cloning, Deps } from "../deps.ts";
import { htmlResponse, withOwnReferrer } from "../request/html.ts";
import { requireOwnForm } from "../request/own_form.ts";
import type { Context, Handlers } from "../request/router.ts";
import { startWith } from "../clone_start.ts";
import { makesFor } from "./scenarios.tsx";

/** The most that a clone is made of, each of which is asked again several times; the command takes more. */
const MAX_EXCHANGES = 1000;
/** How long a server is asked, in milliseconds: somebody waits for the page. */
const MAX_ASKING_MS = 45_000;

/** Makes the handlers. */
export function makingHandlers(deps: Deps): Handlers<"scenario_making" | "scenario_make"> {
  return {
    scenario_making: (context) =>
      withOwnReferrer(htmlResponse(<MakingPage urls={context.sandbox.urls} makes={makesFor(context, deps)} />)),
    scenario_make: async (context) => {
      const cloning = requireCloning(deps, context);
      const fields = await readFields(context.request);
      const definition = fields("definition");
      if (definition !== "") return await answerMade(context, await make(definition, fields("name"), context, deps));
      try {
        return answerFound(context, await find({ fields, context }, cloning, deps));
      } catch (error) {
        if (!(error instanceof OAuthError) || !prefersHtml(context.request)) throw error;
        const { urls } = context.sandbox;
        const refused = { why: describeError(error), url: fields("url") };
        const page = <MakingPage urls={urls} makes={makesFor(context, deps)} refused={refused} />;
        return withOwnReferrer(htmlResponse(page, errorStatus(error)));
      }
    },
  };
}

function requireCloning({ cloning }: Deps, context: Context): Cloning {
  if (!cloning) {
    throw new OAuthError("access_denied", "Anyone can call this server, so it makes no scenarios of servers", {
      expected: "a server of your own, or mock-oauth clone",
    });
  }
  const refusal = cloning.refusalOf(context);
  if (refusal) throw refusal;
  requireOwnForm(context);
  return cloning;
}

/** A field of the form by its name; empty if it is not there. */
type Fields = (name: string) => string;

/** @throws OAuthError for what is no form, or too large. */
async function readFields(request: Request): Promise<Fields> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^(?:multipart\/form-data|application\/x-www-form-urlencoded)\s*(?:;|$)/i.test(type)) {
    throw new OAuthError("invalid_request", "This endpoint does not accept the body's media type", {
      status: 415,
      parameter: "content-type",
      received: type === "" ? "no content-type header" : type,
      expected: "multipart/form-data or application/x-www-form-urlencoded",
      reference: "RFC 9110 15.5.16",
    });
  }
  const form = await readFileForm(await bodyText(request, MAX_HAR_BYTES), type);
  if (form) return (name) => form.get(name)?.trim() ?? "";
  throw new OAuthError("invalid_request", "The body is not a form", { parameter: "body", expected: type });
}

/** What a form is, and who sent it. */
interface Sent {
  readonly fields: Fields;
  readonly context: Context;
}

/** Makes a clone of what the form holds, or has people choose one of several servers. */
async function find({ fields, context }: Sent, cloning: Cloning, deps: Deps): Promise<Found | Choice> {
  const recording = fields("recording");
  const url = urlOf(fields("url"));
  const { observed, problems, left } = recording === "" ? await ask(url, cloning, deps) : await read(recording, deps);
  const servers = mcpUrlsIn(observed);
  if (url === undefined && servers.length > 1 && prefersHtml(context.request)) return { servers, recording };
  const name = fields("name");
  const source = { observed, url, ...(name === "" ? {} : { name }) };
  const clone = await cloneServer(source, startWith(cloning.createApp));
  const definition = defineScenario(clone.scenario);
  return { ...foundOf(clone), problems, left, definition, note: noteOn(definition) };
}

function foundOf(
  { scenario, compared, differences, unseen }: Clone,
): Omit<Found, "problems" | "left" | "definition" | "note"> {
  return {
    name: scenario.name,
    compared,
    differences: differences.map(({ what, differences }) => ({ what, lines: differences.map(describeDifference) })),
    unseen,
  };
}

/** Why a scenario cannot be had here; undefined if it can. */
function noteOn(definition: unknown): string | undefined {
  try {
    parseScenario(definition);
    return undefined;
  } catch (error) {
    if (error instanceof OAuthError) return describeError(error);
    throw error;
  }
}

function urlOf(text: string): string | undefined {
  if (text === "") return undefined;
  const url = URL.parse(text);
  const hasPassword = url && (url.username !== "" || url.password !== "");
  if (url && /^https?:$/.test(url.protocol) && !hasPassword) return url.href;
  const what = hasPassword
    ? "The URL holds a user name or a password, which clients do not send"
    : "The URL is not one of a server";
  throw new OAuthError("invalid_request", what, {
    parameter: "url",
    received: redactLine(text),
    expected: "an http or https URL, such as http://localhost:3000/mcp",
  });
}

interface Material {
  readonly observed: readonly Observed[];
  /** What was not answered, or cannot be read. */
  readonly problems: readonly string[];
  /** What asking has left behind. */
  readonly left: readonly string[];
}

async function read(recording: string, { slices, chance }: Deps): Promise<Material> {
  const reading = readingHar(recording, { key: chance.bytes(32), maxExchanges: MAX_EXCHANGES });
  const { exchanges, unreadable } = await slices.run(reading);
  const problems = unreadable.length === 0 ? [] : [`${unreadable.length} entries of the recording cannot be read`];
  return { observed: exchanges, problems, left: [] };
}

/** Asks a server. What it names of itself is asked by the same law as itself. */
async function ask(
  url: string | undefined,
  { fetch, resolveDns, isAnywhere }: Cloning,
  { sleep, monotonicMs }: Deps,
): Promise<Material> {
  if (url === undefined) {
    throw new OAuthError("invalid_request", "There is nothing to make a scenario of", {
      expected: "recording, an HTTP archive (HAR 1.2), or url, that of an MCP endpoint",
    });
  }
  const untilMs = monotonicMs() + MAX_ASKING_MS;
  const refuse = (target: URL): string | undefined => {
    if (!isAnywhere && !isHere(target)) return "not asked, as it is not on this machine (--allow-clone)";
    return monotonicMs() > untilMs ? `not asked, as ${MAX_ASKING_MS / 1000} seconds have passed` : undefined;
  };
  const asker = createAsker({ fetch, resolveDns, sleep, local: isHere(new URL(url)), refuse });
  const left = await probe({ url }, asker);
  const { observed, problems } = asker;
  if (observed.length > 0) {
    requireMcp(url, observed);
    return { observed, problems, left };
  }
  throw new OAuthError("invalid_request", "The server cannot be asked", {
    parameter: "url",
    received: problems[0] ?? "no answer",
    expected: isAnywhere
      ? "a server on this machine or on the public internet"
      : "a server on this machine, or on any with --allow-clone",
  });
}

function isHere({ hostname }: URL): boolean {
  return isLoopback(hostname.replace(/\.$/, ""));
}

/** Defines the scenario under the name that it was given. */
async function make(definition: string, name: string, context: Context, deps: Deps): Promise<Made> {
  const parsed = parseDefinition(definition);
  const input = name !== "" && isObject(parsed) ? { ...parsed, name } : parsed;
  const call = { ...callOf(context, deps), input };
  const { scenarios: [made] } = await scenarioOperations.control_define_scenarios.run(deps, call);
  if (!made) throw new Error("A scenario was defined, and is not there");
  const { origin } = context.sandbox;
  const place = { origin, prefix: new URL(made.url).pathname };
  return { ...made, inspect: buildUrls(place).inspect, control: made.url + controlPaths.index };
}

function parseDefinition(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new OAuthError("invalid_request", `The definition ${problemOf(error)}`, { parameter: "definition" });
  }
}

function answerFound({ request, sandbox: { urls } }: Context, found: Found | Choice): Response {
  if ("servers" in found) return withOwnReferrer(htmlResponse(<ChoicePage urls={urls} choice={found} />));
  if (!prefersHtml(request)) return noStoreJson(found);
  return withOwnReferrer(htmlResponse(<FoundPage urls={urls} found={found} />));
}

function answerMade({ request, sandbox: { urls } }: Context, made: Made): Response {
  if (!prefersHtml(request)) return noStoreJson(made);
  return withOwnReferrer(htmlResponse(<MadePage urls={urls} made={made} />));
}
