/**
 * The clients of both TypeScript SDKs as drivers: jobs come in as lines of JSON, and what became of each step goes out. See
 * ../README.md for the contract. `driver.ts v1` drives SDK 1.x, `driver.ts v2` SDK 2.x.
 */
import { z } from "zod";
import { ECHO_TOOL, REPORT_TOOL } from "../../../../lib/scenarios/reporting_tools.ts";
import { TextLineStream } from "../../lines.ts";
import type { Asked, Entry, Session, Start } from "./session.ts";
import { startV1 } from "./v1.ts";
import { startV2 } from "./v2.ts";

const valueShape = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

const callShape = z.object({ tool: z.string().default(""), arguments: z.record(z.string(), z.unknown()).default({}) });

const stepShape = callShape.extend({
  do: z.string(),
  calls: z.array(callShape).default([]),
  after_ms: z.number().default(0),
  uri: z.string().default(""),
  prompt: z.string().default(""),
  clock_ms: z.number().default(0),
  ms: z.number().default(0),
  action: z.enum(["accept", "decline", "cancel"]).default("accept"),
  content: z.record(z.string(), valueShape).optional(),
  notifications: z.looseObject({ resourceSubscriptions: z.array(z.string()).default([]) }).optional(),
});

type Step = z.infer<typeof stepShape>;

const jobShape = z.object({
  id: z.string(),
  url: z.url(),
  control: z.url(),
  client: z.looseObject({
    client_id: z.string(),
    client_secret: z.string().optional(),
    grant_types: z.array(z.string()),
    private_key_pem: z.string().optional(),
  }).optional(),
  client_metadata_url: z.url().optional(),
  handshake: z.boolean().default(false),
  limit_ms: z.number(),
  steps: z.array(stepShape),
});

type Job = z.infer<typeof jobShape>;

/** How long is waited for a client to close what it has open. */
const LEAVE_MS = 5000;

class BrowserError extends Error {}
class LimitError extends Error {}

/** How often in a row a person logs in, if that does not help. */
const MAX_VAIN_LOGINS = 3;

/** What a person was asked for: logins, and how many since something succeeded that needs one. */
interface Seen {
  logins: number;
  vainLogins: number;
}

/** A browser whose person agrees to everything, as long as it helps. */
function openBrowser(): { readonly visit: (url: URL) => Promise<URL>; readonly seen: Seen } {
  const seen = { logins: 0, vainLogins: 0 };
  return {
    seen,
    visit: async (url) => {
      if (seen.vainLogins === MAX_VAIN_LOGINS) throw new BrowserError("the person has logged in often enough");
      seen.vainLogins++;
      seen.logins++;
      const asked = new URL(url);
      asked.searchParams.set("auto_approve", "true");
      const response = await fetch(asked, { redirect: "manual" });
      await response.body?.cancel();
      const location = response.headers.get("location");
      if (location === null) throw new BrowserError(`the browser shows ${response.status}`);
      const back = new URL(location);
      // The SDKs leave it to their user to compare the state (MCP, open redirection).
      if (back.searchParams.get("state") !== asked.searchParams.get("state")) {
        throw new BrowserError("the browser returns another state");
      }
      return back;
    },
  };
}

const texts: Readonly<Record<string, string>> = {
  email: "ada@example.com",
  uri: "https://example.com/",
  date: "2026-01-01",
  "date-time": "2026-01-01T00:00:00Z",
};

/** What is filled in where a form asks for something. */
function valueFor(schema: unknown): z.infer<typeof valueShape> {
  const { default: given, enum: choices, oneOf, type, format = "" } = z.looseObject({
    default: valueShape.optional(),
    enum: z.array(z.string()).optional(),
    oneOf: z.array(z.looseObject({ const: z.string() })).optional(),
    type: z.string().optional(),
    format: z.string().optional(),
  }).catch({}).parse(schema);
  const choice = given ?? choices?.[0] ?? oneOf?.[0]?.const;
  if (choice !== undefined) return choice;
  if (type === "number" || type === "integer") return 5;
  return type === "boolean" ? true : type === "array" ? [] : texts[format] ?? "hi";
}

function filled(properties: Readonly<Record<string, unknown>>): Record<string, z.infer<typeof valueShape>> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueFor(schema)]));
}

/** Steps that succeed though a login has not helped. */
const needNoLogin: ReadonlySet<string> = new Set(["connect", "switch_user", "wait", "answer", "end"]);

/** What a step gives that the client has no way to do; one that is left out gives false. */
const LACKS = "lacks";

