/** What one address attacks a public server with. */
import { authorizeQuery, json, publicClient, text } from "../helpers.ts";
import { postJson, type Send, toolCall } from "./public_requests.ts";

/** Where the server listens. */
export interface Target {
  readonly hostname: string;
  readonly port: number;
}

const own = "/s/standard~attacker-own-secret-label-1";
const claim = "x".repeat(900_000);

/** Opens connections that never say what they want, and keeps them for a while. */
async function holdConnections({ hostname, port }: Target): Promise<Response> {
  const opened = await Promise.all(Array.from({ length: 20 }, () => Deno.connect({ hostname, port })));
  for (const connection of opened) await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const connection of opened) connection.close();
  return new Response();
}

/** What the attacker sends, the how-manieth time; each at as many at once as its connections are. */
export const attacks: Readonly<Record<string, (send: Send, turn: number, target: Target) => Promise<Response>>> = {
  connections: (send, turn, target) => turn % 2 === 0 ? holdConnections(target) : send("/"),
  requests: (send) => send("/"),
  registrations: (send, turn) =>
    send(
      "/oauth/register",
      postJson({ ...publicClient, jwks: { keys: [{ kty: "RSA", e: "AQAB", n: "x".repeat(30_000 - turn % 100) }] } }),
    ),
  users: async (send, turn) => {
    const clientId = await attackersClient(send);
    const credentials = { auto_approve_email: `u${turn}@example.com`, auto_approve_password: "x" };
    return await send(authorizeQuery(clientId, credentials));
  },
  bodies: (send, turn) =>
    turn % 2 === 0 ? send("/oauth/register", postJson({ claim })) : send("/no-auth", toolCall("", claim)),
  events: (send) => send(`${own}/control/events`),
  reports: (send) => send(`${own}/control/report`),
  exchanges: (send) => send(`${own}/control/exchanges`),
  sandboxes: (send, turn) => send(`/s/standard~${turn}/oauth/jwks`),
  rotations: (send) => send(`${own}/control/keys/rotate`, { method: "POST" }),
};

let client: Promise<string> | undefined;

function attackersClient(send: Send): Promise<string> {
  client ??= send("/oauth/register", postJson(publicClient)).then(async (response) =>
    text(await json(response), "client_id")
  );
  client.catch(() => client = undefined);
  return client;
}
