/**
 * Rules on how a client gets and keeps its identity.
 *
 * @module
 */
import { documentErrors, UNKNOWN_CLIENT } from "../../../http/document_errors.ts";
import { isLoopback } from "../../../http/origin.ts";
import type { AuthorizationStep, RegistrationStep, TokenStep } from "../../step.ts";
import { metadataFor, namesEndpoint, type View, wholeRegistrations } from "../../view.ts";
import { idOf } from "../../proofs.ts";
import { listOf, textOf } from "../../reading.ts";
import {
  ALWAYS,
  broken,
  kept,
  notObserved,
  type Outcome,
  positionsOf,
  rfc,
  type Rule,
  SINCE_2025_06,
  SINCE_2025_11,
  SINCE_2026_07,
  SPECIFICATION,
} from "../rule.ts";

function isUrl(clientId: string | null | undefined): boolean {
  return /^https?:\/\//i.test(clientId ?? "");
}

function checkPriority(view: View): Outcome {
  const { registrations, authorizations } = view;
  for (const registration of registrations) {
    const metadata = metadataFor(view, registration);
    if (metadata?.document?.client_id_metadata_document_supported !== true) continue;
    const tried = authorizations.some(({ at, params }) => at < registration.at && isUrl(params.get("client_id")));
    if (tried) continue;
    return broken("It registered, although the server supports client ID metadata documents", [
      metadata.at,
      registration.at,
    ]);
  }
  const [first] = [...registrations, ...authorizations].sort((one, other) => one.at - other.at);
  if (!first) return notObserved("It neither registered nor requested authorization");
  const document = authorizations.find(({ params }) => isUrl(params.get("client_id")));
  if (document) return kept("Its client_id is the URL of its metadata document", [document.at]);
  return registrations.length === 0
    ? kept("It used a client_id that it already had", [first.at])
    : kept("It registered where no preferred way was available", positionsOf(registrations));
}

/** What the server says if a client_id that is a URL, or the document there, is wrong. */
const refusedDocument = new RegExp(`(?:${documentErrors.url}|${documentErrors.unusable})[^"<]*`);

function checkDocument({ authorizations }: View): Outcome {
  const own = authorizations.filter(({ params }) => isUrl(params.get("client_id")));
  for (const { at, params, status, exchange } of own) {
    const url = URL.parse(params.get("client_id") ?? "");
    if (!url || (url.protocol !== "https:" && !isLoopback(url.hostname)) || url.pathname === "/") {
      return broken("Its client_id is not an https URL with a path", [at]);
    }
    // What a fault has answered says nothing about the document.
    if (status < 400 || exchange.shapedBy.length > 0) continue;
    const problem = refusedDocument.exec(exchange.response.body ?? "")?.[0];
    if (problem !== undefined) return broken(`The server says: ${problem.slice(0, 200)}`, [at]);
  }
  if (own.length === 0) return notObserved("Its client_id is not a URL");
  const read = own.filter(({ exchange, status }) =>
    status < 400 || !exchange.response.body?.includes(documentErrors.expected)
  );
  if (read.length === 0) return notObserved("The server could not read the document, so it was not checked");
  const what = read.some(({ status }) => status < 400)
    ? "the document there was accepted"
    : "the document was not checked";
  return kept(`Its client_id is an https URL, and ${what}`, positionsOf(read));
}

/** What kind of application a client with these redirect URIs is; undefined if they are of both kinds. */
function kindOf(redirectUris: readonly string[]): "native" | "web" | undefined {
  const kinds = new Set(redirectUris.map((uri) => {
    const url = URL.parse(uri);
    return url?.protocol === "https:" && !isLoopback(url.hostname) ? "web" : "native";
  }));
  return kinds.size === 1 ? [...kinds][0] : undefined;
}

function checkApplicationType(view: View): Outcome {
  const registrations = wholeRegistrations(view);
  for (const { at, sent } of registrations) {
    const type = textOf(sent, "application_type");
    if (type === undefined) return broken("It registered without application_type", [at]);
    const fitting = kindOf(listOf(sent, "redirect_uris") ?? []);
    if (fitting !== undefined && type !== fitting) {
      return broken(`It registered as ${type} with redirect URIs of a ${fitting} application`, [at], "SHOULD");
    }
  }
  return registrations.length === 0
    ? notObserved(view.registrations.length === 0 ? "It did not register" : "What it registered is not on record")
    : kept("It registered with an application_type that fits its redirect URIs", positionsOf(registrations));
}

function checkRefusal({ registrations, authorizations }: View): Outcome {
  const refused = registrations.find(({ registered }) => textOf(registered, "client_id") === undefined);
  if (!refused) return notObserved("No registration was refused");
  const ids = new Set(registrations.map(({ registered }) => textOf(registered, "client_id")));
  const invented = authorizations.find(({ at, params, status, exchange }) => {
    const id = params.get("client_id") ?? "";
    if (at < refused.at || ids.has(id) || isUrl(id)) return false;
    // An id that a person has entered after the refusal is one that the server knows, though it may refuse the rest.
    return /^(?:|undefined|null|\[object Object\])$/.test(id) ||
      (status >= 400 && (exchange.response.body?.includes(UNKNOWN_CLIENT) ?? false));
  });
  return invented
    ? broken(`It requested authorization as '${invented.params.get("client_id") ?? ""}', which no server has issued`, [
      refused.at,
      invented.at,
    ])
    : kept("It did not continue without a client_id after the refusal", [refused.at]);
}

