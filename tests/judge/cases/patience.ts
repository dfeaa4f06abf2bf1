/** Cases: what a client does over and over again. */
import { busy, metadataPath, noDocuments, refusesAt } from "./twists.ts";
import { all, answerAt } from "../../recorder/recorded_app.ts";
import { SINCE_2025_06 } from "../../../lib/judge/rules/rule.ts";
import type { Case } from "./case.ts";

/** What a client does over and over again. */
export const patienceCases: readonly Case[] = [
  ...["/oauth/token", "/oauth", metadataPath].map((path): Case => ({
    rule: "C42",
    slips: ["does not wait"],
    twist: () => refusesAt(path, 1, busy),
    isRecommended: true,
  })),
  {
    rule: "C42",
    slips: ["does not wait"],
    twist: () =>
      refusesAt(
        "/oauth/token",
        1,
        () => new Response("Busy", { status: 429, headers: { "retry-after": "Fri, 02 Jan 2026 03:09:00 GMT" } }),
      ),
    isRecommended: true,
  },
  {
    rule: "C44",
    slips: ["repeats what is refused"],
    twist: () =>
      all(
        noDocuments(),
        answerAt("/oauth/register", () => Response.json({ error: "invalid_redirect_uri" }, { status: 400 })),
      ),
    reaches: "discovery",
    isRecommended: true,
  },
  {
    rule: "C44",
    slips: ["repeats what is refused"],
    twist: () => answerAt("/oauth/token", () => Response.json({ error: "invalid_request" }, { status: 400 })),
    reaches: "authorization",
    isRecommended: true,
  },
  {
    rule: "C44",
    slips: ["repeats what is refused"],
    twist: () => answerAt(metadataPath, () => new Response(null, { status: 404 })),
    revisions: SINCE_2025_06,
    isRecommended: true,
  },
  { rule: "C43", slips: ["reads on and on", "has its person log in for nothing"], isRecommended: true },
  { rule: "C43", slips: ["registers for nothing"], twist: noDocuments, isRecommended: true },
];
