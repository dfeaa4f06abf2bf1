// The guide's five steps. Everything here can be read without a script; the forms in `.live` belong to `guide.js`, which
// enables them when their step is unlocked and fills the result boxes.
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { AnswerFields, AuthorizationFields } from "./fields.tsx";
import { Live, Results, Rfc, Step } from "./parts.tsx";
import { pathOf } from "../shared/layout.tsx";
import { Endpoint, Field, ParameterTable } from "../shared/parts.tsx";
import type { ParameterRow } from "../shared/parts.tsx";

interface StepProps {
  readonly urls: Urls;
  readonly shell: string;
}

const queryParameters: readonly ParameterRow[] = [
  ["client_id", "OAuth client ID (required)"],
  ["redirect_uri", "Callback URL (required)"],
  ["state", "CSRF protection token (required)"],
  ["code_challenge", "PKCE challenge (required)"],
  ["auto_approve", "Set to true to skip consent and auto-generate user"],
  ["auto_approve_email", "Email for programmatic auth (requires password)"],
  ["auto_approve_password", "Password for programmatic auth (requires email)"],
  [
    "expires_in",
    "Token expiration in seconds (optional, default: no expiration)",
  ],
];

const formFields: readonly ParameterRow[] = [
  ["action", "auto (generate user) or login (email/password)"],
  ["email", "Email (required when action=login)"],
  ["password", "Password (required when action=login)"],
];

/** Step 1: the client finds out where to go. */
export function DiscoveryStep({ urls, shell }: StepProps): Html {
  return (
    <Step number={1} title="server discovery" shell={shell}>
      <Endpoint method="GET" url={urls.authorizationServer} />
      <p>First, the client discovers what the server supports.</p>
      <p class="why">
        A client starts with one URL and knows nothing else. It calls <code>{pathOf(urls.oauth)}</code>{" "}
        without a token; the 401 names the resource’s metadata (
        <Rfc number={9728} section="5.1" />
        ), that names the authorization server, and the server’s own metadata names every endpoint (<Rfc
          number={8414}
          section="3"
        />).
      </p>
      <Live action="1">
        <button type="submit">discover</button>
      </Live>
      <Results of="1" />
    </Step>
  );
}

/** Step 2: the client gets an id. */
export function RegistrationStep({ urls, shell }: StepProps): Html {
  return (
    <Step number={2} title="client registration" shell={shell}>
      <Endpoint method="POST" url={urls.register} />
      <p>Register your client to get a unique client ID.</p>
      <p class="why">
        Nobody set this client up beforehand, so it introduces itself: its name, and where codes may be sent (<Rfc
          number={7591}
          section="3"
        />
        ). From now on the server sends codes for this client nowhere else.
      </p>
      <Live action="2">
        <Field
          id="registration-redirect-uri"
          label="redirect uri"
          hint="This page receives the code. With any other redirect URI you paste the code in step 3."
        >
          <input
            id="registration-redirect-uri"
            name="redirect_uri"
            type="url"
            required
            value={urls.guide}
            aria-describedby="registration-redirect-uri-hint"
          />
        </Field>
        <button type="submit">register</button>
      </Live>
      <Results of="2" />
    </Step>
  );
}

/**
 * Step 3: a person agrees, and a code comes back. Its button stands first and its results last: the browser leaves with
 * the one, and comes back to the other.
 */
export function AuthorizationStep({ urls, shell }: StepProps): Html {
  return (
    <Step number={3} title="authorization" shell={shell}>
      <Endpoint method="GET" url={urls.authorize} />
      <Endpoint method="POST" url={urls.authorize} />
      <p>
        Request authorization from a user. You'll see a consent page where users can approve access.
      </p>
      <ReturnForm />
      <Live action="3">
        <AuthorizationFields />
      </Live>
      <Live action="answer">
        <AnswerFields />
      </Live>
      <p class="why">
        The client keeps a secret, the verifier, and sends only its hash, the challenge: anyone who steals the code
        can’t use it (
        <Rfc number={7636} section="1" />
        ). The state ties the answer to this browser (
        <Rfc number={6749} section="10.12" />
        ), and iss in the answer names the server that gave it (
        <Rfc number={9207} section="2" />).
      </p>
      <h3 id="query-parameters">query parameters (GET)</h3>
      <ParameterTable
        labelledBy="query-parameters"
        head={["parameter", "description"]}
        rows={queryParameters}
      />
      <p class="quiet">
        This server is less strict than the table: it accepts a request without{" "}
        <code>state</code>. Yours should send one.
      </p>
      <h3 id="form-fields">form fields (POST - consent page)</h3>
      <ParameterTable
        labelledBy="form-fields"
        head={["field", "description"]}
        rows={formFields}
      />
      <p class="quiet">
        Also: <code>action=deny</code> refuses, and <code>expires_in</code> sets the lifetime here too.
      </p>
      <Results of="3" />
    </Step>
  );
}

/** For clients whose redirect URI is not the guide: the code is brought back by hand. */
function ReturnForm(): Html {
  return (
    <div id="return" hidden>
      <Live action="return">
        <Field
          id="return-url"
          label="the address you were sent to"
          hint="The redirect URI is not this page: paste the whole address, with code and state, here."
        >
          <input
            id="return-url"
            name="url"
            type="url"
            required
            aria-describedby="return-url-hint"
          />
        </Field>
        <button type="submit">continue with this code</button>
      </Live>
    </div>
  );
}

/** Step 4: the code becomes a token. */
export function TokenStep({ urls, shell }: StepProps): Html {
  return (
    <Step number={4} title="token exchange" shell={shell}>
      <Endpoint method="POST" url={urls.token} />
      <p>Exchange the authorization code for an access token.</p>
      <p class="why">
        The code came through the browser’s address bar, where others may see it. So it expires after ten minutes, works
        once (
        <Rfc number={6749} section="4.1.2" />
        ), and only together with the verifier that never left this page (
        <Rfc number={7636} section="4.5" />).
      </p>
      <Live action="4">
        <button type="submit">exchange the code</button>
      </Live>
      <Results of="4" />
    </Step>
  );
}

/** Step 5: the token is used. */
export function DoneStep({ urls, shell }: StepProps): Html {
  return (
    <Step number={5} title="you're done!" shell={shell}>
      <Endpoint method="GET/POST" url={urls.oauth} />
      <p>
        That's the complete OAuth flow. MCP clients do all of this automatically—you just experienced what happens
        behind the scenes.
      </p>
      <p>
        Building your own MCP client? Use our <a href={pathOf(urls.home)}>mock MCP</a> for testing.
      </p>
      <p class="why">
        One thing is left: use the token. It goes into the <code>authorization</code> header of every request (
        <Rfc number={6750} section="2.1" />).
      </p>
      <Live action="5">
        <button type="submit">call the MCP server</button>
      </Live>
      <Results of="5" />
      <div id="more" class="more" hidden>
        <h3>and then</h3>
        <p>
          A refresh token gets a new access token without the person; each works once (<Rfc
            number={9700}
            section="4.14.2"
          />
          ). A code that is used twice may be stolen: the server refuses it and revokes every token issued for it.
        </p>
        <Live action="refresh">
          <button type="submit">refresh the token</button>
        </Live>
        <Results of="refresh" />
        <Live action="replay">
          <button type="submit">replay the code</button>
        </Live>
        <Results of="replay" />
        <p>
          Everything this page did is in{" "}
          <a href={pathOf(urls.inspect)}>the inspector</a>, with what is right and wrong about it.
        </p>
      </div>
    </Step>
  );
}
