// What a server asks a client for: forms for a person, URLs for them to open, answers of a model, its roots; and pings.
import type { Scenario } from "../../scenario.ts";
import { section } from "../links.ts";
import { since2025_06, since2025_11, since2026_07, until2025_11 } from "../since.ts";
import { asking, elicitation, form, request, saysInCalls } from "./asking.ts";
import { anyMcp } from "./eras.ts";
import { samplingScenarios } from "./sampling.ts";
import { urlScenarios } from "./url_questions.ts";

const requestedSchema = elicitation("requested-schema");
const mrtr = section("2026-07-28", "basic/patterns/mrtr");

const text = { type: "string" } as const;
const colors = [
  { const: "#FF0000", title: "Red" },
  { const: "#00FF00", title: "Green" },
  { const: "#0000FF", title: "Blue" },
] as const;

const forms: readonly Scenario[] = [
  asking("test_client_elicitation_defaults", {
    form: form("Test client default value handling - please accept with defaults", {
      name: { ...text, description: "User name", default: "John Doe" },
      age: { type: "integer", description: "User age", default: 30 },
      score: { type: "number", description: "User score", default: 95.5 },
      status: {
        ...text,
        description: "User status",
        enum: ["active", "inactive", "pending"],
        default: "active",
      },
      verified: { type: "boolean", description: "Verification status", default: true },
    }),
  }, {
    name: "form-defaults",
    story: "A tool asks with a form in which every field has a default, and none is required",
    client: "Fills in the defaults, and sends back those that the person leaves as they are",
    revisions: since2025_11,
    expects: ["M75", "M73"],
    official: "elicitation-sep1034-client-defaults",
    links: [requestedSchema],
  }),
  asking("book_a_table", {
    form: form("Where shall we book?", {
      name: { ...text, title: "Name", minLength: 2, maxLength: 50 },
      guests: { type: "integer", minimum: 1, maximum: 8 },
      budget: { type: "number", minimum: 0, maximum: 500 },
      outside: { type: "boolean" },
    }, ["name", "guests"]),
  }, {
    name: "form-limits",
    story: "A tool asks with a form whose texts and numbers have limits, and of which two members are required",
    client: "Checks what the person has filled in, and sends nothing that does not fit",
    revisions: since2025_06,
    expects: ["M74", "M73"],
    links: [requestedSchema, elicitation("form-mode-security")],
  }),
  asking("sign_up", {
    form: form("Who are you?", { name: text, terms: { type: "boolean", description: "I agree" } }, ["name", "terms"]),
  }, {
    name: "form-required",
    story: "A tool asks with a form of which every member is required",
    client: "Accepts it with all members, or declines; it does not accept without content",
    revisions: since2025_06,
    expects: ["M73"],
    links: [elicitation("response-actions")],
  }),
  asking("choose", {
    form: form("Choose your colors", {
      untitled: { ...text, enum: ["Red", "Green", "Blue"] },
      titled: { ...text, oneOf: colors },
      named: { ...text, enum: ["#FF0000", "#00FF00"], enumNames: ["Red", "Green"] },
      several: { type: "array", items: { ...text, enum: ["Red", "Green", "Blue"] }, minItems: 1, maxItems: 2 },
      titledSeveral: { type: "array", items: { anyOf: colors }, minItems: 1 },
    }, ["titled", "several"]),
  }, {
    name: "form-choices",
    story: "A tool asks with a form that has each of the five kinds of choice",
    client: "Shows the titles, and sends the values; a list of them only where several can be chosen",
    revisions: since2025_11,
    expects: ["M76"],
    links: [requestedSchema],
  }),
  asking("plan_a_call", {
    form: form("When and where?", {
      email: { ...text, format: "email" },
      page: { ...text, format: "uri" },
      day: { ...text, format: "date" },
      start: { ...text, format: "date-time" },
    }, ["email", "page", "day", "start"]),
  }, {
    name: "form-formats",
    story: "A tool asks with a form for an e-mail address, a URI, a date, and a date with a time",
    client: "Sends each in the format that is asked for, such as 2026-02-28T12:30:00Z",
    revisions: since2025_06,
    expects: ["M74"],
    links: [requestedSchema],
  }),
  {
    name: "form-without-mode",
    group: "Questions",
    story: "A tool asks with a form without a mode, as before 2025-11-25, and another one with its mode",
    client: "Takes both for forms",
    catalogue: {
      tools: (["without_mode", "with_mode"] as const).map((name) => ({
        name,
        inputSchema: { type: "object" },
        answer: {
          inputRequests: {
            form: {
              method: "elicitation/create",
              params: {
                ...form("What is your name?", { name: text }).params,
                ...(name === "with_mode" && { mode: "form" }),
              },
            },
          },
        },
      })),
    },
    plan: {
      faults: [{
        name: "form-without-mode",
        match: { endpoint: anyMcp, message: { "params.name": "without_mode" }, has_header: "mcp-session-id" },
        edit: { json: { remove: ["params.mode"] } },
      }],
    },
    revisions: since2025_11,
    expects: ["M71"],
    links: [elicitation("elicitation-requests")],
  },
  asking(
    "ask_everything",
    Object.fromEntries(
      Array.from(
        { length: 20 },
        (_, index) => [`question-${index + 1}`, form(`Question ${index + 1}?`, { answer: text })],
      ),
    ),
    {
      name: "form-flood",
      story: "A tool asks twenty questions at once",
      client: "Does not put all of them to the person: after some it declines, and lets them stop the server",
      revisions: ["2025-06-18", "2025-11-25"],
      expects: ["M80"],
      links: [elicitation("security-considerations")],
    },
  ),
];

