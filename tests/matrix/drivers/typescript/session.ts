/** What the drivers of both SDKs have in common: logging in when that is asked for. */
import type { Machine } from "../../machine.ts";

/** What a server can ask of the person. */
export interface Asked {
  /** Opens a URL in a browser whose person agrees, and gives where the browser is sent. */
  readonly visit: (url: URL) => Promise<URL>;
  /** Fills in a form, or does not. */
  answer: (schema: { readonly properties: Readonly<Record<string, unknown>> }) => {
    action: "accept" | "decline" | "cancel";
    content?: Record<string, string | number | boolean | string[]>;
  };
}

/** What a driver is told of the client that it is. */
export interface JobClient {
  readonly client_id: string;
  readonly client_secret?: string | undefined;
  readonly grant_types: readonly string[];
  readonly private_key_pem?: string | undefined;
}

/** The part of a job that a connection needs. */
export interface Place {
  readonly url: string;
  readonly client?: JobClient | undefined;
  /** Where a client that is none of these may have its metadata document. */
  readonly client_metadata_url?: string | undefined;
  readonly handshake: boolean;
  /** Whether the program will listen to what the server says unasked: SDKs want to know before they connect. */
  readonly listens: boolean;
}

/** What a server has lists of. */
export type Listed = "tools" | "resources" | "resource_templates" | "prompts";

/** What is in a list, as far as a driver needs it. */
export interface Entry {
  readonly name: string;
  /** What a tool is called with. */
  readonly inputSchema?: unknown;
}

/** A connection, with a login whenever one is asked for. */
export interface Session {
  /** What there is, all pages of it. */
  readonly list: (what: Listed) => Promise<readonly Entry[]>;
  /** Calls a tool; gives whether the result says that it failed. */
  readonly call: (name: string, given: Record<string, unknown>, signal?: AbortSignal) => Promise<boolean>;
  /** Listens to changes of these resources; to those of lists, SDKs listen by themselves once they are told. */
  readonly listen: (uris: readonly string[]) => Promise<void>;
  readonly read: (uri: string) => Promise<void>;
  readonly getPrompt: (name: string, given: Record<string, string>) => Promise<void>;
  /** What it does with skills, if it knows them. */
  readonly skills?: {
    readonly list: () => Promise<void>;
    /** Reads all files of the one whose `SKILL.md` is there; throws at the first that is not as it was listed. */
    readonly load: (uri: string) => Promise<void>;
  };
  readonly close: () => Promise<void>;
}

/** A program with what it keeps from one connection to the next. */
export interface Program {
  /** Makes a connection; throws what the SDK throws. */
  readonly connect: () => Promise<Session>;
  /** Forgets who has logged in. */
  readonly forget: () => void;
}

/** Starts a program. */
export type Start = (place: Place, asked: Asked) => Program;

/** The client that a job describes, if it is not the usual one. */
export function machineFor(client: JobClient | undefined): Machine | undefined {
  if (!client) return undefined;
  const { client_id: clientId, client_secret: clientSecret, private_key_pem: privateKey } = client;
  if (!client.grant_types.includes("client_credentials")) {
    return {
      kind: "known",
      information: { client_id: clientId, ...(clientSecret === undefined ? {} : { client_secret: clientSecret }) },
    };
  }
  if (privateKey === undefined) return { kind: "secret", clientId, clientSecret: clientSecret ?? "" };
  return { kind: "key", clientId, privateKey, algorithm: "ES256" };
}

/**
 * Does some work, and does it again after each login that it asks for.
 *
 * @param logIn Gives whether there is an answer from the browser to go on with.
 */
export async function withLogins<T>(
  work: () => Promise<T>,
  mustLogIn: (error: unknown) => boolean,
  logIn: () => Promise<boolean>,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!mustLogIn(error) || !await logIn()) throw error;
    }
  }
}
