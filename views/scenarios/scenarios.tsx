// The catalogue of scenarios: one address for each way in which the server can behave.
import type { Rule } from "../../lib/judge/rules/rule.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { assetPath, Page, pathOf } from "../shared/layout.tsx";
import { type ScenarioEntry, ScenarioItem } from "./entry.tsx";
import { type Makes, MakingForm } from "./making.tsx";
import { type Proposal, ScenarioProposal } from "./proposal.tsx";
import { countText } from "./search.js";

interface ScenarioGroup {
  readonly name: string;
  /** Its scenarios, in the order of the catalogue. */
  readonly entries: readonly ScenarioEntry[];
}

interface ScenariosProps {
  readonly urls: Urls;
  /** In order; none is empty. */
  readonly groups: readonly ScenarioGroup[];
  readonly query: string;
  /** What else to search for where nothing was found. */
  readonly hints: readonly Hint[];
  readonly rules: readonly ListedRule[];
  readonly proposal?: Proposal | undefined;
  /** What can be made here; undefined for nothing. */
  readonly makes: Makes | undefined;
}

/** A rule on clients. */
interface ListedRule extends Pick<Rule, "id" | "title" | "level" | "link"> {
  readonly isFound: boolean;
}

/** Another search, and how many it finds. */
export interface Hint {
  readonly query: string;
  readonly count: number;
}

/** All scenarios, by group. */
export function ScenariosPage({ urls, groups, query, hints, rules, proposal, makes }: ScenariosProps): Html {
  const entries = groups.flatMap((group) => group.entries);
  const found = entries.filter(({ isFound }) => isFound).length;
  return (
    <Page
      urls={urls}
      title="scenarios"
      description="Addresses of an OAuth 2.1 and MCP server that misbehaves in a certain way, to test MCP clients with."
      current="scenarios"
      style="scenarios/scenarios.css"
      scripts={[assetPath(urls, "shared/page.js"), assetPath(urls, "scenarios/scenarios.js")]}
    >
      <h1>scenarios</h1>
      <p class="lead">
        Each scenario is a way for the server to behave. Give your client the address of one, and see whether it does
        what a correct client does.
      </p>
      <p class="quiet">
        Each address is a separate sandbox with its own users, clients and tokens. It is created when it is first used,
        and deleted a day after it was last used. The label at its end is new each time you open this page; you can
        choose your own. <a href={pathOf(urls.run).replace(":run", "my-client")}>/runs/my-client</a>{" "}
        adds up what came of all that have the label <code>my-client</code>. Programs that send{" "}
        <code>Accept: application/json</code> get all of this in JSON, and for each scenario a{" "}
        <code>driver</code>: the steps that a client must be made to take.
      </p>
      {proposal && <ScenarioProposal proposal={proposal} />}
      {makes && (
        <details class="make-one">
          <summary>make one of a recording, or of a server</summary>
          <MakingForm urls={urls} makes={makes} />
        </details>
      )}
      <form role="search" class="scenario-search" method="get" action={pathOf(urls.scenarios)}>
        <label for="search">search by name, story, rule or report</label>
        <input id="search" name="q" type="search" value={query} autocomplete="off" spellcheck={false} />
        <button type="submit">search</button>
      </form>
      <p id="count" role="status" class="quiet">{countText(found, entries.length)}</p>
      <Hints urls={urls} hints={hints} isShown={found === 0} />
      <div class="catalogue">
        <GroupIndex groups={groups} ruleCount={rules.filter(({ isFound }) => isFound).length} />
        <div class="groups">
          {groups.map((group) => <Group key={group.name} group={group} />)}
          <Rules rules={rules} />
        </div>
      </div>
    </Page>
  );
}

/** What to do where nothing was found; the script fills in its own. */
function Hints({ urls, hints, isShown }: Pick<ScenariosProps, "urls" | "hints"> & { readonly isShown: boolean }): Html {
  return (
    <div id="hints" class="notice" hidden={!isShown}>
      <p id="hints-others" hidden={hints.length === 0}>
        Try instead:{" "}
        <span id="hints-list">
          {hints.map(({ query, count }) => (
            <>
              <a key={query} href={`?q=${encodeURIComponent(query)}`}>{query}</a> {`(${count}) `}
            </>
          ))}
        </span>
      </p>
      <p>
        Search for fewer words, or look through{" "}
        <a href={pathOf(urls.scenarios)}>all scenarios</a>. If none does what you need, a fault might:{" "}
        <a href={pathOf(urls.control)}>break it by hand</a>.
      </p>
    </div>
  );
}

function GroupIndex(
  { groups, ruleCount }: { readonly groups: readonly ScenarioGroup[]; readonly ruleCount: number },
): Html {
  return (
    <nav class="group-index" aria-label="groups">
      <ul>
        {groups.map(({ name, entries }) => (
          <IndexItem
            key={name}
            id={idOf(name)}
            name={name}
            count={entries.filter(({ isFound }) => isFound).length}
          />
        ))}
        <IndexItem id="group:rules" name="the rules" count={ruleCount} />
      </ul>
    </nav>
  );
}

function IndexItem(
  { id, name, count }: { readonly id: string; readonly name: string; readonly count: number },
): Html {
  return (
    <li>
      <a href={`#${id}`}>{name.toLowerCase()}</a> <span class="quiet">{count}</span>
    </li>
  );
}

function Group({ group: { name, entries } }: { readonly group: ScenarioGroup }): Html {
  const id = idOf(name);
  return (
    <section class="group" aria-labelledby={id} hidden={!entries.some(({ isFound }) => isFound)}>
      <h2 id={id}>{name.toLowerCase()}</h2>
      <ul>{entries.map((entry) => <ScenarioItem key={entry.scenario.name} entry={entry} />)}</ul>
    </section>
  );
}

function Rules({ rules }: { readonly rules: readonly ListedRule[] }): Html {
  return (
    <section class="group" aria-labelledby="group:rules" hidden={!rules.some(({ isFound }) => isFound)}>
      <h2 id="group:rules">the rules</h2>
      <p class="quiet">There is no C30: a server cannot see whether a client stores its tokens safely.</p>
      <dl class="facts">
        {rules.map(({ id, title, level, link, isFound }) => (
          <div key={id} id={id} class="fact rule" hidden={!isFound}>
            <dt>{id}</dt>
            <dd>
              {title} <a href={link}>{level}</a>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** No scenario's name has a colon, so that no two ids meet. */
function idOf(group: string): string {
  return `group:${group.toLowerCase().replaceAll(" ", "-")}`;
}
