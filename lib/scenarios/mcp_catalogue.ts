// What an MCP server declares, and what it gives when it is asked: tools, resources, templates and prompts as data. What the
// protocol has a name for keeps it, so that what a real server has answered can be written down as it is.
import type {
  BlobResourceContents,
  ContentBlock,
  Implementation,
  LoggingLevel,
  Prompt,
  PromptMessage,
  Resource,
  ResourceTemplateType,
  TextResourceContents,
  Tool,
} from "@modelcontextprotocol/server";

/** What a client can be asked. */
export interface Question {
  /** For a person's input, a model's answer, or the roots. */
  readonly method: "elicitation/create" | "sampling/createMessage" | "roots/list";
  /** As the protocol has them; one in URL mode without `url` is asked on a page of ours. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/** Questions that are asked at once, by names that the answers to them have as well. */
export type Questions = Readonly<Record<string, Question>>;

/** What every kind of answer can be or have. */
export interface AnyAnswer {
  /**
   * The arguments that it is for, all of them. Where some answers are for those that came, these are given in turn; else those
   * that are for any; and where there are none, all of them.
   */
  readonly when?: Readonly<Record<string, unknown>>;
  /** How long it takes, in milliseconds. */
  readonly delay_ms?: number;
  /** Whether it never comes. */
  readonly never?: true;
  /** An error of the protocol instead of a result. */
  readonly error?: {
    /** Its number. */
    readonly code: number;
    /** What it says. */
    readonly message: string;
    /** What else it says. */
    readonly data?: unknown;
  };
  /**
   * What the client is asked before that, as `input_required` has it from 2026-07-28 on, and as requests of the server in
   * earlier revisions; a list for questions that come one after another.
   */
  readonly inputRequests?: Questions | readonly Questions[];
  /**
   * Whether questions in URL mode are asked by the error -32042 in 2025-11-25, which calls are answered with until a person
   * has opened the pages.
   */
  readonly url_required?: true;
  /**
   * What `requestState` says in each of these rounds, from 2026-07-28 on; null where it says nothing. Without it the server's
   * own, sealed. It is also how the server knows the round, so that no two can have one.
   */
  readonly requestStates?: readonly (string | null)[];
  /** Members of the result that clients may ignore. */
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/** One report of a call's progress. */
export interface ProgressReport {
  /** How far it is. */
  readonly progress: number;
  /** How far it will come. */
  readonly total?: number;
  /** What it does. */
  readonly message?: string;
}

/** One line of a log. */
export interface LogLine {
  /** How much it matters. */
  readonly level: LoggingLevel;
  /** What it says. */
  readonly data: unknown;
}

/** A state of a task, and how long it lasts. */
export interface TaskState {
  /** How it goes on, waits for the client, or has ended; what ends it otherwise is the answer. */
  readonly status: "working" | "input_required" | "cancelled";
  /** How long it lasts, in milliseconds; without it, `working` never ends and `input_required` ends with the answers. */
  readonly for_ms?: number;
  /** What it says of itself. */
  readonly statusMessage?: string;
  /** How long clients should wait before they ask again, from now on. */
  readonly poll_interval_ms?: number;
  /** What the client is asked in this state. */
  readonly inputRequests?: Questions;
}

/** What becomes of a call before its answer is there. */
export interface TaskGives {
  /** Its states, one after the other; then comes the answer. Without them, the answer is there at once. */
  readonly states?: readonly TaskState[];
  /** How long clients should wait before they ask again, in milliseconds. */
  readonly poll_interval_ms?: number;
  /** How long it is kept, in milliseconds; an hour if not said, or what a client of 2025-11-25 asks for; null for good. */
  readonly ttl_ms?: number | null;
  /** Whether a client that waits for its result in 2025-11-25 is told of each state. */
  readonly notifies?: boolean;
}

/** What a call of a tool gives. */
export interface ToolGives extends AnyAnswer {
  /**
   * That the call is a task, where the client can have one: where it asks for one (2025-11-25), or knows the extension
   * `io.modelcontextprotocol/tasks` (2026-07-28). Any other client gets the answer as if this was not there.
   */
  readonly task?: TaskGives;
  /** Its content, of any type. */
  readonly content?: readonly ContentBlock[];
  /** Its content as data. */
  readonly structuredContent?: unknown;
  /** Whether the tool says that it has failed. */
  readonly isError?: boolean;
  /** What a client that asks for it is told meanwhile, spread over the delay. */
  readonly progress?: readonly ProgressReport[];
  /** Lines of a log that it sends, to clients that want lines of their level. */
  readonly logs?: readonly LogLine[];
  /** URIs of resources that it says have changed, to clients that have subscribed to them. */
  readonly updates?: readonly string[];
}

/** How long a result may be kept, and by whom, as 2026-07-28 says it. */
export interface Cacheable {
  /** For how long, in milliseconds; 0 if not said. */
  readonly ttlMs?: number;
  /** Whether for everyone, or for this caller alone, as it is if not said. */
  readonly cacheScope?: "public" | "private";
}

/** What reading a resource gives. */
export interface ResourceGives extends AnyAnswer, Cacheable {
  /** What it holds; a part without `uri` has the one that was asked for. */
  readonly contents?: readonly (
    | Omit<TextResourceContents, "uri"> & { readonly uri?: string }
    | Omit<BlobResourceContents, "uri"> & { readonly uri?: string }
  )[];
}

/** What a prompt gives. */
export interface PromptGives extends AnyAnswer {
  /** What it is. */
  readonly description?: string;
  /** What it says, to whom. */
  readonly messages?: readonly PromptMessage[];
}

/** One answer, or several that are given in turn, counted per sandbox: the last one stays. */
export interface Answering<Gives> {
  /** One answer, or several; without it, an answer is made up. */
  readonly answer?: Gives | readonly Gives[];
}

/** Values that complete what a person has typed so far. */
export interface Completed {
  /** By the name of an argument or a variable. */
  readonly complete?: Readonly<Record<string, readonly string[]>>;
}

/** A JSON Schema, word for word. */
type Written = { readonly [keyword: string]: unknown };

/** A tool, as `tools/list` shows it, and what it gives. */
export type CatalogueTool = Omit<Tool, "inputSchema" | "outputSchema"> & Answering<ToolGives> & {
  readonly inputSchema: Written & { readonly type: "object" };
  readonly outputSchema?: Written;
  /** How many there are of it, named `<name>-1` and so on; one, with its own name, if not said. */
  readonly copies?: number;
  /** How it may be called, as the tools of ChatGPT apps say it. */
  readonly securitySchemes?: readonly Written[];
};
/** A resource, as `resources/list` shows it, and what it gives. */
export type CatalogueResource = Resource & Answering<ResourceGives>;
/** A template, as `resources/templates/list` shows it, and what it gives. */
export type CatalogueTemplate = ResourceTemplateType & Answering<ResourceGives> & Completed;
/** A prompt, as `prompts/list` shows it, and what it gives. */
export type CataloguePrompt = Prompt & Answering<PromptGives> & Completed;

/** A skill, as `skills/list` shows it; its files are resources, listed or not (SEP-2640). */
export interface CatalogueSkill {
  /** Of its `SKILL.md`. */
  readonly uri: string;
  /** What that file begins with, as data. */
  readonly frontmatter: Written & { readonly name: string; readonly description: string };
  /** All of its files; or `dynamic`, where those are not known before. */
  readonly resources:
    | "dynamic"
    | readonly {
      /** Where it is read. */
      readonly uri: string;
      /** SHA-256 of its bytes, as `sha256:` and 64 hexadecimal digits. */
      readonly digest: string;
      /** How many bytes it has. */
      readonly size: number;
    }[];
  /** Members that clients may ignore. */
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/** What an MCP server lists. */
export interface Lists {
  /** Its tools. */
  readonly tools?: readonly CatalogueTool[];
  /** Its resources. */
  readonly resources?: readonly CatalogueResource[];
  /** Its templates of resources. */
  readonly resourceTemplates?: readonly CatalogueTemplate[];
  /** Its prompts. */
  readonly prompts?: readonly CataloguePrompt[];
}

/** A change of its lists: entries that come behind the others, or take the place of one of the same name. */
export interface Stage extends Lists {
  /** What it waits for: so many requests of this method, and if need be of this name or URI, once they are answered. */
  readonly after: {
    /** A method, such as `tools/call`. */
    readonly method: string;
    /** What is called, read or got. */
    readonly name?: string;
    /** How many; one if not said. */
    readonly times?: number;
  };
  /** Entries that are gone, by their names, URIs and templates. */
  readonly remove?: { readonly [List in keyof Lists]?: readonly string[] };
}

/** How lists are cut into pages. */
export interface Paging {
  /** How many entries the first pages have. */
  readonly page_sizes?: readonly number[];
  /** How many every page after those has; without it, what is left comes on one page. */
  readonly page_size?: number;
  /** Cursors of the pages after the first; `page-2` and so on where there are fewer. */
  readonly cursors?: readonly string[];
}

/** What an MCP server declares. A list that it does not have is that of the built-in server. */
export interface Catalogue extends Lists, Paging, Cacheable {
  /** Its skills, with which it has the extension `io.modelcontextprotocol/skills`. */
  readonly skills?: readonly CatalogueSkill[];
  /** Who it says it is; our own name where it does not. */
  readonly serverInfo?: Implementation;
  /** What it tells the client's model. */
  readonly instructions?: string;
  /** Whether its lists come behind those of the built-in server, not in their place; one of the same name replaces that. */
  readonly built_in?: boolean;
  /** Whether calls are answered whatever their arguments are; if not, those that do not fit a tool's inputSchema are refused. */
  readonly any_arguments?: boolean;
  /** How lists are cut that are not cut as the others. */
  readonly pages?: { readonly [List in keyof Lists]?: Paging };
  /** How its lists change, one change after the other. */
  readonly stages?: readonly Stage[];
  /**
   * Whether it promises to tell of changes and does, promises it and does not, or does without a promise; absent for neither.
   */
  readonly list_changed?: "sent" | "promised" | "unpromised";
  /** Without meaning, as the whole answer of a server may be pasted. */
  readonly nextCursor?: string;
  /** Without meaning, likewise. */
  readonly resultType?: string;
  /** Without meaning, likewise. */
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/** Whether calls of a tool can be tasks. */
export function canBeTask({ execution, answer }: Pick<CatalogueTool, "execution" | "answer">): boolean {
  const { taskSupport = "forbidden" } = execution ?? {};
  return taskSupport !== "forbidden" || answersOf(answer).some(({ task }) => task !== undefined);
}

/** Whether clients are told when lists change. */
export function isTold(catalogue: Catalogue | undefined): boolean {
  return catalogue?.list_changed === "sent" || catalogue?.list_changed === "unpromised";
}

/** Answers in turn, as a list whichever way they are written. */
export function answersOf<Gives extends object>(answer: Gives | readonly Gives[] | undefined): readonly Gives[] {
  if (answer === undefined) return [];
  return isList(answer) ? answer : [answer];
}

function isList<Gives extends object>(answer: Gives | readonly Gives[]): answer is readonly Gives[] {
  return Array.isArray(answer);
}
