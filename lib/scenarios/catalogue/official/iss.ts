// The official suite's scenarios of `iss` in the authorization response (RFC 9207), as a table: what is advertised, and
// what is sent.
import type { Scenario } from "../../scenario.ts";
import { since2026_07 } from "../since.ts";
import { official } from "./base.ts";

const links = [
  { label: "RFC 9207 2.4", url: "https://www.rfc-editor.org/rfc/rfc9207.html#section-2.4" },
  {
    label: "MCP 2026-07-28, authorization response validation",
    url:
      "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#authorization-response-validation",
  },
];

/** One row: whether support is advertised, and another `iss` than the issuer's, null for none at all. */
interface IssRow {
  readonly name: string;
  readonly advertised: boolean;
  readonly iss?: string | null;
  readonly story: string;
  readonly goesOn: boolean;
}

const rows: readonly IssRow[] = [
  {
    name: "iss-supported",
    advertised: true,
    story: "iss is advertised and correct",
    goesOn: true,
  },
  {
    name: "iss-not-advertised",
    advertised: false,
    story: "iss is neither advertised nor sent",
    goesOn: true,
  },
  {
    name: "iss-supported-missing",
    advertised: true,
    iss: null,
    story: "iss is advertised, and missing from the response",
    goesOn: false,
  },
  {
    name: "iss-wrong-issuer",
    advertised: true,
    iss: "https://evil.example.com",
    story: "iss names another issuer",
    goesOn: false,
  },
  {
    name: "iss-unexpected",
    advertised: false,
    iss: "https://evil.example.com",
    story: "iss is not advertised, and names another issuer",
    goesOn: false,
  },
  {
    name: "iss-normalized",
    advertised: true,
    iss: "{issuer}/",
    story: "iss is the issuer with an extra slash",
    goesOn: false,
  },
];

/** The scenarios, in the order of the suite. */
export const officialIss: readonly Scenario[] = rows.map(({ name, advertised, iss, story, goesOn }) =>
  official({
    name,
    of: name,
    story,
    client: goesOn ? "Redeems the code" : "Compares character by character, and does not redeem the code",
    revisions: since2026_07,
    tellsScope: false,
    policy: { sendIss: advertised },
    faults: iss === undefined
      ? []
      : [{ name: "other-iss", match: { endpoint: "authorize", status: 302 }, edit: { location: { iss } } }],
    expects: name === "iss-normalized" ? ["C25", "C26"] : ["C25"],
    ...(goesOn ? {} : { reaches: { refuses_before: "token", rule: name === "iss-normalized" ? "C26" : "C25" } }),
    links,
  })
);
