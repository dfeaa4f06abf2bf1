// What is in force in a sandbox, with a button beside everything that can be taken away again.
import { askOf } from "./request.js";
import type { Content, Html } from "../shared/html.ts";

/** What the control API says of a sandbox. */
export interface ControlState {
  readonly clock: { readonly iso: string; readonly offset_seconds: number };
  readonly faults: readonly ShownFault[];
  /** Rules that were overridden. */
  readonly overrides: Readonly<Record<"policy" | "mint", Readonly<Record<string, unknown>>>>;
  readonly users: readonly { readonly email: string; readonly name: string }[];
  readonly clients: readonly { readonly client_id: string; readonly client_name?: string }[];
  readonly sessions: readonly {
    readonly session_id: string;
    readonly client_id: string;
    readonly revoked: boolean;
  }[];
  /** Sessions of MCP. */
  readonly mcpSessions: readonly {
    readonly session: string;
    readonly client: { readonly name: string };
    readonly revision: string;
    readonly open_streams: number;
  }[];
}

interface ShownFault {
  readonly name: string;
  readonly source: "scenario" | "control";
  readonly life: unknown;
  readonly met: number;
  readonly has_ended: boolean;
}

const MAX_SHOWN = 50;
/** Enough of a handle to tell it from others. */
const SHOWN_OF_HANDLE = 8;

/** What is in force now. */
export function ControlStateView({ state, plays }: {
  readonly state: ControlState;
  /** Name of what the sandbox plays, over which all this is laid. */
  readonly plays: string;
}): Html {
  const { clock, faults, users, clients, sessions, mcpSessions } = state;
  const overrides = overridesOf(state);
  const live = sessions.filter(({ revoked }) => !revoked);
  return (
    <section id="state" aria-labelledby="state-title">
      <h2 id="state-title" tabindex={-1}>in force now</h2>
      <div id="state-answer"></div>
      <dl class="facts">
        <Row name="plays">
          <code>{plays}</code>
        </Row>
        <Row name="time">
          <Time {...clock} />
        </Row>
        <Row name="faults">
          <Items
            none="none"
            items={faults.map((fault) => <Fault key={fault.name} {...fault} />)}
          />
        </Row>
        <Row name="overridden policy">
          <Items
            none="none"
            items={overrides.map(({ member, value }) => (
              <li key={member}>
                <code>{`${member} = ${JSON.stringify(value)}`}</code>{" "}
                <Undo kind="remove-override" fields={{ member }} label="remove" what={member} />
              </li>
            ))}
          />
        </Row>
        <Row name="users">
          <Items
            none="none yet; the consent page creates them"
            items={users.map(({ email, name }) => (
              <li key={email}>
                {name} <code>{email}</code> <Undo kind="remove-user" fields={{ email }} label="remove" what={email} />
              </li>
            ))}
          />
        </Row>
        <Row name="clients">
          <Items
            none="none yet; they register themselves"
            items={clients.map(({ client_id, client_name }) => (
              <li key={client_id}>
                {client_name} <code>{client_id}</code>{" "}
                <Undo kind="remove-client" fields={{ client_id }} label="remove" what={client_id} />
              </li>
            ))}
          />
        </Row>
        <Row name="logins">
          <Items
            none="none"
            items={live.map(({ session_id, client_id }) => (
              <li key={session_id}>
                <code>{session_id}</code> of {client_id}{" "}
                <Undo kind="revoke" fields={{ session_id }} label="revoke" what={session_id} />
              </li>
            ))}
          />
        </Row>
        <Row name="MCP sessions">
          <Items
            none="none"
            items={mcpSessions.map((session) => <McpSession key={session.session} {...session} />)}
          />
        </Row>
      </dl>
    </section>
  );
}

function Time({ iso, offset_seconds }: ControlState["clock"]): Html {
  return (
    <>
      <time dateTime={iso}>{iso}</time>
      {offset_seconds === 0 ? ", the real one" : `, moved by ${offset_seconds} s `}
      {offset_seconds === 0 ? null : <Undo kind="reset-clock" fields={{}} label="put back" what="the clock" />}
    </>
  );
}

function Fault(fault: ShownFault): Html {
  const { name, source } = fault;
  return (
    <li>
      <code>{name}</code> {lifeText(fault)} {source === "scenario"
        ? <span class="quiet">there from the start</span>
        : <Undo kind="remove-fault" fields={{ name }} label="remove" what={name} />}
    </li>
  );
}

function McpSession({ session, client, revision, open_streams }: ControlState["mcpSessions"][number]): Html {
  const streams = open_streams === 0 ? "" : `, with ${open_streams} open`;
  return (
    <li>
      <code>{`${session.slice(0, SHOWN_OF_HANDLE)}…`}</code> of {client.name} in {revision + streams}{" "}
      <Undo kind="end-session" fields={{ session }} label="end" what={session} />
    </li>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: Content }): Html {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Items({ none, items }: { readonly none: string; readonly items: readonly Html[] }): Html {
  if (items.length === 0) return <span class="quiet">{none}</span>;
  const more = items.length - MAX_SHOWN;
  return (
    <ul class="items">
      {items.slice(0, MAX_SHOWN)}
      {more > 0 ? <li class="quiet">{`and ${more} more`}</li> : null}
    </ul>
  );
}

interface UndoProps {
  readonly kind: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly label: string;
  readonly what: string;
}

/** A form of one button. Its title is the request that it makes. */
function Undo({ kind, fields, label, what }: UndoProps): Html {
  const { method, path } = askOf(kind, fields);
  return (
    <form class="live undo" data-kind={kind}>
      {Object.entries(fields).map(([name, value]) => <input key={name} type="hidden" name={name} value={value} />)}
      <button type="submit" class="button-quiet" title={`${method} /control${path}`}>
        {label}
        <span class="hidden">{` ${what}`}</span>
      </button>
    </form>
  );
}

function overridesOf({ overrides }: ControlState): readonly { readonly member: string; readonly value: unknown }[] {
  return (["policy", "mint"] as const).flatMap((part) =>
    Object.entries(overrides[part]).map(([name, value]) => ({ member: `${part}.${name}`, value }))
  );
}

function lifeText({ life, met, has_ended }: ShownFault): string {
  const lasts = typeof life === "string" ? life : Object.entries(life ?? {}).map((pair) => pair.join(": ")).join();
  const times = met === 1 ? "met once" : `met ${met} times`;
  return `(${lasts}; ${times}${has_ended ? "; has ended" : ""})`;
}
