/**
 * The half that speaks MCP: a small client in all revisions. What it does where it is refused a request for lack of a
 * token, is `Login`.
 */
import assert from "node:assert/strict";
import type { Http } from "../http.ts";
import type { Login } from "../oauth/login.ts";
import { type Setting, Stop } from "../options.ts";
import { type Document, readChallenge } from "../readings.ts";
import { type Cache, createCache } from "./cache.ts";
import { shakeHands } from "./handshake.ts";
import { openHttpSse } from "./http_sse.ts";
import { type Answer, type BodyEnd, createInbox, isEventStream, messagesIn, objectIn } from "./inbox.ts";
import { createLink, type How, type Link, type Sent } from "./link.ts";
import { createAnswering, type Outcome } from "./questions.ts";
import { listen, type Listening } from "./listen.ts";
import { changedList, subscribe } from "./subscribe.ts";
import { isBlind } from "./reading.ts";
import { comeBack, isAskedAnew, isResumable, MAX_ASKED, MAX_RESUMED } from "./resume.ts";
import { goOn } from "./rounds.ts";
import { answerServer } from "./server_messages.ts";
import { endSession, isSessionLost, LONG_ENOUGH_MS } from "./sessions.ts";
import { isCompletion, openRequired } from "./url_required.ts";
import { listTools } from "./pages.ts";
import { withOwnTasks } from "./tasks.ts";
import { giveUp, TimeUp } from "./time_limit.ts";
import { safeToolsIn } from "./tools.ts";

/** What 2026-07-28 calls headers that do not repeat the body. */
const HEADER_MISMATCH = -32020;

/** What became of a message: the status of HTTP, and the answer, if there is one. */
export interface Reply {
  /** 0, if no answer came in time. */
  readonly status: number;
  readonly answer: Answer | undefined;
}

/** It speaks with one MCP endpoint. */
export interface Mcp extends Cache {
  readonly link: Link;
  /** Settles a revision, and begins a session where there are some. */
  readonly open: () => Promise<void>;
  /** Listens to what the server says unasked, in this session and in those that take its place. */
  readonly listen: (notifications?: Document) => Promise<void>;
  /**
   * Sends a request with what has to happen until it is let through.
   *
   * @param params May look at the session, which can be another one when the request is sent again.
   * @returns The answer; undefined, if there was none.
   */
  readonly call: (method: string, params?: Document | (() => Document)) => Promise<Answer | undefined>;
  /** Answers what it is asked. */
  readonly answer: (question: Document) => Promise<Outcome>;
  /** Asks whether the server has 2026-07-28, whatever is known of it. */
  readonly askForEra: () => Promise<void>;
  /** Has another person log in. */
  readonly logInAnew: () => Promise<void>;
  /** Stops to read, and ends the session. */
  readonly end: () => Promise<void>;
}

