/** What a case has left behind: what can be read, what is on record, and how large the process is. */
import type { Answer } from "./wire.ts";
import { pause } from "./connection.ts";
import { MAX_DESCRIPTORS, MAX_GROWTH_MIB } from "./evidence.ts";
import type { Json, Message, Pair } from "./message.ts";
import { ask, type Scene } from "./scene.ts";
import { messages } from "./valid.ts";

const REST_MS = 500;
const MAX_RESTS = 60;

/** Routes whose requests are a client's, and so on record whatever they are answered. */
const recorded =
  /^(register|token|par|device|introspect|revoke|userinfo|jwks|authorize|decide|\w+_registration|(no_auth|bearer|oauth|conformance)_(post|delete))$/;
/** What may be refused before the app sees it, or go elsewhere. */
const unlisted = new Set(["odd path", "other method", "odd framing", "odd host", "chunked and long", "long headers"]);
const clearing = /^control_(reset|clear_exchanges)$/;

/** Reads what the case has left behind, which must be readable whatever was done; and puts it on record. */
export async function lookAround(scene: Scene): Promise<string> {
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
    record = exchanges + har + report + await look("/control/events");
  }
  const reset = messages.find(({ name }) => name === "control_reset");
  if (reset) await ask(scene, { message: reset, mutations: [] }, -1);
  await look("/health");
  return record;
}

/** What is no HTTP, or has a head of more than 64 KiB, is refused by the runtime, and no app hears of it. */
function isOfRuntime({ status, headers, body }: Answer): boolean {
  const isSilent = body === "" && !headers.some(([name]) => name === "content-type");
  return isSilent && (status === 400 || status === 414 || status === 431);
}

function countRecord(scene: Scene, exchanges: string, report: string): void {
  const isCleared = scene.seen.some(({ step, message }) => step >= 0 && clearing.test(message.name));
  const isElsewhere = scene.played.steps.some((step) => "isElsewhere" in step && step.isElsewhere);
  const isFlooded = scene.played.steps.some(({ kind }) => kind === "flood" || kind === "listen" || kind === "newcomer");
  if (scene.played.isRoot || isCleared || isElsewhere || isFlooded) return;
  const answered =
    scene.seen.filter(({ message, labels, answer }) =>
      recorded.test(message.name) && answer.status !== undefined && !isOfRuntime(answer) &&
      !labels.some((label) => unlisted.has(label))
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
export async function watchGrowth(
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

export function noteCalls(scene: Scene, before: number): void {
  if (scene.listener.calls() === before) return;
  const foreign = scene.seen.find(({ wire }) =>
    wire.headers.some(([name, value]) => name === "origin" && /evil/.test(value)) &&
    (wire.target + (wire.body ?? "")).includes(encodeURIComponent(scene.listener.origin))
  );
  if (foreign) scene.observations.push({ kind: "called", origin: "http://evil.example" });
}
