/** Cases: how long a client waits, and what it does then. */
import type { Case } from "./case.ts";

/** How long a client waits, and what it does then. */
export const timeCases: readonly Case[] = [];
