// @ts-check
/// <reference lib="dom" />
// The timeline as a whole: clients, their flows, their lines. It changes only what has changed, makes no more
// lines at a time than fit into a frame, and fills in those near the window, so that it keeps up with thousands.
import { element } from "../guide/exchange.js";
import { clientView } from "./client.js";
import { threadsOf } from "./lanes.js";
import { fillLine, lineView, tieLine } from "./line.js";
import { brokenByLine, groupsOf, lineOf, searchedText } from "./model.js";

/**
 * @typedef {import("./model.js").Exchange} Exchange
 * @typedef {import("./model.js").Finding} Finding
 * @typedef {import("./model.js").Flow} Flow
 * @typedef {import("./model.js").Group} Group
 * @typedef {import("./model.js").Report} Report
 * @typedef {import("./lanes.js").Thread} Thread
 */

/**
 * @typedef {object} View
 * @property {Exchange[]} exchanges In order.
 * @property {Report | undefined} report
 * @property {string} filter Words that a line must contain.
 * @property {boolean} isBrokenOnly Whether lines that broke nothing are left out.
 */

/**
 * @typedef {object} Made
 * @property {HTMLElement} line
 * @property {Exchange} exchange
 * @property {string} text
 * @property {string} broken
 * @property {Thread | undefined} thread What ties it to other lines.
 * @property {string} tied The same as text, as it is shown.
 * @property {(() => void) | undefined} fill Fills the line in; undefined once it is.
 */

/**
 * What became of a call of `show`.
 *
 * @typedef {object} Shown
 * @property {boolean} isComplete Whether all is shown, or it has to be called again.
 * @property {number} count How many lines fit the filter.
 */

/** How many lines are made in one frame. */
const LINES_PER_FRAME = 500;
/** How many are filled in at once, for a page that begins with them; others wait until they are near the window. */
const FIRST_LINES = 50;
/** How near that is. */
const MARGIN = "600px";

/**
 * The lines that were made, by the number of their exchange.
 *
 * @param {import("./model.js").Endpoints} endpoints
 */
function createLines(endpoints) {
  /** @type {Map<number, Made>} */
  const made = new Map();
  const watch = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) fillAt(target.id);
  }, { rootMargin: MARGIN });

  /** @param {string} id */
  function fillAt(id) {
    made.get(Number(id.replace("exchange-", "")))?.fill?.();
  }

  /**
   * @param {Exchange} exchange
   * @param {Finding[]} broken
   * @param {Thread | undefined} thread
   * @returns {Made}
   */
  function make(exchange, broken, thread) {
    const known = made.get(exchange.sequence);
    const line = lineOf(exchange, endpoints);
    const view = lineView(exchange, line, broken);
    /** @type {Made} */
    const result = {
      line: view,
      exchange,
      text: searchedText(exchange, line),
      broken: keyOf(broken),
      thread,
      tied: "",
      fill: () => {
        result.fill = undefined;
        watch.unobserve(view);
        fillLine(view, exchange, line);
        tie(result, result.thread);
      },
    };
    if (known && !known.fill || made.size < FIRST_LINES) result.fill?.();
    else watch.observe(view);
    if (known?.line.querySelector("details")?.open) view.querySelector("details")?.setAttribute("open", "");
    if (known) watch.unobserve(known.line);
    made.set(exchange.sequence, result);
    return result;
  }

  /**
   * Ties a line to others, as soon as it is filled in.
   *
   * @param {Made} own
   * @param {Thread | undefined} thread
   */
  function tie(own, thread) {
    own.thread = thread;
    const text = JSON.stringify(thread);
    if (own.fill || !thread || own.tied === text) return;
    own.tied = text;
    tieLine(own.line, own.exchange, thread);
  }

  /** @param {Exchange[]} exchanges Those whose lines are kept. */
  function keep(exchanges) {
    const kept = new Set(exchanges.map(({ sequence }) => sequence));
    for (const [sequence, { line }] of made) {
      if (kept.has(sequence)) continue;
      watch.unobserve(line);
      made.delete(sequence);
    }
  }

  /** @param {number} sequence */
  function get(sequence) {
    return made.get(sequence);
  }

  return { make, keep, fillAt, get, tie };
}

