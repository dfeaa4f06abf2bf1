/** Plays a case on a target and writes down what happens. */
import type { Case, Sending, Step } from "./case.ts";
import { labelsOf } from "./case.ts";
import { createState, type State } from "./state.ts";
import { expand, type Json, type Message, type Pair, writeJson } from "./message.ts";
import { mutate } from "./mutations.ts";
import type { Observation, Seen, Story } from "./story.ts";
import type { Target } from "./target.ts";
import { messages } from "./valid.ts";
import { type Answer, bytesOf, pause, type Wire, within } from "./wire.ts";

/** What a case is played with. */
export interface Stage {
  readonly target: Target;
  /** Makes names of sandboxes; each is used once. */
  readonly nextLabel: () => string;
  /** Counts, for what must differ. */
  readonly nextNumber: () => number;
  /** An origin that somebody listens at, and how often it was called. */
  readonly listener: { readonly origin: string; readonly calls: () => number };
}

/** Steps that ask for wrong answers. */
const shaping = /^control_(add_faults|change_plan|break_keys|define_scenarios)$/;
/** More than this above what it was counts as growth, in MiB. */
export const MAX_GROWTH_MIB = 250;
const REST_MS = 500;
const MAX_RESTS = 60;
const MAX_DESCRIPTORS = 20;

/** The part of a run that belongs to one case. */
interface Scene extends Stage {
  readonly played: Case;
  readonly state: State;
  readonly prefix: string;
  readonly elsewhere: string;
  readonly address: string;
  readonly seen: Seen[];
  readonly observations: Observation[];
  readonly open: Deno.TcpConn[];
  /** Tells what was heard in the sandbox beside. */
  readonly overhearing: (() => Promise<void>)[];
  printedSoFar: number;
}

/** Plays a case. */
export async function play(stage: Stage, played: Case): Promise<Story> {
  const { target } = stage;
  const label = stage.nextLabel();
  const prefix = played.isRoot ? "" : `/s/${played.scenario}~${label}`;
  const scene: Scene = {
    ...stage,
    played,
    prefix,
    elsewhere: `/s/standard~${label}-elsewhere`,
    state: createState({ origin: target.statedOrigin, prefix, listener: stage.listener.origin }),
    address: `198.51.${stage.nextNumber() % 250}.${stage.nextNumber() % 250}`,
    seen: [],
    observations: [],
    open: [],
    overhearing: [],
    printedSoFar: target.printed().length,
  };
  const printedBefore = scene.printedSoFar;
  const [server] = target.servers;
  const before = { memory: server?.memoryMiB() ?? 0, descriptors: server?.descriptors() ?? 0 };
  const callsBefore = stage.listener.calls();
  target.takeWorstHealthMs();
  for (const [index, step] of played.steps.entries()) {
    if (target.servers.some((one) => !one.isAlive())) break;
    await take(scene, step, index);
  }
  for (const tell of scene.overhearing) await tell();
  const peakMiB = server?.memoryMiB() ?? 0;
  for (const connection of scene.open) connection.close();
  const record = await lookAround(scene);
  scene.observations.push({ kind: "health", worstMs: target.takeWorstHealthMs() });
  if (server) await watchGrowth(scene, before, peakMiB);
  if (target.servers.some((one) => !one.isAlive())) scene.observations.push({ kind: "dead" });
  noteCalls(scene, callsBefore);
  const isShaped = played.scenario !== "standard" || scene.seen.some(({ message }) => shaping.test(message.name)) ||
    scene.seen.some(({ wire }) => wire.target.includes("fault="));
  return {
    case: played,
    seen: scene.seen,
    observations: scene.observations,
    printed: target.printed().slice(printedBefore),
    record,
    state: scene.state,
    isShaped,
  };
}

async function take(scene: Scene, step: Step, index: number): Promise<void> {
  switch (step.kind) {
    case "send":
      return void await ask(scene, step, index);
    case "race":
      return await race(scene, step, index);
    case "flood":
      return await flood(scene, step, index);
    case "listen":
      return await listen(scene, step, index);
    case "idle":
      return await idle(scene, step);
    case "foreign":
      return await askFromAfar(scene, step, index);
    case "compare":
      return await compare(scene, step.messages, index);
    case "newcomer":
      return await letIn(scene, index);
    case "overhear":
      return await overhear(scene, step, index);
  }
}

