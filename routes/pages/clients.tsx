// `/scenarios/clients`: how the clients of SDKs fared when they were driven through the scenarios, as a page and as data.
import { noStoreJson, prefersHtml } from "../../lib/http/body.ts";
import { compressed } from "../../lib/http/compressed.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { type Results, resultsShape } from "../../lib/scenarios/schema/results_schema.ts";
import { ClientsPage } from "../../views/scenarios/clients.tsx";
import { readFared } from "../../views/scenarios/fared.ts";
import type { Deps } from "../deps.ts";
import { htmlResponse } from "../request/html.ts";
import type { Context } from "../request/router.ts";

let reading: Promise<readonly Results[]> | undefined;

/** How clients fared. */
export async function scenarioClients(
  { request, url, sandbox }: Context,
  { catalogue }: Pick<Deps, "catalogue">,
): Promise<Response> {
  const results = await (reading ??= readFared().then((all) => all.map((one) => resultsShape.parse(one))));
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
