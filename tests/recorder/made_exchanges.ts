/** Exchanges as if recorded: written down in a test, to say who is who and what a rule makes of them. */
import type { Exchange } from "../../lib/recorder/exchange.ts";
import { origin } from "../helpers.ts";

export const resourceUrl = `${origin}/.well-known/oauth-protected-resource/oauth`;
export const serverUrl = `${origin}/.well-known/oauth-authorization-server`;
export const server = {
  issuer: origin,
  authorization_endpoint: `${origin}/oauth/authorize`,
  token_endpoint: `${origin}/oauth/token`,
  registration_endpoint: `${origin}/oauth/register`,
  code_challenge_methods_supported: ["S256"],
};

/** What a made-up exchange can have. */
export interface Made {
  readonly peer?: string;
  readonly route?: string;
  readonly method?: string;
  readonly status?: number;
  readonly sent?: unknown;
  readonly answered?: unknown;
  readonly headers?: Exchange["request"]["headers"];
  readonly answeredHeaders?: Exchange["response"]["headers"];
  /** When it came, in milliseconds; 0 if not given. */
  readonly atMs?: number;
  /** How long its answer took, in milliseconds; 1 if not given. */
  readonly tookMs?: number;
  /** The event stream that the response is. */
  readonly events?: string;
  readonly stream?: Exchange["stream"];
  readonly isOpen?: boolean;
  /** Whether what was sent did not come in, or not whole; false if not given. */
  readonly isSentCut?: boolean;
}

/** Made-up exchanges, numbered in order. */
export function make(...all: readonly (readonly [url: string, made?: Made])[]): readonly Exchange[] {
  return all.map(([url, made = {}], index) => ({
    sequence: index + 1,
    receivedAtMs: made.atMs ?? 0,
    startedAtMs: made.atMs ?? 0,
    durationMs: made.tookMs ?? 1,
    shapedBy: [],
    ...(made.stream ? { stream: made.stream } : {}),
    ...(made.isOpen ? { isOpen: true } : {}),
    ...bothMessages(url, made),
  }));
}

/** What a client says that it takes, unless a test says otherwise. */
const BOTH = ["accept", "application/json, text/event-stream"] as const;

function bothMessages(
  url: string,
  { peer = "p", route, method = "GET", status = 200, sent, answered, events, headers = [], ...made }: Made,
): Pick<Exchange, "method" | "url" | "route" | "peer" | "request" | "status" | "response"> {
  const isMessage = typeof sent === "object" && sent !== null && "jsonrpc" in sent;
  const accepts = isMessage && !headers.some(([name]) => name === "accept") ? [BOTH] : [];
  return {
    method,
    url,
    ...(route === undefined ? {} : { route }),
    peer,
    request: {
      headers: [...accepts, ...headers],
      ...(sent === undefined ? {} : { body: typeof sent === "string" ? sent : JSON.stringify(sent) }),
      truncated: made.isSentCut ?? false,
    },
    status,
    response: {
      headers: [
        ["content-type", events === undefined ? "application/json" : "text/event-stream"],
        ...made.answeredHeaders ?? [],
      ],
      ...(answered === undefined ? {} : { body: JSON.stringify(answered) }),
      ...(events === undefined ? {} : { body: events }),
      truncated: false,
    },
  };
}

export const registers = (name: string, clientId: string, peer = "p"): readonly [string, Made] => [
  server.registration_endpoint,
  {
    peer,
    method: "POST",
    status: 201,
    sent: { client_name: name, redirect_uris: ["http://localhost/cb"] },
    answered: { client_id: clientId },
  },
];
export const reads = (peer = "p"): readonly [string, Made] => [serverUrl, { peer, answered: server }];
export const asks = (clientId: string, peer = "browser"): readonly [string, Made] => [
  `${origin}/oauth/authorize?response_type=code&client_id=${clientId}`,
  { peer, status: 302 },
];
export const speaks = (
  protocolVersion: string,
  status = 200,
  answered: unknown = undefined,
): readonly [string, Made] => [
  `${origin}/oauth`,
  {
    method: "POST",
    status,
    sent: {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion, capabilities: {}, clientInfo: { name: "Raw", version: "1" } },
    },
    answered,
  },
];
