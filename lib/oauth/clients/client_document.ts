// Clients that are known by a URL: the client_id is where a document lies that says what registration would have said
// (draft-ietf-oauth-client-id-metadata-document).
import { documentErrors } from "../../http/document_errors.ts";
import { OAuthError } from "../../http/errors.ts";
import type { Outbound } from "../../outbound/outbound.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { ClientRecord } from "./client_record.ts";
import { createFetched } from "./fetched.ts";
import { buildOwnDocument, isOwnDocumentUrl } from "./own_document.ts";

const REFERENCE = "draft-ietf-oauth-client-id-metadata-document";

type ClientDocumentOptions = Readonly<{
  outbound: Outbound;
  /** Whether documents may lie on this machine and be fetched over http. */
  local: boolean;
}>;

/**
 * Makes the function that finds the client of a URL.
 *
 * @returns A function that throws OAuthError `invalid_client` (400) for a URL or a document that cannot be used.
 * @see {@link https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/}
 */
export function createClientDocuments(
  { outbound, local }: ClientDocumentOptions,
): (sandbox: Sandbox, clientId: string) => Promise<ClientRecord> {
  const fetched = createFetched<ClientRecord>(outbound);

  return async (sandbox, clientId) => {
    if (isOwnDocumentUrl(sandbox, clientId)) {
      // Asking oneself over HTTP would need a port that an app in a test does not have.
      return await readDocument(sandbox, clientId, JSON.stringify(buildOwnDocument(sandbox, new URL(clientId))));
    }
    checkDocumentUrl(clientId, local);
    return await fetched(sandbox, {
      // The draft forbids following redirects.
      url: clientId,
      read: (text) => readDocument(sandbox, clientId, text),
      refuse: (problem) => refuse(problem, clientId),
    });
  };
}

async function readDocument(sandbox: Sandbox, clientId: string, text: string): Promise<ClientRecord> {
  const { parseClientDocument } = await import("./registration.ts");
  try {
    const metadata = parseClientDocument(text, clientId);
    return { clientId, issuedAtSeconds: Math.floor(sandbox.nowMs / 1000), metadata };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const { parameter = "client_id", received, expected, reference = REFERENCE } = error.detail;
    throw new OAuthError("invalid_client", `${documentErrors.unusable}: ${error.message}`, {
      status: 400,
      parameter,
      received,
      expected,
      reference,
    });
  }
}

/**
 * Checks a client_id that is a URL, on the text: what a parser would mend could not be compared byte for byte later.
 *
 * @param local Whether it may be http on this machine; whether it is on this machine is the way out's to judge.
 * @throws OAuthError `invalid_client` (400) for anything but an https URL with a path, without fragment, credentials and
 * dot segments.
 */
function checkDocumentUrl(clientId: string, local: boolean): void {
  const url = URL.parse(clientId);
  const problem = !url || clientId.length > 2048 || !/^[\x21-\x7e]+$/.test(clientId)
    ? "it is not a URL"
    : url.protocol !== "https:" && !(local && url.protocol === "http:")
    ? "it is not https"
    : clientId.includes("#")
    ? "it has a fragment"
    : url.username || url.password || /^https?:\/\/[^/?]*@/i.test(clientId)
    ? "it carries credentials"
    : /^https?:\/\/[^/?]*\/(?:[^?]*\/)?(?:\.|%2e){1,2}(?:[/?]|$)/i.test(clientId)
    ? "its path has dot segments"
    : url.pathname === "/"
    ? "it has no path"
    : undefined;
  if (problem !== undefined) throw refuse(`${documentErrors.url}: ${problem}`, clientId);
}

function refuse(message: string, received: string): OAuthError {
  return new OAuthError("invalid_client", message, {
    status: 400,
    parameter: "client_id",
    received,
    expected: `an https URL with a path, ${documentErrors.expected}`,
    reference: REFERENCE,
  });
}
