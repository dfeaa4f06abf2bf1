// @ts-check
/// <reference lib="dom" />
// What the guide remembers in this browser, and which step each action belongs to.

/** @typedef {import("./flow.js").Outcome} Outcome */

/**
 * The first step that is not done, what the client learned, and what to show again.
 *
 * @typedef {object} Session
 * @property {number} step
 * @property {Record<string, string>} values
 * @property {Record<string, Outcome>} outcomes
 */

/** The step that follows when all five are done. */
export const AFTERWARDS = 6;

const steps = new Map([
  ["1", 1],
  ["2", 2],
  ["3", 3],
  ["answer", 3],
  ["return", 3],
  ["4", 4],
  ["5", 5],
  ["refresh", AFTERWARDS],
  ["replay", AFTERWARDS],
]);

/**
 * The step an action belongs to: it is enabled when the session has come that far.
 *
 * @param {string | undefined} action
 * @returns {number}
 */
export function stepOf(action) {
  return steps.get(action ?? "") ?? 0;
}

/** @returns {Session} */
export function emptySession() {
  return { step: 1, values: {}, outcomes: {} };
}

/**
 * @param {string} key
 * @returns {Session}
 */
export function loadSession(key) {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "");
    if (stored.step && stored.values && stored.outcomes) return stored;
  } catch {
    // No session yet, or storage is switched off: begin at the beginning.
  }
  return emptySession();
}

/**
 * @param {string} key
 * @param {Session} session
 */
export function saveSession(key, session) {
  try {
    localStorage.setItem(key, JSON.stringify(session));
  } catch {
    // Without storage the guide works until the page is left.
  }
}

/**
 * Drops what follows from an earlier attempt at a step.
 *
 * @param {Session} session
 * @param {number} step
 */
export function forgetFrom(session, step) {
  session.step = Math.min(session.step, step);
  for (const [action, its] of steps) {
    if (its >= step) delete session.outcomes[action];
  }
}
