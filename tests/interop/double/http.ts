/** How the test client sends: with a name of its own, with patience, and where a redirect within the origin leads. */
import { pauseOf } from "./readings.ts";
import { type Setting, Stop } from "./options.ts";

/** Its ways to send. */
export interface Http {
  readonly send: (request: Request) => Promise<Response>;
  /** Sends again what a server that is too busy refuses, when it says so. */
  readonly patiently: (ask: () => Promise<Response>) => Promise<Response>;
  readonly get: (url: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;
  readonly postForm: (
    url: string,
    fields: Record<string, string>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>;
  /** Follows a redirect within the origin, with everything it came with. */
  readonly sendOn: (url: string, init: RequestInit) => Promise<Response>;
}

export const USER_AGENT = { "user-agent": "double/1" } as const;

export function createHttp({ options, slip, host, wait }: Setting): Http {
  async function send(request: Request): Promise<Response> {
    let response = await options.send(request.clone());
    for (let again = 0; slip === "repeats what is refused" && again < 6; again++) {
      if (response.status < 400 || response.status === 401) break;
      await response.body?.cancel();
      response = await options.send(request.clone());
    }
    return response;
  }

  async function patiently(ask: () => Promise<Response>): Promise<Response> {
    let response = await ask();
    for (let tries = 0; [429, 503].includes(response.status) && tries < 3; tries++) {
      await response.body?.cancel();
      if (slip !== "does not wait") await wait(pauseOf(response));
      response = await ask();
    }
    return response;
  }

  async function sendOn(url: string, init: RequestInit): Promise<Response> {
    const response = await send(new Request(url, init));
    const location = response.headers.get("location");
    if (response.status !== 307 || location === null) return response;
    const target = new URL(location, url);
    await response.body?.cancel();
    if (target.origin !== host) throw new Stop();
    return await send(new Request(target, init));
  }

  return {
    send,
    patiently,
    sendOn,
    get: (url, headers = {}) => send(new Request(url, { headers: { ...USER_AGENT, ...headers }, redirect: "manual" })),
    postForm: (url, fields, headers = {}) =>
      send(
        new Request(url, {
          method: "POST",
          body: new URLSearchParams(fields),
          headers: { ...USER_AGENT, accept: "application/json", ...headers },
        }),
      ),
  };
}
