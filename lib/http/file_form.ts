// Forms with files, as browsers send them (RFC 7578), and those without: read by the platform.

/**
 * The fields of a form, by name; of a file its text. Of several with one name the last that is not empty, since a file that
 * nobody has chosen is.
 *
 * @returns Undefined for what is no form.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const body = '--b\r\nContent-Disposition: form-data; name="har"; filename="a.har"\r\n\r\n{}\r\n--b--\r\n';
 * assert.equal((await readFileForm(body, "multipart/form-data; boundary=b"))?.get("har"), "{}");
 * assert.equal(await readFileForm("{}", "application/json"), undefined);
 * ```
 */
export async function readFileForm(
  body: string,
  contentType: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const form = await new Response(body, { headers: { "content-type": contentType } }).formData();
    const fields = new Map<string, string>();
    for (const [name, value] of form) {
      const text = typeof value === "string" ? value : await value.text();
      if (text.trim() !== "" || !fields.has(name)) fields.set(name, text);
    }
    return fields;
  } catch {
    return undefined;
  }
}
