// How the clients of SDKs fared in the scenarios: a table of all of them, and what became of each cell of one.
import type { Cell, Results } from "../../lib/scenarios/schema/results_schema.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { Page, pathOf } from "../shared/layout.tsx";
import { mostBroken } from "./fared.ts";

/** A scenario, as far as the table shows it. */
export interface ListedScenario {
  readonly name: string;
  readonly group: string;
  readonly story: string;
}

type Rules = ReadonlyMap<string, { readonly link: string; readonly title: string }>;

/** What is chosen: empty for all. */
interface Shown {
  readonly client: string;
  readonly verdict: string;
  readonly query: string;
}

interface ClientsProps {
  readonly urls: Urls;
  readonly results: readonly Results[];
  readonly scenarios: readonly ListedScenario[];
  readonly rules: Rules;
  readonly shown: Shown;
}

const verdicts = ["pass", "fail", "incomplete"] as const;

/** The table of clients. */
export function ClientsPage({ urls, results, scenarios, rules, shown }: ClientsProps): Html {
  const chosen = results.filter(({ client }) => shown.client === "" || client === shown.client);
  const unknown = unknownOf(results, shown);
  const rows = scenarios.filter((scenario) => isFound(scenario, chosen, shown));
  return (
    <Page
      urls={urls}
      title="clients"
      description="How ten MCP clients in six languages fare with an OAuth 2.1 and MCP server that misbehaves."
      current="scenarios"
      style="scenarios/clients.css"
    >
      <h1>how clients fare</h1>
      <p class="lead">
        The clients of SDKs, driven through every <a href={pathOf(urls.scenarios)}>scenario</a>{" "}
        by a small program that does what their documentation shows. Choose a client to see what it did in each
        scenario.
      </p>
      <p class="quiet">
        Each cell says how far the client came, and the verdict of the server’s report: a client passes if it broke no
        rule and did what the scenario wants of it. Incomplete means that it did too little to be judged, or that the
        scenario is for revisions that it does not speak; it hangs if a step takes more than 35 seconds. Programs that
        send <code>Accept: application/json</code> get all of this in JSON.
      </p>
      <Summary urls={urls} results={results} />
      <Filter urls={urls} results={results} shown={shown} />
      {unknown !== undefined && <p class="notice">{unknown}</p>}
      <p role="status" class="quiet">{`${rows.length} of ${scenarios.length} scenarios`}</p>
      {chosen.length === 1
        ? chosen.map((one) => <OneClient key={one.client} urls={urls} results={one} rows={rows} rules={rules} />)
        : <AllClients urls={urls} results={chosen} rows={rows} />}
    </Page>
  );
}

/** What is chosen, but does not exist. */
function unknownOf(results: readonly Results[], { client, verdict }: Shown): string | undefined {
  const names = results.map((one) => one.client);
  if (client !== "" && !names.includes(client)) return `There is no client ${client}; expected ${names.join(", ")}.`;
  if (verdict === "" || verdicts.some((known) => known === verdict)) return undefined;
  return `There is no verdict ${verdict}; expected ${verdicts.join(", ")}.`;
}

