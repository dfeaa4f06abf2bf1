// What to do next about a run: what to mend first, what to try again, and what to paste for the rest.
import type { Run, RunScenario } from "../../lib/judge/run.ts";
import { buildClientConfigs } from "../home/client_configs.ts";
import type { Html } from "../shared/html.ts";
import { CodeBlock } from "../shared/parts.tsx";

/** What is said of a rule, by its id. */
export type NextRules = ReadonlyMap<string, { readonly link: string; readonly title: string; readonly level: string }>;

interface NextProps {
  readonly run: Run;
  /** Where the run's page is. */
  readonly page: string;
  /** Where a gauntlet of the same is; undefined for none. */
  readonly gauntlet: string | undefined;
  readonly rules: NextRules;
}

/** How many rules are listed. */
const MAX_RULES = 10;

/** What to do next. */
export function Next({ run, page, gauntlet, rules }: NextProps): Html {
  const { scenarios, set } = run;
  const left = scenarios.filter(({ verdict }) => verdict === "not tried");
  const incomplete = scenarios.filter(({ verdict }) => verdict === "incomplete");
  const isDone = run.verdict === "pass";
  return (
    <section class="run-next">
      <h2>what to do next</h2>
      <Mend scenarios={scenarios} rules={rules} />
      {incomplete.length > 0 && (
        <p>
          {`${
            counted(incomplete.length, "is", "are")
          } incomplete. Each says above what is missing: have your client do it at the same URL, and the verdict follows.`}
        </p>
      )}
      {isDone && (
        <p>
          {`Everything in ${set} passed. `}
          <a href={`${page}?set=all`}>Try all scenarios</a>
          {", or run it in CI with "}
          <code>{`GET /control/runs/${run.run}?set=${set}&strict`}</code>.
        </p>
      )}
      {left.length > 0 && (
        <>
          <p>
            {`${
              counted(left.length, "is", "are")
            } not tried. Give your client these servers, log in to each, and call a tool. The name says what each is about. `}
            <a href={`${page}/mcp.json?set=${set}`}>{`A file with all of ${set}`}</a>
            {gauntlet === undefined ? "." : [", or ", <a key="gauntlet" href={gauntlet}>one URL for all</a>, "."]}
          </p>
          {buildClientConfigs(serversOf(left)).map(({ client, where, snippet }) => (
            <details key={client}>
              <summary>{client}</summary>
              <CodeBlock label={`${where}, for ${set}`} text={snippet} />
            </details>
          ))}
        </>
      )}
    </section>
  );
}

/** The rules that fail the client, those of most scenarios first. */
function Mend({ scenarios, rules }: Pick<Run, "scenarios"> & Pick<NextProps, "rules">): Html | null {
  const places = new Map<string, Set<RunScenario>>();
  for (const one of scenarios) {
    for (const id of one.clients.flatMap(({ failures }) => failures)) {
      const known = places.get(id) ?? new Set();
      places.set(id, known.add(one));
    }
  }
  if (places.size === 0) return null;
  const sorted = [...places].sort(([, one], [, other]) => other.size - one.size);
  const more = sorted.length - MAX_RULES;
  return (
    <>
      <p>Mend these first. The links lead to the exchanges that show it.</p>
      <ul>
        {sorted.slice(0, MAX_RULES).map(([id, where]) => (
          <li key={id}>
            <a href={rules.get(id)?.link ?? "#"}>{id}</a>
            {` ${rules.get(id)?.title.replace(/\.$/, "") ?? ""} (${rules.get(id)?.level ?? "MUST"}): `}
            {[...where].map(({ name, inspect }, index) => [
              index > 0 ? ", " : "",
              <a key={name} href={inspect}>{name}</a>,
            ])}
          </li>
        ))}
      </ul>
      {more > 0 && <p class="quiet">{`and ${more} more`}</p>}
    </>
  );
}

function counted(count: number, one: string, many: string): string {
  return count === 1 ? `One scenario ${one}` : `${count} scenarios ${many}`;
}

/** The servers to give to a client, by names that sort as the catalogue does. */
export function serversOf(
  scenarios: readonly Pick<RunScenario, "name" | "url">[],
): readonly (readonly [string, string])[] {
  const digits = String(scenarios.length).length;
  return scenarios.map(({ name, url }, index) => [`${String(index + 1).padStart(digits, "0")}-${name}`, url]);
}
