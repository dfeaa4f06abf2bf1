// Text that goes into XML.

/** Attributes of an element, with a space before each. */
export function attributesOf(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`).join("");
}

/** Text as it may stand in an element or an attribute. */
export function escapeXml(text: string): string {
  // XML 1.0 has no way to write most control characters, and a terminal obeys some of the others.
  return text.replace(/[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
