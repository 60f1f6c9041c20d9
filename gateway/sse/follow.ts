import { pause } from "../../shared/clock.ts";
import type { EventId, JobId } from "../../shared/contract/ids.ts";
import { sse } from "../../shared/limits.ts";
import { type Framed, logStart, terminalEvent } from "./entry.ts";
import type { Fanout } from "./fanout.ts";
import type { FeedReader } from "./feed.ts";

/**
 * A job's log for a handler of this process: every entry in order, up to `done`, while stores come and go. The
 * channel is subscribed before the log is read, so it may begin before the job is accepted. Where a store lost the
 * log it begins anew, with what the next attempt writes (its first entry is a reset). A job that never comes is
 * waited for: the signal is the caller's deadline, and ends it silently.
 */
export async function* follow(
  fanout: Fanout,
  jobId: JobId,
  signal: AbortSignal,
): AsyncGenerator<Framed, void> {
  let cursor: EventId = logStart;
  let hasNews = new AbortController();
  const wake = () => hasNews.abort();
  const reader: FeedReader = { onNews: wake, onDoubt: wake };
  signal.addEventListener("abort", wake);
  const feed = await fanout.join(jobId, reader);
  try {
    while (!signal.aborted) {
      hasNews = new AbortController();
      // a store that is away is asked again after the silence
      const page = await feed.readAfter(cursor).catch(() => undefined);
      if (page?.word === "lost") {
        cursor = logStart;
        continue;
      }
      if (page?.word === "gone") {
        const ending = await feed.ending().catch(() => undefined);
        if (ending) return yield ending;
      }
      for (const entry of page?.word === "entries" ? page.batch.entries : []) {
        cursor = entry;
        yield entry;
        if (entry.event === terminalEvent) return;
      }
      if (page?.word === "entries" && !page.isLast) continue;
      if (!signal.aborted) await pause(sse.silenceMs, hasNews.signal);
    }
  } finally {
    signal.removeEventListener("abort", wake);
    fanout.leave(jobId, reader);
  }
}
