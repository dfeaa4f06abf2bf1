/** That nothing is held against a client that its recording does not tell, or tells in a way of its own. */
import assert from "node:assert/strict";
import { z } from "zod";
import type { Report } from "../../lib/judge/report.ts";
import { rules } from "../../lib/judge/rules/catalogue.ts";
import type { Revision } from "../../lib/judge/settled.ts";
import { cases } from "../judge/cases/all.ts";
import { recordCase } from "../judge/cases/play.ts";
import { foreignHar } from "./foreign.ts";
import { all, filters, habits, isMessage, provisional, seenBy, textless, withHeaders } from "./habits.ts";
import { altered, har, type HarEntry } from "./hars.ts";
import { tools } from "./tools.ts";
import { elsewhere, judge, recorded, statusOf } from "./judged.ts";

const isMetadata = ({ request }: HarEntry): boolean => request.url.includes("/.well-known/");

/** An entry that has half of the body that was sent. */
function halved({ request, ...one }: HarEntry): Record<string, unknown> {
  const { postData } = z.object({ postData: z.looseObject({ text: z.string() }).optional() }).parse(request);
  if (!postData) return { ...one, request };
  const { text } = postData;
  return {
    ...one,
    request: { ...request, bodySize: text.length, postData: { ...postData, text: text.slice(0, text.length / 2) } },
  };
}

/** What tools leave out, or say in their own way. */
const partly: Readonly<Record<string, (entry: HarEntry) => Record<string, unknown>>> = {
  "metadata that was not answered": (one) =>
    isMetadata(one) ? { ...one, response: { status: 0, headers: [], content: {} } } : { ...one },
  "metadata from a browser's cache": (one) => isMetadata(one) ? { ...one, _fromCache: "disk" } : { ...one },
  "metadata from Safari's cache": (one) => isMetadata(one) ? { ...one, _fetchType: "Disk Cache" } : { ...one },
  "metadata that had not changed (RFC 9110 15.4.5)": (one) =>
    isMetadata(one) ? { ...one, response: { ...one.response, status: 304, content: { size: 0 } } } : { ...one },
  "metadata that had not changed, with what the cache had": (one) =>
    isMetadata(one) ? { ...one, response: { ...one.response, status: 304 } } : { ...one },
  "metadata without its text": (one) =>
    isMetadata(one) ? { ...one, response: { ...one.response, content: { size: 0 } } } : { ...one },
  "no text of what was posted for": (one) => one.request.method === "POST" ? textless(one) : { ...one },
  "no text of what a page had that was left to log in": (one) =>
    one.request.url.includes("/as/token") ? { ...one } : textless(one),
  "no text at all": textless,
  "no bodies of requests": ({ request, ...one }) => {
    const { postData, ...rest } = request;
    return { ...one, request: { ...rest, bodySize: postData === undefined ? 0 : 100 } };
  },
  "no bodies of requests, nor how large they were": ({ request, ...one }) => {
    const { postData: _, ...rest } = request;
    return { ...one, request: { ...rest, bodySize: -1 } };
  },
  "no bodies of requests, which it says were empty": ({ request, ...one }) => {
    const { postData: _, ...rest } = request;
    return { ...one, request: { ...rest, bodySize: 0 } };
  },
  "no bodies of requests, nor their size": ({ request, ...one }) => {
    const { postData: _, bodySize: __, ...rest } = request;
    return { ...one, request: rest };
  },
  "half of what was sent, and how long it was": (one) => halved(one),
  "half of what was sent to authorization servers": (one) =>
    one.request.url.includes("/as/") ? halved(one) : { ...one },
  "half of all messages": (one) => one.request.url.includes("/v1/mcp") ? halved(one) : { ...one },
  "half of what was answered, and how long it was": ({ response, ...one }) => {
    const text = String(response.content.text ?? "");
    const content = { ...response.content, size: text.length, text: text.slice(0, text.length / 2) };
    return { ...one, response: { ...response, content } };
  },
  "no headers of answers": ({ response, ...one }) => ({ ...one, response: { ...response, headers: [] } }),
  "no session ids in answers": ({ response, ...one }) => {
    const headers = z.array(z.looseObject({ name: z.string() })).parse(response.headers);
    return { ...one, response: { ...response, headers: headers.filter(({ name }) => !/session/i.test(name)) } };
  },
  "no headers of requests": ({ request, ...one }) => ({ ...one, request: { ...request, headers: [] } }),
  "those that a browser shows where it does not know what was sent": (one) => withHeaders(one, provisional),
  "those alone of messages, and all of other requests": (one) =>
    isMessage(one) ? withHeaders(one, provisional) : withHeaders(one, all),
  "those alone of streams, and all of other requests": (one) =>
    one.request.method === "GET" && one.request.url.includes("/v1/mcp")
      ? withHeaders(one, provisional)
      : withHeaders(one, all),
};

