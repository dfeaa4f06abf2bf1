// What a log says of a request beside its path and status: whose it was, what it called, what went wrong. It is read from
// what is at hand anyway, so a line costs a few microseconds; the report looks closer.
import { isObject, parseJson } from "../http/json.ts";
import { notedText } from "../http/seen_text.ts";
import { redactLine } from "./redact/redact.ts";
import { formDecoded } from "../http/form.ts";
import { boundedMap } from "../runtime/bounded_map.ts";

/** What is known of a request; what looks like a secret is redacted. */
export interface Gist {
  /** What the client calls itself. */
  readonly client?: string;
  /** Method of the JSON-RPC message, and the tool, prompt or resource it names. */
  readonly call?: string;
  readonly error?: string;
}

/** Names that are remembered, by what shows whose a request is. */
const MAX_NAMES = 1000;
/** A message longer than this is not looked into, in characters. */
const MAX_LENGTH = 4096;
/** Ids longer than this are not ours, in characters. */
const MAX_KEY = 200;
/** The most that is shown of a name, in characters. */
const MAX_SHOWN = 60;

/** Makes what tells the gist of requests. It remembers what clients have called themselves. */
export function createGists(): (request: Request, response: Response) => Gist {
  const names = boundedMap<string, string>(MAX_NAMES);

  function remember(key: string | null | undefined, name: string | undefined): void {
    if (key && key.length <= MAX_KEY && name !== undefined) names.set(key, name);
  }

  return (request, response) => {
    const { headers } = request;
    const sent = textOf(request);
    const message = sent?.startsWith("{") ? membersOf(sent) : undefined;
    const session = headers.get("mcp-session-id") ?? response.headers.get("mcp-session-id");
    const credentials = headers.get("authorization");
    const id = clientIdIn(request.url) ?? (sent && clientIdIn(`?${sent}`)) ?? clientIdOfCredentials(credentials);
    const own = nameIn(message);
    if (response.status === 201) remember(memberOf(membersOf(textOf(response)), "client_id"), own);
    if (own !== undefined) remember(session, own);
    const client = own ?? names.get(session ?? "") ?? names.get(id ?? "") ?? productOf(headers.get("user-agent"));
    const [call, error] = [callOf(message), errorOf(response)];
    return {
      ...(client === undefined ? {} : { client: shown(client) }),
      ...(call === undefined ? {} : { call: shown(call) }),
      ...(error === undefined ? {} : { error: shown(error) }),
    };
  };
}

function shown(text: string): string {
  return redactLine(text).slice(0, MAX_SHOWN);
}

function textOf(message: Request | Response): string | undefined {
  const text = notedText(message);
  return text !== undefined && text.length <= MAX_LENGTH ? text : undefined;
}

type Members = Readonly<Record<string, unknown>>;

function membersOf(text: string | undefined): Members | undefined {
  try {
    const value = text === undefined ? undefined : parseJson(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function memberOf(members: Members | undefined, name: string): string | undefined {
  const value = members?.[name];
  return typeof value === "string" ? value : undefined;
}

function objectIn(members: Members | undefined, name: string): Members | undefined {
  const value = members?.[name];
  return isObject(value) ? value : undefined;
}

/** `client_name` of a registration, `clientInfo` of an MCP client. */
function nameIn(message: Members | undefined): string | undefined {
  if (!message) return undefined;
  const params = objectIn(message, "params");
  const info = objectIn(params, "clientInfo") ??
    objectIn(objectIn(params, "_meta"), "io.modelcontextprotocol/clientInfo");
  return memberOf(message, "client_name") ?? memberOf(info, "name");
}

function callOf(message: Members | undefined): string | undefined {
  const method = memberOf(message, "jsonrpc") === undefined ? undefined : memberOf(message, "method");
  if (method === undefined) return undefined;
  const params = objectIn(message, "params");
  const target = memberOf(params, "name") ?? memberOf(params, "uri");
  return target === undefined ? method : `${method} ${target}`;
}

/** `error` of the body of a refusal (RFC 6749 5.2). */
function codeIn(text: string | undefined): string | undefined {
  return /^\{"error":"([\w.-]+)"/.exec(text ?? "")?.[1];
}

function errorOf(response: Response): string | undefined {
  const { status, headers } = response;
  if (status >= 400) {
    return /\berror="([\w.-]+)"/.exec(headers.get("www-authenticate") ?? "")?.[1] ?? codeIn(textOf(response));
  }
  return status >= 300 ? /[?&#]error=([\w.-]+)/.exec(headers.get("location") ?? "")?.[1] : undefined;
}

function clientIdIn(query: string): string | undefined {
  const value = /[?&]client_id=([^&#]+)/.exec(query)?.[1];
  return value && formDecoded(value);
}

/** The id of HTTP Basic, or of a token, which is not verified, as nothing depends on it. */
function clientIdOfCredentials(authorization: string | null): string | undefined {
  const basic = /^Basic +([\w+/=-]+)/i.exec(authorization ?? "")?.[1];
  if (basic !== undefined) return basicId(basic);
  const claims = /^(?:Bearer|DPoP) [\w-]+\.([\w-]+)\./i.exec(authorization ?? "")?.[1];
  if (claims === undefined) return undefined;
  try {
    return /"client_id":"([^"]+)"/.exec(atob(claims.replaceAll("-", "+").replaceAll("_", "/")))?.[1];
  } catch {
    return undefined;
  }
}

function basicId(encoded: string): string | undefined {
  try {
    const [id] = atob(encoded).split(":");
    return id && formDecoded(id);
  } catch {
    return undefined;
  }
}

/** `Acme` of `Acme/1.0 (linux)`; every browser begins with the name of one that is gone. */
function productOf(userAgent: string | null): string | undefined {
  const product = /^[\w.-]+/.exec(userAgent ?? "")?.[0];
  return product === "Mozilla" ? "browser" : product;
}
