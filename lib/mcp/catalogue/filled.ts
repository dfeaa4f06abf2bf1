// A catalogue as it is served from one place: its templates filled, and copies of tools made.
import type { PlaceValues } from "../../scenarios/catalogue_templates.ts";
import { fillMade, fillPlaces, hasText, namesMade, namesPlace } from "../../scenarios/catalogue_templates.ts";
import type { Catalogue, CatalogueTool, Lists } from "../../scenarios/mcp_catalogue.ts";
import { type BoundedMap, boundedMap } from "../../runtime/bounded_map.ts";

interface Known {
  /** With its copies and its data. */
  readonly whole: Catalogue;
  /** The same for each place that it is served from, by where its canaries are; undefined where it names none. */
  readonly byPlace: BoundedMap<string, Catalogue> | undefined;
}

/** Places that are remembered of one catalogue. */
const MAX_PLACES = 100;

const known = new WeakMap<Catalogue, Known>();

/**
 * Fills a catalogue; gives the same object for the same catalogue and place, and the catalogue itself where there is nothing
 * to fill.
 *
 * @param valuesOf What its templates stand for, asked for only if it has any.
 */
export function filledCatalogue(catalogue: Catalogue, valuesOf: () => PlaceValues): Catalogue {
  const { whole, byPlace } = known.get(catalogue) ?? remember(catalogue);
  if (!byPlace) return whole;
  const values = valuesOf();
  const found = byPlace.get(values.canary_url) ?? fillPlaces(whole, values);
  byPlace.set(values.canary_url, found);
  return found;
}

function remember(catalogue: Catalogue): Known {
  const made = hasText(catalogue, namesMade) ? fillMade(catalogue) : catalogue;
  const whole = [made, ...made.stages ?? []].some(hasCopies) ? withCopies(made) : made;
  const byPlace = hasText(catalogue, namesPlace) ? boundedMap<string, Catalogue>(MAX_PLACES) : undefined;
  const entry = { whole, byPlace };
  known.set(catalogue, entry);
  return entry;
}

function hasCopies({ tools = [] }: Lists): boolean {
  return tools.some(({ copies }) => copies !== undefined);
}

function withCopies({ stages, ...catalogue }: Catalogue): Catalogue {
  return {
    ...copied(catalogue),
    ...(stages && { stages: stages.map(copied) }),
  };
}

function copied<L extends Lists>(lists: L): L {
  return lists.tools === undefined ? lists : { ...lists, tools: lists.tools.flatMap(copiesOf) };
}

function copiesOf({ copies, ...tool }: CatalogueTool): readonly CatalogueTool[] {
  if (copies === undefined) return [tool];
  return Array.from({ length: copies }, (_, index) => ({ ...tool, name: `${tool.name}-${index + 1}` }));
}