for (const version of ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] as const) {
  Deno.test(`a recording that does not tell everything fails no client of ${version}`, async () => {
    const text = foreignHar(await recorded({ version }), { ...elsewhere, isOneOrigin: version === "2025-03-26" });
    for (const [what, alter] of Object.entries(partly)) {
      for (const isWhole of [undefined, true]) {
        const { clients, verdict, reason } = await judge(altered(text, alter), isWhole);
        const broken = clients.flatMap(({ findings }) => findings).filter(({ status }) => status === "broken");
        assert.deepEqual(broken.map(({ rule, detail }) => [rule, detail]), [], what);
        assert.notEqual(verdict, "fail", `${what}: ${reason}`);
      }
    }
  });
}

for (const version of ["2025-11-25", "2026-07-28"] as const) {
  Deno.test(`a client of ${version} is judged alike in whatever way a tool writes what it did`, async () => {
    const slip = "names no resource for the token";
    const text = foreignHar(await recorded({ version, slip, refresh: true, logout: true, listens: true }), elsewhere);
    const findingsOf = ({ clients }: Report): unknown =>
      clients.flatMap(({ findings }) => findings.map(({ rule, status, detail }) => [rule, status, detail]));
    const plain = await judge(text, true);
    assert.deepEqual(plain.clients.map(({ failures }) => failures), [["C14"]]);
    for (const [habit, write] of Object.entries({ ...habits, ...tools })) {
      assert.deepEqual(findingsOf(await judge(altered(text, write), true)), findingsOf(plain), habit);
    }
  });
}

/** Asserts that nothing is held against the clients of an archive. */
async function assertNothingBroken(
  entries: readonly HarEntry[],
  isWhole: boolean | undefined,
  what: string,
): Promise<void> {
  const { clients } = await judge(har(entries), isWhole);
  const broken = clients.flatMap(({ findings }) => findings).filter(({ status }) => status === "broken");
  assert.deepEqual(broken.map(({ rule, detail }) => `${rule}: ${detail}`), [], what);
}

/** Worlds in which what came before, or is not on record, says how to take what comes later. */
const rich: readonly (readonly [rule: string, version: Revision, which: 0 | -1])[] = [
  ["C31", "2025-03-26", 0],
  ["C19", "2025-11-25", 0],
  ["M7", "2025-11-25", 0],
  ["M38", "2025-11-25", 0],
  ["C10", "2026-07-28", 0],
  ["C44", "2026-07-28", -1],
  ["M60", "2026-07-28", -1],
];

