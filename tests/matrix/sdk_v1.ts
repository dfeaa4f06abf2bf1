/** The client of SDK 1.x as a program that walks through scenarios. */
// @ts-types="@modelcontextprotocol/sdk/client/auth"
import * as sdk from "@modelcontextprotocol/sdk/client/auth.js";
// @ts-types="@modelcontextprotocol/sdk/client/auth-extensions"
import * as extensions from "@modelcontextprotocol/sdk/client/auth-extensions.js";
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
import { createProvider } from "../host/server.ts";
import { capabilities, elicited, roots, sampled } from "./answers.ts";
import { type Machine, workloadRequest } from "./machine.ts";
import { callsOf, type ListedTool, type Program, readOthers, type Surroundings } from "./walk.ts";

/** A provider for a client that is not the usual one. */
export function createSpecial(machine: Machine, usual: sdk.OAuthClientProvider): sdk.OAuthClientProvider {
  switch (machine.kind) {
    case "secret":
      return new extensions.ClientCredentialsProvider({
        clientId: machine.clientId,
        clientSecret: machine.clientSecret,
      });
    case "key":
      return new extensions.PrivateKeyJwtProvider(machine);
    case "workload":
      return {
        ...usual,
        redirectUrl: undefined,
        clientInformation: () => ({ client_id: machine.clientId }),
        prepareTokenRequest: () => workloadRequest(machine.assertion),
      };
    default:
      return usual;
  }
}

/** The SDK leaves it to its user to ask only for what there is, and to read all pages. */
async function listAllTools(client: Client): Promise<readonly ListedTool[]> {
  if (!client.getServerCapabilities()?.tools) return [];
  const { tools, nextCursor } = await client.listTools();
  const all = [...tools];
  for (let cursor = nextCursor; cursor !== undefined;) {
    const page = await client.listTools({ cursor });
    all.push(...page.tools);
    cursor = page.nextCursor;
  }
  return all;
}

/** The program for a scenario. */
export function sdkV1(
  { url, fetch, browse, machine, documentUrl, staysUp = false, readsAll = false, isAsked = false, about = [], calls }:
    Surroundings,
): Program | string {
  if (machine?.kind === "assertion" || machine?.kind === "exchange") return "no such client in the SDK";
  // A program that keeps what was discovered would never notice a server that has moved.
  const { saveDiscoveryState: _save, discoveryState: _load, ...person } = createProvider<
    OAuthClientInformationMixed,
    OAuthTokens,
    undefined
  >({ open: browse });
  if (machine?.kind === "known") person.saveClientInformation(machine.information);
  const usual = { ...person, ...(documentUrl === undefined ? {} : { clientMetadataUrl: documentUrl }) };
  const provider = machine ? createSpecial(machine, usual) : usual;
  let used = 0;
  const open = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(url), { fetch, authProvider: provider });
  let last = open();
  return {
    connect: async () => {
      const client = new Client({ name: "v1", version: "1" }, isAsked ? { capabilities } : {});
      if (isAsked) {
        client.setRequestHandler(ElicitRequestSchema, ({ params }) => elicited(params));
        client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => sampled(params));
        client.setRequestHandler(ListRootsRequestSchema, () => roots);
      }
      last = open();
      await client.connect(last);
      return {
        callTool: async () => {
          const tools = await listAllTools(client);
          for (const call of calls?.(tools) ?? callsOf(tools, about)) await client.callTool(call);
          if (readsAll) await readOthers(client);
        },
        close: () => client.close(),
      };
    },
    mustLogIn: (error) => error instanceof sdk.UnauthorizedError,
    callback: () => person.kept.callbacks[used],
    finish: async (callback) => {
      used++;
      await (staysUp ? last : open()).finishAuth(callback.searchParams.get("code") ?? "");
    },
  };
}