/** Writes a request as it goes out. */
function wireOf(scene: Scene, message: Message, isElsewhere = false): Wire {
  const { state, target } = scene;
  const prefix = isElsewhere ? scene.elsewhere : scene.prefix;
  const write = (text: string): string =>
    expand(text, (name, argument) => {
      if (name === "count") return `${scene.nextNumber()}`;
      if (name === "prefix") return prefix;
      return state.expander(name, argument);
    });
  const pairs = (of: readonly Pair[]): [string, string][] => of.map(([name, value]) => [write(name), write(value)]);
  const query = new URLSearchParams(pairs(message.query)).toString();
  const path = write(message.path);
  const isBelow = !path.startsWith("/.well-known") || message.isWellKnown === undefined;
  const placed = isBelow ? prefix + path : message.isWellKnown ? path + prefix : path;
  const { body } = message;
  const content = body === undefined
    ? undefined
    : body.kind === "form"
    ? new URLSearchParams(pairs(body.fields)).toString()
    : body.kind === "text"
    ? write(body.text)
    : writeJson(body.value, (name, argument) => write(`<<${name}:${argument}>>`));
  const from: readonly Pair[] = target.mode === "public" ? [["x-forwarded-for", scene.address]] : [];
  const headers: readonly Pair[] = [...from, ...pairs(message.headers)].map(([name, value]) => [name, safe(value)]);
  return {
    method: message.method,
    target: (placed + (query === "" ? "" : `?${query}`)).replaceAll(" ", "%20").replaceAll(/[\r\n\0]/g, ""),
    headers,
    body: content,
    framing: message.framing ?? {},
  };
}

/** A line break in a header that we write ourselves would inject nothing but our own header. */
function safe(value: string): string {
  return value.replaceAll(/[\r\n\0]/g, "");
}

async function ask(scene: Scene, sending: Sending, step: number): Promise<Seen> {
  const { message: valid, mutations, process = 0, isElsewhere } = sending;
  const message = mutate(valid, mutations);
  const wire = wireOf(scene, message, isElsewhere);
  const answer = await scene.target.send(wire, process);
  scene.state.take(message, answer);
  return note(scene, { step, message, labels: mutations.map(({ name }) => name), wire, answer, process });
}

function note(scene: Scene, seen: Omit<Seen, "logged">): Seen {
  const printed = scene.target.printed();
  const logged = printed.slice(scene.printedSoFar);
  scene.printedSoFar = printed.length;
  const noted = { ...seen, logged: logged.length > 20_000 ? logged.slice(0, 20_000) : logged };
  scene.seen.push(noted);
  return noted;
}

async function race(scene: Scene, step: Step & { kind: "race" }, index: number): Promise<void> {
  const message = mutate(step.message, step.mutations);
  const wire = wireOf(scene, message);
  const answers = await Promise.all(
    Array.from({ length: step.times }, (_, number) => scene.target.send(wire, number % scene.target.origins.length)),
  );
  const isGood = ({ status, headers }: Answer): boolean =>
    status === 200 ||
    (status === 302 && headers.some(([name, value]) => name === "location" && /[?&]code=/.test(value)));
  const successes = answers.filter(isGood).length;
  for (const answer of answers) {
    note(scene, { step: index, message, labels: labelsOf(step), wire, answer, process: 0 });
    scene.state.take(message, answer);
  }
  scene.observations.push({ kind: "race", step: index, name: message.name, successes });
}

const PARALLEL = 4;

async function flood(scene: Scene, step: Step & { kind: "flood" }, index: number): Promise<void> {
  let { bytes } = step;
  let left = step.times;
  const worker = async (): Promise<void> => {
    while (left-- > 0 && scene.target.servers.every((server) => server.isAlive())) {
      const message = padded(mutate(step.message, step.mutations), bytes);
      const wire = wireOf(scene, message);
      const answer = await scene.target.send(wire, 0);
      scene.state.take(message, answer);
      const isRefused = answer.status !== undefined && answer.status >= 400 && answer.status !== 429;
      if (step.isFilling && isRefused) bytes = Math.floor(bytes / 2);
      const isNews = answer.status === undefined || answer.status >= 500;
      if (isNews) note(scene, { step: index, message, labels: labelsOf(step), wire, answer, process: 0 });
    }
  };
  await Promise.all(Array.from({ length: step.isFilling ? 1 : PARALLEL }, worker));
}

