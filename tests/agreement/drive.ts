/** Clients of the SDKs in the hands of the suite, and the same in front of our scenarios, where what they do is recorded. */
import { z } from "zod";
import { playedScenarios } from "./played.ts";
import { type App, createApp, type Scenario } from "../../main.ts";
import type { Party } from "../host/oracle_party.ts";
import { ours, withAssertions } from "../host/oracle_sides.ts";
import { type Machine, machineOf } from "../matrix/machine.ts";
import {
  argumentsFor,
  type Call,
  type Fetch,
  logInAndCall,
  type Sdk,
  skillsIn,
  type Surroundings,
} from "../matrix/walk.ts";
import type { DriverStep } from "../../lib/scenarios/driver_step.ts";
import { ECHO_TOOL, SCHEMA_TOOL } from "../../lib/scenarios/reporting_tools.ts";
import { type Revision, revisions } from "../../lib/judge/settled.ts";
import type { Assignment } from "./suite.ts";

/** The document that the suite's clients say is theirs; nobody ever fetches it. */
export const documentUrl = "https://conformance-test.local/client-metadata.json";

/** How a client ended that could do no more. */
const gaveUp = (error: unknown): string => String(error);

/** What a client does beside calling a tool, by the scenario's name in the suite. */
function workOf(
  scenario: string,
  context: Assignment["context"] = {},
): Pick<Surroundings, "readsAll" | "isAsked" | "calls" | "skills"> {
  const own = playedScenarios.find(({ official }) => official === scenario);
  switch (scenario) {
    case "http-standard-headers":
      return { readsAll: true };
    case "elicitation-sep1034-client-defaults":
      return { isAsked: true };
    case "sep-2322-client-request-state":
      return { isAsked: true, calls: (tools) => tools.map(({ name }) => ({ name, arguments: {} })) };
    case "http-custom-headers":
      return { calls: () => toldCalls.parse(context).toolCalls ?? scriptedCalls(own?.driver ?? []) };
    case "http-invalid-tool-headers":
      return { calls: (tools) => tools.map((tool) => ({ name: tool.name, arguments: argumentsFor(tool) })) };
    case "json-schema-2020-12-preservation":
      return {
        calls: (tools) => {
          const schema = tools.find(({ name }) => name === SCHEMA_TOOL)?.inputSchema;
          return [{ name: ECHO_TOOL, arguments: { schema } }];
        },
      };
    default:
      return { skills: skillsIn(own?.driver) };
  }
}

/** The calls that the suite asks for. */
export const toldCalls = z.object({
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).optional(),
});

/** The calls in a script of ours. */
function scriptedCalls(script: readonly DriverStep[]): readonly Call[] {
  return script.flatMap((step) => step.do === "call" ? [{ name: step.tool, arguments: { ...step.arguments } }] : []);
}

/** Gives why there is no such client, if there is none. */
async function drive(
  sdk: Sdk,
  surroundings: Pick<Surroundings, "url" | "fetch" | "machine" | "readsAll" | "isAsked" | "calls" | "skills">,
): Promise<string | undefined> {
  const { fetch } = surroundings;
  const browse = async (url: URL): Promise<URL> => {
    const response = await fetch(url, { redirect: "manual" });
    await response.body?.cancel();
    const location = new URL(response.headers.get("location") ?? "about:blank");
    if (location.searchParams.get("state") !== url.searchParams.get("state")) throw new Error("The state is another");
    return location;
  };
  const program = sdk({ ...surroundings, browse, documentUrl, staysUp: true });
  if (typeof program === "string") return program;
  await logInAndCall(program, gaveUp);
  return undefined;
}

/** Lets a client do what the suite has asked for; however it ends, the suite has seen it. */
export async function driveForSuite(sdk: Sdk, { scenario, url, context }: Assignment): Promise<void> {
  const own = playedScenarios.find(({ official }) => official === scenario);
  const machine = own && withContext(own, context);
  await using network = openNetwork();
  // A stream that stays open has no end to read to.
  const fetch = scenario.startsWith("auth/") ? fetchWhole : network.fetch;
  await drive(sdk, { url, fetch, machine, ...workOf(scenario, context) });
}

/** Connections that end with the client that made them, whatever it has left open: a server of the suite waits for them. */
function openNetwork(): AsyncDisposable & { readonly fetch: Fetch } {
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const bodies = new Set<ReadableStreamDefaultReader<Uint8Array>>();
  return {
    fetch: async (input, init) => {
      const { status, headers, body } = await fetch(input, { ...init, client });
      if (!body) return new Response(body, { status, headers });
      const reader = body.getReader();
      bodies.add(reader);
      const passed = new ReadableStream({
        pull: async (controller) => {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: (reason) => reader.cancel(reason),
      });
      return new Response(passed, { status, headers });
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...bodies].map((reader) => reader.cancel().catch(() => {})));
      client.close();
    },
  };
}

/** Reads answers to their end, of which SDKs leave some unread; none of the suite's goes on for ever. */
const fetchWhole: Fetch = async (input, init) => {
  const { status, headers, body } = await fetch(input, init);
  return new Response(body && await new Response(body).arrayBuffer(), { status, headers });
};

