/** Cases: calls that take several rounds. */
import type { DriverStep } from "../../../lib/scenarios/driver_step.ts";
import type { AnyAnswer, Catalogue, Questions } from "../../../lib/scenarios/mcp_catalogue.ts";
import type { Case } from "./case.ts";

/** A form, by a name. */
const form = (name: string): Questions => ({
  [name]: {
    method: "elicitation/create",
    params: { message: "Really?", requestedSchema: { type: "object", properties: { sure: { type: "boolean" } } } },
  },
});

/** A server with one tool that asks, and one that does not. */
function asking(answer: Pick<AnyAnswer, "inputRequests" | "requestStates">): Catalogue {
  return { built_in: true, tools: [{ name: "ask", inputSchema: { type: "object" }, answer }] };
}

const ask: DriverStep = { do: "call", tool: "ask", arguments: { of: "m" } };
const echo: DriverStep = { do: "call", tool: "mock_echo", arguments: { message: "m" } };

/** A client that can be asked, and calls such a tool among others. */
function rounds(
  rule: Case["rule"],
  slips: Case["slips"],
  answer: Parameters<typeof asking>[0],
  { steps = [ask], ...more }: Omit<Case, "rule" | "slips"> & { readonly steps?: readonly DriverStep[] } = {},
): Case {
  return {
    rule,
    slips,
    app: { catalogue: asking(answer) },
    ...more,
    client: {
      declares: { elicitation: { form: {} }, roots: {} },
      driver: [{ do: "connect" }, { do: "list_tools" }, ...steps, echo, { do: "end" }],
    },
  };
}

const sealed = { inputRequests: form("sure") };
const three = { inputRequests: ["one", "two", "three"].map(form) };

/** Calls that take several rounds. */
export const roundCases: readonly Case[] = [
  rounds("M88", ["changes requestState", "leaves requestState out"], sealed),
  ...[
    '{ "nonce": "\\u00e4", "at": 1.0, "b": 1, "a": "\u2028" }',
    "AAEC/w+/",
    "s".repeat(8000),
  ].map((state) => rounds("M88", ["changes requestState"], { ...sealed, requestStates: [state] })),
  rounds("M88", ["changes requestState", "leaves requestState out"], three),
  rounds("M89", ["keeps requestState for the next round"], { ...three, requestStates: ["first", null] }),
  rounds("M90", ["goes on under its old id"], sealed),
  rounds("M91", ["leaves its answers out", "renames its answers", "changes arguments between rounds"], sealed),
  rounds("M92", ["sends requestState with other calls"], { ...sealed, requestStates: ["first"] }),
  rounds("M93", ["begins anew when it is asked again"], three, { isRecommended: true }),
  rounds("M93", ["begins anew when it is asked again"], { inputRequests: [form("sure"), {}] }, { isRecommended: true }),
  rounds("M94", ["sends an error as its answer"], {
    inputRequests: [form("sure"), { roots: { method: "roots/list" } }],
  }, {
    steps: [{ do: "answer", action: "decline" }, ask],
    isRecommended: true,
  }),
];
