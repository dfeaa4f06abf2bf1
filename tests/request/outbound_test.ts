import assert from "node:assert/strict";
import { isPublicAddress } from "../../lib/outbound/ip.ts";
import { createOutbound, type OutboundOptions, type OutboundRequest } from "../../lib/outbound/outbound.ts";

Deno.test("isPublicAddress refuses every special range, in every way of writing it (RFC 6890)", async (t) => {
  const refused = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:a9fe:a9fe",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "2600::5efe:7f00:1",
    "2600::200:5efe:127.0.0.1",
    "4000::1",
    "",
    "localhost",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "8.8.8.8 ",
    "fe80::1%eth0",
    "2600::g",
    "[::1]",
    // Not addresses.
    "2600::1]/",
    "2600::1%eth0",
    "[2600::1]",
    "2600::1::2",
    "2600:::1",
    ":",
    "01.1.1.1",
    "1.1.1",
  ];
  for (const address of refused) await t.step(`refuses ${address}`, () => assert(!isPublicAddress(address)));
  const accepted = [
    "1.1.1.1",
    "8.8.8.8",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001::200e",
    "2001:4860:4860::8888",
  ];
  for (const address of accepted) await t.step(`takes ${address}`, () => assert(isPublicAddress(address)));
});

/** A way out that goes nowhere: what the names mean, what is answered, and who was called. */
function outside(answers: Record<string, () => Response>, more: Partial<OutboundOptions> = {}): {
  readonly go: (request: OutboundRequest) => Promise<{ readonly text: string }>;
  readonly calls: string[];
} {
  const names: Record<string, readonly string[]> = {
    "good.example": ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "evil.example": ["127.0.0.1"],
    "mixed.example": ["93.184.215.14", "10.0.0.1"],
    "mapped.example": ["::ffff:169.254.169.254"],
    "localhost": ["93.184.215.14"],
    "nowhere.example": [],
  };
  const calls: string[] = [];
  const go = createOutbound({
    fetch: (request, address) => {
      calls.push(`${request.url} at ${address}`);
      assert.equal(request.redirect, "manual");
      assert.equal(request.headers.get("authorization"), null);
      return Promise.resolve(answers[request.url]?.() ?? Response.json({ ok: true }));
    },
    resolveDns: (hostname) => Promise.resolve(names[hostname] ?? []),
    sleep: (_, signal) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    local: false,
    ...more,
  });
  return { go, calls };
}

const url = "https://good.example/doc";

Deno.test("an outbound fetch connects to the address that was checked, not to a name (DNS rebinding)", async () => {
  let asked = 0;
  const { go, calls } = outside({}, {
    resolveDns: () => Promise.resolve(asked++ === 0 ? ["93.184.215.14"] : ["127.0.0.1"]),
  });
  assert.equal((await go({ url })).text, '{"ok":true}');
  assert.deepEqual(calls, [`${url} at 93.184.215.14`]);
  assert.equal(asked, 1);
});

Deno.test("an outbound fetch reaches no private address, however it is named (CIMD 6)", async (t) => {
  const urls = [
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:7f00:1::]/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://localhost/",
    "https://app.localhost/",
    "https://evil.example/",
    "https://mixed.example/",
    "https://mapped.example/",
    "https://nowhere.example/",
    "http://good.example/",
    "https://user:pass@good.example/",
    "file:///etc/passwd",
    "data:application/json,{}",
    "not a url",
  ];
  for (const url of urls) {
    await t.step(url, async () => {
      const { go, calls } = outside({});
      await assert.rejects(go({ url }), { name: "OutboundError" });
      assert.deepEqual(calls, []);
    });
  }
});

Deno.test("an outbound fetch checks every redirect again, and follows three (SSRF)", async (t) => {
  const to = (location: string) => (): Response => new Response(null, { status: 302, headers: { location } });
  for (
    const location of [
      "https://127.0.0.1/",
      "https://evil.example/",
      "https://[::ffff:127.0.0.1]/",
      "http://good.example/",
      "//169.254.169.254/",
      "https://user@good.example/",
      "file:///etc/passwd",
    ]
  ) {
    await t.step(location, async () => {
      const { go, calls } = outside({ [url]: to(location) });
      await assert.rejects(go({ url, redirects: 3 }), { name: "OutboundError" });
      assert.equal(calls.length, 1);
    });
  }
  await t.step("none unless asked to", async () => {
    const { go } = outside({ [url]: to("/b") });
    await assert.rejects(go({ url }), /too many redirects/);
  });
  await t.step("a relative one", async () => {
    const { go, calls } = outside({ [url]: to("/b") });
    await go({ url, redirects: 1 });
    assert.deepEqual(calls.map((call) => call.split(" ")[0]), [url, "https://good.example/b"]);
  });
  await t.step("never a fourth", async () => {
    const { go, calls } = outside({ [url]: to(url) });
    await assert.rejects(go({ url, redirects: 9 }), /too many redirects/);
    assert.equal(calls.length, 4);
  });
});

Deno.test("an outbound fetch takes JSON of at most 64 KiB, and only status 200", async (t) => {
  const cases: [string, () => Response, RegExp][] = [
    ["html", () => new Response("<p>", { headers: { "content-type": "text/html" } }), /not application\/json/],
    [
      "a type that only looks so",
      () => new Response("{}", { headers: { "content-type": "application/jsonp" } }),
      /not/,
    ],
    ["too long", () => Response.json("x".repeat(64 * 1024)), /larger than 65536 bytes/],
    ["a failure", () => Response.json({}, { status: 500 }), /status 500/],
    [
      "no UTF-8",
      () => new Response(new Uint8Array([0xff]), { headers: { "content-type": "application/json" } }),
      /fetched/,
    ],
  ];
  for (const [name, answer, expected] of cases) {
    await t.step(name, () => assert.rejects(outside({ [url]: answer }).go({ url }), expected));
  }
});

Deno.test("an outbound fetch ends after five seconds, whether or not its signal is listened to", async () => {
  const waited: number[] = [];
  const { go } = outside({}, {
    fetch: () => new Promise(() => {}),
    sleep: (ms) => (waited.push(ms), Promise.resolve()),
  });
  await assert.rejects(go({ url }), /within 5 seconds/);
  assert.deepEqual(waited, [5000]);
});

Deno.test("an outbound fetch reaches this machine over http in local mode, and no other private host", async () => {
  const { go, calls } = outside({}, { local: true });
  await go({ url: "http://localhost:8080/a" });
  await go({ url: "http://[::1]:8080/a" });
  assert.deepEqual(calls, ["http://localhost:8080/a at 127.0.0.1", "http://[::1]:8080/a at ::1"]);
  for (
    const url of ["http://good.example/", "https://evil.example/", "https://10.0.0.1/", "https://[::ffff:127.0.0.1]/"]
  ) {
    await assert.rejects(go({ url }), { name: "OutboundError" });
  }
  assert.equal(calls.length, 2);
});
