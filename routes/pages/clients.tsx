// `/scenarios/clients`: how the clients of SDKs fared when they were driven through the scenarios, as a page and as data.
import { noStoreJson, prefersHtml } from "../../lib/http/body.ts";
import { compressed } from "../../lib/http/compressed.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { ClientsPage } from "../../views/scenarios/clients.tsx";
import type { Deps } from "../deps.ts";
import { htmlResponse } from "../request/html.ts";
import type { Context } from "../request/router.ts";
import { readResults } from "./results.ts";

/** How clients fared. */
export async function scenarioClients(
  { request, url, sandbox }: Context,
  { catalogue }: Pick<Deps, "catalogue">,
): Promise<Response> {
  const results = await readResults();
  if (!prefersHtml(request)) return noStoreJson({ clients: results });
  const { searchParams } = url;
  const shown = {
    client: searchParams.get("client") ?? "",
    verdict: searchParams.get("verdict") ?? "",
    query: searchParams.get("q")?.trim() ?? "",
  };
  const scenarios = (await catalogue()).map(({ name, group, story }) => ({ name, group, story }));
  const links = new Map(rules.map(({ id, link, title }) => [id, { link, title }]));
  const page = <ClientsPage urls={sandbox.urls} results={results} scenarios={scenarios} rules={links} shown={shown} />;
  return compressed(request, htmlResponse(page));
}
