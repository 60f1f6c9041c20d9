import {
  BrokenCircuitError,
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
import { halfOpenAfterMs, type Policy, retryPauseMs } from "./policies.ts";

export type Status = "success" | "failed" | "timeout" | "circuit_open" | "fallback_success";

interface Executed<Result> {
  readonly status: Status;
  readonly result: Result | undefined;
  /** `not_configured`, `timeout`, `circuit_open` or `failed`; undefined on success. */
  readonly error: string | undefined;
  readonly cause: unknown;
  readonly durationMs: number;
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
      breaker: circuitBreaker(
        handleWhen((cause) => !isOurs(cause)),
        {
          halfOpenAfter: options.halfOpenAfterMs ?? halfOpenAfterMs,
          breaker: new ConsecutiveBreaker(policy.breakAfter),
        },
      ),
      retry: retry(
        handleWhen((cause) => !isOurs(cause) && !(cause instanceof TaskCancelledError)),
        {
          maxAttempts: policy.retries,
          backoff: new DelegateBackoff(({ attempt }) => attempt * retryPauseMs),
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
      const told = (status: Status, cause?: unknown) => ({
        status,
        result: undefined,
        error: status === "success" || status === "fallback_success" ? undefined : reason(cause),
        cause,
        durationMs: performance.now() - beganMs,
      });
      signal.throwIfAborted();
      try {
        const policies = policiesFor(name, policy);
        const once = async () => {
          try {
            return await policies.timeout.execute((context) => work(context.signal), signal);
          } catch (cause) {
            // the run was cancelled: no fault of the service, so the breaker must not count it
            throw signal.aborted ? new RunAborted() : cause;
          }
        };
        const tries = () => policies.retry.execute(once, signal);
        const result = await policies.breaker.execute(tries, signal);
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
  readonly breaker: CircuitBreakerPolicy;
  readonly retry: RetryPolicy;
  readonly timeout: TimeoutPolicy;
}

class RunAborted extends Error {}

/** Errors that say nothing about the health of the service. */
function isOurs(cause: unknown): boolean {
  return cause instanceof RunAborted || remedyOf(cause) === "reject";
}

function statusOf(cause: unknown): Status {
  if (cause instanceof BrokenCircuitError) return "circuit_open";
  return cause instanceof TaskCancelledError ? "timeout" : "failed";
}

function reason(cause: unknown): string {
  if (cause instanceof AppError && cause.code === "NOT_CONFIGURED") return "not_configured";
  const status = statusOf(cause);
  return status === "failed" ? "failed" : status;
}
