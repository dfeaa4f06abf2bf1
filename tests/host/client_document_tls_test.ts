/** A client whose client_id is the https URL of its metadata document, against the program with TLS: both SDKs' own code. */
import * as v2 from "@modelcontextprotocol/client";
// @ts-types="@modelcontextprotocol/sdk/client/auth"
import * as v1Auth from "@modelcontextprotocol/sdk/client/auth.js";
// @ts-types="@modelcontextprotocol/sdk/client/index"
import { Client as V1Client } from "@modelcontextprotocol/sdk/client/index.js";
// @ts-types="@modelcontextprotocol/sdk/client/streamableHttp"
import { StreamableHTTPClientTransport as V1Transport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
// @ts-types="@modelcontextprotocol/sdk/shared/auth"
import type { OAuthClientInformationMixed, OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import assert from "node:assert/strict";
import { z } from "zod";
import { redirectOf } from "../helpers.ts";
import { type Certificate, createCertificate, jsonOf, makeFolder, startServer } from "./program.ts";
import { answerOf, callbackUrl, createProvider, type Fetch, type Provider, type ProviderOptions } from "./server.ts";

type V1Provider = Provider<OAuthClientInformationMixed, OAuthTokens, v1Auth.OAuthDiscoveryState>;
type V2Provider = Provider<v2.StoredOAuthClientInformation, v2.StoredOAuthTokens, v2.OAuthDiscoveryState>;

const reportAnswer = z.object({ verdict: z.string(), clients: z.array(z.object({ id: z.string() })) });

/** What a login is made with. */
interface Login {
  readonly url: string;
  readonly fetch: Fetch;
  readonly options: ProviderOptions;
}

/** What came of it: the client_id, and what a tool answered. */
interface LoggedIn {
  readonly clientId: string | undefined;
  readonly answer: string;
}

const echo = { name: "mock_echo", arguments: { message: "over TLS" } };

async function logInByV1({ url, fetch, options }: Login): Promise<LoggedIn> {
  const authProvider: V1Provider = createProvider(options);
  const transport = (): V1Transport => new V1Transport(new URL(url), { fetch, authProvider });
  const first = transport();
  await assert.rejects(new V1Client({ name: "v1", version: "1" }).connect(first), v1Auth.UnauthorizedError);
  await first.finishAuth(authProvider.kept.callbacks[0]?.searchParams.get("code") ?? "");
  const client = new V1Client({ name: "v1", version: "1" });
  await client.connect(transport());
  const { text: answer } = answerOf(await client.callTool(echo));
  await client.close();
  return { clientId: authProvider.kept.client?.client_id, answer };
}

async function logInByV2({ url, fetch, options }: Login): Promise<LoggedIn> {
  const authProvider: V2Provider = createProvider(options);
  const transport = (): v2.StreamableHTTPClientTransport =>
    new v2.StreamableHTTPClientTransport(new URL(url), { fetch, authProvider });
  const first = transport();
  await assert.rejects(new v2.Client({ name: "v2", version: "1" }).connect(first), v2.UnauthorizedError);
  await first.finishAuth(authProvider.kept.callbacks[0]?.searchParams ?? new URLSearchParams());
  const client = new v2.Client({ name: "v2", version: "1" });
  await client.connect(transport());
  const { text: answer } = answerOf(await client.callTool(echo));
  await client.close();
  return { clientId: authProvider.kept.client?.client_id, answer };
}

/** A metadata document on a server of the client's own. */
function serveDocument({ cert, key }: Certificate): AsyncDisposable & { readonly url: string } {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    ({ url }) =>
      Response.json({
        client_id: url,
        client_name: "A client with a document",
        redirect_uris: [callbackUrl],
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
      }),
  );
  return { url: `https://localhost:${server.addr.port}/app.json`, [Symbol.asyncDispose]: () => server.shutdown() };
}

async function assertLogsIn(
  url: string,
  { fetch, logIn, document }: Pick<Login, "fetch"> & {
    readonly logIn: (login: Login) => Promise<LoggedIn>;
    readonly document: string;
  },
): Promise<void> {
  const asBrowser: ProviderOptions["open"] = async (at) => {
    const response = await fetch(`${at}&auto_approve=true`, { redirect: "manual" });
    await response.body?.cancel();
    return redirectOf(response);
  };
  const { clientId, answer } = await logIn({ url, fetch, options: { clientMetadataUrl: document, open: asBrowser } });
  assert.deepEqual([clientId, answer], [document, "Echo: over TLS"]);
}

Deno.test("with --tls-cert and --tls-key SDK clients log in by their metadata documents, whoever serves them (MCP client registration, README)", async (t) => {
  await using folder = await makeFolder();
  const certificate = createCertificate();
  const [certPath, keyPath] = [`${folder.path}/cert.pem`, `${folder.path}/key.pem`];
  await Deno.writeTextFile(certPath, certificate.cert);
  await Deno.writeTextFile(keyPath, certificate.key);
  await using server = await startServer(["--db", ":memory:", "--tls-cert", certPath, "--tls-key", keyPath], {
    env: { NODE_EXTRA_CA_CERTS: certPath },
    patienceMs: 60_000,
  });
  using http = Deno.createHttpClient({ caCerts: [certificate.cert] });
  const fetchTrusting: Fetch = (input, init) => fetch(input, { ...init, client: http });
  await using foreign = serveDocument(certificate);
  for (const [name, logIn] of [["SDK 1.x", logInByV1], ["SDK 2.x", logInByV2]] as const) {
    for (const isForeign of [true, false]) {
      await t.step(`${name}, ${isForeign ? "the client's own server" : "this server"}`, async () => {
        const base = `https://localhost:${server.ready.port}/s/standard~${name.slice(4, 5)}-${isForeign}`;
        const own = `${base}/client-metadata/app.json?redirect_uri=${encodeURIComponent(callbackUrl)}`;
        const document = isForeign ? foreign.url : own;
        await assertLogsIn(`${base}/oauth`, { fetch: fetchTrusting, logIn, document });
        const { verdict, clients } = reportAnswer.parse(
          await jsonOf(await fetchTrusting(`${base}/control/report`), 200),
        );
        assert.deepEqual([verdict, clients.map(({ id }) => id)], ["pass", [document]]);
      });
    }
  }
  await server.stop();
});
