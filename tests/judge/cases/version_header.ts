/** Cases: how a client names the revision in the header. */
import type { Case } from "./case.ts";

/** How a client names the revision in the header. */
export const versionHeaderCases: readonly Case[] = [
  { rule: "C45", slips: ["names no version"] },
  { rule: "C45", slips: ["names another version"], revisions: ["2025-06-18", "2025-11-25"], isRecommended: true },
];
