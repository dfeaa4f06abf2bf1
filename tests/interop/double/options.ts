/** How the test client is set up. */
import type { DriverStep } from "../../../lib/scenarios/driver_step.ts";
import type { Revision } from "../../../lib/judge/settled.ts";
import type { Extra } from "./mcp/extras.ts";
import type { Document } from "./readings.ts";
import type { Slip } from "./slips.ts";

/** A client_id it was given, and what it authenticates with there. */
export interface Given {
  readonly clientId: string;
  readonly secret?: string;
  readonly privateJwk?: Readonly<Record<string, unknown>>;
}

/** A revision that it can speak. */
export type Spoken = "2024-11-05" | Revision;

/** How it is set up. */
export interface DoubleOptions {
  readonly send: (request: Request) => Promise<Response>;
  /** Where the sandbox is that it works on. */
  readonly base?: string;
  /** The MCP endpoint, from there; `/oauth` if not given. */
  readonly endpoint?: string;
  /** Another MCP endpoint, of a second server that it uses beside the first. */
  readonly secondEndpoint?: string;
  readonly slip?: Slip | undefined;
  /** The revision that it begins with; the newest if not given. */
  readonly version?: Revision;
  /** The revisions that it knows, oldest first; all if not given. */
  readonly knows?: readonly Spoken[];
  /** Whether it opens a stream for what the server says unasked, where there are sessions. */
  readonly listens?: boolean;
  /** What it does beside its work, once it has called its tools. */
  readonly extras?: readonly Extra[];
  /** Whether its session stays open in the end, for what a test does in it. */
  readonly staysOpen?: boolean;
  /** How long it waits for the answer to a request, by `wait`; for ever if not given. */
  readonly timeLimitMs?: number;
  /** A client it was given, and does not have to register. */
  readonly given?: Given;
  /** What it is made to do, in place of listing and calling tools. */
  readonly driver?: readonly DriverStep[];
  /** What it declares that it can be asked, as in 2025-11-25; nothing if not given. */
  readonly declares?: Document;
  /** Called with what `mock_next_step` says after each step of its script; if not given, it does not ask. */
  readonly onLed?: (said: string, step: DriverStep) => void;
  /** Whether it goes on to the next stage of a gauntlet before it ends. */
  readonly goesOn?: boolean;
  /** The tools it calls, in order. */
  readonly tools?: readonly string[];
  /** Whether it gets its token without a person's browser: with client_credentials, or an assertion. */
  readonly alone?: boolean;
  /** The identity provider that it has its assertions from. */
  readonly idp?: { readonly clientId: string; readonly about: "person" | "workload" };
  /** Its clock; if not given, one that stands still. */
  readonly nowMs?: () => number;
  /** Lets time pass before it lists and calls once more, twice. */
  readonly pause?: () => Promise<void>;
  /** Waits, for as long as the signal lets it; if not given, no time passes. Only a time limit comes with a signal. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Whether it refreshes its token, twice, before it ends. */
  readonly refresh?: boolean;
  /** Whether it revokes its token in the end. */
  readonly logout?: boolean;
}

/** It gives up, as a good client does where it must not go on. */
export class Stop extends Error {}

/** What all its parts know. */
export interface Setting {
  readonly options: DoubleOptions;
  readonly slip: Slip | undefined;
  /** Where the sandbox is, and the origin that it is at. */
  readonly base: string;
  readonly host: string;
  readonly mcpUrl: string;
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
}
