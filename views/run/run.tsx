// The scorecard of a run: what a client came to in many scenarios, what is left to try, and what to paste for that.
import type { Run, RunScenario } from "../../lib/judge/run.ts";
import type { Urls } from "../../lib/http/urls.ts";
import { buildClientConfigs } from "../home/client_configs.ts";
import type { Html } from "../shared/html.ts";
import { assetPath, Page } from "../shared/layout.tsx";
import { CodeBlock, Notice } from "../shared/parts.tsx";

/** Where a run is seen and read. */
export interface RunUrls {
  /** The page, without the set. */
  readonly page: string;
  /** The same as JSON. */
  readonly data: string;
  readonly badge: string;
}

interface RunProps {
  readonly urls: Urls;
  readonly runUrls: RunUrls;
  /** The label. */
  readonly name: string;
  /** The run; or why it is not shown. */
  readonly run: Run | { readonly refusal: string };
  readonly sets: readonly string[];
}

const words = { pass: "pass", fail: "fail", incomplete: "incomplete", "not tried": "not tried" } as const;

/** The scorecard. */
export function RunPage({ urls, runUrls, name, run, sets }: RunProps): Html {
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
      {"refusal" in run
        ? <Notice tone="warn">{run.refusal}</Notice>
        : <Scorecard run={run} runUrls={runUrls} sets={sets} />}
    </Page>
  );
}

function Scorecard(
  { run, runUrls, sets }: { readonly run: Run; readonly runUrls: RunUrls; readonly sets: RunProps["sets"] },
): Html {
  const groups = [...new Set(run.scenarios.map(({ group }) => group))];
  return (
    <div id="scorecard" data-run={`${runUrls.data}?set=${run.set}`}>
      <Headline run={run} />
      <Sets runUrls={runUrls} chosen={run.set} sets={sets} />
      {groups.map((group) => (
        <Group
          key={group}
          name={group}
          scenarios={run.scenarios.filter((one) => one.group === group)}
        />
      ))}
      <Next run={run} />
      <Share runUrls={runUrls} run={run} />
    </div>
  );
}

function Headline({ run: { verdict, reason, counts } }: { readonly run: Run }): Html {
  const { pass, fail, incomplete, notTried, withWarnings } = counts;
  const figures = [
    ["passed", pass, "pass"],
    ["failed", fail, "fail"],
    ["incomplete", incomplete, "incomplete"],
    ["not tried", notTried, "untried"],
    ["with warnings", withWarnings, "warned"],
  ] as const;
  return (
    <>
      <p class={`lead run-verdict run-${verdict}`} role="status">
        <strong>{verdict}</strong> {reason}.
      </p>
      <dl class="run-counts">
        {figures.map(([name, count, kind]) => (
          <div key={name} class={`run-${kind}`}>
            <dd>{count}</dd>
            <dt>{name}</dt>
          </div>
        ))}
      </dl>
    </>
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

function Group({ name, scenarios }: { readonly name: string; readonly scenarios: readonly RunScenario[] }): Html {
  return (
    <section class="run-group">
      <h2>{name}</h2>
      <ul class="run-grid">
        {scenarios.map((one) => <Cell key={one.name} of={one} />)}
      </ul>
    </section>
  );
}

function Cell({ of: { name, story, verdict, reason, clients, inspect } }: { readonly of: RunScenario }): Html {
  const broken = [...new Set(clients.flatMap(({ failures, warnings }) => [...failures, ...warnings]))];
  const isTold = verdict === "fail" || verdict === "incomplete";
  return (
    <li class={`run-cell run-${verdict === "not tried" ? "untried" : verdict}`}>
      <a href={inspect} title={story}>
        <span class="run-name">{name}</span> <span class="run-mark">{words[verdict]}</span>
      </a>
      {isTold ? <p class="quiet">{reason}</p> : null}
      {!isTold && broken.length > 0 ? <p class="quiet">warned: {broken.join(", ")}</p> : null}
    </li>
  );
}

function Next({ run: { scenarios, set } }: { readonly run: Run }): Html | null {
  const left = scenarios.filter(({ verdict }) => verdict === "not tried");
  if (left.length === 0) return null;
  const count = left.length === 1 ? "One scenario is" : `${left.length} scenarios are`;
  return (
    <section>
      <h2>what to do next</h2>
      <p>
        {count}{" "}
        not tried. Give your client these servers, log in to each, and call a tool. The name says what each is about.
      </p>
      {buildClientConfigs(serversOf(left)).map(({ client, where, snippet }) => (
        <details key={client}>
          <summary>{client}</summary>
          <CodeBlock label={`${where}, for ${set}`} text={snippet} />
        </details>
      ))}
    </section>
  );
}

function Share({ runUrls, run }: { readonly runUrls: RunUrls; readonly run: Run }): Html {
  return (
    <section class="run-share">
      <h2>take it with you</h2>
      <p class="ways-on">
        <a href={`${runUrls.data}?set=${run.set}`}>JSON</a>{" "}
        <a href={`${runUrls.data}?set=${run.set}&format=junit`}>JUnit</a>{" "}
        <a href={`${runUrls.data}?set=${run.set}&format=markdown`}>Markdown</a>
      </p>
      <p>
        <img src={runUrls.badge} alt={`MCP client: ${run.counts.pass} passed`} height="20" />
      </p>
      <CodeBlock label="badge" text={`![MCP client](${runUrls.badge})`} />
    </section>
  );
}

/** The servers to give to a client, by names that sort as the catalogue does. */
export function serversOf(
  scenarios: readonly Pick<RunScenario, "name" | "url">[],
): readonly (readonly [string, string])[] {
  const digits = String(scenarios.length).length;
  return scenarios.map(({ name, url }, index) => [`${String(index + 1).padStart(digits, "0")}-${name}`, url]);
}
