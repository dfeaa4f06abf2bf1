/** The tables of documents that are made from the code's own, and the lines between which they stand. */
import { rules } from "../../lib/judge/rules/catalogue.ts";
import { ALWAYS } from "../../lib/judge/rules/rule.ts";
import { limitNames, limitTable } from "../../lib/judge/limits.ts";
import { catalogue } from "../../lib/scenarios/catalogue/catalogue.ts";
import { conditions, sessionConditions } from "../../lib/scenarios/match.ts";
import { messageTemplates, templates } from "../../lib/scenarios/templates.ts";
import { rows as limitRows } from "../limits/rows.ts";
import { resultsShape } from "../../lib/scenarios/schema/results_schema.ts";
import { mostBroken, readFared } from "../../views/scenarios/fared.ts";
import type { documentPaths } from "./documents.ts";

/** A table, and its place. */
export interface DocumentTable {
  readonly path: typeof documentPaths[number];
  /** What stands in the two comments around it. */
  readonly name: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Clients of the official suite's identity provider are not ones that a reader is given. */
const unnamed = "conformance-test-idp-client";

const fared = (await readFared()).map((one) => resultsShape.parse(one));

/** All that `deno task tables` writes. */
export const documentTables: readonly DocumentTable[] = [
  {
    path: "README.md",
    name: "clients",
    head: ["client of an SDK", "passes", "fails", "incomplete", "not driven", "breaks most"],
    rows: fared.map(({ title, version, cells }) => {
      const all = Object.values(cells);
      const count = (wanted: string): string => `${all.filter(({ verdict }) => verdict === wanted).length}`;
      const undriven = `${all.filter(({ outcome }) => outcome === "not driven").length}`;
      return [
        `${title} ${version}`,
        count("pass"),
        count("fail"),
        count("incomplete"),
        undriven,
        mostBroken(all).join(", "),
      ];
    }),
  },
  {
    path: "tests/judge/README.md",
    name: "rules",
    head: ["rule id", "level", "what it requires", "revisions"],
    rows: rules.map(({ id, level, title, link, revisions }) => [
      id,
      level,
      `[${title}](${link})`,
      revisions.length === ALWAYS.length ? "all" : revisions.join(", "),
    ]),
  },
  {
    path: "tests/judge/README.md",
    name: "limits of rules",
    head: ["in `limits`", "if not set", "what it limits"],
    rows: limitNames.map((name) => {
      const { value, unit, about } = limitTable[name];
      return [`\`${name}\``, `${value} ${unit}`, about];
    }),
  },
  {
    path: "tests/limits/README.md",
    name: "limits",
    head: ["limit", "for each", "at most", "beyond it", "when"],
    rows: limitRows.map(({ what, each, most, beyond, isPublicOnly }) => [
      what,
      each,
      most,
      beyond,
      isPublicOnly ? "public" : "",
    ]),
  },
  {
    path: "tests/matrix/README.md",
    name: "conditions",
    head: ["in `match`", "which requests"],
    rows: Object.entries(conditions).map(([name, what]) => [`\`${name}\``, what]),
  },
  {
    path: "tests/matrix/README.md",
    name: "conditions on sessions",
    head: ["in `match.session`", "which requests"],
    rows: Object.entries(sessionConditions).map(([name, what]) => [`\`${name}\``, what]),
  },
  {
    path: "tests/matrix/README.md",
    name: "templates",
    head: ["template", "what it stands for"],
    rows: [
      ...Object.entries(templates).map(([name, what]) => [`\`{${name}}\``, what]),
      ...Object.entries(messageTemplates).map(([part, what]) => [`\`{${part}.name}\``, what]),
    ],
  },
  {
    path: "tests/matrix/README.md",
    name: "clients",
    head: ["scenario with a client", "client_id", "client_secret"],
    rows: catalogue.flatMap(({ name, clients = [] }) =>
      clients.filter(({ client_id }) => client_id !== unnamed).map(({ client_id, client_secret }) => [
        `\`${name}\``,
        `\`${client_id}\``,
        client_secret === undefined ? "none" : `\`${client_secret}\``,
      ])
    ),
  },
];

/** The lines between which a table stands. */
export function markersOf({ name }: Pick<DocumentTable, "name">): readonly [string, string] {
  return [`<!-- ${name}: written by \`deno task tables\` -->`, `<!-- end of the ${name} -->`];
}
