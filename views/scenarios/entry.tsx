// One scenario of the catalogue's page: folded to its name and story; unfolded, all that one needs to use it.
import type { Scenario, ScenarioClient } from "../../lib/scenarios/scenario.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Content, Html } from "../shared/html.ts";
import { pathOf } from "../shared/layout.tsx";
import { CodeBlock, CopyButton, Endpoint, Fact } from "../shared/parts.tsx";

/** A scenario, and where a sandbox of it is. */
export interface ScenarioEntry {
  readonly scenario: Scenario;
  /** What a client must be made to do, where that is more than usual. */
  readonly steps: readonly string[];
  /** Addresses of a sandbox that nobody else has. */
  readonly urls: Urls;
  readonly controlUrl: string;
  readonly isOwnOrigin: boolean;
  readonly originsUrl: string;
  readonly isFound: boolean;
}

/** One scenario, folded. */
export function ScenarioItem({ entry }: { readonly entry: ScenarioEntry }): Html {
  const { scenario: { name, story }, urls, controlUrl, isOwnOrigin, isFound } = entry;
  // The page has many of them, so they are as short as they can be.
  const here = isOwnOrigin ? String : pathOf;
  return (
    <li class="scenario" hidden={!isFound}>
      <details>
        <summary>
          <code>{name}</code> <span class="story">{story}</span>
        </summary>
        <div id={name}>
          <Endpoint method="GET/POST" url={urls.oauth} copies={false} />
          <OriginNote entry={entry} />
          <ScenarioFacts scenario={entry.scenario} steps={entry.steps} />
          <ScenarioClients scenario={entry.scenario} />
          <p class="ways-on">
            <a href={here(urls.inspect)}>watch what a client does there</a>{" "}
            <a href={here(urls.guide)}>walk through it</a> <a href={here(urls.home)}>its home page</a>{" "}
            <a href={here(controlUrl)}>control it</a> <a href={`#${name}`}>link to this entry</a>
          </p>
        </div>
      </details>
      <CopyButton what={`address of ${name}`} text={urls.oauth} />
    </li>
  );
}

function OriginNote(
  { entry: { scenario, isOwnOrigin, originsUrl: control } }: { readonly entry: ScenarioEntry },
): Html | null {
  if (!scenario.needs_origin) return null;
  if (isOwnOrigin) {
    return (
      <p class="quiet">
        This sandbox has its own origin, because a client that falls back to the root must not find a healthy server
        there. If your system does not resolve names below <code>localhost</code>, open a port for it:{" "}
        <code>
          {`curl ${control} -d '{"scenario":"${scenario.name}"}'`}
        </code>{" "}
        returns its address.
      </p>
    );
  }
  return (
    <p class="quiet">
      A client that falls back to the root of this origin finds a healthy server there. To prevent that, start a server
      with <code>--scenario {scenario.name}</code>.
    </p>
  );
}

/** What a scenario expects, tests and refers to. */
export function ScenarioFacts(
  { scenario, steps = [] }: { readonly scenario: Scenario; readonly steps?: readonly string[] },
): Html {
  const { client, words, expects, official, revisions, links } = scenario;
  return (
    <div data-searched data-words={words}>
      <p>
        <b>A correct client</b> {startLower(client)}.
      </p>
      <dl class="facts">
        {steps.length === 0 ? null : <Fact name="make it">{steps.join("; ")}</Fact>}
        {expects.length === 0 ? null : <Fact name="rules it tests">{expects.flatMap(ruleLink)}</Fact>}
        {official === undefined ? null : (
          <Fact name="official suite">
            <code>{official}</code>
          </Fact>
        )}
        {revisions === undefined ? null : <Fact name="revisions of MCP">{revisions.join(", ")}</Fact>}
        {links.length === 0 ? null : <Fact name="about">{links.flatMap(linkOf)}</Fact>}
      </dl>
    </div>
  );
}

/** The rules stand at the end of the page. */
function ruleLink(id: string, index: number): readonly Content[] {
  const link = <a href={`#${id}`}>{id}</a>;
  return index === 0 ? [link] : [", ", link];
}

/** A scenario can come from anybody's link, and an address in it be a script. */
function linkOf({ label, url }: Scenario["links"][number], index: number): readonly Content[] {
  const link = /^https?:\/\//i.test(url) ? <a href={url}>{label}</a> : label;
  return index === 0 ? [link] : [", ", link];
}

/** The sentences of the catalogue begin with a capital letter; some begin with a name. */
function startLower(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** The clients that a scenario has from the start. */
export function ScenarioClients({ scenario }: { readonly scenario: Scenario }): Html {
  return <>{scenario.clients?.map((client) => <Client key={client.client_id} client={client} />)}</>;
}

function Client({ client }: { readonly client: ScenarioClient }): Html {
  const { client_id, client_secret, token_endpoint_auth_method, grant_types, redirect_uris = [] } = client;
  return (
    <section class="client-card" aria-label={`client ${client_id}`}>
      <h3>a client that is already registered</h3>
      <dl class="facts">
        <Copied name="client_id" value={client_id} />
        {client_secret === undefined ? null : <Copied name="client_secret" value={client_secret} />}
        <Fact name="authenticates by">
          <code>{token_endpoint_auth_method}</code>
        </Fact>
        <Fact name="grants">{grant_types.join(", ")}</Fact>
        {redirect_uris.length === 0 ? null : <Fact name="redirect uris">{redirect_uris.join(", ")}</Fact>}
      </dl>
      <Key label="private key" jwk={client.private_key_jwk} />
    </section>
  );
}

function Copied({ name, value }: { readonly name: string; readonly value: string }): Html {
  return (
    <Fact name={name}>
      <code>{value}</code> <CopyButton text={value} what={name} />
    </Fact>
  );
}

function Key({ label, jwk }: { readonly label: string; readonly jwk: object | undefined }): Html | null {
  return jwk === undefined ? null : <CodeBlock label={label} text={JSON.stringify(jwk, null, 2)} />;
}
