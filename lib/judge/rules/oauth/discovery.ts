/**
 * Rules on how a client finds its authorization server.
 *
 * @module
 */
import { wellKnown } from "../../../http/urls.ts";
import { metadataUrls } from "../../metadata_urls.ts";
import type { ResourceMetadataStep, ServerMetadataStep } from "../../step.ts";
import { hasBeginning, namesEndpoint, resourceFor, type View } from "../../view.ts";
import { addressOf, listOf, originOf, pathOf, textOf } from "../../reading.ts";
import {
  broken,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  type Rule,
  SINCE_2025_06,
  SINCE_2025_11,
  SINCE_2026_07,
  SPECIFICATION,
} from "../rule.ts";

/** The issuers a client was told of. */
function toldIssuers({ resourceMetadata }: View): readonly string[] {
  return [...new Set(resourceMetadata.flatMap(({ document }) => listOf(document, "authorization_servers") ?? []))];
}

/** Those it has found where it was told of none, else the MCP server's own origin. */
function foundIssuers({ calls, serverMetadata }: View): readonly string[] {
  const found = serverMetadata.flatMap(({ document, address }) => {
    const issuer = textOf(document, "issuer") ?? "";
    return metadataUrls(issuer).includes(address) ? [issuer] : [];
  });
  const first = calls[0] ?? serverMetadata[0];
  return found.length > 0 ? [...new Set(found)] : first ? [originOf(first.address)] : [];
}

/** Whether a client requests access to a resource on another origin, whose metadata is not here either. */
function wantsElsewhere({ authorizations, tokens }: View): boolean {
  return [...authorizations, ...tokens].some(({ params, address }) =>
    params.getAll("resource").some((resource) => URL.canParse(resource) && originOf(resource) !== originOf(address))
  );
}

function checkResourceMetadata(view: View): Outcome {
  const { resourceMetadata, serverMetadata, registrations, authorizations, calls } = view;
  // A person may look at a document; a client reads it in order to continue.
  if (registrations.length + authorizations.length + calls.length === 0) {
    return notObserved("It only read metadata");
  }
  const [first] = [...serverMetadata, ...registrations, ...authorizations].sort((one, other) => one.at - other.at);
  if (!first) {
    return resourceMetadata.length > 0 && resourceMetadata.every(({ document }) => document === undefined)
      ? kept(
        "It contacted no authorization server without the protected resource metadata",
        positionsOf(resourceMetadata),
      )
      : notObserved("It did not contact an authorization server");
  }
  const read = resourceMetadata.find(({ at }) => at < first.at);
  if (read) {
    return kept("It read the protected resource metadata before it contacted an authorization server", [
      read.at,
      first.at,
    ]);
  }
  if (!hasBeginning(view)) return notObserved("What it read before is no longer on record");
  return wantsElsewhere(view)
    ? notObserved("It requested access to an MCP server on another origin")
    : broken("It contacted an authorization server without reading the protected resource metadata", [first.at]);
}

function checkChallenge({ calls, resourceMetadata }: View): Outcome {
  const call = calls.find(({ status, challenge }) => status === 401 && challenge?.get("resource_metadata"));
  const advertised = call?.challenge?.get("resource_metadata");
  if (!call || advertised === undefined) return notObserved("No 401 response named the resource metadata");
  if (!URL.canParse(advertised)) {
    const [found] = resourceMetadata;
    return found
      ? kept("It coped with a header that cannot be parsed", [call.at, found.at])
      : notObserved("The header of the 401 response cannot be parsed");
  }
  if (originOf(advertised) !== originOf(call.address)) {
    return notObserved("The 401 response named metadata on another origin");
  }
  const read = resourceMetadata.find(({ address }) => address === addressOf(advertised));
  if (read) return kept("It read the metadata that the 401 response named", [call.at, read.at]);
  const other = resourceMetadata.find(({ at }) => at > call.at) ?? resourceMetadata[0];
  return other
    ? broken(`It read ${other.address} instead of ${advertised}, which the 401 response named`, [call.at, other.at])
    : notObserved("It read no resource metadata");
}

/** A 404 response says that there is nothing; a server error does not, nor does a page. */
function isReasonToStop({ status }: { readonly status: number }): boolean {
  return status < 400 || status >= 500;
}

/** Whether a client went on to an authorization server, as one does that has found no resource metadata. */
function goesOnFrom({ serverMetadata, registrations, authorizations }: View, { at }: ResourceMetadataStep): boolean {
  return [...serverMetadata, ...registrations, ...authorizations].some((step) => step.at > at);
}

function checkFallback(view: View): Outcome {
  const { calls, resourceMetadata, hasOrigin } = view;
  const call = calls.find(({ status }) => status === 401);
  if (!call || URL.canParse(call.challenge?.get("resource_metadata") ?? "")) {
    return notObserved("No 401 response left the client to search for the resource metadata");
  }
  const named = URL.parse(call.challenge?.get("resource_metadata") ?? "", call.address)?.href;
  // Who takes what the header names for a relative URL has found a URL in it; what is searched comes after that.
  const searched = resourceMetadata.filter(({ address }) => named === undefined || address !== addressOf(named));
  const [first] = searched;
  if (!first) return notObserved("It did not look for the resource metadata");
  const root = originOf(call.address) + wellKnown.protectedResource;
  const own = root + (pathOf(call.address) === "/" ? "" : pathOf(call.address));
  if (first.address !== own) {
    return broken(`It requested ${first.address} before ${own}`, [call.at, first.at]);
  }
  const second = searched.find(({ address }) => address === root);
  if (first.document === undefined && own !== root && !second && hasOrigin) {
    if (isReasonToStop(first) && !goesOnFrom(view, first)) {
      return notObserved(`It got ${first.status} and no metadata at ${own}, and stopped there`);
    }
    return broken(`It found nothing at ${own} and did not try ${root}`, [call.at, first.at]);
  }
  return kept(
    "It tried the URL with the path of the MCP server first",
    positionsOf(second ? [first, second] : [first]),
  );
}

