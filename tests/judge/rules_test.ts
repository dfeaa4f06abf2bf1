/** Every rule on clients: a client that keeps it, and one that breaks it and no other. The cases are in `cases/`. */
import assert from "node:assert/strict";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import type { Report } from "../../lib/judge/report.ts";
import type { Revision } from "../../lib/judge/settled.ts";
import { assertSameElsewhere } from "../archive/elsewhere.ts";
import { authorizeQuery, origin, register } from "../helpers.ts";
import { answerAt, recordedApp } from "../recorder/recorded_app.ts";
import { cases } from "./cases/all.ts";
import type { Case } from "./cases/case.ts";
import { playCase, recordCase } from "./cases/play.ts";
import { callsForWrite } from "./cases/tokens.ts";
import { metadataPath } from "./cases/twists.ts";

function brokenRules({ clients }: Report): readonly string[] {
  return clients.flatMap(({ findings }) =>
    findings.filter(({ status }) => status === "broken").map(({ rule, level, detail, evidence }) => {
      assert(evidence.length > 0, `${rule} shows nothing`);
      assert(detail !== "");
      return `${rule} ${level}`;
    })
  );
}

/** The revisions that a case is about: all that have its rule, unless it says another. */
function revisionsOf({ rule: id, client, revisions }: Case): readonly Revision[] {
  const rule = rules.find((candidate) => candidate.id === id);
  assert(rule, id);
  return revisions ?? (client?.version === undefined ? rule.revisions : [client.version]);
}

for (const one of cases) {
  const { rule: id, slips, isRecommended = false } = one;
  const rule = rules.find((candidate) => candidate.id === id);
  assert(rule, id);

  for (const revision of revisionsOf(one)) {
    Deno.test(`${id} is kept by a client of ${revision} that does right where others do not: ${slips.join(", ")} (${rule.link})`, async () => {
      const report = await playCase(one, revision);
      assert.deepEqual(report.clients.length, 1, JSON.stringify(report.clients.map((client) => client.id)));
      assert.deepEqual(brokenRules(report), [], JSON.stringify(report, null, 1));
      assert.equal(report.clients[0]?.revision, one.settles ?? revision);
      const finding = report.clients[0]?.findings.find((found) => found.rule === id);
      assert.equal(finding?.status, "kept", JSON.stringify(finding));
      assert.equal(report.verdict, "pass");
    });

    for (const slip of slips) {
      Deno.test(`${id}, and no other rule, is broken by a client of ${revision} that ${slip} (${rule.link})`, async () => {
        const recorded = await recordCase(one, revision, slip);
        const { report } = recorded;
        assert.deepEqual(report.clients.length, 1, JSON.stringify(report.clients.map((client) => client.id)));
        const level = rule.level === "MAY" ? "MAY" : isRecommended ? "SHOULD" : "MUST";
        assert.deepEqual(
          brokenRules(report),
          [`${id} ${level}`],
          JSON.stringify(report.clients[0]?.findings.filter(({ status }) => status === "broken"), null, 1),
        );
        assert.equal(report.verdict, isRecommended ? "pass" : "fail");
        // Once is enough: a recording tells the revisions apart as the record does.
        if (revision !== rule.revisions.at(-1)) return;
        const isOneOrigin = revision === "2025-03-26";
        await assertSameElsewhere(recorded, { isOneOrigin, tellsAborted: slip === slips[0] });
      });
    }
  }
}

Deno.test("C19 is not observed for a client that may still wait for its user's approval", async () => {
  const report = await playCase(callsForWrite, "2026-07-28", "waits for its person");
  const finding = report.clients[0]?.findings.find(({ rule }) => rule === "C19");
  assert.deepEqual([finding?.status, brokenRules(report)], ["not observed", []], finding?.detail);
});

for (const isKnown of [true, false]) {
  Deno.test(
    `C9 is ${isKnown ? "kept" : "broken"} by a client that is refused for ${
      isKnown ? "the redirect_uri of an id it was given" : "an id that the server does not know"
    }`,
    async () => {
      await using recorded = await recordedApp(
        answerAt("/oauth/register", () => Response.json({ error: "access_denied" }, { status: 403 })),
      );
      const known = await register(recorded.test);
      const query = authorizeQuery(isKnown ? known.clientId : "acme", { redirect_uri: "https://elsewhere.example/cb" });
      for (
        const request of [
          new Request(origin + metadataPath),
          new Request(`${origin}/oauth/register`, { method: "POST", body: "{}" }),
          new Request(`${origin}/oauth/authorize?${query}`),
        ]
      ) await (await recorded.send(request)).text();
      const { clients } = await recorded.report();
      assert.equal(clients.length, 1);
      assert.equal(clients[0]?.findings.find(({ rule }) => rule === "C9")?.status, isKnown ? "kept" : "broken");
    },
  );
}

Deno.test("every rule has a client that breaks it", () => {
  assert.deepEqual([...new Set(cases.map(({ rule }) => rule))].sort(), rules.map(({ id }) => id).sort());
});
