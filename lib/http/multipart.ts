// Forms with files, as browsers send them (RFC 7578): as text, since the files that pages ask for are text.

/** The most parts that are read: pages ask for a few fields. */
const MAX_PARTS = 8;
/** The most that the head of a part may take, in characters. */
const MAX_HEAD = 2000;

/**
 * The fields of a form, by name; of a file its text. Parts that are none are left out.
 *
 * @returns Undefined for what is no such form, or not a whole one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const body = '--b\r\nContent-Disposition: form-data; name="har"; filename="a.har"\r\n\r\n{}\r\n--b--\r\n';
 * assert.equal(parseMultipart(body, "multipart/form-data; boundary=b")?.get("har"), "{}");
 * assert.equal(parseMultipart(body.slice(0, -4), "multipart/form-data; boundary=b"), undefined);
 * ```
 */
export function parseMultipart(body: string, contentType: string): ReadonlyMap<string, string> | undefined {
  const [, quoted, bare] = /^multipart\/form-data\s*;\s*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))\s*$/i
    .exec(contentType.slice(0, MAX_HEAD)) ?? [];
  const delimiter = `--${quoted ?? bare ?? ""}`;
  if (delimiter === "--" || !body.startsWith(delimiter)) return undefined;
  const fields = new Map<string, string>();
  let at = delimiter.length;
  for (let count = 0; count < MAX_PARTS; count++) {
    if (body.startsWith("--", at)) return fields;
    const end = body.indexOf(`\r\n${delimiter}`, at);
    if (end === -1 || !body.startsWith("\r\n", at)) return undefined;
    const head = body.slice(at, Math.min(end, at + MAX_HEAD));
    const split = head.indexOf("\r\n\r\n");
    const [, name] = /^content-disposition:\s*form-data;\s*name="([^"]*)"/im.exec(head.slice(0, Math.max(split, 0))) ??
      [];
    if (name !== undefined) fields.set(name, body.slice(at + split + 4, end));
    at = end + 2 + delimiter.length;
  }
  return undefined;
}
