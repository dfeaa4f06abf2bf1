// Rules on settling a revision with `initialize`, and on keeping to what was agreed there.

import { times } from "../counted.ts";
import { isObject } from "../../../http/json.ts";
import { conversationIn, type Request, threadOf } from "../../conversation.ts";
import { errorIn } from "../../eras.ts";
import { senderOf } from "../../instances.ts";
import { AT_ONCE_MS, follows, gapBetween, PRECISION_MS } from "../../moments.ts";
import { listOf, textOf } from "../../reading.ts";
import { isPublished } from "../../settled.ts";
import type { McpStep } from "../../step.ts";
import type { View } from "../../view.ts";
import { broken, kept, notObserved, type Outcome, positionsOf, type Rule, WITH_HANDSHAKE } from "../rule.ts";

const LIFECYCLE = "https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle";

/** The newest revision that is known here: what is later may have been published since. */
const NEWEST = "2026-07-28";
/** Drafts have names of their own. */
const DRAFT = /draft/i;

function openingsIn({ calls }: View): readonly Request[] {
  return conversationIn(calls).requests.filter(({ method }) => method === "initialize");
}

/** The revision that `initialize` was answered with, if it was. */
function answeredVersion({ answer }: Request): string | undefined {
  const result = isObject(answer?.message.result) ? answer.message.result : undefined;
  return textOf(result, "protocolVersion");
}

/** Whether a text is no revision of MCP: none that was published, and none that may have been published since. */
function isNoRevision(version: string): boolean {
  if (isPublished(version) || DRAFT.test(version)) return false;
  return !/^\d{4}-\d\d-\d\d$/.test(version) || version < NEWEST;
}

/** Whether a revision had not been published at the time of a request. */
function isToCome(version: string, { exchange }: McpStep): boolean {
  return version > new Date(exchange.receivedAtMs).toISOString().slice(0, 10);
}

function checkOffer(view: View): Outcome {
  const openings = openingsIn(view).filter(({ step }) => step.versions.offered !== undefined);
  const wrong = openings.find(({ step }) => isNoRevision(step.versions.offered ?? ""));
  if (wrong) {
    return broken(`It offered ${wrong.step.versions.offered || "nothing"}, which is no revision of MCP`, [
      wrong.step.at,
    ]);
  }
  for (const opening of openings) {
    const { step } = opening;
    const { offered = "" } = step.versions;
    // A server that has agreed on a later one has given no reason to offer less; another instance may have less.
    const higher = openings.find((one) =>
      senderOf(one, opening) === "same" &&
      one.step.at < step.at && one.step.address === step.address && follows(one.step, step) &&
      one.step.versions.settled === one.step.versions.offered && (one.step.versions.offered ?? "") > offered
    );
    if (higher) {
      return broken(
        `It offered ${offered}, where it has ${higher.step.versions.offered} too`,
        [higher.step.at, step.at],
        "SHOULD",
      );
    }
  }
  return openings.length === 0
    ? notObserved("It sent no initialize")
    : kept("It offered a revision of MCP", positionsOf(openings.map(({ step }) => step)));
}

function checkWaits({ calls, isWhole }: View): Outcome {
  const { requests } = conversationIn(calls);
  const first = requests.find(({ method, answer }) => method === "initialize" && answer !== undefined);
  if (!first?.answer) return notObserved("No answer to an initialize of it is on record");
  const { step, answer, thread } = first;
  const early = requests.find((one) =>
    one.era === "handshake" && one.step.at > step.at && one.step.address === step.address &&
    one.method !== "ping" && one.method !== "initialize" &&
    // Who names the session has read the answer; over HTTP+SSE the stream is there before.
    (one.thread === undefined || (one.thread === thread && one.step.session === undefined)) &&
    one.step.exchange.receivedAtMs > step.exchange.receivedAtMs &&
    one.step.exchange.receivedAtMs < answer.atMs - PRECISION_MS
  );
  // Another instance may have made a handshake of its own.
  const isAnothers = early !== undefined &&
    requests.some((one) =>
      one.method === "initialize" && one !== first && one.step.address === step.address && one.step.status < 300 &&
      one.step.at < early.step.at
    );
  if (isAnothers) return notObserved("It began several times at once, so whose request came early is not known");
  // Without its beginning the record may lack a session that was there before.
  if (early && isWhole) {
    return broken(`It sent ${early.method} before initialize was answered`, positionsOf([step, early.step]));
  }
  return early
    ? notObserved("It is not known from its first request on")
    : kept("It sent no other request until initialize was answered", [step.at]);
}

function checkKeepsTo({ calls }: View): Outcome {
  const used: McpStep[] = [];
  const { sessions, requests } = conversationIn(calls);
  for (const { opening, version, thread, steps } of sessions) {
    if (!opening || version === undefined || version === opening.step.versions.offered || !isPublished(version)) {
      continue;
    }
    const later = requests.filter((one) => one.thread === thread && one !== opening);
    const stray = later.find(({ params }) => version < "2025-11-25" && isObject(params?.task));
    if (stray) {
      return broken(
        `It asked for a task in ${stray.method}, which ${version} does not have`,
        positionsOf([opening.step, stray.step]),
      );
    }
    const [first, again] = insistedOn(steps, opening.step);
    if (first && again) {
      return broken(
        `It went on with ${first.versions.inHeader}, where the server had offered ${version}, also when that was refused`,
        positionsOf([opening.step, first, again]),
      );
    }
    const isNamedOtherwise = steps.some((step) =>
      step !== opening.step && (step.versions.inHeader ?? version) !== version
    );
    if (later.length > 0 && !isNamedOtherwise) used.push(opening.step, ...later.map(({ step }) => step));
  }
  return used.length > 0
    ? kept("It went on with the revision that the server had offered instead of its own", positionsOf(used))
    : notObserved("No server offered it another revision with which it then went on");
}

