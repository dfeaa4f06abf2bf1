// The words of forms (`application/x-www-form-urlencoded`).

/** What stands in a form as a name or value; as it is where that cannot be decoded. */
export function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
