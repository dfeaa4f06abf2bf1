// The frame every page stands in, and the one place that turns a page into a string. Pages get their addresses as
// `Urls`; nothing below writes a path.
import { render } from "preact-render-to-string";
import type { Urls } from "../../lib/http/urls.ts";
import type { Content, Html } from "./html.ts";

/** Where the source is, and where a star can be left. */
export const repositoryUrl = "https://github.com/iterate/mock-oauth";

/** The product's name, in the header and in every title. */
const siteName = "iterate | mock oauth server";

/** The pages of the navigation, by the names that their addresses have in {@link Urls}. */
const sitePages = ["guide", "scenarios", "inspect", "control"] as const;
type SitePage = typeof sitePages[number];

interface PageProps {
  readonly urls: Urls;
  /** What this page is, before the site's name in the title. */
  readonly title: string;
  /** One sentence for search results and link previews. */
  readonly description: string;
  /** Name of a style sheet that only this page needs. */
  readonly style?: string;
  readonly current?: SitePage;
  /** Addresses of the page's ES modules; the first ones are the most important. */
  readonly scripts?: readonly string[];
  readonly children: Content;
}

/** Turns a page into the HTML document that is sent. */
export function renderPage(page: Html): string {
  return "<!doctype html>\n" + render(<>{page}</>);
}

/**
 * The path and query of one of our own addresses. Assets and links go by path, so that a page works under whatever
 * origin it was opened at, also when `--public-url` names another one.
 */
export function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** The path of a script or style sheet. */
export function assetPath(urls: Urls, name: string): string {
  return pathOf(new URL(name, urls.assets).href);
}

/** Document, header and footer around one page's content. */
export function Page(props: PageProps): Html {
  const { urls, title, description, style, current, scripts = [], children } = props;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · ${siteName}`}</title>
        <meta name="description" property="og:description" content={description} />
        <meta property="og:title" content={`${title} · ${siteName}`} />
        <link rel="icon" type="image/svg+xml" href={pathOf(urls.favicon)} />
        <link rel="stylesheet" href={pathOf(urls.style)} />
        {style && <link rel="stylesheet" href={assetPath(urls, style)} />}
        {scripts.map((src) => <script key={src} type="module" src={src} />)}
      </head>
      <body>
        <a class="skip" href="#main">skip to the content</a>
        <Header urls={urls} current={current} />
        <main id="main">{children}</main>
        <Footer urls={urls} />
      </body>
    </html>
  );
}

function Header({ urls, current }: { readonly urls: Urls; readonly current: SitePage | undefined }): Html {
  const root = rootOf(urls);
  return (
    <header class="site-header">
      <a class="brand" href={pathOf(urls.home)}>{siteName}</a>
      {root && <a href={root}>← back to main</a>}
      <nav aria-label="site">
        {sitePages.map((page) => (
          <a key={page} href={pathOf(urls[page])} aria-current={page === current ? "page" : undefined}>{page}</a>
        ))}
        <a class="star" href={repositoryUrl}>
          <StarIcon />
          Star
        </a>
      </nav>
    </header>
  );
}

/**
 * The way out of a sandbox: the server's root, also where the sandbox has an origin of its own; undefined at the root.
 */
function rootOf({ home }: Urls): string | undefined {
  const { protocol, hostname, port, pathname } = new URL(home);
  if (hostname.endsWith(".localhost")) return `${protocol}//localhost${port && `:${port}`}/`;
  return pathname === "/" ? undefined : "/";
}

function StarIcon(): Html {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path
        fill="currentColor"
        d="M8 .9l2.2 4.5 4.9.7-3.6 3.5.9 4.9L8 12.2l-4.4 2.3.9-4.9L.9 6.1l4.9-.7z"
      />
    </svg>
  );
}

function Footer({ urls }: { readonly urls: Urls }): Html {
  return (
    <footer class="site-footer">
      <p>
        This is a mock: nothing here is secret or protected. Do not use a real password.
      </p>
      <nav aria-label="more">
        <a href={pathOf(urls.home)}>server information</a>
        <a href={pathOf(urls.specifications)}>specifications</a>
        <a href={pathOf(urls.authorizationServer)}>metadata</a>
        <a href={pathOf(urls.jwks)}>keys</a>
        <a href={pathOf(urls.health)}>health</a>
        <a href={repositoryUrl}>source</a>
      </nav>
    </footer>
  );
}
