// What recordings of other tools do not tell, what is said of it, and which rules need it.
import { type RuleId, ruleIds } from "../scenarios/vocabulary.ts";
import type { Lacking } from "./needing.ts";
import { lackingReplaced, replacedLacks, tokenRules } from "./replaced_lacks.ts";

/** All that a recording can lack. */
export const lacks = [
  "credentials",
  "event_times",
  "stream_ends",
  "metadata",
  "cached_headers",
  "request_headers",
  "login_bodies",
  "login_answers",
  "token_answers",
  "call_bodies",
  "call_answers",
  "some_answers",
  "notifications",
  "metadata_requests",
  "answer_headers",
  "given_sessions",
  "moments",
  "own_logins",
  "own_registrations",
  "own_metadata",
  "beginning",
  "first_login",
  "authorizations",
  "logins",
  "refusals",
  "open_streams",
  "own_headers",
  "between",
  "accepted",
  "end",
  ...replacedLacks,
] as const;

/** Something that a recording lacks. */
export type Lack = typeof lacks[number];

/** Rules that only an answer shows to be broken. */
const UNANSWERED: readonly RuleId[] = ["M3", "M6", "M30", "M95"];

/** Rules that only the order shows to be broken in which requests and answers came. */
const ORDERED: readonly RuleId[] = [
  ...["C36", "C38", "C39", "C41", "C43", "C44"] as const,
  ...["M3", "M16", "M20", "M24", "M27", "M30", "M38", "M95", "M96", "M160", "M161", "M162"] as const,
];

