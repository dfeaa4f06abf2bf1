// HTTP+SSE: a message goes to an address of its own, and is answered on the stream that has named that (MCP 2024-11-05).
import { eventsOf } from "../judge/events.ts";
import { isEventStream, messagesOf } from "../judge/reading.ts";
import { messageOf, type Observed } from "./observed.ts";

/** What was seen, and each message that was answered on such a stream as if it had been answered at once. */
export function withStreamAnswers(observed: readonly Observed[]): readonly Observed[] {
  const answered = observed.filter(({ method, response }) => method === "GET" && isEventStream(response))
    .flatMap((stream) => {
      const { data } = eventsOf(stream.response.body ?? "").find(({ type }) => type === "endpoint") ?? {};
      const target = data === undefined ? undefined : URL.parse(data, stream.url)?.href;
      return target === undefined ? [] : answersOn(stream, observed.filter(({ url }) => normal(url) === target));
    });
  return [...observed, ...answered];
}

function answersOn(stream: Observed, sent: readonly Observed[]): readonly Observed[] {
  const answers = messagesOf(stream.response).filter((message) => "result" in message || "error" in message);
  return sent.flatMap((one) => {
    const id = messageOf(one)?.id;
    const answer = id === undefined ? undefined : answers.find((message) => message.id === id);
    const headers = [["content-type", "application/json"]] as const;
    const response = { headers, body: JSON.stringify(answer), truncated: false };
    return answer ? [{ ...one, url: stream.url, status: 200, response }] : [];
  });
}

function normal(url: string): string {
  return URL.parse(url)?.href ?? url;
}
