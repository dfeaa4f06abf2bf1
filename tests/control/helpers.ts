/** What the tests of the control API share. */
import assert from "node:assert/strict";
import { z } from "zod";
import { json, type TestApp } from "../helpers.ts";

/** Calls the control API of a sandbox, and insists that it does what it is asked. */
export async function control(
  { fetch }: Pick<TestApp, "fetch">,
  line: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const response = await send({ fetch }, line, body);
  const answer = await json(response);
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

/** The same, whatever comes of it; a line is a method and a path, such as `POST /control/reset`. */
export function send({ fetch }: Pick<TestApp, "fetch">, line: string, body?: unknown): Promise<Response> {
  const [method = "", path = ""] = line.split(" ");
  return fetch(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

/** A member that is a list of objects. */
export function listOf(answer: Record<string, unknown>, name: string): readonly Record<string, unknown>[] {
  return z.array(z.record(z.string(), z.unknown())).parse(answer[name]);
}

/** The same app, asked below a sandbox's prefix. */
export function below(test: TestApp, prefix: string): TestApp {
  const at = (path: string): string =>
    path.startsWith("http") || path.startsWith("/.well-known") ? path : prefix + path;
  return {
    ...test,
    fetch: (path, init) => test.fetch(at(path), init),
    get: (path, headers) => test.get(at(path), headers),
    postForm: (path, fields, headers) => test.postForm(at(path), fields, headers),
    postJson: (path, body) => test.postJson(at(path), body),
  };
}
