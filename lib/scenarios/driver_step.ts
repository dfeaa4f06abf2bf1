// What a client must be made to do for a scenario to show what it is about, as steps that a program can follow. A step that
// fails is no reason to stop: the next one is tried all the same.

/** A call of a tool; it is left out where the client does not have the tool. */
export interface DrivenCall {
  /** The tool's name. */
  readonly tool: string;
  /** What it is called with; nothing if not given. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** One thing that a client has to be made to do. */
export type DriverStep =
  /**
   * Connect, and log in where that is asked for. After `end`, or where the client has given up, the same program is started
   * again, with all that it keeps.
   */
  | { readonly do: "connect" }
  /** Listen to what the server says unasked, if the client does not by itself; to all of it, or to what the filter has. */
  | { readonly do: "listen"; readonly notifications?: Readonly<Record<string, unknown>> }
  /** List what there is, all pages of it. */
  | { readonly do: "list_tools" | "list_resources" | "list_resource_templates" | "list_prompts" | "list_skills" }
  /** Call a tool, and ask to be told of its progress if the step says so. */
  | { readonly do: "call"; readonly progress?: true } & DrivenCall
  /** Make several calls, each before the others are answered. */
  | { readonly do: "call_at_once"; readonly calls: readonly DrivenCall[] }
  /** Call a tool, and cancel the call, or the task that it has become, after this time, in milliseconds. */
  | { readonly do: "cancel"; readonly after_ms: number } & DrivenCall
  /** Say what became of the last call of a tool: `report_outcome` with `{ tool, outcome: "result" }`, or `"error"`. */
  | { readonly do: "report"; readonly tool: string }
  /** Hand back a tool's inputSchema as the client has it: `json_schema_echo` with `{ tool, schema }`. */
  | { readonly do: "hand_back_schema"; readonly tool: string }
  /** Read a resource. */
  | { readonly do: "read"; readonly uri: string }
  /** Load a skill, as if its person had asked for it: read its `SKILL.md`, and the other files if that is as it was listed. */
  | { readonly do: "load_skill"; readonly uri: string }
  /** Get a prompt. */
  | { readonly do: "get_prompt"; readonly prompt: string; readonly arguments?: Readonly<Record<string, string>> }
  /** From now on, answer forms so; a client is to accept them with what they fill in, if nothing is said. */
  | {
    readonly do: "answer";
    readonly action: "accept" | "decline" | "cancel";
    readonly content?: Readonly<Record<string, unknown>>;
  }
  /**
   * Let time pass: `clock_ms` on the clock of the sandbox, with `POST /control/clock`, and on the client's, if that can be
   * moved; `ms` in truth.
   */
  | { readonly do: "wait"; readonly clock_ms?: number; readonly ms?: number }
  /** Have another person log in, in the same program. */
  | { readonly do: "switch_user" }
  /** Have the person log out, with the token revoked. */
  | { readonly do: "log_out" }
  /** Disconnect, and end the program. */
  | { readonly do: "end" };
