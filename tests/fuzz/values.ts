/** Values that are wrong, odd, or at the edge of what can be. */
import type { Chance } from "./chance.ts";
import type { Json } from "./message.ts";

/** What would be seen unescaped in a page, and as a header that was put in from outside. */
export const MARKER = "<zqx";
/** The name of a header that only a line break in a value can bring about. */
export const INJECTED = "x-zqx-injected";

const odd: readonly string[] = [
  "",
  " ",
  "\0",
  "a\0b",
  `a\r\n${INJECTED}: 1`,
  `a\n${INJECTED}: 1`,
  "漢",
  "\ud800",
  "a\udfffb",
  "😀",
  "e\u0301\u202e\ufeff\u2028",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "undefined",
  "NaN",
  "-1",
  "1e309",
  "9007199254740993",
  "0x10",
  "%00",
  "%",
  "%zz",
  "%E6%BC%A2",
  "%25252e",
  "..",
  "../../etc/passwd",
  "{issuer}",
  "{query.x}",
  "{body.a.b}",
  "${7*7}",
  `${MARKER}>`,
  `"><img src=x onerror=alert(1)>${MARKER}`,
  "javascript:alert(1)",
  "*",
  "a,b",
  "a;b=c",
  "[",
  "]",
  "\\",
  "'",
  "\t",
];

const units: readonly string[] = ["a", "漢", "漢", "é", "😀", '"', "\\", "<", "a ", "\u0001"];
/** Around the limits of schemas, of rows in the store, and of bodies. */
const edges: readonly number[] = [
  100,
  255,
  256,
  1024,
  2048,
  4096,
  5400,
  8192,
  16_384,
  32_768,
  33_000,
  49_152,
  60_000,
  65_536,
  131_072,
  524_288,
  1_048_576,
  2_000_000,
];

/** URIs that lead where nobody should be sent. */
const uris: readonly string[] = [
  "//evil.example/cb",
  "javascript:alert(1)",
  "data:text/html,<zqx>",
  "com.example.app:/cb",
  "http://[::ffff:127.0.0.1]/cb",
  "http://0x7f.1/cb",
  "http://evil.example/cb",
  "https://xn--/cb",
  "https://client.example/cb?a=<<rep:3000:b>>",
  "<<listener>>/document",
];

/** URIs that clients have. */
const plainUris: readonly string[] = [
  "https://client.example/cb",
  "http://localhost/cb",
  "http://127.0.0.1:3000/cb",
  "http://[::1]/cb",
];

