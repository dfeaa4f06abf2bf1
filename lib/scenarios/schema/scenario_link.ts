// Scenarios in links, to be pasted into a bug report: the whole of one, as JSON, deflated (RFC 1951), in base64url.
import { hash } from "../../runtime/node_crypto.ts";
import { OAuthError } from "../../http/errors.ts";
import { inOrder, parseJson, problemOf } from "../../http/json.ts";
import type { Scenario } from "../scenario.ts";
import { paths } from "../../http/urls.ts";
import { describeScenario, MAX_SCENARIO_BYTES, parseScenario } from "./scenario_schema.ts";

/** Name of the query parameter of the page that shows what a link carries. */
const DEFINE_PARAMETER = "define";

/** Packs a scenario. */
export async function encodeScenario(scenario: Scenario): Promise<string> {
  const json = new Blob([JSON.stringify(describeScenario(scenario))]);
  const packed = json.stream().pipeThrough(new CompressionStream("deflate-raw"));
  return Buffer.from(await new Response(packed).arrayBuffer()).toString("base64url");
}

/**
 * Unpacks a scenario. However small a text is, what comes out of it is never more than a scenario may be.
 *
 * @param text What {@link encodeScenario} made, or text that claims to be that.
 * @throws OAuthError `invalid_request` for anything else.
 */
export async function decodeScenario(text: string): Promise<Scenario> {
  return parseScenario(parseLinked(await unpack(text)));
}

async function unpack(text: string): Promise<string> {
  const packed = new Blob([Buffer.from(text, "base64url")]).stream();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of packed.pipeThrough(new DecompressionStream("deflate-raw"))) {
      length += chunk.length;
      if (length > MAX_SCENARIO_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    throw unreadable("something that cannot be decompressed");
  }
  if (length > MAX_SCENARIO_BYTES) throw unreadable(`more than ${MAX_SCENARIO_BYTES} bytes`);
  return Buffer.concat(chunks).toString();
}

function parseLinked(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw unreadable(`something that ${problemOf(error)}`);
  }
}

function unreadable(received: string): OAuthError {
  return new OAuthError("invalid_request", "The link does not contain a scenario", {
    parameter: DEFINE_PARAMETER,
    received,
    expected: "a scenario as JSON, deflated, in base64url, as POST /control/scenarios returns",
  });
}

/** The longest link that is given: servers and chats take no longer ones for sure, in characters. */
export const MAX_LINK_LENGTH = 8000;

/** A link to the page that shows a scenario, with the whole of it inside; undefined where that is longer than URLs bear. */
export async function buildScenarioLink(origin: string, scenario: Scenario): Promise<string | undefined> {
  const link = `${origin}${paths.scenarios}?${DEFINE_PARAMETER}=${await encodeScenario(scenario)}`;
  return link.length > MAX_LINK_LENGTH ? undefined : link;
}

/** The name that a scenario gives itself, of the one under which it is kept: what {@link contentName} has added is taken off. */
export function ownName(name: string): string {
  return /^x-(.+)-[0-9a-f]{8}$/.exec(name)?.[1] ?? name;
}

/**
 * The name under which a scenario is kept: it follows from all that the scenario says, so that the same one has the same
 * name everywhere, and one name never means two things.
 *
 * @param scenario The scenario, under the name it gives itself.
 */
export function contentName(scenario: Scenario): string {
  const digest = hash("sha256", JSON.stringify(inOrder(describeScenario(scenario))), "hex");
  return `x-${scenario.name}-${digest.slice(0, 8)}`;
}