/** One job: does its steps one after the other. */
function createRun(job: Job, start: Start, asked: Asked): (step: Step) => Promise<unknown> {
  const program = start({ ...job, listens: job.steps.some((step) => step.do === "listen") }, asked);
  const outcomes = new Map<string, "result" | "error">();
  let session: Session | undefined;
  let tools: readonly Entry[] | undefined;
  // One that a step failed on is not used again.
  const need = async (): Promise<Session> => session ??= await program.connect();
  const call = async (step: z.infer<typeof callShape>, signal?: AbortSignal): Promise<boolean> => {
    const open = await need();
    // Where the list could not be read, nobody knows what is not in it.
    if (tools?.some(({ name }) => name === step.tool) === false) return false;
    outcomes.set(step.tool, "error");
    const failed = await open.call(step.tool, step.arguments, signal);
    if (!failed) outcomes.set(step.tool, "result");
    return true;
  };
  const withSkills = async (work: (skills: NonNullable<Session["skills"]>) => Promise<void>): Promise<unknown> => {
    const { skills } = await need();
    return skills ? await work(skills) : LACKS;
  };
  const end = async (): Promise<void> => {
    const left = session;
    session = undefined;
    await left?.close();
  };
  const works: Readonly<Record<string, (step: Step) => Promise<unknown>>> = {
    connect: need,
    listen: async ({ notifications }) => await (await need()).listen(notifications?.resourceSubscriptions ?? []),
    list_tools: async () => {
      tools = undefined;
      tools = await (await need()).list("tools");
    },
    list_resources: async () => await (await need()).list("resources"),
    list_resource_templates: async () => await (await need()).list("resource_templates"),
    list_prompts: async () => await (await need()).list("prompts"),
    call,
    call_at_once: ({ calls }) => Promise.all(calls.map((one) => call(one))),
    cancel: async (step) => {
      await call(step, AbortSignal.timeout(step.after_ms)).catch(() => {});
    },
    report: ({ tool }) => call({ tool: REPORT_TOOL, arguments: { tool, outcome: outcomes.get(tool) } }),
    hand_back_schema: ({ tool }) => {
      const schema = tools?.find(({ name }) => name === tool)?.inputSchema;
      return call({ tool: ECHO_TOOL, arguments: { tool, schema } });
    },
    list_skills: async () => await withSkills(({ list }) => list()),
    load_skill: async ({ uri }) => await withSkills(({ load }) => load(uri)),
    read: async ({ uri }) => await (await need()).read(uri),
    get_prompt: async ({ prompt, arguments: given }) => await (await need()).getPrompt(prompt, textsOf(given)),
    wait: async ({ clock_ms, ms }) => {
      if (clock_ms > 0) await moveClock(job.control, clock_ms);
      await new Promise((resolve) => setTimeout(resolve, ms));
    },
    answer: ({ action, content }) => {
      asked.answer = ({ properties }) =>
        action === "accept" ? { action, content: content ?? filled(properties) } : { action };
      return Promise.resolve();
    },
    switch_user: async () => {
      await end();
      program.forget();
      await need();
    },
    end,
  };
  return async (step) => {
    const work = works[step.do];
    if (!work) return LACKS;
    try {
      return await within(job.limit_ms + step.ms, work(step));
    } catch (error) {
      await within(LEAVE_MS, end()).catch(() => {});
      throw error;
    }
  };
}

function textsOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
}

async function moveClock(control: string, ms: number): Promise<void> {
  const response = await fetch(`${control}/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ advance_seconds: ms / 1000 }),
  });
  await response.body?.cancel();
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new LimitError()), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function tell(line: object): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
}

async function drive(job: Job, start: Start): Promise<void> {
  const { visit, seen } = openBrowser();
  const asked: Asked = {
    visit,
    answer: ({ properties }) => ({ action: "accept", content: filled(properties) }),
  };
  const run = createRun(job, start, asked);
  let hasGivenUp = false;
  for (const [index, step] of job.steps.entries()) {
    hasGivenUp &&= step.do !== "connect";
    if (hasGivenUp) continue;
    const line = { id: job.id, step: index, do: step.do };
    let stops = false;
    try {
      const done = await run(step);
      if (done !== LACKS && done !== false && !needNoLogin.has(step.do)) seen.vainLogins = 0;
      const left = done === LACKS ? { lacks: true } : done === false ? { skipped: true } : {};
      tell({ ...line, ok: true, ...left, logins: seen.logins });
    } catch (error) {
      const hangs = error instanceof LimitError;
      stops = hangs;
      hasGivenUp = step.do === "connect";
      const [name, message] = error instanceof Error ? [error.constructor.name, error.message] : ["", String(error)];
      const told = hangs ? { hangs } : { error: name, message: message.slice(0, 300) };
      tell({ ...line, ok: false, ...told, logins: seen.logins });
    }
    if (stops) break;
  }
  tell({ id: job.id, done: true });
}

/** What is left open by a client that gave up, or that is told later than it asks, ends nobody else's job. */
addEventListener("unhandledrejection", (event) => event.preventDefault());
addEventListener("error", (event) => event.preventDefault());

const start = Deno.args[0] === "v1" ? startV1 : startV2;
const jobs: Promise<void>[] = [];
for await (const line of Deno.stdin.readable.pipeThrough(new TextLineStream())) {
  jobs.push(drive(jobShape.parse(JSON.parse(line)), start));
}
await Promise.all(jobs);
Deno.exit(0);
