// `GET` and `POST /elicitation/<id>`: the page that a person is sent to by an elicitation in URL mode.
import { readFields } from "../../lib/oauth/form.ts";
import { ElicitationDonePage, ElicitationPage, UnknownElicitationPage } from "../../views/consent/elicitation.tsx";
import type { Deps } from "../deps.ts";
import { htmlResponse } from "../request/html.ts";
import { requireOwnForm } from "../request/own_form.ts";
import type { Context, Handlers } from "../request/router.ts";

/** The handlers of the page. */
export function elicitationHandlers({ mcp }: Pick<Deps, "mcp">): Handlers<"show" | "answer"> {
  async function show({ sandbox, param, url }: Context): Promise<Response> {
    const found = await mcp.elicitationOf(sandbox, param);
    if (!found) return unknownPage(sandbox.urls);
    if (found.isDone) return htmlResponse(<ElicitationDonePage urls={sandbox.urls} />);
    return htmlResponse(<ElicitationPage urls={sandbox.urls} action={url.pathname} message={found.message} />);
  }

  async function answer(context: Context): Promise<Response> {
    const { request, sandbox, param } = context;
    requireOwnForm(context);
    const { action } = Object.fromEntries(await readFields(request));
    if (action !== "accept") return await show(context);
    await mcp.answerElicitation(sandbox, param);
    return await show(context);
  }

  return { show, answer };
}

function unknownPage(urls: Context["sandbox"]["urls"]): Response {
  return htmlResponse(<UnknownElicitationPage urls={urls} />, 404);
}
