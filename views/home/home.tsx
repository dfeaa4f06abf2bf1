// The home page: what this server is, the three endpoints, how to authorize, and what to paste into a client.
import type { Urls } from "../../lib/http/urls.ts";
import type { Endpoints } from "../inspect/model.js";
import type { Html } from "../shared/html.ts";
import { buildClientConfigs, type ClientConfig } from "./client_configs.ts";
import { assetPath, Page, pathOf, repositoryUrl } from "../shared/layout.tsx";
import { CodeBlock, CopyButton, Endpoint, Fact } from "../shared/parts.tsx";

interface HomeProps {
  readonly urls: Urls;
  readonly version: string;
  readonly banner?: Html | undefined;
  /** What a sandbox plays; undefined for the standard one. */
  readonly plays?: string | undefined;
  readonly counts?: HomeCounts;
  /** What is known of the endpoints on record, where the visitor may watch the clients that come. */
  readonly watched?: Endpoints | undefined;
}

interface HomeCounts {
  readonly scenarios: number;
  readonly rules: number;
}

/** Server information for people. */
export function HomePage(props: HomeProps): Html {
  const { urls, version, banner, plays, counts, watched } = props;
  return (
    <Page
      urls={urls}
      title={plays ?? "server information"}
      description="A mock OAuth 2.1 authorization server with mock MCP servers behind it, for testing MCP clients."
      style="home/home.css"
      scripts={[assetPath(urls, "shared/page.js"), ...(watched ? [assetPath(urls, "home/home.js")] : [])]}
    >
      {banner}
      {plays === undefined ? null : <p class="eyebrow">mock oauth server</p>}
      <h1>{plays ?? "mock oauth server"}</h1>
      <p class="lead">
        An OAuth 2.1 authorization server with MCP servers behind it, all of them mocks, for people who build and test
        MCP clients.
      </p>
      <section class="first" aria-labelledby="first">
        <h2 id="first">paste this URL into your client</h2>
        <Endpoint method="GET/POST" url={urls.oauth} />
        {watched ? <Waiting urls={urls} endpoints={watched} /> : null}
      </section>
      <p class="actions">
        <a class="button" href={pathOf(urls.guide)}>
          walk through the flow
        </a>
        <a class="button button-quiet" href="#connect">connect a client</a>
        <a class="button button-quiet" href={pathOf(urls.scenarios)}>
          {counts ? `${counts.scenarios} scenarios: make it misbehave` : "make it misbehave"}
        </a>
        <a class="button button-quiet" href={pathOf(urls.inspect)}>
          {counts ? `${counts.rules} rules: watch a client` : "watch a client"}
        </a>
        <a class="button button-quiet" href={pathOf(urls.control)}>break it by hand</a>
      </p>
      <Endpoints urls={urls} />
      <Testing urls={urls} />
      <WaysToAuthorize urls={urls} />
      <Connect urls={urls} />
      <ServerFacts urls={urls} version={version} />
    </Page>
  );
}

/** Turns into what the client does, once there is one. */
function Waiting({ urls, endpoints }: Pick<HomeProps, "urls"> & { readonly endpoints: Endpoints }): Html {
  return (
    <p
      id="waiting"
      class="waiting live"
      role="status"
      data-events={pathOf(urls.events)}
      data-endpoints={JSON.stringify(endpoints)}
    >
      <span id="waiting-text">waiting for your client…</span> <a href={pathOf(urls.inspect)}>watch it</a>
    </p>
  );
}

function Testing({ urls }: Pick<HomeProps, "urls">): Html {
  return (
    <section aria-labelledby="testing">
      <h2 id="testing">in a test</h2>
      <p>
        Run your client against a sandbox of its own, then ask whether it did the right thing: the answer is{" "}
        <code>pass</code>, <code>fail</code> or <code>incomplete</code>, with every rule and the requests that prove it.
      </p>
      <CodeBlock label="in a shell" text={`curl '${urls.report}?wait=10'`} />
      <p>
        <a href={`${repositoryUrl}#test-with-it`}>Fixtures and examples in five languages</a> ·{" "}
        <a href={pathOf(urls.report)}>the report of this sandbox</a>
      </p>
    </section>
  );
}

