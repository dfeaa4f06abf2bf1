/** Cases: how a client finds out which revision a server has. */
import type { Case } from "./case.ts";

/** How a client finds out which revision a server has. */
export const versionCases: readonly Case[] = [];
