// Text of others on its way to a terminal, which obeys control characters and is misled by those that turn its direction: a
// client could clear the screen, or write a line that looks like ours.

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Where Unicode has the pictures of the first 32 control characters. */
const PICTURES = 0x2400;
const DELETE = 0x7f;

/** The text in one line, with each control character as one that is seen: `␛` for ESC, `␊` for a line feed. */
export function plainText(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(PICTURES + code) : code === DELETE ? "␡" : "\ufffd";
  });
}

/** A template of our own words, in which every value is {@link plainText}. */
export function plain(words: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return words.map((word, index) => word + plainText(String(values[index] ?? ""))).join("");
}

/** The same JSON, where what {@link plainText} shows is escaped: that of `JSON.stringify` leaves most of it as it is. */
export function plainJson(json: string): string {
  return json.replace(CONTROL, (character) => {
    // Between its values alone, where it is ours.
    if (character === "\n") return character;
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}
