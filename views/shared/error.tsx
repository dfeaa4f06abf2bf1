// The page for requests that must not be answered by a redirect: unknown clients, foreign redirect URIs, malformed
// requests, unknown addresses.
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "./html.ts";
import { Page, pathOf } from "./layout.tsx";
import { Fact } from "./parts.tsx";

/** What went wrong, and what would have been right. */
interface ErrorPageProps {
  readonly urls: Urls;
  readonly status: number;
  /** Error code, the one a JSON response would carry. */
  readonly error: string;
  readonly description: string;
  readonly parameter?: string | undefined;
  readonly received?: string | undefined;
  readonly expected?: string | undefined;
  /** What was probably meant, and where that lies. */
  readonly meant?: { readonly text: string; readonly path?: string } | undefined;
  /** A URL that lists what there is. */
  readonly see?: string | undefined;
  readonly reference?: { readonly label: string; readonly url: string } | undefined;
}

/**
 * Says which part of a request is wrong, what was sent, and what was expected.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1}
 */
export function ErrorPage(props: ErrorPageProps): Html {
  const { urls, status, error, description } = props;
  return (
    <Page urls={urls} title={error} description={description} style="consent/consent.css">
      <div class="narrow">
        <p class="eyebrow">{`${status} · ${error}`}</p>
        <h1>{description}</h1>
        <Details {...props} />
        {forbidsRedirect(props.parameter)
          ? (
            <p class="quiet">
              You were not sent back to the client, because its redirect URI cannot be trusted until this is fixed.
            </p>
          )
          : null}
        <p>
          <a href={pathOf(urls.guide)}>See a request that works</a> in the guide, or the{" "}
          <a href={pathOf(urls.home)}>server information</a>.
        </p>
      </div>
    </Page>
  );
}

/** Without a known client and its redirect URI an error must stay here (RFC 6749 4.1.2.1). */
function forbidsRedirect(parameter: string | undefined): boolean {
  return parameter === "client_id" || parameter === "redirect_uri";
}

function Details(props: ErrorPageProps): Html | null {
  const { parameter, received, expected, meant, see, reference } = props;
  if (!parameter && !received && !expected && !meant && !see && !reference) return null;
  return (
    <dl class="facts">
      {parameter === undefined ? null : (
        <Fact name="parameter">
          <code>{parameter}</code>
        </Fact>
      )}
      {received === undefined ? null : (
        <Fact name="received">
          <code>{received === "" ? "(empty)" : received}</code>
        </Fact>
      )}
      {expected === undefined ? null : <Fact name="expected">{expected}</Fact>}
      {meant === undefined ? null : (
        <Fact name="did you mean">
          {meant.path === undefined ? <code>{meant.text}</code> : <a href={meant.path}>{meant.text}</a>}
        </Fact>
      )}
      {see === undefined ? null : (
        <Fact name="full list">
          <a href={see}>{see}</a>
        </Fact>
      )}
      {reference === undefined ? null : (
        <Fact name="reference">
          <a href={reference.url}>{reference.label}</a>
        </Fact>
      )}
    </dl>
  );
}
