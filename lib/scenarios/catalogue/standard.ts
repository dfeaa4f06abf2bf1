// The scenario that plays where none is asked for, apart from all others: a start needs it alone.
import { wordsOf } from "./words.ts";
import type { Scenario } from "../scenario.ts";

/** The server as the specifications ask it to be. */
export const standard: Scenario = {
  name: "standard",
  group: "Well-behaved",
  story: "Everything as the specifications ask",
  client: "Discovers, registers, sends the person to log in, redeems the code, calls tools, and refreshes when it must",
  words: wordsOf.standard ?? "",
  plan: {},
  expects: ["C1", "C11", "C12", "C14", "C22", "C23"],
  links: [{
    label: "MCP authorization",
    url: "https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization",
  }],
};
