/** Plays a case on a target and writes down what happens. */
import { lookAround, noteCalls, watchGrowth } from "./aftermath.ts";
import type { Case, Step } from "./case.ts";
import { pause } from "./connection.ts";
import { ask, type Scene, type Stage } from "./scene.ts";
import { createState } from "./state.ts";
import { askFromAfar, compare, flood, hold, idle, letIn, listen, overhear, race } from "./steps.ts";
import type { Story } from "./story.ts";

/** Steps that ask for wrong answers. */
const shaping = /^control_(add_faults|change_plan|break_keys|define_scenarios)$/;
const LAST_BREATH_MS = 500;

/** Plays a case. */
export async function play(stage: Stage, played: Case): Promise<Story> {
  const { target } = stage;
  const label = played.isGuessable ? `fuzz-${stage.nextNumber()}` : stage.nextLabel();
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
  // A process that refuses connections may be on its way out.
  if (scene.seen.some(({ answer }) => answer.end === "refused")) await pause(LAST_BREATH_MS);
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
    case "hold":
      return await hold(scene, step);
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
