/** Every endpoint that reads a body, what it reads, and how much of it: for tests that send each the same wrong thing. */
import { controlEndpoints } from "../../lib/http/endpoints.ts";
import { MAX_BODY_BYTES, MAX_MESSAGE_BYTES } from "../../lib/http/request_body.ts";
import { json, publicClient, type TestApp, text } from "../helpers.ts";

export interface BodyEndpoint {
  readonly method: string;
  readonly path: string;
  readonly type: "application/json" | "application/x-www-form-urlencoded";
  readonly maxBytes: number;
  readonly headers: Readonly<Record<string, string>>;
}

const forms = ["authorize", "token", "revoke", "introspect", "par", "device", "device/verify", "logout"];
const messages = ["no-auth", "conformance", "bearer", "oauth"];

/** All of them; one is asked with a registration of the app's. */
export async function bodyEndpoints(test: TestApp): Promise<readonly BodyEndpoint[]> {
  const registered = await json(await test.postJson("/oauth/register", publicClient));
  const authorization = `Bearer ${text(registered, "registration_access_token")}`;
  const updated = new URL(text(registered, "registration_client_uri")).pathname;
  const of = (
    method: string,
    path: string,
    { type = "application/json", maxBytes = MAX_BODY_BYTES, headers = {} }: Partial<BodyEndpoint> = {},
  ): BodyEndpoint => ({ method, path, type, maxBytes, headers });
  return [
    ...forms.map((name) => of("POST", `/oauth/${name}`, { type: "application/x-www-form-urlencoded" })),
    of("POST", "/idp/token", { type: "application/x-www-form-urlencoded" }),
    of("POST", "/oauth/register"),
    of("PUT", updated, { headers: { authorization } }),
    ...messages.map((name) =>
      of("POST", `/${name}`, { maxBytes: MAX_MESSAGE_BYTES, headers: { authorization: "Bearer x" } })
    ),
    ...controlEndpoints.flatMap(({ name, method, path }) =>
      method === "GET" || method === "DELETE" || name === "control_rotate_keys" ? [] : of(method, path)
    ),
  ];
}