/**
 * The first messages of a session that named the revision that its client had offered, not the one that the server offered
 * instead: one that was refused, and one that was, too, though the client knew that by then. None, if it ever named another.
 */
function insistedOn(steps: readonly McpStep[], opening: McpStep): readonly McpStep[] {
  const named = steps.filter(({ verb, method, versions: { inHeader } }) =>
    verb === "POST" && method !== "initialize" && inHeader !== undefined
  );
  if (named.some(({ versions: { inHeader } }) => inHeader !== opening.versions.offered)) return [];
  const refused = named.filter((step) => step.status === 400 && follows(opening, step));
  const [first] = refused;
  const again = first && refused.find((step) => step !== first && follows(first, step));
  return first && again ? [first, again] : [];
}

function checkDisconnects(view: View): Outcome {
  const { calls } = view;
  const openings = openingsIn(view);
  const offered = new Set(openings.map(({ step }) => step.versions.offered));
  const stopped: McpStep[] = [];
  for (const { step, answer, ...opening } of openings) {
    const version = answeredVersion({ step, answer, ...opening });
    if (version === undefined || offered.has(version) || !(isNoRevision(version) || isToCome(version, step))) continue;
    const next = openings.find((one) => one.step.at > step.at && one.step.address === step.address);
    const thread = threadOf(step);
    // Transports ask for a stream as soon as they have a session, before the client has read the answer.
    const goesOn = calls.find((call) =>
      call.at > step.at && call.verb === "POST" && (thread !== undefined || follows(step, call)) &&
      call.method !== "initialize" &&
      (thread === undefined
        ? call.address === step.address && threadOf(call) === undefined && call.at < (next?.step.at ?? Infinity) &&
          call.versions.offered === undefined
        : threadOf(call) === thread)
    );
    if (goesOn) {
      const what = [goesOn.verb, goesOn.method].filter(Boolean).join(" ");
      return broken(
        `It went on with ${what}, where the server had agreed on ${
          version || "an empty text"
        }, which is no revision of MCP`,
        positionsOf([step, goesOn]),
      );
    }
    stopped.push(step);
  }
  return stopped.length > 0
    ? kept("It did not go on with what is no revision of MCP", positionsOf(stopped))
    : notObserved("No server agreed with it on what is no revision of MCP");
}

function checkErrors(view: View): Outcome {
  const { limits } = view;
  const openings = openingsIn(view);
  const refused = openings.filter(({ step }) => isRefusal(step));
  for (const first of refused) {
    const { step } = first;
    const repeats: Request[] = [first];
    for (const opening of openings) {
      const { step: one } = opening;
      const last = repeats.at(-1) ?? first;
      const isRepeat = one.at > last.step.at && one.address === step.address && follows(last.step, one) &&
        one.versions.offered === step.versions.offered && isRefusal(one) && gapBetween(last.step, one) < AT_ONCE_MS;
      // A program that is started again offers the same again.
      if (isRepeat && senderOf(last, opening) === "same") repeats.push(opening);
    }
    const again = repeats.map((one) => one.step);
    if (again.length - 1 > limits.of("offers_again")) {
      return broken(
        `It offered ${step.versions.offered} ${times(again.length)}, where the server had refused it`,
        positionsOf(again),
        limits.levelBy("offers_again"),
      );
    }
  }
  return refused.length > 0
    ? kept("It did not insist on what the server had refused", positionsOf(refused.map(({ step }) => step)))
    : notObserved("No initialize of it was answered with an error");
}

/** Whether `initialize` got an error about its revision. */
function isRefusal(step: McpStep): boolean {
  const error = errorIn(step);
  const isOfVersion = error?.code === -32602 || error?.code === -32022 ||
    (isObject(error?.data) && listOf(error.data, "supported") !== undefined);
  return step.method === "initialize" && isOfVersion;
}

/** The rules on `initialize`. */
export const versionRules: readonly Rule[] = [
  {
    id: "M15",
    name: "offers-a-revision",
    title: "A client offers a revision that it supports, and the newest of these.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: `${LIFECYCLE}#version-negotiation`,
    official: [],
    check: checkOffer,
  },
  {
    id: "M16",
    name: "waits-for-initialize",
    title: "A client sends no request but ping before initialize is answered.",
    level: "SHOULD",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: `${LIFECYCLE}#initialization`,
    official: [],
    check: checkWaits,
  },
  {
    id: "M18",
    name: "keeps-to-the-revision",
    title: "A client that the server offers another revision keeps to that one.",
    level: "MUST",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: `${LIFECYCLE}#operation`,
    official: [],
    check: checkKeepsTo,
  },
  {
    id: "M19",
    name: "disconnects-without-revision",
    title: "A client disconnects where the server agrees on a revision that it does not have.",
    level: "SHOULD",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: `${LIFECYCLE}#version-negotiation`,
    official: [],
    check: checkDisconnects,
  },
  {
    id: "M20",
    name: "takes-an-error-for-an-answer",
    title: "A client whose initialize is refused offers another revision or stops, and does not insist.",
    level: "SHOULD",
    revisions: WITH_HANDSHAKE,
    isOfMcp: true,
    isOfMessages: true,
    link: `${LIFECYCLE}#error-handling`,
    official: [],
    check: checkErrors,
  },
];
