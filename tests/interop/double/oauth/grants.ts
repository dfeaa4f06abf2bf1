/** What the test client gets a token for: its person's consent, or an assertion about its person or itself. */
import { challenge as goodChallenge, verifier } from "../../../helpers.ts";
import type { Http } from "../http.ts";
import { type Setting, Stop } from "../options.ts";
import { type Document, read, scopeOf, textOf, withQuery } from "../readings.ts";
import { CALLBACK, WEB_CALLBACK } from "./clients.ts";
import { assertWorkload, exchangeIdToken, getIdToken } from "./keys.ts";
import { resourceName, type Target, type Tokens } from "./tokens.ts";

/** Gets what a token is given for. */
export interface Grants {
  /** Has its person agree, and spends the code. */
  readonly askPerson: (target: Target) => Promise<void>;
  /** What its identity provider says of its person, or of itself, to the server. */
  readonly bringAssertion: (target: Target) => Promise<string>;
}

export function createGrants(setting: Setting, { send, get, postForm }: Http, { spend }: Tokens): Grants {
  const { options: { idp }, slip, base, mcpUrl } = setting;
  let states = 0;

  async function askPerson(target: Target, isAgain = false): Promise<void> {
    const { metadata, client, resource, scopes } = target;
    const state = `state-${++states}`;
    const codeChallenge = slip === "sends no challenge" ? {} : {
      code_challenge: slip === "uses plain" ? verifier : goodChallenge,
      code_challenge_method: slip === "uses plain" ? "plain" : "S256",
    };
    const redirectUri = slip === "redirects elsewhere" ? "http://localhost/elsewhere" : CALLBACK;
    const query = new URLSearchParams({
      response_type: "code",
      client_id: client.clientId,
      redirect_uri: slip === "registers as web" ? WEB_CALLBACK : redirectUri,
      ...(slip === "sends no state" ? {} : { state }),
      ...codeChallenge,
      ...(resource === undefined || slip === "names no resource" ? {} : { resource: resourceName(slip, resource) }),
      ...scopeOf(scopes),
      // Without consent there is no offline access (OpenID Connect Core 11).
      ...(scopes.includes("offline_access") ? { prompt: "consent" } : {}),
      auto_approve: "true",
    });
    const answer = await visit(withQuery(textOf(metadata, "authorization_endpoint"), query));
    if (!isIssRight(answer.get("iss"), metadata)) {
      if (answer.has("error") && slip === "acts on any error" && !isAgain) return await askPerson(target, true);
      throw new Stop();
    }
    if (slip !== "sends no state" && slip !== "takes any state" && answer.get("state") !== state) throw new Stop();
    const code = answer.get("code");
    if (code === null) throw new Stop();
    const proof = slip === "sends another verifier"
      ? "a".repeat(43)
      : slip === "sends a short verifier"
      ? "a"
      : verifier;
    await spend(target, {
      grant_type: "authorization_code",
      code,
      redirect_uri: slip === "registers as web" ? WEB_CALLBACK : redirectUri,
      code_verifier: proof,
    });
  }

  /** Opens a URL in a browser, which has a user agent of its own, and reads what that comes back with. */
  async function visit(url: string): Promise<URLSearchParams> {
    const page = await send(new Request(url, { headers: { "user-agent": "Mozilla/5.0" }, redirect: "manual" }));
    await page.body?.cancel();
    const location = page.headers.get("location");
    if (location === null) throw new Stop();
    return new URL(location).searchParams;
  }

  function isIssRight(iss: string | null, metadata: Document): boolean {
    if (slip === "takes any iss") return true;
    if (iss === null) return metadata.authorization_response_iss_parameter_supported !== true;
    return iss === metadata.issuer ||
      (slip === "normalises iss" && new URL(iss).href === new URL(textOf(metadata, "issuer")).href);
  }

  async function bringAssertion({ metadata, resource, scopes }: Target): Promise<string> {
    const provider = await read(await get(`${base}/idp/.well-known/openid-configuration`));
    const ask = async (fields: Record<string, string>): Promise<string> => {
      const form = { client_id: idp?.clientId ?? "", ...fields };
      return textOf(await read(await postForm(textOf(provider ?? {}, "token_endpoint"), form)) ?? {}, "access_token");
    };
    const audience = slip === "insists on its assertion" ? mcpUrl : textOf(metadata, "issuer");
    const asked = { audience, resource, scope: scopes.join(" ") };
    if (idp?.about === "workload") return await assertWorkload(ask, asked);
    const idToken = await getIdToken(ask);
    return slip === "sends the id_token itself" ? idToken : await exchangeIdToken(ask, idToken, asked);
  }

  return { askPerson, bringAssertion };
}
