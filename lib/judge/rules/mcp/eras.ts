// Rules on finding out which era of MCP a server is of: requests of 2026-07-28 first, then `initialize`, then HTTP+SSE.
import { times } from "../counted.ts";
import { isObject } from "../../../http/json.ts";
import { conversationIn, hasAllSaid, type Request } from "../../conversation.ts";
import { errorIn, looksForHttpSse, type Tried, triedIn, UNSUPPORTED_VERSION } from "../../eras.ts";
import { senderOf } from "../../instances.ts";
import { listOf } from "../../reading.ts";
import { AT_ONCE_MS, follows, gapBetween, isLongAfter } from "../../moments.ts";
import { isPublished } from "../../settled.ts";
import type { McpStep, Step } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2026_07 } from "../rule.ts";

const VERSIONING = "https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning";
const TRANSPORT = "https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http";

/** The requests of 2026-07-28 to one endpoint, and the handshakes there. */
interface Place {
  readonly tried: readonly Tried[];
  readonly openings: readonly Request[];
}

function placesOf({ calls }: View): readonly Place[] {
  const conversation = conversationIn(calls);
  const openings = conversation.requests.filter(({ method }) => method === "initialize");
  return [...Map.groupBy(triedIn(conversation), ({ step }) => step.address)].map(([address, tried]) => ({
    tried,
    openings: openings.filter(({ step }) => step.address === address),
  }));
}

/** The first thing found that is decided; else the last one. */
function firstOf(outcomes: readonly Outcome[], none: string): Outcome {
  return outcomes.find(({ status }) => status === "broken") ?? outcomes.find(({ status }) => status === "kept") ??
    outcomes[0] ?? notObserved(none);
}

/** Requests of one instance that come soon after one that was refused, or after each other: a person is not so quick to try again. */
function repeatedAtOnce(refused: Tried, tried: readonly Tried[]): readonly Tried[] {
  const again: Tried[] = [];
  for (const one of tried) {
    const { step, request } = again.at(-1) ?? refused;
    const isAtOnce = one.step.at > step.at && follows(step, one.step) && gapBetween(step, one.step) < AT_ONCE_MS;
    if (isAtOnce && senderOf(request, one.request) === "same") again.push(one);
  }
  return again;
}

function checkSupported(view: View): Outcome {
  const outcomes = placesOf(view).flatMap(({ tried, openings }) => {
    const refused = tried.find(({ code, supported }) => code === UNSUPPORTED_VERSION && supported);
    const { supported = [] } = refused ?? {};
    if (!refused) return [];
    // What is counted anew after a while says that its person has started it again.
    const later = [...tried, ...openings.map((request) => ({ request, step: request.step }))]
      .filter(({ step }) => step.at > refused.step.at)
      .filter(({ step, request }) => !isLongAfter(refused.step, step) || senderOf(refused.request, request) !== "other")
      .sort((one, other) => one.step.at - other.step.at);
    const [next] = later;
    const list = supported.join(", ");
    if (!next) {
      return supported.some(isPublished)
        ? notObserved("It has not gone on since its revision was refused")
        : kept(`It stopped where the server has ${list} alone`, [refused.step.at]);
    }
    const isListed = ({ step }: { readonly step: McpStep }): boolean =>
      step.versions.offered !== undefined && supported.includes(step.versions.offered);
    if (isListed(next)) {
      return kept(
        `It went on with ${next.step.versions.offered}, which the server lists`,
        positionsOf([refused.step, next.step]),
      );
    }
    const stubborn = repeatedAtOnce(refused, tried.filter((one) => !isListed(one)));
    return stubborn.length < 2 ? notObserved("It has not shown what it makes of the list of revisions") : broken(
      `It went on with ${stubborn[0]?.step.versions.offered}, where the server had refused it and listed ${list}`,
      positionsOf([refused.step, ...stubborn.map(({ step }) => step)]),
    );
  });
  return firstOf(outcomes, "No request of it was refused for its revision");
}

