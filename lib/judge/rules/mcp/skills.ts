// Rules on skills (SEP-2640): no file of one is read ahead of need, and none is used that is not what was listed.

import { UNLOADED_SKILL } from "../../../scenarios/reporting_tools.ts";
import { isObject } from "../../../http/json.ts";
import { type ListedSkill, type Misfit, misfitOf, type ResourceRead, skillTalkIn } from "../../skills.ts";
import type { View } from "../../view.ts";
import { brokenBy, kept, notObserved, type Outcome, positionsOf, type Rule, SINCE_2025_11 } from "../rule.ts";
import { shown } from "./each.ts";

const SKILLS = "https://modelcontextprotocol.io/seps/2640-skills-extension#integrity-and-verification";

function isUnloaded({ entry: { frontmatter } }: ListedSkill): boolean {
  return isObject(frontmatter) && frontmatter.name === UNLOADED_SKILL;
}

function isOf({ server, uri }: ResourceRead, skill: ListedSkill): boolean {
  return server === skill.server && (uri === skill.uri || skill.files.some((file) => file.uri === uri));
}

function checkReadAhead({ calls }: View): Outcome {
  const { skills, reads } = skillTalkIn(calls);
  const unloaded = skills.filter(isUnloaded);
  for (const read of reads) {
    const { request: { step, message }, uri } = read;
    const skill = unloaded.find((one) => one.request.step.at < step.at && isOf(read, one));
    if (!skill) continue;
    const detail = `It read ${shown(uri)} of the skill ${UNLOADED_SKILL}, which nobody had it load`;
    return brokenBy(message, detail, positionsOf([skill.request.step, step]));
  }
  return unloaded.length === 0
    ? notObserved(`It was told of no skill that nobody loads (${UNLOADED_SKILL})`)
    : kept("It read no file of a skill that nobody loads", positionsOf(unloaded.map(({ request }) => request.step)));
}

/** A `SKILL.md` that a client read. */
interface Loading {
  readonly read: ResourceRead;
  readonly skill: ListedSkill;
  /** What is wrong with it by the last entry that the client had; undefined where it fits any, or where nobody can tell. */
  readonly misfit: Misfit | undefined;
}

function loadingsIn({ calls }: View): readonly Loading[] {
  const { skills, reads, unread } = skillTalkIn(calls);
  return reads.flatMap((read): readonly Loading[] => {
    const entries = skills.filter(({ server, uri, request }) =>
      server === read.server && uri === read.uri && request.step.at < read.request.step.at
    );
    const skill = entries.at(-1);
    if (!skill) return [];
    const misfits = entries.map((entry) => misfitOf(read, entry));
    // Another entry may have been in an answer that is not on record.
    const isDoubtful = misfits.includes(undefined) || unread.some(({ step }) => step.at < read.request.step.at);
    return [{ read, skill, misfit: isDoubtful ? undefined : misfits.at(-1) }];
  });
}

/** Why a skill must not be loaded, by what is wrong with its `SKILL.md`. */
const wrongness = {
  digest: "has another digest than its entry says",
  size: "has another size than its entry says",
  frontmatter: "has another frontmatter than its entry says",
} as const satisfies Readonly<Record<Misfit, string>>;

/** A client is seen to have taken a `SKILL.md` for good when it goes on to the other files of the skill. */
function checkLoading(view: View, misfit: Misfit): Outcome {
  const loadings = loadingsIn(view);
  const wrong = loadings.filter((loading) => loading.misfit === misfit);
  const { reads } = skillTalkIn(view.calls);
  for (const { read: { request: { step, answer } }, skill } of wrong) {
    const next = reads.find((read) => {
      const { request } = read;
      if (read.uri === skill.uri || !isOf(read, skill) || request.step.at < step.at) return false;
      if (request.step.exchange.receivedAtMs < (answer?.atMs ?? Infinity)) return false;
      // It may have had the same file before, or again, as it was listed.
      return !loadings.some((loading) =>
        loading.misfit === undefined && loading.skill.uri === skill.uri &&
        loading.read.request.step.at < request.step.at
      );
    });
    if (!next) continue;
    if (!view.isGapless) return notObserved("It may have read a SKILL.md that fits, as some of the record is missing");
    const detail = `It went on to ${shown(next.uri)} of a skill whose SKILL.md ${wrongness[misfit]}`;
    return brokenBy(next.request.message, detail, positionsOf([step, next.request.step]));
  }
  return wrong.length === 0 ? notObserved(`It read no SKILL.md that ${wrongness[misfit]}`) : kept(
    `It read no other file of a skill whose SKILL.md ${wrongness[misfit]}`,
    positionsOf(wrong.map(({ read }) => read.request.step)),
  );
}

/** What all of them are. */
const common = { level: "MUST", revisions: SINCE_2025_11, isOfMcp: true, link: SKILLS } as const;

/** Rules on skills. */
export const skillRules: readonly Rule[] = [
  {
    ...common,
    id: "M159",
    name: "skill-not-read-ahead",
    title: "A client reads no file of a skill before the skill is loaded.",
    official: ["sep-2640-host-no-prefetch"],
    check: checkReadAhead,
  },
  {
    ...common,
    id: "M160",
    name: "skill-digest",
    title: "A client does not load a skill whose SKILL.md has another digest than its entry says.",
    official: ["sep-2640-host-verify-digest"],
    check: (view) => checkLoading(view, "digest"),
  },
  {
    ...common,
    id: "M161",
    name: "skill-size",
    title: "A client does not load a skill whose SKILL.md has another size than its entry says.",
    official: ["sep-2640-host-size-mismatch-failure"],
    check: (view) => checkLoading(view, "size"),
  },
  {
    ...common,
    id: "M162",
    name: "skill-frontmatter",
    title: "A client does not load a skill whose SKILL.md has another frontmatter than its entry says.",
    official: ["sep-2640-host-frontmatter-comparison"],
    check: (view) => checkLoading(view, "frontmatter"),
  },
];
