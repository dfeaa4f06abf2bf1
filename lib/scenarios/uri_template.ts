/**
 * URI templates (RFC 6570) read backwards: what the variables of a template are in a URI. Templates come from whoever sets a
 * catalogue and URIs from clients, so that a regular expression of one for the other could run for ever: this takes steps as
 * the characters of the URI times the pieces of the template, whatever they are.
 *
 * @module
 */

/** The most expressions that a template may have. */
export const MAX_EXPRESSIONS = 10;

/** The longest template, and the longest URI that is of any. */
export const MAX_URI_LENGTH = 2048;

/** What variables are by the name of each; several values for one that is exploded. */
export type UriVariables = Readonly<Record<string, string | readonly string[]>>;

interface Variable {
  readonly name: string;
  /** What its value cannot hold. */
  readonly stops: string;
  /** What stands between its values, if it can have several. */
  readonly splits: string | undefined;
}

/** What a template consists of: text as it is, and variables. */
type Piece = string | Variable;

interface Operator {
  readonly first: string;
  readonly between: string;
  readonly stops: string;
  readonly isNamed?: true;
}

const simple: Operator = { first: "", between: ",", stops: "/," };

const operators: ReadonlyMap<string, Operator> = new Map([
  ["+", { first: "", between: ",", stops: "" }],
  ["#", { first: "#", between: ",", stops: "" }],
  [".", { first: ".", between: ".", stops: "/," }],
  ["/", { first: "/", between: "/", stops: "/," }],
  [";", { first: ";", between: ";", stops: "/;", isNamed: true }],
  ["?", { first: "?", between: "&", stops: "&#", isNamed: true }],
  ["&", { first: "&", between: "&", stops: "&#", isNamed: true }],
]);

function piecesOf(template: string): readonly Piece[] {
  return template.split(/(\{[^{}]*\})/).flatMap((part, at): readonly Piece[] => {
    if (at % 2 === 0) return part === "" ? [] : [part];
    const sign = part.charAt(1);
    const operator = operators.get(sign) ?? simple;
    const { first, between, stops, isNamed } = operator;
    const names = part.slice(operator === simple ? 1 : 2, -1).split(",").map((name) => name.trim()).filter(Boolean);
    return names.flatMap((written, index): readonly Piece[] => {
      const name = written.replace(/\*$|:\d+$/, "");
      const before = (index === 0 ? first : between) + (isNamed ? `${name}=` : "");
      const splits = !written.endsWith("*") ? undefined : isNamed ? "," : between;
      const variable = { name, splits, stops: splits === undefined ? stops : stops.replace(splits, "") };
      return before === "" ? [variable] : [before, variable];
    });
  });
}

/** The variables that a template names, in order. */
export function variablesIn(template: string): readonly string[] {
  return piecesOf(template).flatMap((piece) => typeof piece === "string" ? [] : [piece.name]);
}

/** What is expected where a template cannot be served; undefined for a good one. */
export function uriTemplateProblem(template: string): string | undefined {
  if (template.length > MAX_URI_LENGTH) return `a URI template of at most ${MAX_URI_LENGTH} characters (RFC 6570)`;
  const text = template.split(/\{[^{}]*\}/);
  if (text.some((part) => /[{}]/.test(part))) return "a URI template whose braces are closed (RFC 6570 2)";
  return text.length - 1 > MAX_EXPRESSIONS || variablesIn(template).length > MAX_EXPRESSIONS
    ? `a URI template with at most ${MAX_EXPRESSIONS} variables (RFC 6570)`
    : undefined;
}

/**
 * Makes a function that finds the variables of a template in a URI, each as short as it can be, and as they are written there;
 * it gives undefined for a URI that is not of the template.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const match = uriMatcher("mem://users/{id}/log{?day}");
 * assert.deepEqual(match("mem://users/ada/log?day=1"), { id: "ada", day: "1" });
 * assert.equal(match("mem://users/ada/boole/log?day=1"), undefined);
 * ```
 */
export function uriMatcher(template: string): (uri: string) => UriVariables | undefined {
  const pieces = piecesOf(template);
  const [first, last] = [pieces[0], pieces.at(-1)];
  return (uri) => {
    if (uri.length > MAX_URI_LENGTH) return undefined;
    if (typeof first === "string" && !uri.startsWith(first)) return undefined;
    if (typeof last === "string" && !uri.endsWith(last)) return undefined;
    return valuesIn(uri, pieces);
  };
}

/** For each place of a URI, where a piece that begins there ends; -1 where it cannot, or what comes behind it does not fit. */
type Ends = Int16Array;

function valuesIn(uri: string, pieces: readonly Piece[]): UriVariables | undefined {
  let ends: Ends = new Int16Array(uri.length + 1).fill(-1);
  ends[uri.length] = uri.length;
  const all: Ends[] = [];
  for (const piece of pieces.toReversed()) {
    ends = typeof piece === "string" ? textEnds(uri, piece, ends) : valueEnds(uri, piece, ends);
    all.push(ends);
  }
  let at = 0;
  const values: [string, string | readonly string[]][] = [];
  for (const piece of pieces) {
    const end = all.pop()?.[at] ?? -1;
    if (end < 0) return undefined;
    if (typeof piece !== "string") values.push([piece.name, valueOf(uri.slice(at, end), piece)]);
    at = end;
  }
  return Object.fromEntries(values);
}

function textEnds(uri: string, text: string, after: Ends): Ends {
  return after.map((_, at) => {
    const end = at + text.length;
    return (after[end] ?? -1) >= 0 && uri.startsWith(text, at) ? end : -1;
  });
}

function valueEnds(uri: string, { stops }: Variable, after: Ends): Ends {
  const ends: Ends = new Int16Array(after.length).fill(-1);
  let nearest = -1;
  for (let at = uri.length - 1; at >= 0; at--) {
    if ((after[at + 1] ?? -1) >= 0) nearest = at + 1;
    if (stops.includes(uri.charAt(at))) nearest = -1;
    ends[at] = nearest;
  }
  return ends;
}

function valueOf(text: string, { splits }: Variable): string | readonly string[] {
  return splits !== undefined && text.includes(splits) ? text.split(splits) : text;
}
