/**
 * schemathesis over what the server says of itself and what is said of it by hand: cases drawn from both documents, against
 * a server of its own. No answer may be a 5xx, have a status that is not described, or not fit its schema.
 */
import { z } from "zod";
import { challenge, codeFields, publicClient, redirectUri, verifier } from "../helpers.ts";
import { createClient, fetchCode, jsonOf, makeFolder, startServer } from "../host/program.ts";
import { type Known, oauthContract } from "./oauth.ts";
import { pathOf } from "./python.ts";

const schemathesis = pathOf("schemathesis", "schemathesis");

const checks = [
  ...["not_a_server_error", "status_code_conformance", "content_type_conformance"],
  ...["response_headers_conformance", "response_schema_conformance", "ignored_auth"],
];

/** Waiting for a client that never comes would take what time there is. */
const config = `[parameters]\n"query.wait" = 0\n`;

async function output(command: string, args: readonly string[], cwd?: string): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    ...(cwd === undefined ? {} : { cwd }),
  }).output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

const registered = z.object({
  client_id: z.string(),
  client_secret: z.string(),
  registration_access_token: z.string(),
});
const issued = z.object({ access_token: z.string(), refresh_token: z.string(), id_token: z.string() });

/** Registers a client and logs it in, and gives what it then has. */
async function logIn(url: string): Promise<Known> {
  const client = createClient(url);
  const asked = { ...publicClient, token_endpoint_auth_method: "client_secret_post" };
  const { client_id: clientId, client_secret: secret, registration_access_token: registrationToken } = registered.parse(
    await jsonOf(await client.postJson("/oauth/register", asked), 201),
  );
  const scope = { auto_approve: "true", scope: "openid" };
  const fields = codeFields(clientId, await fetchCode(client, clientId, scope), { client_secret: secret });
  const tokens = issued.parse(await jsonOf(await client.postForm("/oauth/token", fields), 200));
  return {
    clientId,
    secret,
    registrationToken,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    idToken: tokens.id_token,
    code: await fetchCode(client, clientId, scope),
    redirectUri,
    challenge,
    verifier,
    resource: `${url}/oauth`,
  };
}

/** What came of it. */
export interface Outcome {
  readonly title: string;
  readonly isRight: boolean;
  readonly text: string;
}

/** Tests both documents, each for a part of the time. */
export async function run(seconds: number, seed: number): Promise<readonly Outcome[]> {
  await using folder = await makeFolder();
  await Deno.writeTextFile(`${folder.path}/schemathesis.toml`, config);
  const patienceMs = seconds * 1000 + 300_000;
  await using server = await startServer(["--db", ":memory:", "--quiet"], { patienceMs });
  const { url } = server.client;
  await Deno.writeTextFile(`${folder.path}/oauth.json`, JSON.stringify(oauthContract(await logIn(url))));
  const outcomes: Outcome[] = [];
  for (
    const [title, words, own] of [
      ["the OAuth endpoints", ["oauth.json", "--url", url], []],
      // Only this document has all methods that there are.
      ["the control API", [`${url}/control/openapi.json`], ["unsupported_method"]],
    ] as const
  ) {
    const limits = ["--max-time", `${seconds / 2}`, "--max-examples", seconds > 120 ? "1000" : "60"];
    const more = [
      "--seed",
      `${seed}`,
      "--continue-on-failure",
      "--checks",
      [...checks, ...own].join(","),
      "--warnings",
      "off",
    ];
    const { code, text } = await output(schemathesis, ["run", ...words, ...limits, ...more], folder.path);
    outcomes.push({ title, isRight: code === 0, text });
  }
  await server.stop();
  return outcomes;
}
