/**
 * A run as a badge: for shields.io, and as a picture of our own.
 *
 * @see {@link https://shields.io/badges/endpoint-badge}
 * @module
 */
import type { Run } from "../run.ts";
import { escapeXml } from "./xml.ts";

/** What shields.io asks an endpoint for. */
export interface Badge {
  readonly schemaVersion: 1;
  readonly label: string;
  readonly message: string;
  readonly color: string;
  readonly isError: boolean;
}

const colors = { pass: "#2da44e", fail: "#cf222e", incomplete: "#6e7781" } as const;
/** How wide a letter of the picture's font is on the average, in pixels. */
const LETTER_PX = 6.6;
/** Beside a text, on each side, in pixels. */
const GAP_PX = 7;

/** A run as shields.io takes it. */
export function badgeOf({ verdict, counts }: Pick<Run, "verdict" | "counts">): Badge {
  const { pass, fail, incomplete, notTried } = counts;
  const tried = pass + fail + incomplete;
  const message = tried === 0 ? "not tried" : `${pass} of ${tried + notTried} passed`;
  return {
    schemaVersion: 1,
    label: "MCP client",
    message,
    color: colors[verdict],
    isError: verdict === "fail",
  };
}

/** The same as a picture in SVG. */
export function badgeSvg(run: Pick<Run, "verdict" | "counts">): string {
  const { label, message, color } = badgeOf(run);
  const [left, right] = [label, message].map((text) => Math.ceil(text.length * LETTER_PX) + 2 * GAP_PX);
  const width = (left ?? 0) + (right ?? 0);
  const said = escapeXml(`${label}: ${message}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${said}">`,
    `<title>${said}</title>`,
    `<clipPath id="r"><rect width="${width}" height="20" rx="3"/></clipPath>`,
    `<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#444"/>`,
    `<rect x="${left}" width="${right}" height="20" fill="${color}"/></g>`,
    `<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">`,
    `<text x="${(left ?? 0) / 2}" y="14">${escapeXml(label)}</text>`,
    `<text x="${(left ?? 0) + (right ?? 0) / 2}" y="14">${escapeXml(message)}</text></g></svg>`,
  ].join("");
}