/**
 * Makes a timeline.
 *
 * @param {HTMLElement} box Where it stands.
 * @param {import("./model.js").Endpoints} endpoints
 * @returns {{ show: (view: View) => Shown, fillAt: (id: string) => void }} `fillAt` fills in a line that is linked to.
 */
export function createTimeline(box, endpoints) {
  const lines = createLines(endpoints);
  /** @type {Map<string, { section: HTMLElement, report: unknown }>} */
  const sections = new Map();

  /** @param {Group} group */
  function sectionOf(group) {
    const known = sections.get(group.id);
    if (known && known.report === group.report) return known.section;
    const section = known?.section ?? element("section", { class: "timeline-client" }, "");
    const isOpen = section.querySelector(".client-head details")?.hasAttribute("open") ?? false;
    section.firstChild?.replaceWith(clientView(group, isOpen));
    sections.set(group.id, { section, report: group.report });
    return section;
  }

  /** @param {View} view */
  function show({ exchanges, report, filter, isBrokenOnly }) {
    const groups = groupsOf(exchanges, report, endpoints);
    const broken = brokenByLine(report);
    const words = filter.toLowerCase().split(/\s+/);
    lines.keep(exchanges);
    let budget = LINES_PER_FRAME;
    let count = 0;

    /** @param {Exchange} exchange @param {Thread | undefined} thread */
    const lineFor = (exchange, thread) => {
      const own = broken.get(exchange.sequence) ?? [];
      const known = lines.get(exchange.sequence);
      const isCurrent = known?.exchange === exchange && known.broken === keyOf(own);
      if (!isCurrent && budget === 0) return known;
      if (!isCurrent) budget--;
      const entry = isCurrent ? known : lines.make(exchange, own, thread);
      lines.tie(entry, thread);
      entry.line.hidden = isBrokenOnly && own.length === 0 || !words.every((word) => entry.text.includes(word));
      if (!entry.line.hidden) count++;
      return entry;
    };

    arrange(
      box,
      groups.map((group) => {
        const section = sectionOf(group);
        const flows = group.flows.map((flow, index) => flowView(section, flow, index));
        arrange(section, [section.firstElementChild, ...flows]);
        const threads = threadsOf(group.flows.flatMap((flow) => flow.exchanges));
        const columns = Math.max(0, ...threads.values().map(({ bars }) => bars.length));
        section.dataset.lanes = String(columns);
        for (const [index, flow] of group.flows.entries()) {
          const list = flows[index]?.querySelector("ol");
          if (list) arrange(list, flow.exchanges.map((own) => lineFor(own, threads.get(own.sequence))?.line));
          const isSeen = list?.querySelector(":scope > :not([hidden])");
          flows[index]?.toggleAttribute("hidden", !isSeen);
        }
        section.hidden = flows.every(({ hidden }) => hidden);
        return section;
      }),
    );
    return { isComplete: budget > 0, count };
  }

  return { show, fillAt: lines.fillAt };
}

/**
 * A flow's place in its section, made if there is none.
 *
 * @param {HTMLElement} section
 * @param {Flow} flow
 * @param {number} index
 */
function flowView(section, { title }, index) {
  const known = section.children[index + 1];
  if (known instanceof HTMLElement) return known;
  return element(
    "div",
    { class: "flow" },
    ...(title === "" ? [] : [element("h3", {}, title)]),
    element(
      "p",
      { class: "lifelines", "aria-hidden": "true" },
      ...["client", "authorization server", "mcp server"].map((name) => element("span", {}, name)),
    ),
    element("ol", { class: "lines" }),
  );
}

/**
 * Gives a parent these children in this order, touching only those that are missing, elsewhere, or too many.
 *
 * @param {Element} parent
 * @param {(Element | null | undefined)[]} children
 */
function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const child of wanted) {
    if (!child) continue;
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

/** @param {Finding[]} broken */
function keyOf(broken) {
  return broken.map(({ rule, detail }) => `${rule} ${detail}`).join();
}
