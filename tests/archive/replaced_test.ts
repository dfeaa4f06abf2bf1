/** That nothing is held against a client that somebody has taken out of a recording of it. */
import assert from "node:assert/strict";
import { lackingReplaced } from "../../lib/archive/replaced_lacks.ts";
import { foreignHar } from "./foreign.ts";
import { altered, type HarEntry } from "./hars.ts";
import { elsewhere, judge, recorded, statusOf } from "./judged.ts";

type Replace = (name: string, value: string) => string;

/** How tools and people write what they have taken out. */
const masks: Readonly<Record<string, Replace>> = {
  "in brackets": (name) => `[${name} redacted]`,
  "in brackets, encoded": (name) => `%5B${name}+redacted%5D`,
  "a word": () => "REDACTED",
  "in angle brackets": () => "<hidden>",
  "asterisks": () => "***",
  "bullets": () => "••••••",
  "one letter again and again": (_, value) => "x".repeat(value.length),
  "nothing": () => "",
  "its beginning": (_, value) => `${value.slice(0, 6)}...`,
  "a digest": (_, value) => `h${[...value].reduce((sum, one) => (sum * 31 + one.charCodeAt(0)) >>> 0, 7).toString(16)}`,
};

const secrets = ["access_token", "refresh_token", "code", "state", "code_challenge", "code_verifier", "client_secret"];
const values = [["redirect_uri"], ["resource"], ["code_verifier"], ["code"], ["client_id"], ["refresh_token"], secrets];

/** Writes something else wherever one of some values stands. */
function replacing(names: readonly string[], replace: Replace): (entry: HarEntry) => HarEntry {
  return (entry) =>
    JSON.parse(JSON.stringify(entry, (member, value) => {
      if (typeof value !== "string" || !["url", "text", "value"].includes(member)) return value;
      return names.reduce((text, name) =>
        text.replaceAll(new RegExp(`(?<=[?&]|^)${name}=([^&#]*)`, "g"), (_, sent) => `${name}=${replace(name, sent)}`)
          .replaceAll(
            new RegExp(`"${name}":"([^"]*)"`, "g"),
            (_, sent) => `"${name}":${JSON.stringify(replace(name, sent))}`,
          ), value);
    }));
}

const everything = { refresh: true, logout: true, listens: true };

for (const version of ["2025-03-26", "2025-11-25", "2026-07-28"] as const) {
  Deno.test(`a client of ${version} is not failed for what was taken out of its recording`, async () => {
    const text = foreignHar(await recorded({ version, ...everything }), {
      ...elsewhere,
      isOneOrigin: version === "2025-03-26",
    });
    for (const names of values) {
      for (const [mask, replace] of Object.entries(masks)) {
        const { clients, verdict } = await judge(altered(text, replacing(names, replace)), true);
        const broken = clients.flatMap(({ findings }) => findings).filter(({ status }) => status === "broken");
        assert.deepEqual(broken.map(({ rule, detail }) => [rule, detail]), [], `${names.join()}: ${mask}`);
        assert.equal(verdict, "pass", `${names.join()}: ${mask}`);
      }
    }
  });
}

Deno.test("what was taken out of a recording is said, and all else is judged", async () => {
  const text = foreignHar(await recorded({ slip: "sends no state" }), elsewhere);
  const report = await judge(altered(text, replacing(["code_verifier"], () => "[code_verifier redacted]")));
  assert.deepEqual([statusOf(report, "C11"), statusOf(report, "C15")], ["not observed", "broken"]);
  assert.deepEqual(report.clients[0]?.unseen, [lackingReplaced.proofs.reason]);
});

Deno.test("what was removed with its name is not observed where what goes with it is there", async () => {
  const text = foreignHar(await recorded(everything), elsewhere);
  const report = await judge(
    altered(text, (entry) => {
      const gone = /(?<=[?&])(?:code|state|code_challenge|code_verifier|refresh_token)=[^&"]*&?/g;
      return JSON.parse(JSON.stringify(entry).replace(gone, ""));
    }),
    true,
  );
  assert.equal(report.verdict, "pass", report.reason);
});

Deno.test("sessions that cannot be told apart, as their ids were taken out, are not taken for one", async () => {
  const text = foreignHar(await recorded(everything, everything), elsewhere);
  const report = await judge(
    altered(
      text,
      (entry) => JSON.parse(JSON.stringify(entry).replace(/("mcp-session-id","value":)"[^"]*"/gi, '$1"***"')),
    ),
  );
  assert.equal(report.verdict, "pass", report.reason);
});

Deno.test("a client that no verifier was taken out of is failed for one that its server refuses", async () => {
  const report = await judge(foreignHar(await recorded({ slip: "sends a short verifier" }), elsewhere), true);
  assert.deepEqual(report.clients[0]?.failures, ["C11"]);
});