/** What is said of a rule that needs it, and which these are. */
export const lacking: Readonly<Record<Lack, Lacking>> = {
  credentials: {
    reason:
      "The recording has no Authorization header at all: its tool has left them out, as DevTools does unless told otherwise",
    rules: [...tokenRules, "C33", "C34"],
    seenBroken: ["C23"],
  },
  event_times: {
    reason: "The recording does not tell when the events of its streams came",
    rules: ["M112", "M131", "M138", "M148"],
  },
  stream_ends: {
    reason: "The recording does not tell who ended its streams",
    rules: ["M53", "M115", "M117"],
  },
  metadata: {
    reason: "The recording does not tell what some of the metadata said that its clients asked for",
    isOfBroken: true,
    rules: [
      "C1",
      "C2",
      "C3",
      "C4",
      "C5",
      "C6",
      "C10",
      "C12",
      "C13",
      "C14",
      "C17",
      "C18",
      "C21",
      "C25",
      "C26",
      "C27",
      "C28",
      "C29",
      "C31",
      "C37",
      "C39",
      "C41",
      "C43",
    ],
    unseenKept: ["C6", "C20", "C43", "C44"],
  },
  cached_headers: {
    reason: "Some metadata came from a cache, so that nothing tells what its clients would have sent for it",
    isOfBroken: true,
    rules: ["C31", "C43"],
  },
  // What a request is, and which revision it is of, is told by its headers and its body.
  request_headers: {
    reason:
      "Some of its messages have no headers that show what was sent: its tool has not seen them, or has left them out",
    isOfBroken: true,
    rules: ruleIds,
  },
  login_bodies: {
    reason: "The recording does not tell what some requests to an authorization server said",
    isOfBroken: true,
    rules: ruleIds.filter((id) => id.startsWith("C")),
    unseenKept: ["C11", "C14", "C15", "C21", "C25", "C26", "C29", "C43"],
  },
  login_answers: {
    reason: "The recording does not tell what some registrations were answered with",
    rules: ["C9", "C29"],
    unseenKept: ["C16", "C43"],
  },
  token_answers: {
    reason: "The recording does not tell which tokens some requests for them brought",
    rules: ["C24"],
    unseenKept: ["C20", "C43"],
  },
  call_bodies: {
    reason: "Its requests to MCP servers have no bodies: its tool has left them out",
    isOfBroken: true,
    rules: ruleIds,
    unseenKept: ["M30", "M80", "M100"],
  },
  call_answers: {
    reason: "The answers of its MCP servers have no bodies: its tool has left them out",
    isOfBroken: true,
    rules: ruleIds,
    unseenKept: UNANSWERED,
  },
  some_answers: {
    reason: "The recording does not tell what some answers of its MCP servers said",
    rules: [],
    unseenKept: UNANSWERED,
  },
  // Who keeps only what was answered with 200 has none either.
  notifications: {
    reason: "The recording has no notification of its client, nor anything else that is accepted with 202",
    isOfBroken: true,
    rules: ["M7", "M17", "M31", "M32", "M67", "M69", "M87", "M102", "M103"],
  },
  metadata_requests: {
    reason: "The recording has no request for metadata at all: a filter has kept it out, or it was known before",
    isOfBroken: true,
    rules: ["C1", "C31"],
  },
  answer_headers: {
    reason: "Its answers have no headers: its tool has left them out",
    isOfBroken: true,
    rules: ["C2", "C3", "C17", "C18", "C19", "C20", "C32", "M33", "M34"],
  },
  given_sessions: {
    reason: "No answer in the recording gives a session id, though its client sends one: its tool may have left it out",
    isOfBroken: true,
    rules: ["M33"],
  },
  moments: {
    reason:
      "The recording tells only in which second each request was sent, so that many may have been at the same time",
    rules: [],
    unseenKept: ORDERED,
  },
  own_logins: {
    reason: "Nothing tells for which of several MCP servers its client logged in",
    isOfBroken: true,
    rules: ruleIds.filter((id) => id.startsWith("C")),
  },
  own_registrations: {
    reason: "Nothing tells which of several registrations the calls of its client go with",
    isOfBroken: true,
    rules: ruleIds.filter((id) => id.startsWith("C")),
  },
  own_metadata: {
    reason: "Nothing tells which of several programs has read some of the metadata",
    isOfBroken: true,
    rules: ["C1", "C2", "C3", "C4", "C5", "C31", "C43"],
  },
  beginning: {
    reason:
      "The recording begins in the middle of what its client does, so that it may have done before what is missing",
    isOfBroken: true,
    rules: ["C2", "C3", "C4", "C17"],
  },
  // Clients keep metadata, and HTTP libraries keep answers: only one that registers is there for the first time.
  first_login: {
    reason:
      "The recording does not show its client's first login, for which it may have read what it does not read here",
    isOfBroken: true,
    rules: ["C1", "C31"],
  },
  // They are a browser's, and tools that record programs, or another page of the browser, do not see it.
  authorizations: {
    reason: "The recording has no authorization request: its tool has not seen the browser in which a person logs in",
    isOfBroken: true,
    rules: ["C19"],
  },
  logins: {
    reason: "The recording does not show how its client came to its tokens",
    isOfBroken: true,
    rules: ["C24", "C35"],
  },
  refusals: {
    reason: "The recording has no 401 response, after which its client may have begun to log in",
    isOfBroken: true,
    rules: ["M60"],
  },
  // DevTools leaves out what has not ended.
  open_streams: {
    reason:
      "The recording does not tell what came on a stream of a GET, on which the server may have asked for what its client answered",
    isOfBroken: true,
    rules: ["M6"],
    unseenKept: ["M6"],
  },
  own_headers: {
    reason: "Its tool shows only some of the headers of that request",
    isOfBroken: true,
    rules: ["C22", "C31", "C44", "C45", "M12", "M23", "M26", "M33", "M41", "M43", "M44", "M46", "M155"],
  },
  between: {
    reason: "Something between these is in the recording without its answer",
    isOfBroken: true,
    rules: ruleIds,
  },
  accepted: {
    reason: "The server accepted that request, as it would not have if what is in the recording were what was sent",
    isOfBroken: true,
    rules: ["C11", "C35"],
  },
  ...lackingReplaced,
  end: {
    reason: "The recording ends there, so that nothing tells what its client did next",
    isOfBroken: true,
    rules: ["C4"],
  },
};