const contextShape = z.object({
  client_id: z.string().default(""),
  client_secret: z.string().default(""),
  private_key_pem: z.string().default(""),
  idp_token_endpoint: z.string().default(""),
  idp_client_id: z.string().default(""),
  idp_id_token: z.string().optional(),
  valid_jwt: z.string().optional(),
});

/** The client of a scenario, with what it is told beside the URL. */
function withContext(scenario: Scenario, context: Assignment["context"]): Machine | undefined {
  const machine = machineOf(scenario);
  const told = contextShape.parse(context);
  const [clientId, clientSecret] = [told.client_id, told.client_secret];
  switch (machine?.kind) {
    case "known":
      return { kind: "known", information: { client_id: clientId, client_secret: clientSecret } };
    case "secret":
      return { kind: "secret", clientId, clientSecret };
    case "key":
      return { ...machine, clientId, privateKey: told.private_key_pem };
    case "assertion": {
      const { idp_token_endpoint: tokenEndpoint, idp_client_id, idp_id_token: idToken, valid_jwt: assertion } = told;
      if (assertion !== undefined) return { kind: "workload", clientId, assertion };
      if (idToken === undefined) return machine;
      return { kind: "exchange", clientId, clientSecret, idp: { tokenEndpoint, clientId: idp_client_id, idToken } };
    }
    default:
      return machine;
  }
}

const reportShape = z.object({
  verdict: z.enum(["pass", "fail", "incomplete"]),
  clients: z.array(z.object({
    revision: z.enum(revisions).optional(),
    findings: z.array(z.object({
      rule: z.string(),
      status: z.enum(["kept", "broken", "not observed"]),
      official: z.array(z.string()),
    })),
  })),
});

/** What our report says of a client. */
export interface Judgement extends z.infer<typeof reportShape> {
  /** The revision that it was asked for: the scenario's, where the client speaks none of these, as the suite asks. */
  readonly judgedBy?: Revision | undefined;
  /** What is said without that: of the client by the revision it speaks. */
  readonly ownVerdict: z.infer<typeof reportShape>["verdict"];
  /** Why nothing was done, if nothing was. */
  readonly idle?: string | undefined;
}

/** What a client is told of our scenario. Its assertions are asked for where nobody watches: that is not its work. */
async function describeForClient(app: App, scenario: Scenario): Promise<Party> {
  const party = ours(app, scenario);
  return machineOf(scenario)?.kind === "assertion" ? await withAssertions(party) : party;
}

/** The revision of a scenario that is nearest to those that its clients speak, where it is for none of these. */
function otherThan({ clients }: z.infer<typeof reportShape>, scenario: Scenario): Revision | undefined {
  const played = revisions.filter((revision) => scenario.revisions?.includes(revision));
  const [oldest, newest] = [played[0], played.at(-1)];
  const spoken = clients.flatMap(({ revision }) => revision ?? []);
  if (oldest === undefined || newest === undefined || spoken.length === 0) return undefined;
  if (spoken.every((revision) => revision < oldest)) return oldest;
  return spoken.every((revision) => revision > newest) ? newest : undefined;
}

/**
 * Lets a client work on our scenario, and gives what our report says of it. The suite judges every client by the revision
 * that a scenario is new with: where the client speaks none that it is for, the report is asked to judge by that as well.
 */
export async function driveForUs(sdk: Sdk, scenario: Scenario): Promise<Judgement> {
  using kv = await Deno.openKv(":memory:");
  const stop = new AbortController();
  const options = { kv, signal: stop.signal, loopbackOnly: true, scenarios: [scenario] };
  const app = createApp(options);
  const { official = "" } = scenario;
  const { base, context, mcpUrl } = await describeForClient(createApp({ ...options, record: false }), scenario);
  const fetch: Fetch = async (input, init) => {
    const { hostname } = new URL(input);
    if (!/(^|\.)localhost$/.test(hostname)) throw new TypeError("There is no such host");
    return await app(new Request(input, init));
  };
  try {
    // Where logins are not what it is about, the suite's servers have none.
    const url = official.startsWith("auth/") ? mcpUrl : `${base}/no-auth`;
    const idle = await drive(sdk, { url, fetch, machine: withContext(scenario, context), ...workOf(official) });
    const read = async (query = ""): Promise<unknown> => {
      return await (await app(new Request(`${base}/control/report${query}`))).json();
    };
    return await judgementOf(read, scenario, idle);
  } finally {
    stop.abort();
  }
}

/** What our report says, by the scenario's revision as well where the client speaks none that it is for. */
export async function judgementOf(
  read: (query?: string) => Promise<unknown>,
  scenario: Scenario,
  idle: string | undefined,
): Promise<Judgement> {
  const own = reportShape.parse(await read());
  const judgedBy = otherThan(own, scenario);
  const asked = judgedBy === undefined ? own : reportShape.parse(await read(`?revision=${judgedBy}`));
  return { ...asked, judgedBy, ownVerdict: own.verdict, idle };
}
