// What a client says of the person: whether they may be asked, how fresh their login has to be, who they may be (OpenID
// Connect Core 3.1.2.1). Nobody stays signed in here, so every login is fresh and the person is always asked.
import { OAuthError } from "../../http/errors.ts";
import type { Params } from "../params.ts";

/** The supported prompts, as metadata advertises them. */
export const prompts = ["none", "login", "consent"] as const;
/** One of {@link prompts}. */
export type Prompt = typeof prompts[number];

const REFERENCE = "OpenID Connect Core 3.1.2.1";

/**
 * Reads `prompt`.
 *
 * @throws OAuthError `invalid_request` for an unknown prompt, and for `none` together with another.
 */
export function parsePrompt(text: string | undefined): readonly Prompt[] {
  const names = (text ?? "").split(" ").filter((name) => name !== "");
  const known = prompts.filter((prompt) => names.includes(prompt));
  if (names.every((name) => prompts.some((prompt) => prompt === name)) && !(names.length > 1 && known[0] === "none")) {
    return known;
  }
  throw new OAuthError("invalid_request", "prompt is not supported", {
    parameter: "prompt",
    received: names.join(" "),
    expected: "none alone, or login and consent",
    reference: REFERENCE,
  });
}

/**
 * Reads `max_age`. There is no older login that it could exclude; `auth_time` in the id_token says so.
 *
 * @throws OAuthError `invalid_request` for anything but a whole number of seconds.
 */
export function checkMaxAge(params: Params): void {
  const text = params.get("max_age");
  if (text === undefined || /^\d{1,12}$/.test(text)) return;
  throw new OAuthError("invalid_request", "max_age is not a number of seconds", {
    parameter: "max_age",
    received: text,
    expected: "a whole number of seconds, 0 or more",
    reference: REFERENCE,
  });
}

/** The refusal of a request that may not ask anybody and does not approve itself. */
export function loginRequired(): OAuthError {
  return new OAuthError("login_required", "Nobody is signed in, and prompt=none forbids asking", {
    parameter: "prompt",
    received: "none",
    expected: "auto_approve=true as well, or another prompt",
    reference: "OpenID Connect Core 3.1.2.6",
  });
}

/** The refusal to answer with another person than the one whose id_token was sent along. */
export function otherPerson(): OAuthError {
  return new OAuthError("login_required", "id_token_hint names another person than the one who signs in", {
    parameter: "id_token_hint",
    expected: "that person's e-mail and password or auto_approve=true, or a request without id_token_hint",
    reference: "OpenID Connect Core 3.1.2.2",
  });
}

/** The refusal of a request that may not ask anybody, whose e-mail and password are wrong. */
export function interactionRequired(problem: string): OAuthError {
  return new OAuthError("interaction_required", `${problem}, and prompt=none forbids asking again`, {
    parameter: "prompt",
    received: "none",
    reference: "OpenID Connect Core 3.1.2.6",
  });
}
