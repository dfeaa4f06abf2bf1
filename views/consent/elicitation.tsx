// The pages of an elicitation in URL mode: what a person is asked, and that they have answered. They work without scripts.
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { Page } from "../shared/layout.tsx";

/**
 * Asks what a server has sent a person here for.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#url-mode-elicitation-requests}
 */
export function ElicitationPage(
  { urls, action, message }: { readonly urls: Urls; readonly action: string; readonly message: string },
): Html {
  return (
    <Page urls={urls} title="your input" description="Asks what a server needs." style="consent/consent.css">
      <div class="narrow">
        <h1>your input is needed</h1>
        <p>A tool of this MCP server sent you here. It says:</p>
        <blockquote>
          <bdi>{message}</bdi>
        </blockquote>
        <p class="quiet">
          Other servers ask here for what your client must not see, like a password or a payment. This one asks for
          nothing: press the button, and it knows that you are done.
        </p>
        <form class="panel" method="post" action={action}>
          <button type="submit" name="action" value="accept">I am done</button>
        </form>
        <p>To refuse, close this page, and decline in your client.</p>
      </div>
    </Page>
  );
}

/** Says that it is done. */
export function ElicitationDonePage({ urls }: { readonly urls: Urls }): Html {
  return (
    <Page urls={urls} title="done" description="Your input has arrived." style="consent/consent.css">
      <div class="narrow">
        <h1>done</h1>
        <p>The server knows that you are done. You can close this page and go back to your client.</p>
      </div>
    </Page>
  );
}

/** Says that there is nothing to do. */
export function UnknownElicitationPage({ urls }: { readonly urls: Urls }): Html {
  return (
    <Page urls={urls} title="nothing to do" description="No tool asks for anything here." style="consent/consent.css">
      <div class="narrow">
        <h1>nothing to do here</h1>
        <p>No tool of this server asks for anything at this URL, or it was too long ago. Call the tool again.</p>
      </div>
    </Page>
  );
}
