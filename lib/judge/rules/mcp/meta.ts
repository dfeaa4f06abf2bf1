// Rules on `_meta`: which keys a client may make up, and what those of a trace look like.

import { isObject, type JsonObject } from "../../../http/json.ts";
import { conversationIn, FIRST_STATELESS, type Said } from "../../conversation.ts";
import { revisionNamed } from "../../settled.ts";
import type { View } from "../../view.ts";
import { type Outcome, type Rule, SINCE_2025_06, SINCE_2026_07 } from "../rule.ts";
import { holdEach, shown } from "./each.ts";

const META = "https://modelcontextprotocol.io/specification/2026-07-28/basic#meta";

/** A message with `_meta`, in its params or in its result. */
interface Annotated extends Said {
  readonly meta: JsonObject;
}

function annotatedIn({ calls }: View): readonly Annotated[] {
  const { requests, notifications, responses } = conversationIn(calls);
  return [...requests, ...notifications, ...responses].flatMap((said): readonly Annotated[] =>
    [said.message.params, said.message.result].flatMap((part) =>
      isObject(part) && isObject(part._meta) ? [{ ...said, meta: part._meta }] : []
    )
  ).sort((one, other) => one.step.at - other.step.at);
}

const LABEL = "[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const KEY = new RegExp(`^(?:(${LABEL}(?:\\.${LABEL})*)/)?(?:[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9])?)?$`);
const FIRST_WITH_KEYS = "2025-06-18";
const SECOND_LABEL_RESERVED = "2025-11-25";

/**
 * Whether a prefix is MCP's own: since 2025-11-25 its second label tells, before that any but the last. Extensions define keys
 * below `io.modelcontextprotocol/`, so nobody can tell which of these there are.
 */
function isReserved(prefix: string, version: string): boolean {
  if (prefix === "io.modelcontextprotocol") return false;
  const labels = prefix.split(".");
  const own = version >= SECOND_LABEL_RESERVED ? labels.slice(1, 2) : labels.slice(0, -1);
  return own.some((label) => label === "modelcontextprotocol" || label === "mcp");
}

function checkKeys(view: View): Outcome {
  const annotated = annotatedIn(view).filter(({ version, meta }) =>
    (revisionNamed(version) ?? "") >= FIRST_WITH_KEYS && Object.keys(meta).length > 0
  );
  return holdEach(annotated, {
    wrong: ({ meta, version = "" }) => {
      // A key that was redacted is not the one that was sent.
      for (const key of Object.keys(meta).filter((name) => !name.includes("…"))) {
        const [match, prefix] = KEY.exec(key) ?? [];
        if (match === undefined) return `It sent _meta with the key ${shown(key)}, which is not a valid name`;
        if (prefix !== undefined && isReserved(prefix, version)) {
          return `It sent _meta with the key ${shown(key)}, whose prefix is reserved for MCP`;
        }
      }
      return undefined;
    },
    kept: "All keys in _meta were valid names that are not reserved",
    none: "It sent no _meta in a revision that says what its keys are",
  });
}

/** W3C Trace Context 3.2.2: version 00 has exactly these parts, and neither id is all zeros. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
/** 3.3.1: a list of at most 32 members, empty ones included. */
const STATE_MEMBER =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
/** W3C Baggage 3.2.1: a token, a value and perhaps properties. */
const BAGGAGE_MEMBER =
  /^[!#$%&'*+.^_`|~\w-]+[ \t]*=[ \t]*[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*(?:[ \t]*;[ \t]*[!#$%&'*+.^_`|~\w-]+(?:[ \t]*=[ \t]*[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)?)*$/;

const traceForms: Readonly<Record<string, (value: string) => boolean>> = {
  traceparent: (value) => TRACE_PARENT.test(value) && (!value.startsWith("00") || value.length === 55),
  tracestate: (value) => value.split(",").every((part) => part.trim() === "" || STATE_MEMBER.test(part.trim())),
  baggage: (value) => value.trim() === "" || value.split(",").every((part) => BAGGAGE_MEMBER.test(part.trim())),
};

function checkTraces(view: View): Outcome {
  const traced = annotatedIn(view).filter(({ version = "", meta }) =>
    version >= FIRST_STATELESS && Object.keys(traceForms).some((key) => key in meta)
  );
  return holdEach(traced, {
    wrong: ({ meta }) => {
      for (const [key, isGood] of Object.entries(traceForms)) {
        const value = meta[key];
        if (value === undefined || (typeof value === "string" && (value.includes("…") || isGood(value)))) continue;
        return `It sent _meta with ${key} ${shown(value)}, which does not have the form that W3C gives it`;
      }
      return undefined;
    },
    kept: "Its trace context had the form that W3C gives it",
    none: "It sent no trace context",
  });
}

/** Rules on `_meta`. */
export const metaRules: readonly Rule[] = [
  {
    id: "M10",
    name: "meta-keys",
    title: "Keys that a client puts into _meta are valid names, and their prefixes are not reserved for MCP.",
    level: "MUST",
    revisions: SINCE_2025_06,
    isOfMessages: true,
    isOfMcp: true,
    link: META,
    official: [],
    check: checkKeys,
  },
  {
    id: "M11",
    name: "trace-context",
    title: "traceparent, tracestate and baggage in _meta have the form that W3C gives them.",
    level: "MUST",
    revisions: SINCE_2026_07,
    isOfMessages: true,
    isOfMcp: true,
    link: META,
    official: [],
    check: checkTraces,
  },
];