for (const [rule, version, which] of rich) {
  Deno.test(`a client of ${version} that does right is not failed by any part of a recording, where ${rule} is at stake`, async () => {
    const world = cases.filter((one) => one.rule === rule).at(which);
    assert(world);
    const { exchanges } = await recordCase(world, version);
    const text = foreignHar(exchanges, { ...elsewhere, isOneOrigin: version === "2025-03-26" });
    const entries: readonly HarEntry[] = JSON.parse(text).log.entries;
    for (const [at, { request }] of entries.entries()) {
      const what = `${at} of ${entries.length}: ${request.method} ${request.url}`;
      await assertNothingBroken(entries.slice(at), undefined, `from ${what}`);
      await assertNothingBroken(entries.slice(0, at), true, `until ${what}`);
      const unanswered = entries.map((one, index) =>
        index === at ? { ...one, response: { ...one.response, status: 0, headers: [], content: {} } } : one
      );
      await assertNothingBroken(unanswered, true, `without an answer to ${what}`);
    }
    for (const [what, isSeen] of Object.entries(seenBy)) {
      await assertNothingBroken(entries.filter(isSeen), undefined, what);
    }
    for (const [what, isLeft] of Object.entries(filters)) {
      for (const isWhole of [undefined, true]) await assertNothingBroken(entries.filter(isLeft), isWhole, what);
    }
  });
}

Deno.test("a recording that tells no more than the second does not show what order alone would show", async () => {
  const text = foreignHar(await recorded({ refresh: true }), elsewhere);
  const seconds = altered(
    text,
    (one) => ({ ...one, startedDateTime: String(one.startedDateTime).replace(/\.\d+/, "") }),
  );
  const statuses = await Promise.all([text, seconds].map(async (one) => statusOf(await judge(one, true), "M16")));
  assert.deepEqual(statuses, ["kept", "not observed"]);
});

Deno.test("a client that was let in before it was refused is judged by how it logs in", async () => {
  const text = foreignHar(await recorded({ slip: "looks for OpenID first" }), elsewhere);
  const entries: readonly HarEntry[] = JSON.parse(text).log.entries;
  const [refused, ...more] = entries;
  assert(refused);
  const answer = { jsonrpc: "2.0", id: 0, result: {} };
  const letIn = {
    ...refused,
    startedDateTime: "2026-01-02T03:04:00.000Z",
    request: {
      ...refused.request,
      postData: { mimeType: "application/json", text: JSON.stringify({ jsonrpc: "2.0", id: 0, method: "ping" }) },
    },
    response: { status: 200, headers: [], content: { mimeType: "application/json", text: JSON.stringify(answer) } },
  };
  assert.equal(statusOf(await judge(har([letIn, ...entries])), "C4"), "broken");
  assert.equal(statusOf(await judge(har(more)), "C4"), "not observed");
});

Deno.test("a header that is not among those that were sent was not sent (RFC 9110 7.2)", async () => {
  for (const endpoint of ["/oauth", "/no-auth"]) {
    const text = foreignHar(await recorded({ slip: "names no version", endpoint }), elsewhere);
    const report = await judge(altered(text, (one) => withHeaders(one, all)));
    assert.deepEqual(report.clients.map(({ failures }) => failures), [["C45"]], endpoint);
  }
});

/** What is broken, and nothing shows any more: it must not seem to be kept. */
const hidden: readonly (readonly [what: string, rule: string, slip: string])[] = [
  ["metadata without its text", "C6", "always registers"],
  ["metadata without its text", "C43", "reads on and on"],
  ["no text of what was posted for", "C16", "redirects elsewhere"],
  ["no text of what was posted for", "C20", "refreshes for ever"],
  ["no text of what was posted for", "M3", "uses an id again"],
  ["no text of what was posted for", "M95", "shares a progress token"],
  ["no bodies of requests", "C11", "sends another verifier"],
  ["no bodies of requests", "C14", "names no resource for the token"],
  ["no bodies of requests", "C25", "takes any iss"],
  ["no bodies of requests", "M100", "answers what was cancelled"],
];

for (const [what, rule, slip] of hidden) {
  Deno.test(`${rule} is not kept by a client that ${slip}, in a recording with ${what}`, async () => {
    const world = cases.find((one) => one.rule === rule && one.slips.some((other) => other === slip));
    const version = world && (world.revisions ?? rules.find(({ id }) => id === rule)?.revisions)?.at(-1);
    const alter = partly[what];
    assert(world && version && alter);
    const { exchanges } = await recordCase(world, version, world.slips.find((one) => one === slip));
    const report = await judge(altered(foreignHar(exchanges, elsewhere), alter), true);
    assert.equal(statusOf(report, rule), "not observed");
    assert.equal(statusOf(report, "C24") === "broken", false, "nobody knows which tokens were issued");
  });
}

