// States that a catalogue declares for the rounds of its answers, in place of sealed ones: what a client may make of such a
// text shows only as it comes back.
import { answersOf, type AnyAnswer, type Catalogue } from "../../scenarios/mcp_catalogue.ts";
import type { Responses } from "../client_link.ts";

/** Where in an entry's rounds a call is. */
interface Place {
  readonly turn: number;
  readonly round: number;
}

/** All that a catalogue declares. */
export function ownStatesOf({ stages = [], ...lists }: Catalogue): ReadonlySet<string> {
  return new Set(
    [lists, ...stages].flatMap(({ tools = [], prompts = [], resources = [], resourceTemplates = [] }) =>
      [
        ...[...tools, ...prompts].map(({ answer }) => answersOf<AnyAnswer>(answer)),
        ...[...resources, ...resourceTemplates].map(({ answer }) => answersOf<AnyAnswer>(answer)),
      ].flat().flatMap(({ requestStates = [] }) => requestStates.filter((state) => state !== null))
    ),
  );
}

/**
 * The place that a request goes on from: by the state it brings, or where there was none by the names of what it answers.
 *
 * @param state What came back; undefined for nothing.
 */
export function placeOf(answers: readonly AnyAnswer[], state: unknown, responses: Responses): Place | undefined {
  if (state === undefined && responses === undefined) return undefined;
  for (const [turn, { requestStates = [], inputRequests }] of answers.entries()) {
    const rounds = answersOf(inputRequests);
    const round = requestStates.findIndex((own, at) =>
      state === undefined
        ? own === null && Object.keys(rounds[at] ?? {}).some((name) => responses?.[name] !== undefined)
        : own === state
    );
    if (round >= 0) return { turn, round };
  }
  return undefined;
}
