/** Cases: how a client settles a revision. */
import type { Case } from "./case.ts";

/** How a client settles a revision. */
export const handshakeCases: readonly Case[] = [
  { rule: "M13", slips: ["lists before it begins"], client: { endpoint: "/no-auth" } },
  { rule: "M14", slips: ["does not say its version"], client: { endpoint: "/no-auth" } },
  { rule: "M17", slips: ["does not say that it is initialized"] },
];
