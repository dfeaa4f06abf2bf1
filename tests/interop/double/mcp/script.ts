/** What the test client does at each step of a script. */
import type { DrivenCall, DriverStep } from "../../../../lib/scenarios/driver_step.ts";
import type { Login } from "../oauth/login.ts";
import type { Setting } from "../options.ts";
import type { Document } from "../readings.ts";
import type { Mcp } from "./client.ts";
import { listTools } from "./pages.ts";
import { react } from "./reactions.ts";
import { cancelTask, followTask, mayBeTask, taskParams } from "./tasks.ts";
import type { Answer } from "./inbox.ts";
import { canRead, handBack, readLinks, readSchemas, reportOutcome } from "./schemas.ts";
import { createSkills } from "./skills.ts";
import { argumentHeaders, argumentsFor } from "./tool_headers.ts";

/** A step within a connection. */
type Step = Exclude<DriverStep, { readonly do: "log_out" | "end" }>;
type Call = DrivenCall & { readonly progress?: true };
type Prompting = Omit<Extract<DriverStep, { readonly do: "get_prompt" }>, "do">;
type Cancelling = { readonly after_ms: number };

/** What it does wrong as it follows one. */
export type ScriptSlip = "keeps an old list" | "subscribes where nobody may";

/** Makes what follows a script, step by step. */
export function createFollower(mcp: Mcp, setting: Setting, login: Login): (step: Step) => Promise<void> {
  const { slip } = setting;
  const { call, link } = mcp;
  const answered = new Map<string, Answer | undefined>();
  const skills = createSkills(mcp, setting);
  /** What the server has not declared, it does not have. */
  const has = (capability: string): boolean =>
    !link.capabilities || capability in link.capabilities || slip === "asks for what was not declared";

  /** Lists again what the server has said has changed. */
  async function refresh(list: string, again: () => Promise<unknown>): Promise<void> {
    if (link.changed.delete(list) && slip !== "keeps an old list") await again();
  }

  async function callTool({ tool: name, arguments: given, progress }: Call): Promise<void> {
    if (!has("tools")) return;
    await refresh("tools", () => listTools(mcp, setting));
    if (slip === "asks for the era before every call") await mcp.askForEra();
    const schema = link.tools.get(name);
    // What was not listed is not there.
    if (slip === undefined && schema === undefined && link.tools.size > 0) return;
    if (!canRead(schema, setting)) return;
    const args = given ?? (schema === undefined ? { message: "m", title: "t", content: "c" } : argumentsFor(schema));
    const isInvalid = link.isModern() && argumentHeaders(schema, args) === undefined;
    if (isInvalid && slip !== "calls tools with invalid marks") return;
    const params: Document = {
      name,
      arguments: args,
      ...progress ? { _meta: { progressToken: name } } : {},
      ...taskParams(link, name, setting),
    };
    const answer = await call("tools/call", params);
    await react(mcp, setting, { login, params, answer });
    await followTask(answer, mcp, setting);
    answered.set(name, answer);
    if (!setting.options.driver) await reportOutcome(mcp, setting, name, answer);
    await readLinks(mcp, setting, answer);
    if (slip === "discovers again for another name" && link.isModern()) await call("server/discover");
  }

  /** From 2026-07-28 on a call is cancelled by going away from it. */
  async function cancel({ tool: name, arguments: args = {}, after_ms }: DrivenCall & Cancelling): Promise<void> {
    if (mayBeTask(link, name, setting)) {
      const answer = await call("tools/call", { name, arguments: args, ...taskParams(link, name, setting) });
      await setting.wait(after_ms);
      return await cancelTask(answer, mcp, setting);
    }
    const running = link.post("tools/call", { name, arguments: args });
    await setting.wait(after_ms);
    if (!link.isModern()) await call("notifications/cancelled", { requestId: JSON.parse(running.id ?? "null") });
    running.abort();
    await running.response.then((response) => response.body?.cancel()).catch(() => {});
  }

  async function listPrompts(): Promise<void> {
    const answer = await call("prompts/list");
    if (answer?.error && slip === "looks for another transport") await (await link.get().response).body?.cancel();
  }

  async function getPrompt({ prompt: name, arguments: args = {} }: Prompting): Promise<void> {
    await refresh("prompts", listPrompts);
    await call("prompts/get", { name, arguments: args });
  }

  async function read(uri: string): Promise<void> {
    await refresh("resources", () => mcp.read("resources/list"));
    const answer = await mcp.read("resources/read", { uri });
    if (answer?.error && slip === "looks for another transport") await (await link.get().response).body?.cancel();
    if (slip === "takes a task for any result") await followTask(answer, mcp, setting);
    if (slip === "subscribes where nobody may" && !link.isModern()) await call("resources/subscribe", { uri });
  }

  return async (step) => {
    switch (step.do) {
      case "connect":
        return await mcp.open();
      case "listen":
        return await mcp.listen(step.notifications);
      case "answer":
        link.answer = step;
        return;
      case "list_tools":
        if (!has("tools")) return;
        await listTools(mcp, setting);
        await readSchemas(mcp, setting);
        if (slip === "polls a task that nobody declared" && link.isModern()) await call("tasks/get", { taskId: "t" });
        return;
      case "list_prompts":
        return has("prompts") ? await listPrompts() : undefined;
      case "list_resources":
        return has("resources") ? void await mcp.read("resources/list") : undefined;
      case "list_skills":
        return has("resources") ? await skills.list() : undefined;
      case "load_skill":
        return has("resources") ? await skills.load(step.uri) : undefined;
      case "list_resource_templates":
        return has("resources") ? void await call("resources/templates/list") : undefined;
      case "call":
        return await callTool(step);
      case "call_at_once":
        return void await Promise.all(step.calls.map(callTool));
      case "cancel":
        return await cancel(step);
      case "report":
        return await reportOutcome(mcp, setting, step.tool, answered.get(step.tool));
      case "hand_back_schema":
        return await handBack(mcp, setting, step.tool);
      case "read":
        return has("resources") ? await read(step.uri) : undefined;
      case "get_prompt":
        return has("prompts") ? await getPrompt(step) : undefined;
      case "wait":
        // What is on its way arrives before any time has passed.
        await new Promise((resolve) => setTimeout(resolve));
        return await mcp.idle(step.clock_ms ?? step.ms ?? 0);
      case "switch_user":
        return await mcp.logInAnew();
    }
  };
}
