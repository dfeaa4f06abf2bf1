// The page that takes an authorization response to the client as a form (OAuth 2.0 Form Post Response Mode): by itself
// where scripts run, with a button where they do not.
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { assetPath, Page } from "../shared/layout.tsx";

interface FormPostProps {
  readonly urls: Urls;
  readonly redirectUri: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/**
 * Sends the person back to the client.
 *
 * @see {@link https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html}
 */
export function FormPostPage({ urls, redirectUri, fields }: FormPostProps): Html {
  return (
    <Page
      urls={urls}
      title="back to the client"
      description="The answer is on its way to the client."
      style="consent/consent.css"
      scripts={[assetPath(urls, "consent/form_post.js")]}
    >
      <div class="narrow">
        <h1>back to the client</h1>
        <p>
          The answer goes to <strong class="host">{new URL(redirectUri).host || redirectUri}</strong>{" "}
          in a form, which submits itself where scripts run. If nothing happens, submit it yourself.
        </p>
        <form class="panel" id="form-post" method="post" action={redirectUri}>
          {fields.map(([name, value]) => <input key={name} type="hidden" name={name} value={value} />)}
          <button type="submit">continue</button>
        </form>
      </div>
    </Page>
  );
}
