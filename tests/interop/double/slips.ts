/** The one thing that the test client does wrong. Those of MCP are named where the behaviour is. */
import type { CacheSlip } from "./mcp/cache.ts";
import type { EraSlip } from "./mcp/eras.ts";
import type { ExtraSlip } from "./mcp/extras.ts";
import type { HandshakeSlip } from "./mcp/handshake.ts";
import type { HttpSseSlip } from "./mcp/http_sse.ts";
import type { ListenSlip } from "./mcp/listen.ts";
import type { PageSlip } from "./mcp/pages.ts";
import type { QuestionSlip } from "./mcp/questions.ts";
import type { ReadingSlip } from "./mcp/reading.ts";
import type { ReactionSlip } from "./mcp/reactions.ts";
import type { ResumeSlip } from "./mcp/resume.ts";
import type { SchemaSlip } from "./mcp/schemas.ts";
import type { ServerMessageSlip } from "./mcp/server_messages.ts";
import type { RoundSlip } from "./mcp/rounds.ts";
import type { ScriptSlip } from "./mcp/script.ts";
import type { SubscribeSlip } from "./mcp/subscribe.ts";
import type { SessionSlip } from "./mcp/sessions.ts";
import type { SkillSlip } from "./mcp/skills.ts";
import type { TaskSlip } from "./mcp/tasks.ts";
import type { TimeSlip } from "./mcp/time_limit.ts";
import type { ToolSlip } from "./mcp/tool_headers.ts";
import type { UrlSlip } from "./mcp/url_required.ts";
import type { MessageSlip } from "./slips_messages.ts";

/** All that it can do wrong. */
export type Slip =
  | LoginSlip
  | MessageSlip
  | CacheSlip
  | EraSlip
  | HandshakeSlip
  | HttpSseSlip
  | ExtraSlip
  | ListenSlip
  | PageSlip
  | QuestionSlip
  | ReadingSlip
  | ReactionSlip
  | ResumeSlip
  | SchemaSlip
  | ServerMessageSlip
  | RoundSlip
  | ScriptSlip
  | SubscribeSlip
  | SessionSlip
  | SkillSlip
  | TaskSlip
  | TimeSlip
  | ToolSlip
  | UrlSlip;

/** What it does wrong as it finds a server, logs in and uses its tokens. */
export type LoginSlip =
  | "skips resource metadata"
  | "ignores the named metadata"
  | "looks at the root first"
  | "looks for OpenID first"
  | "skips server metadata"
  | "leaves out the version"
  | "trusts any metadata"
  | "always registers"
  | "has a bad document"
  | "registers without a type"
  | "registers as web"
  | "makes up an id"
  | "keeps its id"
  | "registers for codes alone"
  | "registers anyway"
  | "sends no challenge"
  | "sends another verifier"
  | "sends a short verifier"
  | "uses plain"
  | "needs no proof of PKCE"
  | "names no resource"
  | "names no resource for the token"
  | "names another resource"
  | "takes any resource"
  | "sends no state"
  | "takes any state"
  | "redirects elsewhere"
  | "asks for no scope"
  | "asks for listed scopes"
  | "asks for a scope of its own"
  | "asks for the new scope alone"
  | "does not step up"
  | "waits for its person"
  | "steps up forever"
  | "repeats itself"
  | "asks its person for ever"
  | "refreshes for ever"
  | "wants offline access"
  | "makes up a refresh token"
  | "refreshes twice at once"
  | "keeps its old refresh token"
  | "loses its refresh token"
  | "refreshes as another client"
  | "refreshes at another server"
  | "refreshes for more"
  | "sends a refused token on and on"
  | "asks the person instead of refreshing"
  | "lists with its first token"
  | "refreshes after invalid_grant"
  | "uses what it has revoked"
  | "does not wait"
  | "repeats what is refused"
  | "reads on and on"
  | "registers for nothing"
  | "has its person log in for nothing"
  | "forgets its token"
  | "puts its token into the URL"
  | "brings a foreign token"
  | "takes any iss"
  | "normalises iss"
  | "acts on any error"
  | "takes http"
  | "sends its token as Bearer"
  | "never repeats the nonce"
  | "signs for another server"
  | "sends the id_token itself"
  | "insists on its assertion";