Deno.test("what a browser had in its cache was read", async () => {
  const text = foreignHar(await recorded({}), elsewhere);
  const report = await judge(altered(text, (one) => isMetadata(one) ? { ...one, _fromCache: "disk" } : { ...one }));
  assert.deepEqual([report.verdict, statusOf(report, "C1"), statusOf(report, "C14")], ["pass", "kept", "kept"]);
});

Deno.test("what a browser forgot with a page that it left, and then had in its cache, is what was read", async () => {
  const text = foreignHar(await recorded({ slip: "names no resource for the token" }), elsewhere);
  const entries: readonly HarEntry[] = JSON.parse(text).log.entries;
  const cached = entries.filter(isMetadata).map((one) => ({ ...one, _fromCache: "disk" }));
  const at = entries.findIndex(({ request }) => request.url.includes("/as/token"));
  const mixed = [...entries.slice(0, at).map(textless), ...cached, ...entries.slice(at)];
  const timed = mixed.map((one, index) => ({ ...one, startedDateTime: `2026-01-02T03:04:${10 + index}.000Z` }));
  const report = await judge(har(timed), true);
  assert.deepEqual(["C1", "C14"].map((rule) => statusOf(report, rule)), ["kept", "broken"]);
});

Deno.test("a token in an address is seen without any headers", async () => {
  const text = foreignHar(await recorded({ slip: "puts its token into the URL" }), { ...elsewhere, isSanitized: true });
  assert.equal(statusOf(await judge(text), "C23"), "broken");
});

Deno.test("what is left out of a recording excuses nothing that it shows", async () => {
  const text = foreignHar(await recorded({ slip: "sends no challenge" }), elsewhere);
  for (const what of ["metadata that had not changed, with what the cache had", "metadata from a browser's cache"]) {
    const alter = partly[what];
    assert(alter);
    assert.deepEqual((await judge(altered(text, alter))).clients[0]?.failures, ["C11"], what);
  }
});

Deno.test("a person who reloads the page on which they log in is sent back twice, which is one authorization", async () => {
  const text = foreignHar(await recorded({}), elsewhere);
  const entries: HarEntry[] = JSON.parse(text).log.entries;
  const at = entries.findLastIndex(({ request }) => request.url.includes("authorize-x"));
  const asked = entries[at];
  const code = entries.findIndex(({ request }) => request.url.endsWith("token-x"));
  assert(asked && code > at);
  const { headers, redirectURL } = asked.response;
  const page = "https://login.vendor.example/interaction/abc";
  const hop = (url: string, to: string, ms: number): HarEntry => ({
    ...asked,
    startedDateTime: new Date(Date.parse(String(asked.startedDateTime)) + ms).toISOString(),
    time: 1,
    timings: { send: 0, wait: 1, receive: 0 },
    request: { ...asked.request, method: "GET", url },
    response: {
      status: 303,
      headers: to === redirectURL ? headers : [{ name: "location", value: to }],
      content: { size: 0, mimeType: "" },
    },
  });
  const twice = [0, 1].flatMap((
    round,
  ) => [hop(asked.request.url, page, 2 * round), hop(page, String(redirectURL), 2 * round + 1)]);
  const report = await judge(har(entries.toSpliced(at, 1, ...twice)));
  assert.equal(report.verdict, "pass", report.reason);
  assert.equal(statusOf(report, "C11"), "kept");
  // Of one who had begun before, only the way back is on record.
  const late = await judge(har(entries.toSpliced(at, 1, ...twice.slice(1))));
  assert.equal(late.verdict, "pass", late.reason);
});
