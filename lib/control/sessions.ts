// `/control/sessions`: the sessions of MCP that clients have, and their end, as a server that restarts brings it about.
import { z } from "zod";
import { suggest } from "../http/did_you_mean.ts";
import { excerpt, OAuthError } from "../http/errors.ts";
import { closedObject, type Schema } from "../http/json_body.ts";
import { type Call, type Deps, type McpSession, one, operation, shortText } from "./operation.ts";

/** Which sessions are meant: all, or those of one client. */
interface SessionChoice {
  /** Its `client_id`, or the name that it gave itself in `initialize`. */
  readonly client?: string;
}

const sessionChoiceSchema: Schema<SessionChoice> = closedObject({
  client: shortText.exactOptional().meta({
    description: "Only those of one client: its client_id, or the name that it gave itself in initialize",
  }),
});

const session = z.strictObject({
  session: z.string().meta({
    description: "Its handle: in an exchange of the record, what stands behind the last … of Mcp-Session-Id",
  }),
  endpoint: z.string().meta({ description: "The MCP endpoint that it was begun at, such as oauth or no-auth" }),
  client: z.strictObject({ name: z.string(), version: z.string() }),
  client_id: z.string().optional(),
  revision: z.string().meta({ description: "The revision of MCP that was agreed on" }),
  started_at_ms: z.number(),
  age_seconds: z.number(),
  ends_at_ms: z.number().optional().meta({ description: "When it ends though it is used, if it does" }),
  open_streams: z.number().int().min(0).meta({
    description: "Streams that its client holds open, in the process that answers",
  }),
});
const sessions = z.strictObject({ sessions: z.array(session) });

type ToldSession = z.infer<typeof session>;

const MAX_LISTED = 1000;
/** How many an error names. */
const MAX_NAMED = 20;

/** What can be done to the sessions of a sandbox. */
export const sessionOperations = {
  control_list_sessions: operation({
    summary: "Sessions of MCP that are alive, the last 1,000",
    answer: sessions,
    run: async (deps, call) => ({ sessions: (await toldSessions(deps, call)).slice(-MAX_LISTED) }),
  }),
  control_end_sessions: operation({
    summary: "Ends all sessions of MCP, or those of one client: their ids get 404 from then on",
    description: "Streams that are open end as well, those in other processes with their next sign of life.",
    input: one(sessionChoiceSchema),
    example: {},
    answer: z.strictObject({
      ended: z.number().int().min(0),
      sessions: z.array(session),
      note: z.string().optional().meta({
        description: "Which clients have sessions, if the one that was named has none",
      }),
    }),
    run: async (deps, { input: { client }, ...call }) => {
      const all = await toldSessions(deps, call);
      const meant = all.filter((told) =>
        client === undefined || told.client_id === client || told.client.name === client
      );
      await endAll(deps, call, meant);
      const note = client !== undefined && meant.length === 0 ? noteOn(client, all) : undefined;
      return { ended: meant.length, sessions: meant.slice(-MAX_LISTED), ...(note === undefined ? {} : { note }) };
    },
  }),
  control_end_session: operation({
    summary: "Ends one session of MCP",
    answer: session,
    run: async (deps, call) => {
      const all = await toldSessions(deps, call);
      const meant = all.find((told) => told.session === call.param);
      if (!meant) throw noSuchSession(call.param, all);
      await endAll(deps, call, [meant]);
      return meant;
    },
  }),
};

async function toldSessions({ mcpSessions }: Deps, { sandbox }: Pick<Call, "sandbox">): Promise<ToldSession[]> {
  const all = [...await mcpSessions.sessionsOf(sandbox)].map(([handle, living]) => tell(handle, living, sandbox.nowMs));
  return all.sort((one, other) => one.started_at_ms - other.started_at_ms);
}

async function endAll(
  { mcpSessions }: Deps,
  { sandbox }: Pick<Call, "sandbox">,
  meant: readonly ToldSession[],
): Promise<void> {
  await Promise.all(meant.map((told) => mcpSessions.endSession(sandbox, told.session)));
}

function tell(
  handle: string,
  { mode, clientInfo, clientId, revision, startedAtMs, endsAtMs, openStreams }: McpSession,
  nowMs: number,
): ToldSession {
  return {
    session: handle,
    endpoint: mode,
    client: clientInfo,
    ...(clientId === undefined ? {} : { client_id: clientId }),
    revision,
    started_at_ms: startedAtMs,
    age_seconds: (nowMs - startedAtMs) / 1000,
    ...(endsAtMs === undefined ? {} : { ends_at_ms: endsAtMs }),
    open_streams: openStreams,
  };
}

function noteOn(client: string, all: readonly ToldSession[]): string {
  const names = new Set(
    all.flatMap(({ client, client_id: id }) => id === undefined ? [client.name] : [id, client.name]),
  );
  const expected = names.size === 0
    ? "there are no sessions"
    : `sessions are those of ${[...names].slice(-MAX_NAMED).join(", ")}`;
  return `No session is of ${
    excerpt(client)
  }: a client is called by its client_id, or by its name in initialize; ${expected}`;
}

function noSuchSession(handle: string, all: readonly ToldSession[]): OAuthError {
  return new OAuthError("not_found", "Not found: there is no such session", {
    parameter: "session",
    received: handle,
    expected: all.length === 0
      ? "none, as there are no sessions"
      : suggest(handle, all.slice(-MAX_NAMED).map((told) => told.session)),
  });
}
