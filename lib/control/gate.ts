// Who may control a sandbox. On a server that only this machine can reach, anyone on it may, but no page of another site,
// and nothing that a page can have a browser send unasked. On any other server it takes the token of the process, or a
// label that is long enough to be a secret.
import { hash } from "../runtime/node_crypto.ts";
import { OAuthError } from "../http/errors.ts";
import { findForeignOrigin, findUnasked, isLoopback, type OriginPolicy } from "../http/origin.ts";
import { bearerOf } from "../oauth/tokens/bearer.ts";
import { isSameSecret } from "../runtime/secret.ts";
import type { LiveSandbox } from "../sandbox/live_sandboxes.ts";

/** A label of this length or more cannot be guessed, so it counts as a secret. */
const SECRET_LABEL_LENGTH = 16;

/** Whether knowing a label is enough to control its sandboxes. */
export function isSecretLabel(label: string): boolean {
  return label.length >= SECRET_LABEL_LENGTH;
}

/** Who may control sandboxes: anyone who can call at all, or those who have a token. */
export type ControlPolicy = "open" | { readonly token: string };

/** What the gate depends on. */
export interface GateOptions extends OriginPolicy {
  /** Who may; by default anyone on a server that only this machine can reach, else nobody without a secret label. */
  readonly control?: ControlPolicy;
}

/** A request as the gate sees it. */
interface Caller {
  /** Those of the request. */
  readonly headers: Headers;
  /** The URL that was asked for. */
  readonly url: URL;
  /** The sandbox that it is to control. */
  readonly live: Pick<LiveSandbox, "name" | "label">;
  /** Whether it changes anything, by its method or by what its URL asks for. */
  readonly isChange: boolean;
}

/** Says why a request may not control its sandbox; undefined if it may. */
export type ControlGate = (caller: Caller) => OAuthError | undefined;

/** Makes the gate. */
export function createControlGate(options: GateOptions): ControlGate {
  const { control, loopbackOnly = false, publicOrigin } = options;
  const token = typeof control === "object" ? control.token : undefined;
  // A public name means that something in front of the server lets others reach it.
  const isPrivate = loopbackOnly && (publicOrigin === undefined || isLoopback(new URL(publicOrigin).hostname));
  const isOpen = control === "open" || (control === undefined && isPrivate);

  return ({ headers, url, live, isChange }) => {
    const foreign = findForeignOrigin(url, headers.get("origin"), options);
    if (foreign !== undefined) return new OAuthError("access_denied", `${foreign} to control this server`);
    // A page that knows a secret label, or can send a token, was given it.
    if (isSecretLabel(live.label ?? "")) return undefined;
    if (isOpen) return isChange ? refuseUnasked(findUnasked(url, headers, options)) : undefined;
    if (token === undefined) return turnedOff(live);
    if (isSame(bearerOf(headers) ?? "", token)) return undefined;
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
    expected: "a request of a client or a script, or a URL that you type; POST /control/faults sets faults, too",
    reference: "Fetch Metadata 2",
  });
}

function turnedOff(live: Caller["live"]): OAuthError {
  return new OAuthError("access_denied", `The sandbox ${live.name} cannot be controlled from outside`, {
    expected: `a server started with CONTROL_TOKEN (as deno serve needs) or --control-token, or ${secretLabel(live)}`,
  });
}

function secretLabel({ name }: Caller["live"]): string {
  const own = name === "main" ? "standard" : name.split("~", 1)[0];
  return `a sandbox of your own: /s/${own}~LABEL with a label of ${SECRET_LABEL_LENGTH} characters or more`;
}

/** Hashes have one length, so that the time the comparison takes says nothing of the token's. */
function isSame(sent: string, token: string): boolean {
  return isSameSecret(hash("sha256", sent, "buffer"), hash("sha256", token, "buffer"));
}
