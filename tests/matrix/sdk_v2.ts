/** The client of SDK 2.x as a program that walks through scenarios. */
import {
  Client,
  ClientCredentialsProvider,
  type OAuthDiscoveryState,
  PrivateKeyJwtProvider,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { createProvider } from "../host/server.ts";
import { machineOf } from "./machine.ts";
import type { Program, Surroundings } from "./walk.ts";

/** The program for a scenario. */
export function sdkV2({ url, fetch, browse, scenario }: Surroundings): Program | string {
  const machine = machineOf(scenario);
  if (machine?.kind === "assertion") return "not driven: the program brings the assertion";
  const person = createProvider<StoredOAuthClientInformation, StoredOAuthTokens, OAuthDiscoveryState>({ open: browse });
  if (machine?.kind === "known") person.saveClientInformation(machine.information);
  const provider = machine?.kind === "secret"
    ? new ClientCredentialsProvider({ clientId: machine.clientId, clientSecret: machine.clientSecret })
    : machine?.kind === "key"
    ? new PrivateKeyJwtProvider(machine)
    : person;
  let used = 0;
  const open = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(url), { fetch, authProvider: provider });
  return {
    connect: async () => {
      const client = new Client({ name: "v2", version: "1" }, { versionNegotiation: { mode: "auto" } });
      await client.connect(open());
      return {
        callTool: async () => {
          const [tool] = (await client.listTools()).tools;
          await client.callTool({ name: tool?.name ?? "", arguments: { message: "hi" } });
        },
        close: () => client.close(),
      };
    },
    mustLogIn: (error) => error instanceof UnauthorizedError,
    callback: () => person.kept.callbacks[used],
    finish: async (callback) => {
      used++;
      await open().finishAuth(callback.searchParams);
    },
  };
}
