/** What a case can do beside sending one request. */
import { labelsOf, type Sending, type Step } from "./case.ts";
import { pause, within, write } from "./connection.ts";
import type { Message } from "./message.ts";
import { mutate } from "./mutations.ts";
import { ask, note, type Scene, wireOf } from "./scene.ts";
import { messages } from "./valid.ts";
import { type Answer, bytesOf, joined } from "./wire.ts";

/** How long a body may take that is sent but for its last byte, in milliseconds. */
const HELD_MS = 1000;

export async function race(scene: Scene, step: Step & { kind: "race" }, index: number): Promise<void> {
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

export async function flood(scene: Scene, step: Step & { kind: "flood" }, index: number): Promise<void> {
  let { bytes } = step;
  let left = step.times;
  const worker = async (): Promise<void> => {
    while (left-- > 0 && scene.target.servers.every((server) => server.isAlive())) {
      const message = padded(mutate(step.message, step.mutations), bytes);
      const from = { ...scene, address: `198.18.${left % step.addresses >> 8}.${left % step.addresses & 255}` };
      const wire = wireOf(step.addresses > 1 ? from : scene, message);
      const answer = await scene.target.send(wire, 0);
      scene.state.take(message, answer);
      const isRefused = answer.status !== undefined && answer.status >= 400 && answer.status !== 429;
      if (step.isFilling && isRefused) bytes = Math.floor(bytes / 2);
      const isNews = answer.status === undefined || answer.status >= 500;
      if (isNews) note(scene, { step: index, message, labels: labelsOf(step), wire, answer, process: 0 });
    }
  };
  await Promise.all(Array.from({ length: step.parallel }, worker));
}

/** The padding of a flood stands where a macro says. */
function padded(message: Message, bytes: number): Message {
  const text = JSON.stringify(message).replaceAll("<<padding>>", `<<rep:${Math.max(0, bytes)}:p>>`);
  const read: Message = JSON.parse(text);
  return read;
}

export async function listen(scene: Scene, step: Step & { kind: "listen" }, index: number): Promise<void> {
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

export async function hold(scene: Scene, step: Step & { kind: "hold" }): Promise<void> {
  const { connect } = scene.target;
  if (!connect) return;
  const message = padded(mutate(step.message, step.mutations), step.bytes);
  const [origin = ""] = scene.target.origins;
  let left = step.count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const wire = wireOf({ ...scene, address: `198.18.${left >> 8}.${left & 255}` }, message);
      const { head, body } = bytesOf(wire, origin.slice("http://".length));
      const connection = await connect(0);
      scene.open.push(connection);
      // A server that has refused a body reads no further.
      await within(write(connection, joined([head, body.subarray(0, -1)])), HELD_MS);
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

export async function idle(scene: Scene, { count, text }: Step & { kind: "idle" }): Promise<void> {
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

/** What is in force in a sandbox. Not its people: an authorization is asked for by a page of another site, and makes them. */
async function stateOf(scene: Scene): Promise<string> {
  const names = ["control_list_faults", "control_read_plan", "control_list_clients"];
  const answers: string[] = [];
  for (const name of names) {
    const message = messages.find((one) => one.name === name);
    if (message) answers.push((await scene.target.send(wireOf(scene, message), 0)).body);
  }
  return answers.join("\n");
}

export async function askFromAfar(scene: Scene, step: Sending, index: number): Promise<void> {
  const before = await stateOf(scene);
  const { wire } = await ask(scene, step, index);
  const after = await stateOf(scene);
  if (before !== after) {
    scene.observations.push({ kind: "foreign change", step: index, what: `${wire.method} ${step.message.name}` });
  }
}

/**
 * What both processes must say in the same way: the status, and where a redirect leads. Where they differ they are asked
 * once more, as a fault that happens once may have met the first of them.
 */
export async function compare(scene: Scene, asked: readonly Message[], index: number): Promise<void> {
  for (const message of asked) {
    let outcomes = await outcomesOf(scene, message, index);
    if (new Set(outcomes).size > 1) outcomes = await outcomesOf(scene, message, index);
    if (new Set(outcomes).size > 1) {
      scene.observations.push({ kind: "disagreement", step: index, what: `${message.name}: ${outcomes.join(" / ")}` });
    }
  }
}

async function outcomesOf(scene: Scene, message: Message, index: number): Promise<readonly string[]> {
  const outcomes: string[] = [];
  for (const process of scene.target.origins.keys()) {
    const { answer } = await ask(scene, { message, mutations: [], process }, index);
    const location = answer.headers.find(([name]) => name === "location")?.[1] ?? "";
    const leadsTo = URL.parse(location)?.host ?? "";
    outcomes.push(`${answer.status} ${leadsTo}${location.includes("error=") ? " error" : ""}`);
  }
  return outcomes;
}

export async function letIn(scene: Scene, index: number): Promise<void> {
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
export async function overhear(scene: Scene, step: Sending, index: number): Promise<void> {
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
