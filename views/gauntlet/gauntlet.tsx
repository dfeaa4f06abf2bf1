// The page of a gauntlet: the stage that it is at, what its client is to do there, the way on, and what it has come to.
import type { Urls } from "../../lib/http/urls.ts";
import type { RunScenario } from "../../lib/judge/run.ts";
import { buildClientConfigs } from "../home/client_configs.ts";
import type { Html } from "../shared/html.ts";
import { Page, pathOf } from "../shared/layout.tsx";
import { CodeBlock, Endpoint, Notice } from "../shared/parts.tsx";

/** A stage in a list. */
interface ListedStage {
  readonly name: string;
  readonly story: string;
  /** What it has come to; undefined where nobody has been. */
  readonly seen: Pick<RunScenario, "verdict" | "reason"> | undefined;
}

interface GauntletProps {
  readonly urls: Urls;
  readonly gauntlet: { readonly run: string; readonly set: string };
  /** Why nothing is shown; undefined if all is. */
  readonly refusal: string | undefined;
  /** Where it is. */
  readonly stage: {
    readonly number: number;
    readonly name: string;
    readonly story: string;
    readonly client: string;
    readonly steps: readonly string[];
  };
  /** All stages, in order. */
  readonly of: readonly ListedStage[];
  readonly isDone: boolean;
  readonly leftOut: readonly string[];
  /** Where the run is seen. */
  readonly runPath: string;
}

const DESCRIPTION = "One URL that leads an MCP client through many scenarios of a mock OAuth 2.1 and MCP server.";

/** A gauntlet that has begun. */
export function GauntletPage(props: GauntletProps): Html {
  const { urls, gauntlet, refusal, stage, of, isDone, leftOut, runPath } = props;
  return (
    <Page urls={urls} title={`gauntlet ${gauntlet.run}`} description={DESCRIPTION} style="gauntlet/gauntlet.css">
      <h1>
        gauntlet <code>{gauntlet.run}</code>
      </h1>
      {refusal === undefined
        ? (
          <div class="gauntlet">
            {isDone ? <Ended stages={of} /> : <CurrentStage urls={urls} stage={stage} count={of.length} />}
            <Moves urls={urls} number={stage.number} isDone={isDone} count={of.length} />
            <StageList stages={of} current={isDone ? undefined : stage.name} runPath={runPath} />
            <Give urls={urls} />
            <Limits leftOut={leftOut} />
          </div>
        )
        : <Notice tone="warn">{refusal}</Notice>}
    </Page>
  );
}

function Ended({ stages }: { readonly stages: readonly ListedStage[] }): Html {
  const untried = stages.filter(({ seen }) => seen === undefined || seen.verdict === "not tried").length;
  const whole = `All ${stages.length} stages are done.`;
  return (
    <p class="lead" role="status">
      {untried === 0 ? whole : `The gauntlet has ended: ${untried} of ${stages.length} stages were not tried.`}
    </p>
  );
}

function CurrentStage(
  { urls, stage: { number, name, story, client, steps }, count }: {
    readonly urls: Urls;
    readonly stage: GauntletProps["stage"];
    readonly count: number;
  },
): Html {
  return (
    <section aria-labelledby="stage">
      <h2 id="stage">
        stage {number} of {count}: <code>{name}</code>
      </h2>
      <p class="lead">{story}.</p>
      <p>A client that does it right: {client}.</p>
      <p>Let your client do this:</p>
      <ol>{steps.map((step) => <li key={step}>{step}</li>)}</ol>
      <p>
        Then it calls <code>mock_next_stage</code>, or you press the button.{" "}
        <a href={pathOf(urls.inspect)}>What it did</a> is in the inspector.
      </p>
    </section>
  );
}

function Moves(
  { urls, number, isDone, count }: {
    readonly urls: Urls;
    readonly number: number;
    readonly isDone: boolean;
    readonly count: number;
  },
): Html {
  return (
    <form method="post" action={pathOf(urls.home).replace(/\/$/, "")} class="gauntlet-moves">
      {isDone ? null : (
        <button type="submit" name="stage" value={String(number + 1)}>
          {number === count ? "end the last stage" : "next stage"}
        </button>
      )} <button type="submit" class="button-quiet" name="stage" value={String(number)}>this stage again</button>{" "}
      <button type="submit" class="button-quiet" name="stage" value="1">from the beginning</button>
    </form>
  );
}

