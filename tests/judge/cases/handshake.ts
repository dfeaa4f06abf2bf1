/** Cases: how a client settles a revision. */
import type { Case } from "./case.ts";

/** How a client settles a revision. */
export const handshakeCases: readonly Case[] = [];