function checkStaysModern(view: View): Outcome {
  const { requests } = conversationIn(view.calls);
  const outcomes = placesOf(view).flatMap(({ tried, openings }) => {
    // What it makes of 404, which says that a method is missing, M56 says.
    const refused = tried.find(({ step: { status }, sign }) => sign === "refuses" && status === 400);
    if (!refused) return [];
    const { step, code, supported = [] } = refused;
    const wasThere = requests.some((one) =>
      one.era === "handshake" && one.step.address === step.address && one.step.at < step.at
    );
    const isOlder = tried.some(({ sign }) => sign === "is_older");
    // Where an older revision is listed, initialize is the way to it.
    const stray = openings.find((opening) =>
      opening.step.at > step.at && follows(step, opening.step) &&
      !supported.some((version) => version < "2026-07-28")
    );
    const next = tried.find((one) => one.step.at > step.at);
    // Where it has gone on in 2026-07-28, another process may be the one that begins with initialize.
    const hasGoneOn = stray !== undefined && next !== undefined && next.step.at < stray.step.at;
    if (stray && !wasThere && !isOlder && !hasGoneOn) {
      return broken(
        `It fell back to initialize, where ${code} shows that the server is of 2026-07-28`,
        positionsOf([step, stray.step]),
      );
    }
    return next && (!stray || hasGoneOn)
      ? kept(`It went on with 2026-07-28 after ${code}`, positionsOf([step, next.step]))
      : notObserved(`It has not gone on since ${code}`);
  });
  return firstOf(outcomes, "No request of it was refused as only a server of 2026-07-28 does");
}

/** What a server says of itself when it is asked for its revisions; undefined for any other answer. */
function listedBy({ request: { answer } }: Tried): readonly string[] | undefined {
  const result = isObject(answer?.message.result) ? answer.message.result : undefined;
  return listOf(result, "supportedVersions");
}

function checkKeepsEra(view: View): Outcome {
  const { requests } = conversationIn(view.calls);
  const outcomes = placesOf(view).flatMap(({ tried, openings }) => {
    // An answer to server/discover that lists nothing is one of a server that answers anything.
    const answered = tried.find((one) =>
      one.sign === "answers" && (listedBy(one)?.includes("2026-07-28") ?? one.step.method !== "server/discover")
    );
    if (!answered) return [];
    const { step } = answered;
    const wasThere = requests.some((one) =>
      one.era === "handshake" && one.step.address === step.address && one.step.at < step.at
    );
    const gaveReason = tried.some((one) =>
      one.step.at > step.at &&
      (one.sign === "is_older" || one.sign === "refuses" || listedBy(one)?.includes("2026-07-28") === false)
    );
    const next = tried.find((one) => one.step.at > step.at);
    const opening = openings.find((one) => one.step.at > step.at && follows(step, one.step));
    // A process that later still speaks 2026-07-28, or restarts its ids, is not the one that sent initialize.
    const isSwitch = opening !== undefined && !tried.some((one) => one.step.at > opening.step.at) &&
      tried.some(({ request }) => senderOf(request, opening) === "same");
    if (isSwitch && !wasThere && !gaveReason && hasAllSaid(view)) {
      return broken(
        "It sent initialize to a server that had answered it in 2026-07-28",
        positionsOf([step, opening.step]),
      );
    }
    return next && !opening
      ? kept("It stayed with 2026-07-28 where the server had answered in it", positionsOf([step, next.step]))
      : notObserved("It has not gone on since the server answered in 2026-07-28, or began with both eras");
  });
  return firstOf(outcomes, "No server answered it in 2026-07-28");
}

function checkFallsBack(view: View): Outcome {
  const outcomes = placesOf(view).flatMap(({ tried, openings }) => {
    const first = tried.find(({ sign }) => sign !== undefined);
    if (first?.sign !== "is_older") return [];
    const { step } = first;
    const opening = openings.find((one) => one.step.at > step.at);
    const login = view.steps.find((one) =>
      (one.kind === "authorization" || one.kind === "registration") && one.at > step.at &&
      one.at < (opening?.step.at ?? Infinity) && follows(step, one) && !isAskedToLogIn(view, one)
    );
    if (login) {
      return broken(
        `It began to log in where the answer ${step.status} asked for no login, but shows that the server is an older one`,
        positionsOf([step, login]),
      );
    }
    return opening
      ? kept("It fell back to initialize, as the server is an older one", positionsOf([step, opening.step]))
      : notObserved("It has not gone on since the server has shown to be an older one");
  });
  return firstOf(outcomes, "No answer to it was one of an older server");
}

/** Whether a call was refused for want of a token, and no token came since. */
function isAskedToLogIn({ calls, tokens }: View, { at }: Step): boolean {
  const refused = calls.findLast((call) => call.at < at && (call.status === 401 || call.status === 403));
  return refused !== undefined &&
    !tokens.some((token) => token.issued !== undefined && token.at > refused.at && token.at < at);
}