function isFound({ name, group, story }: ListedScenario, results: readonly Results[], shown: Shown): boolean {
  const { query, verdict } = shown;
  const cells = results.map(({ cells }) => cells[name]).filter((cell) => cell !== undefined);
  if (verdict !== "" && !cells.some((cell) => cell.verdict === verdict)) return false;
  const broken = cells.flatMap((cell) => cell.broken ?? []).map(({ rule }) => rule);
  const text = [name, group, story, ...broken].join(" ").toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function Summary({ urls, results }: { readonly urls: Urls; readonly results: readonly Results[] }): Html {
  return (
    <table class="clients-sums">
      <thead>
        <tr>
          <th scope="col">client</th>
          <th scope="col">version</th>
          {verdicts.map((verdict) => <th key={verdict} scope="col">{verdict}</th>)}
          <th scope="col">not driven</th>
          <th scope="col">breaks most</th>
        </tr>
      </thead>
      <tbody>
        {results.map(({ client, title, version, date, cells }) => {
          const all = Object.values(cells);
          return (
            <tr key={client}>
              <th scope="row">
                <a href={linkTo(urls, { client })}>{title}</a>
              </th>
              <td title={`driven on ${date}`}>{version}</td>
              {verdicts.map((verdict) => (
                <td key={verdict}>{all.filter((cell) => cell.verdict === verdict).length}</td>
              ))}
              <td>{all.filter(({ outcome }) => outcome === "not driven").length}</td>
              <td>{mostBroken(all).join(", ")}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Filter(
  { urls, results, shown }: { readonly urls: Urls; readonly results: readonly Results[]; readonly shown: Shown },
): Html {
  return (
    <form role="search" class="clients-filter" method="get" action={pathOf(urls.scenarioClients)}>
      <label>
        search
        <input name="q" type="search" value={shown.query} autocomplete="off" spellcheck={false} />
      </label>
      <label>
        client
        <select name="client">
          <option value="">all</option>
          {results.map(({ client, title }) => (
            <option key={client} value={client} selected={client === shown.client}>{title}</option>
          ))}
        </select>
      </label>
      <label>
        verdict
        <select name="verdict">
          <option value="">any</option>
          {verdicts.map((verdict) => (
            <option key={verdict} value={verdict} selected={verdict === shown.verdict}>{verdict}</option>
          ))}
        </select>
      </label>
      <button type="submit">show</button>
    </form>
  );
}

function linkTo(urls: Urls, { client }: { readonly client: string }, name = ""): string {
  return `${pathOf(urls.scenarioClients)}?client=${encodeURIComponent(client)}${name === "" ? "" : `#${name}`}`;
}

function AllClients(
  { urls, results, rows }: {
    readonly urls: Urls;
    readonly results: readonly Results[];
    readonly rows: readonly ListedScenario[];
  },
): Html {
  return (
    <table class="clients-all">
      <thead>
        <tr>
          <th scope="col">scenario</th>
          {results.map(({ client, title }) => <th key={client} scope="col">{title}</th>)}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, story }) => (
          <tr key={name}>
            <th scope="row">
              <a href={`${pathOf(urls.scenarios)}#${name}`} title={story}>{name}</a>
            </th>
            {results.map(({ client, title, cells }) => {
              const cell = cells[name];
              return (
                <td key={client} data-client={title} data-verdict={cell?.verdict}>
                  {cell ? <a href={linkTo(urls, { client }, name)}>{textOf(cell)}</a> : "—"}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A cell in a few words: how far it came, and the verdict where that says more. */
function textOf({ outcome, logins = 0, verdict, broken = [] }: Cell): string {
  const came = outcome === "works" && logins > 1 ? `works, ${logins} logins` : outcome;
  if (verdict === undefined || verdict === "pass") return came;
  return `${came}; ${verdict === "fail" ? `breaks ${broken.map(({ rule }) => rule).join(", ")}` : verdict}`;
}

function OneClient(
  { urls, results, rows, rules }: {
    readonly urls: Urls;
    readonly results: Results;
    readonly rows: readonly ListedScenario[];
    readonly rules: Rules;
  },
): Html {
  const { title, version, language, url, date, cells } = results;
  return (
    <section aria-label={title}>
      <h2>{`${title} ${version}`}</h2>
      <p class="quiet">
        {`A client in ${language}, driven on ${date}. `}
        <a href={url}>where its maintainers are</a> <a href={pathOf(urls.scenarioClients)}>all clients</a>
      </p>
      <ul class="clients-one">
        {rows.flatMap((scenario) => {
          const cell = cells[scenario.name];
          return cell
            ? [<ClientCell key={scenario.name} urls={urls} scenario={scenario} cell={cell} rules={rules} />]
            : [];
        })}
      </ul>
    </section>
  );
}

function ClientCell(
  { urls, scenario: { name, story }, cell, rules }: {
    readonly urls: Urls;
    readonly scenario: ListedScenario;
    readonly cell: Cell;
    readonly rules: Rules;
  },
): Html {
  const { at, error, lacks = [], verdict = "not judged", reason, broken = [], warnings = [], revision } = cell;
  return (
    <li id={name} data-verdict={cell.verdict}>
      <p>
        <a href={`${pathOf(urls.scenarios)}#${name}`}>{name}</a> <span class="quiet">{story}</span>
      </p>
      <p>
        <strong>{textOf(cell)}</strong>
        {at === undefined ? "" : ` at ${at}`}
        {error === undefined ? "" : `: ${error}`}
        {lacks.length === 0 ? "" : ` (has no way to ${lacks.map((step) => step.replaceAll("_", " ")).join(", ")})`}
      </p>
      {broken.length === 0 && reason !== undefined && <p class="quiet">{`${verdict}: ${reason}`}</p>}
      {broken.map(({ rule, detail, exchanges }) => (
        <p key={rule}>
          <a href={rules.get(rule)?.link ?? "#"} title={rules.get(rule)?.title ?? ""}>{rule}</a> {detail}{" "}
          {exchanges.map((line) => <code key={line}>{line}</code>)}
        </p>
      ))}
      <p class="quiet">
        {revision === undefined ? "" : `spoke ${revision}`}
        {warnings.length === 0 ? "" : ` · did not follow ${warnings.join(", ")}`}
      </p>
    </li>
  );
}
