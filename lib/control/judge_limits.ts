// The limits that a report goes by, as a test writes them: `crossing_ms:500,completions_per_second:2`.
import { suggest } from "../http/did_you_mean.ts";
import { excerpt, OAuthError } from "../http/errors.ts";
import { limitNames, limitTable, type SetLimits } from "../judge/limits.ts";

/** All limits, as the API documentation describes them. */
export const limitsHelp = limitNames.map((name) => {
  const { about, unit, value } = limitTable[name];
  return `${name}: ${about}; ${value} ${unit} if not set`;
}).join(". ");

/**
 * Reads limits.
 *
 * @param texts Names and values, each pair as `name:value`, with commas between them; there may be none.
 * @throws OAuthError `invalid_request`, saying which name or value is wrong and what is accepted.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseLimits(["crossing_ms:500", "answer_ms:1"]), { crossing_ms: 500, answer_ms: 1 });
 * assert.throws(() => parseLimits(["crossing:500"]), /crossing is not a known limit/);
 * ```
 */
export function parseLimits(texts: readonly string[]): SetLimits | undefined {
  if (texts.length === 0) return undefined;
  return Object.fromEntries(
    texts.flatMap((text) => text.split(",")).map((pair) => {
      const [written = "", value = ""] = pair.split(/:(.*)/s);
      const name = limitNames.find((known) => known === written);
      if (name === undefined) {
        throw refuse(`${excerpt(written)} is not a known limit`, written, suggest(written, limitNames));
      }
      if (/^\d{1,9}(?:\.\d{1,3})?$/.test(value)) {
        return [name, Number(value)];
      }
      throw refuse(`The limit ${name} is not valid`, value, "a number, such as 500 or 0.5");
    }),
  );
}

function refuse(message: string, received: string, expected: string): OAuthError {
  return new OAuthError("invalid_request", message, { parameter: "limits", received: excerpt(received), expected });
}
