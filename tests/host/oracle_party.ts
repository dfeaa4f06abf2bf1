/** One side of the comparison: a server to ask, and a notebook of what it said, in words that both sides share. */
import assert from "node:assert/strict";
import { z } from "zod";

/** A server that is walked through. */
export interface Party {
  /** Where its MCP server is. */
  readonly mcpUrl: string;
  /** The same less its last segment. */
  readonly base: string;
  /** What the suite tells a client beside the URL. */
  readonly context: Readonly<Record<string, unknown>>;
  /** Sends a request. */
  readonly send: (url: string, init?: RequestInit) => Promise<Response>;
  /** Revision of MCP that the suite plays the scenario in. */
  readonly revision: "2025-11-25" | "2026-07-28";
  /** Texts of this side's and what both sides call them, the longer before the shorter. */
  readonly words: (readonly [string | RegExp, string])[];
}

/** What was said, as `step: where` and a JSON text. */
export type Facts = Map<string, string>;

/** A response that was noted down. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

const record = z.record(z.string(), z.unknown());

/** Values that are drawn anew each time; that there is one is all there is to compare. */
const drawn: ReadonlySet<string> = new Set(["access_token", "client_id", "code", "dpop-nonce"]);

/** Headers that a client could act on. */
const compared = ["content-type", "cache-control", "dpop-nonce", "mcp-session-id"] as const;

/** A party with its notebook. */
export interface Walk {
  readonly party: Party;
  readonly facts: Facts;
  /** Sends a request and notes the response under the name of a step. */
  readonly ask: (step: string, url: string, init?: RequestInit) => Promise<Answer>;
}

/** Opens a notebook. */
export function beginWalk(party: Party): Walk {
  const facts: Facts = new Map();
  return {
    party,
    facts,
    ask: async (step, url, init) => {
      const response = await party.send(url, { redirect: "manual", ...init });
      const text = await response.text();
      const put = (where: string, value: unknown): void => {
        assert(!facts.has(`${step}: ${where}`), `the step ${step} comes twice`);
        facts.set(`${step}: ${where}`, shared(party, JSON.stringify(value)));
      };
      put("status", response.status);
      const isRedirect = response.status >= 300 && response.status < 400;
      for (const name of isRedirect ? ["cache-control"] : compared) {
        const value = response.headers.get(name);
        if (value !== null) put(`header ${name}`, drawn.has(name) ? "(drawn)" : value);
      }
      noteChallenge(response.headers.get("www-authenticate"), put);
      noteLocation(response.headers.get("location"), put);
      const body = bodyOf(response, text);
      if (!isRedirect) noteBody(body, put, "body");
      return { status: response.status, headers: response.headers, body };
    },
  };
}

type Put = (where: string, value: unknown) => void;

/** RFC 9110 11.6.1, as far as both sides use it. */
export function parseChallenge(header: string): { readonly scheme: string; readonly parameters: Map<string, string> } {
  const [scheme = "", ...rest] = header.split(" ");
  const pairs = [...rest.join(" ").matchAll(/([\w-]+)="([^"]*)"/g)];
  return { scheme, parameters: new Map(pairs.map(([, name = "", value = ""]) => [name, value])) };
}

function noteChallenge(header: string | null, put: Put): void {
  if (header === null) return;
  const { scheme, parameters } = parseChallenge(header);
  put("challenge scheme", scheme);
  for (const [name, value] of parameters) put(`challenge ${name}`, value);
}

function noteLocation(location: string | null, put: Put): void {
  if (location === null) return;
  const url = new URL(location);
  put("location", url.origin + url.pathname);
  for (const [name, value] of url.searchParams) put(`location ${name}`, drawn.has(name) ? "(drawn)" : value);
}

/** A message in an event stream is as good as one by itself. */
function bodyOf(response: Response, text: string): Record<string, unknown> {
  const type = response.headers.get("content-type") ?? "";
  const json = type.startsWith("text/event-stream") ? /^data: (.*)$/m.exec(text)?.[1] ?? "{}" : text;
  if (type.startsWith("text/event-stream") || type.startsWith("application/json")) {
    return record.parse(JSON.parse(json));
  }
  return text === "" ? {} : { text };
}

function noteBody(value: unknown, put: Put, where: string): void {
  const members = record.safeParse(value);
  if (!members.success || Array.isArray(value)) return put(where, value);
  for (const [name, member] of Object.entries(members.data)) {
    if (!drawn.has(name)) noteBody(member, put, `${where}.${name}`);
    else put(`${where}.${name}`, kindOf(member));
  }
}

function kindOf(value: unknown): string {
  assert(typeof value === "string" && value !== "", `${JSON.stringify(value)} is no text`);
  return "(drawn)";
}

function shared({ words }: Party, text: string): string {
  return words.reduce((said, [own, common]) => said.replaceAll(own, common), text);
}
