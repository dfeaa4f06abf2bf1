/** How the test client settles a revision with a server, and begins a session where there are some. */
import { type Setting, type Spoken, Stop } from "../options.ts";
import type { Document } from "../readings.ts";
import type { Reply } from "./client.ts";
import { chooseFrom, counterOffer, discovered, isModernReply, knownRevisions, supportedIn } from "./eras.ts";
import { objectIn } from "./inbox.ts";
import { CLIENT_INFO, type Link } from "./link.ts";
import { declaredIn } from "./questions.ts";

/** What it does wrong as it settles a revision. */
export type HandshakeSlip =
  | "takes any counter-offer"
  | "keeps to its own offer"
  | "offers the same again"
  | "does not say that it is initialized"
  | "does not wait for initialize"
  | "asks for what was not declared";

/** What the handshake is made with. */
export interface HandshakeDeps {
  readonly link: Link;
  readonly ask: (method: string, params?: Document) => Promise<Reply>;
  /** Opens the stream of HTTP+SSE, if the server has it. */
  readonly openHttpSse: () => Promise<boolean>;
  /** Has its person log in. */
  readonly logIn: () => Promise<void>;
  /** Ends the session, if there is one. */
  readonly disconnect: () => Promise<void>;
}

/** Statuses with which servers of 2024-11-05 answer a POST that they do not know. */
const unknownPost: ReadonlySet<number> = new Set([400, 404, 405]);

/** Settles a revision; stops, where none is known to both. */
export async function shakeHands(setting: Setting, deps: HandshakeDeps): Promise<void> {
  if (deps.link.isModern() && await discover(setting, deps)) return;
  await initialize(setting, deps);
}

/** Whether the server speaks 2026-07-28; if not, it is spoken to as those before. */
async function discover({ slip, options }: Setting, deps: HandshakeDeps): Promise<boolean> {
  const { link, ask } = deps;
  const known = knownRevisions(options);
  for (let isAgain = false;; isAgain = true) {
    const reply = await ask("server/discover");
    const isModern = slip === "falls back whatever it is told" ? reply.status < 400 : isModernReply(reply);
    if (isModern === undefined || (!isModern && slip === "never falls back")) throw new Stop();
    const refused = supportedIn(reply.answer?.error);
    if (!isModern && slip === "logs in where it should fall back") {
      await deps.logIn();
      throw new Stop();
    }
    if (!isModern && slip === "looks for HTTP+SSE first") {
      const { revision } = link;
      link.revision = "2025-11-25";
      await deps.openHttpSse();
      link.revision = revision;
    }
    if (refused && slip === "keeps to its refused version") {
      for (let again = 0; again < 3; again++) await ask("server/discover");
      throw new Stop();
    }
    const listed = refused ?? (isModern ? discovered(reply) ?? [link.revision] : known);
    // A server without 2026-07-28 that lists nothing has any of the others.
    const chosen = chooseFrom(listed, known, new Set(isModern ? [] : [link.revision]));
    if (chosen === undefined || (chosen === link.revision && refused && isAgain)) throw new Stop();
    const isElsewhere = chosen !== link.revision && !(isModern && slip === "ignores the listed versions");
    if (isElsewhere || slip === "returns to initialize") {
      link.revision = chosen === link.revision ? "2025-11-25" : chosen;
      return false;
    }
    if (!refused) {
      link.era = "modern";
      link.capabilities = objectIn(reply.answer?.result, "capabilities");
      return true;
    }
  }
}

async function initialize(setting: Setting, deps: HandshakeDeps): Promise<void> {
  const { slip, options } = setting;
  const { link, ask, openHttpSse, disconnect } = deps;
  const known = knownRevisions(options);
  const offered = new Set<Spoken>();
  for (let attempt = 0;; attempt++) {
    offered.add(link.revision);
    const capabilities = declaredIn(setting, link.revision);
    const offer = { protocolVersion: link.revision, capabilities, clientInfo: CLIENT_INFO };
    // By then it has a token.
    if (slip === "does not wait for initialize") await ask("ping");
    const asked = ask("initialize", offer);
    if (slip === "does not wait for initialize") await (await link.post("tools/list", {}).response).body?.cancel();
    const reply = await asked;
    if (reply.answer?.result) {
      link.capabilities = objectIn(reply.answer.result, "capabilities");
      const settled = chooseFrom([counterOffer(reply)], known);
      if (settled === undefined && slip !== "takes any counter-offer") {
        await disconnect();
        throw new Stop();
      }
      if (settled !== undefined && slip !== "keeps to its own offer") link.revision = settled;
      link.era ??= "sessions";
      if (slip !== "does not say that it is initialized") await ask("notifications/initialized");
      return;
    }
    const supported = supportedIn(reply.answer?.error);
    const isStubborn = slip === "offers the same again" && attempt < 2 && supported !== undefined;
    const next = isStubborn ? link.revision : chooseFrom(supported ?? [], known, offered);
    // A server that lists revisions understands what it was sent.
    const isUnknown = unknownPost.has(reply.status) && supported === undefined && link.era === undefined;
    if (next !== undefined) link.revision = next;
    else if (!isUnknown || !await openHttpSse()) throw new Stop();
  }
}
