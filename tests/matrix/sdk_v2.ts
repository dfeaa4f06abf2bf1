/** The client of SDK 2.x as a program that walks through scenarios. */
import {
  Client,
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { createProvider } from "../host/server.ts";
import { callsOf, type Program, type Surroundings } from "./walk.ts";

/** The program for a scenario. */
export function sdkV2({ url, fetch, browse, machine, documentUrl, staysUp = false }: Surroundings): Program | string {
  if (machine?.kind === "assertion") return "not driven: the program brings the assertion";
  // A program that keeps what was discovered would never notice a server that has moved.
  const { saveDiscoveryState: _save, discoveryState: _load, ...person } = createProvider<
    StoredOAuthClientInformation,
    StoredOAuthTokens,
    undefined
  >({ open: browse });
  if (machine?.kind === "known") person.saveClientInformation(machine.information);
  const provider = machine?.kind === "secret"
    ? new ClientCredentialsProvider({ clientId: machine.clientId, clientSecret: machine.clientSecret })
    : machine?.kind === "key"
    ? new PrivateKeyJwtProvider(machine)
    : { ...person, ...(documentUrl === undefined ? {} : { clientMetadataUrl: documentUrl }) };
  let used = 0;
  const open = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(url), { fetch, authProvider: provider });
  let last = open();
  return {
    connect: async () => {
      const client = new Client({ name: "v2", version: "1" }, { versionNegotiation: { mode: "auto" } });
      last = open();
      await client.connect(last);
      return {
        callTool: async () => {
          for (const call of callsOf((await client.listTools()).tools)) await client.callTool(call);
        },
        close: () => client.close(),
      };
    },
    mustLogIn: (error) => error instanceof UnauthorizedError,
    callback: () => person.kept.callbacks[used],
    finish: async (callback) => {
      used++;
      await (staysUp ? last : open()).finishAuth(callback.searchParams);
    },
  };
}
