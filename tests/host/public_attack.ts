/**
 * A public server attacked by one address, and what somebody at another address notices of it. One attack after another,
 * each for some seconds: `deno task attack [seconds of each]` prints a table; `public_attack_test.ts` runs a short one.
 */
import assert from "node:assert/strict";
import { authorizeQuery, codeFields, json, publicClient, redirectOf, text } from "../helpers.ts";
import type { Order } from "./public_attacker.ts";
import { attacks } from "./public_attacks.ts";
import { type Server, startServer } from "./program.ts";
import { postJson, type Send, sendTo, toolCall } from "./public_requests.ts";

/** How long the others' steps take, in milliseconds: the median of some. */
export type Latencies = Readonly<Record<"health" | "registration" | "login" | "tool call", number>>;

/** What was seen of an attack. */
export interface Seen {
  readonly attack: string;
  /** Requests of the attacker that were answered, by status. */
  readonly answers: Readonly<Record<string, number>>;
  readonly latencies: Latencies;
  /** The most memory that was resident, in MiB. */
  readonly residentMiB: number;
}

/** All that somebody new does, and how long each step takes. */
async function visit(send: Send, visitor: string): Promise<Latencies> {
  const timed = async <T>(step: () => Promise<T>): Promise<readonly [T, number]> => {
    const before = performance.now();
    return [await step(), performance.now() - before];
  };
  const [, health] = await timed(async () => await json(await send("/health")));
  const [clientId, registration] = await timed(async () => {
    const response = await send("/oauth/register", postJson(publicClient));
    assert.equal(response.status, 201, await response.clone().text());
    return text(await json(response), "client_id");
  });
  const [token, login] = await timed(async () => {
    const credentials = { auto_approve_email: `${visitor}@example.com`, auto_approve_password: "x" };
    const response = await send(authorizeQuery(clientId, credentials));
    await response.body?.cancel();
    const code = redirectOf(response).searchParams.get("code") ?? "";
    const body = new URLSearchParams(codeFields(clientId, code));
    return text(await json(await send("/oauth/token", { method: "POST", body })), "access_token");
  });
  const [, call] = await timed(async () => {
    const response = await send("/oauth", toolCall(token, "hello"));
    const body = await response.text();
    assert.equal(response.status, 200, body);
    assert.match(body, /hello/);
  });
  return { health, registration, login, "tool call": call };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Visitors come one after another for some time, each from an address of their own; the medians of their steps. */
async function visits(server: Server, seconds: number, name: string): Promise<Latencies> {
  const seen: Latencies[] = [];
  const endMs = performance.now() + seconds * 1000;
  for (let visitor = 0; performance.now() < endMs || visitor < 3; visitor++) {
    seen.push(await visit(sendTo(server.client.url, `8.8.${visitor >> 8}.${visitor & 255}`), `${name}${visitor}`));
  }
  const of = (step: keyof Latencies): number => median(seen.map((latencies) => latencies[step]));
  return { health: of("health"), registration: of("registration"), login: of("login"), "tool call": of("tool call") };
}

/** Resident memory of a process, in MiB. */
async function residentMiB({ pid }: Server): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", `${pid}`], stdout: "piped" }).output();
  return Number(new TextDecoder().decode(stdout)) / 1024;
}

/** The attacker, who does one thing after another. */
interface Attacker extends Disposable {
  readonly attack: (order: Order) => Promise<Readonly<Record<string, number>>>;
}

function startAttacker(): Attacker {
  const worker = new Worker(new URL("./public_attacker.ts", import.meta.url).href, { type: "module" });
  return {
    attack: (order) =>
      new Promise((resolve) => {
        const take = (event: MessageEvent<Readonly<Record<string, number>>>): void => resolve(event.data);
        worker.addEventListener("message", take, { once: true });
        worker.postMessage(order);
      }),
    [Symbol.dispose]: () => worker.terminate(),
  };
}

/** One address sends one thing on many connections for as long as others visit. */
async function seeAttack(
  server: Server,
  { attack }: Attacker,
  { name, seconds, connections }: Pick<Order, "name" | "seconds" | "connections">,
): Promise<Seen> {
  // An address for each attack, so that none begins with what the one before has left.
  const address = `93.184.215.${Object.keys(attacks).indexOf(name)}`;
  const done = attack({ origin: server.client.url, address, name, connections, seconds });
  let most = 0;
  const watch = setInterval(() => void residentMiB(server).then((now) => most = Math.max(most, now)), 200);
  try {
    const latencies = await visits(server, seconds, name);
    const answers = await done;
    return { attack: name, answers, latencies, residentMiB: Math.max(most, await residentMiB(server)) };
  } finally {
    clearInterval(watch);
  }
}

/** How much of it. */
export interface AttackOptions {
  /** How long each attack takes. */
  readonly seconds: number;
  /** How many requests the attacker has under way. */
  readonly connections: number;
  /** Which attacks; all, if not said. */
  readonly only?: readonly string[];
}

/**
 * Attacks a fresh server, and says what was seen when it was quiet and under each attack.
 *
 * @param options How much of it.
 */
export async function attackPublicServer(
  options: AttackOptions,
): Promise<{ readonly quiet: Seen; readonly seen: readonly Seen[] }> {
  const patienceMs = 600_000;
  await using server = await startServer(["--public", "--db", ":memory:", "--quiet"], { patienceMs });
  await visits(server, 0, "warm");
  const quiet = await visits(server, options.seconds, "quiet");
  const first: Seen = { attack: "none", answers: {}, latencies: quiet, residentMiB: await residentMiB(server) };
  const seen: Seen[] = [];
  using attacker = startAttacker();
  for (const name of options.only ?? Object.keys(attacks)) {
    seen.push(await seeAttack(server, attacker, { ...options, name }));
  }
  return { quiet: first, seen };
}

/** The table of what was seen. */
export function tableOf(seen: readonly Seen[]): string {
  const head = ["attack by one address", "health", "registration", "login", "tool call", "RSS, MiB", "answers"];
  const rows = seen.map(({ attack, latencies, residentMiB: most, answers }) => [
    attack,
    ...Object.values(latencies).map((ms) => `${ms.toFixed(1)} ms`),
    most.toFixed(0),
    Object.entries(answers).map(([status, count]) => `${count} x ${status}`).join(", "),
  ]);
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

if (import.meta.main) {
  const [seconds = "10", ...only] = Deno.args;
  const { quiet, seen } = await attackPublicServer({
    seconds: Number(seconds),
    connections: 50,
    ...(only.length > 0 ? { only } : {}),
  });
  // deno-lint-ignore no-console -- it is a program, and this is what it is for
  console.log(tableOf([quiet, ...seen]));
}
