// The templates that any text of a catalogue may hold: where canaries are, and data that would be too large to write down.
// They are filled before anything is served; `argument_templates.ts` has those that each answer fills.

/** Templates for a place, as they are replaced wherever they stand in a text. */
export const placeTemplates = ["canary_url", "other_canary_url"] as const;

/** What they stand for. */
export type PlaceValues = Readonly<Record<typeof placeTemplates[number], string>>;

const ANY_PLACE = new RegExp(`\\{\\{(${placeTemplates.join("|")})\\}\\}|\\{(${placeTemplates.join("|")})\\}`, "g");

/** Data that a text stands for which is such a template and nothing else, by its name and a number. */
export const madeTemplates = {
  long_text: {
    about: "a text of so many characters",
    max: 16 * 1024 ** 2,
    bytes: (count: number) => count,
    make: (count: number): unknown => "x".repeat(count),
  },
  nested_schema: {
    about: "a JSON Schema of so many levels, each an object with the next as its only member",
    max: 2000,
    bytes: (count: number) => count * 60,
    make: (count: number): unknown => {
      let schema: object = { type: "string" };
      for (let level = 1; level < count; level++) schema = { type: "object", properties: { next: schema } };
      return schema;
    },
  },
  wide_schema: {
    about: "a JSON Schema of so many alternatives",
    max: 100_000,
    bytes: (count: number) => count * 30,
    make: (count: number): unknown => ({
      anyOf: Array.from({ length: count }, (_, index) => ({ const: `value ${index + 1}` })),
    }),
  },
} as const;

type MadeName = keyof typeof madeTemplates;

const SOLE_MADE = new RegExp(`^\\{(${Object.keys(madeTemplates).join("|")})\\.(\\d{1,8})\\}$`);

/** The same, or what further braces keep from being one. */
const SOLE_OR_KEPT = new RegExp(`^\\{+(?:${Object.keys(madeTemplates).join("|")})\\.\\d{1,8}\\}+$`);

/** A template for data that is made. */
interface Made {
  readonly name: MadeName;
  readonly count: number;
}

/** The template for made data that a text consists of. */
export function madeIn(text: string): Made | undefined {
  const [, name = "", count] = SOLE_MADE.exec(text) ?? [];
  return isMadeName(name) ? { name, count: Number(count) } : undefined;
}

function isMadeName(name: string): name is MadeName {
  return Object.hasOwn(madeTemplates, name);
}

/** Whether a text is a template for made data, or is kept from being one: `{{long_text.5}}` stands for the text `{long_text.5}`. */
export function namesMade(text: string): boolean {
  return SOLE_OR_KEPT.test(text);
}

/** A text that a catalogue gives as it is, though it looks like one of these templates. */
export function literalText(text: string): string {
  return namesMade(text) ? `{${text}}` : text.replace(ANY_PLACE, (whole, kept: string | undefined) => {
    return kept === undefined ? `{${whole}}` : `{{{${kept}}}}`;
  });
}

/** Whether any text of a JSON value is of interest. */
export function hasText(value: unknown, isOfInterest: (text: string) => boolean): boolean {
  if (typeof value === "string") return value.includes("{") && isOfInterest(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((item) => hasText(item, isOfInterest));
}

/** Whether a text names a place. */
export function namesPlace(text: string): boolean {
  return text.search(ANY_PLACE) >= 0;
}

/**
 * Fills in the places that the texts of a JSON value name. `{{canary_url}}` stands for the text `{canary_url}`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const values = { canary_url: "http://a/canary", other_canary_url: "http://b/canary" };
 * assert.deepEqual(fillPlaces({ src: "{canary_url}/icon.svg {{canary_url}}" }, values), {
 *   src: "http://a/canary/icon.svg {canary_url}",
 * });
 * ```
 */
export function fillPlaces<T>(value: T, values: PlaceValues): T;
export function fillPlaces(value: unknown, values: PlaceValues): unknown {
  return filled(
    value,
    (text) =>
      text.replace(ANY_PLACE, (whole, kept: string | undefined, name: string | undefined) => {
        if (kept !== undefined) return `{${kept}}`;
        const known = placeTemplates.find((one) => one === name);
        return known === undefined ? whole : values[known];
      }),
  );
}

/** Puts the data in the place of the templates that stand for it. */
export function fillMade<T>(value: T): T;
export function fillMade(value: unknown): unknown {
  return filled(value, (text) => {
    const made = madeIn(text);
    if (made !== undefined) return madeTemplates[made.name].make(made.count);
    return namesMade(text) ? text.slice(1, -1) : text;
  });
}

/** What a JSON value takes once its templates are filled, in bytes, about. */
export function filledBytes(value: unknown): number {
  if (typeof value === "string") {
    const made = madeIn(value);
    return made === undefined ? value.length + 3 : madeTemplates[made.name].bytes(made.count);
  }
  if (typeof value !== "object" || value === null) return 6;
  let bytes = 2;
  for (const [name, item] of Object.entries(value)) bytes += name.length + 4 + filledBytes(item);
  return bytes;
}

function filled(value: unknown, fill: (text: string) => unknown): unknown {
  if (typeof value === "string") return value.includes("{") ? fill(value) : value;
  if (Array.isArray(value)) return value.map((item) => filled(item, fill));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, fill)]));
}
