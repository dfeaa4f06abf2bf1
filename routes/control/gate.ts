/**
 * Who may control a sandbox. On this machine everybody who is on it, no page of elsewhere among them, and nothing that a
 * page can have a browser send unasked. Anywhere else whoever has the token of the process, or knows a label that is long
 * enough to be a secret.
 *
 * @module
 */
import { hash, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { OAuthError } from "../../lib/http/errors.ts";
import { findForeignOrigin, findUnasked, isLoopback, type OriginPolicy } from "../../lib/http/origin.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { LiveSandbox } from "../../lib/sandbox/live_sandboxes.ts";
import type { Context, Route } from "../request/router.ts";

/** Has a handler answer those alone whom the gate lets in. */
export type Guard = (handler: Route["handler"]) => Route["handler"];

/**
 * Makes a guard of a gate.
 *
 * @param gate Who may control a sandbox.
 * @param worldOf The sandbox of a request.
 */
export function createGuard(gate: ControlGate, liveSandboxOf: (sandbox: Sandbox) => LiveSandbox): Guard {
  const refuse = createRefusal(gate, liveSandboxOf);
  return (handler) => (context) => {
    const refusal = refuse(context);
    if (refusal) throw refusal;
    return handler(context);
  };
}

/** Says why a request may not control its sandbox, for pages that show the reason; undefined if it may. */
export type Refusal = (context: Pick<Context, "request" | "url" | "sandbox">) => OAuthError | undefined;

/**
 * Makes of a gate what pages ask.
 *
 * @param gate Who may control a sandbox.
 * @param worldOf The sandbox of a request.
 */
export function createRefusal(gate: ControlGate, liveSandboxOf: (sandbox: Sandbox) => LiveSandbox): Refusal {
  return ({ request, url, sandbox }) => {
    const isChange = request.method !== "GET" && request.method !== "HEAD";
    return gate({ request, url, live: liveSandboxOf(sandbox), isChange });
  };
}

/** A label of this length or more cannot be guessed, so it counts as a secret. */
export const SECRET_LABEL_LENGTH = 16;

/** Who may control sandboxes: whoever can call at all, or whoever has a token. */
export type ControlPolicy = "open" | { readonly token: string };

/** What the gate depends on. */
export interface GateOptions extends OriginPolicy {
  /** Who may; if not said, everybody on a server that this machine alone can reach, else nobody without a secret label. */
  readonly control?: ControlPolicy;
}

/** A request as the gate sees it. */
export interface Caller {
  /** The request. */
  readonly request: Pick<Request, "headers">;
  /** Its URL. */
  readonly url: URL;
  /** The sandbox that it wants to control. */
  readonly live: Pick<LiveSandbox, "name" | "label">;
  /** Whether it changes anything, by its method or by what its URL asks for. */
  readonly isChange: boolean;
}

/** Says why a request may not control its sandbox; undefined if it may. */
export type ControlGate = (caller: Caller) => OAuthError | undefined;

/**
 * Makes the gate.
 *
 * @param options What it depends on.
 */
export function createControlGate(options: GateOptions): ControlGate {
  const { control, loopbackOnly = false, publicOrigin } = options;
  const token = typeof control === "object" ? control.token : undefined;
  // Whoever gives the server a public name has put something in front of it that others can reach.
  const isPrivate = loopbackOnly && (publicOrigin === undefined || isLoopback(new URL(publicOrigin).hostname));
  const isOpen = control === "open" || (control === undefined && isPrivate);

  return ({ request: { headers }, url, live, isChange }) => {
    const foreign = findForeignOrigin(url, headers.get("origin"), options);
    if (foreign !== undefined) return new OAuthError("access_denied", `${foreign} to control this server`);
    // A page that knows a secret label, or can send a token, was given it.
    if ((live.label?.length ?? 0) >= SECRET_LABEL_LENGTH) return undefined;
    if (isOpen) return isChange ? refuseUnasked(findUnasked(url, headers, options)) : undefined;
    if (token === undefined) return turnedOff(live);
    if (isSame(bearerOf(headers), token)) return undefined;
    return new OAuthError("invalid_token", "The control token is missing or wrong", {
      parameter: "authorization",
      expected: `Bearer and the token of --control-token, or ${secretLabel(live)}`,
      reference: "RFC 6750 2.1",
    });
  };
}

function refuseUnasked(what: string | undefined): OAuthError | undefined {
  if (what === undefined) return undefined;
  return new OAuthError("access_denied", "A page may not change a sandbox without being asked to", {
    parameter: "sec-fetch-site",
    received: `a request that a browser sent for ${what}`,
    expected: "one of a client or a script, or a URL that you type; faults are set by POST /control/faults, too",
    reference: "Fetch Metadata 2",
  });
}

function turnedOff(live: Caller["live"]): OAuthError {
  return new OAuthError("access_denied", `The sandbox ${live.name} cannot be controlled from outside`, {
    expected: `a server that was started with --control-token, or ${secretLabel(live)}`,
  });
}

function secretLabel({ name }: Caller["live"]): string {
  const own = name === "main" ? "standard" : name.split("~", 1)[0];
  return `a sandbox of your own: /s/${own}~LABEL with a label of ${SECRET_LABEL_LENGTH} characters or more`;
}

function bearerOf(headers: Headers): string {
  return /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
}

/** Hashes have one length, so that the time the comparison takes says nothing of the token. */
function isSame(sent: string, token: string): boolean {
  const [a, b] = [sent, token].map((text) => Buffer.from(hash("sha256", text, "hex")));
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
