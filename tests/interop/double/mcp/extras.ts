/** What the test client does beside its work, where a test wants to see it. */
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import type { Mcp } from "./client.ts";

/** What it can do. */
export const extras = {
  "asks for progress": async ({ call }) => {
    const ask = (token: unknown): Promise<unknown> => call("tools/call", { ...echo, _meta: { progressToken: token } });
    await ask("first");
    await ask(2);
  },
  "calls twice at once": async ({ call }) => {
    await Promise.all(["p1", "p2"].map((token) => call("tools/call", { ...echo, _meta: { progressToken: token } })));
  },
  "is traced": async ({ call }) => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await call("tools/call", {
      ...echo,
      _meta: { traceparent, tracestate: "congo=t61rcWkgMzE", baggage: "userId=alice" },
    });
  },
  "cancels a call": async ({ link, call }, { wait }) => {
    const running = link.post("tools/call", { name: "mock_delay", arguments: { delayMs: 10_000, message: "m" } });
    const requestId = JSON.parse(running.id ?? "null");
    await call("notifications/cancelled", { requestId, reason: "Nobody waits for it" });
    running.abort();
    await running.response.then((response) => response.body?.cancel()).catch(() => {});
    await wait(5000);
  },
  "sets a log level": async ({ link, call }) => {
    if (link.isModern()) {
      await call("tools/call", { ...echo, _meta: { "io.modelcontextprotocol/logLevel": "warning" } });
    } else await call("logging/setLevel", { level: "warning" });
  },
  "lists prompts": async ({ call, link }, { slip }) => {
    const answer = await call("prompts/list");
    if (answer?.error && slip === "looks for another transport") await (await link.get().response).body?.cancel();
  },
  "lists tasks": async ({ link, call }, { slip }) => {
    let cursor: string | undefined;
    for (let page = 0; page < 8 && !link.isModern(); page++) {
      const answer = await call("tasks/list", cursor === undefined ? {} : { cursor });
      const next = answer?.result?.nextCursor;
      if (typeof next !== "string") return;
      cursor = slip === "changes the cursors of tasks" ? next.toUpperCase() : next;
    }
  },
  "shows icons": async ({ link }, { options, slip, host }) => {
    for (const src of link.icons) {
      if (!src.startsWith(`${host}/`) && slip !== "shows icons of any origin") continue;
      const headers = new Headers({ "user-agent": "double/1", accept: "image/*" });
      if (slip === "sends a token for icons") headers.set("authorization", "Bearer of-the-user");
      const response = await options.send(new Request(src, { headers, redirect: "manual" }));
      await response.body?.cancel();
      const location = response.headers.get("location");
      if (location === null || slip !== "follows redirects of icons") continue;
      await (await options.send(new Request(location, { headers }))).body?.cancel();
    }
  },
  "opens another folder": async ({ link, call }, { slip, wait }) => {
    link.root = "file:///other";
    if (slip !== "changes its roots silently") await call("notifications/roots/list_changed");
    for (const name of link.tools.keys()) if (name.startsWith("ask")) await call("tools/call", { name });
    await wait(5000);
    await call("tools/call", echo);
  },
  "pings now and then": async ({ call, link }, { slip, wait }) => {
    for (let ping = 0; ping < 12 && !link.isModern(); ping++) {
      await call("ping");
      if (slip !== "pings without end") await wait(2000);
    }
  },
  "reads missing resources": async ({ call, link }, { slip }) => {
    for (const uri of ["missing://one", "missing://two"]) {
      const answer = await call("resources/read", { uri });
      if (answer?.error && slip === "looks for another transport") await (await link.get().response).body?.cancel();
    }
    await call("tools/list");
  },
  "completes an argument": async ({ call }, { slip, wait }) => {
    for (const value of ["", "p", "pa", "par", "pari", "paris"]) {
      await call("completion/complete", {
        ref: { type: "ref/prompt", name: "test_prompt_with_arguments" },
        argument: { name: "arg1", value },
      });
      if (slip !== "completes at every keystroke") await wait(250);
    }
  },
} as const satisfies Readonly<Record<string, (mcp: Mcp, setting: Setting) => Promise<void>>>;

const echo: Document = { name: "mock_echo", arguments: { message: "m" } };

/** One of them. */
export type Extra = keyof typeof extras;

/** What it does wrong there, beside single messages. */
export type ExtraSlip =
  | "completes at every keystroke"
  | "pings without end"
  | "sends a token for icons"
  | "shows icons of any origin"
  | "follows redirects of icons";