function checkHttpSse({ calls }: View): Outcome {
  const tried = triedIn(conversationIn(calls));
  const looked = calls.filter((step) =>
    looksForHttpSse(step) && tried.some((one) => one.step.at < step.at && one.step.address === step.address)
  );
  const outcomes = looked.flatMap((step) => {
    const before = calls.findLast((one) => one.verb === "POST" && one.address === step.address && one.at < step.at);
    if (!before || before.status < 400 || [401, 403].includes(before.status)) return [];
    const code = errorIn(before)?.code;
    // What it makes of a method that is missing, M56 says.
    if (before.status === 404 && code === -32601) return [];
    const isModern = tried.some((one) => one.step === before && one.sign === "refuses");
    if (isModern || ![400, 404, 405].includes(before.status)) {
      // Nobody acts on an answer before it is there.
      if (!follows(before, step)) return [];
      const said = isModern ? `the error ${code} of 2026-07-28` : `status ${before.status}`;
      return [broken(`It looked for HTTP+SSE after ${said}, which is no sign of it`, positionsOf([before, step]))];
    }
    return [kept(`It looked for HTTP+SSE after status ${before.status}`, positionsOf([before, step]))];
  });
  return firstOf(outcomes, "It did not look for HTTP+SSE after a request of 2026-07-28");
}

function checkRemembers(view: View): Outcome {
  const { requests } = conversationIn(view.calls);
  const { limits } = view;
  const outcomes = placesOf(view).flatMap(({ tried, openings }) => {
    const agreed = openings.find(({ step }) => step.versions.settled !== undefined);
    const older = tried.filter(({ sign }) => sign === "is_older");
    if (!agreed || !older.some(({ step }) => step.at < agreed.step.at)) return [];
    const again = older.filter(({ step }) => step.at > agreed.step.at);
    // Each new process may find out by itself.
    const others = openings.filter(({ step }) => step.at > agreed.step.at).length;
    if (again.length - others > limits.of("era_probes")) {
      return [broken(
        `It asked ${times(again.length)} more in 2026-07-28, where it knew the server to be an older one`,
        positionsOf([agreed.step, ...again.map(({ step }) => step)]),
        limits.levelBy("era_probes"),
      )];
    }
    const used = requests.filter(({ step, era, method }) =>
      era === "handshake" && method !== "initialize" && step.address === agreed.step.address && step.at > agreed.step.at
    );
    return again.length <= others && used.length > 1
      ? [
        kept(
          "It asked once whether the server has 2026-07-28",
          positionsOf([agreed.step, ...used.map(({ step }) => step)]),
        ),
      ]
      : [notObserved("It has not shown whether it remembers that the server is an older one")];
  });
  return firstOf(outcomes, "No server that it asked in 2026-07-28 was an older one");
}

const common = { level: "SHOULD", revisions: SINCE_2026_07, isOfMcp: true, isOfMessages: true } as const;

/** The rules on eras. */
export const eraRules: readonly Rule[] = [
  {
    ...common,
    id: "M58",
    name: "listed-version",
    title: "A client whose revision is refused goes on with one that the server lists, or stops.",
    link: `${VERSIONING}#protocol-version-negotiation`,
    official: ["sep-2575-client-retry-supported-version"],
    check: checkSupported,
  },
  {
    ...common,
    id: "M59",
    name: "stays-stateless",
    title:
      "A client reads the body of a 400 before it falls back: an error of 2026-07-28 shows a server of that revision.",
    link: `${TRANSPORT}#backward-compatibility`,
    official: [],
    check: checkStaysModern,
  },
  {
    ...common,
    id: "M60",
    name: "falls-back-to-initialize",
    title: "A client that speaks both eras falls back to initialize where the answer is not one of 2026-07-28.",
    link: `${TRANSPORT}#backward-compatibility`,
    official: [],
    check: checkFallsBack,
  },
  {
    ...common,
    id: "M61",
    name: "http-sse-last",
    title: "A client looks for HTTP+SSE only after 400, 404 or 405 without an error of 2026-07-28.",
    link: `${TRANSPORT}#backward-compatibility`,
    official: [],
    check: checkHttpSse,
  },
  {
    ...common,
    id: "M62",
    name: "remembers-the-era",
    title: "A client that has found out which era a server is of remembers it.",
    link: `${VERSIONING}#backward-compatibility-with-initialization-based-versions`,
    official: [],
    check: checkRemembers,
  },
  {
    ...common,
    id: "M63",
    name: "keeps-its-era",
    title: "A client that was answered in 2026-07-28 stays with it.",
    link: `${VERSIONING}#compatibility-matrix`,
    official: [],
    check: checkKeepsEra,
  },
];
