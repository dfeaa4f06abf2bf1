/** Cases: how a client is in a session, loses and ends it. */
import type { Case } from "./case.ts";

/** How a client is in a session, loses and ends it. */
export const sessionCases: readonly Case[] = [];
