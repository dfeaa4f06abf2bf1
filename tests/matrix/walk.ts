/** How a client of an SDK fares in a scenario: it connects as its documentation says, and what becomes of it is put in words. */
import { isObject } from "../../lib/http/json.ts";
import { type App, createApp, type Scenario } from "../../main.ts";
import { origin } from "../helpers.ts";
import type { DriverStep } from "../../lib/scenarios/driver_step.ts";
import { type Machine, machineOf } from "./machine.ts";
import { sendOver } from "./network.ts";
import { HangsError, startVirtualTime, type VirtualTime } from "./virtual_time.ts";

/** What SDKs take for `fetch`. */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

/** A connection that an SDK has made. */
export interface Connection {
  /** Calls a tool; throws what the SDK throws. */
  readonly callTool: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What a client is given. */
export interface Surroundings {
  /** The URL that a person pastes. */
  readonly url: string;
  readonly fetch: Fetch;
  /** Opens a URL in a browser whose person agrees, and gives where the browser is sent. */
  readonly browse: (url: URL) => Promise<URL>;
  /** What it is, if not the usual client. */
  readonly machine: Machine | undefined;
  /** Where its metadata document is, if it has one. */
  readonly documentUrl?: string;
  /** Whether it goes on running while the person logs in, and so keeps what it found out. */
  readonly staysUp?: boolean;
  /** Whether it reads resources and prompts as well. */
  readonly readsAll?: boolean;
  /** Whether it begins with `initialize` though it knows better, as the newer SDK does unless it is told otherwise. */
  readonly beginsAsBefore?: boolean;
  /** Whether it can be asked for a person's input, a model's answer, and its roots. */
  readonly isAsked?: boolean;
  /** What it calls, if not the first tool and those that the scenario is about. */
  readonly calls?: (tools: readonly ListedTool[]) => readonly Call[];
  /** What it does with skills: it lists them, or loads all of them as well. */
  readonly skills?: "lists" | "loads" | undefined;
  /** Tools that the scenario is about. */
  readonly about?: readonly string[];
}

/** A client of an SDK: one program that is started, sent to a browser, and started again. */
export interface Program {
  /** Connects; throws what the SDK throws. */
  readonly connect: () => Promise<Connection>;
  /** Whether an error says that the person has to log in. */
  readonly mustLogIn: (error: unknown) => boolean;
  /** The last answer from the authorization endpoint that was not used yet, if there is one. */
  readonly callback: () => URL | undefined;
  /** Hands the answer to the SDK. */
  readonly finish: (callback: URL) => Promise<void>;
}

/** Makes a program, or says why the SDK has none for the scenario. */
export type Sdk = (surroundings: Surroundings) => Program | string;

/** A tool, as far as a call of it needs to know. */
export interface ListedTool {
  readonly name: string;
  readonly inputSchema: {
    readonly properties?: Readonly<Record<string, unknown>> | undefined;
    readonly required?: readonly string[] | undefined;
  };
}

/** A call of a tool. */
export interface Call {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

/** What a tool is called with: a value for each argument that it requires. */
export function argumentsFor({ inputSchema: { properties = {}, required = [] } }: ListedTool): Record<string, unknown> {
  return Object.fromEntries(required.map((name) => {
    const property = properties[name];
    const type = isObject(property) ? property.type : undefined;
    return [name, valueOf(type)];
  }));
}

function valueOf(type: unknown): unknown {
  switch (type) {
    case "number":
    case "integer":
      return 5;
    case "boolean":
      return true;
    case "object":
      return {};
    case "array":
      return [];
    case "null":
      return null;
    default:
      return "hi";
  }
}

/**
 * Calls of a tool that reads and, where there is one, of a tool that writes, for which a token may need another scope; and of
 * those that a scenario is about.
 */
export function callsOf(
  tools: readonly ListedTool[],
  about: readonly string[] = [],
): readonly Call[] {
  const [first] = tools;
  const writing = tools.find(({ name }) => name === "mock_create_note");
  return [
    ...(first ? [{ name: first.name, arguments: argumentsFor(first) }] : []),
    ...(writing ? [{ name: writing.name, arguments: { title: "hi", content: "there" } }] : []),
    ...tools.filter((tool) => tool !== first && about.includes(tool.name)).map((tool) => (
      { name: tool.name, arguments: argumentsFor(tool) }
    )),
  ];
}

/** What the clients of both SDKs have for resources and prompts. */
interface Reader {
  readonly listResources: () => Promise<{ readonly resources: readonly { readonly uri: string }[] }>;
  readonly readResource: (params: { uri: string }) => Promise<unknown>;
  readonly listPrompts: () => Promise<{ readonly prompts: readonly { readonly name: string }[] }>;
  readonly getPrompt: (params: { name: string }) => Promise<unknown>;
  readonly getServerCapabilities: () =>
    | { readonly resources?: object | undefined; readonly prompts?: object | undefined }
    | undefined;
}

/** Lists resources and prompts where the server has some, and reads the first of each. */
export async function readOthers(client: Reader): Promise<void> {
  const { resources, prompts } = client.getServerCapabilities() ?? {};
  const [resource] = resources ? (await client.listResources()).resources : [];
  if (resource) await client.readResource({ uri: resource.uri });
  const [prompt] = prompts ? (await client.listPrompts()).prompts : [];
  if (prompt) await client.getPrompt({ name: prompt.name });
}

/** More requests than a client that gets anywhere ever sends; who sends more is in a loop. */
const MAX_REQUESTS = 250;
/** More logins than a person would put up with. */
const MAX_LOGINS = 4;
const TOKEN_LIFE_MS = 61_000;
/** How long a client that has connected does nothing else. */
const SETTLE_MS = 1000;

interface Scene {
  readonly app: App;
  readonly time: VirtualTime;
  requests: number;
  last: string;
  logins: number;
}

/**
 * Walks a client through a scenario.
 *
 * @returns How it fared, in a few words.
 */
export async function walk(sdk: Sdk, scenario: Scenario): Promise<string> {
  using time = startVirtualTime();
  const stop = new AbortController();
  const app = createApp({ now: time.now, signal: stop.signal, scenarios: [scenario], sleep: time.sleep });
  const scene: Scene = { app, time, requests: 0, last: "", logins: 0 };
  try {
    const program = sdk(surroundingsOf(scene, scenario));
    if (typeof program === "string") return program;
    return await fare(scene, isForOlder(scenario) ? stayingConnected(program, time, stop.signal) : program);
  } finally {
    stop.abort();
  }
}

function surroundingsOf(scene: Scene, scenario: Scenario): Surroundings {
  const url = scenario.needs_origin
    ? `http://${scenario.name}--walk.localhost:8789/oauth`
    : `${origin}/s/${scenario.name}~walk/oauth`;
  const fetch: Fetch = async (input, init) => {
    const request = new Request(input, init);
    const { hostname, pathname } = new URL(request.url);
    const isHere = hostname === "localhost" || hostname.endsWith(".localhost");
    scene.last = isHere ? stageOf(pathname) : `${request.method} to ${hostname}`;
    if (!isHere) throw new TypeError("There is no such host");
    if (++scene.requests > MAX_REQUESTS) throw new Error("More requests than a client needs");
    return await sendOver(scene.app, request, scene.time);
  };
  const browse = async (authorizationUrl: URL): Promise<URL> => {
    scene.logins++;
    const asked = new URL(authorizationUrl);
    asked.searchParams.set("auto_approve", "true");
    const response = await fetch(asked, { redirect: "manual" });
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (location === null) throw new BrowserError(`the browser shows ${response.status}`);
    return new URL(location);
  };
  // What is there in older revisions alone, a client of the newest would never meet.
  const beginsAsBefore = isForOlder(scenario);
  const about = scenario.catalogue?.tools?.map(({ name }) => name) ?? [];
  return {
    url,
    fetch,
    browse,
    machine: machineOf(scenario),
    beginsAsBefore,
    about,
    isAsked: scenario.group === "Questions",
    skills: skillsIn(scenario.driver),
  };
}

/** What a script has a client do with skills. */
export function skillsIn(driver: readonly DriverStep[] = []): Surroundings["skills"] {
  if (driver.some((step) => step.do === "load_skill")) return "loads";
  return driver.some((step) => step.do === "list_skills") ? "lists" : undefined;
}

function isForOlder({ revisions }: Scenario): boolean {
  return revisions?.includes("2026-07-28") === false;
}

/** A program that stays connected until something goes wrong, as a session lasts for longer than a call. */
function stayingConnected(program: Program, { sleep }: VirtualTime, over: AbortSignal): Program {
  let kept: Connection | undefined;
  const drop = async (): Promise<void> => {
    const last = kept;
    kept = undefined;
    await last?.close();
  };
  over.addEventListener("abort", () => void drop(), { once: true });
  return {
    ...program,
    connect: async () => {
      if (!kept) {
        kept = await program.connect();
        // The stream that it listens on is opened beside what it does.
        await sleep(SETTLE_MS);
      }
      const { callTool } = kept;
      return {
        callTool: () =>
          callTool().catch(async (error) => {
            await drop();
            throw error;
          }),
        close: () => Promise.resolve(),
      };
    },
  };
}

/** What a person sees in the browser in place of coming back to the client. */
class BrowserError extends Error {}

async function fare(scene: Scene, program: Program): Promise<string> {
  const tell = (error: unknown): string => describe(scene, error);
  const work = (): Promise<string | undefined> => scene.time.limit(logInAndCall(program, tell)).catch(tell);
  const first = await work();
  if (first !== undefined) return first;
  const logins = scene.logins;
  scene.time.advance(TOKEN_LIFE_MS);
  const later = await work();
  const begin = logins > 1 ? `works, ${logins} logins` : "works";
  if (later !== undefined) return `${begin}; a minute later ${later}`;
  return scene.logins > logins ? `${begin}; a minute later a new login` : begin;
}

/**
 * Connects and calls tools, and sends the person to log in whenever that is asked for.
 *
 * @returns Undefined if all is well, else how it ended.
 */
export async function logInAndCall(
  program: Program,
  describe: (error: unknown) => string,
): Promise<string | undefined> {
  for (let round = 0; round <= MAX_LOGINS; round++) {
    let connection: Connection | undefined;
    try {
      connection = await program.connect();
      await connection.callTool();
      return undefined;
    } catch (error) {
      const callback = program.mustLogIn(error) ? program.callback() : undefined;
      if (!callback) return describe(error);
      const problem = callback.searchParams.get("error");
      try {
        await program.finish(callback);
      } catch (error) {
        return describe(error);
      }
      if (problem !== null) return `redeems an answer that says ${problem}`;
    } finally {
      await connection?.close();
    }
  }
  return `asks for more than ${MAX_LOGINS} logins`;
}

function describe({ last, requests }: Scene, error: unknown): string {
  if (error instanceof BrowserError) return error.message;
  if (error instanceof HangsError) return `${last}: hangs`;
  if (requests > MAX_REQUESTS) return "loops";
  const name = error instanceof Error ? error.constructor.name : String(error);
  // Over a network, a body that breaks off is an error of whatever HTTP library the client has.
  return `${last}: ${name === "PlannedBreak" ? "network error" : name}`;
}

function stageOf(path: string): string {
  if (path.includes("/.well-known/") || path.includes("/metadata/")) return "discovery";
  if (path.endsWith("/register")) return "registration";
  if (path.endsWith("/token")) return "token";
  if (path.endsWith("/authorize")) return "authorization";
  return "MCP";
}
