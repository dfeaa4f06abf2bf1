/** The documents of the repository: the README, and those that it links to. */

/** The repository's root. */
export const root = new URL("../../", import.meta.url);

/** A document in Markdown. */
export interface Document {
  /** Where it is, from the root, such as `tests/limits/README.md`. */
  readonly path: string;
  readonly text: string;
}

/** Paths of all documents, the README first. */
export const documentPaths = [
  "README.md",
  ".github/CHANGELOG.md",
  "tests/agreement/README.md",
  "tests/control/README.md",
  "tests/host/README.md",
  "tests/judge/README.md",
  "tests/limits/README.md",
  "tests/matrix/README.md",
  "tests/package/README.md",
] as const;

/** Reads one. */
export async function readDocument(path: typeof documentPaths[number]): Promise<Document> {
  return { path, text: await Deno.readTextFile(new URL(path, root)) };
}

/** All documents. */
export const documents: readonly Document[] = await Promise.all(documentPaths.map(readDocument));

/**
 * The cells of the table whose first heading is `heading`, without code marks.
 *
 * @param document Where it stands.
 * @param heading Its first heading.
 */
export function tableOf({ path, text }: Document, heading: string): readonly (readonly string[])[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} `));
  if (start < 0) throw new Error(`${path} has no table that begins with ${heading}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", ""))
  );
}

/** What GitHub calls the anchors of a document's headings. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const prose = text.replaceAll(/^```.*?^```$/gms, "");
  return new Set(
    [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\- _]/gu, "").replaceAll(" ", "-")
    ),
  );
}

/** The targets of a document's links and pictures. */
export function linksOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`\n]*`/g, "");
  return [
    ...[...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = ""]) => target),
    ...[...prose.matchAll(/ (?:src|srcset)="([^"]+)"/g)].map(([, target = ""]) => target),
  ];
}
