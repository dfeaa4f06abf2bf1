/** How tools write what they have seen: each in its own way, and all of them the same. */
import type { HarEntry } from "./hars.ts";

type Written = Record<string, unknown>;

/** An entry with another URL, where its origin is matched. */
function moved(one: HarEntry, from: RegExp | string, to: string): Written {
  return { ...one, request: { ...one.request, url: one.request.url.replace(from, to) } };
}

/** An entry whose form, if it has one, stands there as fields. */
function withFields({ request, ...one }: HarEntry, fieldsOf: (form: string) => readonly Written[]): Written {
  const { text, mimeType } = typeof request.postData === "object"
    ? { text: "", mimeType: "", ...request.postData }
    : {};
  if (text === undefined || !mimeType?.startsWith("application/x-www-form-urlencoded")) return { ...one, request };
  return { ...one, request: { ...request, postData: { mimeType, params: fieldsOf(text) } } };
}

/** Each way in which one writes it. */
export const habits: Readonly<Record<string, (entry: HarEntry) => Written | readonly Written[]>> = {
  "with the port that goes without saying": (one) => moved(one, /^(https:\/\/[^/:]+)(?=\/)/, "$1:443"),
  "with hosts in capitals": (one) => moved(one, /vendor/, "Vendor"),
  // A proxy that clients know nothing of sees where their requests go, and the name in a header.
  "with the address of a server in place of its name": (one) => {
    const { host, hostname } = new URL(one.request.url);
    const headers = Array.isArray(one.request.headers) ? one.request.headers : [];
    const request = { ...one.request, headers: [{ name: "Host", value: host }, ...headers] };
    return moved({ ...one, request }, hostname, hostname.startsWith("mcp.") ? "203.0.113.7" : "[2001:db8::7]");
  },
  "with a name and password in URLs": (one) => moved(one, /:\/\//, "://user:secret@"),
  "with the fields of forms": (one) =>
    withFields(one, (form) => [...new URLSearchParams(form)].map(([name, value]) => ({ name, value }))),
  "with the fields of forms as they were sent": (one) =>
    withFields(one, (form) =>
      form.split("&").map((field) => {
        const [name, value] = field.split("=");
        return { name, value };
      })),
  // Firefox forgets it of what a page got last before it was left.
  "without the status of what metadata, registrations and streams say": ({ response, ...one }) => ({
    ...one,
    response: /well-known|register|stream/.test(one.request.url + JSON.stringify(response.headers))
      ? { ...response, status: 0, statusText: "", httpVersion: "" }
      : response,
  }),
  "with each entry twice": (one) => [{ ...one }, { ...one }],
};

/** An entry without what was answered: Chromium forgets the bodies of a page that it has left. */
export function textless({ response, ...one }: HarEntry): Record<string, unknown> {
  const { text: _, ...content } = response.content;
  return { ...one, response: { ...response, content } };
}

const typeOf = ({ response }: HarEntry): string => String(response.content.mimeType);

/** What some tools, or what they are set to, do not see at all: all but what each is true for. */
export const seenBy: Readonly<Record<string, (entry: HarEntry) => boolean>> = {
  "what is posted alone": ({ request }) => request.method === "POST",
  "what is fetched alone": ({ request }) => request.method === "GET",
  "nothing but what was answered with 200": ({ response }) => response.status === 200,
  "no errors": ({ response }) => Number(response.status) < 400,
  "the MCP server alone": ({ request }) => !request.url.startsWith("https://login."),
  "the authorization server alone": ({ request }) => request.url.startsWith("https://login."),
  "a program without the browser of its person": ({ request }) => !request.url.includes("authorize"),
  "one page, where another logs in": ({ request }) => !/authorize|token-x/.test(request.url),
  "no streams that have not ended": (one) => one.request.method !== "GET" || !typeOf(one).includes("event-stream"),
};

/** What filters leave of what was recorded from the first request on. */
export const filters: typeof seenBy = {
  "nothing that is only accepted": ({ response }) => response.status !== 202,
  "no metadata": ({ request }) => !request.url.includes("/.well-known/"),
};

/** A header, as tools write it. */
interface Header {
  readonly name: string;
  readonly value: string;
}

/** An entry with other headers of its request. */
export function withHeaders(
  { request, ...one }: HarEntry,
  change: (headers: readonly Header[]) => readonly Header[],
): Record<string, unknown> {
  const headers: readonly Header[] = Array.isArray(request.headers) ? request.headers : [];
  return { ...one, request: { ...request, headers: change(headers) } };
}

/** What a browser shows of a request where it does not know what was sent. */
export const provisional = (headers: readonly Header[]): readonly Header[] =>
  headers.filter(({ name }) => /^(?:accept|content-type|user-agent)$/i.test(name));

/** All that was sent, with what HTTP adds. */
export const all = (headers: readonly Header[]): readonly Header[] => [
  { name: ":authority", value: "mcp.vendor.example:8443" },
  { name: "accept-encoding", value: "gzip, deflate, br" },
  ...headers,
];

/** Whether it is a message to an MCP server. */
export function isMessage({ request }: HarEntry): boolean {
  return JSON.stringify(request.postData ?? "").includes("jsonrpc");
}
