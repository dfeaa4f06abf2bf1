/** Clients of the SDKs in the hands of the suite, and the same in front of our scenarios, where what they do is recorded. */
import { z } from "zod";
import { officialScenarios } from "../../lib/scenarios/catalogue/official.ts";
import { createApp, type Scenario } from "../../main.ts";
import { origin } from "../helpers.ts";
import { type Machine, machineOf } from "../matrix/machine.ts";
import { type Fetch, logInAndCall, type Sdk, type Surroundings } from "../matrix/walk.ts";
import type { Assignment } from "./suite.ts";

/** The document that the suite's clients say is theirs; nobody ever fetches it. */
const documentUrl = "https://conformance-test.local/client-metadata.json";

/** How a client ended that could do no more. */
const gaveUp = (error: unknown): string => String(error);

async function drive(sdk: Sdk, surroundings: Pick<Surroundings, "url" | "fetch" | "machine">): Promise<void> {
  const { fetch } = surroundings;
  const browse = async (url: URL): Promise<URL> => {
    const response = await fetch(url, { redirect: "manual" });
    await response.body?.cancel();
    const location = new URL(response.headers.get("location") ?? "about:blank");
    if (location.searchParams.get("state") !== url.searchParams.get("state")) throw new Error("The state is another");
    return location;
  };
  const program = sdk({ ...surroundings, browse, documentUrl, staysUp: true });
  if (typeof program !== "string") await logInAndCall(program, gaveUp);
}

/** Lets a client do what the suite has asked for; however it ends, the suite has seen it. */
export async function driveForSuite(sdk: Sdk, { scenario, url, context }: Assignment): Promise<void> {
  const own = officialScenarios.find(({ official }) => official === scenario);
  const machine = own && withContext(machineOf(own), context);
  await drive(sdk, { url, fetch: fetchWhole, machine });
}

/** Reads answers to their end, of which SDKs leave some unread; none of the suite's goes on for ever. */
const fetchWhole: Fetch = async (input, init) => {
  const { status, headers, body } = await fetch(input, init);
  return new Response(body && await new Response(body).arrayBuffer(), { status, headers });
};

const contextShape = z.object({
  client_id: z.string(),
  client_secret: z.string().default(""),
  private_key_pem: z.string().default(""),
});

/** The same kind of client, with what the suite has told it. */
function withContext(machine: Machine | undefined, context: Assignment["context"]): Machine | undefined {
  if (!machine || machine.kind === "assertion") return machine;
  const { client_id, client_secret, private_key_pem } = contextShape.parse(context);
  switch (machine.kind) {
    case "known":
      return { kind: "known", information: { client_id, client_secret } };
    case "secret":
      return { kind: "secret", clientId: client_id, clientSecret: client_secret };
    case "key":
      return { ...machine, clientId: client_id, privateKey: private_key_pem };
  }
}

const reportShape = z.object({
  verdict: z.enum(["pass", "fail", "incomplete"]),
  clients: z.array(z.object({
    findings: z.array(z.object({
      rule: z.string(),
      status: z.enum(["kept", "broken", "not observed"]),
      detail: z.string(),
      official: z.array(z.string()),
    })),
  })),
});

/** What our report says of a client. */
export type Judgement = z.infer<typeof reportShape>;
/** What became of one of our rules. */
export type Finding = Judgement["clients"][number]["findings"][number];

/** Lets a client work on our scenario, and gives what our report says of it. */
export async function driveForUs(sdk: Sdk, scenario: Scenario): Promise<Judgement> {
  using kv = await Deno.openKv(":memory:");
  const stop = new AbortController();
  const app = createApp({ kv, signal: stop.signal, loopbackOnly: true, scenarios: [scenario] });
  const { name, needs_origin } = scenario;
  const base = needs_origin ? `http://${name}.localhost:8789` : `${origin}/s/${name}`;
  const fetch: Fetch = async (input, init) => {
    const { hostname } = new URL(input);
    if (!/(^|\.)localhost$/.test(hostname)) throw new TypeError("There is no such host");
    return await app(new Request(input, init));
  };
  try {
    await drive(sdk, { url: `${base}/oauth`, fetch, machine: machineOf(scenario) });
    return reportShape.parse(await (await app(new Request(`${base}/control/report`))).json());
  } finally {
    stop.abort();
  }
}
