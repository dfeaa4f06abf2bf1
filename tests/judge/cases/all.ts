/** All cases, topic by topic. */
import type { Case } from "./case.ts";
import { authorizationCases } from "./authorization.ts";
import { cacheCases } from "./caches.ts";
import { changeCases } from "./changes.ts";
import { discoveryCases } from "./discovery.ts";
import { handshakeCases } from "./handshake.ts";
import { messageCases } from "./messages.ts";
import { pageCases } from "./pages.ts";
import { patienceCases } from "./patience.ts";
import { questionCases } from "./questions.ts";
import { requestHeaderCases } from "./request_headers.ts";
import { roundCases } from "./rounds.ts";
import { sessionCases } from "./sessions.ts";
import { streamCases } from "./streams.ts";
import { taskCases } from "./tasks.ts";
import { timeCases } from "./time.ts";
import { tokenCases } from "./tokens.ts";
import { toolCases } from "./tools.ts";
import { versionHeaderCases } from "./version_header.ts";
import { versionCases } from "./versions.ts";

/** All of them. */
export const cases: readonly Case[] = [
  ...discoveryCases,
  ...authorizationCases,
  ...tokenCases,
  ...patienceCases,
  ...versionHeaderCases,
  ...pageCases,
  ...cacheCases,
  ...toolCases,
  ...messageCases,
  ...requestHeaderCases,
  ...handshakeCases,
  ...sessionCases,
  ...streamCases,
  ...versionCases,
  ...taskCases,
  ...timeCases,
  ...questionCases,
  ...changeCases,
  ...roundCases,
];
