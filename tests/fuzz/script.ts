/** What was sent, as a script for a shell: nothing but `bash` and `nc` to see it again. */
import type { Seen, Story } from "./story.ts";
import { bytesOf } from "./wire.ts";

/** No more requests than these are written down: the last ones count. */
const MAX_REQUESTS = 6;
const MAX_LENGTH = 4000;

/** The requests of a story as they went out. Ids that the server gave are those of that run. */
export function scriptOf({ seen, case: { steps } }: Story): string {
  const sent = seen.filter(({ step }) => step >= 0);
  const asked = (sent.length > 0 ? sent : seen).slice(-MAX_REQUESTS);
  const others = steps.filter(({ kind }) => /^(flood|hold|listen|idle)$/.test(kind)).map((step) =>
    step.kind === "idle"
      ? `# and ${step.count} connections that say ${JSON.stringify(step.text)}`
      : step.kind === "flood"
      ? `# and ${step.times} times ${step.message.name} with ${step.bytes} bytes of padding`
      : step.kind === "hold"
      ? `# and ${step.count} times ${step.message.name} with ${step.bytes} bytes of padding, but for the last byte`
      : step.kind === "listen"
      ? `# and ${step.count} streams of ${step.message.name} ${
        step.isLeft ? "that are left at once" : "that nobody reads"
      }`
      : ""
  );
  return [
    'rep() { yes "$2" | head -n "$1" | tr -d "\\n"; }',
    ...asked.map((one) => `${lineOf(one)}  # ${one.answer.status ?? one.answer.end}, ${Math.round(one.answer.ms)} ms`),
    ...others,
  ].join("\n");
}

function lineOf({ wire, process }: Seen): string {
  const { head, body } = bytesOf(wire, "127.0.0.1:8789");
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const kept = wire.framing.leaveAfter === undefined ? body : body.subarray(0, wire.framing.leaveAfter);
  return `{ ${shellText(decode(head))}; ${shellText(decode(kept))}; } | nc -w 3 127.0.0.1 ${
    process === 0 ? "8789" : "8790"
  }`;
}

/** Text as commands that print it; what repeats is written once. */
export function shellText(text: string): string {
  const parts: string[] = [];
  let left = text;
  while (left !== "") {
    const match = /([\s\S]{1,8}?)\1{30,}/.exec(left.slice(0, 5_000_000));
    const before = match ? left.slice(0, match.index) : left;
    if (before !== "") parts.push(`printf '%b' ${quoted(before)}`);
    if (!match) break;
    const [run, unit = ""] = match;
    parts.push(`rep ${run.length / unit.length} ${quoted(unit)}`);
    left = left.slice(match.index + run.length);
    if (parts.length > 40) break;
  }
  const script = parts.join("; ");
  return script.length > MAX_LENGTH ? `${script.slice(0, MAX_LENGTH)}…'` : script || "true";
}

function quoted(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\r", "\\r").replaceAll("\n", "\\n").replaceAll("\0", "\\0");
  return `'${escaped.replaceAll("'", "'\\''")}'`;
}
