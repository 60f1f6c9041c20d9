import type { ApiResult, Failure, FailureKind } from "../../shared/apis/result.ts";
import { AppError } from "../../shared/errors.ts";

/** An outside service refused or failed; the executor reads from it what to do. */
export class ServiceError extends Error {
  readonly kind: FailureKind;
  /** The same call may work a moment later. A timeout is not tried again: the node's time would be gone. */
  readonly isRetriable: boolean;
  /** Our own argument or an empty result: nothing about the health of the service. */
  readonly isHarmless: boolean;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = "ServiceError";
    this.kind = failure.kind;
    this.isRetriable = failure.retriable && failure.kind !== "timeout";
    this.isHarmless = failure.kind === "invalid_request" || failure.kind === "not_found";
  }
}

/** The data of an answer, undefined for zero rows. Throws `NOT_CONFIGURED` or a `ServiceError`. */
export function dataOf<T>(result: ApiResult<T>): T | undefined {
  if (result.ok) return result.data;
  if (result.kind === "not_found") return undefined;
  if (result.kind === "not_configured") throw new AppError("NOT_CONFIGURED");
  throw new ServiceError(result);
}
