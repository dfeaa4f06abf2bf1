// The scorecard of a run: what a client came to in many scenarios, how the clients of SDKs fare there, and what to do next.
import type { Run } from "../../lib/judge/run.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Results } from "../../lib/scenarios/schema/results_schema.ts";
import type { Html } from "../shared/html.ts";
import { assetPath, Page, pathOf } from "../shared/layout.tsx";
import { CodeBlock, Notice } from "../shared/parts.tsx";
import { Headline } from "./headline.tsx";
import { Next, type NextRules } from "./next.tsx";
import { ScenarioTable } from "./table.tsx";

/** Where a run is seen and read. */
export interface RunUrls {
  /** The page, without the set. */
  readonly page: string;
  /** The same as JSON. */
  readonly data: string;
  readonly badge: string;
  /** The page that leads through the set by one URL; absent where none is chosen. */
  readonly gauntlet?: string;
}

interface RunProps {
  readonly urls: Urls;
  readonly runUrls: RunUrls;
  /** The label. */
  readonly name: string;
  /** The run; or why it is not shown. */
  readonly run: Run | { readonly refusal: string };
  readonly sets: readonly string[];
  /** How the clients of SDKs fared. */
  readonly others: readonly Results[];
  readonly rules: NextRules;
}

/** The scorecard. */
export function RunPage(props: RunProps): Html {
  const { urls, name, run } = props;
  return (
    <Page
      urls={urls}
      title={`run ${name}`}
      description="What an MCP client came to in many scenarios of a mock OAuth 2.1 and MCP server."
      style="run/run.css"
      scripts={[assetPath(urls, "shared/page.js"), assetPath(urls, "run/run.js")]}
    >
      <h1>
        run <code>{name}</code>
      </h1>
      {"refusal" in run ? <Notice tone="warn">{run.refusal}</Notice> : <Scorecard {...props} run={run} />}
    </Page>
  );
}

function Scorecard({ urls, run, runUrls, sets, others, rules }: RunProps & { readonly run: Run }): Html {
  return (
    <div id="scorecard" data-run={`${runUrls.data}?set=${run.set}`}>
      <Headline run={run} />
      <Sets runUrls={runUrls} chosen={run.set} sets={sets} />
      {others.length > 0 && (
        <p class="quiet">
          Beside your client stand <a href={pathOf(urls.scenarioClients)}>the clients of SDKs</a>
          {". Each was driven through the same scenarios: what most of them get wrong may lie in your SDK."}
        </p>
      )}
      <ScenarioTable urls={urls} whose="your client" scenarios={run.scenarios} others={others} />
      <Next run={run} page={runUrls.page} gauntlet={runUrls.gauntlet} rules={rules} />
      <Share runUrls={runUrls} run={run} />
    </div>
  );
}

function Sets(
  { runUrls, chosen, sets }: { readonly runUrls: RunUrls; readonly chosen: string; readonly sets: RunProps["sets"] },
): Html {
  return (
    <nav class="run-sets" aria-label="sets of scenarios">
      {sets.map((set) => (
        <a key={set} href={`${runUrls.page}?set=${set}`} aria-current={set === chosen ? "page" : undefined}>
          {set}
        </a>
      ))}
    </nav>
  );
}

function Share({ runUrls, run }: { readonly runUrls: RunUrls; readonly run: Run }): Html {
  return (
    <section class="run-share">
      <h2>take it with you</h2>
      <form method="post" action={`${runUrls.page}/keep?set=${run.set}`}>
        <p>
          <button type="submit">keep a copy</button>{" "}
          <span class="quiet">
            whose link you can pass on: it shows what is seen here, and leads to nothing that the run was made of
          </span>
        </p>
      </form>
      <p class="ways-on">
        <a href={`${runUrls.data}?set=${run.set}`}>JSON</a>{" "}
        <a href={`${runUrls.data}?set=${run.set}&format=junit`}>JUnit</a>{" "}
        <a href={`${runUrls.data}?set=${run.set}&format=markdown`}>Markdown</a>{" "}
        <a href={`${runUrls.data}?set=${run.set}&format=sarif`}>SARIF</a>
      </p>
      <p>
        <img src={runUrls.badge} alt={`MCP client: ${run.counts.pass} passed`} height="20" />
      </p>
      <CodeBlock label="badge" text={`![MCP client](${runUrls.badge})`} />
    </section>
  );
}
