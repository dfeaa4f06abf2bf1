/** The client of SDK 1.x. */
// @ts-types="@modelcontextprotocol/sdk/client/auth"
import * as sdk from "@modelcontextprotocol/sdk/client/auth.js";
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
// @ts-types="@modelcontextprotocol/sdk/shared/auth"
import type { OAuthClientInformationMixed, OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
// @ts-types="@modelcontextprotocol/sdk/types"
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { createProvider } from "../../../host/server.ts";
import { createSpecial } from "../../sdk_v1.ts";
import { type Asked, type Entry, type Listed, machineFor, type Session, type Start, withLogins } from "./session.ts";

const heard = { onChanged: () => {} };

function createClient(asked: Asked, listens: boolean): Client {
  const client = new Client({ name: "driver v1", version: "1" }, {
    capabilities: { elicitation: {}, sampling: {}, roots: {} },
    ...(listens && { listChanged: { tools: heard, prompts: heard, resources: heard } }),
  });
  client.setRequestHandler(
    ElicitRequestSchema,
    ({ params }) => "requestedSchema" in params ? asked.answer(params.requestedSchema) : { action: "accept" },
  );
  client.setRequestHandler(
    CreateMessageRequestSchema,
    () => ({ role: "assistant", model: "none", content: { type: "text", text: "hi" } }),
  );
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: "file:///home/person", name: "home" }] }));
  return client;
}

interface Page {
  readonly entries: readonly Entry[];
  readonly nextCursor?: string | undefined;
}

/** Starts a program. */
export const startV1: Start = ({ url, client: known, listens, client_metadata_url: clientMetadataUrl }, asked) => {
  // A program that keeps what was discovered would never notice a server that has moved.
  const { saveDiscoveryState: _save, discoveryState: _load, ...person } = createProvider<
    OAuthClientInformationMixed,
    OAuthTokens,
    undefined
  >({ open: asked.visit, ...(clientMetadataUrl === undefined ? {} : { clientMetadataUrl }) });
  const machine = machineFor(known);
  if (machine?.kind === "known") person.saveClientInformation(machine.information);
  const authProvider = machine ? createSpecial(machine, person) : person;
  const open = (): StreamableHTTPClientTransport => new StreamableHTTPClientTransport(new URL(url), { authProvider });
  let used = 0;
  return {
    forget: () => void (person.kept.tokens = undefined),
    connect: async (): Promise<Session> => {
      let [client, transport] = [createClient(asked, listens), open()];
      const connect = async (): Promise<void> => {
        [client, transport] = [createClient(asked, listens), open()];
        await client.connect(transport);
      };
      const logIn = async (): Promise<boolean> => {
        const callback = person.kept.callbacks[used];
        if (!callback) return false;
        used++;
        if (callback.searchParams.has("error")) throw new Error(`Refused: ${callback.searchParams.get("error")}`);
        await transport.finishAuth(callback.searchParams.get("code") ?? "");
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
          const { isError } = await use(() =>
            client.callTool({ name, arguments: given }, undefined, signal ? { signal } : {})
          );
          return isError === true;
        },
        listen: async (uris) => {
          for (const uri of uris) await use(() => client.subscribeResource({ uri }));
        },
        read: async (uri) => void await use(() => client.readResource({ uri })),
        getPrompt: async (name, given) => void await use(() => client.getPrompt({ name, arguments: given })),
        close: async () => {
          await transport.terminateSession().catch(() => {});
          await client.close();
        },
      };
    },
  };
};

function mustLogIn(error: unknown): boolean {
  return error instanceof sdk.UnauthorizedError;
}

/** The SDK leaves it to its user to ask only for what there is, and to read all pages. */
async function listAll(client: Client, what: Listed): Promise<readonly Entry[]> {
  const all: Entry[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await pageOf(client, what, cursor);
    all.push(...page.entries);
    cursor = page.nextCursor;
    // Who is sent in circles has all that there is.
    if (cursor !== undefined && seen.has(cursor)) break;
    if (cursor !== undefined) seen.add(cursor);
  } while (cursor !== undefined);
  return all;
}

async function pageOf(client: Client, what: Listed, cursor: string | undefined): Promise<Page> {
  const params = cursor === undefined ? {} : { cursor };
  const { tools, resources, prompts } = client.getServerCapabilities() ?? {};
  switch (what) {
    case "tools": {
      if (!tools) return { entries: [] };
      const page = await client.listTools(params);
      return { entries: page.tools, nextCursor: page.nextCursor };
    }
    case "resources":
      return resources ? { entries: [], ...(await client.listResources(params)) } : { entries: [] };
    case "resource_templates":
      return resources ? { entries: [], ...(await client.listResourceTemplates(params)) } : { entries: [] };
    case "prompts":
      return prompts ? { entries: [], ...(await client.listPrompts(params)) } : { entries: [] };
  }
}