export function createMcp(setting: Setting, { patiently }: Http, login: Login): Mcp {
  const link = createLink(setting, login);
  const safeTools = new Set<unknown>();
  const answer = createAnswering(setting, link);
  const answerServers = withOwnTasks(setting, answer);
  let isTold = false;
  const inbox = createInbox(async (message) => {
    isTold ||= isCompletion(message);
    const list = changedList(message);
    if (list !== undefined) {
      link.changed.add(list);
      cache.drop(`${list}/list`);
    }
    if (message.method === "notifications/resources/updated") cache.drop("resources/read");
    await answerServer(message, setting, { link, send: sendAside, answer: answerServers });
  }, setting.slip);
  /** What it listens to besides the answers to its requests. */
  let aside: Listening | undefined;
  const isListener = setting.options.listens === true;
  let listensEver = false;
  let notifications: Document | undefined;
  const givenUp: Sent[] = [];
  const kept: { state?: unknown } = {};

  /** Sends until it is let through, or refused for another reason than a token. */
  async function reach(start: () => Sent): Promise<{ readonly sent: Sent; readonly response: Response }> {
    const earlier: Response[] = [];
    for (;;) {
      const tries: Sent[] = [];
      const response = await patiently(() => {
        tries.at(-1)?.timer.stop();
        const sent = start();
        tries.push(sent);
        sent.response.catch(sent.timer.stop);
        return Promise.race([sent.response, sent.timer.timeUp()]);
      });
      const sent = tries.at(-1);
      assert(sent);
      if (!isForLogin(response)) {
        if (response.status < 400) login.onAccepted();
        else sent.timer.stop();
        return { sent, response };
      }
      sent.timer.stop();
      const listTools = (): Promise<Response> => link.post("tools/list", {}).response;
      await login.onRefused({ response, earlier, revision: link.revision, again: sent.again, listTools });
      earlier.push(response);
    }
  }

  const reached = async (start: () => Sent): Promise<Response> => (await reach(start)).response;

  /** Sends something that nothing depends on. */
  async function sendAside(start: () => Sent): Promise<void> {
    try {
      await inbox.read(await reached(start));
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
  }

  /** The answer to a request, from whichever stream brings it; undefined, if none does. */
  async function answerTo({ id = "", signal, timer }: Sent, response: Response): Promise<Answer | undefined> {
    const answer = inbox.expect(id);
    const within = async (over: Promise<unknown>): Promise<Answer | undefined> =>
      await Promise.race([answer, over.then(() => undefined), timer.timeUp()]);
    let end: BodyEnd | undefined;
    const read = async (body: Response): Promise<Answer | undefined> => {
      const reading = inbox.read(body, { signal, before: end });
      const found = await within(reading.then((over) => void (end = over)));
      // Most streams end with the answer; those that do not are read on in the background.
      if (found) await Promise.race([reading, someTurns()]);
      return found;
    };
    let found = await read(response);
    for (let round = 0; !found && end && round < MAX_RESUMED && isResumable(end, link, setting); round++) {
      const rest = await reached(await comeBack(end, link, { setting, ids: inbox.ids }));
      if (!rest.ok || !isEventStream(rest)) {
        await rest.body?.cancel();
        break;
      }
      found = await read(rest);
    }
    if (found) return found;
    if (end?.error) return { error: end.error };
    // What ended as it should, and said nothing of how to go on, leaves the answer to another stream.
    return aside && end?.isBroken === false && end.lastId === undefined ? await within(aside.over) : undefined;
  }

  async function ask(method: string, params: Document | (() => Document) = {}): Promise<Reply> {
    const now = (): Document => typeof params === "function" ? params() : params;
    let how: How = {};
    let wasLost = false;
    let isListed = false;
    for (let anew = 0;; anew++) {
      if (method === "initialize") link.session = undefined;
      const { sent, response } = await reach(() => link.post(method, now(), how));
      using _ = { [Symbol.dispose]: sent.timer.stop };
      const { status } = response;
      if (status >= 400 && sent.isChanged) {
        await response.body?.cancel();
        how = { isRight: true };
        continue;
      }
      if (isSessionLost(response, link)) {
        await response.body?.cancel();
        if (wasLost) throw new Stop();
        wasLost = true;
        await openAgain();
        if (sent.id === undefined) return { status, answer: undefined };
        continue;
      }
      if (status >= 400) {
        const answer = refusalIn(await response.text());
        const isMismatch = method === "tools/call" && answer?.error?.code === HEADER_MISMATCH;
        if (!isMismatch || isListed) return { status, answer };
        // What the tool asks for may have changed.
        isListed = true;
        if (setting.slip !== "repeats a call without listing") await listTools({ link, call, read: call }, setting);
        continue;
      }
      if (method === "initialize") link.session = response.headers.get("mcp-session-id") ?? undefined;
      if (sent.id === undefined) {
        await inbox.read(response);
        if (setting.slip === "sends again what was accepted" && anew === 0) continue;
        return { status, answer: undefined };
      }
      const answer = await answerTo(sent, response).finally(sent.timer.stop);
      if (answer?.error && sent.isChanged) how = { isRight: true };
      else if (answer || anew >= MAX_ASKED || !isAskedAnew(method, now(), { link, setting, safeTools })) {
        if (!answer && isBlind(setting.slip)) throw new Stop();
        if (method === "tools/list") safeToolsIn(answer?.result).forEach((name) => safeTools.add(name));
        return { status, answer };
      } else if (setting.slip === "asks again under the same id") how = { id: Number(sent.id) };
    }
  }

  /** Asks, and gives up where the answer does not come in time. */
  async function askInTime(method: string, params?: Document | (() => Document)): Promise<Reply> {
    try {
      return await ask(method, params);
    } catch (error) {
      if (!(error instanceof TimeUp)) throw error;
      givenUp.push(error.sent);
      await giveUp(error.sent, setting, { link, notify: (name, about) => sendAside(() => link.post(name, about)) });
      return { status: 0, answer: undefined };
    }
  }

  async function open(): Promise<void> {
    aside?.stop();
    aside = undefined;
    link.session = undefined;
    await shakeHands(setting, {
      link,
      ask: askInTime,
      disconnect: () => endSession(link, setting),
      logIn: async () => {
        const { revision } = link;
        const again = (): Promise<Response> => Promise.reject(new Stop());
        const response = new Response(null, { status: 401 });
        await login.onRefused({ response, earlier: [], revision, again, listTools: again });
      },
      openHttpSse: async () => {
        aside = await openHttpSse(link, setting, { inbox, reach: reached });
        return aside !== undefined;
      },
    });
    // Where there are no sessions, it listens when it is told to.
    if (listensEver || (isListener && link.era === "sessions")) await listenAside();
  }

  /** Opens the stream for what the server says unasked. */
  async function listenAside(): Promise<void> {
    if (aside) return;
    if (link.era === "sessions") aside = await listen(link, setting, { inbox, reach: reached });
    else if (link.era === "modern") aside = await subscribe(link, setting, { inbox, reach: reached }, notifications);
  }

  /** Begins another session in place of one that is lost. */
  async function openAgain(): Promise<void> {
    const { session } = link;
    link.session = undefined;
    if (setting.slip !== "keeps its lost session") return await open();
    link.session = session;
    await setting.wait(LONG_ENOUGH_MS);
  }

  const call: Mcp["call"] = async (method, params) => {
    const once = async (more: Document = {}): Promise<Answer | undefined> => {
      const { status, answer } = await askInTime(
        method,
        () => ({ ...(typeof params === "function" ? params() : params), ...more }),
      );
      // What a server refuses in the language of the protocol, was not done; what it cannot even say, ends the work.
      if (status >= 400 && !answer) throw new Stop();
      return answer;
    };
    const strange = setting.slip === "sends requestState with other calls" ? kept.state : undefined;
    const first = await once(method !== "tools/call" || strange === undefined ? {} : { requestState: strange });
    const opened = await openRequired(first, { setting, again: once, isTold: () => isTold });
    return await goOn(opened, { ask: once, answer, slip: setting.slip, kept });
  };

  const cache = createCache({ link, call }, setting, login.token);

  return {
    link,
    open,
    listen: async (wanted) => {
      listensEver = true;
      notifications = wanted;
      await listenAside();
    },
    call,
    ...cache,
    logInAnew: () => login.logInAnew(link.revision),
    answer,
    askForEra: async () => {
      const { revision, session } = link;
      Object.assign(link, { revision: "2026-07-28", session: undefined });
      await ask("server/discover");
      Object.assign(link, { revision, session });
    },
    end: async () => {
      await aside?.cancel?.((about) => sendAside(() => link.post("notifications/cancelled", about)));
      aside?.stop();
      for (const { abort } of givenUp) abort();
      await inbox.close();
      await endSession(link, setting);
    },
  };
}

/** Whether a request was refused for lack of a token, or of one that is good enough. */
function isForLogin(response: Response): boolean {
  return response.status === 401 || response.status === 403 || readChallenge(response)("error") === "invalid_token";
}

/** The error in the body of a refusal, if that is JSON-RPC. */
function refusalIn(body: string): Answer | undefined {
  const error = messagesIn(body).map((message) => objectIn(message, "error")).find((found) => found !== undefined);
  return error && { error };
}

/** Lets what is on its way within this program arrive. */
async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