/** What a client does then was written in 2025-03-26, and only for the root of the origin. */
const NOBODY_NAMED =
  "No resource metadata named an authorization server: where a client looks for one then is its choice";

function checkOrder(view: View): Outcome {
  const { serverMetadata } = view;
  if (serverMetadata.length === 0) return notObserved("It did not look for authorization server metadata");
  const told = toldIssuers(view);
  const issuers = told.length > 0 ? told : foundIssuers(view);
  const known = new Set(issuers.flatMap(metadataUrls));
  const found = serverMetadata.find(({ document }) => document !== undefined);
  const stray = serverMetadata.find(({ address, at }) => !known.has(address) && at <= (found?.at ?? at));
  const asked = serverMetadata.filter(({ address }) => known.has(address));
  for (const issuer of issuers) {
    const problem = findDisorder(metadataUrls(issuer), asked);
    // Other URLs may be tried once all in the list have been.
    if (!problem || (stray && stray.at < problem.step.at)) continue;
    return told.length > 0 ? broken(problem.text, [problem.step.at]) : notObserved(NOBODY_NAMED);
  }
  const listed = Math.max(...positionsOf(asked), 0);
  if (stray && !(asked.length >= known.size && listed < stray.at)) {
    if (told.length === 0) return notObserved(NOBODY_NAMED);
    return broken(`It requested ${stray.address}, which is not a metadata URL of ${issuers.join(" or ")}`, [stray.at]);
  }
  return kept("It tried the metadata URLs in the required order", positionsOf(asked));
}

function findDisorder(
  urls: readonly string[],
  asked: readonly ServerMetadataStep[],
): { readonly step: ServerMetadataStep; readonly text: string } | undefined {
  const tried = asked.filter(({ address }) => urls.includes(address));
  let next = 0;
  for (const step of tried) {
    const index = urls.indexOf(step.address);
    if (index > next) return { step, text: `It requested ${step.address} before ${urls[next]}` };
    if (step.document !== undefined) return undefined;
    next = Math.max(next, index + 1);
  }
  const last = tried.at(-1);
  if (!last || next >= urls.length || isReasonToStop(last)) return undefined;
  return { step: last, text: `It found nothing at ${last.address} and did not try ${urls[next]}` };
}

function checkIssuer(view: View): Outcome {
  const mismatches = view.serverMetadata.filter((step) => step.document !== undefined && !isFromIssuer(view, step));
  const [first] = mismatches;
  if (!first) return notObserved("All metadata named the expected issuer");
  for (const { at, document } of mismatches) {
    const better = view.serverMetadata.find((step) => step.at > at && step.document && isFromIssuer(view, step));
    const used = view.steps.find((step) =>
      step.at > at && step.at < (better?.at ?? Infinity) && namesEndpoint(document, step.address)
    );
    if (used) {
      return broken(`It used metadata that names ${textOf(document, "issuer") ?? "nothing"} as issuer`, [at, used.at]);
    }
  }
  return kept("It did not use metadata that names another issuer", positionsOf(mismatches));
}

function isFromIssuer(view: View, step: ServerMetadataStep): boolean {
  const { address, document } = step;
  const told = listOf(resourceFor(view, step)?.document, "authorization_servers") ?? [];
  const fitting = told.filter((issuer) => metadataUrls(issuer).includes(address));
  const issuer = textOf(document, "issuer") ?? "";
  return fitting.length > 0 ? fitting.includes(issuer) : metadataUrls(issuer).includes(address);
}

const discovery = `${SPECIFICATION}/authorization-server-discovery`;

/** The rules on discovery. */
export const discoveryRules: readonly Rule[] = [
  {
    id: "C1",
    name: "resource-metadata-first",
    title: "A client finds the authorization server through the protected resource metadata of the MCP server.",
    level: "MUST",
    revisions: SINCE_2025_06,
    isOfMcp: true,
    link: `${discovery}#authorization-server-location`,
    official: ["prm-pathbased-requested"],
    check: checkResourceMetadata,
  },
  {
    id: "C2",
    name: "challenge-parsed",
    title: "A client parses the WWW-Authenticate header of a 401 response, and reads the metadata that it names.",
    level: "MUST",
    revisions: SINCE_2025_06,
    isOfMcp: true,
    link: `${discovery}#protected-resource-metadata-discovery-requirements`,
    official: ["prm-pathbased-requested", "prm-priority-order"],
    check: checkChallenge,
  },
  {
    id: "C3",
    name: "resource-metadata-order",
    title: "If a 401 response names no metadata, a client tries the URL with the MCP server's path, then the root.",
    level: "MUST",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: `${discovery}#protected-resource-metadata-discovery-requirements`,
    official: ["prm-priority-order", "prm-pathbased-requested"],
    check: checkFallback,
  },
  {
    id: "C4",
    name: "server-metadata-order",
    title: "A client tries the two or three URLs of authorization server metadata in the specified order.",
    level: "MUST",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: `${discovery}#authorization-server-metadata-discovery`,
    official: ["authorization-server-metadata", "authorization-server-metadata-wrong-path"],
    check: checkOrder,
  },
  {
    id: "C5",
    name: "metadata-issuer-checked",
    title: "A client rejects authorization server metadata whose issuer is not the one it expects.",
    level: "MUST",
    revisions: SINCE_2026_07,
    link: `${discovery}#authorization-server-metadata-discovery`,
    official: ["sep-2468-client-validate-metadata-issuer"],
    check: checkIssuer,
  },
];
