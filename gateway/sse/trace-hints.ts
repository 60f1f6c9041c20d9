import { stageLabel } from "../../shared/contract/stages.ts";
import type { JobId } from "../../shared/contract/ids.ts";
import { parseTraceparent, type Span, type Tracing } from "../../shared/trace.ts";
import type { LogEntry } from "./entry.ts";

const seq = /"seq":(\d+)/;

/**
 * Spans for the events of a hint whose job is traced: linked to the relay's, never its children, because readers
 * come and go by themselves. One for each stage; tokens only where a hint begins with one.
 */
export function traceHint(
  tracing: Tracing,
  jobId: JobId,
  message: string,
  entries: readonly LogEntry[],
): readonly Span[] {
  if (!message.startsWith("@")) return [];
  const link = parseTraceparent(message.slice(1, message.indexOf("\n")));
  if (!link?.isSampled) return [];
  return entries
    .filter(({ event }, i) => event !== "token" || i === 0)
    .map(({ event, data }) =>
      tracing.start(`sse_gateway.distribute.${stageLabel(event)}`, {
        links: [link],
        attributes: {
          "job.id": jobId,
          "event.stage": stageLabel(event),
          "event.seq": Number(seq.exec(data)?.[1] ?? -1),
        },
      }),
    );
}
