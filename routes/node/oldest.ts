// The oldest Node that the package runs on. An older one fails in the middle of something, and does not say why.
import process from "node:process";

const OLDEST = 22;

/** Why this Node is too old; undefined if it is not. */
export function tooOld(): string | undefined {
  if (Number.parseInt(process.versions.node) >= OLDEST) return undefined;
  return `mock-oauth: This is Node ${process.versions.node}; it needs Node ${OLDEST} or later`;
}
