// The rules that need a value that somebody has taken out of a recording, so that another stands in its place, or none.
import { ruleIds } from "../scenarios/vocabulary.ts";
import type { Lacking } from "./needing.ts";

/** What can be replaced. */
export const replacedLacks = [
  "proofs",
  "states",
  "redirect_uris",
  "resources",
  "client_ids",
  "client_secrets",
  "refresh_tokens",
  "access_tokens",
  "codes",
  "session_ids",
] as const;

/** Something that is replaced. */
export type ReplacedLack = typeof replacedLacks[number];

/** The rules that need the access tokens that were sent. */
export const tokenRules: Lacking["rules"] = [
  "C20",
  "C22",
  "C23",
  "C24",
  "C36",
  "C37",
  "C38",
  "C41",
  "C43",
  "C44",
  "M12",
  "M131",
  "M137",
  "M157",
];

/** What is said of rules that need it. */
export const lackingReplaced: Readonly<Record<ReplacedLack, Lacking>> = {
  proofs: {
    reason: replaced("a code_verifier or code_challenge"),
    rules: ["C11"],
  },
  states: {
    reason: replaced("a state"),
    rules: ["C15"],
  },
  redirect_uris: {
    reason: replaced("a redirect URI"),
    rules: ["C8", "C15", "C16"],
  },
  resources: {
    reason: replaced("a resource"),
    rules: ["C1", "C14"],
  },
  client_ids: {
    reason: replaced("a client_id"),
    rules: ["C6", "C7", "C9", "C10", "C16", "C20", "C21", "C29", "C35", "C43"],
  },
  client_secrets: {
    reason: replaced("a client's secret"),
    rules: ["C10"],
  },
  refresh_tokens: {
    reason: replaced("a refresh token"),
    rules: ["C20", "C33", "C34", "C35", "C37", "C38", "C39", "C40", "C41", "C43", "C44"],
  },
  access_tokens: {
    reason: replaced("an access token"),
    rules: tokenRules,
    seenBroken: ["C23"],
  },
  codes: {
    reason: replaced("an authorization code"),
    rules: ["C5", "C11", "C14", "C15", "C20", "C25", "C26", "C27", "C35", "C40", "C43"],
  },
  session_ids: {
    reason: replaced("a session id"),
    isOfBroken: true,
    rules: ruleIds.filter((id) => id.startsWith("M")),
    seenBroken: ["M51"],
  },
};

function replaced(what: string): string {
  return `The recording does not have what was sent: something else stands in it instead of ${what}, or nothing`;
}
