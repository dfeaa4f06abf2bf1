// Reading the query of a request to the control API.
import { suggest } from "../../lib/http/did_you_mean.ts";
import { excerpt, OAuthError } from "../../lib/http/errors.ts";

/** A misspelt name is not ignored: a report that is believed to be strict would let every client pass. */
export function requireKnown(params: URLSearchParams, known: readonly string[]): void {
  const unknown = params.keys().find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new OAuthError("invalid_request", `${excerpt(unknown)} is not a known parameter`, {
    parameter: excerpt(unknown),
    expected: suggest(unknown, known),
  });
}

/** The one of some words that a parameter is; the first if it is not there. */
export function parseOneOf<T extends string>(params: URLSearchParams, name: string, accepted: readonly [T, ...T[]]): T {
  const sent = params.get(name);
  const found = sent === null ? accepted[0] : accepted.find((value) => value === sent);
  if (found !== undefined) return found;
  throw refuse(name, sent ?? "", suggest(sent ?? "", accepted));
}

/** The whole number that a parameter is; undefined if it is not there. */
export function parseNumber(params: URLSearchParams, name: string, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const sent = params.get(name);
  if (sent === null) return undefined;
  if (/^\d{1,16}$/.test(sent) && Number(sent) <= most) return Number(sent);
  throw refuse(name, sent, `a whole number from 0 to ${most}`);
}

function refuse(parameter: string, received: string, expected: string): OAuthError {
  return new OAuthError("invalid_request", `${parameter} is not valid`, {
    parameter,
    received,
    expected,
  });
}
