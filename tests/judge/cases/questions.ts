/** Cases: what a client does that a server pings, or asks for a person's input, a model's answer, or its roots. */
import type { Catalogue, CatalogueTool, Questions } from "../../../lib/scenarios/mcp_catalogue.ts";
import type { Case } from "./case.ts";

const withHandshake = ["2025-03-26", "2025-06-18", "2025-11-25"] as const;

/** What a server says unasked while it answers a request. */
function saying(rpc_method: string, message: Readonly<Record<string, unknown>>): unknown {
  return {
    match: { endpoint: "mcp", rpc_method },
    edit: { stream: { before: [{ message: { jsonrpc: "2.0", id: "q", ...message } }] } },
  };
}

/** A server that answers the first call of a tool by asking for something, whatever its client has declared. */
function askingInResult(question: Readonly<Record<string, unknown>>): unknown {
  return {
    match: { endpoint: "mcp", rpc_method: "tools/call", message: { "params.inputResponses": null } },
    life: { times: 1 },
    edit: {
      json: {
        remove: ["result"],
        set: { result: { resultType: "input_required", inputRequests: { q: question }, requestState: "s" } },
      },
    },
  };
}

/** A server whose tools ask this, one tool for each round of questions. */
function asking(...rounds: readonly (Questions | readonly Questions[])[]): Catalogue {
  return {
    built_in: true,
    tools: rounds.map((inputRequests, index): CatalogueTool => ({
      name: `ask-${index}`,
      inputSchema: { type: "object" },
      answer: { inputRequests, content: [{ type: "text", text: "Thanks" }] },
    })),
  };
}

/** A client that can be asked anything, and calls the tools that ask. */
function answering(catalogue: Catalogue): NonNullable<Case["client"]> {
  return {
    declares: { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: { listChanged: true } },
    tools: [...catalogue.tools?.map(({ name }) => name) ?? [], "mock_echo"],
  };
}

/** A case in which tools ask. */
function asked(
  rule: Case["rule"],
  catalogue: Catalogue,
  slips: Case["slips"],
  more: Omit<Case, "rule" | "slips" | "app"> = {},
): Case {
  return { rule, slips, app: { catalogue }, ...more, client: { ...answering(catalogue), ...more.client } };
}

function form(properties: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}): Questions {
  return {
    form: {
      method: "elicitation/create",
      params: { message: "Who?", requestedSchema: { type: "object", properties, required: [] }, ...more },
    },
  };
}

function sampling(more: Readonly<Record<string, unknown>> = {}): Questions {
  const messages = [{ role: "user", content: { type: "text", text: "The capital of France?" } }];
  return { model: { method: "sampling/createMessage", params: { messages, maxTokens: 100, ...more } } };
}

const name = { type: "string" };
const required = asking({
  form: {
    method: "elicitation/create",
    params: {
      message: "Who?",
      requestedSchema: {
        type: "object",
        properties: { name: { ...name, minLength: 2 }, age: { type: "integer", maximum: 10 } },
        required: ["name"],
      },
    },
  },
});
const lookUp = { name: "look_up", inputSchema: { type: "object" } };
const withTool = { tools: [lookUp] };
const many = (one: Questions): Questions =>
  Object.fromEntries(
    Array.from({ length: 12 }, (_, at) => Object.values(one).map((value) => [`q${at}`, value])).flat(),
  );

const isRecommended = true;

/** A tool that has a person open a page of ours, by a question or by the error -32042. */
function opening(more: { readonly url_required?: true } = {}): Catalogue {
  const pay = { method: "elicitation/create", params: { mode: "url", message: "Pay ten euros" } } as const;
  return {
    built_in: true,
    tools: [{
      name: "pay",
      inputSchema: { type: "object" },
      answer: { ...more, inputRequests: { pay }, content: [{ type: "text", text: "Paid" }] },
    }],
  };
}

/** Is told of something that nobody asked for. */
const strayCompletion = {
  match: { endpoint: "mcp", message: { "params.name": "pay" } },
  edit: {
    stream: {
      before: [{
        message: {
          jsonrpc: "2.0",
          method: "notifications/elicitation/complete",
          params: { elicitationId: "of-nobody" },
        },
      }],
    },
  },
};
const roots = { roots: { method: "roots/list" } } as const;

/** A question with tools whose messages lack the result of one. */
const unbalanced = {
  method: "sampling/createMessage",
  params: {
    maxTokens: 100,
    ...withTool,
    messages: [
      { role: "user", content: { type: "text", text: "The capital of France?" } },
      { role: "assistant", content: [{ type: "tool_use", id: "u", name: "look_up", input: {} }] },
      { role: "user", content: { type: "text", text: "And?" } },
    ],
  },
};