function Endpoints({ urls }: { readonly urls: Urls }): Html {
  return (
    <section aria-labelledby="endpoints">
      <h2 id="endpoints">three MCP endpoints</h2>
      <div class="card">
        <h3>oauth</h3>
        <Endpoint method="GET/POST" url={urls.oauth} />
        <p>
          MCP behind all of OAuth 2.1: discovery, registration, PKCE, consent, tokens. Give a client this URL, and it
          finds the rest.
        </p>
      </div>
      <div class="card">
        <h3>bearer</h3>
        <Endpoint method="GET/POST" url={urls.bearer} />
        <p>
          MCP behind a bearer token. Any token is accepted; with <code>?expected=T</code>, only <code>T</code> is.
        </p>
      </div>
      <div class="card">
        <h3>no-auth</h3>
        <Endpoint method="GET/POST" url={urls.noAuth} />
        <p>MCP without any authentication.</p>
      </div>
    </section>
  );
}

function WaysToAuthorize({ urls }: { readonly urls: Urls }): Html {
  return (
    <section aria-labelledby="authorize">
      <h2 id="authorize">four ways to authorize</h2>
      <p>
        A client opens <code>{urls.authorize}</code> in a browser. What happens then is up to you:
      </p>
      <ol class="ways">
        <li>
          <h3>one button</h3>
          <p>
            The consent page generates a user. It is temporary and never saved.
          </p>
        </li>
        <li>
          <h3>e-mail and password</h3>
          <p>
            On the same page. A new address creates a user, who is saved; a known address requires its password.
          </p>
        </li>
        <li>
          <h3>no page, any user</h3>
          <p>
            Add <code>auto_approve=true</code>{" "}
            to the authorization URL: the server redirects at once, with a generated user.
          </p>
        </li>
        <li>
          <h3>no page, a specific user</h3>
          <p>
            Add <code>auto_approve_email</code> and <code>auto_approve_password</code> to it.
          </p>
        </li>
      </ol>
      <p>
        Each accepts <code>expires_in</code>, in seconds. Without it, tokens do not expire, unless{" "}
        <code>--token-lifetime</code> says otherwise.
      </p>
    </section>
  );
}

function Connect({ urls }: { readonly urls: Urls }): Html {
  return (
    <section aria-labelledby="connect">
      <h2 id="connect">connect a client</h2>
      <p>
        Most clients need only the URL. These are the usual places to paste it; for the endpoint without a login, use
        {" "}
        <code>no-auth</code> instead of <code>oauth</code>.
      </p>
      {buildClientConfigs([["mock", urls.oauth]]).map((config, index) => (
        <ConfigRow key={config.client} config={config} open={index === 0} />
      ))}
    </section>
  );
}

function ConfigRow(
  { config, open }: { readonly config: ClientConfig; readonly open: boolean },
): Html {
  return (
    <details class="fold" name="client" open={open}>
      <summary>{config.client}</summary>
      <CodeBlock label={config.where} text={config.snippet} />
      <p>
        {config.note} <a href={config.docsUrl}>documentation</a>
      </p>
    </details>
  );
}

function ServerFacts({ urls, version }: Pick<HomeProps, "urls" | "version">): Html {
  return (
    <section aria-labelledby="server">
      <h2 id="server">this server</h2>
      <dl class="facts">
        <Fact name="version">
          <code>{version}</code>
        </Fact>
        <FactLink name="guide" url={urls.guide} />
        <FactLink name="scenarios" url={urls.scenarios} />
        <FactLink name="inspector" url={urls.inspect} />
        <FactLink name="health" url={urls.health} />
        <FactLink
          name="authorization server metadata"
          url={urls.authorizationServer}
        />
        <FactLink name="openid configuration" url={urls.openidConfiguration} />
        <FactLink
          name="protected resource metadata"
          url={urls.oauthProtectedResource}
        />
        <FactLink name="signing keys" url={urls.jwks} />
      </dl>
      <p class="quiet">
        Programs that send <code>Accept: application/json</code> get the same facts in JSON.
      </p>
    </section>
  );
}

function FactLink(
  { name, url }: { readonly name: string; readonly url: string },
): Html {
  return (
    <Fact name={name}>
      <a href={pathOf(url)}>{url}</a> <CopyButton text={url} what={name} />
    </Fact>
  );
}
