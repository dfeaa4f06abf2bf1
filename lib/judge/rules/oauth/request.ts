/**
 * Rules on what a client says when it asks for authorization and tokens.
 *
 * @module
 */
import { isLoopback } from "../../../http/origin.ts";
import type { AuthorizationStep, ResourceMetadataStep, TokenStep } from "../../step.ts";
import { metadataFor, resourceFor, tokenRequestFor, type View } from "../../view.ts";
import { addressOf, listOf, plainUrl, textOf } from "../../reading.ts";
import {
  ALWAYS,
  broken,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  SINCE_2025_06,
  SPECIFICATION,
} from "../rule.ts";

/** Token requests that get a token for an MCP server by themselves. */
const grants: ReadonlySet<string> = new Set(["authorization_code", "refresh_token", "client_credentials"]);

function checkResource(view: View): Outcome {
  const requests = [
    ...view.authorizations.filter(({ params }) => !params.has("request")),
    ...view.tokens.filter(({ params }) => grants.has(params.get("grant_type") ?? "")),
  ];
  const judged = requests.filter((request) => {
    const read = resourceFor(view, request);
    return read !== undefined && (isOfServer(view, read) || !lookedOn(view, read, request));
  });
  for (const request of judged) {
    const problem = findResourceProblem(view, request);
    if (problem !== undefined) return broken(problem, [resourceFor(view, request)?.at ?? request.at, request.at]);
  }
  const other = view.resourceMetadata.find(({ document }) => {
    const resource = textOf(document, "resource");
    return resource !== undefined && !view.calls.some(({ address }) => address === plainUrl(resource));
  });
  if (other && judged.length === 0) return kept("It did not continue with metadata of another resource", [other.at]);
  return judged.length === 0
    ? notObserved("It requested nothing after it had read the resource metadata")
    : kept("It sent the resource that the metadata names in every request", positionsOf(judged));
}

/** The URLs that refused a client before a step, and else the one that was called before it, or first: a host can talk to several. */
function calledBefore({ calls }: View, at: number): readonly string[] {
  const before = calls.filter((step) => step.at < at);
  const refused = before.filter(({ status }) => status === 401 || status === 403);
  const last = before.at(-1) ?? calls[0];
  return (refused.length > 0 ? refused : last ? [last] : []).map(({ address }) => address);
}

/** The endpoint's own URL is right as well where the metadata's differs by a slash only: MCP prefers the one without. */
function isOwnUrl(resource: string, expected: string, own: readonly string[]): boolean {
  const [sent, named] = [plainUrl(resource), plainUrl(expected)];
  return own.includes(sent) && sent.replace(/\/$/, "") === named.replace(/\/$/, "");
}

/** An empty path and "/" are the same (RFC 3986 6.2.3), and MCP has both as a canonical URI; the case of a host says nothing. */
function withoutRootSlash(uri: string): string {
  return plainUrl(uri).replace(/^(https?:\/\/[^/?#]+)\/$/i, "$1");
}

function findResourceProblem(view: View, request: AuthorizationStep | TokenStep): string | undefined {
  const read = resourceFor(view, request);
  const expected = textOf(read?.document, "resource");
  if (!read || expected === undefined) return undefined;
  const isRefresh = request.params.get("grant_type") === "refresh_token";
  const where = request.kind !== "token" ? "authorization request" : isRefresh ? "refresh request" : "token request";
  if (!isOfServer(view, read)) return `It continued with metadata of another resource, ${expected}`;
  const sent = request.params.getAll("resource");
  if (sent.length === 0) return `Its ${where} has no resource parameter`;
  if (sent.some((resource) => resource.includes("#"))) return `The resource of its ${where} has a fragment`;
  const own = calledBefore(view, request.at);
  const isRight = (resource: string): boolean =>
    withoutRootSlash(resource) === withoutRootSlash(expected) || isOwnUrl(resource, expected, own);
  return sent.some(isRight) ? undefined : `The resource of its ${where} is ${sent.join(" ")} instead of ${expected}`;
}

/** Whether metadata is of the MCP server that was called, or of what that is a part of (RFC 9728 3.3). */
function isOfServer(view: View, { at, document }: { readonly at: number; readonly document: unknown }): boolean {
  const called = calledBefore(view, at);
  const resource = typeof document === "object" && document !== null && "resource" in document ? document.resource : "";
  if (called.length === 0 || typeof resource !== "string" || !URL.canParse(resource)) return true;
  const whole = `${addressOf(resource).replace(/\/$/, "")}/`;
  return called.some((address) => `${address.replace(/\/$/, "")}/`.startsWith(whole));
}

/** Whether a client went on to look for metadata elsewhere, as one does that has no use for what it has read. */
function lookedOn({ resourceMetadata }: View, read: ResourceMetadataStep, { at }: { readonly at: number }): boolean {
  const readAtMs = read.exchange.receivedAtMs + read.exchange.durationMs;
  return resourceMetadata.some((step) =>
    step.at > read.at && step.at < at && step.address !== read.address && step.exchange.receivedAtMs >= readAtMs
  );
}

function checkState(view: View): Outcome {
  const { authorizations } = view;
  if (authorizations.length === 0) return notObserved("It did not request authorization");
  const bare = authorizations.find(({ params }) => !params.get("state") && !params.has("request"));
  if (bare) return broken("It requested authorization without state", [bare.at]);
  const wrong = authorizations.filter(({ params, answer }) =>
    answer !== undefined && answer.get("state") !== params.get("state")
  );
  for (const request of wrong) {
    const spent = tokenRequestFor(view, request);
    if (spent) {
      return broken("It redeemed a code that came with a different state than it had sent", [
        request.answeredAt ?? request.at,
        spent.at,
      ]);
    }
  }
  return wrong.length > 0
    ? kept("It discarded a response with a different state than it had sent", positionsOf(wrong))
    : kept("It sent state, and every response returned it", positionsOf(authorizations));
}

function checkRedirect(view: View): Outcome {
  const requests = view.authorizations.filter(({ params }) => params.get("redirect_uri"));
  for (const { at, params } of requests) {
    const uri = params.get("redirect_uri") ?? "";
    const own = view.registrations.find(({ registered }) =>
      textOf(registered, "client_id") === params.get("client_id")
    );
    const registered = listOf(own?.registered, "redirect_uris") ?? listOf(own?.sent, "redirect_uris");
    if (registered && !registered.some((known) => withoutPort(known) === withoutPort(uri))) {
      return broken(`It used the redirect URI ${uri}, which it has not registered`, [own?.at ?? at, at]);
    }
    const { protocol = "", hostname = "" } = URL.parse(uri) ?? {};
    if (protocol === "https:" || isLoopback(hostname)) continue;
    if (protocol === "http:") {
      return broken(`It used the redirect URI ${uri}, which is neither https nor local`, [at]);
    }
    // RFC 8252 7.1 lets apps have schemes of their own; MCP's sentence does not mention them.
    return broken(`It used the redirect URI ${uri}, which has a custom scheme`, [at], "SHOULD");
  }
  return requests.length === 0
    ? notObserved("It sent no redirect URI")
    : kept("Its redirect URIs are registered, and are https or local", positionsOf(requests));
}

/** A loopback redirect URI without its port, which is free (RFC 8252 7.3); any other as it is. */
function withoutPort(uri: string): string {
  return uri.replace(/^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])):\d+/, "$1");
}

