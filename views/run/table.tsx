// What became of a client in each scenario, beside what becomes of the clients of SDKs: whether a fault is one's own.
import type { RunScenario, TriedClient } from "../../lib/judge/run.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Results } from "../../lib/scenarios/schema/results_schema.ts";
import type { Html } from "../shared/html.ts";
import { pathOf } from "../shared/layout.tsx";

/** A scenario, as far as the table shows it. */
interface ShownScenario extends Pick<RunScenario, "name" | "story" | "verdict" | "reason"> {
  readonly group: string;
  /** Where a person sees what happened, unless that is not shown. */
  readonly inspect?: string;
  readonly clients: readonly Pick<TriedClient, "failures" | "warnings">[];
}

interface ScenarioTableProps {
  readonly urls: Urls;
  /** Whose run it is: "your client". */
  readonly whose: string;
  readonly scenarios: readonly ShownScenario[];
  readonly others: readonly Results[];
}

/** The table, a group of scenarios after the other. */
export function ScenarioTable({ urls, whose, scenarios, others }: ScenarioTableProps): Html | null {
  const groups = [...new Set(scenarios.map(({ group }) => group))];
  if (groups.length === 0) return null;
  return (
    <table class="run-table">
      <thead>
        <tr>
          <th scope="col">scenario</th>
          <th scope="col">{whose}</th>
          {others.map(({ client, title, version }) => (
            <th key={client} scope="col" class="run-other">
              <a
                href={`${pathOf(urls.scenarioClients)}?client=${encodeURIComponent(client)}`}
                title={`${title} ${version}`}
              >
                {shortTitle(title)}
              </a>
            </th>
          ))}
        </tr>
      </thead>
      {groups.map((group) => (
        <tbody key={group}>
          <tr class="run-group">
            <th scope="rowgroup" colspan={2 + others.length}>{group}</th>
          </tr>
          {scenarios.filter((one) => one.group === group).map((one) => (
            <Row key={one.name} whose={whose} scenario={one} others={others} />
          ))}
        </tbody>
      ))}
    </table>
  );
}

function Row(
  { scenario, whose, others }: Pick<ScenarioTableProps, "whose" | "others"> & { readonly scenario: ShownScenario },
): Html {
  const { name, story, verdict, reason, clients, inspect } = scenario;
  const broken = [...new Set(clients.flatMap(({ failures }) => failures))];
  const warnings = [...new Set(clients.flatMap((client) => client.warnings))];
  const isTold = verdict === "fail" || verdict === "incomplete";
  const alike = verdict === "fail" ? alikeIn(name, broken, others) : [];
  return (
    <tr>
      <th scope="row">
        {inspect === undefined ? <span title={story}>{name}</span> : <a href={inspect} title={story}>{name}</a>}
        {isTold ? <p class="quiet">{reason}</p> : null}
        {alike.length > 0
          ? <p class="quiet">{`So ${alike.length === 1 ? "does" : "do"} ${alike.join(", ")}.`}</p>
          : null}
        {warnings.length > 0 ? <p class="quiet">{`warned: ${warnings.join(", ")}`}</p> : null}
      </th>
      <td data-client={whose} class={`run-own run-${verdict === "not tried" ? "untried" : verdict}`}>
        {verdict}
      </td>
      {others.map(({ client, title, cells }) => {
        const cell = cells[name];
        const rules = (cell?.broken ?? []).map(({ rule }) => rule).join(", ");
        return (
          <td
            key={client}
            data-client={shortTitle(title)}
            class={`run-other run-${cell?.verdict ?? "untried"}`}
            title={rules === "" ? undefined : `breaks ${rules}`}
          >
            {cell?.verdict ?? "—"}
          </td>
        );
      })}
    </tr>
  );
}

/** The clients that break one of the same rules in a scenario. */
function alikeIn(name: string, broken: readonly string[], others: readonly Results[]): readonly string[] {
  return others
    .filter(({ cells }) => cells[name]?.broken?.some(({ rule }) => broken.includes(rule)))
    .map(({ title }) => title);
}

/** What a narrow column has room for. */
function shortTitle(title: string): string {
  return title.replace(" SDK", "");
}
