// `/inspect/recording`: a form that takes a recording, and the verdict on it; nothing of it is kept.
import { judgeHarExchanges, MAX_HAR_BYTES } from "../../lib/control/recordings.ts";
import { describeError, errorStatus, OAuthError } from "../../lib/http/errors.ts";
import { renderMarkdown } from "../../lib/judge/formats/markdown.ts";
import { readFileForm } from "../../lib/http/file_form.ts";
import { bodyText } from "../../lib/http/request_body.ts";
import type { JudgedArchive } from "../../lib/archive/judge_archive.ts";
import { RecordingPage, type RecordingProps } from "../../views/inspect/recording.tsx";
import type { Deps } from "../deps.ts";
import { htmlResponse } from "../request/html.ts";
import { requireOwnForm } from "../request/own_form.ts";
import type { Context, Handlers } from "../request/router.ts";
import { flowEndpoints } from "./inspect.tsx";

/** What a form adds to its file, in bytes. */
const MAX_FORM_BYTES = 8 * 1024;
const MAX_LISTED = 200;

/** The handlers of the page. */
export function recordingHandlers(
  { refusalOf, chance, slices }: Pick<Deps, "refusalOf" | "chance" | "slices">,
): Handlers<"inspect_recording" | "inspect_recording_judge"> {
  /** It changes nothing, whatever its method is; and a form of our own comes from nowhere, as our pages send no referrer. */
  function refusalTo({ request, url, sandbox }: Context): OAuthError | undefined {
    const headers = new Headers(request.headers);
    if (headers.get("origin") === "null") headers.delete("origin");
    return refusalOf({ request: { headers, method: "GET" }, url, sandbox });
  }

  function answer({ sandbox: { urls } }: Context, told: RecordingProps["told"], status = 200): Response {
    const page = <RecordingPage urls={urls} told={told} endpoints={flowEndpoints} />;
    return htmlResponse(page, status);
  }

  async function judge({ request }: Context): Promise<JudgedArchive> {
    const text = await bodyText(request, MAX_HAR_BYTES + MAX_FORM_BYTES);
    const fields = await readFileForm(text, request.headers.get("content-type") ?? "");
    const har = fields?.get("har");
    if (har === undefined) throw noFile();
    const how = { name: "recording", key: chance.bytes(32), ...(fields?.has("whole") ? { isWhole: true } : {}) };
    return await slices.run(judgeHarExchanges(har, how));
  }

  return {
    inspect_recording: (context) => {
      const refusal = refusalTo(context);
      return refusal
        ? answer(context, { reason: describeError(refusal), mayTry: false }, 403)
        : answer(context, undefined);
    },
    inspect_recording_judge: async (context) => {
      requireOwnForm(context);
      const refusal = refusalTo(context);
      if (refusal) throw refusal;
      try {
        return answer(context, listed(await judge(context)));
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error;
        return answer(context, { reason: describeError(error), mayTry: true }, errorStatus(error));
      }
    },
  };
}

/** Of a long recording, what shows the broken rules, and then the latest. */
function listed({ report, exchanges }: JudgedArchive): RecordingProps["told"] {
  const broken = report.clients.flatMap(({ findings }) => findings).filter(({ status }) => status === "broken");
  const guilty = new Set(broken.flatMap(({ evidence }) => evidence));
  const ofClients = new Set(report.clients.flatMap((client) => client.exchanges));
  const own = exchanges.filter(({ sequence }) => ofClients.has(sequence));
  const chosen = [
    ...own.filter(({ sequence }) => guilty.has(sequence)),
    ...own.filter(({ sequence }) => !guilty.has(sequence)).toReversed(),
  ].slice(0, MAX_LISTED);
  return {
    report,
    markdown: renderMarkdown(report),
    exchanges: own.filter((one) => chosen.includes(one)),
    total: own.length,
  };
}

function noFile(): OAuthError {
  return new OAuthError("invalid_request", "There is no recording in the form", {
    parameter: "har",
    expected: "multipart/form-data with a file, as the form of this page sends it",
    reference: "RFC 7578 4.2",
  });
}
