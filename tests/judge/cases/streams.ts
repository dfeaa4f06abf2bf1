/** Cases: how a client reads event streams. */
import type { Case } from "./case.ts";

/** How a client reads event streams. */
export const streamCases: readonly Case[] = [];
