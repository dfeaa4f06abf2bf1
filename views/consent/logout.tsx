// The pages of a logout: the question, asked when no id_token shows who wants it, and the end. Both work without scripts.
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { Page, pathOf } from "../shared/layout.tsx";

interface LogoutProps {
  readonly urls: Urls;
  /** The request's parameters, to be sent once more. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly clientName?: string | undefined;
  readonly returnHost?: string | undefined;
}

/**
 * Asks whether the person wants to sign out.
 *
 * @see {@link https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout}
 */
export function LogoutPage({ urls, fields, clientName, returnHost }: LogoutProps): Html {
  return (
    <Page urls={urls} title="sign out" description="Asks before it signs out." style="consent/consent.css">
      <div class="narrow">
        <h1>sign out?</h1>
        <p>
          {clientName === undefined ? "A page" : <bdi>{clientName}</bdi>} asks to sign you out of this server.{" "}
          {returnHost === undefined ? null : (
            <>
              Your browser then goes to <strong class="host">{returnHost}</strong>.
            </>
          )}
        </p>
        <p class="quiet">
          No one stays signed in here, so this changes nothing by itself. If a client sends{" "}
          <code>id_token_hint</code>, you are not asked, and the tokens of that login are revoked.
        </p>
        <form class="panel" method="post" action={pathOf(urls.logout)}>
          {fields.map(([name, value]) => <input key={name} type="hidden" name={name} value={value} />)}
          <button type="submit" name="action" value="sign_out">sign out</button>
        </form>
        <p>To stay, close this page.</p>
      </div>
    </Page>
  );
}

/** Says that it is done. */
export function SignedOutPage({ urls, hasEnded }: { readonly urls: Urls; readonly hasEnded: boolean }): Html {
  return (
    <Page urls={urls} title="signed out" description="You are signed out." style="consent/consent.css">
      <div class="narrow">
        <h1>you are signed out</h1>
        <p>
          {hasEnded
            ? "The refresh tokens and access tokens of this login are revoked."
            : "No tokens are revoked, because the request named no login. A client names one with id_token_hint."}
        </p>
        <p>You can close this page.</p>
      </div>
    </Page>
  );
}
