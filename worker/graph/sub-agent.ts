import type { SubAgent } from "../../shared/contract/stages.ts";
import { AppError } from "../../shared/errors.ts";
import type { ServiceFact } from "../llm/facts.ts";
import type { Context } from "./context.ts";
import { fieldOf } from "./contracts.ts";
import { type Needs, askFirst } from "./ask-person.ts";
import { usablePlace } from "./places/usable-place.ts";
import { effectivePriority } from "./policies.ts";
import type { Why } from "./routing.ts";
import type { Query, RunContext, Service, Tools } from "./run-context.ts";
import type { State, Update } from "./state.ts";

/** One sub-agent: its work, and what the readers see of it. */
export interface SubAgentSpec<Data> {
  readonly node: SubAgent;
  /** What only the person knows and the work would be better with. */
  readonly needs?: Needs | undefined;
  /** Undefined when there is nothing to find. Throws `NOT_CONFIGURED` when its service is missing. */
  readonly work: (query: Query, signal: AbortSignal) => Promise<Data | undefined>;
  /** The other way, for nodes whose fail mode is fallback. */
  readonly fallback?: (query: Query, signal: AbortSignal) => Promise<Data | undefined>;
  /** `result` of the completed event. */
  readonly result: (found: Data | undefined) => Record<string, unknown>;
}

/** Runs a sub-agent under its policy and turns whatever happened into a context and an event. */
export async function runSubAgent<Data>(
  spec: SubAgentSpec<Data>,
  state: State & { readonly why?: Why },
  run: RunContext,
  tools: Tools,
): Promise<Update> {
  const { node } = spec;
  const policy = tools.policies[node];
  run.stage(node, "started");
  const where = usablePlace(state.user_location);
  const plain: Query = {
    text: state.current_query || state.message,
    job: run.job,
    seen: state.classification_result,
    why: state.why ?? "asked",
    place: where.place,
    placeProblem: where.problem,
    choice: undefined,
    model: run.model,
    log: run.log,
  };
  // a person's time is not the node's: asked before the policy's clock runs
  const { query, location, unmet } = await askFirst(node, spec.needs, plain, run);
  const { fallback } = spec;
  const done = await tools.executor.run(
    node,
    policy,
    (signal) => spec.work(query, signal),
    run.signal,
    fallback ? (signal) => fallback(query, signal) : undefined,
  );
  tools.observe?.(node, done.status, done.durationMs / 1000);
  const duration_ms = Math.round(done.durationMs);
  const retry_count = done.retries;
  const went = { node, status: done.status, error: done.error, duration_ms, retry_count };
  run.note?.(went);
  if (done.error !== undefined && done.error !== "not_configured") {
    run.log.warn("node failed", { node, status: done.status, error: done.cause });
  }
  if (done.error === undefined) run.stage(node, "completed", spec.result(done.result));
  // an extra that is not set up is no failure a reader should see
  else if (done.error === "not_configured" && state.why === "enrichment") {
    run.stage(node, "skipped", { error: done.error });
  } else run.stage(node, "failed", { error: done.error });
  if (done.error !== undefined && policy.failMode === "close") {
    throw new AppError("NODE_FAILED", { cause: done.cause });
  }

  const isFallback = done.status === "fallback_success";
  const elapsedMs = tools.clock.monotonicMs() - run.beganMs;
  const found: Context<Data> = {
    _priority: effectivePriority(policy, elapsedMs, isFallback),
    _sequence: run.nextSequence(),
    _producer: node,
    _created_at: tools.clock.wallMs(),
    _is_fallback: isFallback,
    success: done.result !== undefined,
    error: done.result === undefined ? (done.error ?? "not_found") : undefined,
    data: done.result,
  };
  return {
    [fieldOf[node]]: found,
    ...(location ? { user_location: location } : {}),
    ...(unmet ? { unmet_needs: [unmet.message] } : {}),
    node_results: [went],
  };
}

/** A sub-agent that is nothing but an outside service. */
export function serviceAgent(
  node: "location" | "weather" | "web_search" | "image_generation",
  tools: Tools,
  result: SubAgentSpec<ServiceFact>["result"],
  needs?: Needs,
  fallback?: Service,
): SubAgentSpec<ServiceFact> {
  return {
    node,
    needs,
    work: (query, signal) => {
      const service = tools.services[node];
      if (!service) throw new AppError("NOT_CONFIGURED");
      return service(query, signal);
    },
    ...(fallback && { fallback }),
    result,
  };
}
