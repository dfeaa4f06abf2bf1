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
import {
  type Asked,
  type Entry,
  type Listed,
  machineFor,
  type Place,
  type Session,
  type Start,
  withLogins,
} from "./session.ts";

const heard = { onChanged: () => {} };

function createClient(asked: Asked, { handshake, listens }: Place): Client {
  const client = new Client({ name: "driver v2", version: "1" }, {
    capabilities: { elicitation: {}, sampling: {}, roots: {} },
    versionNegotiation: { mode: handshake ? "legacy" : "auto" },
    ...(listens && { listChanged: { tools: heard, prompts: heard, resources: heard } }),
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

/** Starts a program. */
export const startV2: Start = (place, asked) => {
  const { client_metadata_url: clientMetadataUrl } = place;
  // A program that keeps what was discovered would never notice a server that has moved.
  const { saveDiscoveryState: _save, discoveryState: _load, ...person } = createProvider<
    StoredOAuthClientInformation,
    StoredOAuthTokens,
    undefined
  >({ open: asked.visit, ...(clientMetadataUrl === undefined ? {} : { clientMetadataUrl }) });
  const machine = machineFor(place.client);
  if (machine?.kind === "known") person.saveClientInformation(machine.information);
  const authProvider = machine ? createSpecial(machine, person, fetch) : person;
  const open = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(place.url), { authProvider });
  let used = 0;
  return {
    forget: () => void (person.kept.tokens = undefined),
    connect: async (): Promise<Session> => {
      let [client, transport] = [createClient(asked, place), open()];
      const connect = async (): Promise<void> => {
        [client, transport] = [createClient(asked, place), open()];
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
      const again = async (): Promise<boolean> => {
        if (!await logIn()) return false;
        await withLogins(connect, mustLogIn, logIn);
        return true;
      };
      const use = <T>(work: () => Promise<T>): Promise<T> => withLogins(work, mustLogIn, again);
      await withLogins(connect, mustLogIn, logIn);
      return {
        list: (what) => use(() => listAll(client, what)),
        call: async (name, given, signal) => {
          const { isError } = await use(() => client.callTool({ name, arguments: given }, signal ? { signal } : {}));
          return isError === true;
        },
        listen: (uris) => use(() => listenTo(client, uris)),
        read: async (uri) => void await use(() => client.readResource({ uri })),
        getPrompt: async (name, given) => void await use(() => client.getPrompt({ name, arguments: given })),
        skills: {
          list: async () => void await use(() => new SkillsClient(client).list()),
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
    },
  };
};

function mustLogIn(error: unknown): boolean {
  return error instanceof UnauthorizedError;
}

/** Changes of lists are listened to since the client is connected; the SDK leaves it to its user to listen again. */
async function listenTo(client: Client, uris: readonly string[]): Promise<void> {
  const { autoOpenedSubscription: opened } = client;
  if (opened) stayOn(client, opened);
  if (uris.length === 0) return;
  if (client.getProtocolEra() === "modern") stayOn(client, await client.listen({ resourceSubscriptions: [...uris] }));
  else await Promise.all(uris.map((uri) => client.subscribeResource({ uri })));
}

type Listening = Awaited<ReturnType<Client["listen"]>>;

function stayOn(client: Client, { closed, honoredFilter }: Listening, pauseMs = 1000): void {
  void closed.then(async (how) => {
    if (how !== "remote") return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    stayOn(client, await client.listen(honoredFilter), pauseMs * 2);
  }).catch(() => {});
}

async function listAll(client: Client, what: Listed): Promise<readonly Entry[]> {
  switch (what) {
    case "tools":
      return (await client.listTools()).tools;
    case "resources":
      return (await client.listResources()).resources;
    case "resource_templates":
      return (await client.listResourceTemplates()).resourceTemplates;
    case "prompts":
      return (await client.listPrompts()).prompts;
  }
}
