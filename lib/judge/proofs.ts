/**
 * Which steps are of one client for certain: they name the same client_id, or one carries what another was given (a code, a
 * token, a session), or a redirect URI that a single client has. User agents do not count: many clients speak MCP with one
 * HTTP library and OAuth with another.
 *
 * @module
 */
import { elicitationUrlsIn } from "./elicitation_urls.ts";
import { headerOf } from "../recorder/exchange.ts";
import { digestOf } from "../recorder/redact/digests.ts";
import type { Step } from "./step.ts";
import { listOf, textOf } from "./reading.ts";
import { formDecoded } from "../http/form.ts";

/** Steps that are one client's for certain. */
export interface Trace {
  /** The client_id it had first; undefined where only a session or a token holds it together. */
  readonly id: string | undefined;
  /** In order. */
  readonly steps: readonly Step[];
}

/**
 * Ties steps together. A step that proves nothing is in no trace.
 *
 * @param steps All steps of a sandbox, in order.
 */
export function traceSteps(steps: readonly Step[]): readonly Trace[] {
  const parents = new Map<string, string>();
  const root = (proof: string): string => {
    let found = proof;
    for (let next = parents.get(found); next !== undefined && next !== found; next = parents.get(found)) found = next;
    parents.set(proof, found);
    return found;
  };
  const issued = new Set<string>();
  const registrants = idsByRedirect(steps);
  const proven: { readonly step: Step; readonly proof: string }[] = [];
  for (const step of steps) {
    if (step.kind === "token") { for (const token of tokensOf(step)) issued.add(token); }
    // A token of which nobody saw the issuance may be one that all have, such as the static key of `/bearer`.
    const [first, ...others] = [...proofsOf(step), ...redirectProof(step, registrants)].filter((proof) =>
      !proof.startsWith("token ") || issued.has(proof)
    );
    if (first === undefined) continue;
    for (const other of others) parents.set(root(other), root(first));
    proven.push({ step, proof: first });
  }
  const traces = new Map<string, { id: string | undefined; readonly steps: Step[] }>();
  for (const { step, proof } of proven) {
    const key = root(proof);
    const trace = traces.get(key) ?? { id: undefined, steps: [] };
    trace.id ??= idOf(step);
    trace.steps.push(step);
    traces.set(key, trace);
  }
  return [...traces.values()];
}

/** Who names each redirect URI. */
function idsByRedirect(steps: readonly Step[]): ReadonlyMap<string, ReadonlySet<string>> {
  const ids = new Map<string, Set<string>>();
  for (const step of steps) {
    const id = idOf(step);
    if (id === undefined) continue;
    for (const uri of redirectsOf(step)) ids.set(uri, (ids.get(uri) ?? new Set()).add(id));
  }
  return ids;
}

/** A step that names no client is that of the only one with its redirect URI; many have `http://localhost/callback`. */
function redirectProof(step: Step, registrants: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  if (idOf(step) !== undefined) return [];
  const [id, another] = new Set(redirectsOf(step).flatMap((uri) => [...registrants.get(uri) ?? []]));
  return id === undefined || another !== undefined ? [] : [`client ${id}`];
}

function redirectsOf(step: Step): readonly string[] {
  switch (step.kind) {
    case "registration":
      return listOf(step.sent, "redirect_uris") ?? [];
    case "authorization":
    case "token":
    case "other":
      return step.params.getAll("redirect_uri");
    default:
      return [];
  }
}

/** The client_id that a step names. */
export function idOf(step: Step): string | undefined {
  switch (step.kind) {
    case "registration":
      return textOf(step.registered, "client_id");
    case "authorization":
      return step.params.get("client_id") ?? undefined;
    case "token":
    case "other":
      return (basicIdOf(step) ?? step.params.get("client_id")) || undefined;
    default:
      return undefined;
  }
}

/** What a step shows of who made it; equal proofs are one client's. */
function proofsOf(step: Step): readonly string[] {
  const id = idOf(step);
  const ids = id === undefined ? [] : [`client ${id}`];
  switch (step.kind) {
    case "authorization":
      return [...ids, ...secret("code", step.answer?.get("code"))];
    case "token":
      return [
        ...ids,
        ...secret("code", step.params.get("code")),
        ...secret("token", step.params.get("refresh_token")),
        ...tokensOf(step),
      ];
    case "other":
      return [...ids, ...[step.params.get("token"), bearerOf(step)].flatMap((token) => secret("token", token))];
    case "icon":
      return secret("token", bearerOf(step));
    case "canary":
      return [...secret("token", bearerOf(step)), ...secret("page", pageAt(step.address))];
    case "mcp":
      return [
        ...secret("token", step.token),
        ...sessionOf(step),
        // Nobody else was told where such a page is.
        ...step.answered.flatMap(({ message }) => elicitationUrlsIn(message)).flatMap((url) =>
          secret("page", pageAt(url))
        ),
      ];
    default:
      return ids;
  }
}

/** The page of ours that a URL is of, on which a person does what a client was asked for. */
function pageAt(url: string): string | undefined {
  return /\/elicitation\/[^/?#]+$/.exec(url)?.[0];
}

function tokensOf(step: Extract<Step, { kind: "token" }>): readonly string[] {
  return ["access_token", "refresh_token"].flatMap((name) => secret("token", textOf(step.issued, name)));
}

function sessionOf({ exchange: { request, response } }: Step): readonly string[] {
  return secret("session", headerOf(response, "mcp-session-id") ?? headerOf(request, "mcp-session-id"));
}

/** The access token that a request is made with (RFC 6750 2.1, RFC 9449 7.1). */
function bearerOf({ exchange }: Step): string | undefined {
  return /^(?:bearer|dpop) +(.+)$/i.exec(headerOf(exchange.request, "authorization") ?? "")?.[1];
}

function secret(kind: string, value: string | null | undefined): readonly string[] {
  return value ? [`${kind} ${digestOf(value)}`] : [];
}

/** The id of HTTP Basic, which redaction leaves readable; it is form-encoded there (RFC 6749 2.3.1). */
function basicIdOf({ exchange }: Step): string | undefined {
  const id = /^basic ([^:]+):/i.exec(headerOf(exchange.request, "authorization") ?? "")?.[1];
  return id === undefined ? undefined : formDecoded(id);
}
