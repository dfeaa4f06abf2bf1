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
import { type Asked, type Connect, type Listed, machineFor, type Session, withLogins } from "./session.ts";

function createClient(asked: Asked): Client {
  const client = new Client({ name: "driver v1", version: "1" }, {
    capabilities: { elicitation: {}, sampling: {}, roots: {} },
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
  readonly names: readonly string[];
  readonly nextCursor?: string | undefined;
}

/** Connects. */
export const connectV1: Connect = async ({ url, client: known }, asked): Promise<Session> => {
  // A program that keeps what was discovered would never notice a server that has moved.
  const { saveDiscoveryState: _save, discoveryState: _load, ...person } = createProvider<
    OAuthClientInformationMixed,
    OAuthTokens,
    undefined
  >({ open: asked.visit });
  const machine = machineFor(known);
  if (machine?.kind === "known") person.saveClientInformation(machine.information);
  const authProvider = machine ? createSpecial(machine, person) : person;
  const open = (): StreamableHTTPClientTransport => new StreamableHTTPClientTransport(new URL(url), { authProvider });
  let [client, transport] = [createClient(asked), open()];
  let used = 0;
  const connect = async (): Promise<void> => {
    [client, transport] = [createClient(asked), open()];
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
  const mustLogIn = (error: unknown): boolean => error instanceof sdk.UnauthorizedError;
  const again = async (): Promise<boolean> => {
    if (!await logIn()) return false;
    await withLogins(connect, mustLogIn, logIn);
    return true;
  };
  const pageOf = async (what: Listed, cursor: string | undefined): Promise<Page> => {
    const params = cursor === undefined ? {} : { cursor };
    const { tools, resources, prompts } = client.getServerCapabilities() ?? {};
    switch (what) {
      case "tools": {
        if (!tools) return { names: [] };
        const page = await client.listTools(params);
        return { names: page.tools.map(({ name }) => name), nextCursor: page.nextCursor };
      }
      case "resources":
        return resources ? { names: [], ...(await client.listResources(params)) } : { names: [] };
      case "resource_templates":
        return resources ? { names: [], ...(await client.listResourceTemplates(params)) } : { names: [] };
      case "prompts":
        return prompts ? { names: [], ...(await client.listPrompts(params)) } : { names: [] };
    }
  };
  // The SDK leaves it to its user to ask only for what there is, and to read all pages.
  const listAll = async (what: Listed): Promise<readonly string[]> => {
    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await pageOf(what, cursor);
      all.push(...page.names);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  };
  const use = async (work: () => Promise<unknown>): Promise<void> => {
    await withLogins(work, mustLogIn, again);
  };
  await withLogins(connect, mustLogIn, logIn);
  return {
    list: (what) => withLogins(() => listAll(what), mustLogIn, again),
    call: (name, given, signal) =>
      use(() => client.callTool({ name, arguments: given }, undefined, signal ? { signal } : {})),
    read: (uri) => use(() => client.readResource({ uri })),
    getPrompt: (name, given) => use(() => client.getPrompt({ name, arguments: given })),
    close: async () => {
      await transport.terminateSession().catch(() => {});
      await client.close();
    },
  };
};
