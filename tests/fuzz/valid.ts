/** A valid request of every endpoint, and what each needs and gives. */
import type { Message } from "./message.ts";
import { mcpMessages } from "./valid_mcp.ts";
import { oauthMessages } from "./valid_oauth.ts";
import { controlMessages } from "./valid_control.ts";
import { needsOf } from "./message.ts";

/** All of them. */
export const messages: readonly Message[] = [...oauthMessages, ...mcpMessages, ...controlMessages];

/** The requests that must come before one so that all it needs is there, in their order. */
export function preludeOf(message: Message): readonly Message[] {
  const prelude: Message[] = [];
  const given = new Set<string>();
  const provide = (needed: readonly string[]): void => {
    for (const pool of needed) {
      if (given.has(pool)) continue;
      const giver = messages.find(({ gives }) => gives.some((gift) => gift.pool === pool));
      if (giver === undefined) throw new Error(`No request gives ${pool}`);
      for (const gift of giver.gives) given.add(gift.pool);
      provide(needsOf(giver));
      prelude.push(giver);
    }
  };
  provide(needsOf(message));
  return prelude;
}
