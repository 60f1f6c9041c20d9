// One attempt as metrics and spans see it. It looks over the emitter's shoulder, so the graph knows nothing of it:
// a node's span lasts from its stage's `started` to its end.
import type { NodeResult } from "./graph/state.ts";
import type { Clock } from "../shared/clock.ts";
import type { Job } from "../shared/contract/job.ts";
import { type SubAgent, subAgents } from "../shared/contract/stages.ts";
import type { Span, Tracing } from "../shared/trace.ts";
import type { AppendedNews, Emit } from "./emit.ts";
import { policies } from "./graph/policies.ts";
import type { Metrics } from "./metrics.ts";

interface StreamOptions {
  readonly job: Job;
  readonly provider: string;
  /** Which try of the job this is. */
  readonly tries: number;
  /** Of the attempt. */
  readonly span: Span;
  readonly tracing: Tracing;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export interface ObservedStream {
  /** The emitter, watched. */
  watch(emit: Emit): Emit;
  /** For the emitter: a batch was acknowledged. */
  appended(news: AppendedNews): void;
  /** For the emitter: tokens the log did not take. */
  dropped(tokens: number): void;
  /** How a node went under its policy; before its stage ends. */
  node(result: NodeResult): void;
  /** Ends what is open. `how`: the ending, or what became of the attempt. */
  over(how: string): void;
}

const nodeOfTokens = "answer";
const ended = new Set(["completed", "failed", "skipped"]);

/** Begins with the attempt; call `over` at its end. */
export function observeStream(options: StreamOptions): ObservedStream {
  const { job, provider, metrics, clock, span, tracing } = options;
  const beganMs = clock.monotonicMs();
  const nodes = new Map<string, { readonly span: Span; readonly beganMs: number }>();
  const interval = metrics.tokenInterval.labels({ provider });
  let intent = "none";
  let lastTokenMs: number | undefined;
  let tokens = 0;
  let ending: string | undefined;
  let errorCode: string | undefined;
  metrics.activeStreams.inc();
  if (options.tries > 1) metrics.recoveries.inc({ type: "reset", status: "started" });

  const endNode = (stage: string, status: string, error?: string) => {
    const node = nodes.get(stage);
    if (!node) return;
    nodes.delete(stage);
    const latencyMs = Math.round(clock.monotonicMs() - node.beganMs);
    node.span.set({ "node.status": status, "node.latency_ms": latencyMs, intent });
    if (error !== undefined) node.span.set({ "node.error": error });
    node.span.end(status === "failed" ? (error ?? "failed") : undefined);
    if (stage === "vision") {
      metrics.visionRequests.inc({ status, provider });
      metrics.visionSeconds.observe({ provider }, latencyMs / 1000);
    }
  };

  const stage: Emit["stage"] = ({ stage: name, status, result }) => {
    if (status === "started") {
      const policy = subAgents.includes(name as SubAgent) ? policies[name as SubAgent] : undefined;
      const started = tracing.start(`node:${name}`, {
        parent: span.context,
        attributes: {
          "node.name": name,
          ...(policy && {
            "node.policy.timeout_ms": policy.timeoutMs,
            "node.policy.fail_mode": policy.failMode,
          }),
          job_id: job.job_id,
          user_id: job.user_id,
        },
      });
      nodes.set(name, { span: started, beganMs: clock.monotonicMs() });
    } else if (ended.has(status)) {
      if (name === "intent" && typeof result?.["intent"] === "string") {
        intent = result["intent"];
        span.set({ intent });
        metrics.intents.inc({ intent });
      }
      const error = result?.["error"];
      endNode(name, status, typeof error === "string" ? error : undefined);
    }
  };

  const token = () => {
    const nowMs = clock.monotonicMs();
    if (lastTokenMs === undefined) {
      metrics.firstToken.observe({ provider }, (nowMs - beganMs) / 1000);
    } else interval.observe((nowMs - lastTokenMs) / 1000);
    lastTokenMs = nowMs;
  };

  return {
    node: ({ node, retry_count }) => {
      nodes.get(node)?.span.set({ "node.retry_count": retry_count });
    },
    watch: (emit) => ({
      ...emit,
      stage: (news) => {
        stage(news);
        emit.stage(news);
      },
      token: (text, node) => {
        token();
        emit.token(text, node);
      },
      end: (outcome) => {
        ending ??= outcome.ending;
        errorCode ??= outcome.errorCode;
        return emit.end(outcome);
      },
    }),
    appended: ({ tokens: count, node, waitedMs }) => {
      if (count === 0) return;
      tokens += count;
      metrics.streamTokens.inc({ node, status: "appended" }, count);
      metrics.tokenLatency.observe({ node }, waitedMs / 1000);
    },
    dropped: (count) => metrics.streamTokens.inc({ node: nodeOfTokens, status: "dropped" }, count),
    over: (how) => {
      const status = how === "appended" ? (ending ?? how) : how;
      const seconds = (clock.monotonicMs() - beganMs) / 1000;
      for (const name of nodes.keys()) endNode(name, "failed", status);
      metrics.activeStreams.dec();
      metrics.streamRequests.inc({ status });
      metrics.streamSeconds.observe({ node: nodeOfTokens, status }, seconds);
      metrics.streamTokenCount.observe({ node: nodeOfTokens }, tokens);
      metrics.requests.inc({ intent, status, provider });
      metrics.duration.observe({ intent, provider }, seconds);
      if (options.tries > 1) metrics.recoveries.inc({ type: "reset", status });
      const failed = errorCode ?? (status === "completed" ? undefined : status);
      if (errorCode !== undefined) metrics.errors.inc({ intent, error_type: errorCode });
      span.set({ "job.status": status, "job.tokens": tokens });
      span.end(failed);
    },
  };
}
