import { Counter, Gauge, Histogram, Registry } from "../shared/prom.ts";

export type Metrics = ReturnType<typeof createMetrics>;

/** What becomes of an attempt's events: see `observe-stream.ts`. */
function streamMetrics(registers: Registry[]) {
  const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <T extends string>(
    name: string,
    help: string,
    labelNames: T[],
    buckets: number[],
  ) => new Histogram({ name, help, labelNames, buckets, registers });
  const seconds = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 180];
  const shares = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
  return {
    activeStreams: new Gauge({ name: "chat_stream_active", help: "Answers being made", registers }),
    streamRequests: counter("chat_stream_requests_total", "Answers by their ending", ["status"]),
    streamSeconds: histogram(
      "chat_stream_duration_seconds",
      "From taking a job to its ending",
      ["node", "status"],
      seconds,
    ),
    streamTokens: counter("chat_stream_tokens_total", "Tokens by what became of them", [
      "node",
      "status",
    ]),
    tokenLatency: histogram(
      "chat_stream_token_latency_seconds",
      "From the emission of a batch's oldest event to its acknowledgement by the log",
      ["node"],
      shares,
    ),
    tokenInterval: histogram(
      "chat_stream_token_interval_seconds",
      "Between two tokens of the model",
      ["provider"],
      shares,
    ),
    streamTokenCount: histogram(
      "chat_stream_token_count",
      "Tokens of an answer",
      ["node"],
      [1, 10, 50, 100, 250, 500, 1000, 2500, 5000],
    ),
    recoveries: counter("chat_stream_recovery_total", "Answers begun again by another attempt", [
      "type",
      "status",
    ]),
    intents: counter("chat_intent_distribution_total", "Messages by what they ask for", ["intent"]),
    visionRequests: counter("chat_vision_requests_total", "Pictures looked at", [
      "status",
      "provider",
    ]),
    visionSeconds: histogram(
      "chat_vision_duration_seconds",
      "Time a picture took",
      ["provider"],
      [0.1, 0.5, 1, 2, 5, 10, 30],
    ),
  };
}

/** What an operator watches of a worker. Never labelled by job or user. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const subAgentCalls = new Counter({
    name: "chat_subagent_calls_total",
    help: "Sub-agent runs by status",
    labelNames: ["subagent", "status"],
    registers,
  });
  const subAgentDuration = new Histogram({
    name: "chat_subagent_duration_seconds",
    help: "Time a sub-agent took",
    labelNames: ["subagent"],
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 30],
    registers,
  });
  const evalGrades = new Counter({
    name: "chat_eval_grades_total",
    help: "Evaluated answers by grade",
    labelNames: ["intent", "grade"],
    registers,
  });
  const evalScore = new Histogram({
    name: "chat_eval_score",
    help: "Scores of evaluated answers, 0 to 100",
    labelNames: ["intent"],
    buckets: [25, 40, 55, 65, 75, 80, 85, 90, 95, 100],
    registers,
  });
  const evalEnds = new Counter({
    name: "chat_evals_total",
    help: "Finished answers by what became of their evaluation",
    labelNames: ["result"],
    registers,
  });
  const evalGap = new Histogram({
    name: "chat_eval_calibration_gap",
    help: "Points between two gradings of one answer",
    buckets: [1, 2.5, 5, 10, 20, 40],
    registers,
  });
  return {
    registry,
    requests: new Counter({
      name: "chat_requests_total",
      help: "Attempts by their ending: completed, failed, or how they were lost",
      labelNames: ["intent", "status", "provider"],
      registers,
    }),
    duration: new Histogram({
      name: "chat_request_duration_seconds",
      help: "From taking a job to its end",
      labelNames: ["intent", "provider"],
      buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60],
      registers,
    }),
    firstToken: new Histogram({
      name: "chat_stream_first_token_seconds",
      help: "From taking a job to its first token",
      labelNames: ["provider"],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    errors: new Counter({
      name: "chat_errors_total",
      help: "Jobs this worker failed, by error code",
      labelNames: ["intent", "error_type"],
      registers,
    }),
    tokens: new Counter({
      name: "chat_token_usage_total",
      help: "Tokens of models: fresh input, cached input, output",
      labelNames: ["provider", "type"],
      registers,
    }),
    ...streamMetrics(registers),
    activeJobs: new Gauge({ name: "chat_active_jobs", help: "Jobs running", registers }),
    parked: new Gauge({
      name: "chat_parked_deliveries",
      help: "Deliveries held until it is their turn",
      registers,
    }),
    memoryWaits: new Counter({
      name: "chat_memory_waits_total",
      help: "Looks at a job that found no memory for it",
      registers,
    }),
    deliveries: new Counter({
      name: "chat_deliveries_total",
      help: "Deliveries by what became of them",
      labelNames: ["result"],
      registers,
    }),
    evals: {
      ended: (result: string): void => evalEnds.inc({ result }),
      grade: (intent: string, grade: string, score: number): void => {
        evalGrades.inc({ intent, grade });
        evalScore.observe({ intent }, score);
      },
      calibration: (gap: number): void => evalGap.observe(gap),
    },
    observeSubAgent: (subagent: string, status: string, seconds: number): void => {
      subAgentCalls.inc({ subagent, status });
      subAgentDuration.observe({ subagent }, seconds);
    },
  };
}
