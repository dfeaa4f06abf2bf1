/** The client of SDK 2.x as a program that walks through scenarios. */
import {
  Client,
  ClientCredentialsProvider,
  CrossAppAccessProvider,
  DpopSession,
  type OAuthClientProvider,
  PrivateKeyJwtProvider,
  requestJwtAuthorizationGrant,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { type Skill, SkillsClient } from "@modelcontextprotocol/client/ext/skills";
import { createProvider } from "../host/server.ts";
import { capabilities, elicited, roots, sampled } from "./answers.ts";
import { type Machine, workloadRequest } from "./machine.ts";
import { callsOf, type Fetch, type Program, readOthers, type Surroundings } from "./walk.ts";

/** A provider that gets its assertion from the identity provider. */
function createExchange(
  { clientId, clientSecret, idp }: Extract<Machine, { kind: "exchange" }>,
  fetch: Fetch,
): CrossAppAccessProvider {
  return new CrossAppAccessProvider({
    clientId,
    clientSecret,
    fetchFn: fetch,
    assertion: async ({ authorizationServerUrl, resourceUrl, scope }) => {
      const { jwtAuthGrant } = await requestJwtAuthorizationGrant({
        tokenEndpoint: idp.tokenEndpoint,
        audience: authorizationServerUrl,
        resource: resourceUrl,
        idToken: idp.idToken,
        clientId: idp.clientId,
        ...(scope === undefined ? {} : { scope }),
        fetchFn: fetch,
      });
      return jwtAuthGrant;
    },
  });
}

/** A provider for a client that is not the usual one. */
export function createSpecial(machine: Machine, usual: OAuthClientProvider, fetch: Fetch): OAuthClientProvider {
  switch (machine.kind) {
    case "secret":
      return new ClientCredentialsProvider({ clientId: machine.clientId, clientSecret: machine.clientSecret });
    case "key":
      return new PrivateKeyJwtProvider(machine);
    case "exchange":
      return createExchange(machine, fetch);
    case "workload":
      return {
        ...usual,
        redirectUrl: undefined,
        clientInformation: () => ({ client_id: machine.clientId }),
        prepareTokenRequest: () => workloadRequest(machine.assertion),
      };
    case "proof": {
      const session = DpopSession.create();
      return { ...usual, dpop: () => session };
    }
    default:
      return usual;
  }
}

/** Lists skills, and if need be loads each. */
async function readSkills(client: Client, how: "lists" | "loads"): Promise<void> {
  const skills = new SkillsClient(client);
  const listed = await skills.list();
  for (const skill of how === "loads" ? listed.skills : []) await loadSkill(skills, skill);
}

/** Reads all files of a skill; throws at the first that is not as it was listed. */
export async function loadSkill(skills: SkillsClient, skill: Skill): Promise<void> {
  await skills.read(skill);
  const files = skill.resources === "dynamic" ? [] : skill.resources;
  for (const { uri } of files) if (uri !== skill.uri) await skills.read(skill, uri);
}

/** The program for a scenario. */
export function sdkV2(
  {
    url,
    fetch,
    browse,
    machine,
    documentUrl,
    staysUp = false,
    readsAll = false,
    beginsAsBefore = false,
    isAsked = false,
    about = [],
    calls,
    skills,
  }: Surroundings,
): Program | string {
  if (machine?.kind === "assertion") return "not driven: the program brings the assertion";
  // A program that keeps what was discovered would never notice a server that has moved.
  const { saveDiscoveryState: _save, discoveryState: _load, ...person } = createProvider<
    StoredOAuthClientInformation,
    StoredOAuthTokens,
    undefined
  >({ open: browse });
  if (machine?.kind === "known") person.saveClientInformation(machine.information);
  const usual = { ...person, ...(documentUrl === undefined ? {} : { clientMetadataUrl: documentUrl }) };
  const provider = machine ? createSpecial(machine, usual, fetch) : usual;
  let used = 0;
  const open = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(new URL(url), { fetch, authProvider: provider });
  let last = open();
  return {
    connect: async () => {
      const mode = beginsAsBefore ? "legacy" : "auto";
      const client = new Client({ name: "v2", version: "1" }, {
        versionNegotiation: { mode },
        ...(isAsked && { capabilities }),
      });
      if (isAsked) {
        client.setRequestHandler("elicitation/create", ({ params }) => elicited(params));
        client.setRequestHandler("sampling/createMessage", ({ params }) => sampled(params));
        client.setRequestHandler("roots/list", () => roots);
      }
      last = open();
      await client.connect(last);
      return {
        callTool: async () => {
          const { tools } = await client.listTools();
          for (const call of calls?.(tools) ?? callsOf(tools, about)) await client.callTool(call);
          if (readsAll) await readOthers(client);
          if (skills !== undefined) await readSkills(client, skills);
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