/** What a client does that is asked. */
export const questionCases: readonly Case[] = [
  { rule: "M67", slips: ["answers pings with more"], faults: [saying("tools/list", { method: "ping" })] },
  {
    rule: "M67",
    slips: ["answers pings late", "answers no request"],
    faults: [
      saying("tools/list", { method: "ping" }),
      { match: { endpoint: "mcp", rpc_method: "tools/call" }, edit: { delay_ms: 3000 } },
    ],
    client: { tools: ["mock_echo", "mock_echo"] },
    isRecommended,
  },
  { rule: "M68", slips: ["pings without end"], client: { extras: ["pings now and then"] }, isRecommended },
  ...["roots/list", "sampling/createMessage", "elicitation/create"].map((method): Case => ({
    rule: "M69",
    slips: ["answers what it did not declare"],
    faults: [
      saying("tools/list", { method, params: { messages: [], maxTokens: 9, message: "?", requestedSchema: {} } }),
    ],
    revisions: withHandshake,
  })),
  {
    rule: "M69",
    slips: ["answers what it did not declare"],
    faults: [askingInResult({ method: "roots/list" })],
    client: { tools: ["mock_echo", "mock_echo"] },
    revisions: ["2026-07-28"],
  },
  {
    rule: "M70",
    slips: ["declares a mode that there is not"],
    client: { declares: { elicitation: { form: {}, url: {} } } },
  },
  asked("M71", asking(form({ name }, { mode: "form" }), form({ name })), ["takes no mode for a mistake"], {
    revisions: ["2025-11-25"],
    // The SDK names the mode in sessions.
    faults: [{
      match: { endpoint: "mcp", message: { "params.name": "ask-1" } },
      edit: { json: { remove: ["params.mode"] } },
    }],
  }),
  asked("M71", asking(form({ name }, { mode: "form" }), form({ name })), ["takes no mode for a mistake"], {
    revisions: ["2026-07-28"],
    isRecommended,
  }),
  {
    rule: "M72",
    slips: ["accepts an undeclared mode", "refuses a mode with a code of its own"],
    faults: [saying("tools/list", {
      method: "elicitation/create",
      params: { mode: "url", message: "Pay", url: "https://example.com/pay", elicitationId: "pay" },
    })],
    client: { declares: { elicitation: { form: {} } } },
  },
  asked("M73", required, ["makes up an action", "accepts without content"]),
  asked("M73", opening(), ["sends content with a URL"], { isRecommended, revisions: ["2025-11-25", "2026-07-28"] }),
  asked("M74", required, ["fills in what does not fit", "leaves a required member out"], { isRecommended }),
  ...(["email", "uri", "date", "date-time"] as const).map((format) =>
    asked("M74", asking(form({ text: { type: "string", format } })), ["fills in what does not fit"], { isRecommended })
  ),
  asked(
    "M75",
    asking(form({
      name: { ...name, default: "Ada" },
      age: { type: "integer", default: 36 },
      score: { type: "number", default: 9.5 },
      isWell: { type: "boolean", default: false },
      color: { type: "string", enum: ["red", "green"], default: "green" },
    })),
    ["leaves defaults out"],
    { isRecommended },
  ),
  asked(
    "M76",
    asking(form({
      untitled: { type: "string", enum: ["a", "b"] },
      titled: { type: "string", oneOf: [{ const: "a", title: "A!" }, { const: "b", title: "B!" }] },
      named: { type: "string", enum: ["a", "b"], enumNames: ["A!", "B!"] },
      several: { type: "array", items: { type: "string", enum: ["a", "b"] } },
      titledSeveral: { type: "array", items: { anyOf: [{ const: "a", title: "A!" }, { const: "b", title: "B!" }] } },
    })),
    ["sends titles", "sends a list where one is asked for"],
  ),
  asked("M77", opening(), ["looks at the URL first"]),
  asked("M77", opening({ url_required: true }), ["looks at the URL first"]),
  asked("M78", opening({ url_required: true }), ["takes any completion for its own"], {
    faults: [strayCompletion],
    isRecommended,
  }),
  asked("M79", opening({ url_required: true }), ["repeats without a visit"], { isRecommended }),
  asked("M80", asking(many(form({ name }))), ["answers every question"], {
    revisions: ["2025-06-18", "2025-11-25"],
    isRecommended,
  }),
  asked("M80", asking(many(sampling())), ["answers every question"], { isRecommended }),
  asked("M81", asking(sampling()), ["answers as a system", "names no model"]),
  {
    rule: "M82",
    slips: ["takes broken results of tools", "refuses broken results without a code"],
    faults: [saying("tools/list", unbalanced)],
    client: { declares: { sampling: { tools: {} } } },
    isRecommended,
  },
  {
    rule: "M83",
    slips: ["uses tools undeclared"],
    faults: [
      saying("tools/list", { method: "sampling/createMessage", params: { ...withTool, messages: [], maxTokens: 9 } }),
    ],
    client: { declares: { sampling: {} } },
    revisions: ["2025-11-25"],
  },
  asked("M83", asking(sampling({ ...withTool, toolChoice: { mode: "none" } })), ["uses tools where it may not"]),
  asked("M83", asking(sampling({ ...withTool, toolChoice: { mode: "required" } })), ["uses no tool where it must"]),
  asked("M84", asking(sampling({ maxTokens: 5 })), ["writes on and on"], { isRecommended }),
  asked("M85", asking(Array.from({ length: 14 }, () => sampling(withTool))), ["asks for tools for ever"], {
    isRecommended,
  }),
  asked("M86", asking(roots), ["has a web page for a root"]),
  asked("M87", asking(roots), ["changes its roots silently"], {
    client: { extras: ["opens another folder"] },
    isRecommended,
  }),
];
