// Secrets of other services, known by how they begin, and private keys: a recording of a server shows what its tools were
// called with.

/** How keys and tokens begin, and what follows: so long that no word is one. */
const shapes = [
  // GitHub, GitLab, npm, Hugging Face
  "gh[pousr]_\\w{20,}",
  "github_pat_\\w{20,}",
  "glpat-[\\w-]{20,}",
  "npm_[A-Za-z0-9]{20,}",
  "hf_[A-Za-z0-9]{20,}",
  // OpenAI, Anthropic, Stripe; a name such as sk-learn-extensions-for-tests has small letters alone
  "sk-(?=[\\w-]{0,100}[A-Z0-9])[\\w-]{20,}",
  "[rs]k_(?:live|test)_\\w{16,}",
  // Slack
  "xox[a-z]-[\\w-]{10,}",
  "xapp-[\\w-]{10,}",
  // Amazon, Google
  "A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])",
  "AIza[\\w-]{30,}",
  "ya29\\.[\\w-]{20,}",
];

const KNOWN = new RegExp(`(?<![A-Za-z0-9])(?:${shapes.join("|")})`, "g");
/** RFC 7468 10 and 11; one that was cut off goes to the end of the text. */
const PRIVATE_KEY = /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)([^]*?)(-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g;
/** Each of them has one of these in it. */
const BEGINNING = /gh[pousr]_|github_pat_|glpat-|npm_|hf_|[rs]k[-_]|xox[a-z]-|xapp-|A[KS]IA|AIza|ya29\.|PRIVATE KEY/;

/** Whether a text may have one in it. */
export function mayHaveKnownShape(text: string): boolean {
  return BEGINNING.test(text);
}

/**
 * Replaces them.
 *
 * @param secret What is shown instead of one.
 */
export function redactKnownShapes(text: string, secret: (value: string) => string): string {
  return text.replace(KNOWN, (value) => secret(value))
    .replace(PRIVATE_KEY, (_, begin: string, key: string, end: string) => begin + secret(key) + end);
}
