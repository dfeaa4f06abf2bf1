// Client metadata documents that this server serves by itself, for clients under test: everything a document says stands
// in the URL it is asked for by, so that none has to be stored.
import type { Sandbox } from "../../sandbox/sandbox.ts";

/** Members that a URL can set beside `redirect_uri` and `post_logout_redirect_uri`, which may come more than once. */
const settable = [
  "client_name",
  "client_uri",
  "logo_uri",
  "scope",
  "jwks_uri",
  "token_endpoint_auth_method",
  "application_type",
] as const;

/** The query parameters that mean something in the URL of a document. */
export const documentParameters: readonly string[] = ["redirect_uri", "post_logout_redirect_uri", ...settable];

/** Whether a client_id is the URL of a document of this server. */
export function isOwnDocumentUrl({ urls }: Sandbox, clientId: string): boolean {
  return isDocumentName(clientId.slice(ownPrefix(urls.clientMetadata).length).split("?", 1)[0] ?? "") &&
    clientId.startsWith(ownPrefix(urls.clientMetadata));
}

/** Whether a name can be that of a document. */
export function isDocumentName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}\.json$/.test(name);
}

/** The document at a URL of this server; whether it is valid is for its reader to judge. */
export function buildOwnDocument(
  { origin }: Sandbox,
  { pathname, search, searchParams }: URL,
): Record<string, unknown> {
  const [name = ""] = pathname.slice(pathname.lastIndexOf("/") + 1).split(".json");
  const afterLogout = searchParams.getAll("post_logout_redirect_uri");
  const set = settable.flatMap((member): [string, string][] => {
    const value = searchParams.get(member);
    return value ? [[member, value]] : [];
  });
  return {
    client_id: origin + pathname + search,
    client_name: name,
    redirect_uris: searchParams.getAll("redirect_uri"),
    ...(afterLogout.length === 0 ? {} : { post_logout_redirect_uris: afterLogout }),
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    ...Object.fromEntries(set),
  };
}

function ownPrefix(template: string): string {
  return template.slice(0, template.lastIndexOf("/") + 1);
}