/** Ways to write a URI that parsers read differently. */
const twists: readonly ((uri: string) => string)[] = [
  ...["0", "65536", "99999", "-1", "٣"].map((port) => (uri: string) =>
    uri.replace(/^(\w+:\/\/[^/]*?)(:\d+)?\//, `$1:${port}/`)
  ),
  (uri) => uri.replace(/\/cb/, "\\.evil.example/cb"),
  (uri) => uri.replace("://", "://evil.example\\@"),
  (uri) => uri.replace("://", ":"),
  (uri) => uri.replace("://", ":/"),
  (uri) => uri.replace("://", ":\\\\"),
  (uri) => uri.replace("/cb", "\t/cb"),
  (uri) => uri.replace("/cb", "\r\n.evil.example/cb"),
  (uri) => uri.replace("://", "://user:<<secret-marker:Userinfo>>@"),
  (uri) => uri.replace(/\/cb/, "@evil.example/cb"),
  (uri) => `${uri}#fragment`,
  (uri) => uri.replace("/cb", "/a/../cb"),
  (uri) => uri.replace("/cb", "/%2e%2e/cb"),
  (uri) => uri.replace("/cb", "./cb"),
  (uri) => uri.toUpperCase(),
];

/** A text that is wrong in some way. */
export function oddText(chance: Chance): string {
  return chance.pickWeighted<() => string>([
    [5, () => chance.pick(odd)],
    [2, () => oddUri(chance)],
    [4, () => longText(chance)],
  ])();
}

/** A URI that is wrong in some way. */
export function oddUri(chance: Chance): string {
  return chance.happens(0.25) ? chance.pick(uris) : chance.pick(twists)(chance.pick(plainUris));
}

/** A long text, as the macro that stands for it. */
export function longText(chance: Chance, { lowest = 100, highest = 300_000 } = {}): string {
  const edge = chance.pick(edges.filter((size) => size >= lowest && size <= highest));
  return `<<rep:${edge + chance.pick([-1, 0, 1])}:${chance.pick(units)}>>`;
}

/** JSON that is wrong in some way: of another type, of another size, or deep. */
export function oddJson(chance: Chance): Json {
  return chance.pickWeighted<() => Json>([
    [4, () => oddText(chance)],
    [3, () => deep(chance)],
    [
      4,
      () =>
        chance.pick<Json>([null, true, false, 0, -1, 1.5, 1e21, 9007199254740993, [], {}, [null], { a: 1 }, [[[]]], {
          then: 1,
        }]),
    ],
    [1, () => chance.pick(["<<number:1e400>>", "<<number:-0>>", `<<number:${"9".repeat(400)}>>`])],
    [1, () => Array.from({ length: chance.pick([0, 1, 21, 51, 101, 1000]) }, () => "x")],
    [1, () => Object.fromEntries([["__proto__", 1], ["constructor", { prototype: 1 }], ["x", 1]])],
  ])();
}

/** Deep JSON, as the macro that stands for it: of 10 to 5,000 levels. */
export function deep(chance: Chance): string {
  const levels = chance.happens(0.3) ? chance.between(10, 1000) : chance.between(1000, 5000);
  return `<<deep:${chance.pick(["object", "list", "mixed"])}:${levels}>>`;
}

/** A value of another type than claims have. */
export function oddClaim(chance: Chance): Json {
  return chance.pick<Json>([0, -1, 1e20, null, true, false, {}, [], [0], { a: 1 }, "", "x", MARKER, ["a", 1], 1.5]);
}

/** Values of headers that browsers, proxies and libraries send or should not. */
export const oddHeaders: readonly (readonly [name: string, values: readonly string[]])[] = [
  ["host", [
    "[",
    "[::1",
    "a b",
    "127.0.0.1:99999",
    "127.0.0.1:abc",
    "@",
    "%00",
    "xn--",
    "a<b>.localhost",
    "^.localhost",
    "",
    "evil.example",
    "standard.localhost",
    "LOCALHOST",
    "127.1",
    "漢",
    "a".repeat(300),
  ]],
  ["origin", [
    "null",
    "http://evil.example",
    "http://localhost",
    "file://",
    "",
    "http://127.0.0.1.evil.example",
    MARKER,
  ]],
  ["sec-fetch-site", ["cross-site", "same-site", "same-origin", "none", "odd"]],
  ["sec-fetch-dest", ["image", "document", "serviceworker", "script", "empty"]],
  ["accept", ["text/html", "*/*", "", "application/json;q=0", "text/event-stream", "a/b,".repeat(2000)]],
  ["content-type", [
    "application/json; charset=utf-16",
    "text/plain",
    "APPLICATION/JSON",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json, text/html",
    "",
    ";",
    "text/html",
  ]],
  ["content-encoding", ["gzip", "br", "identity"]],
  ["authorization", [
    "Bearer",
    "bearer <<access_token>>",
    "Bearer  <<access_token>>",
    "Bearer <<access_token>>==",
    "Bearer <<access_token>>=",
    "Bearer <<access_token>>,x",
    "DPoP <<access_token>>",
    "Basic <<access_token>>",
    "Basic Og==",
    "Basic %%%",
    "Bearer <<refresh_token>>",
    "Bearer <<id_token>>",
    "Bearer <<rep:9000:a.>>",
    "Bearer <<minted>>",
  ]],
  ["mcp-protocol-version", ["2026-07-28", "2024-11-05", "x", "", "9999-99-99"]],
  ["mcp-session-id", ["x", "<<rep:5000:a>>", "<<session_no_auth>>", "<<session_oauth>>"]],
  ["last-event-id", ["x", "<<rep:5000:a>>", "a.1", "0"]],
  ["x-forwarded-for", ["1.2.3.4", "::1", "127.0.0.1", "<<rep:200:1,>>"]],
  ["x-forwarded-host", ["evil.example"]],
  ["x-forwarded-proto", ["https", "javascript"]],
  ["x-http-method-override", ["DELETE"]],
  ["range", ["bytes=0-1", "bytes=-1"]],
  ["if-none-match", ["*"]],
  ["expect", ["100-continue", "x"]],
  ["upgrade", ["websocket", "h2c"]],
  ["cookie", ["a=1; b=<<secret-marker:Cookie>>", "<<rep:8000:a>>"]],
  ["user-agent", ["<<rep:5000:漢>>", MARKER, ""]],
  ["dpop", ["x", "<<dpop:GET /oauth/token>>", "<<access_token>>"]],
  ["referer", ["http://evil.example/"]],
];
