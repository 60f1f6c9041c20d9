import {
  BrokenCircuitError,
  bulkhead,
  type BulkheadPolicy,
  BulkheadRejectedError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleWhen,
  retry,
  type RetryPolicy,
  TaskCancelledError,
  timeout,
  type TimeoutPolicy,
  TimeoutStrategy,
} from "cockatiel";
import { AppError, remedyOf } from "../../shared/errors.ts";
import { ModelError } from "../llm/model-error.ts";
import { ServiceError } from "./api-failure.ts";
import { halfOpenAfterMs, type Policy, retryPauseMs } from "./policies.ts";

export type Status = "success" | "failed" | "timeout" | "circuit_open" | "fallback_success";

interface Executed<Result> {
  readonly status: Status;
  readonly result: Result | undefined;
  /** `not_configured`, `timeout`, `circuit_open`, `busy`, `invalid_request` or `failed`; undefined on success. */
  readonly error: string | undefined;
  readonly cause: unknown;
  readonly durationMs: number;
  /** Tries after the first. */
  readonly retries: number;
}

export interface Executor {
  /**
   * Runs a node's work under its policy. Never throws for a failure of the work: the caller applies the fail
   * mode. Throws the signal's reason when the run itself was aborted.
   */
  run<Result>(
    name: string,
    policy: Policy,
    work: (signal: AbortSignal) => Promise<Result>,
    signal: AbortSignal,
    fallback?: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Executed<Result>>;
}

/** One breaker per name and process: a service that is down is down for every job. */
export function createExecutor(options: { halfOpenAfterMs?: number } = {}): Executor {
  const ready = new Map<string, Policies>();

  const policiesFor = (name: string, policy: Policy): Policies => {
    const known = ready.get(name);
    if (known) return known;
    const made = {
      bulkhead: bulkhead(policy.atOnce, policy.waiting),
      breaker: circuitBreaker(
        handleWhen((cause) => !isOurs(cause)),
        {
          halfOpenAfter: options.halfOpenAfterMs ?? halfOpenAfterMs,
          breaker: new ConsecutiveBreaker(policy.breakAfter),
        },
      ),
      retry: retry(
        handleWhen((cause) => !isOurs(cause) && mayPass(cause)),
        {
          maxAttempts: policy.retries,
          backoff: new DelegateBackoff(
            ({ attempt }) => attempt * (policy.retryPauseMs ?? retryPauseMs),
          ),
        },
      ),
      timeout: timeout(policy.timeoutMs, {
        strategy: TimeoutStrategy.Aggressive,
        abortOnReturn: false,
      }),
    };
    ready.set(name, made);
    return made;
  };

  return {
    run: async (name, policy, work, signal, fallback) => {
      const beganMs = performance.now();
      let tries = 0;
      const told = (status: Status, cause?: unknown) => ({
        status,
        result: undefined,
        error: status === "success" || status === "fallback_success" ? undefined : reason(cause),
        cause,
        durationMs: performance.now() - beganMs,
        retries: Math.max(0, tries - 1),
      });
      signal.throwIfAborted();
      try {
        const policies = policiesFor(name, policy);
        const once = async () => {
          tries++;
          try {
            return await policies.timeout.execute((context) => work(context.signal), signal);
          } catch (cause) {
            // the run was cancelled: no fault of the service, so the breaker must not count it
            throw signal.aborted ? new RunAborted() : cause;
          }
        };
        const retried = () => policies.retry.execute(once, signal);
        // waiting for a turn is not the node's time
        const turn = () => policies.breaker.execute(retried, signal);
        const result = await policies.bulkhead.execute(turn, signal);
        signal.throwIfAborted();
        return { ...told("success"), result };
      } catch (cause) {
        signal.throwIfAborted();
        const failed = told(statusOf(cause), cause);
        if (policy.failMode !== "fallback" || !fallback) return failed;
        try {
          return { ...told("fallback_success"), result: await fallback(signal) };
        } catch {
          signal.throwIfAborted();
          return failed;
        }
      }
    },
  };
}

interface Policies {
  readonly bulkhead: BulkheadPolicy;
  readonly breaker: CircuitBreakerPolicy;
  readonly retry: RetryPolicy;
  readonly timeout: TimeoutPolicy;
}

class RunAborted extends Error {}

/** Errors that say nothing about the health of the service. */
function isOurs(cause: unknown): boolean {
  if (cause instanceof ServiceError) return cause.isHarmless;
  if (cause instanceof ModelError) return refusedByModel.has(cause.kind);
  return cause instanceof RunAborted || remedyOf(cause) === "reject";
}

/** What was asked is refused; the next question may be answered. */
const refusedByModel: ReadonlySet<string> = new Set(["invalid_request", "content_filter"]);

/** Whether another try may help. */
function mayPass(cause: unknown): boolean {
  if (cause instanceof ServiceError) return cause.isRetriable;
  if (cause instanceof ModelError) return cause.isPassing && cause.kind !== "timeout";
  return !(cause instanceof TaskCancelledError);
}

function statusOf(cause: unknown): Status {
  if (cause instanceof BrokenCircuitError) return "circuit_open";
  const isCall = cause instanceof ServiceError || cause instanceof ModelError;
  const isLate = isCall && cause.kind === "timeout";
  return isLate || cause instanceof TaskCancelledError ? "timeout" : "failed";
}

function reason(cause: unknown): string {
  if (cause instanceof AppError && cause.code === "NOT_CONFIGURED") return "not_configured";
  if (cause instanceof BulkheadRejectedError) return "busy";
  if (cause instanceof ServiceError && cause.kind === "invalid_request") return cause.kind;
  const status = statusOf(cause);
  return status === "failed" ? "failed" : status;
}
