/** Cases: how a client uses its tokens, steps up, refreshes and ends its login. */
import { migration, noDocuments, refusesRefreshes, refusesTokens, wornOut } from "./twists.ts";
import { editChallenge, type Twist } from "../../recorder/recorded_app.ts";
import { SINCE_2025_06 } from "../../../lib/judge/rules/rule.ts";
import type { Case } from "./case.ts";

/** Calls a tool that needs a scope which the first token does not have. */
export const callsForWrite = {
  app: { policy: { enforceToolScopes: true } },
  client: { tools: ["mock_create_note"] },
} as const;

const neverEnough = (): Twist => refusesTokens(403, 'error="insufficient_scope", scope="mcp:admin"');
const neverAccepted = (): Twist => refusesTokens(401, 'error="invalid_token"');
const worn = { twist: wornOut, isRecommended: true } as const;
const manyTools = ["mock_echo", "mock_echo", "mock_echo"];
const refreshing = { client: { refresh: true } } as const;

/** How a client uses its tokens, steps up, refreshes and ends its login. */
export const tokenCases: readonly Case[] = [
  {
    rule: "C19",
    slips: ["does not step up"],
    reaches: "token",
    isRecommended: true,
    ...callsForWrite,
  },
  {
    rule: "C19",
    slips: ["asks for the new scope alone"],
    reaches: "token",
    revisions: ["2026-07-28"],
    isRecommended: true,
    ...callsForWrite,
  },
  {
    rule: "C20",
    slips: ["steps up forever"],
    twist: neverEnough,
    reaches: { gives_up_within: 10 },
    isRecommended: true,
  },
  {
    rule: "C20",
    slips: ["refreshes for ever"],
    twist: neverAccepted,
    reaches: { gives_up_within: 10 },
    isRecommended: true,
  },
  { rule: "C22", slips: ["forgets its token"] },
  { rule: "C23", slips: ["puts its token into the URL"] },
  { rule: "C24", slips: ["brings a foreign token"] },
  {
    rule: "C32",
    slips: ["repeats itself"],
    reaches: "token",
    app: callsForWrite.app,
    client: { alone: true, given: { clientId: "given" }, ...callsForWrite.client },
    twist: () => editChallenge((header) => header.includes("scope=") ? header : `${header}, scope="mcp:read"`),
    isRecommended: true,
  },
  { rule: "C33", slips: ["refreshes twice at once"], ...refreshing, isRecommended: true },
  { rule: "C34", slips: ["keeps its old refresh token"], ...refreshing },
  { rule: "C35", slips: ["makes up a refresh token"], ...refreshing },
  { rule: "C35", slips: ["refreshes as another client"], ...refreshing, twist: noDocuments },
  { rule: "C35", slips: ["refreshes at another server"], ...refreshing, twist: migration, revisions: SINCE_2025_06 },
  { rule: "C36", slips: ["sends a refused token on and on"], client: { tools: manyTools }, ...worn },
  { rule: "C37", slips: ["asks the person instead of refreshing"], client: { tools: manyTools }, ...worn },
  { rule: "C38", slips: ["lists with its first token"], client: { refresh: true, tools: manyTools }, ...worn },
  {
    rule: "C39",
    slips: ["refreshes after invalid_grant"],
    ...refreshing,
    twist: refusesRefreshes,
    isRecommended: true,
  },
  { rule: "C40", slips: ["refreshes for more"], ...refreshing },
  { rule: "C41", slips: ["uses what it has revoked"], client: { logout: true }, isRecommended: true },
];
