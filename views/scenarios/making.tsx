// Making a scenario of a server: what it is to be made of, what was found, and where it is. It works without scripts.
import type { Urls } from "../../lib/http/urls.ts";
import type { Content, Html } from "../shared/html.ts";
import { assetPath, Page, pathOf } from "../shared/layout.tsx";
import { CodeBlock, Endpoint, Notice } from "../shared/parts.tsx";

/** What the form offers. */
export interface Makes {
  /** Whether servers that are not on this machine can be asked, too. */
  readonly isAnywhere: boolean;
}

/** Servers of which one is wanted. */
export interface Choice {
  /** URLs of their MCP endpoints. */
  readonly servers: readonly string[];
  /** The recording that they are in, as it was sent. */
  readonly recording: string;
}

/** What was found of a server. */
export interface Found {
  /** The name that the scenario has, until somebody gives it another. */
  readonly name: string;
  /** How many answers were compared. */
  readonly compared: number;
  /** Requests that the clone answers differently, and in what. */
  readonly differences: readonly { readonly what: string; readonly lines: readonly string[] }[];
  readonly unseen: readonly string[];
  /** What was not answered, or cannot be read. */
  readonly problems: readonly string[];
  /** What asking has left behind. */
  readonly left: readonly string[];
  readonly definition: Readonly<Record<string, unknown>>;
  /** Why the scenario cannot be had here; undefined if it can. */
  readonly note: string | undefined;
}

/** A scenario that was made. */
export interface Made {
  readonly name: string;
  readonly mcp_url: string;
  /** A link that carries it. */
  readonly link?: string;
  /** Why there is none. */
  readonly note?: string;
  readonly inspect: string;
  readonly control: string;
}

/** What was sent, and of which nothing can be made. */
export interface Refused {
  /** Why. */
  readonly why: string;
  readonly url: string;
}

/** The form, on a page of its own. */
export function MakingPage(
  { urls, makes, refused }: {
    readonly urls: Urls;
    /** Undefined for nothing. */
    readonly makes: Makes | undefined;
    readonly refused?: Refused;
  },
): Html {
  return (
    <Frame urls={urls} title="make a scenario of a server">
      {refused && (
        <Notice tone="warn">
          <p role="alert">{refused.why}.</p>
        </Notice>
      )}
      {makes ? <MakingForm urls={urls} makes={makes} url={refused?.url} /> : (
        <Notice tone="warn">
          <p>
            This server makes none: you may not control it, or anyone can call it. <code>mock-oauth clone</code>{" "}
            makes one in a shell.
          </p>
        </Notice>
      )}
    </Frame>
  );
}

/** What to make a scenario of. */
export function MakingForm(
  { urls, makes: { isAnywhere }, url }: {
    readonly urls: Urls;
    readonly makes: Makes;
    /** What the field for it begins with. */
    readonly url?: string | undefined;
  },
): Html {
  return (
    <form class="making" method="post" action={pathOf(urls.scenarioMaking)} enctype="multipart/form-data">
      <p>
        A scenario that behaves like a server, login included: made of a recording of it, or of what it answers when it
        is asked what clients ask before they log in.
      </p>
      <div class="field">
        <label for="making-file">a file with a recording (HAR)</label>
        <input id="making-file" name="recording" type="file" accept=".har,.json,application/json" />
      </div>
      <div class="field">
        <label for="making-text">or pasted</label>
        <textarea id="making-text" name="recording" rows={3} spellcheck={false} autocomplete="off"></textarea>
      </div>
      <div class="field">
        <label for="making-url">URL of its MCP endpoint</label>
        <p class="hint" id="making-url-hint">
          {isAnywhere
            ? "Without a recording, the server is asked: 40 requests at most. It registers no client, and ends the sessions that it opens."
            : "Without a recording, the server is asked. It must be on this machine, unless this server was started with --allow-clone."}
        </p>
        <input
          id="making-url"
          name="url"
          type="url"
          value={url}
          placeholder="http://localhost:3000/mcp"
          aria-describedby="making-url-hint"
          autocomplete="off"
          spellcheck={false}
        />
      </div>
      <button type="submit">see what is found</button>
    </form>
  );
}

