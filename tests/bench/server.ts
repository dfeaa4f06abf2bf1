/**
 * The process under measurement: our app, or a bare `Deno.serve` that answers a constant, which is as cheap as HTTP gets
 * here. It prints its port, then its CPU time in microseconds for every line it reads; end of input ends it.
 *
 * Usage: server.ts hello | server.ts app DATABASE [no-record] [shared]
 */
import { cpuUsage } from "node:process";
import { createApp } from "../../main.ts";

const [kind, database = ":memory:", ...flags] = Deno.args;
const kv = kind === "app" && database !== ":memory:" ? await Deno.openKv(database) : undefined;
const app = kind === "app"
  ? createApp({
    ...(kv ? { kv } : {}),
    record: !flags.includes("no-record"),
    shared: flags.includes("shared"),
    loopbackOnly: true,
  })
  : (): Response => new Response('{"hello":"world"}', { headers: { "content-type": "application/json" } });
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, app);

function say(value: number): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${value}\n`));
}

say(server.addr.port);
for await (const _ of Deno.stdin.readable) {
  const { user, system } = cpuUsage();
  say(user + system);
}
Deno.exit(0);
