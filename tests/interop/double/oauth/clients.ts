/** Which client the test client is at each authorization server: one it was given, a document, or one it registers. */
import { type Http, USER_AGENT } from "../http.ts";
import { type Given, type Setting, Stop } from "../options.ts";
import { type Document, methodOf, read, textOf } from "../readings.ts";

/** Where a person's browser comes back to. */
export const CALLBACK = "http://127.0.0.1:3999/callback";
/** Where it comes back to by a slip, which is no place of a program on that person's machine. */
export const WEB_CALLBACK = "https://client.example/cb";

/** Which client it is at an authorization server, and how it authenticates; not at all, if that is not said. */
export interface Identity extends Given {
  readonly method?: string;
}

/** Knows who it is. */
export interface Clients {
  /** Who it is at a server; registers where it must. */
  readonly identify: (metadata: Document) => Promise<Identity>;
  /** Forgets who it is at one server, or at all of them. */
  readonly forget: (issuer?: string) => void;
}

export function createClients({ options: { given }, slip, base }: Setting, { send }: Http): Clients {
  const clients = new Map<string, Identity>();

  async function identify(metadata: Document): Promise<Identity> {
    if (given && slip !== "registers anyway") {
      return { ...given, method: given.privateJwk ? "private_key_jwt" : methodOf(metadata, given.secret) };
    }
    const issuer = slip === "keeps its id" ? "" : textOf(metadata, "issuer");
    const known = clients.get(issuer);
    if (known) return known;
    if (
      metadata.client_id_metadata_document_supported === true && slip !== "always registers" && slip !== "keeps its id"
    ) {
      const query = slip === "has a bad document" ? "" : `?redirect_uri=${encodeURIComponent(CALLBACK)}`;
      return { clientId: `${base}/client-metadata/double.json${query}` };
    }
    const endpoint = slip === "registers anyway" ? `${base}/oauth/register` : metadata.registration_endpoint;
    if (typeof endpoint !== "string") throw new Stop();
    const response = await register(endpoint);
    const body = await read(response) ?? {};
    if (response.status === 201) {
      const [clientId, secret] = [textOf(body, "client_id"), textOf(body, "client_secret")];
      const method = textOf(body, "token_endpoint_auth_method") || methodOf(metadata, secret);
      clients.set(issuer, { clientId, secret, method });
    } else if (slip === "makes up an id") clients.set(issuer, { clientId: "undefined" });
    else throw new Stop();
    return await identify(metadata);
  }

  function register(endpoint: string): Promise<Response> {
    return send(
      new Request(endpoint, {
        method: "POST",
        headers: { ...USER_AGENT, "content-type": "application/json" },
        body: JSON.stringify({
          client_name: "double",
          redirect_uris: [slip === "registers as web" ? WEB_CALLBACK : CALLBACK],
          grant_types: ["authorization_code", ...(slip === "registers for codes alone" ? [] : ["refresh_token"])],
          token_endpoint_auth_method: "none",
          ...(slip === "registers without a type" ? {} : { application_type: "native" }),
        }),
      }),
    );
  }

  return {
    identify,
    forget: (issuer) => issuer === undefined ? clients.clear() : void clients.delete(issuer),
  };
}
