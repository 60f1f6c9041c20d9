import { stageLabel } from "../shared/contract/stages.ts";
import { formatTraceparent, parseTraceparent, type Span, type Tracing } from "../shared/trace.ts";
import type { Batch } from "./batch.ts";

const internalTrace = /^\{"trace":"([^"]+)"/;
const seq = /"seq":(\d+)/;

/** The `traceparent` a worker put beside an event, if it did. */
export function traceOf(internal: string | undefined): string | undefined {
  return internal === undefined ? undefined : internalTrace.exec(internal)?.[1];
}

/**
 * Spans for the events of a batch whose jobs are traced, children of the worker's. The hints of those jobs get a
 * first line `@<traceparent>`, which readers' gateways link to; who does not know it skips the line.
 */
export function traceBatch(tracing: Tracing, batch: Batch): readonly Span[] {
  return batch.traced.map(({ jobId, event, data, trace }) => {
    const span = tracing.start(`event_router.process.${stageLabel(event)}`, {
      parent: parseTraceparent(trace),
      kind: "consumer",
      attributes: {
        "job.id": jobId,
        "event.stage": stageLabel(event),
        "event.seq": Number(seq.exec(data)?.[1] ?? -1),
      },
    });
    const messages = batch.jobs.get(jobId)?.messages;
    if (messages && span.context.isSampled) {
      const line = `@${formatTraceparent(span.context)}`;
      messages.forEach((message, i) => {
        if (!message.startsWith("@")) messages[i] = `${line}\n${message}`;
      });
    }
    return span;
  });
}