const others: readonly Scenario[] = [
  asking("show_roots", { roots: { method: "roots/list" } }, {
    name: "roots-listed",
    story: "A tool asks for the client's roots each time that it is called",
    client: "Lists file:// URIs, and only those that the person has agreed to; it says when they change",
    expects: ["M86"],
    links: [section("2025-11-25", "client/roots#root"), section("2026-07-28", "client/roots#root")],
  }),
  {
    name: "pings-in-calls",
    group: "Questions",
    story: "In the middle of every tool call the server sends a ping, and waits for three seconds",
    client: "Answers each ping at once with an empty result, whatever else it is waiting for",
    plan: { faults: [saysInCalls("pings-in-calls", request("ping-in-call", "ping"))] },
    revisions: until2025_11,
    expects: ["M67"],
    links: [section("2025-11-25", "basic/utilities/ping#behavior-requirements")],
  },
  {
    name: "undeclared-requests",
    group: "Questions",
    story: "The server breaks a rule itself: it asks for roots, a model's answer and a person's input, declared or not",
    client: "Refuses what it has not declared, roots with -32601, and answers the rest",
    plan: {
      faults: [saysInCalls(
        "undeclared-requests",
        request("undeclared-1", "roots/list"),
        request("undeclared-2", "sampling/createMessage", {
          messages: [{ role: "user", content: { type: "text", text: "Hello" } }],
          maxTokens: 10,
        }),
        request("undeclared-3", "elicitation/create", form("Your name?", { name: text }).params),
      )],
    },
    revisions: until2025_11,
    expects: ["M69"],
    links: [section("2025-11-25", "client/roots#error-handling"), elicitation("capabilities")],
  },
  {
    name: "undeclared-input",
    group: "Questions",
    story: "The server breaks a rule itself: its first tool call asks for roots, whatever the client has declared",
    client: "Answers if it has declared roots; if not, it reports the call as failed, and makes up no roots",
    plan: {
      faults: [{
        name: "undeclared-input",
        match: { endpoint: anyMcp, rpc_method: "tools/call", message: { "params.inputResponses": null }, status: 200 },
        times: 1,
        edit: {
          json: {
            set: {
              result: { resultType: "input_required", inputRequests: { roots: { method: "roots/list" } } },
            },
          },
        },
      }],
    },
    revisions: since2026_07,
    expects: ["M69"],
    links: [section("2026-07-28", "client/roots#capabilities"), mrtr],
  },
];

/** Scenarios of questions. */
export const questionScenarios: readonly Scenario[] = [...forms, ...urlScenarios, ...samplingScenarios, ...others];