function StageList(
  { stages, current, runPath }: {
    readonly stages: readonly ListedStage[];
    readonly current: string | undefined;
    readonly runPath: string;
  },
): Html {
  return (
    <section>
      <h2>results so far</h2>
      <ol class="gauntlet-stages">
        {stages.map(({ name, story, seen }) => {
          const verdict = seen?.verdict ?? "not tried";
          const isTold = verdict === "fail" || verdict === "incomplete";
          return (
            <li
              key={name}
              class={`gauntlet-${verdict === "not tried" ? "untried" : verdict}`}
              aria-current={name === current ? "step" : undefined}
            >
              <span title={story}>
                <span class="gauntlet-name">{name}</span> <span class="gauntlet-mark">{verdict}</span>
              </span>
              {isTold ? <p class="quiet">{seen?.reason}</p> : null}
            </li>
          );
        })}
      </ol>
      <p>
        <a href={runPath}>The scorecard of this run</a> has the reports, and is JSON, JUnit, Markdown and SARIF too.
      </p>
    </section>
  );
}

function Give({ urls }: { readonly urls: Urls }): Html {
  return (
    <section>
      <h2>give your client this URL</h2>
      <Endpoint method="POST" url={urls.oauth} />
      {buildClientConfigs([["gauntlet", urls.oauth]]).map(({ client, where, snippet }) => (
        <details key={client}>
          <summary>{client}</summary>
          <CodeBlock label={where} text={snippet} />
        </details>
      ))}
    </section>
  );
}

function Limits({ leftOut }: { readonly leftOut: readonly string[] }): Html {
  return (
    <>
      <section>
        <h2>what a client has to survive</h2>
        <ul>
          <li>
            Every stage is a server that has just been started. It knows nothing of the client's login, registration or
            session: it answers 401 to the token of the stage before, and no longer knows the client_id. A client that
            registers anew goes on by itself; start any other one anew, or have it forget the server and add it again.
          </li>
          <li>
            The metadata are others at each stage, at the same URLs: a client that keeps them has to be started anew.
          </li>
          <li>
            Where a client that does it right never comes to a tool, nobody can call{" "}
            <code>mock_next_stage</code>: press the button, or start the client anew. When it connects without a token,
            and nothing has come for ten seconds after the verdict stood, or for five minutes without one, it is taken
            to the next stage.
          </li>
          <li>One client at a time: all that use this URL are at the same stage.</li>
        </ul>
      </section>
      <section>
        <h2>what this does not test</h2>
        <ul>
          <li>What a client does with several servers at once: it sees one, which keeps its URL and changes.</li>
          <li>Clients of 2025-03-26 that look for metadata at the root of the origin: there is another server.</li>
          {leftOut.length > 0 && (
            <li>Scenarios that need an origin of their own, and are left out: {leftOut.join(", ")}.</li>
          )}
        </ul>
      </section>
    </>
  );
}

/** What a gauntlet is, and where to begin one. */
export function GauntletIntroduction(
  { urls, ways, chosen }: {
    readonly urls: Urls;
    /** A gauntlet that nobody has begun for each set. */
    readonly ways: readonly { readonly set: string; readonly path: string }[];
    readonly chosen: string;
  },
): Html {
  return (
    <Page urls={urls} title="gauntlet" description={DESCRIPTION} style="gauntlet/gauntlet.css">
      <h1>gauntlet</h1>
      <p class="lead">
        One URL that leads a client through many scenarios, one after the other. For clients that can be given one URL,
        and not twenty.
      </p>
      <p>
        Begin one with a set of scenarios. Your client, or the agent in it, finds a tool <code>mock_where_am_i</code>
        {" "}
        that says what to do, and a tool <code>mock_next_stage</code> that goes on.
      </p>
      <nav class="gauntlet-sets" aria-label="sets of scenarios">
        {ways.map(({ set, path }) => <a key={set} href={path}>{set === chosen ? <strong>{set}</strong> : set}</a>)}
      </nav>
      <p>
        The label behind the <code>~</code> is yours to choose: it names the run that all stages are added up in.
      </p>
    </Page>
  );
}