/** The padding of a flood stands where a macro says. */
function padded(message: Message, bytes: number): Message {
  const text = JSON.stringify(message).replaceAll("<<padding>>", `<<rep:${Math.max(0, bytes)}:p>>`);
  const read: Message = JSON.parse(text);
  return read;
}

async function listen(scene: Scene, step: Step & { kind: "listen" }, index: number): Promise<void> {
  const { connect } = scene.target;
  if (!connect) return void await ask(scene, step, index);
  const wire = wireOf(scene, mutate(step.message, step.mutations), step.isElsewhere);
  const [origin = ""] = scene.target.origins;
  const { head, body } = bytesOf(wire, origin.slice("http://".length));
  await Promise.all(Array.from({ length: step.count }, async () => {
    try {
      const connection = await connect(step.process ?? 0);
      await connection.write(new Uint8Array([...head, ...body]));
      if (!step.isLeft) return void scene.open.push(connection);
      await pause(5);
      connection.close();
    } catch {
      // The server refuses, which it may.
    }
  }));
}

async function idle(scene: Scene, { count, text }: Step & { kind: "idle" }): Promise<void> {
  const { connect } = scene.target;
  if (!connect) return;
  await Promise.all(Array.from({ length: count }, async () => {
    try {
      const connection = await connect(0);
      scene.open.push(connection);
      await connection.write(new TextEncoder().encode(text));
    } catch {
      // The server refuses, which it may.
    }
  }));
}

/** What is in force in a sandbox, as far as a page of another site could have changed it. */
async function stateOf(scene: Scene): Promise<string> {
  const names = ["control_list_faults", "control_read_plan", "control_list_clients", "control_list_users"];
  const answers: string[] = [];
  for (const name of names) {
    const message = messages.find((one) => one.name === name);
    if (message) answers.push((await scene.target.send(wireOf(scene, message), 0)).body);
  }
  return answers.join("\n");
}

async function askFromAfar(scene: Scene, step: Sending, index: number): Promise<void> {
  const before = await stateOf(scene);
  const { wire } = await ask(scene, step, index);
  const after = await stateOf(scene);
  if (before !== after) {
    scene.observations.push({ kind: "foreign change", step: index, what: `${wire.method} ${step.message.name}` });
  }
}

/** What both processes must say in the same way: the status, and where a redirect leads. */
async function compare(scene: Scene, asked: readonly Message[], index: number): Promise<void> {
  for (const message of asked) {
    const outcomes: string[] = [];
    for (const process of scene.target.origins.keys()) {
      const { answer } = await ask(scene, { message, mutations: [], process }, index);
      const location = answer.headers.find(([name]) => name === "location")?.[1] ?? "";
      const leadsTo = URL.parse(location)?.host ?? "";
      outcomes.push(`${answer.status} ${leadsTo}${location.includes("error=") ? " error" : ""}`);
    }
    if (new Set(outcomes).size > 1) {
      scene.observations.push({ kind: "disagreement", step: index, what: `${message.name}: ${outcomes.join(" / ")}` });
    }
  }
}

async function letIn(scene: Scene, index: number): Promise<void> {
  const newcomer: Scene = { ...scene, prefix: "", address: `203.0.113.${scene.nextNumber() % 250}` };
  for (const name of ["register", "authorize"]) {
    const message = messages.find((one) => one.name === name && one.gives.length > 0);
    if (!message) continue;
    const { answer } = await ask(newcomer, { message, mutations: [] }, index);
    newcomer.observations.push({ kind: "newcomer", step: index, answer });
    if (answer.status !== 201) return;
  }
}

/** Listens in the sandbox beside, and tells at the end of the case what was heard there. */
async function overhear(scene: Scene, step: Sending, index: number): Promise<void> {
  const { connect } = scene.target;
  if (!connect) return;
  const wire = wireOf(scene, mutate(step.message, step.mutations), true);
  const [origin = ""] = scene.target.origins;
  const { head, body } = bytesOf(wire, origin.slice("http://".length));
  const connection = await connect(0);
  await connection.write(new Uint8Array([...head, ...body]));
  scene.open.push(connection);
  await pause(150);
  await readFor(connection, 50);
  scene.overhearing.push(async () => {
    const text = await readFor(connection, 200);
    if (/notifications\/|event: exchange/.test(text)) {
      scene.observations.push({ kind: "overheard", step: index, text: text.slice(0, 300) });
    }
  });
}

