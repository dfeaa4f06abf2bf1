// The guide: the five steps an MCP client goes through, to read, to run in the page (`guide.js`), or to paste into a
// shell.
import type { Urls } from "../../lib/http/urls.ts";
import type { Html } from "../shared/html.ts";
import { GuideReference } from "./reference.tsx";
import { buildShellSteps } from "./shell.ts";
import { AuthorizationStep, DiscoveryStep, DoneStep, RegistrationStep, TokenStep } from "./steps.tsx";
import { assetPath, Page, pathOf } from "../shared/layout.tsx";
import { Notice } from "../shared/parts.tsx";

interface GuideProps {
  readonly urls: Urls;
  readonly banner?: Html | undefined;
}

const railNames = [
  "discovery",
  "registration",
  "authorization",
  "token exchange",
  "done",
] as const;

/** The interactive guide. */
export function GuidePage({ urls, banner }: GuideProps): Html {
  const { guide, oauth, oauthProtectedResource } = urls;
  const shell = buildShellSteps(urls);
  return (
    <Page
      urls={urls}
      title="interactive oauth 2.1 guide"
      description="Walk through the OAuth 2.1 flow of an MCP client step by step, against a real server."
      current="guide"
      scripts={[
        assetPath(urls, "shared/page.js"),
        pathOf(urls.guideScript),
      ]}
    >
      {banner}
      <h1>interactive oauth 2.1 guide</h1>
      <p class="lead">
        Walk through the OAuth 2.1 flow step by step. This is what happens behind the scenes when an MCP client connects
        to an OAuth server. Each step unlocks after you complete it.
      </p>
      <noscript>
        <Notice tone="info">
          JavaScript is off, so the steps can’t run in this page. Each one shows the commands that do the same: paste
          them one after another into one shell.
        </Notice>
      </noscript>
      <div
        id="guide"
        class="guide"
        data-urls={JSON.stringify({ guide, oauth, oauthProtectedResource })}
        spellcheck={false}
      >
        <Rail />
        <div class="steps">
          <div id="guide-notice" role="status"></div>
          <DiscoveryStep urls={urls} shell={shell[0]} />
          <RegistrationStep urls={urls} shell={shell[1]} />
          <AuthorizationStep urls={urls} shell={shell[2]} />
          <TokenStep urls={urls} shell={shell[3]} />
          <DoneStep urls={urls} shell={shell[4]} />
          <GuideReference urls={urls} />
        </div>
      </div>
    </Page>
  );
}

function Rail(): Html {
  return (
    <nav class="rail" aria-label="steps">
      <ol>
        {railNames.map((name, index) => (
          <li key={name} data-progress={String(index + 1)}>
            <a href={`#step-${index + 1}`}>
              <span class="number">{index + 1}</span>
              <span class="name">{name}</span>
            </a>
          </li>
        ))}
      </ol>
      <button type="button" id="reset" class="button-quiet live">
        start over
      </button>
    </nav>
  );
}
