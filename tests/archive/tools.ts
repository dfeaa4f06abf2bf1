/** What entries look like that each tool has written, after what its source or its exports say. */
import { Buffer } from "node:buffer";
import type { HarEntry } from "./hars.ts";

type Written = Record<string, unknown>;

/** A header, a cookie, or a field, as tools write it. */
interface Pair {
  readonly name: string;
  readonly value: string;
}

function pairsIn({ headers }: Written): readonly Pair[] {
  return Array.isArray(headers) ? headers : [];
}

/** A header's name as people write it. */
function titled({ name, value }: Pair): Pair {
  return { name: name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase()), value };
}

/** The same moment an hour to the east, with as many digits of a second as a tool writes. */
function eastern(one: HarEntry, digits: string): string {
  const there = new Date(Date.parse(String(one.startedDateTime)) + 3_600_000).toISOString();
  return there.replace("Z", `${digits}+01:00`);
}

/** What HTTP/2 has in place of a first line. */
function firstLineOf({ request }: HarEntry): readonly Pair[] {
  const { host, pathname, search, protocol } = new URL(request.url);
  return [
    { name: ":method", value: request.method },
    { name: ":authority", value: host },
    { name: ":scheme", value: protocol.slice(0, -1) },
    { name: ":path", value: pathname + search },
  ];
}

/** A body in Base64, with a size of its own. */
function inBase64({ content, ...response }: HarEntry["response"]): Written {
  const bytes = Buffer.from(String(content.text ?? ""));
  const text = content.text === undefined ? {} : { text: bytes.toString("base64"), encoding: "base64" };
  return { ...response, content: { ...content, size: bytes.length, compression: 0, ...text } };
}

/** What was posted, with the fields of a form beside its text. */
function posted({ postData, ...request }: HarEntry["request"], params: boolean): Written {
  if (typeof postData !== "object" || postData === null) return request;
  const { text = "", mimeType = "" } = { text: undefined, mimeType: undefined, ...postData };
  const isForm = String(mimeType).startsWith("application/x-www-form-urlencoded");
  const fields = isForm ? [...new URLSearchParams(String(text))].map(([name, value]) => ({ name, value })) : [];
  return { ...request, postData: isForm && params ? { mimeType, params: fields } : { mimeType, params: fields, text } };
}

/** Each tool's way. */
export const tools: Readonly<Record<string, (entry: HarEntry) => Written | readonly Written[]>> = {
  "by Firefox": (one) => ({
    ...one,
    pageref: "page_1",
    startedDateTime: eastern(one, ""),
    _securityState: "secure",
    serverIPAddress: "203.0.113.7",
    connection: "443",
    request: {
      ...posted(one.request, false),
      httpVersion: "HTTP/2",
      headers: [
        { name: "Host", value: new URL(one.request.url).host },
        ...pairsIn(one.request).map(titled).toReversed(),
      ],
      bodySize: 0,
    },
    response: { ...one.response, headers: pairsIn(one.response).map(titled) },
  }),
  "by Safari": (one) => ({
    ...one,
    pageref: "page_0",
    _fetchType: "Network Load",
    timings: { blocked: -1, dns: -1, connect: -1, ssl: -1, ...Object(one.timings) },
    request: {
      ...posted(one.request, false),
      headers: pairsIn(one.request).map(titled),
      bodySize: -1,
      headersSize: -1,
    },
    response: { ...one.response, _transferSize: 512, bodySize: 100 },
  }),
  "by Charles": (one) => ({
    ...one,
    _charlesStatus: "COMPLETE",
    startedDateTime: eastern(one, ""),
    request: {
      ...posted(one.request, false),
      httpVersion: "HTTP/2.0",
      headers: [...firstLineOf(one), ...pairsIn(one.request)],
    },
    response: { ...inBase64(one.response), headers: [{ name: ":status", value: "200" }, ...pairsIn(one.response)] },
  }),
  "by Proxyman": (one) => ({
    ...one,
    comment: "",
    _isHTTPS: true,
    _clientName: "node",
    request: {
      ...posted(one.request, false),
      httpVersion: "HTTP/2",
      headers: [...firstLineOf(one), ...pairsIn(one.request)],
      cookies: [],
      comment: "",
    },
    response: { ...one.response, cookies: [], comment: "" },
  }),
  "by Fiddler": (one) => [
    {
      startedDateTime: eastern(one, "0000"),
      time: 1,
      request: { method: "CONNECT", url: one.request.url, httpVersion: "HTTP/1.1", headers: [], bodySize: 0 },
      response: { status: 0, headers: [], content: { size: 0, mimeType: "" } },
      timings: { send: -1, wait: -1, receive: -1 },
    },
    {
      ...one,
      startedDateTime: eastern(one, "0000"),
      request: {
        ...one.request,
        headers: [{ name: "Host", value: new URL(one.request.url).host }, ...pairsIn(one.request).map(titled)],
      },
      response: inBase64(one.response),
    },
  ],
  "by Insomnia": (one) => ({
    ...one,
    request: { ...posted(one.request, true), bodySize: -1, headersSize: -1 },
    response: { ...one.response, bodySize: -1, headersSize: -1 },
  }),
  "by mitmproxy": (one) => ({
    ...one,
    startedDateTime: String(one.startedDateTime).replace("Z", "001+00:00"),
    serverIPAddress: "203.0.113.7",
    timings: { connect: null, ssl: null, ...Object(one.timings) },
    request: {
      ...posted(one.request, false),
      ...one.request.method === "POST" && one.request.postData === undefined
        ? { postData: { mimeType: "", text: null, params: [] } }
        : {},
      httpVersion: "HTTP/2.0",
      headers: [{ name: ":authority", value: new URL(one.request.url).host }, ...pairsIn(one.request)],
    },
    response: { ...one.response, content: { ...one.response.content, compression: 0 } },
  }),
  "by Playwright": (one) => ({
    ...one,
    pageref: "page@1",
    _frameref: "frame@1",
    _monotonicTime: 4711.2,
    serverIPAddress: "203.0.113.7",
    _serverPort: 443,
    _securityDetails: {},
    timings: { dns: -1, connect: -1, ssl: -1, ...Object(one.timings) },
    request: { ...posted(one.request, false), headers: [...firstLineOf(one), ...pairsIn(one.request)], bodySize: -1 },
    response: { ...one.response, content: { ...one.response.content, size: -1 }, _transferSize: -1 },
  }),
  "by Chromium": (one) => ({
    ...one,
    _initiator: { type: "script", stack: { callFrames: [] } },
    _priority: "High",
    _resourceType: "fetch",
    _connectionId: "12",
    cache: {},
    connection: "443",
    pageref: "page_1",
    serverIPAddress: "[2001:db8::7]",
    timings: { blocked: 0.4, dns: -1, ssl: -1, connect: -1, _blocked_queueing: 0.2, ...Object(one.timings) },
    request: { ...posted(one.request, false), headers: [...firstLineOf(one), ...pairsIn(one.request)] },
    response: { ...one.response, _transferSize: 512, _error: null, _fetchedViaServiceWorker: false },
  }),
};
