/** Cases: how a client asks for authorization, and what it makes of the answer. */
import { editMetadata, noDocuments, resourcePath } from "./twists.ts";
import { all, editAnswer, editChallenge, editJson } from "../../recorder/recorded_app.ts";
import { origin } from "../../helpers.ts";
import type { Case } from "./case.ts";

/** How a client asks for authorization, and what it makes of the answer. */
export const authorizationCases: readonly Case[] = [
  { rule: "C11", slips: ["sends no challenge", "sends another verifier", "sends a short verifier"] },
  { rule: "C12", slips: ["uses plain"] },
  {
    rule: "C13",
    slips: ["needs no proof of PKCE"],
    reaches: { refuses_before: "authorization", rule: "C13" },
    twist: () => editMetadata({ code_challenge_methods_supported: undefined }),
  },
  {
    rule: "C14",
    slips: ["names no resource", "names no resource for the token", "names another resource"],
  },
  {
    rule: "C14",
    slips: ["takes any resource"],
    reaches: { refuses_before: "authorization", rule: "C14" },
    twist: () => editJson(resourcePath, (document) => ({ ...document, resource: "https://evil.example/mcp" })),
  },
  { rule: "C15", slips: ["sends no state"], isRecommended: true },
  {
    rule: "C15",
    slips: ["takes any state"],
    reaches: "authorization",
    twist: () => editAnswer((parameters) => parameters.set("state", "another")),
    isRecommended: true,
  },
  { rule: "C16", slips: ["redirects elsewhere"], twist: noDocuments },
  { rule: "C17", slips: ["asks for no scope"], isRecommended: true },
  {
    rule: "C17",
    slips: ["asks for listed scopes"],
    twist: () => editChallenge((header) => `${header}, scope="mcp:read"`),
    isRecommended: true,
  },
  {
    rule: "C18",
    slips: ["asks for listed scopes"],
    twist: () => editChallenge((header) => `${header}, scope="files:rare"`),
  },
  {
    rule: "C21",
    slips: ["wants offline access"],
    twist: () => all(editMetadata({ scopes_supported: ["mcp:read", "mcp:write", "mcp:admin"] }), noDocuments()),
  },
  { rule: "C21", slips: ["registers for codes alone"], twist: noDocuments, isRecommended: true },
  {
    rule: "C25",
    slips: ["takes any iss"],
    reaches: { refuses_before: "token", rule: "C25" },
    twist: () => editAnswer((parameters) => parameters.delete("iss")),
  },
  {
    rule: "C25",
    slips: ["takes any iss"],
    reaches: { refuses_before: "token", rule: "C25" },
    twist: () => editAnswer((parameters) => parameters.set("iss", "https://evil.example")),
  },
  {
    rule: "C25",
    slips: ["takes any iss"],
    reaches: { refuses_before: "token", rule: "C25" },
    twist: () =>
      all(
        editAnswer((parameters) => parameters.set("iss", "https://evil.example")),
        editMetadata({ authorization_response_iss_parameter_supported: undefined }),
      ),
  },
  {
    rule: "C26",
    slips: ["normalises iss"],
    reaches: { refuses_before: "token", rule: "C26" },
    twist: () => editAnswer((parameters) => parameters.set("iss", `${origin}/`)),
  },
  {
    rule: "C27",
    slips: ["acts on any error"],
    reaches: { refuses_before: "token", rule: "C27" },
    twist: () =>
      editAnswer((parameters) => {
        parameters.delete("code");
        parameters.set("error", "temporarily_unavailable");
        parameters.set("iss", "https://evil.example");
      }),
  },
];
