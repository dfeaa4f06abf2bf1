/** The tables of the suite's verdicts and ours in `tests/agreement/README.md` are what both say today, and they agree but for reasons given. */
import assert from "node:assert/strict";
import { compare } from "../agreement/compare.ts";
import type { Judgement } from "../agreement/drive.ts";
import type { Check } from "../agreement/suite.ts";
import { compareAll, findProblems, markers, path, renderAgreement } from "../agreement/table.ts";

/** Lines without the padding of columns. */
function linesOf(text: string): readonly string[] {
  return text.split("\n").map((line) => line.replaceAll(/ +/g, " ").replaceAll(/-+/g, "-").trim()).filter(Boolean);
}

Deno.test("our verdicts on the clients of both SDKs are the official suite's, check by check (conformance 0.2.0-alpha.12)", async () => {
  const all = await compareAll();
  assert.deepEqual(findProblems(all), []);
  const document = await Deno.readTextFile(path);
  const [begin, end] = markers;
  const written = document.split(begin)[1]?.split(end)[0] ?? "";
  assert.deepEqual(linesOf(renderAgreement(all)), linesOf(written), "deno task agreement writes them anew");
});

Deno.test("a comparison misses nothing on which two verdicts differ", () => {
  const differences = (
    checks: Readonly<Record<string, Check["status"]>>,
    findings: readonly (readonly [string, "kept" | "broken" | "not observed"])[],
    verdict: Judgement["verdict"] = "pass",
    ownVerdict = verdict,
  ): readonly string[] =>
    compare({
      client: "v1",
      scenario: "auth/sample",
      checks: Object.entries(checks).map(([id, status]) => ({ id, status })),
      judgement: {
        verdict,
        ownVerdict,
        clients: [{ findings: findings.map(([rule, status]) => ({ rule, status, official: ["one", "other"] })) }],
      },
    }).differences;
  assert.deepEqual(differences({ one: "SUCCESS" }, [["C1", "kept"]]), []);
  assert.deepEqual(differences({ one: "FAILURE", other: "SUCCESS" }, [["C1", "broken"]], "fail"), []);
  assert.deepEqual(differences({ one: "WARNING" }, [["C1", "kept"]]), [
    "one failed there, C1 kept here",
    "failed there, pass here",
  ]);
  assert.deepEqual(differences({ one: "SUCCESS" }, [["C1", "broken"]], "fail"), [
    "one passed there, C1 broken here",
    "C1 broken here alone",
    "passed there, fail here",
  ]);
  assert.deepEqual(differences({ one: "SUCCESS" }, [["C1", "not observed"]]), [
    "one passed there, C1 not observed here",
  ]);
  assert.deepEqual(differences({ one: "INFO" }, [["C1", "broken"]], "fail"), [
    "C1 broken here alone",
    "passed there, fail here",
  ]);
  assert.deepEqual(differences({ one: "FAILURE" }, [["C1", "broken"]], "fail", "incomplete"), []);
  assert.deepEqual(differences({ one: "FAILURE" }, [["C1", "broken"]], "fail", "pass"), [
    "failed there, pass here by the revision that the client speaks",
  ]);
  assert.deepEqual(differences({ unknown: "FAILURE" }, []), ["failed there, pass here"]);
});
