/**
 * A client of SDK 2.x that is a page: it leaves to log in, and goes on when it comes back. What it is to do stands in its address,
 * and so does what came of it, at the end.
 */
import { mistakes, sendWith } from "../interop/mistakes.ts";
import {
  Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";

const arrived = new URLSearchParams(location.search);
if (!arrived.has("code")) {
  sessionStorage.clear();
  sessionStorage.setItem("told", location.search);
}
const told = new URLSearchParams(sessionStorage.getItem("told") ?? "");

/** What lasts until the page is back, whatever its type: the SDK is what wrote it. */
function kept(name: string): ReturnType<typeof JSON.parse> {
  return JSON.parse(sessionStorage.getItem(name) ?? "null") ?? undefined;
}

function keep(name: string): (value: unknown) => void {
  return (value) => sessionStorage.setItem(name, JSON.stringify(value));
}

const mistake = Object.entries(mistakes).find(([name]) => name === told.get("mistake"))?.[1];

const send = sendWith(mistake, async (url, init) => {
  const response = await fetch(url, init);
  // What the SDK leaves unread when the page leaves, Chromium now and then takes for never sent.
  return response.status === 401 ? new Response(await response.text(), response) : response;
});

const redirectUrl = location.origin + location.pathname;

const authProvider: OAuthClientProvider = {
  redirectUrl,
  clientMetadata: { client_name: "Page", redirect_uris: [redirectUrl], token_endpoint_auth_method: "none" },
  state: () => crypto.randomUUID(),
  clientInformation: () => kept("client"),
  saveClientInformation: keep("client"),
  tokens: () => kept("tokens"),
  saveTokens: keep("tokens"),
  codeVerifier: () => kept("verifier"),
  saveCodeVerifier: keep("verifier"),
  redirectToAuthorization: (url) => {
    url.searchParams.set("auto_approve", "true");
    location.href = url.href;
  },
};

function open(): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(told.get("url") ?? ""), { authProvider, fetch: send });
}

async function run(): Promise<void> {
  if (arrived.has("code")) await open().finishAuth(arrived);
  const mode = told.has("legacy") ? "legacy" : "auto";
  const client = new Client({ name: "page", version: "1" }, { versionNegotiation: { mode } });
  const transport = open();
  await client.connect(transport);
  const { tools } = await client.listTools();
  const name = tools.map((tool) => tool.name).find((tool) => tool.endsWith("echo")) ?? "";
  await client.callTool({ name, arguments: { message: "hello" } });
  await transport.terminateSession();
  await client.close();
}

try {
  await run();
  // A tool that has recorded this has recorded everything.
  await (await fetch("/over")).text();
  location.hash = "done";
} catch (error) {
  // It is leaving, if it has to log in.
  if (!(error instanceof UnauthorizedError)) location.hash = `failed: ${error}`;
}
