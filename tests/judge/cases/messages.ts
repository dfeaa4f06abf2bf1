/** Cases: what the messages of a client are. */
import type { Case } from "./case.ts";

/** What the messages of a client are. */
export const messageCases: readonly Case[] = [];
