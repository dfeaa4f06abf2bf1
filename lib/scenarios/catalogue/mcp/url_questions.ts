// What a server has people open: pages, by questions in URL mode or by the error -32042.
import type { Question, ToolGives } from "../../mcp_catalogue.ts";
import type { Scenario } from "../../scenario.ts";
import { since2025_11 } from "../since.ts";
import { asking, elicitation, request, saysInCalls } from "./asking.ts";
import { anyMcp } from "./eras.ts";

const errorHandling = elicitation("error-handling");

/** The only revision with the error, and with notifications of what is done. */
const only2025_11: readonly string[] = ["2025-11-25"];

/** A page of ours that a person is to open. */
function page(message: string): Question {
  return { method: "elicitation/create", params: { mode: "url", message } };
}

const pages = {
  url_required: true,
  content: [{ type: "text", text: "The files are here" }],
} as const satisfies ToolGives;

/** Scenarios of URL mode. */
export const urlScenarios: readonly Scenario[] = [
  asking("pay", { payment: page("Pay ten euros to continue") }, {
    name: "url-mode",
    story: "A tool has the person open a page of the server, and does not wait until they are done there",
    client: "Shows the whole URL, opens it in a browser once the person agrees, and never fetches it itself",
    revisions: since2025_11,
    expects: ["M77", "M73"],
    links: [elicitation("url-mode-elicitation-requests"), elicitation("safe-url-handling")],
  }),
  asking("read_files", { consent: page("Let us read your files at Example Co.") }, {
    name: "url-required",
    story: "Calls of a tool are refused with -32042, until the person has opened the page that the error lists",
    client: "Has the person open it, and only then makes the call again",
    gives: pages,
    revisions: only2025_11,
    expects: ["M79", "M77"],
    links: [elicitation("url-elicitation-required-error"), errorHandling],
  }),
  asking("read_mail", { consent: page("Let us read your mail at Example Co.") }, {
    name: "url-completion-unknown",
    story: "Besides the refusal with -32042 comes the completion of an elicitation that nobody knows",
    client: "Ignores it: only the completion of its own elicitation means that it can try again",
    gives: pages,
    plan: {
      faults: [{
        name: "url-completion-unknown",
        match: { endpoint: anyMcp, message: { "params.name": "read_mail" }, has_header: "mcp-session-id", status: 200 },
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
      }],
    },
    revisions: only2025_11,
    expects: ["M78"],
    links: [elicitation("completion-notifications-for-url-mode-elicitation")],
  }),
  {
    name: "url-to-form-only",
    group: "Questions",
    story: "The server breaks a rule itself: it asks in URL mode whoever has declared forms alone",
    client: "Refuses with -32602, and opens nothing",
    plan: {
      faults: [saysInCalls(
        "url-to-form-only",
        request("url-1", "elicitation/create", {
          mode: "url",
          message: "Open this",
          url: "{canary_url}/undeclared",
          elicitationId: "undeclared",
        }),
      )],
    },
    revisions: only2025_11,
    expects: ["M72"],
    links: [errorHandling],
  },
];
