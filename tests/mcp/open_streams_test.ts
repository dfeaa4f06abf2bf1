/** When open streams end: with their session, with a reset of their sandbox, and with the sandbox itself, always at once. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { Sleep } from "../../lib/runtime/sleep.ts";
import { control } from "../control/helpers.ts";
import { below, getTokens, register, type TestApp, testApp, text } from "../helpers.ts";
import { envelope, initialize, rpc } from "./helpers.ts";

const sandbox = "/s/standard~streams";
const accept = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const ofSession = { ...accept, "mcp-protocol-version": "2025-11-25" };
const modern = { ...accept, "mcp-protocol-version": "2026-07-28" };
const delay = { name: "mock_delay", arguments: { delayMs: 10_000, message: "m" }, _meta: { progressToken: 1 } };

type Headers = Readonly<Record<string, string>>;

/** A way to have a stream open. */
interface Kind {
  readonly name: string;
  readonly endpoint: string;
  readonly isOfSession: boolean;
  readonly init: (session: Headers) => RequestInit;
}

function call(params: Record<string, unknown>, headers: Headers, method = "tools/call"): RequestInit {
  return { method: "POST", body: JSON.stringify(rpc(method, params, 7)), headers };
}

const kinds: readonly Kind[] = [
  ...["/no-auth", "/oauth", "/conformance"].map((endpoint): Kind => ({
    name: `GET of a session of ${endpoint}`,
    endpoint,
    isOfSession: true,
    init: (headers) => ({ headers }),
  })),
  ...["/no-auth", "/oauth"].flatMap((endpoint): readonly Kind[] => [
    {
      name: `a call in a session of ${endpoint}`,
      endpoint,
      isOfSession: true,
      init: (session) => call(delay, session),
    },
    {
      name: `a call of ${endpoint} without a session`,
      endpoint,
      isOfSession: false,
      init: ({ authorization = "" }) =>
        call({ ...delay, _meta: { ...envelope, ...delay._meta } }, {
          ...{ ...modern, authorization },
          ...{ "mcp-method": "tools/call", "mcp-name": "mock_delay" },
        }),
    },
  ]),
  {
    name: "subscriptions/listen",
    endpoint: "/conformance",
    isOfSession: false,
    init: () =>
      call(
        { notifications: { toolsListChanged: true }, _meta: envelope },
        { ...modern, "mcp-method": "subscriptions/listen" },
        "subscriptions/listen",
      ),
  },
];

/** What ends them. */
interface End {
  readonly name: string;
  /** Whether it ends also those without a session. */
  readonly isForAll: boolean;
  readonly end: (test: TestApp, path: string, session: Headers) => Promise<unknown>;
}

const ends: readonly End[] = [
  {
    name: "POST /control/reset",
    isForAll: true,
    end: (test) => control(test, `POST ${sandbox}/control/reset`, {}),
  },
  {
    name: "DELETE of a session",
    isForAll: false,
    end: async ({ fetch }, path, session) => {
      assert.equal((await fetch(path, { method: "DELETE", headers: session })).status, 200);
    },
  },
  {
    name: "The end of a sandbox that is idle",
    isForAll: true,
    end: async ({ clock, get }) => {
      clock.nowMs += 26 * 60 * 60 * 1000;
      await (await get("/health")).text();
    },
  },
];

/** Lets a call report its progress once, which opens its stream, and then go on until it is aborted. */
function endlessSleep(onAbort: () => void = () => {}): Sleep {
  const seen = new WeakSet<AbortSignal>();
  return (_, signal) => {
    if (signal && !seen.has(signal)) {
      seen.add(signal);
      return Promise.resolve();
    }
    return new Promise((_, reject) =>
      signal?.addEventListener("abort", () => {
        onAbort();
        reject(signal.reason);
      }, { once: true })
    );
  };
}

/** Begins a session, logged in; gives the headers of what follows in it. */
async function beginSession(test: TestApp, prefix: string, endpoint: string): Promise<Headers> {
  const at = below(test, prefix);
  const { clientId } = await register(at);
  const authorization = `Bearer ${text(await getTokens(at, clientId), "access_token")}`;
  const begun = await at.fetch(endpoint, {
    method: "POST",
    body: JSON.stringify(initialize()),
    headers: { ...accept, authorization },
  });
  await begun.text();
  return { ...ofSession, authorization, "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
}

/** Whether a stream has ended by now: a sign of life, which would have it looked after, comes only after seconds. */
async function hasEnded(response: Response): Promise<boolean> {
  let isOver = false;
  void response.text().catch(() => {}).then(() => isOver = true);
  for (let turn = 0; turn < 50 && !isOver; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  return isOver;
}

for (const { name, isForAll, end } of ends) {
  Deno.test(`${name} ends its streams at once, and no others (MCP transports)`, async (t) => {
    for (const { name: kind, endpoint, isOfSession, init } of kinds) {
      await t.step(kind, async () => {
        await using test = await testApp({ sleep: endlessSleep() });
        const session = await beginSession(test, sandbox, endpoint);
        const stream = await test.fetch(sandbox + endpoint, init(session));
        const other = await test.fetch(endpoint, init(await beginSession(test, "", endpoint)));
        for (const { status, headers } of [stream, other]) {
          assert.deepEqual([status, headers.get("content-type")], [200, "text/event-stream"]);
        }
        await end(test, sandbox + endpoint, session);
        assert.equal(await hasEnded(stream), isForAll || isOfSession);
        assert.equal(await hasEnded(other), false, "a stream of another sandbox");
      });
    }
  });
}

Deno.test("POST /control/reset stops what a session's calls do (design)", async () => {
  const aborted = Promise.withResolvers<void>();
  await using test = await testApp({ sleep: endlessSleep(aborted.resolve) });
  const session = await beginSession(test, sandbox, "/no-auth");
  const stream = await test.fetch(`${sandbox}/no-auth`, call(delay, session));
  await control(test, `POST ${sandbox}/control/reset`, {});
  await aborted.promise;
  await stream.text();
});
