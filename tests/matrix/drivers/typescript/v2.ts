/** The client of SDK 2.x. */
import {
  Client,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { SkillsClient } from "@modelcontextprotocol/client/ext/skills";
import { createProvider } from "../../../host/server.ts";
import { createSpecial, loadSkill } from "../../sdk_v2.ts";
import { type Asked, type Connect, type Listed, machineFor, type Session, withLogins } from "./session.ts";

function createClient(asked: Asked, handshake: boolean): Client {
  const client = new Client({ name: "driver v2", version: "1" }, {
    capabilities: { elicitation: {}, sampling: {}, roots: {} },
    versionNegotiation: { mode: handshake ? "legacy" : "auto" },
  });
  client.setRequestHandler(
    "elicitation/create",
    ({ params }) => "requestedSchema" in params ? asked.answer(params.requestedSchema) : { action: "accept" },
  );
  client.setRequestHandler(
    "sampling/createMessage",
    () => ({ role: "assistant", model: "none", content: { type: "text", text: "hi" } }),
  );
  client.setRequestHandler("roots/list", () => ({ roots: [{ uri: "file:///home/person", name: "home" }] }));
  return client;
}

/** Connects. */
export const connectV2: Connect = async ({ url, client: known, handshake }, asked): Promise<Session> => {
  // A program that keeps what was discovered would never notice a server that has moved.
  const { saveDiscoveryState: _save, discoveryState: _load, ...person } = createProvider<
    StoredOAuthClientInformation,
    StoredOAuthTokens,
    undefined
  >({ open: asked.visit });
  const machine = machineFor(known);
  if (machine?.kind === "known") person.saveClientInformation(machine.information);
  const authProvider = machine ? createSpecial(machine, person, fetch) : person;
  const open = (): StreamableHTTPClientTransport => new StreamableHTTPClientTransport(new URL(url), { authProvider });
  let [client, transport] = [createClient(asked, handshake), open()];
  let used = 0;
  const connect = async (): Promise<void> => {
    [client, transport] = [createClient(asked, handshake), open()];
    await client.connect(transport);
  };
  const logIn = async (): Promise<boolean> => {
    const callback = person.kept.callbacks[used];
    if (!callback) return false;
    used++;
    await transport.finishAuth(callback.searchParams);
    await client.close();
    return true;
  };
  const mustLogIn = (error: unknown): boolean => error instanceof UnauthorizedError;
  const again = async (): Promise<boolean> => {
    if (!await logIn()) return false;
    await withLogins(connect, mustLogIn, logIn);
    return true;
  };
  const listAll = async (what: Listed): Promise<readonly string[]> => {
    switch (what) {
      case "tools":
        return (await client.listTools()).tools.map(({ name }) => name);
      case "resources":
        return (await client.listResources()).resources.map(({ uri }) => uri);
      case "resource_templates":
        return (await client.listResourceTemplates()).resourceTemplates.map(({ name }) => name);
      case "prompts":
        return (await client.listPrompts()).prompts.map(({ name }) => name);
    }
  };
  const use = async (work: () => Promise<unknown>): Promise<void> => {
    await withLogins(work, mustLogIn, again);
  };
  await withLogins(connect, mustLogIn, logIn);
  return {
    list: (what) => withLogins(() => listAll(what), mustLogIn, again),
    call: (name, given, signal) => use(() => client.callTool({ name, arguments: given }, signal ? { signal } : {})),
    read: (uri) => use(() => client.readResource({ uri })),
    getPrompt: (name, given) => use(() => client.getPrompt({ name, arguments: given })),
    skills: {
      list: () => use(() => new SkillsClient(client).list()),
      load: (uri) =>
        use(async () => {
          const skills = new SkillsClient(client);
          const found = (await skills.list()).skills.find((skill) => skill.uri === uri);
          if (found) await loadSkill(skills, found);
        }),
    },
    close: async () => {
      await transport.terminateSession().catch(() => {});
      await client.close();
    },
  };
};
