// `/gauntlet~<run>`: where a gauntlet is, what its client is to do there, and what it has come to; and the way on. Without a
// run, what a gauntlet is.
import { z } from "zod";
import { stepsOf } from "../../lib/control/gauntlet_words.ts";
import type { Standing } from "../../lib/control/gauntlets.ts";
import { readRun } from "../../lib/control/runs.ts";
import { noStoreJson, prefersHtml, readJson, readText } from "../../lib/http/body.ts";
import { describeError, excerpt, OAuthError } from "../../lib/http/errors.ts";
import { closedObject, requireShape } from "../../lib/http/json_body.ts";
import { paths } from "../../lib/http/urls.ts";
import type { Run } from "../../lib/judge/run.ts";
import { DEFAULT_SET, type Gauntlet, gauntletOf, gauntletPrefix } from "../../lib/sandbox/gauntlet.ts";
import { isInSet, setNames } from "../../lib/scenarios/catalogue/sets.ts";
import { GauntletIntroduction, GauntletPage } from "../../views/gauntlet/gauntlet.tsx";
import { requireKnown } from "../control/query.ts";
import type { Deps } from "../deps.ts";
import { htmlResponse } from "../request/html.ts";
import { requireOwnForm } from "../request/own_form.ts";
import type { Context, Handlers } from "../request/router.ts";

/** Bytes of the label of a run that a page proposes, which nobody can guess. */
const LABEL_BYTES = 10;

/** The handlers of a gauntlet's page. */
export function gauntletHandlers(deps: Deps): Handlers<"gauntlet" | "gauntlet_move"> {
  const { gauntlets, chance, guard } = deps;

  async function introduce({ sandbox: { urls } }: Context): Promise<Response> {
    const run = chance.bytes(LABEL_BYTES).toHex();
    const all = await deps.catalogue();
    const ways = setNames.filter((set) => all.some((one) => isInSet(one, set))).map((set) => ({
      set,
      path: gauntletPrefix(run, set),
    }));
    return htmlResponse(<GauntletIntroduction urls={urls} ways={ways} chosen={DEFAULT_SET} />);
  }

  async function show(context: Context, gauntlet: Gauntlet): Promise<Response> {
    const { sandbox } = context;
    const refusal = deps.refusalOf(context);
    const standing = await gauntlets.where(gauntlet);
    const run = refusal || !deps.isRecorded ? undefined : await readRun(deps, { ...gauntlet, sandbox });
    return htmlResponse(
      <GauntletPage
        urls={sandbox.urls}
        gauntlet={gauntlet}
        refusal={refusal && describeError(refusal)}
        stage={{ ...standing.stage, number: standing.number, steps: stepsOf(standing.stage) }}
        of={standing.stages.map(({ name, story }) => ({ name, story, seen: seenIn(run, name) }))}
        isDone={standing.isDone}
        leftOut={standing.leftOut}
        runPath={`${paths.run.replace(":run", gauntlet.run)}?set=${gauntlet.set}`}
      />,
      refusal ? 403 : 200,
    );
  }

  const asJson = guard(async ({ sandbox }) => {
    const gauntlet = demand(sandbox);
    return noStoreJson(described(await gauntlets.where(gauntlet), sandbox.urls.oauth));
  });

  return {
    gauntlet: async (context) => {
      const gauntlet = gauntletOf(context.sandbox);
      if (!prefersHtml(context.request)) return await asJson(context);
      return gauntlet ? await show(context, gauntlet) : await introduce(context);
    },
    gauntlet_move: async (context) => {
      const { request, sandbox, url } = context;
      requireOwnForm(context);
      const gauntlet = demand(sandbox);
      // A form of our own says that it comes from nowhere, as our pages send no referrer.
      const headers = new Headers([...request.headers].filter(([name]) => name !== "origin"));
      const refusal = deps.runRefusalOf({ request: { headers }, url, param: gauntlet.run });
      if (refusal) throw refusal;
      const sent = await readStage(request);
      const now = await gauntlets.where(gauntlet);
      const standing = await gauntlets.move(gauntlet, now.stage.name, stageOf(sent, now));
      if (!prefersHtml(request)) return noStoreJson(described(standing, sandbox.urls.oauth));
      return new Response(null, { status: 303, headers: { location: gauntlet.prefix, "cache-control": "no-store" } });
    },
  };
}

/** What programs are told of a gauntlet. */
function described({ set, run, stage: { name, story, client }, ...standing }: Standing, url: string): object {
  const { number, stages, isDone, leftOut } = standing;
  return { run, set, url, number, name, story, client, isDone, stages: stages.map((stage) => stage.name), leftOut };
}

function seenIn(run: Run | undefined, name: string): Run["scenarios"][number] | undefined {
  return run?.scenarios.find((one) => one.name === name);
}

function demand({ prefix, origin }: Context["sandbox"]): Gauntlet {
  const gauntlet = gauntletOf({ prefix });
  if (gauntlet) return gauntlet;
  throw new OAuthError("invalid_request", "There is no gauntlet without a run", {
    parameter: "path",
    received: prefix + paths.gauntlet,
    expected: `${origin}${gauntletPrefix("<run>", DEFAULT_SET)}, with a label of your own`,
  });
}

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
const jsonMove = closedObject({ stage: z.number().exactOptional() });

/** The stage that a request names, in a form or as JSON; undefined if it names none, as one without a body does. */
async function readStage(request: Request): Promise<string | undefined> {
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === JSON_TYPE) return requireShape(await readJson(request), jsonMove).stage?.toString();
  const text = await readText(request);
  if (type === FORM) {
    const fields = new URLSearchParams(text);
    requireKnown(fields, ["stage"]);
    return fields.get("stage") ?? undefined;
  }
  if (text === "") return undefined;
  throw new OAuthError("invalid_request", "This endpoint does not accept the body's media type", {
    status: 415,
    parameter: "content-type",
    received: type ?? "no content-type header",
    expected: `${FORM}, ${JSON_TYPE} or no body`,
    reference: "RFC 9110 15.5.16",
  });
}

/** The number of the stage to go to; undefined for the next one. The one behind the last ends that, where it is played. */
function stageOf(sent: string | undefined, { number: current, stages: { length } }: Standing): number | undefined {
  if (sent === undefined) return undefined;
  const number = /^\d{1,4}$/.test(sent) ? Number(sent) : 0;
  if (number >= 1 && number <= (current === length ? length + 1 : length)) return number;
  throw new OAuthError("invalid_request", "There is no such stage", {
    parameter: "stage",
    received: excerpt(sent),
    expected: `a number from 1 to ${length}, or at the last stage ${length + 1} to end it; this is stage ${current}`,
  });
}