async function readFor(connection: Deno.TcpConn, ms: number): Promise<string> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  const read = async (): Promise<void> => {
    for (;;) {
      const count = await connection.read(buffer).catch(() => null);
      if (count === null) return;
      text += new TextDecoder().decode(buffer.subarray(0, count));
    }
  };
  await within(read(), ms);
  return text;
}

/** Routes whose requests are a client's, and so on record whatever they are answered. */
const recorded =
  /^(register|token|par|device|introspect|revoke|userinfo|jwks|authorize|decide|\w+_registration|(no_auth|bearer|oauth|conformance)_(post|delete))$/;
/** What may be refused before the app sees it, or go elsewhere. */
const unlisted = new Set(["odd path", "other method", "odd framing", "odd host", "chunked and long", "long headers"]);
const clearing = /^control_(reset|clear_exchanges)$/;

/** Reads what the case has left behind, which must be readable whatever was done; and puts it on record. */
async function lookAround(scene: Scene): Promise<string> {
  const look = async (name: string, query: readonly Pair[] = []): Promise<string> => {
    const message: Message = { name: "aftermath", method: "GET", path: name, query, headers: [], gives: [] };
    return (await ask(scene, { message, mutations: [] }, -1)).answer.body;
  };
  await look("/health");
  for (const name of ["plan", "faults", "clients", "users", "tokens"]) await look(`/control/${name}`);
  let record = "";
  if (scene.played.isRecordRead) {
    const exchanges = await look("/control/exchanges");
    const har = await look("/control/exchanges", [["format", "har"]]);
    const report = await look("/control/report");
    countRecord(scene, exchanges, report);
    record = exchanges + har + report;
  }
  const reset = messages.find(({ name }) => name === "control_reset");
  if (reset) await ask(scene, { message: reset, mutations: [] }, -1);
  await look("/health");
  return record;
}

function countRecord(scene: Scene, exchanges: string, report: string): void {
  const isCleared = scene.seen.some(({ step, message }) => step >= 0 && clearing.test(message.name));
  const isElsewhere = scene.played.steps.some((step) => "isElsewhere" in step && step.isElsewhere);
  const isFlooded = scene.played.steps.some(({ kind }) => kind === "flood" || kind === "listen" || kind === "newcomer");
  if (scene.played.isRoot || isCleared || isElsewhere || isFlooded) return;
  const answered =
    scene.seen.filter(({ message, labels, answer }) =>
      recorded.test(message.name) && answer.status !== undefined && !labels.some((label) => unlisted.has(label))
    ).length;
  const parsed = parse(exchanges);
  if (!parsed) return;
  const isToldOf = /"\w*(left_out|lost|dropped|omitted|missing|incomplete)\w*"\s*:\s*([1-9]|true)/.test(
    report + exchanges,
  );
  scene.observations.push({ kind: "record", answered, recorded: parsed.exchanges.length, isToldOf });
}

function parse(text: string): { readonly exchanges: readonly Json[] } | undefined {
  try {
    const value = JSON.parse(text);
    return Array.isArray(value.exchanges) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Rests until the process is as large as before, or long enough. */
async function watchGrowth(
  scene: Scene,
  before: { readonly memory: number; readonly descriptors: number },
  peakMiB: number,
): Promise<void> {
  const [server] = scene.target.servers;
  if (!server) return;
  const isLarge = (): boolean =>
    server.isAlive() && (server.memoryMiB() > before.memory + MAX_GROWTH_MIB ||
      server.descriptors() > before.descriptors + MAX_DESCRIPTORS);
  for (let rest = 0; rest < MAX_RESTS && isLarge(); rest++) await pause(REST_MS);
  scene.observations.push({ kind: "memory", beforeMiB: before.memory, afterMiB: server.memoryMiB(), peakMiB });
  scene.observations.push({ kind: "descriptors", before: before.descriptors, after: server.descriptors() });
}

function noteCalls(scene: Scene, before: number): void {
  if (scene.listener.calls() === before) return;
  const foreign = scene.seen.find(({ wire }) =>
    wire.headers.some(([name, value]) => name === "origin" && /evil/.test(value)) &&
    (wire.target + (wire.body ?? "")).includes(encodeURIComponent(scene.listener.origin))
  );
  if (foreign) scene.observations.push({ kind: "called", origin: "http://evil.example" });
}
