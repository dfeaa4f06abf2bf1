// The consent page: who asks, where the code will go, what for, and the two ways in. It works without any script, and
// a test can post the same fields itself.
import type { OfferedUser } from "../../lib/oauth/users/declared_users.ts";
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { AutoForm, DenyForm, LoginForm, OfferedForm } from "./forms.tsx";
import { Page, pathOf } from "../shared/layout.tsx";
import { Fact, Notice } from "../shared/parts.tsx";

/** What the consent page shows. */
export interface ConsentProps {
  readonly urls: Urls;
  readonly clientName?: string | undefined;
  readonly clientId: string;
  /** The host that describes the client, if its id is a URL: the one thing about it that it cannot make up. */
  readonly clientHost?: string | undefined;
  /** The client's home page; linked only if it is http or https. */
  readonly clientUri?: string | undefined;
  /** The client's logo; loaded by the browser, never by the server, and only over https. */
  readonly logoUri?: string | undefined;
  readonly redirectUri: string;
  readonly redirectHost: string;
  /** True if every redirect URI of the client is on this computer. */
  readonly loopbackOnly: boolean;
  readonly scopes: readonly string[];
  readonly resource?: string | undefined;
  readonly expiresInSeconds?: number | undefined;
  /** Life of a token where nobody says, in seconds; absent for tokens that do not expire. */
  readonly defaultLifetimeSeconds?: number | undefined;
  /** Where the forms are posted: the authorization endpoint with the whole original query. */
  readonly formAction: string;
  readonly offered?: readonly OfferedUser[];
  readonly problem?: string | undefined;
  readonly email?: string | undefined;
}

/**
 * Asks the person whether a client may act for them.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1}
 */
export function ConsentPage(props: ConsentProps): Html {
  const { urls, clientName, clientId } = props;
  const name = clientName || clientId;
  return (
    <Page
      urls={urls}
      title="authorize access"
      description="A client asks for access."
      style="consent/consent.css"
    >
      <div class="narrow">
        <ClientHeading {...props} name={name} />
        <RequestFacts {...props} />
        {props.loopbackOnly ? <LoopbackWarning /> : null}
        <OfferedForm {...props} />
        <AutoForm {...props} />
        <LoginForm {...props} />
        <DenyForm {...props} />
        <SkipHint urls={urls} />
      </div>
    </Page>
  );
}

function ClientHeading(props: ConsentProps & { readonly name: string }): Html {
  const { name, logoUri, redirectHost, clientHost } = props;
  return (
    <div class="client">
      {isLoadableImage(logoUri)
        ? (
          <img
            src={logoUri}
            alt=""
            width="56"
            height="56"
            referrerpolicy="no-referrer"
          />
        )
        : null}
      <div>
        <p class="eyebrow">authorize access</p>
        <h1>
          <bdi>{name}</bdi> wants access
        </h1>
        {clientHost === undefined ? null : (
          <p>
            <strong class="host">{clientHost}</strong> describes this client.
          </p>
        )}
        <p>
          If you agree, your browser is sent to <strong class="host">{redirectHost}</strong>{" "}
          with a code that lets the client act for the user you choose here.
        </p>
      </div>
    </div>
  );
}

function RequestFacts(props: ConsentProps): Html {
  const { clientId, clientUri, redirectUri, scopes, resource } = props;
  return (
    <dl class="facts">
      <Fact name="client id">
        <code>{clientId}</code>
      </Fact>
      {clientUri === undefined ? null : (
        <Fact name="home page">
          {isWebAddress(clientUri)
            ? <a href={clientUri} rel="noreferrer nofollow">{clientUri}</a>
            : <code>{clientUri}</code>}
        </Fact>
      )}
      <Fact name="redirect uri">
        <code>{redirectUri}</code>
      </Fact>
      <Fact name="scopes">
        {scopes.length === 0 ? "none asked for" : (
          <ul class="chips">
            {scopes.map((scope) => <li key={scope}>{scope}</li>)}
          </ul>
        )}
      </Fact>
      {resource === undefined ? null : (
        <Fact name="resource">
          <code>{resource}</code>
        </Fact>
      )}
    </dl>
  );
}

function LoopbackWarning(): Html {
  return (
    <Notice tone="warn">
      <strong>This client runs on this computer.</strong>{" "}
      Any program on it could have registered under this name and could receive the code. On a real server, approve only
      if you started this login yourself.
    </Notice>
  );
}

function SkipHint({ urls }: { readonly urls: Urls }): Html {
  return (
    <aside class="aside">
      <h2>writing a test?</h2>
      <p>
        Skip this page: add <code>auto_approve=true</code> to the authorization request for a generated user, or{" "}
        <code>auto_approve_email</code> and <code>auto_approve_password</code> for a specific user. Or post{" "}
        <code>action</code>, <code>email</code> and <code>password</code> here yourself.{" "}
        <a href={pathOf(urls.guide)}>The guide</a> shows every parameter.
      </p>
    </aside>
  );
}

function isWebAddress(uri: string): boolean {
  return /^https?:\/\//i.test(uri);
}

function isLoadableImage(uri: string | undefined): boolean {
  return uri !== undefined && /^(https:\/\/|data:image\/)/i.test(uri);
}
