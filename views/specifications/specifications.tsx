// What the server supports of each specification, and which test shows it.
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { Page, repositoryUrl } from "../shared/layout.tsx";
import type { Paragraph, ParagraphGroup } from "./paragraphs.ts";

interface SpecificationsProps {
  readonly urls: Urls;
  readonly groups: readonly ParagraphGroup[];
  /** Where a paragraph is written; undefined if nobody knows. */
  readonly linkOf: (source: string) => string | undefined;
}

/** All paragraphs, by topic. */
export function SpecificationsPage({ urls, groups, linkOf }: SpecificationsProps): Html {
  return (
    <Page
      urls={urls}
      title="specifications"
      description="What this OAuth 2.1 and MCP server supports of each specification, and which test shows it."
      style="specifications/specifications.css"
    >
      <h1>specifications</h1>
      <p class="lead">
        What the server supports of each specification, paragraph by paragraph. Each links to the tests that show it,
        and oauth4webapi and openid-client, unmodified and strict, go through all of it.
      </p>
      {groups.map(({ name, paragraphs }) => (
        <section key={name}>
          <h2>{name.toLowerCase()}</h2>
          <dl class="facts">
            {paragraphs.map((paragraph) => (
              <Row key={paragraph.join()} paragraph={paragraph} url={linkOf(paragraph[0])} />
            ))}
          </dl>
        </section>
      ))}
    </Page>
  );
}

function Row(
  { paragraph: [source, what, test], url }: { readonly paragraph: Paragraph; readonly url: string | undefined },
): Html {
  return (
    <div class="fact">
      <dt>{url === undefined ? source : <a href={url}>{source}</a>}</dt>
      <dd>
        {what} <a href={`${repositoryUrl}/blob/main/tests/${test}_test.ts`}>test</a>
      </dd>
    </div>
  );
}
