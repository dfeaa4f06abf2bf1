// A run as it was when somebody kept it: to be shown to others, so it leads to nothing that it was made of.
import type { KeptRun } from "../../lib/judge/kept_run.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Results } from "../../lib/scenarios/schema/results_schema.ts";
import type { Html } from "../shared/html.ts";
import { Page } from "../shared/layout.tsx";
import { Headline } from "./headline.tsx";
import { ScenarioTable } from "./table.tsx";

interface KeptPageProps {
  readonly urls: Urls;
  readonly kept: KeptRun;
  /** How the clients of SDKs fared. */
  readonly others: readonly Results[];
}

/** The page of a kept run. */
export function KeptPage({ urls, kept, others }: KeptPageProps): Html {
  const { run, scenarios, kept_at, kept_until } = kept;
  const who = [...new Set(scenarios.flatMap(({ clients }) => clients.map(({ name = "a client" }) => name)))].join(", ");
  return (
    <Page
      urls={urls}
      title={`run ${run}`.trim()}
      description="What an MCP client came to in many scenarios of a mock OAuth 2.1 and MCP server."
      style="run/run.css"
    >
      <h1>
        run {run === "" ? null : <code>{run}</code>}
      </h1>
      <p class="quiet">
        {`A copy of ${timeText(kept_at)}${who === "" ? "" : `, of ${who}`}. It does not change, and is kept until ${
          timeText(kept_until)
        }.`}
      </p>
      <Headline run={kept} />
      <ScenarioTable urls={urls} whose="the client" scenarios={scenarios} others={others} />
    </Page>
  );
}

/** In UTC, to the minute. */
function timeText(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}
