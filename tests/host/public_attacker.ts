/** The attacker of `public_attack.ts`, in a thread of its own, so that what it takes is not taken from who visits. */
import { z } from "zod";
import { attacks } from "./public_attacks.ts";
import { type Send, sendTo } from "./public_requests.ts";

const orderSchema = z.object({
  origin: z.string(),
  address: z.string(),
  name: z.string(),
  connections: z.number(),
  seconds: z.number(),
});

/** What the attacker is to do. */
export type Order = z.infer<typeof orderSchema>;

/** Sends one thing on many connections for some time; gives how many were answered how. */
async function attack(
  { origin, address, name, connections, seconds }: Order,
): Promise<Readonly<Record<string, number>>> {
  const from = sendTo(origin, address);
  const answers: Record<string, number> = {};
  const endMs = performance.now() + seconds * 1000;
  const sendAttack = attacks[name] ?? attacks.requests;
  const { hostname, port } = new URL(origin);
  const target = { hostname, port: Number(port) };
  let turn = 0;
  const work = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const signal = AbortSignal.timeout(2000);
      const once: Send = (path, init) => from(path, { ...init, signal });
      const status = await sendAttack?.(once, turn++, target).then(async (response) => {
        await response.body?.cancel();
        return `${response.status}`;
      }, () => "no answer") ?? "none";
      answers[status] = (answers[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  return answers;
}

self.addEventListener("message", (event: MessageEvent<unknown>) => {
  void attack(orderSchema.parse(event.data)).then((answers) => self.postMessage(answers));
});