/** The servers of a recording, each a button. */
export function ChoicePage({ urls, choice }: { readonly urls: Urls; readonly choice: Choice }): Html {
  const { servers, recording } = choice;
  return (
    <Frame urls={urls} title="which server">
      <form class="making" method="post" action={pathOf(urls.scenarioMaking)} enctype="multipart/form-data">
        <p>The recording has {servers.length} MCP servers. A scenario is of one.</p>
        <input type="hidden" name="recording" value={recording} />
        <ul class="choices">
          {servers.map((url) => (
            <li key={url}>
              <button type="submit" name="url" value={url}>{url}</button>
            </li>
          ))}
        </ul>
      </form>
    </Frame>
  );
}

/** What was found, and a form that gives it a name. */
export function FoundPage({ urls, found }: { readonly urls: Urls; readonly found: Found }): Html {
  const { name, compared, differences, unseen, problems, left, definition, note } = found;
  return (
    <Frame urls={urls} title="what was found">
      {note === undefined ? <NameForm urls={urls} name={name} definition={definition} /> : (
        <Notice tone="warn">
          <p>
            {note}. Save its definition in a file, and start a server with{" "}
            <code>--scenarios FILE --scenario {name}</code>
            .
          </p>
        </Notice>
      )}
      <h2 id="making:alike">how alike it is</h2>
      {differences.length === 0
        ? (
          <p>
            {compared === 1 ? "The one answer that was compared is" : `All ${compared} answers that were compared are`}
            {" "}
            alike.
          </p>
        )
        : <p>Of {compared} answers that were compared, {differences.length} differ.</p>}
      {differences.length > 0 && (
        <ul class="making-list">
          {differences.map(({ what, lines }) => (
            <li key={what}>
              <code>{what}</code>
              <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul>
            </li>
          ))}
        </ul>
      )}
      <Listed title="not seen, so as this server does it" lines={unseen} />
      <Listed title="not answered" lines={problems} />
      <Listed title="left behind there" lines={left} />
      <details class="shell">
        <summary>its definition</summary>
        <CodeBlock label="definition" text={JSON.stringify(definition, null, 2)} />
      </details>
    </Frame>
  );
}

function NameForm(
  { urls, name, definition }: Pick<Found, "name" | "definition"> & { readonly urls: Urls },
): Html {
  return (
    <form class="making" method="post" action={pathOf(urls.scenarioMaking)} enctype="multipart/form-data">
      <input type="hidden" name="definition" value={JSON.stringify(definition)} />
      <div class="field">
        <label for="making-name">name of the scenario</label>
        <p class="hint" id="making-name-hint">Letters a-z, digits and single hyphens, at most 40.</p>
        <input
          id="making-name"
          name="name"
          value={name}
          required
          maxlength={40}
          pattern="[a-z0-9]+(-[a-z0-9]+)*"
          aria-describedby="making-name-hint"
          autocomplete="off"
          spellcheck={false}
        />
      </div>
      <button type="submit">make it</button>
    </form>
  );
}

/** Where the scenario is. */
export function MadePage({ urls, made }: { readonly urls: Urls; readonly made: Made }): Html {
  const { name, mcp_url, link, note, inspect, control } = made;
  return (
    <Frame urls={urls} title="made">
      <p>
        The scenario is called <code>{name}</code>. Give your client its address:
      </p>
      <Endpoint method="GET/POST" url={mcp_url} />
      <p class="ways-on">
        <a href={pathOf(inspect)}>watch what a client does there</a> <a href={pathOf(control)}>control it</a>
      </p>
      {link === undefined ? <p class="quiet">{note}</p> : <CodeBlock label="a link that carries it" text={link} />}
    </Frame>
  );
}

function Listed({ title, lines }: { readonly title: string; readonly lines: readonly string[] }): Html {
  return (
    <section hidden={lines.length === 0}>
      <h2>{title}</h2>
      <ul class="making-list">{lines.map((line) => <li key={line}>{line}</li>)}</ul>
    </section>
  );
}

function Frame(
  { urls, title, children }: { readonly urls: Urls; readonly title: string; readonly children: Content },
): Html {
  return (
    <Page
      urls={urls}
      title={title}
      description="Make a scenario that answers as a server does."
      current="scenarios"
      style="scenarios/scenarios.css"
      scripts={[assetPath(urls, "shared/page.js")]}
    >
      <p class="quiet">
        <a href={pathOf(urls.scenarios)}>scenarios</a> / <a href={pathOf(urls.scenarioMaking)}>make one</a>
      </p>
      <h1>{title}</h1>
      {children}
    </Page>
  );
}
