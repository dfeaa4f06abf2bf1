// Questions in URL mode that are asked on a page of ours: each has a page of its own, whose URL nobody can guess.
import { ProtocolError } from "@modelcontextprotocol/server";
import type { Question, Questions } from "../../scenarios/mcp_catalogue.ts";
import { MODERN_REVISION } from "../revisions.ts";
import { clientOf, type ToolCall } from "../tools/tool.ts";

/** The only revision that has the error -32042. */
export const WITH_URL_ERROR = "2025-11-25";
const URL_ELICITATION_REQUIRED = -32042;

function isOnPage({ method, params = {} }: Question): boolean {
  return method === "elicitation/create" && params.mode === "url" && params.url === undefined;
}

/** The same questions; those in URL mode that name no URL get that of a page, and until 2025-11-25 the id of that. */
export async function withPages(questions: Questions, call: ToolCall): Promise<Questions> {
  const entries = Object.entries(questions).map(async ([name, question]) => {
    if (!isOnPage(question)) return [name, question] as const;
    return [name, asked(question, await call.elicitations().begin(String(question.params?.message)), call)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function asked({ params, ...question }: Question, id: string, call: ToolCall): Question {
  const { revision, asked } = clientOf(call);
  asked(id);
  const url = call.sandbox.urls.elicitation.replace(":id", id);
  return { ...question, params: { ...params, url, ...(revision < MODERN_REVISION && { elicitationId: id }) } };
}

/**
 * Requires that a person has opened the pages that a call depends on.
 *
 * @throws {ProtocolError} -32042 with those that they have not.
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#url-elicitation-required-error}
 */
export async function requirePages(questions: Questions, entry: string, call: ToolCall): Promise<void> {
  const pages = Object.entries(questions).filter(([, question]) => isOnPage(question));
  const open = await Promise.all(pages.map(async ([name, question]) => {
    const message = String(question.params?.message);
    const { id, isDone } = await call.elicitations().required(`${entry} ${name}`, message);
    return isDone ? [] : [asked(question, id, call).params];
  }));
  const elicitations = open.flat();
  if (elicitations.length === 0) return;
  const message = "This request requires that a person opens a URL first";
  throw new ProtocolError(URL_ELICITATION_REQUIRED, message, { elicitations });
}
