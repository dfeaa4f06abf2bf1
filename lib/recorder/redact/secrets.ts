// The secrets of one exchange: what is found in one part of it is replaced in every other.
import type { Digests } from "./digests.ts";
import { encode } from "./encoding.ts";
import type { SecretKind } from "./secret_names.ts";

/** Remembers secrets, and gives what to show instead. */
export interface Secrets {
  /** For a secret of a known kind, which is then looked for in all of the exchange. */
  readonly secret: (value: string, kind: SecretKind) => string;
  /** For what is perhaps a word like any other, and is replaced in this place alone. */
  readonly onlyHere: (value: string, kind: SecretKind) => string;
  /** Replaces the secrets that were found so far; the last step for every part. */
  readonly scrub: (text: string) => string;
  /** Whether there were more secrets than can be looked for: then what was not redacted by a name is not to be shown. */
  readonly isOverfull: () => boolean;
}

interface FoundSecret {
  readonly redacted: string;
  /** How it is written in text, in a URL, in JSON and in a page; undefined where it is only replaced where it stands alone. */
  readonly spellings: readonly string[] | undefined;
}

/** Shorter secrets are only replaced where they stand alone: they are also parts of words. */
const MIN_SCRUBBED_LENGTH = 8;
/** Secrets of one exchange that are looked for everywhere, and told from each other: each costs as much as a small request. */
const MAX_FOUND = 500;

/** Makes a memory without secrets. */
export function createSecrets(digests: Digests): Secrets {
  const found = new Map<string, FoundSecret>();
  const shown = new Set<string>();
  let isOverfull = false;

  function onlyHere(value: string, kind: SecretKind): string {
    if (value === "" || shown.has(value)) return value;
    const isNamed = shown.size < MAX_FOUND;
    const redacted = found.get(value)?.redacted ?? (isNamed ? digests(value, kind) : "…");
    shown.add(redacted);
    return redacted;
  }

  return {
    onlyHere,
    secret: (value, kind) => {
      const redacted = onlyHere(value, kind);
      if (redacted === value || found.has(value)) return redacted;
      if (found.size < MAX_FOUND) found.set(value, { redacted, spellings: spellingsOf(value) });
      else isOverfull = true;
      return redacted;
    },
    scrub: (text) => [...found].reduce((clean, [raw, secret]) => replaceIn(clean, raw, secret), text),
    isOverfull: () => isOverfull,
  };
}

function replaceIn(text: string, raw: string, { redacted, spellings }: FoundSecret): string {
  if (raw.length < 4 || raw.length > text.length) return text;
  if (!spellings) {
    if (!text.includes(raw)) return text;
    const escaped = raw.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    return text.replace(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, "gu"), () => redacted);
  }
  let clean = text;
  for (const spelled of spellings) if (clean.includes(spelled)) clean = clean.replaceAll(spelled, () => redacted);
  return clean;
}

function spellingsOf(raw: string): readonly string[] | undefined {
  if (raw.length < MIN_SCRUBBED_LENGTH) return undefined;
  if (/^[\w.~-]+$/.test(raw)) return [raw];
  const html = raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  return [...new Set([raw, encode(raw), JSON.stringify(raw).slice(1, -1), html])];
}
