// Headers as they came, before they are sorted and joined as the Fetch standard hands them out, which takes Deno longer than all
// else that is done to note a request. Deno keeps the list under a symbol of its own; where there is none, there is just no
// short cut.

/** What Deno describes that symbol by. */
const LIST = "header list";
/** The symbol; undefined until it is looked for, and where there is none. */
let key: symbol | undefined;
let isLookedFor = false;

/**
 * The headers as they came: pairs of a name and a value, in the order in which they came.
 *
 * @returns Undefined if that cannot be told. Nobody may change the list.
 */
export function rawHeadersOf(headers: Headers): readonly unknown[] | undefined {
  if (!isLookedFor) key = Object.getOwnPropertySymbols(headers).find(({ description }) => description === LIST);
  isLookedFor = true;
  if (key === undefined) return undefined;
  // Has all of them fetched, which Deno does anyway before the response leaves.
  headers.has("host");
  const list: unknown = Reflect.get(headers, key);
  return Array.isArray(list) ? list : undefined;
}