type Use = AuthorizationStep | TokenStep | RegistrationStep;

/** Whose endpoint it was, as far as metadata said. */
export function issuerOf({ serverMetadata }: View, { at, address }: Use): string | undefined {
  const read = serverMetadata.findLast((step) => step.at < at && namesEndpoint(step.document, address));
  return textOf(read?.document, "issuer");
}

function checkBinding(view: View): Outcome {
  const uses = [...view.registrations, ...view.authorizations, ...view.tokens].sort((one, other) => one.at - other.at);
  const owners = new Map<string, { readonly issuer: string; readonly step: Use }>();
  const issuers = new Map<string, number>();
  for (const step of uses) {
    const [id, issuer] = [idOf(step), issuerOf(view, step)];
    if (issuer === undefined) continue;
    if (!issuers.has(issuer)) issuers.set(issuer, step.at);
    if (id === undefined || isUrl(id)) continue;
    const owner = owners.get(id);
    if (owner && owner.issuer !== issuer) {
      const isRegistered = owner.step.kind === "registration";
      const detail = `It used a client_id of ${owner.issuer} at ${issuer}`;
      return broken(detail, [owner.step.at, step.at], isRegistered ? "MUST" : "SHOULD");
    }
    if (!owner) owners.set(id, { issuer, step });
  }
  return issuers.size < 2
    ? notObserved("It used only one authorization server")
    : kept("It used a different client_id for each authorization server, or one that is a URL", [...issuers.values()]);
}

function checkStatic(view: View): Outcome {
  const bare = view.serverMetadata.find(({ document }) =>
    document !== undefined && document.registration_endpoint === undefined &&
    document.client_id_metadata_document_supported !== true
  );
  if (!bare) return checkGiven(view);
  const registration = view.registrations.find(({ at }) => at > bare.at);
  if (registration) {
    return broken("It tried to register where the server offers no registration", [bare.at, registration.at]);
  }
  const use = [...view.authorizations, ...view.tokens].find(({ at }) => at > bare.at);
  return use
    ? kept("It used a client_id that it had been given before", [bare.at, use.at])
    : notObserved("It did not continue where it could not register");
}

/** A client_id that is neither a URL nor registered here was given to the client before. */
function checkGiven({ registrations, authorizations, tokens, isWhole }: View): Outcome {
  const registered = new Set(registrations.map(({ registered }) => textOf(registered, "client_id")));
  const given = [...authorizations, ...tokens].find((step) => {
    const id = idOf(step);
    // Its assertion says who it is, but the record keeps only the fact that there was one.
    const isGiven = id === undefined ? step.params.has("client_assertion") : !isUrl(id) && !registered.has(id);
    return isGiven && step.status < 400;
  });
  return given && isWhole
    ? kept("It used a client_id that it had been given before", [given.at])
    : notObserved("The server offers registration");
}

const registration = `${SPECIFICATION}/client-registration`;

/** The rules on registration. */
export const registrationRules: readonly Rule[] = [
  {
    id: "C6",
    name: "registration-priority",
    title: "A client uses a client_id it was given, else its metadata document, and registers only as a last resort.",
    level: "SHOULD",
    revisions: SINCE_2025_11,
    isOfMcp: true,
    link: registration,
    official: ["cimd-client-id-used"],
    check: checkPriority,
  },
  {
    id: "C7",
    name: "client-document",
    title:
      "A client_id that is a URL uses https and has a path, and the document there is complete and names that URL.",
    level: "MUST",
    revisions: SINCE_2025_11,
    link: `${registration}#implementation-requirements`,
    official: [],
    check: checkDocument,
  },
  {
    id: "C8",
    name: "application-type",
    title: "A client registers with the application_type, native or web, that fits its redirect URIs.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMcp: true,
    link: `${registration}#application-type-and-redirect-uri-constraints`,
    official: ["sep-837-application-type-present"],
    check: checkApplicationType,
  },
  {
    id: "C9",
    name: "registration-refused",
    title: "A client handles a refused registration, and does not continue with a client_id that it invented.",
    level: "MUST",
    revisions: ALWAYS,
    link: rfc("6749 2.2"),
    official: [],
    check: checkRefusal,
  },
  {
    id: "C10",
    name: "credentials-bound-to-issuer",
    title: "A client uses credentials only at the authorization server that issued them.",
    level: "MUST",
    revisions: SINCE_2026_07,
    link: `${registration}#authorization-server-binding`,
    official: [
      "sep-2352-reregister-on-as-change",
      "sep-2352-no-reuse-on-as-change",
      "sep-2352-no-cross-as-credential-reuse",
    ],
    check: checkBinding,
  },
  {
    id: "C29",
    name: "static-credentials",
    title: "A client can be configured with a client_id for servers where it cannot register.",
    level: "SHOULD",
    revisions: SINCE_2025_06,
    link: `${registration}#pre-registration`,
    official: ["pre-registration-auth"],
    check: checkStatic,
  },
];
