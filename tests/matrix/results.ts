/** The files that say how a client fared; the page `/scenarios/clients` shows them. */
import { type Results, resultsShape } from "../../lib/scenarios/schema/results_schema.ts";
import type { DrivenClient } from "./clients.ts";

/** Where the file of a client lies. */
export function resultsPath(client: string): URL {
  return new URL(`../../views/scenarios/clients/${client.replaceAll("-", "_")}.json`, import.meta.url);
}

/** Reads how a client fared, as far as that is known of the version in question. */
export async function readResults({ name, title, language, version, url }: DrivenClient): Promise<Results> {
  try {
    const results = resultsShape.parse(JSON.parse(await Deno.readTextFile(resultsPath(name))));
    if (results.version === version) return results;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return { client: name, title, language, version, url, date: "1970-01-01", cells: {} };
}

/** Writes how a client fared, in the order of the catalogue; what is no scenario any more is left out. */
export async function writeResults(results: Results, names: readonly string[]): Promise<void> {
  const cells = Object.fromEntries(names.flatMap((name) => {
    const cell = results.cells[name];
    return cell ? [[name, cell]] : [];
  }));
  // Parsed once more, since that puts the members into the order of the shape: a cell that is driven alone changes no other.
  const ordered = resultsShape.parse({ ...results, cells });
  await Deno.writeTextFile(resultsPath(results.client), `${JSON.stringify(ordered, null, 2)}\n`);
}