function checkHttps(view: View): Outcome {
  const uses = [...view.registrations, ...view.authorizations, ...view.tokens];
  const judged = uses.filter((step) => isSafe(textOf(metadataFor(view, step)?.document, "issuer")));
  const open = judged.find(({ address }) => !isSafe(address));
  if (open) {
    return broken(`It used ${open.address}, which is not https`, [metadataFor(view, open)?.at ?? open.at, open.at]);
  }
  const offered = view.serverMetadata.find(({ document }) => isSafe(textOf(document, "issuer")) && hasOpen(document));
  if (offered) return kept("It did not use the endpoint that is not https", [offered.at]);
  return judged.length === 0
    ? notObserved("It used no endpoint of a server with an https or local issuer")
    : kept("It used only endpoints that are https or local", positionsOf(judged));
}

/** Https, or on this computer, where nobody can listen. */
function isSafe(url: string | undefined): boolean {
  const { protocol = "", hostname = "" } = URL.parse(url ?? "") ?? {};
  return protocol === "https:" || isLoopback(hostname);
}

function hasOpen(document: Readonly<Record<string, unknown>> | undefined): boolean {
  return Object.entries(document ?? {}).some(([member, value]) =>
    member.endsWith("_endpoint") && typeof value === "string" && !isSafe(value)
  );
}

/** The rules on requests to the authorization server. */
export const requestRules: readonly Rule[] = [
  {
    id: "C14",
    name: "resource-indicator",
    title: "A client sends the canonical URI of the MCP server as resource in authorization and token requests.",
    level: "MUST",
    revisions: SINCE_2025_06,
    isOfMcp: true,
    link: `${SPECIFICATION}#resource-parameter-implementation`,
    official: [
      "resource-parameter-in-authorization",
      "resource-parameter-in-token",
      "resource-parameter-valid-uri",
      "resource-parameter-consistency",
      "resource-parameter-matches-prm",
      "resource-mismatch-rejected",
    ],
    check: checkResource,
  },
  {
    id: "C15",
    name: "state-verified",
    title: "A client sends state, and discards a response that does not return it.",
    level: "SHOULD",
    revisions: ALWAYS,
    link: `${SPECIFICATION}/security-considerations#open-redirection`,
    official: [],
    check: checkState,
  },
  {
    id: "C16",
    name: "redirect-registered",
    title: "A client uses only redirect URIs that it has registered, and that are https or local.",
    level: "MUST",
    revisions: ALWAYS,
    link: `${SPECIFICATION}/security-considerations#communication-security`,
    official: [],
    check: checkRedirect,
  },
  {
    id: "C28",
    name: "endpoints-https",
    title: "A client uses only https endpoints of an authorization server.",
    level: "MUST",
    revisions: ALWAYS,
    link: `${SPECIFICATION}/security-considerations#communication-security`,
    official: [],
    check: checkHttps,
  },
];
