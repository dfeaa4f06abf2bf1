/** What is tried with each scenario of the official suite, by its name there: the same with their server and with ours. */
import assert from "node:assert/strict";
import type { Party, Walk } from "./oracle_party.ts";
import { clientScripts } from "./oracle_scripts_clients.ts";
import {
  authorize,
  bearer,
  call,
  callTool,
  codeFields,
  discover,
  firstMessage,
  type Found,
  listTools,
  logIn,
  redeem,
  register,
} from "./oracle_steps.ts";

/** Walks through a server. */
export type Script = (walk: Walk) => Promise<void>;

/** Everything from the first refusal to a called tool, and what is beside the way. */
const wholeFlow: Script = async (walk) => {
  const { ask, party } = walk;
  await call(walk, "first message without a token", firstMessage(walk));
  await ask("a stream", party.mcpUrl, { headers: { accept: "text/event-stream" } });
  await ask("an end", party.mcpUrl, { method: "DELETE" });
  await ask("server metadata at the resource", serverMetadataOf(party));
  const token = await logIn(walk, await discover(walk));
  await useToken(walk, token);
};

/** Where a client looks that takes the resource for its own authorization server (MCP 2025-03-26). */
function serverMetadataOf({ base }: Party): string {
  const { origin, pathname } = new URL(`${base}/`);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, "")}`;
}

async function useToken(walk: Walk, token: string): Promise<void> {
  await call(walk, "first message", { ...firstMessage(walk), ...bearer(token) });
  await call(walk, "tools", { ...listTools, ...bearer(token) });
  await call(walk, "tool", { ...callTool, ...bearer(token) });
  await call(walk, "tools with a wrong token", { ...listTools, ...bearer("nonsense") });
}

/** As far as a token for a scope; the next attempts have names of their own. */
async function tokenFor(walk: Walk, found: Found, scope: string | undefined, at = ""): Promise<string> {
  return await logIn(walk, { ...found, scope }, at);
}

const scopeFlow: Script = async (walk) => {
  await wholeFlow(walk);
  const found = await discover(walk, "again: ");
  const token = await tokenFor(walk, found, undefined, "without a scope: ");
  await call(walk, "without a scope: tools", { ...listTools, ...bearer(token) });
};

const stepUp: Script = async (walk) => {
  await call(walk, "first message without a token", firstMessage(walk));
  const found = await discover(walk);
  const token = await logIn(walk, found);
  await call(walk, "tools", { ...listTools, ...bearer(token) });
  await call(walk, "tool", { ...callTool, ...bearer(token) });
  const more = await tokenFor(walk, found, "mcp:basic mcp:write", "more: ");
  await call(walk, "more: tools", { ...listTools, ...bearer(more) });
  await call(walk, "more: tool", { ...callTool, ...bearer(more) });
  const less = await tokenFor(walk, found, "mcp:profile", "decoy: ");
  await call(walk, "decoy: tools", { ...listTools, ...bearer(less) });
};

const endless: Script = async (walk) => {
  const token = await logIn(walk, await discover(walk));
  for (const attempt of [1, 2, 3, 4, 5]) await call(walk, `attempt ${attempt}`, { ...listTools, ...bearer(token) });
  await call(walk, "first message", { ...firstMessage(walk), ...bearer(token) });
};

const moved: Script = async (walk) => {
  const found = await discover(walk);
  const registered = await register(walk, found);
  const clientId = String(registered.client_id);
  const code = await authorize(walk, found, { clientId });
  const fields = codeFields(found, clientId, code);
  const { body } = await redeem(walk, "token", { metadata: found.metadata, fields });
  const old = bearer(String(body.access_token));
  await call(walk, "tools", { ...listTools, ...old });
  await call(walk, "tool with the old token", { ...callTool, ...old });
  const answer = await walk.party.send(resourceMetadataOf(walk));
  const { authorization_servers: [second] } = await answer.json();
  walk.party.words.unshift([String(second), "{second}"]);
  const next = await discover(walk, "second: ");
  assert.equal(next.issuer, second);
  const token = await logIn(walk, next, "second: ");
  await call(walk, "second: tools", { ...listTools, ...bearer(token) });
  await call(walk, "second: tool", { ...callTool, ...bearer(token) });
  await call(walk, "tools with the old token", { ...listTools, ...old });
};

function resourceMetadataOf({ party: { mcpUrl } }: Walk): string {
  const { origin, pathname } = new URL(mcpUrl);
  return `${origin}/.well-known/oauth-protected-resource${pathname}`;
}

/** The scripts that are not {@link wholeFlow}. */
const scripts: Readonly<Record<string, Script>> = {
  "auth/scope-from-www-authenticate": scopeFlow,
  "auth/scope-step-up": stepUp,
  "auth/scope-retry-limit": endless,
  "auth/authorization-server-migration": moved,
  ...clientScripts,
};

/** The script of a scenario. */
export function scriptOf(official: string): Script {
  return scripts[official] ?? wholeFlow;
}
